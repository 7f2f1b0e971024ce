"""A body that is gathered before it can be sent on, in memory while it is small and on disk when it is not."""

import hashlib
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import IO, BinaryIO, cast

_IN_MEMORY_BYTES = 1 << 20


class Spool:
    """Bytes with their number and hash."""

    def __init__(self, file: IO[bytes], algorithm: str) -> None:
        self._file, self._hash = file, hashlib.new(algorithm, usedforsecurity=False)
        self.size_bytes = 0

    def write(self, pieces: Sequence[bytes]) -> None:
        """Append."""
        for piece in pieces:
            self._file.write(piece)
            self._hash.update(piece)
            self.size_bytes += len(piece)

    def rewound(self) -> BinaryIO:
        """The bytes, from the first on."""
        self._file.seek(0)
        return cast(BinaryIO, self._file)

    @property
    def digest(self) -> bytes:
        """The hash of what came."""
        return self._hash.digest()


@contextmanager
def spooled(algorithm: str) -> Iterator[Spool]:
    """A new one, gone at the end of the block."""
    with tempfile.SpooledTemporaryFile(_IN_MEMORY_BYTES) as file:
        yield Spool(file, algorithm)
