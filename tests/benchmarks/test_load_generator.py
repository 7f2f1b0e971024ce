"""The generator plays what it is given, and counts what came back."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count

import pytest

from benchmarks.exchanges import BadReply, Reply, request
from benchmarks.load import Script, discard, keep, play


class _Echo(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(500 if self.path == "/broken" else 200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def port() -> Iterator[int]:
    with ThreadingHTTPServer(("127.0.0.1", 0), _Echo) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_port
        server.shutdown()


def test_every_script_gets_the_replies_to_its_own_requests(port: int) -> None:
    heard: dict[int, list[Reply]] = {n: [] for n in range(5)}
    bodies = {n: [b"%d-%d" % (n, i) for i in range(20)] for n in heard}
    load = play(port, [keep((request("POST", "/", body) for body in bodies[n]), heard[n]) for n in heard])
    assert {n: [reply.body for reply in replies] for n, replies in heard.items()} == bodies
    assert len(load.latencies_s) == 100


def test_a_body_larger_than_the_socket_buffers_arrives_whole(port: int) -> None:
    body, heard = bytes(range(256)) * 65_536, list[Reply]()
    play(port, [keep([request("POST", "/", body)], heard)])
    assert heard[0].body == body


def test_a_script_that_never_ends_is_stopped_by_the_cap_and_every_request_is_answered(port: int) -> None:
    sent, answered = 0, 0

    def endless() -> Script:
        nonlocal sent, answered
        for number in count():
            sent += 1
            yield request("POST", "/", b"%d" % number)
            answered += 1

    load = play(port, [endless() for _ in range(3)], cap_s=0.05)
    # The request drawn from the script after the cap is never put on the wire.
    assert len(load.latencies_s) == answered == sent - 3


def test_a_refusal_ends_the_play_with_its_words(port: int) -> None:
    with pytest.raises(BadReply, match=r"500.*no such run"):
        play(port, [discard([request("POST", "/broken", b"no such run")])])
