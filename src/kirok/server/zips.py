"""A zip archive written as a stream: nothing is known beforehand, and nothing but a line per file is kept.

By PKWARE's APPNOTE 6.3.10: local headers with bit 3 (checksum and sizes follow the content), names in UTF-8 (bit 11),
zip64 where a size, a place or the count asks for it, and Info-ZIP's field 0x5455 for times in UTC.
"""

import struct
import time
import zlib
from collections.abc import Iterable, Iterator
from tempfile import SpooledTemporaryFile

_SIZES_FOLLOW_AND_UTF8 = 0x0808
_STORED, _DEFLATED = 0, 8
_MAX32, _MAX16 = 0xFFFFFFFF, 0xFFFF
_ZIP64 = 45
_MADE_ON_UNIX = 3 << 8 | _ZIP64
_PLAIN_FILE = 0o100644 << 16
_LEVEL = 1  # a third of the time of the usual 6, for a tenth to a quarter more bytes
# A deflated file may be a little longer than it was, so the room for long sizes is taken early.
_MAYBE_LONG = _MAX32 - (64 << 20)
# The directory at the end is kept in a file beyond this: some 10,000 entries.
_DIRECTORY_IN_MEMORY_BYTES = 1 << 20

_COMPRESSED = frozenset(
    "7z avi br bz2 docx flac gif gz h5 heic jpeg jpg keras lz4 mkv mov mp3 mp4 npz ogg onnx parquet pdf png pptx pt "
    "pth rar safetensors tgz ubj webm webp whl woff2 xlsx xz zip zst".split()
)
"""Endings of files that deflate would not make smaller, or only at a cost that is not worth it: weights are noise."""


class ZipStream:
    """Gives an archive's bytes as its files are given; an archive without its `ending` is noticed by every reader."""

    def __init__(self) -> None:
        self._written = 0
        self._entries = 0
        self._directory = SpooledTemporaryFile(_DIRECTORY_IN_MEMORY_BYTES)  # noqa: SIM115 - `close` does

    def file(self, name: str, size_bytes: int, modified_s: float, content: Iterable[bytes]) -> Iterator[bytes]:
        """One file of about `size_bytes`, as it stands in the archive."""
        path = name.encode("utf-8", "replace")  # file systems take names that are no UTF-8
        method = _STORED if name.rpartition(".")[2].lower() in _COMPRESSED else _DEFLATED
        is_long = size_bytes >= _MAYBE_LONG
        offset = self._written
        moment = _moment(modified_s)
        extra = struct.pack("<HHBl", 0x5455, 5, 1, _unix_seconds(modified_s))
        version = _ZIP64 if is_long else 20
        local_extra = extra + (struct.pack("<HHQQ", 1, 16, 0, 0) if is_long else b"")
        size32 = _MAX32 if is_long else 0
        yield self._count(
            struct.pack(
                "<4s5H3L2H",
                b"PK\3\4",
                version,
                _SIZES_FOLLOW_AND_UTF8,
                method,
                *moment,
                0,
                size32,
                size32,
                len(path),
                len(local_extra),
            )
            + path
            + local_extra
        )
        before, size, checksum = self._written, 0, 0
        deflate = zlib.compressobj(_LEVEL, zlib.DEFLATED, -zlib.MAX_WBITS) if method == _DEFLATED else None
        for piece in content:
            size += len(piece)
            checksum = zlib.crc32(piece, checksum)
            yield self._count(piece if deflate is None else deflate.compress(piece))
        if deflate is not None:
            yield self._count(deflate.flush())
        packed = self._written - before
        yield self._count(struct.pack("<4sLQQ" if is_long else "<4sLLL", b"PK\7\x08", checksum, packed, size))
        self._remember(path, version, method, moment, checksum, packed, size, offset, extra)

    def ending(self) -> Iterator[bytes]:
        """The directory of the archive, which makes it whole."""
        start = self._written
        self._directory.seek(0)
        while piece := self._directory.read(1 << 20):
            yield self._count(piece)
        size, entries = self._written - start, self._entries
        if start >= _MAX32 or size >= _MAX32 or entries >= _MAX16:
            locator = self._written
            yield struct.pack(
                "<4sQ2H2L4Q", b"PK\6\6", 44, _MADE_ON_UNIX, _ZIP64, 0, 0, entries, entries, size, start
            ) + struct.pack("<4sLQL", b"PK\6\7", 0, locator, 1)
        yield struct.pack(
            "<4s4H2LH",
            b"PK\5\6",
            0,
            0,
            min(entries, _MAX16),
            min(entries, _MAX16),
            min(size, _MAX32),
            min(start, _MAX32),
            0,
        )

    def close(self) -> None:
        """Drop what was kept, whether the archive was ended or not."""
        self._directory.close()

    def _remember(
        self,
        path: bytes,
        version: int,
        method: int,
        moment: tuple[int, int],
        checksum: int,
        packed: int,
        size: int,
        offset: int,
        extra: bytes,
    ) -> None:
        long = [number for number in (size, packed, offset) if number >= _MAX32]
        if long:
            version = _ZIP64
            extra += struct.pack(f"<HH{len(long)}Q", 1, 8 * len(long), *long)
        self._directory.write(
            struct.pack(
                "<4s6H3L5H2L",
                b"PK\1\2",
                _MADE_ON_UNIX,
                version,
                _SIZES_FOLLOW_AND_UTF8,
                method,
                *moment,
                checksum,
                min(packed, _MAX32),
                min(size, _MAX32),
                len(path),
                len(extra),
                0,
                0,
                0,
                _PLAIN_FILE,
                min(offset, _MAX32),
            )
            + path
            + extra
        )
        self._entries += 1

    def _count(self, piece: bytes) -> bytes:
        self._written += len(piece)
        return piece


def _moment(seconds: float) -> tuple[int, int]:
    """(time, date) as MS-DOS has them: from 1980 on, in steps of two seconds; in UTC, as archives travel."""
    try:
        year, month, day, hour, minute, second, *_ = time.gmtime(seconds)
    except (OverflowError, OSError, ValueError):
        year = 0
    if not 1980 <= year <= 2107:
        return 0, 1 << 5 | 1
    return hour << 11 | minute << 5 | second // 2, (year - 1980) << 9 | month << 5 | day


def _unix_seconds(seconds: float) -> int:
    return int(min(max(seconds, 0), 0x7FFFFFFF))
