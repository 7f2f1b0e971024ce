"""Artifacts in a folder of this machine."""

import errno
import os
import secrets
import shutil
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from kirok.artifact_stores.local.durability import make_folders, sync_folder
from kirok.artifact_stores.local.files import BINARY, LocalUpload, OpenLocalFile
from kirok.artifact_stores.local.held_folders import NO_LINK, HeldFolder, held_folder
from kirok.artifact_stores.local.parts import LocalParts
from kirok.artifact_stores.local.refusals import told
from kirok.artifact_stores.names import UPLOADING, check_file, check_lasting
from kirok.artifact_stores.protocols import DirectAccess, PartedUploads
from kirok.base.errors import Conflict, InvalidParameter
from kirok.base.settings import ArtifactSettings
from kirok.entities.artifacts import ArtifactPath, FileInfo


class LocalArtifacts:
    """Files below a folder. Links are followed as long as they stay inside it."""

    def __init__(self, root: Path, settings: ArtifactSettings = ArtifactSettings()) -> None:
        self._settings = settings
        self._sync_folder: Callable[[str], None] = sync_folder
        self._root = os.path.realpath(root)
        self.uri = Path(self._root).as_uri()
        self.parted: PartedUploads | None = LocalParts(self._root, self._inside, durable=settings.fsync)
        self.direct: DirectAccess | None = None

    def list(self, path: ArtifactPath) -> list[FileInfo]:
        """What lies directly in a directory, by path."""
        check_lasting(path)
        try:
            with (
                held_folder(self._root, self._inside(path)) as folder,
                folder.readable() as place,
                os.scandir(place) as entries,
            ):
                found = [self._described(entry, path) for entry in entries if not entry.name.startswith(UPLOADING)]
        except (FileNotFoundError, NotADirectoryError):
            return []
        except OSError as error:
            raise told(error, path) from error
        return sorted((info for info in found if info is not None), key=lambda info: info.path)

    def open(self, path: ArtifactPath) -> OpenLocalFile:
        """The file at `path`, held open."""
        check_file(path)
        # Not waiting on a pipe somebody put there.
        flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | BINARY | NO_LINK
        try:
            parent, name = self._split(path)
            with held_folder(self._root, parent) as folder:
                descriptor = os.open(folder.at(name), flags, dir_fd=folder.descriptor)
        except OSError as error:
            raise told(error, path) from error
        if stat.S_ISREG(os.fstat(descriptor).st_mode):
            return OpenLocalFile(descriptor)
        os.close(descriptor)
        raise told(IsADirectoryError(errno.EISDIR, ""), path)

    def upload(self, local: Path, path: ArtifactPath) -> None:
        """Store a copy of a local file."""
        # Where it is missing, that is no error of this folder.
        with local.open("rb") as source, self._arriving(path) as upload:
            upload.copy(source)
            upload.finish()

    @contextmanager
    def writer(self, path: ArtifactPath) -> Iterator[LocalUpload]:
        """An upload under a passing name, renamed into place at the end."""
        with self._arriving(path) as upload:
            yield upload
            upload.finish()

    @contextmanager
    def together(self) -> Iterator["LocalArtifacts"]:
        """As SyncingStore.together."""
        changed: dict[str, None] = {}
        group = LocalArtifacts(Path(self._root), self._settings)
        group._sync_folder = changed.setdefault
        try:
            yield group
        finally:
            for folder in changed:
                try:
                    sync_folder(folder)
                except OSError as error:
                    path = os.path.relpath(folder, self._root).replace(os.sep, "/")
                    raise told(error, ArtifactPath.parse(path)) from error

    def delete(self, path: ArtifactPath) -> None:
        """Remove a file, link or directory."""
        check_lasting(path)
        try:
            if not path:
                shutil.rmtree(self._root)
                return
            with held_folder(self._root, self._inside(path.parent)) as folder:
                place = folder.at(path.name)
                if stat.S_ISDIR(os.lstat(place, dir_fd=folder.descriptor).st_mode):
                    shutil.rmtree(place, dir_fd=folder.descriptor)
                else:
                    os.unlink(place, dir_fd=folder.descriptor)
        except (FileNotFoundError, NotADirectoryError):
            pass
        except OSError as error:
            raise told(error, path) from error

    @contextmanager
    def _arriving(self, path: ArtifactPath) -> Iterator[LocalUpload]:
        """A new file beside `path`, which takes its place unless the block raises."""
        check_file(path)
        try:
            parent, name = self._split(path)
            make_folders(parent, durable=self._settings.fsync)
            with held_folder(self._root, parent) as folder:
                yield from self._replacing(folder, name)
        except FileNotFoundError as error:
            raise Conflict(
                f"The folder of {str(path)!r} was removed while the file was on its way, and it with it. Send it again."
            ) from error
        except OSError as error:
            raise told(error, path) from error

    def _replacing(self, folder: HeldFolder, name: str) -> Iterator[LocalUpload]:
        durable, held = self._settings.fsync, folder.descriptor
        place, passing = folder.at(name), folder.at(UPLOADING + secrets.token_hex(8))
        with suppress(FileNotFoundError):
            if stat.S_ISDIR(os.stat(place, dir_fd=held).st_mode):
                raise IsADirectoryError(errno.EISDIR, "", place)
        descriptor = os.open(passing, os.O_WRONLY | os.O_CREAT | os.O_EXCL | BINARY, 0o666, dir_fd=held)
        try:
            try:
                yield LocalUpload(descriptor, durable=durable)
            finally:
                os.close(descriptor)
            os.replace(passing, place, src_dir_fd=held, dst_dir_fd=held)
        except BaseException:
            with suppress(OSError):  # the first error is the one to tell
                os.unlink(passing, dir_fd=held)
            raise
        if durable:
            self._sync_folder(folder.path)

    def _split(self, path: ArtifactPath) -> tuple[str, str]:
        """(the folder of a file's place, its name there), links resolved. Raises as `_inside`, and IsADirectoryError
        for the root.
        """
        place = self._inside(path)
        if place == self._root:
            raise IsADirectoryError(errno.EISDIR, "", place)
        return os.path.split(place)

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
