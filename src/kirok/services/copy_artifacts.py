"""Trees of files on their way from one artifact store to another."""

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
    """Brings the files below one place to another. Those of equal size there are taken for the same."""

    def __init__(self, open_source: Opener, open_destination: Opener) -> None:
        self._open_source, self._open_destination = open_source, open_destination

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
            for info, size_there in _files(source, destination):
                if info.path in left:
                    continue
                artifacts.files += 1
                artifacts.size_bytes += info.file_size or 0
                if info.file_size == size_there:
                    continue
                if not write:
                    artifacts.differing.append(f"{new}/{info.path}")
                    continue
                try:
                    artifacts.copied_bytes += _bring_one(source, destination, ArtifactPath.parse(info.path))
                    artifacts.copied += 1
                except KirokError as error:
                    artifacts.failures[f"{old}/{info.path}"] = error.message
        except KirokError as error:
            artifacts.failures[old] = error.message


def _files(source: ArtifactStore, destination: ArtifactStore) -> Iterator[tuple[FileInfo, int | None]]:
    """Every file of the source, with its size at the destination, None where it lacks there."""
    folders = [ArtifactPath("")]
    while folders:
        folder = folders.pop()
        found = source.list(folder)
        if not found:
            continue
        there = {info.path: info.file_size for info in destination.list(folder) if not info.is_dir}
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
