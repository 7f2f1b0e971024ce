"""ASGI's messages: a request read whole, a reply sent whole."""

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from msgspec import Struct

from kirok.base.errors import BadRequest, InvalidParameter

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]
Header = tuple[bytes, bytes]

MAX_BODY_BYTES = 64 << 20
"""The longest body of a JSON request: a thousand points of the longest names are under 1 MiB."""

_BODILESS = frozenset({204, 304})

JSON, TEXT, HTML = b"application/json", b"text/plain; charset=utf-8", b"text/html; charset=utf-8"


class ClientGone(Exception):
    """The client hung up before its request was whole; there is nobody to answer, and nothing may be stored."""


class Reply(Struct, frozen=True):
    """A reply, whole, besides the headers every reply carries."""

    status: int
    body: bytes
    content_type: bytes = JSON
    headers: tuple[Header, ...] = ()


class Exchange(Struct):
    """One request whose handler reads and answers piece by piece."""

    scope: Scope
    receive: Receive
    send: Send
    headers: dict[bytes, bytes]
    """The request's, names in lower case."""
    standing_headers: list[Header]
    """What every reply of this server carries."""
    rest: str = ""
    """What follows the route's prefix, decoded once by the server."""
    started: bool = False
    """Whether a status was sent, after which no error can be reported."""

    async def start(self, status: int, headers: list[Header]) -> None:
        """Send status and headers; `body` follows."""
        self.started = True
        await self.send(
            {"type": "http.response.start", "status": status, "headers": [*headers, *self.standing_headers]}
        )

    async def body(self, piece: bytes, *, more: bool) -> None:
        """Send a piece of the body; the last has `more=False`."""
        await self.send({"type": "http.response.body", "body": piece, "more_body": more})

    async def reply(self, reply: Reply) -> None:
        """Send a whole reply."""
        self.started = True
        await send_reply(self.send, reply, self.standing_headers, with_body=self.scope["method"] != "HEAD")


async def send_reply(send: Send, reply: Reply, standing_headers: list[Header], *, with_body: bool = True) -> None:
    """Send `reply`; the answer to HEAD has everything but the body."""
    headers = [*reply.headers, *standing_headers]
    if reply.status not in _BODILESS:
        headers += [(b"content-type", reply.content_type), (b"content-length", b"%d" % len(reply.body))]
    await send({"type": "http.response.start", "status": reply.status, "headers": headers})
    await send({"type": "http.response.body", "body": reply.body if with_body else b""})


async def read_body(receive: Receive, limit: int = MAX_BODY_BYTES) -> bytes:
    """The request's body, whole. ClientGone where the client left first, BadRequest beyond `limit` bytes."""
    message = await receive()
    if message["type"] == "http.disconnect":
        raise ClientGone
    body: bytes = message.get("body", b"")
    if not message.get("more_body", False) and len(body) <= limit:
        return body
    pieces, size = [body], len(body)
    while message.get("more_body", False) and size <= limit:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientGone
        pieces.append(message.get("body", b""))
        size += len(pieces[-1])
    if size > limit:
        raise BadRequest(f"The request's body is longer than {limit} bytes. Split it into several requests.")
    return b"".join(pieces)


def check_content_type(headers: dict[bytes, bytes]) -> None:
    """InvalidParameter unless the request says that its body is JSON."""
    given = headers.get(b"content-type")
    if given == b"application/json":
        return
    if not given:
        raise InvalidParameter("Bad Request. Content-Type header is missing.")
    if given.split(b";", 1)[0].strip().lower() != b"application/json":
        raise InvalidParameter("Bad Request. Content-Type must be one of ['application/json'].")
