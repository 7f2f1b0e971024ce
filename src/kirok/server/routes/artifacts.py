"""Files: of runs, and of the proxy."""

import asyncio
from typing import Any
from urllib.parse import parse_qsl

from msgspec import structs

from kirok.base.errors import InvalidParameter
from kirok.entities.artifacts import ArtifactPath
from kirok.server.context import Context
from kirok.server.handlers import Handlers, Streams
from kirok.server.messages import TEXT, Exchange, Reply
from kirok.server.transfers import receive_file, send_file
from kirok.wire import artifact_endpoints as endpoints
from kirok.wire import artifacts as wire
from kirok.wire.json_quirks import decode_query

MAX_PASTED_BYTES = 10 << 20
"""What upload-artifact takes; MLflow's limit."""


def list_artifacts(context: Context, request: wire.ListArtifacts) -> wire.ArtifactsPage:
    path = ArtifactPath.parse(request.path)
    uri, files = context.run_artifacts.root_of(request.run)
    return wire.ArtifactsPage(uri, [wire.FileInfo.of(info) for info in files.list(path)])


def list_proxied(context: Context, request: wire.ListProxied) -> wire.ProxiedFiles:
    found = context.proxied.list(ArtifactPath.parse(request.path))
    return wire.ProxiedFiles(
        [wire.FileInfo.of(structs.replace(info, path=info.path.rpartition("/")[2])) for info in found]
    )


async def download_proxied(context: Context, exchange: Exchange) -> None:
    path = _file_path(exchange.rest)
    file = await _in_thread(context, context.proxied.open, path)
    await send_file(exchange, file, path.name, context.file_threads)


async def upload_proxied(context: Context, exchange: Exchange) -> None:
    await receive_file(exchange, context.proxied.writer(_file_path(exchange.rest)), context.file_threads)
    await exchange.reply(Reply(200, b"", TEXT))


async def delete_proxied(context: Context, exchange: Exchange) -> None:
    path = ArtifactPath.parse(exchange.rest)
    if not path:
        raise InvalidParameter("Invalid path: the whole artifacts destination cannot be deleted; name what to delete.")
    await _in_thread(context, context.proxied.delete, path)
    await exchange.reply(Reply(200, b"{}"))


async def get_artifact(context: Context, exchange: Exchange) -> None:
    request = decode_query(_query(exchange), wire.GetArtifact)
    run_id, path = request.run, _file_path(request.path)
    _, files = await _in_thread(context, context.run_artifacts.root_of, run_id)
    await send_file(exchange, await _in_thread(context, files.open, path), path.name, context.file_threads)


async def upload_artifact(context: Context, exchange: Exchange) -> None:
    request = decode_query(_query(exchange), wire.UploadArtifact)
    run_id, path = request.run, _file_path(request.path)
    if exchange.headers.get(b"content-length") == b"0":
        raise InvalidParameter("Request must specify data: the body is the file's content.")
    _, files = await _in_thread(context, context.run_artifacts.root_of, run_id)
    await receive_file(exchange, files.writer(path), context.file_threads, limit=MAX_PASTED_BYTES)
    await exchange.reply(Reply(200, b"", TEXT))


def _file_path(text: str) -> ArtifactPath:
    path = ArtifactPath.parse(text)
    if not path or text.endswith("/"):
        raise InvalidParameter(f"Invalid path: {text!r}. It must end with the name of a file.")
    return path


def _query(exchange: Exchange) -> list[tuple[str, str]]:
    return parse_qsl(exchange.scope["query_string"].decode("latin-1"), keep_blank_values=True)


async def _in_thread(context: Context, call: Any, *arguments: Any) -> Any:
    return await asyncio.get_running_loop().run_in_executor(context.file_threads, call, *arguments)


HANDLERS: Handlers = {endpoints.LIST_ARTIFACTS: list_artifacts, endpoints.LIST_PROXIED: list_proxied}
STREAMS: Streams = {
    endpoints.DOWNLOAD_PROXIED: download_proxied,
    endpoints.UPLOAD_PROXIED: upload_proxied,
    endpoints.DELETE_PROXIED: delete_proxied,
    endpoints.GET_ARTIFACT: get_artifact,
    endpoints.UPLOAD_ARTIFACT: upload_artifact,
}
