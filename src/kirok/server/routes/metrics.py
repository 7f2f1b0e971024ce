"""Series."""

from kirok.rules.paging import MAX_BULK_POINTS, MAX_SAMPLED_POINTS
from kirok.server.context import Context
from kirok.server.handlers import Handlers
from kirok.wire import endpoints
from kirok.wire import metrics as wire


def get_history(context: Context, request: wire.GetHistory) -> bytes:
    return context.reads.history(
        request.run, request.metric_key, max_results=request.max_results, page_token=request.page_token
    )


def get_bulk_history(context: Context, request: wire.GetBulkHistory) -> wire.BulkHistory:
    # MLflow silently takes its limit where more is asked for.
    limit = MAX_BULK_POINTS if request.max_results is None else min(request.max_results, MAX_BULK_POINTS)
    points = context.stores.metrics.bulk_history(request.run_id, request.metric_key, max_results=limit)
    return wire.BulkHistory(
        [wire.BulkPoint(point.key, point.run_id or "", point.step, point.timestamp, point.value) for point in points]
    )


def get_sampled_history(context: Context, request: wire.GetSampledHistory) -> wire.MetricsPage:
    points = context.stores.metrics.sampled_history(
        request.run_ids,
        request.metric_key,
        start_step=request.start_step,
        end_step=request.end_step,
        max_results=MAX_SAMPLED_POINTS if request.max_results is None else request.max_results,
    )
    return wire.MetricsPage([wire.Metric.of(point) for point in points])


HANDLERS: Handlers = {
    endpoints.GET_HISTORY: get_history,
    endpoints.GET_BULK_HISTORY: get_bulk_history,
    endpoints.GET_SAMPLED_HISTORY: get_sampled_history,
}
