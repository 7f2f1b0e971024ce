"""What a place for bytes promises, whether a folder, a bucket or a server in between.

Paths are `ArtifactPath`, relative to the store's root. Every method may raise NotFound where nothing is,
InvalidParameter for a path that cannot be (a directory where a file is asked for), PermissionDenied where the
account lacks a right, and Unavailable where the place cannot be reached.
"""

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Protocol, runtime_checkable

from kirok.entities.artifacts import ArtifactPath, FileInfo, Part, SignedRequest


class Upload(Protocol):
    """A file on its way in; nobody sees it before it is whole."""

    def write(self, pieces: Sequence[bytes]) -> None:
        """Append."""


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


class PartedUploads(Protocol):
    """Large files sent in pieces, in any order and by several senders, and gone on with after an interruption.

    Nobody sees the file before `complete`. NotFound for an upload that was completed, given up or never begun.
    """

    smallest_part_bytes: int
    """Every part but the last must have this size at least."""

    def begin(self, path: ArtifactPath, part_bytes: int) -> str:
        """The id of a new upload, of parts of `part_bytes` each (the last may be shorter).

        Whoever knows it may send parts, so it cannot be guessed.
        """

    def part(self, path: ArtifactPath, upload_id: str, number: int) -> AbstractContextManager[Upload]:
        """Part `number` on its way in; kept when the block ends, and durable then."""

    def parts(self, path: ArtifactPath, upload_id: str) -> Sequence[Part]:
        """The parts that are kept, by number."""

    def complete(self, path: ArtifactPath, upload_id: str, parts: Sequence[Part]) -> None:
        """Put `parts` (numbers and tags; by number, all of them) together as the file at `path`, whole or not at all.

        InvalidParameter where one is missing or has another tag.
        """

    def abandon(self, path: ArtifactPath, upload_id: str) -> None:
        """Drop the upload and what came of it. Nothing there is no error."""


class DirectAccess(Protocol):
    """A store that lets others in without credentials, one request at a time. `expires_s` is in seconds."""

    def download(self, path: ArtifactPath, expires_s: int) -> SignedRequest:
        """A GET of the file, ranges included."""

    def upload(self, path: ArtifactPath, expires_s: int) -> SignedRequest:
        """A PUT of the whole file."""

    def part(self, path: ArtifactPath, upload_id: str, number: int, expires_s: int) -> SignedRequest | None:
        """A PUT of one part of a `PartedUploads`; None where this store has no such request."""


class ArtifactStore(Protocol):
    """Files below one root."""

    uri: str

    @property
    def parted(self) -> PartedUploads | None:
        """Uploads in parts, where this store has them."""

    @property
    def direct(self) -> DirectAccess | None:
        """Requests that others may send to the store itself, where it has them."""

    def list(self, path: ArtifactPath) -> list[FileInfo]:
        """What lies directly in a directory, by path. Nothing, not an error, for a file or where nothing is."""

    def open(self, path: ArtifactPath) -> OpenFile:
        """NotFound where nothing is, InvalidParameter for a directory."""

    def upload(self, local: Path, path: ArtifactPath) -> None:
        """Store a local file at `path`, replacing what was there; whole or not at all."""

    def delete(self, path: ArtifactPath) -> None:
        """Remove a file, or a directory with all in it. Nothing there is no error."""


@runtime_checkable
class SyncingStore(Protocol):
    """A store that waits for a disk, and can wait once for many files."""

    def together(self) -> "AbstractContextManager[StreamedArtifactStore]":
        """The same files: what is stored through it appears at once, and is durable when the block ends."""


@runtime_checkable
class StreamedArtifactStore(ArtifactStore, Protocol):
    """A store that can be written piece by piece."""

    def writer(self, path: ArtifactPath) -> AbstractContextManager[Upload]:
        """An upload to `path` that takes its place when the block ends, and vanishes when the block raises."""
