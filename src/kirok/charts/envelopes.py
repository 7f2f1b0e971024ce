"""One series between two x: its points, or for each bucket what lies in it."""

from array import array
from collections.abc import Sequence
from math import isfinite, nan

from msgspec import Struct

from kirok.charts.segments import Column, Segment, ascends
from kirok.entities.charts import Axis, Envelope, Points


class Grid(Struct, frozen=True):
    """A range of x, both ends included, cut into `width` buckets whose sizes differ by one at most."""

    low: int
    high: int
    width: int

    def shifted(self, by: int) -> "Grid":
        """The same buckets, counted from elsewhere."""
        return Grid(self.low + by, self.high + by, self.width)

    def bucket(self, x: int) -> int:
        """The number of the bucket that holds `x`."""
        return (x - self.low) * self.width // (self.high - self.low + 1)

    def end(self, bucket: int) -> int:
        """The least x beyond a bucket."""
        return self.low - (bucket + 1) * (self.low - self.high - 1) // self.width


def drawn(segments: Sequence[Segment], axis: Axis, grid: Grid, origin: int = 0) -> tuple[int, Points | Envelope]:
    """How many points lie on the grid, and those: as they are where two times its width hold them all.

    The segments follow each other by rank. The grid counts x as the axis does (steps, or timestamps); in what is
    drawn, x is counted from `origin`.
    """
    parts: list[tuple[Column, Segment, int, int]] = []
    for segment in segments:
        column, ordered = segment.along(axis)
        start, end = column.place(grid.low), column.place(grid.high + 1)
        if start < end:
            parts.append((column, ordered, start, end))
    count = sum(end - start for *_, start, end in parts)
    if count <= 2 * grid.width:
        return count, _points(parts, origin)
    buckets: dict[int, _Bucket] = {}
    for column, segment, start, end in parts:
        _fill(buckets, grid, column, segment, start, end)
    return count, _envelope([buckets[number] for number in sorted(buckets)], origin)


class _Bucket:
    __slots__ = ("count", "first", "high", "last", "low", "marks", "x_first", "x_last")

    def __init__(
        self, x_first: int, x_last: int, first: float, last: float, count: int, low: float, high: float, marks: int
    ) -> None:
        self.x_first, self.x_last, self.first, self.last = x_first, x_last, first, last
        self.count, self.low, self.high, self.marks = count, low, high, marks

    def add(self, later: "_Bucket") -> None:
        """Take in what a segment of greater rank holds of the bucket."""
        if later.x_first < self.x_first:
            self.x_first, self.first = later.x_first, later.first
        if later.x_last >= self.x_last:
            self.x_last, self.last = later.x_last, later.last
        self.low, self.high = min(self.low, later.low), max(self.high, later.high)
        self.count += later.count
        self.marks |= later.marks


def _fill(buckets: dict[int, _Bucket], grid: Grid, column: Column, segment: Segment, position: int, end: int) -> None:
    values = segment.values
    while position < end:
        number = grid.bucket(column[position])
        beyond = min(column.place(grid.end(number), position), end)
        low, high, marks = segment.extremes(position, beyond)
        found = _Bucket(
            column[position],
            column[beyond - 1],
            values[position],
            values[beyond - 1],
            beyond - position,
            low,
            high,
            marks,
        )
        known = buckets.setdefault(number, found)
        if known is not found:
            known.add(found)
        position = beyond


def _points(parts: Sequence[tuple[Column, Segment, int, int]], origin: int) -> Points:
    x, value = array("q"), array("d")
    for column, segment, start, end in parts:
        x.extend([place - origin for place in column.values(start, end)])
        value.extend(segment.values[start:end])
    if not ascends(x):  # times of one segment lie among those of another
        order = sorted(range(len(x)), key=x.__getitem__)  # points of one x keep the order of their ranks
        x, value = array("q", map(x.__getitem__, order)), array("d", map(value.__getitem__, order))
    return Points(x, value)


def _envelope(buckets: Sequence[_Bucket], origin: int) -> Envelope:
    return Envelope(
        x_first=array("q", [bucket.x_first - origin for bucket in buckets]),
        x_last=array("q", [bucket.x_last - origin for bucket in buckets]),
        count=array("q", [bucket.count for bucket in buckets]),
        minimum=array("d", [bucket.low if isfinite(bucket.low) else nan for bucket in buckets]),
        maximum=array("d", [bucket.high if isfinite(bucket.high) else nan for bucket in buckets]),
        first=array("d", [bucket.first for bucket in buckets]),
        last=array("d", [bucket.last for bucket in buckets]),
        marks=array("q", [bucket.marks for bucket in buckets]),
    )
