"""Statistics of series."""

from kirok.base.errors import NotSupported
from kirok.server.context import Context
from kirok.server.handlers import Handlers
from kirok.wire import endpoints
from kirok.wire import series as wire


def get_statistics(context: Context, request: wire.GetSeriesStatistics) -> wire.SeriesList:
    store = context.stores.series
    if store is None:
        raise NotSupported("The store behind this server keeps no statistics of series.")
    found = store.statistics(request.run_ids, request.keys)
    places = {run_id: place for place, run_id in enumerate(request.run_ids)}
    ordered = sorted(found, key=lambda series: (places[series[0]], series[1]))
    return wire.SeriesList([wire.Series.of(run_id, key, found[run_id, key]) for run_id, key in ordered])


HANDLERS: Handlers = {endpoints.GET_SERIES_STATISTICS: get_statistics}
