"""Artifacts in an object store: S3 and what speaks like it, Google Cloud Storage, Azure Blob Storage."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

from kirok.artifact_stores.names import check_file
from kirok.artifact_stores.objects.protocols import Bucket
from kirok.artifact_stores.objects.refusals import NoSuchBucket
from kirok.artifact_stores.objects.told import told
from kirok.artifact_stores.objects.uploads import PartedObject, StreamedObject, part_bytes_for
from kirok.artifact_stores.parallel import interruptibly
from kirok.artifact_stores.protocols import DirectAccess, PartedUploads, Upload
from kirok.base.errors import InvalidParameter, NotFound, Unavailable
from kirok.entities.artifacts import ArtifactPath, FileInfo

_PIECE_BYTES = 1 << 20


class OpenObject:
    """An object as it was when opened; a read of one replaced since is refused by the store.

    The answer that told of it goes on to its bytes, for whoever reads all of them.
    """

    def __init__(self, bucket: Bucket, path: ArtifactPath) -> None:
        import obstore

        self._bucket, self._path = bucket, path
        self._held: Any = interruptibly(partial(obstore.get, bucket.store, bucket.place.key(path)))
        meta = self._held.meta
        self.size_bytes: int = meta["size"]
        self.modified_s: float = meta["last_modified"].timestamp()
        self._tag: str | None = meta["e_tag"] or None
        self.etag = (self._tag or f"{self.modified_s:.0f}-{self.size_bytes:x}").strip('"')

    def read(self, start: int = 0, length: int | None = None) -> Iterator[bytes]:
        """The bytes from `start` on."""
        end = self.size_bytes if length is None else min(self.size_bytes, start + length)
        if start >= end:
            return
        with told(self._bucket, "read", self._path):
            pieces = iter(self._answer(start, end).stream(min_chunk_size=_PIECE_BYTES))
            while (piece := interruptibly(partial(next, pieces, None))) is not None:
                start += len(piece)
                yield bytes(piece)
        if start != end:
            raise Unavailable(f"The artifact {str(self._path)!r} broke off {end - start} bytes early. Try again.")

    def close(self) -> None:
        """Let go of the answer."""
        self._held = None

    def _answer(self, start: int, end: int) -> Any:
        import obstore

        held, self._held = self._held, None
        if held is not None and (start, end) == (0, self.size_bytes):
            return held
        key = self._bucket.place.key(self._path)
        options: Any = {"range": (start, end), "if_match": self._tag}
        return interruptibly(partial(obstore.get, self._bucket.store, key, options=options))


class ObjectArtifacts:
    """Files below a URI such as `s3://bucket/folder`."""

    def __init__(self, bucket: Bucket) -> None:
        self._bucket = bucket
        self.uri = bucket.place.uri

    @property
    def parted(self) -> PartedUploads | None:
        """Uploads in parts, where the store lets others than obstore begin them."""
        return self._bucket.parted

    @property
    def direct(self) -> DirectAccess | None:
        """Signed requests, where the credentials can sign."""
        return self._bucket.direct

    def list(self, path: ArtifactPath) -> list[FileInfo]:
        """What lies directly below a prefix, by path."""
        import obstore

        place = self._bucket.place
        with told(self._bucket, "list", path):
            listing = partial(obstore.list_with_delimiter, self._bucket.store, place.key(path) or None)
            found = interruptibly(listing)
        folders = [FileInfo(place.path(str(prefix)), is_dir=True) for prefix in found["common_prefixes"]]
        files = [
            FileInfo(place.path(meta["path"]), False, meta["size"], _milliseconds(meta["last_modified"]))
            for meta in found["objects"]
        ]
        # An empty object named like the folder itself is how some tools show that it is one.
        return sorted((info for info in folders + files if info.path != path), key=lambda info: info.path)

    def open(self, path: ArtifactPath) -> OpenObject:
        """The object at `path`."""
        check_file(path)
        try:
            with told(self._bucket, "read", path):
                return OpenObject(self._bucket, path)
        except NoSuchBucket:
            raise
        except NotFound:
            if self.list(path):
                raise InvalidParameter(f"Invalid path: {str(path)!r} is a directory; name a file in it.") from None
            raise

    def upload(self, local: Path, path: ArtifactPath) -> None:
        """Store a copy of a local file."""
        with local.open("rb") as file:
            part_bytes = part_bytes_for(local.stat().st_size)
            with self._writing(path, part_bytes) as upload:
                while piece := file.read(part_bytes):
                    upload.write([piece])

    def writer(self, path: ArtifactPath) -> AbstractContextManager[Upload]:
        """An upload that becomes the object when the block ends."""
        return self._writing(path, part_bytes_for(0))

    def delete(self, path: ArtifactPath) -> None:
        """Remove an object and all below it."""
        import obstore

        key = self._bucket.place.key(path)
        with told(self._bucket, "delete", path):
            for batch in obstore.list(self._bucket.store, key or None):
                self._bucket.remove([meta["path"] for meta in batch])
                for meta in batch:
                    if meta["size"] == 0:
                        self._bucket.remove_folder_marker(meta["path"])
            if path:
                self._bucket.remove([key])

    @contextmanager
    def _writing(self, path: ArtifactPath, part_bytes: int) -> Iterator[PartedObject | StreamedObject]:
        check_file(path)
        parted = self._bucket.parted
        upload = (
            StreamedObject(self._bucket, path)
            if parted is None
            else PartedObject(self._bucket, parted, path, part_bytes)
        )
        try:
            yield upload
            upload.finish()
        except BaseException:
            upload.drop()
            raise


def _milliseconds(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)
