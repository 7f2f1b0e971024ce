"""The points of one series as segments: from its chunks as far as they go, from rows beyond."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterable, Sequence
from itertools import islice

from msgspec import Struct

from kirok.charts.segments import Column, Segment, ascends
from kirok.entities.charts import Axis
from kirok.rules.values import LARGEST, restored_value
from kirok.stores.sql.charts.counted import counted_points
from kirok.stores.sql.charts.packing import Damaged, unpacked
from kirok.stores.sql.connection import Connection
from kirok.stores.sql.history_pages import SERIES_INDEX

Row = tuple[int, int, float, int]
"""step, timestamp, stored value, is_nan: the order of a series' ranks."""

CHUNK_POINTS = 4_096
"""Points of a chunk, at least: it ends where a step does. More would mean fewer statements and a longer loose end."""
LOOSE_POINTS = 2_048
"""Points at the end of a series that stay rows, so that those which come a little late meet no chunk."""

_LEAST_STEP = -(2**63)
_BATCH = 4 * CHUNK_POINTS

_BY_RANK = " ORDER BY step, timestamp, value, is_nan"

_SERIES = "FROM metrics{by_series} WHERE run_uuid = ? AND key = ?"
_HEADS = (
    "SELECT number, points, first_step, last_step, first_timestamp, last_timestamp FROM kirok_chunks "
    "WHERE run_uuid = ? AND metric_key = ? ORDER BY number"
)
_PACKED = (
    "SELECT packed FROM kirok_chunks WHERE run_uuid = ? AND metric_key = ? AND number BETWEEN ? AND ? ORDER BY number"
)


class ChunkHead(Struct, frozen=True):
    """What a chunk covers. The timestamps are the least and the greatest."""

    number: int
    points: int
    first_step: int
    last_step: int
    first_timestamp: int
    last_timestamp: int

    def meets(self, axis: Axis, low: int, high: int) -> bool:
        """Whether it may hold a point between two x."""
        if axis is Axis.STEP:
            return self.first_step <= high and self.last_step >= low
        return self.first_timestamp <= high and self.last_timestamp >= low


class SeriesPoints:
    """One series as one snapshot of the database has it. Every answer is what the rows would give."""

    def __init__(
        self,
        connection: Connection,
        run_id: str,
        key: str,
        report: Callable[[str, str], None],
        *,
        may_be_sealed: bool,
    ) -> None:
        """`report` is told of a series that would be read faster if somebody sealed it, or sealed it anew."""
        self._connection = connection
        self._series = (run_id, key)
        self._report = report
        self._source = _SERIES.format(by_series=connection.dialect.using_index(SERIES_INDEX))
        self._heads: Sequence[ChunkHead] | None = None if may_be_sealed else ()

    @property
    def heads(self) -> Sequence[ChunkHead]:
        """The chunks, none where they do not hold exactly the points that are there at their steps."""
        if self._heads is None:
            self._heads = self._sound_heads()
        return self._heads

    def extent(self, axis: Axis) -> tuple[int, int] | None:
        """The least and the greatest step or timestamp; None for a series without points."""
        if axis is Axis.STEP:
            ends = (f"(SELECT step {self._source} ORDER BY step{order} LIMIT 1)" for order in ("", " DESC"))
            low, high = self._connection.execute(f"SELECT {', '.join(ends)}", (*self._series, *self._series)).fetchone()
            return None if low is None else (low, high)
        low, high = self._connection.execute(
            f"SELECT min(timestamp), max(timestamp) {self._source} AND step >= ?", (*self._series, self._loose_step())
        ).fetchone()
        lows = [head.first_timestamp for head in self.heads] + ([] if low is None else [low])
        highs = [head.last_timestamp for head in self.heads] + ([] if high is None else [high])
        return (min(lows), max(highs)) if lows else None

    def load(self, axis: Axis, low: int, high: int) -> list[Segment]:
        """Segments in order of rank that hold every point between two x, and perhaps others."""
        try:
            segments = self._packed(axis, low, high)
        except Damaged:
            self._heads, segments = (), []
            self._report(*self._series)
        rows = iter(self._loose(axis, low, high))
        count = 0
        while batch := list(islice(rows, _BATCH)):  # a million rows at once would take ten times what their arrays do
            segments.append(segment_of(batch))
            count += len(batch)
        if count >= 2 * CHUNK_POINTS + LOOSE_POINTS:
            self._report(*self._series)
        return segments

    def _packed(self, axis: Axis, low: int, high: int) -> list[Segment]:
        wanted = [head.number for head in self.heads if head.meets(axis, low, high)]
        if not wanted:
            return []
        rows = self._connection.execute(_PACKED, (*self._series, wanted[0], wanted[-1]))
        return [unpacked(blob) for (blob,) in rows]

    def _loose(self, axis: Axis, low: int, high: int) -> Iterable[Row]:
        """The rows that no chunk holds, by rank; along steps, those between two."""
        rows = f"SELECT step, timestamp, value, is_nan {self._source}"
        # One bound below, not two: SQLite would seek the first it finds, and walk on from there to the other.
        start = self._loose_step()
        if axis is not Axis.STEP:
            return self._connection.execute(f"{rows} AND step >= ?{_BY_RANK}", (*self._series, start))
        span = (max(start, low), high)
        return self._connection.execute(f"{rows} AND step BETWEEN ? AND ?{_BY_RANK}", (*self._series, *span))

    def _loose_step(self) -> int:
        """The first step that no chunk covers. There always is one: sealing leaves the last points loose."""
        return self.heads[-1].last_step + 1 if self.heads else _LEAST_STEP

    def _sound_heads(self) -> Sequence[ChunkHead]:
        heads = read_heads(self._connection, *self._series)
        if not heads:
            return ()
        last_step, sealed = heads[-1].last_step, sum(head.points for head in heads)
        loose = self._count(" AND step > ?", last_step)
        # Points are only ever added, and never twice, so where the sum is right no point lies outside.
        if sealed + loose == counted_points(self._connection, *self._series):
            return heads
        if sealed == self._count(" AND step <= ?", last_step):
            return heads
        self._report(*self._series)
        return ()

    def _count(self, condition: str, step: int) -> int:
        statement = f"SELECT count(*) {self._source}{condition}"
        count: int = self._connection.execute(statement, (*self._series, step)).fetchone()[0]
        return count


def read_heads(connection: Connection, run_id: str, key: str) -> list[ChunkHead]:
    """The chunks of a series, up to the first that does not follow on the one before."""
    heads: list[ChunkHead] = []
    for row in connection.execute(_HEADS, (run_id, key)):
        head = ChunkHead(*row)
        if head.number != len(heads) or (heads and head.first_step <= heads[-1].last_step):
            break
        heads.append(head)
    return heads


def segment_of(rows: Sequence[Row]) -> Segment:
    """Rows in order of rank as a segment."""
    steps, times, values, are_nan = zip(*rows, strict=True)
    column = array("q", times)
    numbers = array("d", values)
    specials: list[int] = []
    if any(are_nan) or max(values) >= LARGEST or min(values) <= -LARGEST:
        for position, is_nan in enumerate(are_nan):
            if is_nan or not -LARGEST < numbers[position] < LARGEST:
                numbers[position] = restored_value(numbers[position], is_nan)
                specials.append(position)
    return Segment(Column(0, array("q", steps)), Column(0, column), numbers, specials, times_ascend=ascends(column))
