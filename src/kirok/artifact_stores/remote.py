"""Artifacts in an object store (S3, GCS, Azure), through obstore."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kirok.artifact_stores.names import check_file
from kirok.artifact_stores.protocols import DirectAccess, PartedUploads
from kirok.base.errors import InvalidParameter, KirokError, NotFound, PermissionDenied, Unavailable
from kirok.base.settings import ArtifactSettings
from kirok.entities.artifacts import ArtifactPath, FileInfo

if TYPE_CHECKING:
    from obstore.store import ObjectStore

_PIECE_BYTES = 1 << 20
# The smallest part S3 takes is 5 MiB; four at once keep a fast link busy in 32 MiB of memory.
_PART_BYTES = 8 << 20
_PARTS_AT_ONCE = 4


class OpenObject:
    """An object as it was when opened; a read of one replaced since is refused by the store."""

    def __init__(self, store: "ObjectStore", path: ArtifactPath, meta: Any) -> None:
        self._store, self._path = store, path
        self.size_bytes: int = meta["size"]
        self.modified_s: float = meta["last_modified"].timestamp()
        self._tag: str | None = meta["e_tag"] or None
        self.etag = (self._tag or f"{self.modified_s:.0f}-{self.size_bytes:x}").strip('"')

    def read(self, start: int = 0, length: int | None = None) -> Iterator[bytes]:
        """The bytes from `start` on."""
        import obstore

        end = self.size_bytes if length is None else min(self.size_bytes, start + length)
        if start >= end:
            return
        with _told(self._path):
            found = obstore.get(self._store, self._path, options={"range": (start, end), "if_match": self._tag})
            for piece in found.stream(min_chunk_size=_PIECE_BYTES):
                yield bytes(piece)

    def close(self) -> None:
        """Nothing is held."""


class ObjectUpload:
    """An object being written in parts."""

    def __init__(self, writer: Any) -> None:
        self._writer = writer

    def write(self, pieces: Sequence[bytes]) -> None:
        """Append."""
        for piece in pieces:
            self._writer.write(piece)


class RemoteArtifacts:
    """Files below a URI such as `s3://bucket/folder`."""

    def __init__(self, uri: str, settings: ArtifactSettings = ArtifactSettings()) -> None:
        self._settings = settings
        self.uri = uri.rstrip("/")
        self._opened: ObjectStore | None = None

    parted: PartedUploads | None = None
    direct: DirectAccess | None = None

    def list(self, path: ArtifactPath) -> list[FileInfo]:
        """What lies directly below a prefix, by path."""
        import obstore

        with _told(path):
            found = obstore.list_with_delimiter(self._store, path or None)
        folders = [FileInfo(str(prefix), is_dir=True) for prefix in found["common_prefixes"]]
        files = [FileInfo(meta["path"], is_dir=False, file_size=meta["size"]) for meta in found["objects"]]
        # A zero-byte object named like the folder itself is how some tools mark a folder.
        return sorted((info for info in folders + files if info.path != path), key=lambda info: info.path)

    def open(self, path: ArtifactPath) -> OpenObject:
        """The object at `path`."""
        import obstore

        check_file(path)
        try:
            with _told(path):
                return OpenObject(self._store, path, obstore.head(self._store, path))
        except NotFound:
            if self.list(path):
                raise InvalidParameter(f"Invalid path: {str(path)!r} is a directory; name a file in it.") from None
            raise

    def upload(self, local: Path, path: ArtifactPath) -> None:
        """Store a copy of a local file."""
        import obstore

        check_file(path)
        with _told(path), local.open("rb") as file:
            obstore.put(self._store, path, file, chunk_size=_PART_BYTES, max_concurrency=_PARTS_AT_ONCE)

    @contextmanager
    def writer(self, path: ArtifactPath) -> Iterator[ObjectUpload]:
        """An upload in parts, which become the object at the end."""
        import obstore

        check_file(path)
        with _told(path):
            writer = obstore.open_writer(self._store, path, buffer_size=_PART_BYTES, max_concurrency=_PARTS_AT_ONCE)
            # Not `with writer`: leaving that by an exception would complete the object with the part that came.
            yield ObjectUpload(writer)
            writer.close()

    def delete(self, path: ArtifactPath) -> None:
        """Remove an object and all below it."""
        import obstore

        with _told(path):
            for batch in obstore.list(self._store, path or None):
                obstore.delete(self._store, [meta["path"] for meta in batch])
            if path:
                with suppress(FileNotFoundError):  # some stores say so, others are silent
                    obstore.delete(self._store, path)

    @property
    def _store(self) -> "ObjectStore":
        if self._opened is None:
            import obstore.exceptions
            from obstore.store import from_url

            try:
                self._opened = from_url(self.uri)
            except (obstore.exceptions.BaseError, ValueError) as error:
                raise InvalidParameter(f"The artifact location {self.uri!r} cannot be opened: {error}") from error
        return self._opened


@contextmanager
def _told(path: ArtifactPath) -> Iterator[None]:
    """Turns what obstore raises into what it means for the artifact at `path`."""
    from obstore import exceptions

    shown = repr(str(path))
    try:
        yield
    except KirokError:
        raise
    except (FileNotFoundError, exceptions.NotFoundError) as error:
        raise NotFound(f"No such artifact: {shown}") from error
    except (PermissionError, exceptions.PermissionDeniedError, exceptions.UnauthenticatedError) as error:
        raise PermissionDenied(
            f"The artifact store refused access to {shown}. Check the credentials in this process's environment."
        ) from error
    except (exceptions.InvalidPathError, ValueError) as error:
        raise InvalidParameter(f"Invalid path: {shown}: {error}") from error
    except exceptions.BaseError as error:
        raise Unavailable(f"The artifact store did not answer for {shown}: {type(error).__name__}.") from error
