"""The one sender that opens sockets, against a small server on this machine."""

import os
import socket
import threading
from collections.abc import Iterable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from kirok.base.errors import InvalidParameter, ServerUnreachable
from kirok.base.settings import TransportSettings
from kirok.transport import ConnectionFailed, Transport
from kirok.transport.sockets import Sockets

BIG = b"0123456789abcdef" * (1 << 17)


class Echo(BaseHTTPRequestHandler):
    """Answers with the body it was sent; remembers from which port each request came."""

    protocol_version = "HTTP/1.1"
    ports: list[int]

    def do_PUT(self) -> None:
        if "chunked" in self.headers.get("Transfer-Encoding", ""):
            body = b""
            while size := int(self.rfile.readline(), 16):
                body += self.rfile.read(size)
                self.rfile.readline()
            self.rfile.readline()
        else:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.ports.append(self.client_address[1])
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("X-Kind", "echo")
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self) -> None:
        if self.path == "/cut":
            self.send_response(200)
            self.send_header("Content-Length", "100")
            self.end_headers()
            self.wfile.write(b"only this")
        self.close_connection = True

    def log_message(self, *_: object) -> None:
        """Silence."""


@pytest.fixture
def echo() -> Iterator[tuple[str, list[int]]]:
    """The address of an echoing server, and the ports its callers used."""
    ports: list[int] = []
    handler = type("Handler", (Echo,), {"ports": ports})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}", ports
        server.shutdown()
        thread.join()


@pytest.fixture
def transport(echo: tuple[str, list[int]]) -> Iterator[Transport]:
    transport = Transport(echo[0], TransportSettings(max_retries=0))
    yield transport
    transport.close()


def test_bytes_go_out_and_come_back(transport: Transport) -> None:
    response = transport.send("PUT", "/x", body=b"hello")
    assert response.headers["x-kind"] == "echo"
    assert response.read() == b"hello"


def test_a_body_may_be_streamed_both_ways(transport: Transport) -> None:
    def chunks() -> Iterable[bytes]:
        for start in range(0, len(BIG), 100_000):
            yield BIG[start : start + 100_000]

    with transport.send("PUT", "/x", body=chunks) as response:
        received = list(response)
    assert len(received) > 1
    assert b"".join(received) == BIG


def test_a_connection_is_kept(transport: Transport, echo: tuple[str, list[int]]) -> None:
    for _ in range(5):
        transport.send("PUT", "/x", body=b"again").read()
    assert len(set(echo[1])) == 1


def test_an_unread_answer_does_not_disturb_the_next(transport: Transport) -> None:
    transport.send("PUT", "/x", body=BIG).close()
    assert transport.send("PUT", "/x", body=b"next").read() == b"next"


def test_an_answer_cut_short_is_no_answer(transport: Transport) -> None:
    with pytest.raises(ServerUnreachable, match="No answer"):
        transport.send("GET", "/cut").read()


def test_a_connection_that_breaks_off_may_have_carried_the_request(transport: Transport) -> None:
    with pytest.raises(ConnectionFailed, match="No answer") as raised:
        transport.send("GET", "/nothing")
    assert raised.value.sent


def test_a_closed_port_is_named_with_the_setting_to_check() -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        uri = f"http://127.0.0.1:{probe.getsockname()[1]}"
        with pytest.raises(ConnectionFailed, match="MLFLOW_TRACKING_URI") as raised:
            Transport(uri, TransportSettings(max_retries=0)).send("GET", "/x")
    assert uri in raised.value.message
    assert not raised.value.sent


def test_plain_http_where_tls_was_asked_is_explained(echo: tuple[str, list[int]]) -> None:
    uri = echo[0].replace("http:", "https:")
    with pytest.raises(ConnectionFailed) as raised:
        Transport(uri, TransportSettings()).send("GET", "/x")
    assert raised.value.lasting


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
@pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork:DeprecationWarning")
def test_a_child_process_opens_connections_of_its_own(transport: Transport, echo: tuple[str, list[int]]) -> None:
    transport.send("PUT", "/x", body=b"parent").read()
    child = os.fork()
    if child == 0:
        told = transport.send("PUT", "/x", body=b"child").read()
        os._exit(0 if told == b"child" else 1)
    _, status = os.waitpid(child, 0)
    assert status == 0
    assert transport.send("PUT", "/x", body=b"parent again").read() == b"parent again"
    assert echo[1][0] == echo[1][2] != echo[1][1]


def test_proxies_of_the_environment_are_used(monkeypatch: pytest.MonkeyPatch, echo: tuple[str, list[int]]) -> None:
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("http_proxy", echo[0])
    transport = Transport("http://tracker.invalid", TransportSettings(max_retries=0))
    assert transport.send("PUT", "/x", body=b"by proxy").read() == b"by proxy"
    transport.close()
    monkeypatch.setenv("no_proxy", "tracker.invalid")
    with pytest.raises(ConnectionFailed):
        Transport("http://tracker.invalid", TransportSettings(max_retries=0)).send("PUT", "/x", body=b"directly")


def test_a_proxy_that_is_not_there_is_named_with_the_setting_that_goes_round_it(
    monkeypatch: pytest.MonkeyPatch, echo: tuple[str, list[int]]
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    monkeypatch.setenv("http_proxy", f"http://me:hunter2@127.0.0.1:{port}")
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.delenv("NO_PROXY", raising=False)
    with pytest.raises(ConnectionFailed) as caught:
        Transport(echo[0], TransportSettings(max_retries=0)).send("GET", "/x")
    said = f"The proxy http://me:***@127.0.0.1:{port} does not lead to {echo[0]}: Connection refused. "
    assert caught.value.message.startswith(said)
    assert "set NO_PROXY=127.0.0.1;" in caught.value.message


def test_two_contradicting_tls_settings_are_refused() -> None:
    with pytest.raises(InvalidParameter, match="contradict"):
        Sockets(TransportSettings(insecure_tls=True, server_cert_path="ca.pem"))
