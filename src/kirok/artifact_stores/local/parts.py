"""Uploads in parts, to folders.

An upload is a folder beside the file that it will become: the file, whose parts are written where they belong, and
an empty file for each part that is kept, named by what is known of it. Nothing else remembers an upload, and making
a file is atomic on every file system, so several processes and machines may work at one upload, and any may die.
"""

import os
import re
import secrets
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from hashlib import sha256
from zlib import crc32

from kirok.artifact_stores.local.durability import make_folders, sync_folder
from kirok.artifact_stores.local.files import BINARY, LocalUpload
from kirok.artifact_stores.local.held_folders import NO_LINK, HeldFolder, held_folder
from kirok.artifact_stores.local.refusals import told
from kirok.artifact_stores.names import UPLOADING, check_file
from kirok.base.errors import InvalidParameter, KirokError, NotFound
from kirok.entities.artifacts import MOST_PARTS, ArtifactPath, Part

CONTENT = "content"

# As many and as large as S3 takes, so that a client needs to know no other limits.
_LARGEST_PART_BYTES = 5 << 30

_ID = re.compile(r"[0-9a-f]{32}-(?P<part_bytes>[0-9a-f]{1,10})")
_KEPT = re.compile(r"part-(?P<number>\d+)-(?P<size_bytes>\d+)-(?P<tag>[0-9a-f]{8})")


class PartUpload(LocalUpload):
    """A part being written, and the checksum of what came."""

    def __init__(self, descriptor: int, *, durable: bool, start: int, limit: int) -> None:
        super().__init__(descriptor, durable=durable, start=start, limit=limit)
        self._crc32 = 0

    def write(self, pieces: Sequence[bytes]) -> None:
        """Append."""
        for piece in pieces:
            self._crc32 = crc32(piece, self._crc32)
        super().write(pieces)

    @property
    def tag(self) -> str:
        """What this content is called."""
        return f"{self._crc32:08x}"


class LocalParts:
    """Uploads in parts to the files below `root`; `place_of` gives an artifact's place there, links resolved."""

    smallest_part_bytes = 1

    def __init__(self, root: str, place_of: Callable[[ArtifactPath], str], *, durable: bool) -> None:
        self._root, self._place_of, self._durable = root, place_of, durable

    def begin(self, path: ArtifactPath, part_bytes: int) -> str:
        """A new upload. Its id holds the size of its parts, and its folder is named by id and path."""
        check_file(path)
        if not 1 <= part_bytes <= _LARGEST_PART_BYTES:
            raise InvalidParameter(
                f"Invalid value {part_bytes} for parameter 'part_bytes': it is between 1 and {_LARGEST_PART_BYTES}."
            )
        upload_id = f"{secrets.token_hex(16)}-{part_bytes:x}"
        with _told(path):
            parent, name = os.path.split(self._place_of(path))
            if os.path.isdir(os.path.join(parent, name)):
                raise InvalidParameter(f"Invalid path: {str(path)!r} is a directory; name a file in it.")
            make_folders(parent, durable=self._durable)
            with held_folder(self._root, parent) as beside:
                os.mkdir(beside.at(_name_of(upload_id, name)), dir_fd=beside.descriptor)
            with self._held(path, upload_id) as upload:
                self._make(upload, CONTENT)
            if self._durable:
                sync_folder(parent)
        return upload_id

    @contextmanager
    def part(self, path: ArtifactPath, upload_id: str, number: int) -> Iterator[PartUpload]:
        """A part, written where it belongs; it counts once its bytes are on the disk."""
        if not 1 <= number <= MOST_PARTS:
            raise InvalidParameter(
                f"Invalid value {number} for parameter 'number': parts are numbered from 1 to {MOST_PARTS}."
            )
        part_bytes = _part_bytes(path, upload_id)
        with _told(path, upload_id), self._held(path, upload_id) as folder:
            descriptor = os.open(folder.at(CONTENT), os.O_WRONLY | BINARY | NO_LINK, dir_fd=folder.descriptor)
            try:
                for name in _kept(folder, number):  # it is about to be overwritten
                    os.unlink(folder.at(name), dir_fd=folder.descriptor)
                start = (number - 1) * part_bytes
                upload = PartUpload(descriptor, durable=self._durable, start=start, limit=part_bytes)
                yield upload
                upload.finish()
            finally:
                os.close(descriptor)
            self._make(folder, f"part-{number}-{upload.size_bytes}-{upload.tag}")

    def parts(self, path: ArtifactPath, upload_id: str) -> Sequence[Part]:
        """The parts that are kept, by number."""
        with _told(path, upload_id), self._held(path, upload_id) as folder:
            kept = _kept(folder)
        found: dict[int, Part | None] = {}
        for match in kept.values():
            number = int(match["number"])
            # Of a part that was sent twice at once with different content, nobody knows which is there.
            found[number] = None if number in found else Part(number, int(match["size_bytes"]), match["tag"])
        return [part for _, part in sorted(found.items()) if part is not None]

    def complete(self, path: ArtifactPath, upload_id: str, parts: Sequence[Part]) -> None:
        """Make the upload's file the one at `path`, where every part of it is there."""
        part_bytes = _part_bytes(path, upload_id)
        kept = {part.number: part for part in self.parts(path, upload_id)}
        _check_whole(path, parts, kept, part_bytes)
        with _told(path, upload_id), self._held(path, upload_id) as folder:
            parent, name = os.path.split(self._place_of(path))
            if os.path.isdir(os.path.join(parent, name)):
                raise InvalidParameter(f"Invalid path: {str(path)!r} is a directory; name a file in it.")
            descriptor = os.open(folder.at(CONTENT), os.O_RDWR | BINARY | NO_LINK, dir_fd=folder.descriptor)
            with open(descriptor, "r+b") as file:
                # A longer part may have been sent first.
                file.truncate(part_bytes * (len(parts) - 1) + kept[len(parts)].size_bytes if parts else 0)
                if self._durable:
                    os.fsync(file.fileno())
            with held_folder(self._root, parent) as beside:
                os.replace(
                    folder.at(CONTENT), beside.at(name), src_dir_fd=folder.descriptor, dst_dir_fd=beside.descriptor
                )
            if self._durable:
                sync_folder(parent)
        with suppress(KirokError):  # the file is there, whatever keeps its upload's folder; that is swept one day
            self.abandon(path, upload_id)

    def abandon(self, path: ArtifactPath, upload_id: str) -> None:
        """Remove the upload."""
        check_file(path)
        with suppress(NotFound), _told(path, upload_id):
            parent, name = os.path.split(self._place_of(path))
            with held_folder(self._root, parent) as beside:
                shutil.rmtree(beside.at(_name_of(upload_id, name)), dir_fd=beside.descriptor)

    @contextmanager
    def _held(self, path: ArtifactPath, upload_id: str) -> Iterator[HeldFolder]:
        """The upload's folder."""
        check_file(path)
        parent, name = os.path.split(self._place_of(path))
        with held_folder(self._root, os.path.join(parent, _name_of(upload_id, name))) as folder:
            yield folder

    def _make(self, folder: HeldFolder, name: str) -> None:
        """Make an empty file."""
        os.close(os.open(folder.at(name), os.O_WRONLY | os.O_CREAT | NO_LINK, 0o666, dir_fd=folder.descriptor))
        if self._durable:
            sync_folder(folder.path)


def _part_bytes(path: ArtifactPath, upload_id: str) -> int:
    """The size of an upload's parts. NotFound for an id that is none of ours."""
    check_file(path)
    parsed = _ID.fullmatch(upload_id)
    if parsed is None:
        raise _no_upload(path, upload_id)
    return int(parsed["part_bytes"], 16)


def _name_of(upload_id: str, name: str) -> str:
    """What the folder of an upload to a file is called: of another id, or for another file, it is not there."""
    digest = sha256(f"{upload_id}/{name}".encode(errors="surrogateescape")).hexdigest()
    return UPLOADING + digest[:32]


def _kept(folder: HeldFolder, number: int | None = None) -> dict[str, re.Match[str]]:
    """What the names of kept parts say, of all or of one number."""
    with folder.readable() as place:
        found = {name: _KEPT.fullmatch(name) for name in os.listdir(place)}
    return {
        name: match
        for name, match in found.items()
        if match is not None and (number is None or int(match["number"]) == number)
    }


def _check_whole(path: ArtifactPath, parts: Sequence[Part], kept: dict[int, Part], part_bytes: int) -> None:
    """InvalidParameter unless `parts` are all that are kept, from the first to the last, each of its size."""
    for expected, part in enumerate(parts, start=1):
        here = kept.get(expected)
        if part.number != expected or here is None:
            raise InvalidParameter(f"Part {expected} of the upload to {str(path)!r} is missing; send it again.")
        if here.tag != part.tag:
            raise InvalidParameter(f"Part {expected} of the upload to {str(path)!r} has the tag {here.tag!r}.")
        if here.size_bytes != part_bytes and expected < len(parts):
            raise InvalidParameter(
                f"Part {expected} of the upload to {str(path)!r} has {here.size_bytes} bytes, but all parts except the "
                f"last have {part_bytes}."
            )
    if len(kept) > len(parts):
        raise InvalidParameter(f"The upload to {str(path)!r} has {len(kept)} parts, not {len(parts)}; name them all.")


@contextmanager
def _told(path: ArtifactPath, upload_id: str | None = None) -> Iterator[None]:
    try:
        yield
    except FileNotFoundError as error:
        raise told(error, path) if upload_id is None else _no_upload(path, upload_id) from error
    except OSError as error:
        raise told(error, path) from error


def _no_upload(path: ArtifactPath, upload_id: str) -> NotFound:
    return NotFound(
        f"There is no upload {upload_id[:60]!r} to {str(path)!r}: it was completed, given up or never begun. Begin "
        "anew."
    )
