"""A file on its way from a tracking server, or straight from the store behind it."""

from collections.abc import Callable, Iterator
from email.utils import parsedate_to_datetime

from kirok.base.errors import Conflict, ServerUnreachable
from kirok.transport import HttpResponse

Ask = Callable[[dict[str, str]], HttpResponse]
"""Sends a GET of the file with these headers."""


class FileInTransit:
    """A file whose bytes are already coming; a part of it is asked for anew, of the same content or not at all."""

    def __init__(self, response: HttpResponse, ask: Ask, size_bytes: int) -> None:
        self._response: HttpResponse | None = response
        self._ask = ask
        self.size_bytes = size_bytes
        self.etag = _etag(response)
        date = response.headers.get("last-modified")
        self.modified_s = parsedate_to_datetime(date).timestamp() if date else 0.0

    def read(self, start: int = 0, length: int | None = None) -> Iterator[bytes]:
        """The bytes from `start` on. ServerUnreachable where they break off, Conflict where the file was replaced."""
        if start == 0 and length is None and self._response is not None:
            coming, self._response = self._response, None
            with coming:
                yield from _exactly(coming, self.size_bytes)
            return
        stop = self.size_bytes if length is None else min(self.size_bytes, start + length)
        if start >= stop:
            return
        headers = {"Range": f"bytes={start}-{stop - 1}"}
        if self.etag:
            headers["If-Match"] = f'"{self.etag}"'
        with self._ask(headers) as part:
            if self.etag and _etag(part) not in ("", self.etag):
                raise Conflict("The file was replaced while it was being read; read it from its start.")
            # Whoever does not know ranges answers with the whole.
            pieces = part if part.status == 206 else _after(part, start)
            yield from _exactly(pieces, stop - start)

    def close(self) -> None:
        """Give the connection back."""
        if self._response is not None:
            self._response.close()


def _etag(response: HttpResponse) -> str:
    return response.headers.get("etag", "").removeprefix("W/").strip('"')


def _after(pieces: Iterator[bytes] | HttpResponse, start: int) -> Iterator[bytes]:
    for piece in pieces:
        if start < len(piece):
            yield piece[start:]
        start = max(0, start - len(piece))


def _exactly(pieces: Iterator[bytes] | HttpResponse, length: int) -> Iterator[bytes]:
    left = length
    for piece in pieces:
        yield piece[:left]
        left -= len(piece)
        if left <= 0:
            return
    if left:
        raise ServerUnreachable(f"The file broke off {left} bytes before its end.")
