"""Large files in parts: through this server, or straight to the store by requests that it signs."""

from urllib.parse import parse_qsl

from kirok.artifact_stores.names import check_file
from kirok.artifact_stores.protocols import DirectAccess, PartedUploads
from kirok.base.errors import InvalidParameter, NotSupported
from kirok.entities.artifacts import MOST_PARTS, ArtifactPath
from kirok.server.context import Context
from kirok.server.handlers import Handlers, Streams
from kirok.server.messages import Exchange, Reply
from kirok.server.transfers import receive_file
from kirok.wire import upload_endpoints as endpoints
from kirok.wire import uploads as wire
from kirok.wire.experiments import Empty
from kirok.wire.json_quirks import decode_query

MAX_SIGNED = 100
"""How many parts' requests are signed at once: they expire, so nobody needs more."""


def begin_upload(context: Context, request: wire.BeginUpload) -> wire.UploadBegun:
    parted = parted_of(context)
    if request.part_bytes < parted.smallest_part_bytes:
        raise InvalidParameter(
            f"Invalid value {request.part_bytes} for parameter 'part_bytes': this server's store takes no parts "
            f"smaller than {parted.smallest_part_bytes} bytes."
        )
    return wire.UploadBegun(parted.begin(ArtifactPath.parse(request.path), request.part_bytes))


async def upload_part(context: Context, exchange: Exchange) -> None:
    query = parse_qsl(exchange.scope["query_string"].decode("latin-1"), keep_blank_values=True)
    named = decode_query(query, wire.NamedPart)
    part = parted_of(context).part(ArtifactPath.parse(named.path), named.upload_id, named.number)
    await receive_file(exchange, part, context.file_threads)
    await exchange.reply(Reply(200, b"{}"))


def sign_parts(context: Context, request: wire.SignParts) -> wire.SignedParts:
    if len(request.numbers) > MAX_SIGNED:
        raise InvalidParameter(f"At most {MAX_SIGNED} parts are signed at once; {len(request.numbers)} were asked for.")
    if not all(1 <= number <= MOST_PARTS for number in request.numbers):
        raise InvalidParameter(f"Invalid value for parameter 'numbers': parts are numbered from 1 to {MOST_PARTS}.")
    direct, path = direct_of(context), ArtifactPath.parse(request.path)
    check_file(path)
    if direct is None:
        return wire.SignedParts()
    expires_s = context.settings.artifacts.presigned_expires_s
    signed = [(number, direct.part(path, request.upload_id, number, expires_s)) for number in request.numbers]
    return wire.SignedParts([wire.SignedPart(number, it.url, it.headers) for number, it in signed if it is not None])


def list_parts(context: Context, request: wire.NamedUpload) -> wire.KeptParts:
    kept = parted_of(context).parts(ArtifactPath.parse(request.path), request.upload_id)
    return wire.KeptParts([wire.KeptPart.of(part) for part in kept])


def complete_upload(context: Context, request: wire.CompleteUpload) -> Empty:
    parts = [part.record() for part in request.parts]
    parted_of(context).complete(ArtifactPath.parse(request.path), request.upload_id, parts)
    return Empty()


def abandon_upload(context: Context, request: wire.NamedUpload) -> Empty:
    parted_of(context).abandon(ArtifactPath.parse(request.path), request.upload_id)
    return Empty()


def parted_of(context: Context) -> PartedUploads:
    """The destination's uploads in parts; NotSupported where it has none."""
    if context.proxied.parted is None:
        raise NotSupported("The store behind this server takes files in one piece only: send the file by PUT.")
    return context.proxied.parted


def direct_of(context: Context) -> DirectAccess | None:
    """The destination's signed requests, where it has them and this server hands them out."""
    return context.proxied.direct if context.settings.artifacts.presigned else None


def signs_parts(context: Context) -> bool:
    """Whether parts of an upload may go straight to the destination."""
    direct = direct_of(context)
    if direct is None or context.proxied.parted is None:
        return False
    return direct.part(ArtifactPath("any"), "any", 1, 1) is not None


HANDLERS: Handlers = {
    endpoints.BEGIN_UPLOAD: begin_upload,
    endpoints.SIGN_PARTS: sign_parts,
    endpoints.LIST_PARTS: list_parts,
    endpoints.COMPLETE_UPLOAD: complete_upload,
    endpoints.ABANDON_UPLOAD: abandon_upload,
}
STREAMS: Streams = {endpoints.UPLOAD_PART: upload_part}
