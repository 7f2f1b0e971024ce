"""Artifacts in a folder of this machine."""

import errno
import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from kirok.artifact_stores.local.durability import make_folders, sync_folder
from kirok.artifact_stores.local.files import BINARY, LocalUpload, OpenLocalFile
from kirok.artifact_stores.local.parts import LocalParts
from kirok.artifact_stores.local.refusals import told
from kirok.artifact_stores.names import UPLOADING, check_file, check_lasting
from kirok.artifact_stores.protocols import DirectAccess, PartedUploads
from kirok.base.errors import InvalidParameter
from kirok.base.settings import ArtifactSettings
from kirok.entities.artifacts import ArtifactPath, FileInfo


class LocalArtifacts:
    """Files below a folder. Links are followed as long as they stay inside it."""

    def __init__(self, root: Path, settings: ArtifactSettings = ArtifactSettings()) -> None:
        self._settings = settings
        self._root = os.path.realpath(root)
        self.uri = Path(self._root).as_uri()
        self.parted: PartedUploads | None = LocalParts(self._inside, durable=settings.fsync)
        self.direct: DirectAccess | None = None

    def list(self, path: ArtifactPath) -> list[FileInfo]:
        """What lies directly in a directory, by path."""
        check_lasting(path)
        try:
            with os.scandir(self._inside(path)) as entries:
                found = [self._described(entry, path) for entry in entries if not entry.name.startswith(UPLOADING)]
        except (FileNotFoundError, NotADirectoryError):
            return []
        except OSError as error:
            raise told(error, path) from error
        return sorted((info for info in found if info is not None), key=lambda info: info.path)

    def open(self, path: ArtifactPath) -> OpenLocalFile:
        """The file at `path`, held open."""
        check_file(path)
        try:
            place = self._inside(path)
            # Not waiting on a pipe somebody put there.
            descriptor = os.open(place, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | BINARY)
        except OSError as error:
            raise told(error, path) from error
        if os.path.isfile(place):
            return OpenLocalFile(descriptor)
        os.close(descriptor)
        raise told(IsADirectoryError(errno.EISDIR, "", place), path)

    def upload(self, local: Path, path: ArtifactPath) -> None:
        """Store a copy of a local file."""
        local.stat()  # where it is missing, that is no error of this folder
        with self._arriving(path) as (upload, passing):
            shutil.copyfile(local, passing)
            upload.finish()

    @contextmanager
    def writer(self, path: ArtifactPath) -> Iterator[LocalUpload]:
        """An upload under a passing name, renamed into place at the end."""
        with self._arriving(path) as (upload, _):
            yield upload
            upload.finish()

    def delete(self, path: ArtifactPath) -> None:
        """Remove a file, link or directory."""
        check_lasting(path)
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
            raise told(error, path) from error

    @contextmanager
    def _arriving(self, path: ArtifactPath) -> Iterator[tuple[LocalUpload, str]]:
        """A new file beside `path` and its name; it takes the place of `path` unless the block raises."""
        check_file(path)
        durable = self._settings.fsync
        try:
            place = self._inside(path)
            folder = os.path.dirname(place)
            make_folders(folder, durable=durable)
            if os.path.isdir(place):
                raise IsADirectoryError(errno.EISDIR, "", place)
            passing = os.path.join(folder, UPLOADING + secrets.token_hex(8))
            descriptor = os.open(passing, os.O_WRONLY | os.O_CREAT | os.O_EXCL | BINARY, 0o666)
        except OSError as error:
            raise told(error, path) from error
        try:
            try:
                yield LocalUpload(descriptor, durable=durable), passing
            finally:
                os.close(descriptor)
            os.replace(passing, place)
        except BaseException as error:
            with suppress(OSError):  # the first error is the one to tell
                os.unlink(passing)
            if isinstance(error, OSError):
                raise told(error, path) from error
            raise
        if durable:
            try:
                sync_folder(folder)
            except OSError as error:
                raise told(error, path) from error

    def _inside(self, path: ArtifactPath) -> str:
        """The place of `path`, links resolved; InvalidParameter where they lead out of the folder."""
        place = os.path.realpath(os.path.join(self._root, *path.split("/")))
        if place != self._root and not place.startswith(self._root.rstrip(os.sep) + os.sep):
            raise InvalidParameter(f"Invalid path: {str(path)!r} is a link to a place outside the artifact folder.")
        return place

    def _leads_back(self, place: str, path: ArtifactPath) -> bool:
        """Whether `place` is a folder that the way to `path` goes through, so that following it would have no end."""
        names = path.split("/")
        return any(place == self._inside(ArtifactPath("/".join(names[:count]))) for count in range(len(names) + 1))

    def _described(self, entry: "os.DirEntry[str]", path: ArtifactPath) -> FileInfo | None:
        name = f"{path}/{entry.name}" if path else entry.name
        try:
            if entry.is_symlink() and self._leads_back(self._inside(ArtifactPath(name)), path):
                return None
            if entry.is_dir():
                return FileInfo(name, is_dir=True)
            status = entry.stat()
            return FileInfo(name, False, status.st_size, modified_ms=status.st_mtime_ns // 1_000_000)
        except (OSError, InvalidParameter):
            return None  # gone meanwhile, or a link that may not be followed
