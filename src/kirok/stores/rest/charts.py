"""Charts from a tracking server."""

from collections.abc import Sequence

from kirok.base.errors import EndpointNotFound, NotFound
from kirok.charts.drawing import Source, draw_chart, source_of
from kirok.entities.charts import Axis, Chart
from kirok.rules.charts import DEFAULT_CHART_WIDTH, check_chart
from kirok.rules.values import stored_value
from kirok.stores.rest.metrics import RestMetricStore
from kirok.stores.rest.runs import RestRunStore
from kirok.transport import Transport
from kirok.wire import charts as wire
from kirok.wire import endpoints


class RestChartStore:
    """A ChartStore over HTTP. MLflow's server draws none: there they are drawn here, from the points."""

    def __init__(self, transport: Transport, runs: RestRunStore, metrics: RestMetricStore) -> None:
        self._transport, self._runs, self._metrics = transport, runs, metrics

    def chart(
        self,
        run_ids: Sequence[str],
        keys: Sequence[str],
        *,
        axis: Axis = Axis.STEP,
        x_from: int | None = None,
        x_to: int | None = None,
        width: int = DEFAULT_CHART_WIDTH,
    ) -> Chart:
        """As ChartStore."""
        check_chart(run_ids, keys, x_from, x_to, width)
        request = wire.GetChart(
            run_ids=list(run_ids), keys=list(keys), axis=axis.value, x_from=x_from, x_to=x_to, width=width
        )
        try:
            answer: wire.Chart = self._transport.call(endpoints.GET_CHART, request)
        except EndpointNotFound:
            sources = [source for run_id in dict.fromkeys(run_ids) for source in self._sources(run_id, keys)]
            return draw_chart(sources, axis, x_from, x_to, width)
        return answer.record()

    def _sources(self, run_id: str, keys: Sequence[str]) -> list[Source]:
        try:
            run = self._runs.get_run(run_id)
        except NotFound:
            return []
        found: list[Source] = []
        for key in dict.fromkeys(keys):
            if key not in run.data.metrics:
                continue
            points = self._metrics.history(run_id, key)
            ranked = sorted(points, key=lambda point: (point.step, point.timestamp, *stored_value(point.value)))
            found.append(
                source_of(
                    run_id,
                    key,
                    run.info.start_time,
                    [(point.step, point.timestamp, point.value) for point in ranked],
                )
            )
        return found
