"""Files over HTTP in constant memory: a body into a store, a file (or a range of it) out of one.

The store's calls wait in threads, one piece ahead of the network, so that disk and socket work at the same time.
"""

import asyncio
import mimetypes
import re
from collections.abc import AsyncGenerator, Callable, Sequence
from concurrent.futures import Executor
from contextlib import AbstractContextManager, aclosing
from email.utils import formatdate, parsedate_to_datetime
from typing import Any
from urllib.parse import quote
from zlib import crc32

import msgspec

from kirok.artifact_stores.protocols import OpenFile, Upload
from kirok.base.errors import BadRequest, Conflict, InvalidParameter
from kirok.server.errors import reply_for
from kirok.server.messages import ClientGone, Exchange, Header, Reply
from kirok.server.streaming import departure
from kirok.wire.uploads import CHECKSUM

SANDBOX: Header = (b"content-security-policy", b"sandbox")
"""Beside every byte of somebody's artifacts: a page among them must not act as this server's own, however opened."""
# Pieces are gathered up to this before a thread writes them: the hop costs nothing beside 1 MiB.
_PIECE_BYTES = 1 << 20
_CHECKSUM = CHECKSUM.lower().encode()
_RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})")
# The endings that MLflow serves as text, lest a browser do more with them than show them.
_SHOWN_AS_TEXT = frozenset(
    "txt log err cfg conf cnf cf ini properties prop hocon toml yaml yml xml json js py py3 csv tsv md rst ipynb "
    "MLmodel MLproject".split()
)


async def receive_file(
    exchange: Exchange, upload: AbstractContextManager[Upload], executor: Executor, *, limit: int | None = None
) -> int:
    """Store the request's body; the number of bytes. What came is dropped where the client leaves or an error comes up.

    Raises ClientGone, InvalidParameter beyond `limit` bytes, BadRequest where less came than was announced or another
    content than its checksum says, and what the store raises.
    """
    in_thread = _threads(executor)
    body = _Body(exchange.headers, await in_thread(upload.__enter__))
    try:
        size = await _pump(exchange, body, in_thread, limit)
        body.check(size)
    except asyncio.CancelledError as error:
        in_thread(upload.__exit__, type(error), error, error.__traceback__)  # the server stops: it waits for no store
        raise
    except BaseException as error:
        await in_thread(upload.__exit__, type(error), error, error.__traceback__)
        raise
    await in_thread(upload.__exit__, None, None, None)
    return size


class _Body:
    """What comes in a request: passed on, and compared with what its headers announce."""

    def __init__(self, headers: dict[bytes, bytes], file: Upload) -> None:
        self._file = file
        self._length = headers.get(b"content-length", b"").decode("latin-1")
        self._announced = headers.get(_CHECKSUM, b"").decode("latin-1").lower()
        self._crc32 = 0

    def write(self, pieces: Sequence[bytes]) -> None:
        """Append."""
        if self._announced:
            for piece in pieces:
                self._crc32 = crc32(piece, self._crc32)
        self._file.write(pieces)

    def check(self, size: int) -> None:
        """BadRequest unless all came, and as it was sent."""
        if self._length.isdecimal() and size != int(self._length):
            raise BadRequest(f"The body ended after {size} of {self._length} bytes; nothing was stored.")
        if self._announced and self._announced != f"{self._crc32:08x}":
            raise BadRequest(
                f"The body arrived changed, so nothing was stored: its CRC-32 is {self._crc32:08x}, but the header "
                f"{CHECKSUM} says {self._announced!r}. Send it again; if that does not help, something on the way "
                "alters what it carries."
            )


async def _pump(exchange: Exchange, file: _Body, in_thread: Callable[..., Any], limit: int | None) -> int:
    pieces: list[bytes] = []
    size = waiting = 0
    writing: Any = None
    try:
        more = True
        while more:
            message = await exchange.receive()
            if message["type"] == "http.disconnect":
                raise ClientGone
            more = message.get("more_body", False)
            piece = message.get("body", b"")
            size += len(piece)
            waiting += len(piece)
            if limit is not None and size > limit:
                raise InvalidParameter(f"Artifact size is too large: at most {limit} bytes can be sent this way.")
            if piece:
                pieces.append(piece)
            if waiting >= _PIECE_BYTES or (not more and pieces):
                if writing is not None:
                    await writing
                writing, pieces, waiting = in_thread(file.write, pieces), [], 0
    finally:
        if writing is not None:
            await writing
    return size


async def send_file(exchange: Exchange, file: OpenFile, name: str, executor: Executor) -> None:
    """Answer with a file, as an attachment; ranges and conditions are honoured. Closes `file`."""
    in_thread = _threads(executor)
    try:
        etag = f'"{file.etag}"'
        headers: list[Header] = [
            (b"etag", etag.encode()),
            (b"last-modified", formatdate(file.modified_s, usegmt=True).encode()),
            (b"accept-ranges", b"bytes"),
            (b"cache-control", b"no-cache"),
            SANDBOX,
        ]
        if _known_to_client(exchange.headers, etag, file.modified_s):
            await exchange.start(304, headers)
            await exchange.body(b"", more=False)
            return
        if _is_another(exchange.headers, etag):
            error = Conflict(f"{name!r} was replaced while it was being read; read it from its start.")
            await exchange.reply(msgspec.structs.replace(reply_for(error, "If-Match"), status=412))
            return
        start, length = 0, file.size_bytes
        status = 200
        asked = _asked_range(exchange.headers, etag, file)
        if asked is not None:
            if asked.start >= asked.stop:
                await exchange.reply(
                    Reply(416, b"", b"text/plain", ((b"content-range", b"bytes */%d" % file.size_bytes),))
                )
                return
            start, length, status = asked.start, len(asked), 206
            headers.append((b"content-range", b"bytes %d-%d/%d" % (start, asked.stop - 1, file.size_bytes)))
        headers += [
            (b"content-type", content_type(name).encode()),
            (b"content-length", b"%d" % length),
            (b"content-disposition", attachment(name)),
        ]
        await exchange.start(status, headers)
        if exchange.scope["method"] != "HEAD":
            await _send_pieces(exchange, _read_ahead(file, start, length, in_thread))
        await exchange.body(b"", more=False)
    finally:
        in_thread(file.close)


async def _send_pieces(exchange: Exchange, pieces: AsyncGenerator[bytes, None]) -> None:
    """Send what comes, as long as somebody is there: the server would silently drop what comes after."""
    leaving: asyncio.Task[None] | None = None
    try:
        async with aclosing(pieces):
            await exchange.body(await anext(pieces, b""), more=True)
            async for piece in pieces:
                leaving = leaving or asyncio.ensure_future(departure(exchange))
                if leaving.done():
                    raise ClientGone
                await exchange.body(piece, more=True)
    finally:
        if leaving is not None:
            leaving.cancel()


async def _read_ahead(
    file: OpenFile, start: int, length: int, in_thread: Callable[..., Any]
) -> AsyncGenerator[bytes, None]:
    pieces = file.read(start, length)
    coming = in_thread(next, pieces, None)
    try:
        while (piece := await coming) is not None:
            coming = in_thread(next, pieces, None)
            yield piece
    finally:
        await asyncio.wait([coming])  # the file must not be closed under a read


def _threads(executor: Executor) -> Callable[..., Any]:
    loop = asyncio.get_running_loop()
    return lambda call, *arguments: loop.run_in_executor(executor, call, *arguments)


def content_type(name: str) -> str:
    """The type a file is served under, by its name alone."""
    if name.rpartition(".")[2] in _SHOWN_AS_TEXT:
        return "text/plain; charset=utf-8"
    return mimetypes.guess_type(name)[0] or "application/octet-stream"


def attachment(name: str) -> bytes:
    """A Content-Disposition that has browsers save the file under `name`."""
    plain = re.sub(r"[^\w. \-]", "_", name, flags=re.ASCII)
    extended = "" if plain == name else f"; filename*=UTF-8''{quote(name, safe='')}"
    return f'attachment; filename="{plain}"{extended}'.encode()


def _known_to_client(headers: dict[bytes, bytes], etag: str, modified_s: float) -> bool:
    known = headers.get(b"if-none-match")
    if known is not None:
        tags = [tag.strip().removeprefix("W/") for tag in known.decode("latin-1").split(",")]
        return etag in tags or "*" in tags
    since = headers.get(b"if-modified-since")
    if since is None:
        return False
    try:
        return int(modified_s) <= parsedate_to_datetime(since.decode("latin-1")).timestamp()
    except (ValueError, TypeError, OverflowError):
        return False


def _is_another(headers: dict[bytes, bytes], etag: str) -> bool:
    wanted = headers.get(b"if-match")
    if wanted is None:
        return False
    tags = [tag.strip() for tag in wanted.decode("latin-1").split(",")]
    return etag not in tags and "*" not in tags


def _asked_range(headers: dict[bytes, bytes], etag: str, file: OpenFile) -> range | None:
    """The byte range to answer with, empty where it cannot be satisfied; None for the whole file.

    Several ranges at once are answered with the whole, which HTTP allows.
    """
    asked = _RANGE.fullmatch(headers.get(b"range", b"").decode("latin-1").strip())
    if asked is None:
        return None
    condition = headers.get(b"if-range")
    if condition is not None and condition.decode("latin-1") not in (etag, formatdate(file.modified_s, usegmt=True)):
        return None
    first, last = asked.groups()
    size = file.size_bytes
    if first:
        stop = min(int(last) + 1, size) if last else size
        if last and int(last) < int(first):
            return None  # no range at all, so it is ignored
        return range(int(first), stop)
    if not last:
        return None
    return range(max(0, size - int(last)), size)
