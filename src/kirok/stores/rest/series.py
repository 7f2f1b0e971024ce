"""Statistics of series on a tracking server."""

from collections.abc import Sequence

from kirok.base.errors import EndpointNotFound, NotFound
from kirok.entities.series import SeriesStatistics
from kirok.rules.paging import check_statistics_request
from kirok.rules.series import statistics_of_metrics
from kirok.stores.rest.metrics import RestMetricStore
from kirok.stores.rest.runs import RestRunStore
from kirok.transport import Transport
from kirok.wire import endpoints
from kirok.wire import series as wire


class RestSeriesStore:
    """A SeriesStore over HTTP. MLflow's server keeps no statistics: there they are computed here, from the points."""

    def __init__(self, transport: Transport, runs: RestRunStore, metrics: RestMetricStore) -> None:
        self._transport, self._runs, self._metrics = transport, runs, metrics

    def statistics(
        self, run_ids: Sequence[str], keys: Sequence[str] | None = None
    ) -> dict[tuple[str, str], SeriesStatistics]:
        """As SeriesStore."""
        check_statistics_request(run_ids, keys)
        request = wire.GetSeriesStatistics(run_ids=list(run_ids), keys=None if keys is None else list(keys))
        try:
            answer: wire.SeriesList = self._transport.call(endpoints.GET_SERIES_STATISTICS, request)
        except EndpointNotFound:
            return self._computed(run_ids, keys)
        return {(series.run_id, series.key): series.record() for series in answer.series}

    def _computed(self, run_ids: Sequence[str], keys: Sequence[str] | None) -> dict[tuple[str, str], SeriesStatistics]:
        found: dict[tuple[str, str], SeriesStatistics] = {}
        for run_id in run_ids:
            try:
                logged = self._runs.get_run(run_id).data.metrics
            except NotFound:
                continue
            for key in logged if keys is None else logged.keys() & set(keys):
                points = statistics_of_metrics(self._metrics.history(run_id, key))
                if points is not None:
                    found[run_id, key] = points
        return found
