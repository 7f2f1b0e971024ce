r"""Many small files in one body: the framing that kirok's client and server share.

Each file is a line of JSON, its bytes, and eight hexadecimal digits of their CRC-32 with a line feed. The last line
counts the files, so that a body that breaks off is never taken for a whole one:

    {"path":"a/b.txt","size":5}
    hello3610a686
    {"files":1}

On the way down, a file larger than `MAX_FILE_BYTES` is only mentioned (`"apart":true`, no bytes, no digits): it is
fetched on its own.
"""

import binascii
from collections.abc import Iterator

import msgspec
from msgspec import Struct

from kirok.base.errors import InvalidParameter
from kirok.wire.artifacts import spelled

MAX_FILE_BYTES = 256 << 10
"""The largest file that travels in a bundle: both ends hold some of them whole, and a larger one gains little."""

CONTENT_TYPE = "application/vnd.kirok.bundle"

_MAX_LINE_BYTES = 64 << 10
_DIGITS = 9  # eight, and a line feed


class Bundle(Struct, omit_defaults=True):
    """The directory below the server's artifacts destination that a bundle is of."""

    path: str | None = None


class BundleStored(Struct):
    """How many files came in, all of them stored."""

    files: int


class BundledFile(Struct, frozen=True):
    """A file of a bundle; `path` as its sender wrote it. None for the content of one that is fetched apart."""

    path: str
    size_bytes: int
    content: bytes | None


class _Line(Struct, omit_defaults=True):
    path: str | None = None
    size: int = 0
    apart: bool = False
    files: int | None = None


_decode = msgspec.json.Decoder(_Line).decode
_encode = msgspec.json.Encoder().encode


def framed(path: str, content: bytes) -> bytes:
    """A file as it stands in a bundle."""
    return b"%b\n%b%08x\n" % (_encode(_Line(spelled(path), len(content))), content, binascii.crc32(content))


def mentioned(path: str, size_bytes: int) -> bytes:
    """A file that is too large for a bundle."""
    return _encode(_Line(spelled(path), size_bytes, apart=True)) + b"\n"


def ending(files: int) -> bytes:
    """What stands at the end of a bundle of so many files, mentioned ones included."""
    return _encode(_Line(files=files)) + b"\n"


class BundleReader:
    """Takes a bundle in pieces of any size and gives its files, each checked; holds one file at most."""

    def __init__(self) -> None:
        self._waiting = bytearray()
        self._line: _Line | None = None
        self._files = 0
        self._is_whole = False

    def feed(self, piece: bytes) -> Iterator[BundledFile]:
        """The files that are whole with this piece. InvalidParameter for anything but a bundle."""
        self._waiting += piece
        taken = 0
        try:
            while (end := self._end_of_next(taken)) is not None:
                file = self._next(taken, end)
                taken = end
                if file is not None:
                    self._files += 1
                    yield file
        finally:
            del self._waiting[:taken]

    def close(self) -> None:
        """InvalidParameter unless all of the bundle came."""
        if not self._is_whole or self._waiting:
            raise InvalidParameter(f"The bundle broke off after {self._files} files.")

    def _end_of_next(self, start: int) -> int | None:
        """Where the next line, or the content that a line announced, ends; None where more must come first."""
        if self._line is not None:
            end = start + self._line.size + _DIGITS
            return end if end <= len(self._waiting) else None
        found = self._waiting.find(b"\n", start, start + _MAX_LINE_BYTES)
        if found >= 0:
            return found + 1
        if len(self._waiting) - start >= _MAX_LINE_BYTES:
            raise InvalidParameter(f"A line of the bundle is longer than {_MAX_LINE_BYTES} bytes.")
        return None

    def _next(self, start: int, end: int) -> BundledFile | None:
        with memoryview(self._waiting) as view, view[start:end] as part:
            taken = bytes(part)
        if self._line is not None:
            line, self._line = self._line, None
            content = taken[:-_DIGITS]
            if taken[-_DIGITS:] != b"%08x\n" % binascii.crc32(content):
                raise InvalidParameter(f"The content of {line.path!r} was damaged on its way. Send it again.")
            return BundledFile(line.path or "", line.size, content)
        line = self._announced(taken)
        if line.files is not None:
            self._is_whole = True
        elif line.apart:
            return BundledFile(line.path or "", line.size, None)
        else:
            self._line = line
        return None

    def _announced(self, text: bytes) -> _Line:
        try:
            line = _decode(text)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise InvalidParameter(f"This is no bundle of files: {text[:80]!r} ({error}).") from None
        if self._is_whole or (line.files is None) == (not line.path):
            raise InvalidParameter(f"This is no bundle of files: {text[:80]!r} stands where no such line can.")
        if line.files is not None and line.files != self._files:
            raise InvalidParameter(f"The bundle broke off after {self._files} of {line.files} files.")
        if line.size < 0 or (line.size > MAX_FILE_BYTES and not line.apart):
            raise InvalidParameter(
                f"{line.path!r} has {line.size} bytes: a bundle takes files of at most {MAX_FILE_BYTES}. "
                "Send larger ones on their own."
            )
        return line
