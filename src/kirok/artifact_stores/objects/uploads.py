"""An object on its way into a bucket: one request where it is small, parts that travel side by side where it is not."""

from collections import deque
from collections.abc import Sequence
from concurrent.futures import Future, wait
from contextlib import suppress
from functools import partial
from typing import Any

from kirok.artifact_stores.objects.content_types import content_type
from kirok.artifact_stores.objects.protocols import Bucket, ObjectUploads
from kirok.artifact_stores.objects.told import told
from kirok.artifact_stores.parallel import begin, interruptibly
from kirok.base.errors import KirokError
from kirok.entities.artifacts import ArtifactPath, Part

PART_BYTES = 8 << 20
"""Above the smallest that S3 takes; with those under way it fills a fast link in some 32 MiB of memory."""
_AT_ONCE = 3
MOST_PARTS = 10_000
"""S3's limit."""
# A part that arrives after its upload was given up may lie there until the store clears up.
_GRACE_S = 10.0
# Parts grow late: some stores (Cloudflare R2) want all of one size, and 5,000 of 8 MiB are 40 GiB.
_GROW_FROM, _GROW_EVERY = 5_000, 1_000


class PartedObject:
    """A file in parts. `finish` makes it visible, `drop` leaves no trace of it."""

    def __init__(self, bucket: Bucket, parted: ObjectUploads, path: ArtifactPath, part_bytes: int = PART_BYTES) -> None:
        self._bucket, self._parted, self._path = bucket, parted, path
        self._part_bytes = part_bytes
        self._held = bytearray()
        self._upload_id: str | None = None
        self._sent = 0
        self._parts: list[Part] = []
        self._under_way: deque[Future[Part]] = deque()

    def write(self, pieces: Sequence[bytes]) -> None:
        """Append."""
        for piece in pieces:
            if not self._held and len(piece) == self._part_bytes:
                self._send(piece)
                continue
            self._held += piece
            while len(self._held) >= self._part_bytes:
                part = bytes(memoryview(self._held)[: self._part_bytes])
                del self._held[: len(part)]
                self._send(part)

    def finish(self) -> None:
        """Send the rest and put all together."""
        if self._upload_id is None:
            with told(self._bucket, "write", self._path):
                interruptibly(partial(self._bucket.put, self._bucket.place.key(self._path), bytes(self._held)))
            return
        if self._held:
            self._send(bytes(self._held))
        while self._under_way:
            self._parts.append(self._under_way.popleft().result())
        self._parted.complete(self._path, self._upload_id, self._parts)

    def drop(self) -> None:
        """Give up; the store is told, whatever else has failed."""
        wait(self._under_way, _GRACE_S)
        if self._upload_id is not None:
            with suppress(KirokError):
                self._parted.abandon(self._path, self._upload_id)

    def _send(self, content: bytes) -> None:
        if self._upload_id is None:
            self._upload_id = self._parted.begin(self._path, self._part_bytes)
        if len(self._under_way) == _AT_ONCE:
            self._parts.append(self._under_way.popleft().result())
        self._sent += 1
        self._under_way.append(begin(partial(self._parted.send, self._path, self._upload_id, self._sent, content)))
        if self._sent >= _GROW_FROM and self._sent % _GROW_EVERY == 0:
            self._part_bytes *= 2


class StreamedObject:
    """A file by obstore's own parts, where a bucket has none that can be given up: what is dropped stays unseen, and
    goes when the store clears unfinished uploads (Azure after a week, others by a rule of the bucket's).
    """

    def __init__(self, bucket: Bucket, path: ArtifactPath) -> None:
        import obstore

        self._bucket, self._path = bucket, path
        key = bucket.place.key(path)
        self._writer: Any = obstore.open_writer(
            bucket.store,
            key,
            buffer_size=PART_BYTES,
            max_concurrency=_AT_ONCE,
            attributes={"Content-Type": content_type(key)},
        )

    def write(self, pieces: Sequence[bytes]) -> None:
        """Append."""
        with told(self._bucket, "write", self._path):
            for piece in pieces:
                self._writer.write(piece)

    def finish(self) -> None:
        """Put all together."""
        with told(self._bucket, "write", self._path):
            self._writer.close()

    def drop(self) -> None:
        """Forget the writer: closing it would complete the object with the part that came."""


def part_bytes_for(size_bytes: int) -> int:
    """The size of parts in which a file of `size_bytes` has not too many."""
    return max(PART_BYTES, -(-size_bytes // MOST_PARTS))
