"""A reply's head and body leave together.

uvicorn writes the head of a reply and then its body, two system calls and two packets. On a log-metric request that is
an eighth of the server's CPU, and the caller wakes twice.
"""

import asyncio
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol


class OneWriteProtocol(HttpToolsProtocol):
    """uvicorn's HTTP/1.1 protocol over a transport that holds a head back until its body comes."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn's own
        """Called by the event loop once a client has connected."""
        super().connection_made(transport)
        self.transport = _HeldHead(transport, self.loop)  # type: ignore[assignment]  # it stands for a transport


class _HeldHead:
    """A transport whose `write` keeps the head of a reply until the next write, or the end of the loop's turn."""

    __slots__ = ("_head", "_loop", "_transport")

    def __init__(self, transport: asyncio.Transport, loop: asyncio.AbstractEventLoop) -> None:
        self._transport, self._loop = transport, loop
        self._head = b""

    def write(self, data: bytes) -> None:
        """Send `data`, behind the head that waits for it; or keep it, where it is a head itself."""
        if self._head:
            data, self._head = self._head + data, b""
        elif data.startswith(b"HTTP/1.1 "):
            self._head = data
            self._loop.call_soon(self._release)
            return
        self._transport.write(data)

    def close(self) -> None:
        """Send what is kept, then close."""
        self._release()
        self._transport.close()

    def _release(self) -> None:
        if self._head:
            head, self._head = self._head, b""
            self._transport.write(head)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)
