"""Every endpoint and the handler that answers it."""

from kirok.server.handlers import Handlers, Streams
from kirok.server.routes import (
    archives,
    artifacts,
    charts,
    experiments,
    folders,
    logged_models,
    metrics,
    runs,
    series,
    service,
    signed_urls,
    uploads,
    why_not,
)

HANDLERS: Handlers = {
    **experiments.HANDLERS,
    **runs.HANDLERS,
    **metrics.HANDLERS,
    **series.HANDLERS,
    **logged_models.HANDLERS,
    **artifacts.HANDLERS,
    **folders.HANDLERS,
    **archives.HANDLERS,
    **uploads.HANDLERS,
    **signed_urls.HANDLERS,
    **service.HANDLERS,
    **why_not.HANDLERS,
}
STREAMS: Streams = {
    **archives.STREAMS,
    **charts.STREAMS,
    **artifacts.STREAMS,
    **folders.STREAMS,
    **uploads.STREAMS,
    **signed_urls.STREAMS,
    **service.STREAMS,
}
