"""What the server says of itself."""

import time
from importlib.metadata import version as installed_version

import msgspec

from kirok.base.errors import KirokError
from kirok.rules.uris.parse import parse
from kirok.rules.uris.proxied import Proxied
from kirok.server.context import Context
from kirok.server.handlers import Handlers, Streams
from kirok.server.messages import TEXT, Exchange, Reply
from kirok.server.routes.uploads import direct_of, signs_parts
from kirok.services.destination_check import LOW_SPACE_BYTES, Condition, Finding, free_bytes
from kirok.wire import endpoints
from kirok.wire.artifacts import KirokVersion, ServerInfo
from kirok.wire.experiments import Empty
from kirok.wire.health import DatabaseHealth, Health, PlaceHealth


async def health(_: Context, exchange: Exchange) -> None:
    await exchange.reply(Reply(200, b"OK", TEXT))


def health_detail(context: Context, _: Empty) -> Health:
    database = None if context.settings.artifacts_only else _database_health(context)
    places = [_place_health(place, finding) for place, finding in context.watch.findings.items()]
    statuses = {*(place.status for place in places), *([database.status] if database else [])}
    worst = next((status for status in (Condition.FAILED, Condition.WARNING) if status in statuses), Condition.OK)
    return Health(
        worst,
        installed_version("kirok"),
        endpoints.MLFLOW_VERSION,
        round(time.monotonic() - context.born_s, 3),
        database,
        places,
    )


def _database_health(context: Context) -> DatabaseHealth:
    begun = time.perf_counter()
    try:
        context.stores.experiments.search_experiments(max_results=1)
    except KirokError as error:
        return DatabaseHealth(Condition.FAILED, context.stores.kind, error.message)
    return DatabaseHealth(Condition.OK, context.stores.kind, answered_ms=round((time.perf_counter() - begun) * 1000, 3))


def _place_health(place: str, finding: Finding) -> PlaceHealth:
    free = free_bytes(place)
    status, message = finding.condition, finding.said
    if free is not None and free < LOW_SPACE_BYTES and status is not Condition.FAILED:
        status, message = Condition.WARNING, f"Only {free >> 20} MiB are free."
    return PlaceHealth(finding.location, status, message, finding.checked_ms, free)


async def version(_: Context, exchange: Exchange) -> None:
    await exchange.reply(Reply(200, endpoints.MLFLOW_VERSION.encode(), TEXT))


def server_info(context: Context, _: Empty) -> ServerInfo:
    info = ServerInfo(
        # MLflow's clients ask whether the store can keep traces by this name.
        store_type={"sql": "SqlStore", "file": "FileStore"}.get(context.stores.kind),
        presigned_upload_run_id_supported=context.settings.artifacts.presigned,
        artifact_servers=_artifact_servers(context.settings.default_artifact_root),
    )
    files = context.destination
    if files is None:
        return info
    try:
        return msgspec.structs.replace(
            info,
            multipart_uploads_enabled=signs_parts(context),
            multipart_downloads_enabled=direct_of(context) is not None,
            artifact_bundles_enabled=True,
            smallest_part_bytes=files.parted.smallest_part_bytes if files.parted is not None else None,
        )
    except KirokError:
        return info  # a store without credentials, say: /health has the reason, and so has every transfer


def _artifact_servers(default_root: str) -> list[str]:
    """What the administrator named, not what rows name: to these servers clients take their credentials."""
    place = parse(default_root)
    return [place.server] if isinstance(place, Proxied) and place.server else []


async def kirok_version(*_: object) -> KirokVersion:
    return KirokVersion(installed_version("kirok"), endpoints.MLFLOW_VERSION)


HANDLERS: Handlers = {
    endpoints.SERVER_INFO: server_info,
    endpoints.KIROK_VERSION: kirok_version,
    endpoints.HEALTH_DETAIL: health_detail,
}
STREAMS: Streams = {endpoints.HEALTH: health, endpoints.VERSION: version}
