"""Points of one series as columns, so that a chart touches arrays instead of records."""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from itertools import pairwise, starmap
from math import inf, isfinite
from operator import le

from kirok.entities.charts import HAS_MINUS_INFINITY, HAS_NAN, HAS_PLUS_INFINITY, Axis

BLOCK = 64
"""Points that share one entry of a summary. Fewer would make summaries larger, more would leave more to look through
at the two ends of a bucket; between 32 and 128 the time of a chart hardly moves."""


class Column:
    """Integers in ascending order, or at least ones that are looked up by position: a base plus offsets.

    The offsets are an array, or a range where they rise evenly, as steps mostly do.
    """

    __slots__ = ("base", "offsets")

    def __init__(self, base: int, offsets: Sequence[int]) -> None:
        self.base, self.offsets = base, offsets

    def __len__(self) -> int:
        return len(self.offsets)

    def __getitem__(self, position: int) -> int:
        return self.base + self.offsets[position]

    def place(self, x: int, low: int = 0) -> int:
        """How many of the integers, which ascend from position `low` on, are less than `x`."""
        return bisect_left(self.offsets, x - self.base, low)

    def values(self, start: int, end: int) -> Iterable[int]:
        """The integers from position `start` to `end`."""
        base = self.base
        return [base + offset for offset in self.offsets[start:end]]


class Summary:
    """The least and the greatest finite value of each block of BLOCK points; +inf and -inf where it has none."""

    __slots__ = ("highs", "lows")

    def __init__(self, lows: array[float], highs: array[float]) -> None:
        self.lows, self.highs = lows, highs

    @classmethod
    def of(cls, values: array[float]) -> Summary:
        """The summary of values, the last block as long as it is."""
        lows, highs = array("d"), array("d")
        for start in range(0, len(values), BLOCK):
            finite = list(filter(isfinite, values[start : start + BLOCK]))
            lows.append(min(finite, default=inf))
            highs.append(max(finite, default=-inf))
        return cls(lows, highs)


class Segment:
    """Consecutive points of one series in MLflow's order of a series' ranks, (step, timestamp, value)."""

    __slots__ = ("specials", "steps", "summary", "times", "times_ascend", "values")

    def __init__(
        self,
        steps: Column,
        times: Column,
        values: array[float],
        specials: Sequence[int],
        *,
        times_ascend: bool,
        summary: Summary | None = None,
    ) -> None:
        self.steps, self.times, self.values = steps, times, values
        self.specials = specials
        """Positions of the values that are NaN or infinite, in ascending order."""
        self.times_ascend = times_ascend
        self.summary = summary

    @classmethod
    def of(cls, points: Iterable[tuple[int, int, float]]) -> Segment:
        """The segment of (step, timestamp, value), ordered by rank."""
        rows = list(points)
        steps, times = array("q", (row[0] for row in rows)), array("q", (row[1] for row in rows))
        values = array("d", (row[2] for row in rows))
        specials = [position for position, value in enumerate(values) if not isfinite(value)]
        return cls(Column(0, steps), Column(0, times), values, specials, times_ascend=ascends(times))

    def __len__(self) -> int:
        return len(self.values)

    def along(self, axis: Axis) -> tuple[Column, Segment]:
        """The column of an axis, ascending, and the segment whose positions it counts.

        That is this segment itself, but where times go up and down: then its points in the order of a history.
        """
        if axis is Axis.STEP:
            return self.steps, self
        if self.times_ascend:  # and where steps and times both ascend, the two orders are one
            return self.times, self
        times = self.times
        # Points of one time stay as they are, by step and value, which is how a history orders them.
        order = sorted(range(len(self)), key=times.offsets.__getitem__)
        rank = {position: place for place, position in enumerate(order)}
        ordered = Segment(
            Column(self.steps.base, array("q", map(self.steps.offsets.__getitem__, order))),
            Column(times.base, array("q", map(times.offsets.__getitem__, order))),
            array("d", map(self.values.__getitem__, order)),
            sorted(rank[position] for position in self.specials),
            times_ascend=True,
        )
        return ordered.times, ordered

    def extremes(self, start: int, end: int) -> tuple[float, float, int]:
        """The least and greatest finite value from position `start` to `end`, and the marks of the others.

        +inf and -inf where no value is finite.
        """
        marks = self._marks(start, end) if self.specials else 0
        values, summary = self.values, self.summary
        block, last_block = -(-start // BLOCK), end // BLOCK
        if summary is None or block >= last_block:
            lows = highs = _finite(values[start:end], marks)
        else:
            ends = _finite(values[start : block * BLOCK] + values[last_block * BLOCK : end], marks)
            lows, highs = summary.lows[block:last_block] + ends, summary.highs[block:last_block] + ends
        return min(lows, default=inf), max(highs, default=-inf), marks

    def _marks(self, start: int, end: int) -> int:
        marks = 0
        for position in self.specials[bisect_left(self.specials, start) : bisect_left(self.specials, end)]:
            value = self.values[position]
            marks |= HAS_NAN if value != value else HAS_PLUS_INFINITY if value > 0 else HAS_MINUS_INFINITY
        return marks


def ascends(numbers: Sequence[int]) -> bool:
    """Whether no number is less than the one before."""
    return all(starmap(le, pairwise(numbers)))


def _finite(values: array[float], marks: int) -> array[float]:
    return array("d", filter(isfinite, values)) if marks else values
