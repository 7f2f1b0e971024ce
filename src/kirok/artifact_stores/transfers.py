"""One file to a store or from it, in parts where it is large, and gone on with where it was interrupted.

Constant memory: what is on its way at a time is at most some 64 MiB.
"""

import os
import time
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path

from kirok.artifact_stores.parallel import run_all
from kirok.artifact_stores.protocols import ArtifactStore, OpenFile, PartedUploads
from kirok.artifact_stores.unfinished import Unfinished, UnfinishedUploads, key_of
from kirok.base.errors import InternalError, InvalidParameter, NotFound, Unavailable
from kirok.base.settings import ArtifactSettings
from kirok.entities.artifacts import MOST_PARTS, ArtifactPath, Part
from kirok.rules.uris.here import local_folder

Moved = Callable[[int], object]
"""Told a number of bytes that have been moved."""

_MEMORY_BYTES = 64 << 20
_MIB = 1 << 20
_ATTEMPTS = 5
_PAUSE_S = 0.2


def send_file(
    store: ArtifactStore, local: Path, path: ArtifactPath, settings: ArtifactSettings, sent: Moved = lambda _: None
) -> None:
    """Store a local file at `path`, whole or not at all; `sent` is told of bytes as they are kept.

    A large one goes in parts, several at a time, where the store takes parts. What an earlier call, in this process or
    in one that was killed, already sent of the same unchanged file is not sent again. Raises as `store.upload`.
    """
    size = local.stat().st_size
    # To a folder of this machine a copy is cheaper.
    is_large = size >= max(1, settings.parted_from_bytes) and local_folder(store.uri) is None
    parted = store.parted if is_large else None
    if parted is None:
        store.upload(local, path)
        sent(size)
        return
    upload = _Sending(store.uri, parted, local, path, settings, sent)
    try:
        upload.send()
    except NotFound:
        upload.forget()  # the store dropped it meanwhile
        upload.send()


class _Sending:
    """One file on its way in parts."""

    def __init__(
        self,
        destination: str,
        parted: PartedUploads,
        local: Path,
        path: ArtifactPath,
        settings: ArtifactSettings,
        sent: Moved,
    ) -> None:
        status = local.stat()
        self._parted, self._local, self._path, self._size = parted, local, path, status.st_size
        self._settings, self._sent = settings, sent
        self._notes = UnfinishedUploads(settings.unfinished_uploads)
        self._key = key_of(local, status, destination, path)

    def send(self) -> None:
        """Send what is missing, and have it put together."""
        noted = self._notes.recall(self._key)
        kept: Iterable[Part] = ()
        if noted is None:
            upload = self._begun()
        else:
            upload, kept = noted, self._parted.parts(self._path, noted.upload_id)
        lacking = self._missing(upload, kept)
        self._sent(self._size - sum(size for _, size in lacking))
        senders = min(self._settings.at_once, max(2, _MEMORY_BYTES // upload.part_bytes))
        run_all((partial(self._send_part, upload, number) for number, _ in lacking), senders)
        kept = self._parted.parts(self._path, upload.upload_id)
        for number, size in self._missing(upload, kept):
            raise Unavailable(
                f"Part {number} of {str(self._path)!r}, {size} bytes, is not in the store although it was sent. "
                "Upload the file again; what did arrive is not sent again."
            )
        self._parted.complete(self._path, upload.upload_id, list(kept))
        self.forget()

    def forget(self) -> None:
        """Drop the note of this upload."""
        self._notes.forget(self._key)

    def _begun(self) -> Unfinished:
        part_bytes = max(self._settings.part_bytes, self._parted.smallest_part_bytes)
        if self._size > part_bytes * MOST_PARTS:
            part_bytes = -(-self._size // (MOST_PARTS * _MIB)) * _MIB
        upload = Unfinished(self._parted.begin(self._path, part_bytes), part_bytes)
        self._notes.note(self._key, upload)
        return upload

    def _missing(self, upload: Unfinished, kept: Iterable[Part]) -> list[tuple[int, int]]:
        """(number, size in bytes) of the parts that are not there, or not whole."""
        sizes = {part.number: part.size_bytes for part in kept}
        count = -(-self._size // upload.part_bytes)
        whole = [
            (number, min(upload.part_bytes, self._size - (number - 1) * upload.part_bytes))
            for number in range(1, count + 1)
        ]
        return [(number, size) for number, size in whole if sizes.get(number) != size]

    def _send_part(self, upload: Unfinished, number: int) -> None:
        start = (number - 1) * upload.part_bytes
        wanted = min(upload.part_bytes, self._size - start)
        with self._local.open("rb", buffering=0) as file:
            file.seek(start)
            content = file.read(wanted)
        if len(content) != wanted:
            raise InvalidParameter(f"{str(self._local)!r} was cut short while it was being uploaded. Upload it again.")
        with self._parted.part(self._path, upload.upload_id, number) as part:
            part.write([content])
        self._sent(wanted)


def fetch_file(file: OpenFile, local: Path, settings: ArtifactSettings, arrived: Moved = lambda _: None) -> None:
    """Write what `file` holds into the empty file `local`; `arrived` is told of bytes as they come.

    A large one comes in several ranges at a time; where a connection breaks, it goes on at the byte where it broke.
    Raises Unavailable where that does not help, and Conflict where the file is replaced meanwhile.
    """
    size = file.size_bytes
    if size < max(1, settings.parted_from_bytes):
        _fetch_range(file, local, 0, None, arrived)
        return
    os.truncate(local, size)
    starts = range(0, size, settings.part_bytes)
    ranges = (partial(_fetch_range, file, local, start, settings.part_bytes, arrived) for start in starts)
    run_all(ranges, settings.at_once)


def _fetch_range(file: OpenFile, local: Path, start: int, length: int | None, arrived: Moved) -> None:
    """Write the bytes from `start` on where they belong; where they break off, ask for the rest."""
    stop = file.size_bytes if length is None else min(file.size_bytes, start + length)
    failures = 0
    with local.open("r+b", buffering=0) as target:
        target.seek(start)
        while (reached := target.tell()) < stop:
            whole = length is None and reached == 0
            try:
                for piece in file.read() if whole else file.read(reached, stop - reached):
                    view = memoryview(piece)
                    while view:
                        view = view[target.write(view) :]
                    arrived(len(piece))
            except Unavailable:
                # A range that came further than the last time has all its attempts again.
                failures = 1 if target.tell() > reached else failures + 1
                if failures >= _ATTEMPTS:
                    raise
                time.sleep(_PAUSE_S * 2**failures)
            else:
                if target.tell() < stop:
                    raise InternalError(f"The file broke off after {target.tell()} of {stop} bytes. Try again.")
