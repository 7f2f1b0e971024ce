"""Series on a tracking server."""

from collections.abc import Sequence

from kirok.entities.metrics import Metric
from kirok.entities.pages import PagedList
from kirok.transport import Transport
from kirok.wire import endpoints
from kirok.wire import metrics as wire


class RestMetricStore:
    """A MetricStore over HTTP."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def history(
        self, run_id: str, key: str, *, max_results: int | None = None, page_token: str | None = None
    ) -> PagedList[Metric]:
        """As MetricStore."""
        request = wire.GetHistory(run_id=run_id, metric_key=key, max_results=max_results, page_token=page_token)
        page: wire.MetricsPage = self._transport.call(endpoints.GET_HISTORY, request)
        return PagedList([point.record() for point in page.metrics], page.next_page_token)

    def bulk_history(self, run_ids: Sequence[str], key: str, *, max_results: int = 25_000) -> list[Metric]:
        """As MetricStore."""
        request = wire.GetBulkHistory(run_id=list(run_ids), metric_key=key, max_results=max_results)
        answer: wire.BulkHistory = self._transport.call(endpoints.GET_BULK_HISTORY, request)
        return [
            Metric(point.key, point.value, point.timestamp, point.step, run_id=point.run_id) for point in answer.metrics
        ]

    def sampled_history(
        self,
        run_ids: Sequence[str],
        key: str,
        *,
        start_step: int | None = None,
        end_step: int | None = None,
        max_results: int = 2500,
    ) -> list[Metric]:
        """As MetricStore."""
        request = wire.GetSampledHistory(
            run_ids=list(run_ids),
            metric_key=key,
            start_step=start_step,
            end_step=end_step,
            max_results=max_results,
        )
        page: wire.MetricsPage = self._transport.call(endpoints.GET_SAMPLED_HISTORY, request)
        return [point.record() for point in page.metrics]
