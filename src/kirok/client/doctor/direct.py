"""Large files that go straight to the server's object store, by requests that the server signs."""

from contextlib import suppress
from typing import Any
from urllib.parse import urlsplit

import msgspec

from kirok.base.errors import KirokError, NotSupported
from kirok.base.ids import new_id
from kirok.client.doctor.artifacts import ways_in_use
from kirok.client.doctor.case import Case
from kirok.client.doctor.findings import Finding, failed, ok, warning
from kirok.entities.artifacts import ArtifactPath
from kirok.transport import ConnectionFailed, HttpRequest
from kirok.transport.sockets import Sockets

_BASE = "/api/2.0/mlflow-artifacts"
_CONTENT = b"kirok doctor writes, reads and deletes this.\n"
_PAST_THE_STORE = "KIROK_PRESIGNED_URLS=false   (for the server: files then go through it)"


class _Part(msgspec.Struct):
    url: str
    part_number: int = 1
    headers: dict[str, str] | None = None


class _Begun(msgspec.Struct):
    upload_id: str | None = None
    credentials: list[_Part] = []


class _Download(msgspec.Struct):
    url: str
    headers: dict[str, str] | None = None


def check_direct(case: Case) -> Finding | None:
    """A file sent in one part, and fetched, by signed requests; None where the server offers none."""
    experiment = ways_in_use(case).get("proxied")
    if experiment is None or not case.identity.info.get("multipart_uploads_enabled"):
        return None
    from kirok.artifact_stores.proxy import proxied_path

    path = f"{proxied_path(experiment.artifact_location)}/kirok-doctor-{new_id()}/tried.bin".lstrip("/")
    try:
        return _sent(case, path)
    except NotSupported:
        return None  # its files lie in a folder of its own
    except ConnectionFailed as error:
        return failed(error.message.partition(" Is the server running?")[0], _PAST_THE_STORE)
    except KirokError as error:
        return warning(f"the server does not sign requests to its store: {error.message}", _PAST_THE_STORE)
    finally:
        with suppress(KirokError):  # `artifacts` has said what there is to say of deletion
            case.transport.send("DELETE", f"{_BASE}/artifacts/{ArtifactPath.parse(path.rpartition('/')[0])}").read()


def _sent(case: Case, path: str) -> Finding | None:
    begun = msgspec.convert(_call(case, "POST", f"{_BASE}/mpu/create/{path}", {"path": path, "num_parts": 1}), _Begun)
    if not begun.credentials:
        return None
    part = begun.credentials[0]
    host = urlsplit(part.url).netloc
    status, tag = _straight(case, "PUT", part.url, part.headers, _CONTENT)
    if status >= 300:
        return failed(f"the store at {host} refuses a signed upload ({status})", _PAST_THE_STORE)
    done = {"part_number": part.part_number, "etag": tag.decode(), "url": part.url}
    body = {"path": path, "upload_id": begun.upload_id, "parts": [done]}
    _call(case, "POST", f"{_BASE}/mpu/complete/{path}", body)
    download = msgspec.convert(_call(case, "GET", f"{_BASE}/presigned/{path}", None), _Download)
    status, content = _straight(case, "GET", download.url, download.headers, b"")
    if status >= 300 or content != _CONTENT:
        return failed(f"the store at {host} refuses a signed download ({status})", _PAST_THE_STORE)
    return ok(f"large files go straight to {host}: a part was sent and fetched by signed requests")


def _call(case: Case, method: str, path: str, body: object) -> Any:
    content = b"" if body is None else msgspec.json.encode(body)
    headers = {"Content-Type": "application/json"} if content else None
    return msgspec.json.decode(case.transport.send(method, path, headers=headers, body=content).read() or b"{}")


def _straight(case: Case, method: str, url: str, headers: dict[str, str] | None, body: bytes) -> tuple[int, bytes]:
    """(status, ETag of an upload or content of a download), without the credentials for the tracking server."""
    from kirok.base.settings import TransportSettings

    sockets = Sockets(TransportSettings())
    try:
        response = sockets.send(HttpRequest(method, url, headers or {}, body, case.timeout_s))
        content = response.read()
        return response.status, response.headers.get("etag", "").encode() if method == "PUT" else content
    finally:
        sockets.close()
