"""What a place for bytes promises, whether a folder, a bucket or a server in between.

Paths are `ArtifactPath`, relative to the store's root. Every method may raise NotFound where nothing is,
InvalidParameter for a path that cannot be (a directory where a file is asked for), PermissionDenied where the
account lacks a right, and Unavailable where the place cannot be reached.
"""

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Protocol, runtime_checkable

from kirok.entities.artifacts import ArtifactPath, FileInfo


class OpenFile(Protocol):
    """One file as it was when opened, however it is replaced meanwhile."""

    size_bytes: int
    modified_s: float
    """Seconds since the epoch."""
    etag: str
    """Changes with the content; without quotation marks."""

    def read(self, start: int = 0, length: int | None = None) -> Iterator[bytes]:
        """The bytes from `start` on, in pieces of at most a few MiB."""

    def close(self) -> None:
        """Let go of the file."""


class Upload(Protocol):
    """A file on its way in; nobody sees it before it is whole."""

    def write(self, pieces: Sequence[bytes]) -> None:
        """Append."""


class ArtifactStore(Protocol):
    """Files below one root."""

    uri: str

    def list(self, path: ArtifactPath) -> list[FileInfo]:
        """What lies directly in a directory, by path. Nothing, not an error, for a file or where nothing is."""

    def open(self, path: ArtifactPath) -> OpenFile:
        """NotFound where nothing is, InvalidParameter for a directory."""

    def upload(self, local: Path, path: ArtifactPath) -> None:
        """Store a local file at `path`, replacing what was there; whole or not at all."""

    def delete(self, path: ArtifactPath) -> None:
        """Remove a file, or a directory with all in it. Nothing there is no error."""


@runtime_checkable
class StreamedArtifactStore(ArtifactStore, Protocol):
    """A store that can be written piece by piece."""

    def writer(self, path: ArtifactPath) -> AbstractContextManager[Upload]:
        """An upload to `path` that takes its place when the block ends, and vanishes when the block raises."""
