"""Charts, as JSON or as columns of float64."""

import asyncio

from kirok.base.errors import NotSupported
from kirok.entities.charts import Axis
from kirok.rules.charts import DEFAULT_CHART_WIDTH
from kirok.server.context import Context
from kirok.server.handlers import Streams
from kirok.server.messages import JSON, Exchange, Reply, check_content_type, read_body
from kirok.wire import charts as wire
from kirok.wire import endpoints
from kirok.wire.json_quirks import decode_body, encode


async def get_chart(context: Context, exchange: Exchange) -> None:
    check_content_type(exchange.headers)
    request = decode_body(await read_body(exchange.receive), wire.GetChart)
    accepted = exchange.headers.get(b"accept", b"").decode("latin-1")
    reply = await asyncio.get_running_loop().run_in_executor(
        context.executor, _chart, context, request, wire.BINARY_TYPE in accepted
    )
    await exchange.reply(reply)


def _chart(context: Context, request: wire.GetChart, as_columns: bool) -> Reply:
    store = context.stores.charts
    if store is None:
        raise NotSupported("The store behind this server draws no charts.")
    chart = store.chart(
        request.run_ids,
        request.keys,
        axis=Axis.of(request.axis or Axis.STEP),
        x_from=request.x_from,
        x_to=request.x_to,
        width=DEFAULT_CHART_WIDTH if request.width is None else request.width,
    )
    if as_columns:
        return Reply(200, wire.binary(chart), wire.BINARY_TYPE.encode(), _VARIES)
    return Reply(200, encode(wire.Chart.of(chart)), JSON, _VARIES)


_VARIES = ((b"vary", b"accept"),)

STREAMS: Streams = {endpoints.GET_CHART: get_chart}
