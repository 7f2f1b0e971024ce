"""MLflow's endpoints for URLs that the store of the files answers itself: its bytes do not pass this server."""

import asyncio
from collections.abc import Callable
from typing import Any, TypeVar

from msgspec import Struct

from kirok.artifact_stores.protocols import ArtifactStore, DirectAccess, PartedUploads
from kirok.base.errors import InvalidParameter, NotSupported
from kirok.entities.artifacts import MOST_PARTS, ArtifactPath, Part, SignedRequest
from kirok.server.context import Context
from kirok.server.handlers import Handlers, Streams
from kirok.server.messages import Exchange, Reply, check_content_type, read_body
from kirok.server.routes.uploads import direct_of, signs_parts
from kirok.wire import upload_endpoints as endpoints
from kirok.wire import uploads as wire
from kirok.wire.experiments import Empty
from kirok.wire.json_quirks import decode_body, encode

Message = TypeVar("Message", bound=wire.OfLocalFile)

# MLflow's client gets the URLs of all parts at once and cannot have them renewed; this is how long MLflow's own last.
_PARTS_EXPIRE_S = 3600
# What MLflow allows, as the stores do.
_LONGEST_S = 7 * 24 * 3600


async def create_multipart(context: Context, exchange: Exchange) -> None:
    request, path = await _file_and_body(exchange, wire.CreateMultipart)
    await _answer(context, exchange, _create, context, path, request.num_parts)


def _create(context: Context, path: ArtifactPath, count: int) -> wire.CreatedMultipart:
    parted, direct = _multipart(context)
    if not 1 <= count <= MOST_PARTS:
        raise InvalidParameter(
            f"Invalid value {count} for parameter 'num_parts': a file has 1 to {MOST_PARTS} parts. Make them larger "
            "by MLFLOW_MULTIPART_UPLOAD_CHUNK_SIZE."
        )
    settings = context.settings.artifacts
    expires_s = max(settings.presigned_expires_s, _PARTS_EXPIRE_S)
    upload_id = parted.begin(path, max(settings.part_bytes, parted.smallest_part_bytes))
    numbers = range(1, count + 1)
    signed = [(number, direct.part(path, upload_id, number, expires_s)) for number in numbers]
    return wire.CreatedMultipart(
        upload_id=upload_id,
        credentials=[
            wire.PartCredential(url=it.url, part_number=number, headers=it.headers)
            for number, it in signed
            if it is not None
        ],
    )


async def complete_multipart(context: Context, exchange: Exchange) -> None:
    request, path = await _file_and_body(exchange, wire.CompleteMultipart)
    parts = sorted((Part(part.part_number, 0, part.etag or "") for part in request.parts), key=lambda it: it.number)

    def complete() -> Empty:
        _multipart(context)[0].complete(path, request.upload_id, parts)
        return Empty()

    await _answer(context, exchange, complete)


async def abort_multipart(context: Context, exchange: Exchange) -> None:
    request, path = await _file_and_body(exchange, wire.AbortMultipart)

    def abort() -> Empty:
        _multipart(context)[0].abandon(path, request.upload_id)
        return Empty()

    await _answer(context, exchange, abort)


async def presigned_download(context: Context, exchange: Exchange) -> None:
    path = ArtifactPath.parse(exchange.rest)

    def sign() -> wire.PresignedFile:
        direct = direct_of(context)
        if direct is None:
            raise _unsupported("Multipart download")
        size = _size_of(context.proxied, path)
        signed = direct.download(path, context.settings.artifacts.presigned_expires_s)
        return wire.PresignedFile(url=signed.url, headers=signed.headers, file_size=size)

    await _answer(context, exchange, sign)


def create_presigned_upload(context: Context, request: wire.CreatePresignedUpload) -> wire.PresignedUrl:
    if bool(request.run_id) == bool(request.model_id):
        raise InvalidParameter("Exactly one of run_id and model_id must be provided.")
    if not request.run_id:
        raise NotSupported("This version of kirok does not keep logged models yet: name a run by run_id.")
    path, expires_s = ArtifactPath.parse(request.path), _expiration(request.expiration, 900)
    files = _files_of(context, request.run_id, "upload")
    return _url(_direct(context, files, "Presigned upload").upload(path, expires_s))


def create_presigned_download(context: Context, request: wire.CreatePresignedDownload) -> wire.PresignedUrl:
    path = ArtifactPath.parse(request.path)
    expires_s = _expiration(request.expiration, context.settings.artifacts.presigned_expires_s)
    files = _files_of(context, request.run_id, "download")
    direct = _direct(context, files, "Presigned download")
    return _url(direct.download(path, expires_s), _size_of(files, path))


def _files_of(context: Context, run_id: str, act: str) -> ArtifactStore:
    scheme = context.stores.runs.get_run(run_id).info.artifact_uri.partition(":")[0]
    if scheme in ("mlflow-artifacts", "http", "https"):
        raise InvalidParameter(
            f"Presigned {act} is not supported for runs with proxied artifact storage (artifact URI scheme: {scheme}). "
            "This endpoint requires a run with a direct cloud storage artifact URI."
        )
    return context.run_artifacts.root_of(run_id)[1]


def _direct(context: Context, files: ArtifactStore, act: str) -> DirectAccess:
    if files.direct is None or not context.settings.artifacts.presigned:
        raise _unsupported(act)
    return files.direct


def _multipart(context: Context) -> tuple[PartedUploads, DirectAccess]:
    parted, direct = context.proxied.parted, direct_of(context)
    if parted is None or direct is None or not signs_parts(context):
        raise _unsupported("Multipart upload")
    return parted, direct


def _unsupported(act: str) -> NotSupported:
    # In MLflow's words, by which its client knows that it should send the file in one piece.
    return NotSupported(f"{act} is not supported for the current artifact repository")


def _expiration(given_s: int | None, default_s: int) -> int:
    expires_s = default_s if given_s is None else given_s
    if not 1 <= expires_s <= _LONGEST_S:
        raise InvalidParameter(f"expiration must be between 1 and {_LONGEST_S} seconds (got {expires_s}).")
    return expires_s


def _size_of(files: ArtifactStore, path: ArtifactPath) -> int:
    file = files.open(path)
    file.close()
    return file.size_bytes


def _url(signed: SignedRequest, size: int | None = None) -> wire.PresignedUrl:
    return wire.PresignedUrl(presigned_url=signed.url, headers=signed.headers, file_size=size)


async def _file_and_body(exchange: Exchange, type_: type[Message]) -> tuple[Message, ArtifactPath]:
    """The request, and the file it is about: in the directory that the URL names, called as on the client's disk."""
    check_content_type(exchange.headers)
    request = decode_body(await read_body(exchange.receive), type_)
    return request, ArtifactPath.of(exchange.rest, request.name)


async def _answer(context: Context, exchange: Exchange, call: Callable[..., Struct], *arguments: Any) -> None:
    answer = await asyncio.get_running_loop().run_in_executor(context.file_threads, call, *arguments)
    # Whoever has what was signed needs no credentials, so that nothing on the way may keep it.
    await exchange.reply(Reply(200, encode(answer), headers=((b"cache-control", b"no-store"),)))


HANDLERS: Handlers = {
    endpoints.CREATE_PRESIGNED_UPLOAD: create_presigned_upload,
    endpoints.CREATE_PRESIGNED_DOWNLOAD: create_presigned_download,
}
STREAMS: Streams = {
    endpoints.CREATE_MULTIPART: create_multipart,
    endpoints.COMPLETE_MULTIPART: complete_multipart,
    endpoints.ABORT_MULTIPART: abort_multipart,
    endpoints.PRESIGNED_DOWNLOAD: presigned_download,
}
