"""The arithmetic of series statistics: of a list of points, and of two series of which one continues the other.

Points come as four columns in the form that MLflow's tables hold (`kirok.rules.values.stored_value`), because columns
are what Python's built-in functions run over at full speed: keeping statistics must cost next to nothing beside
storing the points.
"""

import math
from collections.abc import Iterable, Sequence
from itertools import compress, islice
from operator import lt, not_

from msgspec import Struct

from kirok.entities.metrics import Metric
from kirok.entities.series import SeriesPoint, SeriesStatistics
from kirok.rules.values import LARGEST, restored_value, stored_value

Rank = tuple[int, int, float, int]
"""(step, timestamp, stored value, is_nan). Points that agree in all four are one point; the greatest is the latest."""


class Columns(Struct, frozen=True, gc=False):
    """Distinct points of one series, at least one, in any order."""

    steps: Sequence[int]
    timestamps: Sequence[int]
    values: Sequence[float]
    """As stored."""
    nan_flags: Sequence[int]

    @classmethod
    def of(cls, ranks: Iterable[Rank]) -> "Columns":
        """The points with these ranks, each once, in their order."""
        return cls(*zip(*sorted(set(ranks)), strict=True))

    def ranks(self) -> list[Rank]:
        """The points one by one."""
        return list(zip(self.steps, self.timestamps, self.values, self.nan_flags, strict=True))


def do_ascend(steps: Sequence[int]) -> bool:
    """Whether each step is greater than the one before it: then no point can repeat another."""
    return all(map(lt, steps, islice(steps, 1, None)))


def rank(step: int, timestamp: int, value: float) -> Rank:
    """Where a point stands in its series."""
    stored, is_nan = stored_value(value)
    return step, timestamp, stored, int(is_nan)


def rank_of(point: SeriesPoint) -> Rank:
    """Where a point stands in its series."""
    return rank(point.step, point.timestamp, point.value)


def statistics_of_metrics(points: Iterable[Metric]) -> SeriesStatistics | None:
    """The statistics of the points of one series, in any order and any number of times each; None of no point."""
    ranks = [rank(point.step, point.timestamp, point.value) for point in points]
    return statistics_of(Columns.of(ranks)) if ranks else None


def statistics_of(points: Columns) -> SeriesStatistics:
    """The statistics of some points."""
    steps, values = points.steps, points.values
    count = len(steps)
    ascends = do_ascend(steps)
    if ascends:
        first, last = _at(points, 0), _at(points, -1)
    else:
        ranks = points.ranks()
        first, last = _point(min(ranks)), _point(max(ranks))
    if any(points.nan_flags):
        flags = points.nan_flags
        steps, values = list(compress(steps, map(not_, flags))), list(compress(values, map(not_, flags)))
        if not values:
            return SeriesStatistics(
                count=count,
                numbers=0,
                minimum=None,
                minimum_step=None,
                maximum=None,
                maximum_step=None,
                mean=None,
                first=first,
                last=last,
            )
    low, high = min(values), max(values)
    if ascends:
        low_step, high_step = steps[values.index(low)], steps[values.index(high)]
    else:
        low_step = min(step for step, value in zip(steps, values, strict=True) if value == low)
        high_step = min(step for step, value in zip(steps, values, strict=True) if value == high)
    minimum, maximum = restored_value(float(low), False) + 0.0, restored_value(float(high), False) + 0.0
    return SeriesStatistics(
        count=count,
        numbers=len(values),
        minimum=minimum,
        minimum_step=low_step,
        maximum=maximum,
        maximum_step=high_step,
        mean=_mean(values, minimum, maximum),
        first=first,
        last=last,
    )


def begun(only: Rank) -> SeriesStatistics:
    """`statistics_of` for one point."""
    point, is_nan = _point(only), only[3]
    value, step = (None, None) if is_nan else (point.value, point.step)
    return SeriesStatistics(
        count=1,
        numbers=0 if is_nan else 1,
        minimum=value,
        minimum_step=step,
        maximum=value,
        maximum_step=step,
        mean=value,
        first=point,
        last=point,
    )


def merged(one: SeriesStatistics, other: SeriesStatistics) -> SeriesStatistics:
    """The statistics of all points of two sets that have none in common."""
    if one.last.step < other.first.step:
        first, last = one.first, other.last
    else:
        first, last = min(one.first, other.first, key=rank_of), max(one.last, other.last, key=rank_of)
    minimum, minimum_step = _lower(one.minimum, one.minimum_step, other.minimum, other.minimum_step)
    maximum, maximum_step = _higher(one.maximum, one.maximum_step, other.maximum, other.maximum_step)
    return SeriesStatistics(
        count=one.count + other.count,
        numbers=one.numbers + other.numbers,
        minimum=minimum,
        minimum_step=minimum_step,
        maximum=maximum,
        maximum_step=maximum_step,
        mean=_joint_mean(one, other) if one.numbers >= other.numbers else _joint_mean(other, one),
        first=first,
        last=last,
    )


def extended(before: SeriesStatistics, last: Rank) -> SeriesStatistics:
    """`merged` for the most frequent case: a series to which one point is added that is greater than any of it."""
    step, timestamp, value, is_nan = last
    minimum, maximum, mean = before.minimum, before.maximum, before.mean
    numbers = before.numbers + 1
    if is_nan or minimum is None or maximum is None or mean is None or not -LARGEST < value < LARGEST:
        return merged(before, statistics_of(Columns.of([last])))
    mean += (value - mean) / numbers
    if not -LARGEST < mean < LARGEST:
        return merged(before, statistics_of(Columns.of([last])))
    value = value + 0.0
    minimum_step, maximum_step = before.minimum_step, before.maximum_step
    if value < minimum:
        minimum, minimum_step = value, step
    if value > maximum:
        maximum, maximum_step = value, step
    return SeriesStatistics(
        count=before.count + 1,
        numbers=numbers,
        minimum=minimum,
        minimum_step=minimum_step,
        maximum=maximum,
        maximum_step=maximum_step,
        mean=max(minimum, min(maximum, mean)),
        first=before.first,
        last=SeriesPoint(step, timestamp, value),
    )


_Extreme = tuple[float | None, int | None]


def _lower(value: float | None, step: int | None, other: float | None, other_step: int | None) -> _Extreme:
    if other is None or other_step is None:
        return value, step
    if value is None or step is None or other < value:
        return other, other_step
    return value, min(step, other_step) if other == value else step


def _higher(value: float | None, step: int | None, other: float | None, other_step: int | None) -> _Extreme:
    if other is None or other_step is None:
        return value, step
    if value is None or step is None or other > value:
        return other, other_step
    return value, min(step, other_step) if other == value else step


def _at(points: Columns, index: int) -> SeriesPoint:
    return _point(
        (points.steps[index], points.timestamps[index], points.values[index], points.nan_flags[index]),
    )


def _point(rank: Rank) -> SeriesPoint:
    step, timestamp, value, is_nan = rank
    return SeriesPoint(step, timestamp, restored_value(float(value), is_nan) + 0.0)


def _mean(values: Sequence[float], minimum: float, maximum: float) -> float:
    if math.isinf(minimum) or math.isinf(maximum):
        return minimum + maximum
    try:
        mean = math.fsum(values) / len(values)
    except OverflowError:  # of finite values whose sum is beyond the greatest double; their mean is not
        mean = math.fsum(value / len(values) for value in values)
    return max(minimum, min(maximum, mean))


def _joint_mean(most: SeriesStatistics, few: SeriesStatistics) -> float | None:
    mean, other = most.mean, few.mean
    if mean is None or other is None:
        return mean
    if not (math.isfinite(mean) and math.isfinite(other)):
        return mean + other
    share = few.numbers / (most.numbers + few.numbers)
    # A small correction to the greater part loses less than a sum of two products, unless the difference overflows.
    joint = mean + (other - mean) * share
    if not math.isfinite(joint):
        joint = mean * (1 - share) + other * share
    return max(min(mean, other), min(max(mean, other), joint))
