"""Whole folders of artifacts: many small files in one request each way, a folder as a zip archive, and deletion."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Iterator, Sequence
from contextlib import aclosing, closing
from typing import Any, TypeVar
from urllib.parse import parse_qsl

from msgspec import Struct

from kirok.artifact_stores.protocols import ArtifactStore
from kirok.base.errors import InvalidParameter, NotFound
from kirok.entities.artifacts import ArtifactPath
from kirok.server.bundle_arrivals import receive_bundle
from kirok.server.context import Context
from kirok.server.folders import FoundFile, files_ahead
from kirok.server.handlers import Handlers, Streams
from kirok.server.messages import Exchange, Header, Reply
from kirok.server.streaming import send_pieces
from kirok.server.transfers import SANDBOX, attachment
from kirok.server.zips import ZipStream
from kirok.wire import artifact_endpoints as endpoints
from kirok.wire import artifacts as wire
from kirok.wire import bundles
from kirok.wire.experiments import Empty
from kirok.wire.json_quirks import decode_query, encode

_PIECE_BYTES = 256 << 10
Query = TypeVar("Query", bound=Struct)


async def upload_bundle(context: Context, exchange: Exchange) -> None:
    folder = ArtifactPath.parse(_query(exchange, bundles.Bundle).path)
    files = await receive_bundle(exchange, context.proxied, folder, _threads(context))
    await exchange.reply(Reply(200, encode(bundles.BundleStored(files))))


async def download_bundle(context: Context, exchange: Exchange) -> None:
    folder = ArtifactPath.parse(_query(exchange, bundles.Bundle).path)
    headers: list[Header] = [
        (b"content-type", bundles.CONTENT_TYPE.encode()),
        (b"content-disposition", attachment(f"{folder.name or 'artifacts'}.bundle")),
        (b"cache-control", b"no-cache"),
        SANDBOX,
    ]
    await send_pieces(exchange, headers, _bundled(context.proxied, folder, _threads(context)))


async def _bundled(
    store: ArtifactStore, folder: ArtifactPath, in_thread: Callable[..., Any]
) -> AsyncGenerator[bytes, None]:
    count = 0
    async with aclosing(files_ahead(store, folder, in_thread, small_bytes=bundles.MAX_FILE_BYTES)) as groups:
        async for group in groups:
            count += len(group)
            yield b"".join(_framed(_name(found, folder), found) for found in group)
    yield bundles.ending(count)


def _framed(name: str, found: FoundFile) -> bytes:
    if found.content is None:
        return bundles.mentioned(name, found.size_bytes)
    return bundles.framed(name, found.content)


async def zip_of_run(context: Context, exchange: Exchange) -> None:
    request = _query(exchange, wire.ZipArtifacts)
    run_id, folder = request.run, ArtifactPath.parse(request.path)
    in_thread = _threads(context)
    _, files = await in_thread(context.run_artifacts.root_of, run_id)
    await _send_zip(exchange, files, folder, folder.name or f"run-{run_id}", in_thread)


async def zip_of_proxied(context: Context, exchange: Exchange) -> None:
    folder = ArtifactPath.parse(_query(exchange, wire.ZipProxied).path)
    await _send_zip(exchange, context.proxied, folder, folder.name or "artifacts", _threads(context))


async def _send_zip(
    exchange: Exchange, store: ArtifactStore, folder: ArtifactPath, name: str, in_thread: Callable[..., Any]
) -> None:
    headers: list[Header] = [
        (b"content-type", b"application/zip"),
        (b"content-disposition", attachment(f"{name}.zip")),
        (b"cache-control", b"no-cache"),
        SANDBOX,
    ]
    await send_pieces(exchange, headers, _zipped(store, folder, in_thread))


async def _zipped(
    store: ArtifactStore, folder: ArtifactPath, in_thread: Callable[..., Any]
) -> AsyncGenerator[bytes, None]:
    is_empty = True
    coming = files_ahead(store, folder, in_thread, small_bytes=bundles.MAX_FILE_BYTES)
    with closing(ZipStream()) as archive:
        async with aclosing(coming) as groups:
            async for group in groups:
                pieces = _gathered(_entries(archive, store, folder, group))
                while (piece := await in_thread(next, pieces, None)) is not None:
                    is_empty = False
                    yield piece
        if is_empty:
            raise NotFound(f"No such folder: {str(folder)!r}, or nothing is in it.")
        for piece in archive.ending():
            yield piece


def _entries(
    archive: ZipStream, store: ArtifactStore, folder: ArtifactPath, group: Sequence[FoundFile]
) -> Iterator[bytes]:
    for found in group:
        name = _name(found, folder)
        if found.content is not None:
            yield from archive.file(name, found.size_bytes, found.modified_s, [found.content])
            continue
        try:
            file = store.open(found.path)
        except NotFound:
            continue  # removed since it was listed
        try:
            yield from archive.file(name, file.size_bytes, file.modified_s, file.read())
        finally:
            file.close()


def _gathered(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """The same bytes in pieces that are worth the way from thread to socket."""
    waiting: list[bytes] = []
    size = 0
    for piece in pieces:
        waiting.append(piece)
        size += len(piece)
        if size >= _PIECE_BYTES:
            yield b"".join(waiting)
            waiting, size = [], 0
    if waiting:
        yield b"".join(waiting)


def delete_artifacts(context: Context, request: wire.DeleteArtifacts) -> Empty:
    path = ArtifactPath.parse(request.path)
    if not path:
        raise InvalidParameter("Invalid path: ''. Name the file or folder of the run to delete.")
    _, files = context.run_artifacts.root_of(request.run)
    files.delete(path)
    return Empty()


def _name(found: FoundFile, folder: ArtifactPath) -> str:
    return found.path[len(folder) + 1 :] if folder else str(found.path)


def _query(exchange: Exchange, type_: type[Query]) -> Query:
    pairs = parse_qsl(exchange.scope["query_string"].decode("latin-1"), keep_blank_values=True)
    return decode_query(pairs, type_)


def _threads(context: Context) -> Callable[..., "asyncio.Future[Any]"]:
    loop = asyncio.get_running_loop()
    return lambda call, *arguments: loop.run_in_executor(context.file_threads, call, *arguments)


HANDLERS: Handlers = {endpoints.DELETE_ARTIFACTS: delete_artifacts}
STREAMS: Streams = {
    endpoints.UPLOAD_BUNDLE: upload_bundle,
    endpoints.DOWNLOAD_BUNDLE: download_bundle,
    endpoints.ZIP_OF_RUN: zip_of_run,
    endpoints.ZIP_OF_PROXIED: zip_of_proxied,
}
