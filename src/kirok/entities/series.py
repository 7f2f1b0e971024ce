"""What a series comes to: how many points, between which values, from where to where."""

from msgspec import Struct


class SeriesPoint(Struct, frozen=True, gc=False):
    """A point within its series. `timestamp` in milliseconds since the epoch; `value` may be NaN or infinite."""

    step: int
    timestamp: int
    value: float


class SeriesStatistics(Struct, frozen=True, kw_only=True):
    """The statistics of one metric of one run, over its distinct points (a point logged twice is one point).

    NaN is counted in `count` alone: where a series holds nothing else, `numbers` is 0 and the five fields after it
    are None. Infinities are numbers.
    """

    count: int
    """All points."""
    numbers: int
    """Points that are not NaN."""
    minimum: float | None
    """The least value, in the metric's own unit; -Infinity where the series holds it."""
    minimum_step: int | None
    """The earliest step at which the minimum stands."""
    maximum: float | None
    """The greatest value; Infinity where the series holds it."""
    maximum_step: int | None
    """The earliest step at which the maximum stands."""
    mean: float | None
    """The arithmetic mean of the numbers: infinite where one of them is, NaN where both infinities are among them."""
    first: SeriesPoint
    """The least point by (step, timestamp, value). NaN stands where 0 does, just after it."""
    last: SeriesPoint
    """The greatest by the same order, which is the metric's latest value as MLflow has it."""
    is_stale: bool = False
    """Whether points that another program wrote may be missing; they are counted within a minute."""
