"""One HTTP exchange as bytes: a request built once, a reply parsed with as little work as possible.

The load generator shares the processor with the server it measures, so it must cost next to nothing:
a full HTTP client spends more on a request than the servers under test do.
"""

import json
from typing import Any

import msgspec

API = "/api/2.0/mlflow"


class Reply(msgspec.Struct, frozen=True):
    """A complete reply; the body is as it came, unchunked."""

    status: int
    body: bytes


class BadReply(Exception):
    """The server answered what a benchmark cannot count: an error, or bytes that are not HTTP/1.1."""


def request(method: str, path: str, body: bytes = b"", content_type: str = "application/json") -> bytes:
    """The bytes of a request. GET carries no body and no length."""
    head = f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nUser-Agent: kirok-benchmarks\r\nAccept: */*\r\n"
    if method != "GET":
        head += f"Content-Type: {content_type}\r\nContent-Length: {len(body)}\r\n"
    return head.encode() + b"\r\n" + body


def post(path: str, document: object) -> bytes:
    """A JSON POST to MLflow's API; `path` as in `/runs/create`."""
    return request("POST", API + path, json.dumps(document, separators=(",", ":")).encode())


class ReplyReader:
    """Collects the bytes of one reply after another on a kept connection (no pipelining)."""

    def __init__(self) -> None:
        self._received = bytearray()
        self._status = 0
        self._body_at = 0  # 0 until the head is complete
        self._length = -1  # -1 means chunked
        self._chunk_at = 0
        self._chunks: list[bytes] = []

    def feed(self, data: bytes) -> Reply | None:
        """The reply, once `data` completes it."""
        received = self._received
        received += data
        if not self._body_at and not self._read_head():
            return None
        if self._length < 0:
            return self._read_chunks()
        end = self._body_at + self._length
        if len(received) < end:
            return None
        return self._finish(bytes(received[self._body_at : end]))

    def _read_head(self) -> bool:
        end = self._received.find(b"\r\n\r\n")
        if end < 0:
            return False
        head = bytes(self._received[:end]).lower()
        if not head.startswith(b"http/1.1 "):
            raise BadReply(f"not an HTTP/1.1 reply: {head[:80]!r}")
        self._status = int(head[9:12])
        self._body_at = self._chunk_at = end + 4
        length = head.find(b"\r\ncontent-length:")
        if length >= 0:
            self._length = int(head[length + 17 : (head + b"\r\n").find(b"\r\n", length + 2)])
        elif b"\r\ntransfer-encoding: chunked" not in head:
            raise BadReply(f"a reply with neither a length nor chunks: {head[:200]!r}")
        return True

    def _read_chunks(self) -> Reply | None:
        received = self._received
        while (line_end := received.find(b"\r\n", self._chunk_at)) >= 0:
            size = int(bytes(received[self._chunk_at : line_end]).split(b";")[0], 16)
            end = line_end + 2 + size
            if len(received) < end + 2:
                return None
            if size == 0:
                return self._finish(b"".join(self._chunks))
            self._chunks.append(bytes(received[line_end + 2 : end]))
            self._chunk_at = end + 2
        return None

    def _finish(self, body: bytes) -> Reply:
        reply = Reply(self._status, body)
        self._received.clear()
        self._body_at = self._chunk_at = 0
        self._length = -1
        self._chunks.clear()
        return reply


def decode(reply: Reply) -> Any:
    """The JSON of a reply, for set-up and checks outside the timed part."""
    return msgspec.json.decode(reply.body or b"{}")
