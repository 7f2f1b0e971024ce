"""What stands at the address: whether it answers, whom it lets in, what it is and can do."""

from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlsplit

import msgspec

from kirok.base.errors import KirokError
from kirok.client.doctor.address import bypass, can_connect, use
from kirok.client.doctor.answers import (
    HOST_REFUSED,
    credentials_source,
    is_healthy,
    refused,
    said,
    unexpected,
)
from kirok.client.doctor.case import Answer, Case, Identity
from kirok.client.doctor.encryption import speaks_tls
from kirok.client.doctor.findings import Finding, failed, ok, warning
from kirok.transport import ConnectionFailed
from kirok.wire import endpoints
from kirok.wire.experiments import Empty
from kirok.wire.health import Health

_CLOCKS_APART_S = 60
_ONE_EXPERIMENT = b'{"max_results": 1}'
_ARTIFACTS_ONLY = b"--artifacts-only"
_ABILITIES = {
    "multipart_uploads_enabled": "large files sent to the store in parts",
    "multipart_downloads_enabled": "downloads straight from the store",
    "presigned_upload_run_id_supported": "signed uploads of a run",
    "trace_archival_enabled": "archived traces",
    "workspaces_enabled": "workspaces",
}


def check_answer(case: Case) -> Finding:
    """Whether a tracking server answers there, under this path prefix."""
    try:
        case.health = case.ask("/health")
    except ConnectionFailed as error:
        return _no_answer(case, error)
    if is_healthy(case.health):
        return ok("a tracking server answers")
    if _is_api(case):
        return ok("a tracking server answers, though what answers at /health is something else")
    return unexpected(case, case.health)


def _is_api(case: Case) -> bool:
    """Whether the API is there all the same: in a cluster /health may be the gateway's own."""
    if case.health.status not in (200, 404):
        return False
    try:
        body = _json(case.ask(endpoints.SEARCH_EXPERIMENTS.api_path, method="POST", body=_ONE_EXPERIMENT))
    except ConnectionFailed:
        return False
    return body is not None and ("experiments" in body or "error_code" in body)


def _no_answer(case: Case, error: ConnectionFailed) -> Finding:
    way = case.way
    if way.proxy is not None and can_connect(way.host, way.port, case.timeout_s):
        return failed(
            f"the proxy does not let requests through to {way.host}, which can be reached directly", bypass(case)
        )
    if way.scheme == "http" and speaks_tls(case):
        return failed(
            f"{way.host} port {way.port} speaks TLS, not plain HTTP",
            use(case, "https" + case.base.removeprefix("http")),
        )
    reason = error.message.partition(" Is the server running?")[0]
    return failed(
        f"{way.host} port {way.port} takes connections but does not speak HTTP ({reason})",
        use(case, "http://HOST:PORT"),
    )


def check_host(case: Case) -> Finding:
    """Whether the server knows itself by the name it is asked under."""
    path = endpoints.SEARCH_EXPERIMENTS.api_path
    try:
        case.api = case.ask(path, method="POST", body=_ONE_EXPERIMENT)
    except ConnectionFailed as error:
        return failed(error.message, "look into the server's log")
    if case.api.status == 403 and HOST_REFUSED in case.api.body:
        return failed(
            f"the server refuses its name: {said(case.api)}",
            f"--allowed-hosts {urlsplit(case.base).netloc}   (an option of `kirok server` and `mlflow server`)",
        )
    return ok(f"the server answers to {urlsplit(case.base).netloc}")


def check_sign_in(case: Case) -> Finding:
    """Whether the server lets this user in."""
    given, answer = credentials_source(case), case.api
    if answer.status in (401, 403):
        return refused(case, answer)
    if 300 <= answer.status < 400:
        return unexpected(case, answer)
    settings = case.settings.transport
    if given is None and (settings.username or settings.password):
        missing = "PASSWORD" if settings.username else "USERNAME"
        return warning(
            f"half of the credentials is missing, so none are sent: there is no MLFLOW_TRACKING_{missing}",
            f"set MLFLOW_TRACKING_{missing}",
        )
    return ok(f"let in by {given}" if given else "let in without credentials")


def check_api(case: Case) -> Finding:
    """Whether the tracking API is there, and what the server is."""
    case.identity = _identity(case)
    answer, it = case.api, told(case.identity)
    if answer.status == 503 and _ARTIFACTS_ONLY in answer.body:
        return failed(
            f"{it} keeps artifacts alone (--artifacts-only) and no experiments",
            f"start it without --artifacts-only, or {use(case, 'http://the-tracking-server')}",
        )
    body = _json(answer)
    if answer.status == 200 and body is not None:
        abilities = [text for name, text in _ABILITIES.items() if case.identity.info.get(name)]
        return ok(it, f"abilities: {', '.join(abilities) or 'none beyond the API itself'}")
    if body is not None and body.get("error_code"):
        return failed(
            f"{it} cannot read its records: {body.get('message') or body['error_code']}",
            f"look into the log of `{case.identity.command}`; its --backend-store-uri names the database",
        )
    if answer.status in (404, 405):
        return failed(
            f"{case.base} has no tracking API ({answer.status}, {said(answer)})",
            use(case, f"{case.way.scheme}://HOST:PORT"),
        )
    return failed(f"{case.base} answers {answer.status} with {said(answer)}", "look into the server's log")


def told(identity: Identity) -> str:
    """What a server is, in a few words."""
    if identity.kirok is not None:
        return f"kirok {identity.kirok} (speaks MLflow {identity.mlflow})"
    return f"MLflow {identity.mlflow}" if identity.mlflow else "a tracking server that does not tell its version"


def _identity(case: Case) -> Identity:
    version = _asked(case, "/version")
    text = version.body.decode(errors="replace").strip() if version is not None and version.status == 200 else ""
    kirok = _json(_asked(case, endpoints.KIROK_VERSION.api_path)) or {}
    info = _json(_asked(case, endpoints.SERVER_INFO.api_path)) or {}
    return Identity(text if text[:1].isdigit() and len(text) < 40 else "", kirok.get("kirok"), info)


def _asked(case: Case, path: str) -> Answer | None:
    try:
        answer = case.ask(path)
    except ConnectionFailed:
        return None
    return answer if answer.status == 200 else None


def _json(answer: Answer | None) -> dict[str, Any] | None:
    """The JSON object of an answer; None for any other body."""
    if answer is None:
        return None
    try:
        body = msgspec.json.decode(answer.body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    return body if isinstance(body, dict) else None


def check_health(case: Case) -> list[Finding]:
    """What a kirok server says of its own parts; nothing where it does not tell."""
    if case.identity.kirok is None:
        return []
    try:
        health: Health = case.transport.call(endpoints.HEALTH_DETAIL, Empty())
    except KirokError:
        return []
    found = []
    if health.database is not None and health.database.status != "ok":
        found.append(
            failed(
                f"the server says of its database: {health.database.message}", "see --backend-store-uri on the server"
            )
        )
    for place in health.artifacts:
        said = f"the server says: {place.message or f'{place.location}: {place.status}'}"
        mend = (
            "start the server with --create-bucket"
            if "--create-bucket" in said
            else "mend that for `kirok server`, not here: its --artifacts-destination names the place"
        )
        if place.status == "failed":
            found.append(failed(said, mend))
        elif place.status == "warning":
            found.append(warning(said, mend))
    return found or [ok(f"the server's own checks found nothing; it has been up for {_duration(health.uptime_s)}")]


def check_clock(case: Case) -> Finding | None:
    """Whether server and client agree on the time; None where the server does not tell it."""
    apart_s = clock_skew_s(case.api.headers, case.api.received_s)
    if apart_s is None:
        return None
    if abs(apart_s) <= _CLOCKS_APART_S:
        return ok(f"this machine and the server are at most {max(1, round(abs(apart_s)))} s apart")
    where = "behind" if apart_s > 0 else "ahead of"
    return warning(
        f"this machine's clock is {_duration(abs(apart_s))} {where} the server's: times of runs will be off, and "
        "object stores refuse requests that are 15 minutes off",
        "sudo timedatectl set-ntp true   (on the machine whose clock is wrong)",
    )


def clock_skew_s(headers: Mapping[str, str], received_s: float) -> float | None:
    """By how many seconds the server is ahead of this machine; None where it does not tell."""
    try:
        return parsedate_to_datetime(headers.get("date", "")).timestamp() - received_s
    except (TypeError, ValueError):
        return None


def _duration(seconds: float) -> str:
    if seconds < 120:
        return f"{round(seconds)} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 120 else f"{round(minutes / 60)} h"
