"""Trees of files on their way from one artifact store to another."""

import hashlib
import os
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from kirok.artifact_stores.protocols import ArtifactStore, StreamedArtifactStore
from kirok.base.errors import KirokError
from kirok.entities.artifacts import ArtifactPath, FileInfo
from kirok.services.copy_report import Artifacts

Opener = Callable[[str], ArtifactStore | StreamedArtifactStore]
"""From a location to the store of its files."""


class ArtifactTrees:
    """Brings the files below one place to another.

    A file of equal size there is taken for the same, unless it is older than the one at the source: then, or where
    `compare_content` asks for it, both are read.
    """

    def __init__(self, open_source: Opener, open_destination: Opener, *, compare_content: bool = False) -> None:
        self._open_source, self._open_destination = open_source, open_destination
        self._compare_content = compare_content

    def bring(
        self, old: str, new: str, artifacts: Artifacts, *, write: bool, left: frozenset[str] = frozenset()
    ) -> None:
        """Copy the files below `old` that `new` lacks, or only name them where nothing is to be written.

        Those called as in `left` stay. What cannot be read or written becomes a failure of `artifacts`, and the rest
        goes on.
        """
        if old.rstrip("/") == new.rstrip("/"):
            return
        try:
            source, destination = self._open_source(old), self._open_destination(new)
            for info, there in _files(source, destination):
                if info.path in left:
                    continue
                artifacts.files += 1
                artifacts.size_bytes += info.file_size or 0
                try:
                    if there is not None and self._is_same(source, info, destination, there):
                        continue
                    if not write:
                        artifacts.differing.append(f"{new}/{info.path}")
                        continue
                    artifacts.copied_bytes += _bring_one(source, destination, ArtifactPath.parse(info.path))
                    artifacts.copied += 1
                except KirokError as error:
                    artifacts.failures[f"{old}/{info.path}"] = error.message
        except KirokError as error:
            artifacts.failures[old] = error.message

    def _is_same(self, source: ArtifactStore, info: FileInfo, destination: ArtifactStore, there: FileInfo) -> bool:
        if info.file_size != there.file_size:
            return False
        was_changed = (info.modified_ms or 0) > (there.modified_ms or info.modified_ms or 0)
        if not (self._compare_content or was_changed):
            return True
        path = ArtifactPath.parse(info.path)
        return _digest(source, path) == _digest(destination, path)


def _digest(store: ArtifactStore, path: ArtifactPath) -> bytes:
    file = store.open(path)
    try:
        digest = hashlib.blake2b()
        for piece in file.read():
            digest.update(piece)
        return digest.digest()
    finally:
        file.close()


def _files(source: ArtifactStore, destination: ArtifactStore) -> Iterator[tuple[FileInfo, FileInfo | None]]:
    """Every file of the source, with the one of its name at the destination, None where it lacks there."""
    folders = [ArtifactPath("")]
    while folders:
        folder = folders.pop()
        found = source.list(folder)
        if not found:
            continue
        there = {info.path: info for info in destination.list(folder) if not info.is_dir}
        for info in found:
            if info.is_dir:
                folders.append(ArtifactPath.parse(info.path))
            else:
                yield info, there.get(info.path)


def _bring_one(source: ArtifactStore, destination: ArtifactStore | StreamedArtifactStore, path: ArtifactPath) -> int:
    """Copy one file in constant memory; its size."""
    file = source.open(path)
    try:
        size = 0
        if isinstance(destination, StreamedArtifactStore):
            with destination.writer(path) as upload:
                for piece in file.read():
                    upload.write([piece])
                    size += len(piece)
            return size
        # A server takes a file whose length is known beforehand.
        descriptor, passing = tempfile.mkstemp(prefix="kirok-copy-")
        try:
            with open(descriptor, "wb") as local:
                for piece in file.read():
                    local.write(piece)
                    size += len(piece)
            destination.upload(Path(passing), path)
        finally:
            os.unlink(passing)
        return size
    finally:
        file.close()
