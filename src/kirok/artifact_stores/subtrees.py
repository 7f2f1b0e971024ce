"""A directory of a store as a store of its own."""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from pathlib import Path

from kirok.artifact_stores.names import check_file
from kirok.artifact_stores.protocols import DirectAccess, OpenFile, PartedUploads, StreamedArtifactStore, Upload
from kirok.entities.artifacts import ArtifactPath, FileInfo, Part, SignedRequest
from kirok.rules.locations import below


class Subtree:
    """The files of `store` below `prefix`."""

    def __init__(self, store: StreamedArtifactStore, prefix: ArtifactPath) -> None:
        self._store, self._prefix = store, prefix
        self.uri = below(store.uri, prefix) if prefix else store.uri

    @property
    def parted(self) -> PartedUploads | None:
        """As ArtifactStore.parted."""
        return None if self._store.parted is None else PartedSubtree(self._store.parted, self._prefix)

    @property
    def direct(self) -> DirectAccess | None:
        """As ArtifactStore.direct."""
        return None if self._store.direct is None else DirectSubtree(self._store.direct, self._prefix)

    def list(self, path: ArtifactPath) -> list[FileInfo]:
        """As ArtifactStore.list, paths relative to the prefix."""
        cut = len(self._prefix) + 1 if self._prefix else 0
        found = self._store.list(self._whole(path))
        return [FileInfo(info.path[cut:], info.is_dir, info.file_size, info.modified_ms) for info in found]

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


class PartedSubtree:
    """Uploads in parts below `prefix`."""

    def __init__(self, uploads: PartedUploads, prefix: ArtifactPath) -> None:
        self._uploads, self._prefix = uploads, prefix
        self.smallest_part_bytes = uploads.smallest_part_bytes

    def begin(self, path: ArtifactPath, part_bytes: int) -> str:
        """As PartedUploads.begin."""
        check_file(path)
        return self._uploads.begin(self._whole(path), part_bytes)

    def part(self, path: ArtifactPath, upload_id: str, number: int) -> AbstractContextManager[Upload]:
        """As PartedUploads.part."""
        return self._uploads.part(self._whole(path), upload_id, number)

    def parts(self, path: ArtifactPath, upload_id: str) -> Sequence[Part]:
        """As PartedUploads.parts."""
        return self._uploads.parts(self._whole(path), upload_id)

    def complete(self, path: ArtifactPath, upload_id: str, parts: Sequence[Part]) -> None:
        """As PartedUploads.complete."""
        self._uploads.complete(self._whole(path), upload_id, parts)

    def abandon(self, path: ArtifactPath, upload_id: str) -> None:
        """As PartedUploads.abandon."""
        self._uploads.abandon(self._whole(path), upload_id)

    def _whole(self, path: ArtifactPath) -> ArtifactPath:
        return ArtifactPath.of(self._prefix, path)


class DirectSubtree:
    """Signed requests for files below `prefix`."""

    def __init__(self, direct: DirectAccess, prefix: ArtifactPath) -> None:
        self._direct, self._prefix = direct, prefix

    def download(self, path: ArtifactPath, expires_s: int) -> SignedRequest:
        """As DirectAccess.download."""
        check_file(path)
        return self._direct.download(self._whole(path), expires_s)

    def upload(self, path: ArtifactPath, expires_s: int) -> SignedRequest:
        """As DirectAccess.upload."""
        check_file(path)
        return self._direct.upload(self._whole(path), expires_s)

    def part(self, path: ArtifactPath, upload_id: str, number: int, expires_s: int) -> SignedRequest | None:
        """As DirectAccess.part."""
        check_file(path)
        return self._direct.part(self._whole(path), upload_id, number, expires_s)

    def _whole(self, path: ArtifactPath) -> ArtifactPath:
        return ArtifactPath.of(self._prefix, path)
