"""What stands before a server in real life: proxies that end TLS, ask for a password, change or refuse what passes."""

import ssl
import threading
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import NamedTuple

_NOT_PASSED_ON = {"connection", "transfer-encoding", "content-length", "host", "accept-encoding"}


class Request(NamedTuple):
    """What a client asked."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes


class Reply(NamedTuple):
    """What is answered."""

    status: int
    body: bytes = b""
    headers: Mapping[str, str] = {}


Answering = Callable[[Request], Reply]


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    answering: Answering

    def _answer(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        reply = self.answering(Request(self.command, self.path, dict(self.headers.items()), body))
        self.send_response_only(reply.status)
        for name, value in reply.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(reply.body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(reply.body)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_CONNECT = _answer

    def log_message(self, *_: object) -> None:
        """Silence."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_: object) -> None:
        """A client that hangs up, or speaks something else, is what tests are about."""


@contextmanager
def front(answering: Answering, tls: ssl.SSLContext | None = None) -> Iterator[str]:
    """The address of a server of this machine that answers so."""
    handler = type("Handler", (_Handler,), {"answering": staticmethod(answering)})
    with _Server(("127.0.0.1", 0), handler) as server:
        if tls is not None:
            # The handshake is the connection's thread's, so that one that fails holds up nobody.
            server.socket = tls.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
        thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        yield f"{'http' if tls is None else 'https'}://127.0.0.1:{server.server_address[1]}"
        server.shutdown()
        thread.join()


def passing_to(
    address: str, changing: Callable[[Reply], Reply] = lambda reply: reply, *, keeping_host: bool = False
) -> Answering:
    """Passes requests on to the server at `address`, and its replies back as `changing` has them."""

    def answering(request: Request) -> Reply:
        kept = _NOT_PASSED_ON - {"host"} if keeping_host else _NOT_PASSED_ON
        headers = {name: value for name, value in request.headers.items() if name.lower() not in kept}
        path = request.path if request.path.startswith("/") else "/" + request.path.split("/", 3)[3]
        passed = urllib.request.Request(address + path, request.body or None, headers, method=request.method)
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), _NoRedirects())
        try:
            with opener.open(passed, timeout=20) as response:
                reply = Reply(response.status, response.read(), _headers(response.headers.items()))
        except urllib.error.HTTPError as error:
            with error:
                reply = Reply(error.code, error.read(), _headers(error.headers.items()))
        return changing(reply)

    return answering


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: object) -> None:
        """None: the client is told."""


def _headers(items: object) -> dict[str, str]:
    return {name: value for name, value in items if name.lower() not in _NOT_PASSED_ON}  # type: ignore[attr-defined]
