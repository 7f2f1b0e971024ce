"""What a later process needs to know to go on with an upload that this one does not finish."""

import os
import secrets
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from time import time

import msgspec
from msgspec import Struct

from kirok.entities.artifacts import ArtifactPath

# As long as servers keep parts that nobody touches.
_KEPT_S = 7 * 24 * 3600


class Unfinished(Struct, frozen=True):
    """An upload that was begun."""

    upload_id: str
    part_bytes: int


class UnfinishedUploads:
    """Notes of uploads in a folder of the user's: one small file each, gone when the upload is complete.

    They are a help, no more: what cannot be written is not noted, and what cannot be read is not there. A note is of
    one state of a file (its place, size and time of change) and of one destination.
    """

    def __init__(self, folder: str | None) -> None:
        self._folder = None if folder is None else Path(folder)

    def recall(self, key: str) -> Unfinished | None:
        """The upload that was noted under `key`, if any."""
        if self._folder is None:
            return None
        try:
            return msgspec.json.decode((self._folder / key).read_bytes(), type=Unfinished)
        except (OSError, msgspec.DecodeError, UnicodeDecodeError):
            return None

    def note(self, key: str, upload: Unfinished) -> None:
        """Keep `upload` under `key`; those that are too old to be gone on with are dropped."""
        if self._folder is None:
            return
        with suppress(OSError):
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            _sweep(self._folder)
            passing = self._folder / f"{key}.{secrets.token_hex(4)}"
            # Whoever knows an upload's id may write to it.
            descriptor = os.open(passing, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with open(descriptor, "wb") as file:
                file.write(msgspec.json.encode(upload))
            passing.replace(self._folder / key)

    def forget(self, key: str) -> None:
        """Drop what was noted under `key`."""
        if self._folder is not None:
            with suppress(OSError):
                (self._folder / key).unlink(missing_ok=True)


def _sweep(folder: Path) -> None:
    for note in folder.iterdir():
        if time() - note.stat().st_mtime > _KEPT_S:
            note.unlink(missing_ok=True)


def key_of(local: Path, status: os.stat_result, destination: str, path: ArtifactPath) -> str:
    """What an upload of a local file, as it is now, to `path` at `destination` is noted under."""
    parts = (str(local.resolve()), status.st_size, status.st_mtime_ns, destination, path)
    return sha256(repr(parts).encode("utf-8", "surrogateescape")).hexdigest()[:40]
