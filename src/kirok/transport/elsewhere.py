"""Requests that a tracking server signed for a store: straight there, without any credentials of this client's."""

import time
import warnings
from collections.abc import Callable, Mapping
from threading import Lock
from urllib.parse import urlsplit

from kirok.base.settings import TransportSettings
from kirok.entities.artifacts import SignedRequest
from kirok.transport.exchange import ConnectionFailed, HttpRequest, HttpResponse, Sender

_ATTEMPTS = 3
_PAUSE_S = 0.5
# Where the store is out of reach, as behind a firewall that drops packets, the way through the server is not kept
# waiting for long.
_CONNECT_TIMEOUT_S = 3.0

# What a store says of one request, not of all: the server is asked instead, and says why.
_OF_ONE_REQUEST = frozenset({404, 409, 412, 416})
_MAY_PASS = frozenset({408, 429, 500, 502, 503, 504})


class Elsewhere:
    """The addresses that a tracking server sends this process to. One that turns out to be of no use is left alone
    from then on, after one warning; safe to use from several threads.
    """

    def __init__(
        self, settings: TransportSettings, sender: Sender | None = None, *, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        self._timeout_s = settings.timeout_s
        self._sender, self._sleep = sender, sleep
        self._useless: set[str] = set()
        self._lock = Lock()

    def send(
        self, method: str, signed: SignedRequest, headers: Mapping[str, str] | None = None, body: bytes = b""
    ) -> HttpResponse | None:
        """The successful answer, its body unread; None where there is none to be had, and the server is the way."""
        origin = "://".join(urlsplit(signed.url)[:2])
        if origin in self._useless:
            return None
        all_headers = {**signed.headers, **(headers or {})}
        for attempt in range(_ATTEMPTS):
            if attempt:
                self._sleep(_PAUSE_S * attempt)
            try:
                response = self._sockets.send(HttpRequest(method, signed.url, all_headers, body, self._timeout_s))
            except ConnectionFailed as error:
                if not error.sent:
                    self._give_up(origin, "it cannot be reached from here")
                    return None
                continue
            if 200 <= response.status < 300:
                return response
            said = response.read()[:300]
            if response.status in _OF_ONE_REQUEST:
                return None
            if response.status not in _MAY_PASS:
                self._give_up(origin, f"it refuses what the server signed: {response.status} {said!r}")
                return None
        return None

    def close(self) -> None:
        """Drop kept connections."""
        if self._sender is not None:
            self._sender.close()

    @property
    def _sockets(self) -> Sender:
        with self._lock:
            if self._sender is None:
                from kirok.transport.sockets import Sockets

                # The tracking server's credentials, certificates and trust are not this address's.
                self._sender = Sockets(TransportSettings(), connect_timeout_s=_CONNECT_TIMEOUT_S)
            return self._sender

    def _give_up(self, origin: str, why: str) -> None:
        with self._lock:
            if origin in self._useless:
                return
            self._useless.add(origin)
        warnings.warn(
            f"Files go through the tracking server instead of straight to their store at {origin}: {why}. To have them "
            "go straight, let this machine reach that address; to stop the attempt, set KIROK_PRESIGNED_URLS=false.",
            stacklevel=2,
        )
