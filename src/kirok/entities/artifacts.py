"""Files of a run, and the one type of path that may reach an artifact store."""

import posixpath
import re
from pathlib import PurePath
from typing import Self
from urllib.parse import unquote

from msgspec import Struct

from kirok.base.errors import InvalidParameter

_WINDOWS_DRIVE = re.compile(r"^[A-Za-z]:")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_MOST_CHARACTERS = 4096
"""The longest path that Linux takes."""
_MOST_SEGMENTS = 256
"""Deeper folders are beyond what this language makes and removes: it holds a frame and a file open for each."""
_MOST_ENCODINGS = 16
"""Nobody encodes a path so often, and undoing it takes time for each."""


class FileInfo(Struct, frozen=True):
    """A file or directory; `path` is relative to the listed root, `file_size` in bytes (None for directories)."""

    path: str
    is_dir: bool
    file_size: int | None = None
    modified_ms: int | None = None
    """When it was last written, in ms since the epoch; None where the store does not tell, as for directories."""


MOST_PARTS = 10_000
"""How many parts a file may have: S3's limit, and so everybody's."""


class Part(Struct, frozen=True):
    """A piece of a large file that a store has already; pieces are numbered from 1."""

    number: int
    size_bytes: int
    tag: str
    """What the store calls this content; asked for again when the pieces are put together."""


class SignedRequest(Struct, frozen=True):
    """What lets anybody who has it do one thing at a store, for a while, without credentials."""

    url: str
    headers: dict[str, str] = {}
    """To be sent along, or the store refuses."""


class ArtifactPath(str):
    """A relative, normalised, forward-slash path that stays inside its root; "" is the root itself.

    The only way to make one is `parse`, so a string from a request cannot reach a store unchecked.
    """

    __slots__ = ()

    @classmethod
    def parse(cls, text: str | PurePath | None) -> Self:
        """Check `text` as it came, after any number of URL decodings.

        Raises InvalidParameter for `..` segments (also such as Windows takes for one), absolute paths (POSIX, Windows
        or UNC), backslashes, `#`, NUL and other control characters, in every encoding; and for a path that is too long
        or too deep.
        """
        if isinstance(text, PurePath):
            text = text.as_posix()
        if not text:
            return cls("")
        if len(text) > _MOST_CHARACTERS:
            raise InvalidParameter(
                f"Invalid path: {text[:80]!r}... has {len(text)} characters; an artifact path has at most "
                f"{_MOST_CHARACTERS}."
            )
        if text.count("/") >= _MOST_SEGMENTS:
            raise InvalidParameter(
                f"Invalid path: {text[:80]!r}... goes through {text.count('/')} folders; an artifact path has at most "
                f"{_MOST_SEGMENTS} segments."
            )
        decoded = text
        for _ in range(_MOST_ENCODINGS):
            _check(decoded, text)
            further = unquote(decoded)
            if further == decoded:
                break
            decoded = further
        else:
            raise InvalidParameter(f"Invalid path: {text[:80]!r} is URL-encoded more than {_MOST_ENCODINGS} times.")
        normal = posixpath.normpath(text)
        return cls("" if normal == "." else normal)

    @classmethod
    def of(cls, *parts: str | PurePath | None) -> Self:
        """The checked path made of `parts`, empty ones left out."""
        texts = (part.as_posix() if isinstance(part, PurePath) else part for part in parts)
        return cls.parse("/".join(text.strip("/") if i else text.rstrip("/") for i, text in enumerate(texts) if text))

    @property
    def name(self) -> str:
        """The last segment."""
        return posixpath.basename(self)

    @property
    def parent(self) -> Self:
        """The directory it lies in; "" is its own."""
        return type(self)(posixpath.dirname(self))


def _check(decoded: str, original: str) -> None:
    if (
        decoded.startswith("/")
        or _WINDOWS_DRIVE.match(decoded)
        or "\\" in decoded
        or "#" in decoded
        # Windows drops dots and spaces at the end of a name, so to it these mean `..`, `.` or nothing at all.
        or any(segment not in ("", ".") and not segment.strip(". ") for segment in decoded.split("/"))
        or _CONTROL.search(decoded)
    ):
        raise InvalidParameter(
            f"Invalid path: {original!r}. An artifact path is relative to its run, uses forward slashes, "
            "and contains no '..' segment, no segment of dots and spaces alone, no '#', backslash or control character."
        )
