"""A chunk of a series as bytes.

Little-endian: `KCH`, a version byte, the CRC-32 of all that follows, a head, and then arrays end to end: values
(float64, NaN and infinities as themselves), the least and the greatest finite value of each block of 64 (float64),
the positions of values that are not finite (uint32), steps, timestamps. Integers that rise evenly are a base and a
stride, others offsets from a base: uint32 where they fit, int64 otherwise.

Bytes that do not check out are refused, and whoever asked reads the rows instead.
"""

from __future__ import annotations

import struct
import sys
from array import array
from collections.abc import Sequence
from typing import Any
from zlib import crc32

from kirok.charts.segments import BLOCK, Column, Segment, Summary

_MAGIC = b"KCH\x01"
_FRAME = struct.Struct("<4sI")
# points, points per block, special positions, whether times ascend; then twice kind, base, stride
_HEAD = struct.Struct("<IIIIqqqqqq")
_EVEN, _SHORT, _LONG = 0, 1, 2
_CODES = {_SHORT: "I", _LONG: "q"}


class Damaged(ValueError):
    """Bytes that are no chunk, or of another version."""


def packed(segment: Segment) -> bytes:
    """The segment as bytes, with its summary."""
    summary = segment.summary or Summary.of(segment.values)
    steps, times = _described(segment.steps), _described(segment.times)
    head = _HEAD.pack(len(segment), BLOCK, len(segment.specials), segment.times_ascend, *steps[:3], *times[:3])
    floats, integers = (segment.values, summary.lows, summary.highs), (array("I", segment.specials), steps[3], times[3])
    body = b"".join([head, *map(_bytes, floats), *map(_bytes, integers)])
    return _FRAME.pack(_MAGIC, crc32(body)) + body


def unpacked(blob: bytes) -> Segment:
    """The segment that `packed` made bytes of. Damaged for any others."""
    frame = memoryview(blob)
    body = frame[_FRAME.size :]
    if len(body) < _HEAD.size or _FRAME.unpack_from(frame) != (_MAGIC, crc32(body)):
        raise Damaged("The checksum of a packed chunk does not hold, or its version is another.")
    count, block, specials, times_ascend, *columns = _HEAD.unpack_from(body)
    if block != BLOCK:
        raise Damaged(f"A packed chunk has blocks of {block} points instead of {BLOCK}.")
    arrays = _Arrays(body, _HEAD.size)
    blocks = -(-count // BLOCK)
    values, lows, highs = arrays.floats(count), arrays.floats(blocks), arrays.floats(blocks)
    odd = arrays.integers("I", specials)
    steps, times = arrays.column(count, *columns[:3]), arrays.column(count, *columns[3:])
    return Segment(steps, times, values, odd, times_ascend=bool(times_ascend), summary=Summary(lows, highs))


class _Arrays:
    """Reads arrays end to end."""

    def __init__(self, body: memoryview, at: int) -> None:
        self._body, self._at = body, at

    def floats(self, count: int) -> array[float]:
        found = array("d")
        found.frombytes(self._next(8 * count))
        return found if sys.byteorder == "little" else _swapped(found)

    def integers(self, code: str, count: int) -> array[int]:
        found: array[int] = array(code)
        found.frombytes(self._next(found.itemsize * count))
        return found if sys.byteorder == "little" else _swapped(found)

    def column(self, count: int, kind: int, base: int, stride: int) -> Column:
        if kind == _EVEN:
            return Column(base, range(0, count * stride, stride) if stride else array("I", bytes(4 * count)))
        return Column(base, self.integers(_CODES[kind], count))

    def _next(self, size: int) -> memoryview:
        start, self._at = self._at, self._at + size
        return self._body[start : self._at]


def _described(column: Column) -> tuple[int, int, int, array[int]]:
    """Kind, base, stride and offsets."""
    numbers = list(column.values(0, len(column)))
    base, stride = min(numbers), numbers[1] - numbers[0] if len(numbers) > 1 else 0
    if 0 <= stride < 1 << 63 and numbers == _evenly(base, stride, len(numbers)):
        return _EVEN, base, stride, array("I")
    if max(numbers) - base < 1 << 32:
        return _SHORT, base, 0, array("I", [number - base for number in numbers])
    return _LONG, 0, 0, array("q", numbers)


def _evenly(base: int, stride: int, count: int) -> Sequence[int]:
    return list(range(base, base + count * stride, stride)) if stride else [base] * count


def _bytes(numbers: array[Any]) -> bytes:
    return (numbers if sys.byteorder == "little" else _swapped(numbers)).tobytes()


def _swapped(numbers: array[Any]) -> array[Any]:
    swapped = array(numbers.typecode, numbers)
    swapped.byteswap()
    return swapped
