"""Requests to one tracking server: base URL, credentials, retries, and its errors as our own classes."""

import base64
import logging
import random
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import quote, unquote, urlencode, urlsplit, urlunsplit

import msgspec

from kirok.base.errors import InvalidParameter, KirokError, ServerUnreachable
from kirok.base.settings import TransportSettings
from kirok.rules import advice
from kirok.transport.elsewhere import Elsewhere
from kirok.transport.exchange import ConnectionFailed, HttpRequest, HttpResponse, Sender
from kirok.transport.refusals import Refusal, excerpt, refusal_of
from kirok.wire.endpoint import Endpoint
from kirok.wire.json_quirks import decode_answer, encode

_log = logging.getLogger("kirok")

Body = bytes | Callable[[], Iterable[bytes]]
"""Bytes, or what makes an iterator over them, anew for each attempt."""

MAX_WAIT_S = 120.0

# Answers that come before a request is carried out, so that even what must happen once may be sent again.
_NOT_CARRIED_OUT = frozenset({408, 429, 503})
_MAYBE_CARRIED_OUT = frozenset({500, 502, 504})


class Transport:
    """Talks to one tracking server; safe to use from several threads.

    `uri` may end in a path, the server's static prefix, and may carry `user:password@`.
    """

    def __init__(
        self,
        uri: str,
        settings: TransportSettings,
        sender: Sender | None = None,
        *,
        sleep: Callable[[float], None] = time.sleep,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        parts = urlsplit(uri)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise InvalidParameter(
                f"{uri!r} is no address of a tracking server. Write it as http://host:port or https://host."
            )
        host = parts.netloc.rpartition("@")[2]
        self.uri = urlunsplit((parts.scheme, host, parts.path.rstrip("/"), "", ""))
        self._settings = settings
        self.authorization = _authorization(settings, parts.username, parts.password)
        """The headers that say who asks."""
        if sender is None:
            from kirok.transport.sockets import Sockets

            sender = Sockets(settings)
        self._sender, self._sleep, self._jitter = sender, sleep, jitter
        self.elsewhere = Elsewhere(settings)
        """Requests to where this server sends its clients."""
        self._others: dict[str, Transport] = {}
        self._is_away = False

    def call(self, endpoint: Endpoint, message: msgspec.Struct, *, once: bool = False) -> Any:
        """The answer to `message`, an `endpoint.response`; the KirokError that the server reports otherwise.

        `once` marks what must not be carried out twice: it is sent again only after an answer, or a failure to
        connect, that shows it was not carried out.
        """
        if endpoint.method == "GET":
            response = self.send("GET", endpoint.api_path, query=query_pairs(message), once=once)
        else:
            headers = {"Content-Type": "application/json"}
            response = self.send(endpoint.method, endpoint.api_path, body=encode(message), headers=headers, once=once)
        body = response.read()
        try:
            return decode_answer(body, endpoint.response)
        except ValueError as error:
            raise ServerUnreachable(
                f"{self.uri}{endpoint.api_path} answered {response.status}, but not as a tracking server does: "
                f"{excerpt(body, response.headers)} ({error}). {advice.CHECK_KIND} "
                f"{advice.run_doctor(self.uri)}"
            ) from None

    def send(
        self,
        method: str,
        path: str,
        *,
        query: Sequence[tuple[str, str]] = (),
        headers: Mapping[str, str] | None = None,
        body: Body = b"",
        once: bool = False,
    ) -> HttpResponse:
        """The successful answer, its body unread; for `path` below the base URL, unquoted. Raises as `call` does.

        Failures that may pass are tried again, first at once, then with growing pauses or as the server asks.
        """
        url = self.uri + quote(path) + ("?" + urlencode(query) if query else "")
        all_headers = {"User-Agent": "kirok", **self.authorization, **(headers or {})}
        attempt = 0
        while True:
            content = body if isinstance(body, bytes) else body()
            try:
                response = self._sender.send(HttpRequest(method, url, all_headers, content, self._settings.timeout_s))
            except ConnectionFailed as failure:
                error: KirokError = failure
                if attempt >= self._settings.max_retries or failure.lasting or (once and failure.sent):
                    raise
                asked_s = None
            else:
                if 200 <= response.status < 300:
                    self._is_away = False
                    return response
                refusal = refusal_of(url, response, self.uri)
                if attempt >= self._settings.max_retries or not _may_pass(response.status, refusal, once):
                    raise refusal.error
                error, asked_s = refusal.error, _retry_after_s(response.headers)
            attempt += 1
            if attempt > 1:
                self._tell(error, self._settings.max_retries - attempt + 1)
            self._sleep(self._pause_s(attempt) if asked_s is None else min(asked_s, MAX_WAIT_S))

    def _tell(self, error: KirokError, attempts: int) -> None:
        """Say once, until the server answers again, why nothing seems to happen: the pauses come to minutes."""
        if not self._is_away:
            self._is_away = True
            _log.warning("%s Trying again, %d times at most, with growing pauses.", error.message, attempts)

    def at(self, uri: str) -> "Transport":
        """The same account at another server, which it is told who asks: for servers that this one named."""
        other = self._others.get(uri)
        if other is None:
            other = self._others.setdefault(uri, Transport(uri, self._settings))
            other.authorization = self.authorization
        return other

    def close(self) -> None:
        """Drop kept connections."""
        self._sender.close()
        self.elsewhere.close()
        for other in self._others.values():
            other.close()

    def _pause_s(self, attempt: int) -> float:
        settings = self._settings
        growing = settings.backoff_factor_s * 2.0 ** (attempt - 1) if attempt > 1 else 0.0
        return min(growing + settings.backoff_jitter_s * self._jitter(), MAX_WAIT_S)


def query_pairs(message: msgspec.Struct) -> list[tuple[str, str]]:
    """A message as a query string's pairs: a list as its name repeated, what is absent left out."""
    pairs: list[tuple[str, str]] = []
    for name, value in msgspec.to_builtins(message).items():
        for each in value if isinstance(value, list) else [value]:
            pairs.append((name, str(each).lower() if isinstance(each, bool) else str(each)))
    return pairs


def _authorization(settings: TransportSettings, username: str | None, password: str | None) -> dict[str, str]:
    if settings.username and settings.password:
        username, password = settings.username, settings.password
    elif settings.token:
        return {"Authorization": f"Bearer {settings.token}"}
    elif username is not None:
        username, password = unquote(username), unquote(password or "")
    else:
        return {}
    both = base64.b64encode(f"{username}:{password}".encode()).decode()
    return {"Authorization": f"Basic {both}"}


def _may_pass(status: int, refusal: Refusal, once: bool) -> bool:
    # A 500 that names its error is a decision, which MLflow's servers repeat however often one asks.
    if status == 500 and refusal.code:
        return False
    return status in _NOT_CARRIED_OUT or (not once and status in _MAYBE_CARRIED_OUT)


def _retry_after_s(headers: Mapping[str, str]) -> float | None:
    text = headers.get("retry-after", "")
    if text.isdecimal():
        return float(text)
    try:
        return max(0.0, parsedate_to_datetime(text).timestamp() - time.time())
    except (TypeError, ValueError):
        return None
