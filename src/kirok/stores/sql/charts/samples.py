"""Evenly spaced points of a series that has chunks."""

from collections.abc import Sequence

from kirok.charts.segments import Segment
from kirok.entities.charts import Axis
from kirok.rules.values import stored_value
from kirok.stores.sql.charts.points import Row, SeriesPoints
from kirok.stores.sql.samples import ranks_of

_ALL_STEPS = (-(2**63), 2**63 - 1)


def sampled_from_chunks(
    points: SeriesPoints, start_step: int | None, end_step: int | None, limit: int
) -> Sequence[Row]:
    """What `sampled_rows` says."""
    low, high = _ALL_STEPS if start_step is None or end_step is None else (start_step, end_step)
    parts: list[tuple[Segment, int, int]] = []
    for segment in points.load(Axis.STEP, low, high):
        start, end = segment.steps.place(low), segment.steps.place(high + 1)
        if start < end:
            parts.append((segment, start, end))
    count = sum(end - start for _, start, end in parts)
    wanted = iter(range(count) if count <= limit else ranks_of(count, limit))
    rows: list[Row] = []
    passed, rank = 0, next(wanted, None)
    for segment, start, end in parts:
        while rank is not None and rank - passed < end - start:
            rows.append(_row(segment, start + rank - passed))
            rank = next(wanted, None)
        passed += end - start
    return rows


def _row(segment: Segment, position: int) -> Row:
    value, is_nan = stored_value(segment.values[position])
    return segment.steps[position], segment.times[position], value, is_nan
