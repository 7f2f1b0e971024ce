"""Answers that are no success, as the errors they mean."""

import re
from collections.abc import Mapping
from typing import Any

import msgspec

from kirok.base.errors import EndpointNotFound, KirokError, error_from
from kirok.rules import advice
from kirok.transport.exchange import HttpResponse

_SHOWN = 200

_HINTS = {
    401: advice.SIGN_IN,
    404: advice.CHECK_KIND,
    405: advice.CHECK_KIND,
    413: advice.LARGER_REQUESTS,
}
# Where the fault lies on the way, or in what stands there, and not in the request.
_ON_THE_WAY = frozenset({401, 403, 404, 405, 407, 502, 503, 504})

# Client and server have the same names for them: what a server says of its own would be taken for the client's.
_STORE_SETTING = re.compile(r"\b(AWS|AZURE|GOOGLE|MLFLOW_S3)_[A-Z_]+|--create-bucket|STORAGE_EMULATOR_HOST")


class Refusal(msgspec.Struct, frozen=True):
    """An error answer, and the code it gave, if it came from a tracking server at all."""

    error: KirokError
    code: str | None = None


class _Reported(msgspec.Struct, frozen=True):
    """The body of MLflow's error answers."""

    error_code: str
    message: str | None = None


class _Detail(msgspec.Struct, frozen=True):
    """The body of FastAPI's own error answers."""

    detail: Any


def refusal_of(url: str, response: HttpResponse, base: str) -> Refusal:
    """What an error answer or a redirect of `url` means, on the server at `base`; reads its body."""
    body, status = response.read(), response.status
    said = _reported(body)
    address = url.partition("?")[0]
    if said is not None:
        message = said.message or ""
        if "artifact" in address.removeprefix(base) and _STORE_SETTING.search(message):
            message = f"The server at {base} says, of its own settings: {message}"
        return Refusal(error_from(said.error_code, message, status), said.error_code)
    if 300 <= status < 400:
        target = response.headers.get("location", "elsewhere")
        return Refusal(
            EndpointNotFound(f"{address} redirects to {target}. {advice.redirected(target)} {advice.run_doctor(base)}")
        )
    hints = [_HINTS.get(status), advice.run_doctor(base) if status in _ON_THE_WAY else None]
    message = " ".join([f"{address} answered {status} with {excerpt(body, response.headers)}.", *filter(None, hints)])
    return Refusal(error_from(None, message, status))


def _reported(body: bytes) -> _Reported | None:
    try:
        return msgspec.json.decode(body, type=_Reported)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None


def excerpt(body: bytes, headers: Mapping[str, str]) -> str:
    """What an unexpected answer looks like, in a few words."""
    if not body.strip():
        return "an empty body"
    if "html" in headers.get("content-type", ""):
        return "a web page"
    try:
        return str(msgspec.json.decode(body, type=_Detail).detail)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return repr(body[:_SHOWN].decode(errors="replace"))
