"""Large files that go straight to the server's object store, by requests that the server signs."""

from contextlib import suppress
from typing import Any
from urllib.parse import quote, urlsplit

import msgspec

from kirok.base.errors import KirokError, NotSupported
from kirok.base.ids import new_id
from kirok.base.settings import TransportSettings
from kirok.client.doctor.artifacts import CONTENT, resolved, ways_in_use
from kirok.client.doctor.case import Case
from kirok.client.doctor.findings import Finding, ok, warning
from kirok.entities.artifacts import ArtifactPath
from kirok.rules.uris.parse import parse
from kirok.rules.uris.proxied import Proxied
from kirok.transport import ConnectionFailed, HttpRequest
from kirok.transport.sockets import Sockets
from kirok.wire import uploads
from kirok.wire.artifact_endpoints import LIST_PROXIED
from kirok.wire.endpoint import Endpoint
from kirok.wire.upload_endpoints import ABORT_MULTIPART, COMPLETE_MULTIPART, CREATE_MULTIPART, PRESIGNED_DOWNLOAD

_NAME = "tried.bin"
_REACHABLE = "KIROK_S3_PUBLIC_ENDPOINT_URL=an address of the store that clients reach   (for the server)"
_PAST_THE_STORE = "KIROK_PRESIGNED_URLS=false   (for the server: files then go through it)"
_MEANWHILE = "kirok's client sends its files through the server meanwhile; MLflow's fails."


def check_direct(case: Case) -> Finding | None:
    """A file sent in one part, and fetched, by signed requests; None where the server offers none."""
    experiment = ways_in_use(case).get("proxied")
    if experiment is None or not case.identity.info.get("multipart_uploads_enabled"):
        return None
    place = parse(resolved(case, experiment))
    if not isinstance(place, Proxied):
        return None
    folder = ArtifactPath.of(place.inner, ArtifactPath(f"kirok-doctor-{new_id()}"))
    try:
        return _tried(case, folder)
    except NotSupported:
        return None  # the files lie in a folder of the server's own
    except ConnectionFailed as error:
        reason = error.message.partition(" Is the server running?")[0]
        return warning(f"the server signs requests to a store out of reach: {reason}", _REACHABLE, _MEANWHILE)
    except KirokError as error:
        return warning(f"the server's signed requests fail: {error.message}", _PAST_THE_STORE, _MEANWHILE)
    finally:
        with suppress(KirokError):  # `artifacts` has said what there is to say of deletion
            case.transport.send("DELETE", f"{LIST_PROXIED.api_path}/{folder}").read()


def _tried(case: Case, folder: ArtifactPath) -> Finding | None:
    begun: uploads.CreatedMultipart = _call(
        case, CREATE_MULTIPART, folder, uploads.CreateMultipart(path=_NAME, num_parts=1)
    )
    try:
        if not begun.credentials:
            return None
        part = begun.credentials[0]
        host = urlsplit(part.url).netloc
        status, tag = _straight(case, "PUT", part.url, part.headers, CONTENT)
        if status >= 300:
            return warning(f"the store at {host} refuses a signed upload ({status})", _PAST_THE_STORE, _MEANWHILE)
        sent = uploads.SentPart(part_number=part.part_number, etag=tag.decode(), url=part.url)
        done = uploads.CompleteMultipart(path=_NAME, upload_id=begun.upload_id, parts=[sent])
        _call(case, COMPLETE_MULTIPART, folder, done)
    except KirokError:
        with suppress(KirokError):
            _call(case, ABORT_MULTIPART, folder, uploads.AbortMultipart(path=_NAME, upload_id=begun.upload_id))
        raise
    try:
        signed: uploads.PresignedFile = _call(case, PRESIGNED_DOWNLOAD, ArtifactPath.of(folder, ArtifactPath(_NAME)))
    except NotSupported:
        return ok(f"large files go straight to {host}; downloads come through the server")
    status, content = _straight(case, "GET", signed.url, signed.headers, b"")
    if status >= 300 or content != CONTENT:
        return warning(f"the store at {host} refuses a signed download ({status})", _PAST_THE_STORE, _MEANWHILE)
    return ok(f"large files go straight to {host}: one was sent and fetched by signed requests")


def _call(case: Case, endpoint: Endpoint, path: ArtifactPath, message: msgspec.Struct | None = None) -> Any:
    """The answer of an endpoint whose path ends in a file's, or in that of the folder it goes to."""
    content = b"" if message is None else msgspec.json.encode(message)
    headers = {"Content-Type": "application/json"} if content else None
    place = endpoint.api_path.removesuffix("{path}") + path
    answer = case.transport.send(endpoint.method, place, headers=headers, body=content).read()
    try:
        return msgspec.json.decode(answer or b"{}", type=endpoint.response)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise NotSupported(f"{quote(place)} answers in another form: {error}") from error


def _straight(case: Case, method: str, url: str, headers: dict[str, str], body: bytes) -> tuple[int, bytes]:
    """(status, ETag of an upload or content of a download), without the credentials for the tracking server."""
    sockets = Sockets(TransportSettings())
    try:
        response = sockets.send(HttpRequest(method, url, headers, body, case.timeout_s))
        content = response.read()
        return response.status, response.headers.get("etag", "").encode() if method == "PUT" else content
    finally:
        sockets.close()
