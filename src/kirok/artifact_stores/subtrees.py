"""A directory of a store as a store of its own."""

from contextlib import AbstractContextManager
from pathlib import Path

from kirok.artifact_stores.names import check_file
from kirok.artifact_stores.protocols import OpenFile, StreamedArtifactStore, Upload
from kirok.entities.artifacts import ArtifactPath, FileInfo
from kirok.rules.locations import below


class Subtree:
    """The files of `store` below `prefix`."""

    def __init__(self, store: StreamedArtifactStore, prefix: ArtifactPath) -> None:
        self._store, self._prefix = store, prefix
        self.uri = below(store.uri, prefix) if prefix else store.uri

    def list(self, path: ArtifactPath) -> list[FileInfo]:
        """As ArtifactStore.list, paths relative to the prefix."""
        cut = len(self._prefix) + 1 if self._prefix else 0
        return [FileInfo(info.path[cut:], info.is_dir, info.file_size) for info in self._store.list(self._whole(path))]

    def open(self, path: ArtifactPath) -> OpenFile:
        """As ArtifactStore.open."""
        check_file(path)
        return self._store.open(self._whole(path))

    def upload(self, local: Path, path: ArtifactPath) -> None:
        """As ArtifactStore.upload."""
        check_file(path)
        self._store.upload(local, self._whole(path))

    def writer(self, path: ArtifactPath) -> AbstractContextManager[Upload]:
        """As StreamedArtifactStore.writer."""
        check_file(path)
        return self._store.writer(self._whole(path))

    def delete(self, path: ArtifactPath) -> None:
        """As ArtifactStore.delete."""
        self._store.delete(self._whole(path))

    def _whole(self, path: ArtifactPath) -> ArtifactPath:
        return ArtifactPath.of(self._prefix, path)
