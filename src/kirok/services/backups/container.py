"""The file a backup is: a zip of members, the manifest last. It has its name once it is whole."""

import hashlib
import os
import tempfile
import warnings
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from msgspec.structs import replace

from kirok.base.errors import AlreadyExists, InvalidParameter, NotFound, Unavailable
from kirok.services.backups import manifest as manifests
from kirok.services.backups.manifest import Manifest, Member

_PIECE_BYTES = 1 << 20
# Records shrink to a fifth at the fastest level; slower ones gain little.
_LEVEL = 1


class Packing:
    """A backup being written."""

    def __init__(self, archive: zipfile.ZipFile, workplace: Path) -> None:
        self._archive = archive
        self._members: dict[str, Member] = {}
        self._folders: set[str] = set()
        self.workplace = workplace
        """A folder on the same disk for what is needed meanwhile; it vanishes."""

    def add(self, name: str, pieces: Iterable[bytes], *, compress: bool = True) -> None:
        """Store `pieces` as the member `name`, in the place of an earlier one of that name."""
        entry = zipfile.ZipInfo(name)
        entry.compress_type = zipfile.ZIP_DEFLATED if compress else zipfile.ZIP_STORED
        digest, size = hashlib.sha256(), 0
        try:
            name.encode()
        except UnicodeEncodeError as error:
            raise InvalidParameter(f"The name {name!r} is not UTF-8, so it cannot be kept: rename it.") from error
        with warnings.catch_warnings():
            # A member of the same name that was taken back; the later one is the one that readers find.
            warnings.filterwarnings("ignore", "Duplicate name")
            member = self._archive.open(entry, "w", force_zip64=True)
        with member:
            for piece in pieces:
                member.write(piece)
                digest.update(piece)
                size += len(piece)
        self._members[name] = Member(name, size, digest.hexdigest())

    def add_folder(self, name: str) -> None:
        """Note a directory."""
        self._folders.add(name)

    def forget(self, prefix: str) -> None:
        """Take back what was added below `prefix`: it is somewhere else by now."""
        self._members = {name: member for name, member in self._members.items() if not name.startswith(prefix)}
        self._folders = {name for name in self._folders if not f"{name}/".startswith(prefix)}

    def finish(self, manifest: Manifest) -> Manifest:
        """Write the manifest, completed by the members; it is returned."""
        whole = replace(manifest, members=tuple(self._members.values()), folders=tuple(sorted(self._folders)))
        self._archive.writestr(manifests.NAME, manifests.write(whole), zipfile.ZIP_DEFLATED)
        return whole


@contextmanager
def packing(file: Path, *, force: bool) -> Iterator[Packing]:
    """A new backup that takes the name `file` when the block ends; when it raises, nothing is left.

    AlreadyExists where the file is there, unless `force`; Unavailable where it cannot be written (a full disk).
    """
    if file.exists() and not force:
        raise AlreadyExists(f"{str(file)!r} exists. Choose another name, or replace it by --force.")
    if not file.parent.is_dir():
        raise NotFound(f"There is no folder {str(file.parent)!r}: create it first.")
    try:
        with tempfile.TemporaryDirectory(dir=file.parent, prefix=f".{file.name}.") as folder:
            passing = Path(folder) / "backup.zip"
            with zipfile.ZipFile(passing, "w", zipfile.ZIP_DEFLATED, compresslevel=_LEVEL) as archive:
                yield Packing(archive, Path(folder))
            sync(passing)
            os.replace(passing, file)
            sync(file.parent)
    except OSError as error:
        raise Unavailable(f"The backup {str(file)!r} was not made: {error.strerror or error}.") from error


@contextmanager
def unpacking(file: Path) -> Iterator[tuple[zipfile.ZipFile, Manifest]]:
    """A backup open for reading, and its manifest. InvalidParameter where the file is none or is cut short."""
    if not file.is_file():
        raise NotFound(f"There is no backup {str(file)!r}.")
    try:
        with zipfile.ZipFile(file) as archive:
            yield archive, manifests.read(archive.read(manifests.NAME))
    except (zipfile.BadZipFile, zlib.error, KeyError, EOFError) as error:
        raise InvalidParameter(f"{str(file)!r} is not a whole backup of kirok ({error}): take another one.") from error


def unpack(archive: zipfile.ZipFile, member: Member, place: Path | None) -> str | None:
    """Write a member to `place` (or only read it), durably; what is wrong with its bytes, None where nothing is."""
    digest, size = hashlib.sha256(), 0
    try:
        with archive.open(member.name) as source:
            if place is None:
                while piece := source.read(_PIECE_BYTES):
                    digest.update(piece)
                    size += len(piece)
            else:
                with place.open("wb") as target:
                    while piece := source.read(_PIECE_BYTES):
                        digest.update(piece)
                        size += len(piece)
                        target.write(piece)
                    target.flush()
                    os.fsync(target.fileno())
    except KeyError:
        return f"{member.name} is missing"
    except (zipfile.BadZipFile, zlib.error, EOFError, ValueError) as error:
        return f"{member.name} is damaged: {error}"
    if (size, digest.hexdigest()) != (member.size_bytes, member.sha256):
        return f"{member.name} is not what was stored: its size or SHA-256 differs"
    return None


def pieces_of(file: Path) -> Iterator[bytes]:
    """The bytes of a local file."""
    with file.open("rb") as source:
        while piece := source.read(_PIECE_BYTES):
            yield piece


def sync(place: Path) -> None:
    """Have the operating system write a file, or the names in a folder, to the disk."""
    try:
        # Windows syncs only what is open for writing.
        descriptor = os.open(place, os.O_RDWR if place.is_file() else os.O_RDONLY)
    except PermissionError:  # folders cannot be opened on Windows
        return
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
