"""Artifacts in a folder of this machine."""

import errno
import os
import secrets
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from kirok.artifact_stores.names import UPLOADING, check_file
from kirok.artifact_stores.protocols import DirectAccess, PartedUploads
from kirok.base.errors import InternalError, InvalidParameter, KirokError, NotFound, PermissionDenied
from kirok.base.settings import ArtifactSettings
from kirok.entities.artifacts import ArtifactPath, FileInfo

# One read: large enough that the hop to a thread is nothing beside it, small enough to stay in the processor's cache.
_PIECE_BYTES = 1 << 20


class OpenLocalFile:
    """A file held open."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        status = os.fstat(descriptor)
        self.size_bytes = status.st_size
        self.modified_s = status.st_mtime
        self.etag = f"{status.st_mtime_ns:x}-{status.st_size:x}"

    def read(self, start: int = 0, length: int | None = None) -> Iterator[bytes]:
        """The bytes from `start` on."""
        end = self.size_bytes if length is None else min(self.size_bytes, start + length)
        while start < end:
            piece = os.pread(self._descriptor, min(_PIECE_BYTES, end - start), start)
            if not piece:
                raise InternalError("A file was cut short while it was being read.")
            start += len(piece)
            yield piece

    def close(self) -> None:
        """Close the file."""
        os.close(self._descriptor)


class LocalUpload:
    """A file being written under a passing name."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    def write(self, pieces: Sequence[bytes]) -> None:
        """Append."""
        for piece in pieces:
            view = memoryview(piece)
            while view:
                view = view[os.write(self._descriptor, view) :]


class LocalArtifacts:
    """Files below a folder. Links are followed as long as they stay inside it."""

    def __init__(self, root: Path, settings: ArtifactSettings = ArtifactSettings()) -> None:
        self._settings = settings
        self._root = os.path.realpath(root)
        self.uri = Path(self._root).as_uri()

    parted: PartedUploads | None = None
    direct: DirectAccess | None = None

    def list(self, path: ArtifactPath) -> list[FileInfo]:
        """What lies directly in a directory, by path."""
        try:
            with os.scandir(self._inside(path)) as entries:
                found = [self._described(entry, path) for entry in entries if not entry.name.startswith(UPLOADING)]
        except (FileNotFoundError, NotADirectoryError):
            return []
        except OSError as error:
            raise _told(error, path) from error
        return sorted((info for info in found if info is not None), key=lambda info: info.path)

    def open(self, path: ArtifactPath) -> OpenLocalFile:
        """The file at `path`, held open."""
        check_file(path)
        try:
            place = self._inside(path)
            # Not waiting on a pipe somebody put there.
            descriptor = os.open(place, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
        except OSError as error:
            raise _told(error, path) from error
        if os.path.isfile(place):
            return OpenLocalFile(descriptor)
        os.close(descriptor)
        raise _told(IsADirectoryError(errno.EISDIR, "", place), path)

    def upload(self, local: Path, path: ArtifactPath) -> None:
        """Store a copy of a local file."""
        with self._passing_name(path) as (descriptor, passing):
            os.close(descriptor)
            shutil.copyfile(local, passing)

    @contextmanager
    def writer(self, path: ArtifactPath) -> Iterator[LocalUpload]:
        """An upload under a passing name, renamed into place at the end."""
        with self._passing_name(path) as (descriptor, _):
            try:
                yield LocalUpload(descriptor)
            finally:
                os.close(descriptor)

    def delete(self, path: ArtifactPath) -> None:
        """Remove a file, link or directory."""
        try:
            parent = self._inside(ArtifactPath.parse(os.path.dirname(path)))
            place = os.path.join(parent, path.name) if path else parent
            if os.path.isdir(place) and not os.path.islink(place):
                shutil.rmtree(place)
            else:
                os.unlink(place)
        except (FileNotFoundError, NotADirectoryError):
            pass
        except OSError as error:
            raise _told(error, path) from error

    @contextmanager
    def _passing_name(self, path: ArtifactPath) -> Iterator[tuple[int, str]]:
        """A new file beside `path`, open, that takes its place unless the block raises."""
        check_file(path)
        try:
            place = self._inside(path)
            folder = os.path.dirname(place)
            os.makedirs(folder, exist_ok=True)
            if os.path.isdir(place):
                raise IsADirectoryError(errno.EISDIR, "", place)
            passing = os.path.join(folder, UPLOADING + secrets.token_hex(8))
            flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
            descriptor = os.open(passing, flags, 0o666)
        except OSError as error:
            raise _told(error, path) from error
        try:
            yield descriptor, passing
            os.replace(passing, place)
        except BaseException as error:
            os.unlink(passing)
            if isinstance(error, OSError):
                raise _told(error, path) from error
            raise

    def _inside(self, path: ArtifactPath) -> str:
        """The place of `path`, links resolved; InvalidParameter where they lead out of the folder."""
        place = os.path.realpath(os.path.join(self._root, *path.split("/")))
        if place != self._root and not place.startswith(self._root.rstrip(os.sep) + os.sep):
            raise InvalidParameter(f"Invalid path: {str(path)!r} is a link to a place outside the artifact folder.")
        return place

    def _described(self, entry: "os.DirEntry[str]", path: ArtifactPath) -> FileInfo | None:
        name = f"{path}/{entry.name}" if path else entry.name
        try:
            if entry.is_symlink():
                self._inside(ArtifactPath(name))
            if entry.is_dir():
                return FileInfo(name, is_dir=True)
            return FileInfo(name, is_dir=False, file_size=entry.stat().st_size)
        except (OSError, InvalidParameter):
            return None  # gone meanwhile, or a link that may not be followed


def _told(error: OSError, path: ArtifactPath) -> KirokError:  # noqa: PLR0911 - one for each kind
    """What an error of the file system means to somebody who knows only the artifact's path."""
    shown = repr(str(path))
    match error.errno:
        case errno.ENOENT:
            return NotFound(f"No such artifact: {shown}")
        case errno.ENOTDIR | errno.EEXIST:
            return InvalidParameter(f"Invalid path: a part of {shown} is a file, so nothing can be below it.")
        case errno.EISDIR:
            return InvalidParameter(f"Invalid path: {shown} is a directory; name a file in it.")
        case errno.ENAMETOOLONG:
            return InvalidParameter(f"Invalid path: a name in {shown[:80]} is longer than the file system allows.")
        case errno.ELOOP:
            return InvalidParameter(f"Invalid path: {shown} is a link that leads to itself.")
        case errno.EACCES | errno.EPERM | errno.EROFS:
            return PermissionDenied(
                f"The artifact {shown} cannot be reached: {error.strerror}. Let the account that runs this program "
                "read and write the artifact folder."
            )
        case errno.ENOSPC | errno.EDQUOT:
            return InternalError(f"The artifact {shown} was not stored: {error.strerror}. Free some space.")
        case _:
            return InternalError(f"The artifact {shown} cannot be handled: {error.strerror}.")
