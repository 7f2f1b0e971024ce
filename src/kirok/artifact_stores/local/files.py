"""Files of a folder: one being read, one being written."""

import errno
import os
import sys
import threading
from collections.abc import Iterator, Sequence
from typing import BinaryIO

from kirok.artifact_stores.local.durability import WRITTEN_BACK_BYTES, begin_write_back
from kirok.base.errors import InternalError, InvalidParameter

# One read: large enough that the hop to a thread is nothing beside it, small enough to stay in the processor's cache.
_PIECE_BYTES = 1 << 20

BINARY = getattr(os, "O_BINARY", 0)
"""A flag that Windows needs, lest it change line ends."""


class OpenLocalFile:
    """A file held open."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._turn = threading.Lock()
        status = os.fstat(descriptor)
        self.size_bytes = status.st_size
        self.modified_s = status.st_mtime
        self.etag = f"{status.st_mtime_ns:x}-{status.st_size:x}"

    def read(self, start: int = 0, length: int | None = None) -> Iterator[bytes]:
        """The bytes from `start` on."""
        end = self.size_bytes if length is None else min(self.size_bytes, start + length)
        while start < end:
            piece = self._piece(start, min(_PIECE_BYTES, end - start))
            if not piece:
                raise InternalError("A file was cut short while it was being read.")
            start += len(piece)
            yield piece

    def close(self) -> None:
        """Close the file."""
        os.close(self._descriptor)

    def _piece(self, start: int, length: int) -> bytes:
        if hasattr(os, "pread"):
            piece: bytes = os.pread(self._descriptor, length, start)
            return piece
        with self._turn:  # Windows can only seek, then read
            os.lseek(self._descriptor, start, os.SEEK_SET)
            return os.read(self._descriptor, length)


class LocalUpload:
    """A file, or a part of one from `start` on, being written; `limit` is the most it may take, in bytes."""

    def __init__(self, descriptor: int, *, durable: bool, start: int = 0, limit: int | None = None) -> None:
        self._descriptor, self._durable, self._limit = descriptor, durable, limit
        self._start = self._written_back = start
        self.size_bytes = 0
        if start:
            os.lseek(descriptor, start, os.SEEK_SET)

    def write(self, pieces: Sequence[bytes]) -> None:
        """Append. InvalidParameter beyond the limit."""
        for piece in pieces:
            self.size_bytes += len(piece)
            if self._limit is not None and self.size_bytes > self._limit:
                raise InvalidParameter(f"The part is too long: this upload's parts have {self._limit} bytes.")
            view = memoryview(piece)
            while view:
                view = view[os.write(self._descriptor, view) :]
        reached = self._start + self.size_bytes
        if self._durable and reached - self._written_back >= WRITTEN_BACK_BYTES:
            begin_write_back(self._descriptor, self._written_back, reached - self._written_back)
            self._written_back = reached

    def copy(self, source: BinaryIO) -> None:
        """Append all that a file holds from where it stands; on Linux within the system, without a look at it."""
        if sys.platform == "linux":
            try:
                while os.sendfile(self._descriptor, source.fileno(), None, _PIECE_BYTES << 10):
                    pass
                return
            except OSError as error:
                if error.errno not in (errno.EINVAL, errno.ENOSYS):  # of files that cannot be mapped into memory
                    raise
        while piece := source.read(_PIECE_BYTES):
            self.write([piece])

    def finish(self) -> None:
        """Until the bytes are on the disk, where they are to be."""
        if self._durable:
            os.fsync(self._descriptor)
