"""One attempt: a request, its answer, and what carries the one and brings the other."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Protocol, Self

from msgspec import Struct

from kirok.base.errors import ServerUnreachable


class HttpRequest(Struct, frozen=True):
    """One attempt at a request."""

    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes | Iterable[bytes]
    timeout_s: float


class HttpResponse:
    """An answer whose body is still to be read. Header names are in lower case."""

    def __init__(
        self,
        status: int,
        headers: Mapping[str, str],
        chunks: Iterable[bytes],
        close: Callable[[], None] = lambda: None,
    ) -> None:
        self.status, self.headers = status, headers
        self._chunks, self._close = chunks, close

    def __iter__(self) -> Iterator[bytes]:
        """The body as it arrives; ServerUnreachable where it breaks off."""
        yield from self._chunks

    def read(self) -> bytes:
        """The whole body; the connection is free again after."""
        with self:
            return b"".join(self)

    def close(self) -> None:
        """Give the connection back, read or not."""
        self._close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class ConnectionFailed(ServerUnreachable):
    """No answer. `sent` says whether the server may have received the request, `lasting` that trying again is vain."""

    def __init__(self, message: str, *, sent: bool, lasting: bool = False) -> None:
        super().__init__(message)
        self.sent, self.lasting = sent, lasting


class Sender(Protocol):
    """What carries a request to a server."""

    def send(self, request: HttpRequest) -> HttpResponse:
        """The answer, whatever its status; ConnectionFailed where none comes."""

    def close(self) -> None:
        """Drop what was kept open."""
