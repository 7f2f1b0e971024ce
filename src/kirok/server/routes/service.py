"""What the server says of itself."""

from importlib.metadata import version as installed_version

from kirok.server.context import Context
from kirok.server.handlers import Handlers, Streams
from kirok.server.messages import TEXT, Exchange, Reply
from kirok.wire import endpoints
from kirok.wire.artifacts import KirokVersion, ServerInfo
from kirok.wire.experiments import Empty


async def health(_: Context, exchange: Exchange) -> None:
    await exchange.reply(Reply(200, b"OK", TEXT))


async def version(_: Context, exchange: Exchange) -> None:
    await exchange.reply(Reply(200, endpoints.MLFLOW_VERSION.encode(), TEXT))


async def server_info(context: Context, _: Empty) -> ServerInfo:
    # MLflow's clients ask whether the store can keep traces by this name.
    return ServerInfo(store_type={"sql": "SqlStore", "file": "FileStore"}.get(context.stores.kind))


async def kirok_version(*_: object) -> KirokVersion:
    return KirokVersion(installed_version("kirok"), endpoints.MLFLOW_VERSION)


HANDLERS: Handlers = {endpoints.SERVER_INFO: server_info, endpoints.KIROK_VERSION: kirok_version}
STREAMS: Streams = {endpoints.HEALTH: health, endpoints.VERSION: version}
