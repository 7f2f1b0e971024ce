"""Series drawn at a width: exact points where there are few, a true envelope where there are many."""

from collections.abc import Sequence
from enum import StrEnum

from msgspec import Struct

from kirok.base.errors import InvalidParameter

HAS_NAN, HAS_PLUS_INFINITY, HAS_MINUS_INFINITY = 1, 2, 4
"""What `Envelope.marks` adds up."""


class Axis(StrEnum):
    """What a chart's x counts."""

    STEP = "step"
    TIME = "time"
    """Milliseconds since the epoch."""
    RELATIVE = "relative"
    """Milliseconds since the run started; since the series' first point where the run names no start."""

    @classmethod
    def of(cls, given: str) -> "Axis":
        """The axis of that name. InvalidParameter for another name."""
        try:
            return cls(given)
        except ValueError:
            raise InvalidParameter(
                f"Invalid value {given!r} for parameter 'axis' supplied: it must be one of {[a.value for a in cls]}."
            ) from None


class Points(Struct, frozen=True):
    """Every point, by x; where several share an x, as MLflow orders a series."""

    x: Sequence[int]
    value: Sequence[float]


class Envelope(Struct, frozen=True):
    """One row for each bucket that holds points, by x.

    `minimum` and `maximum` are those of the finite values, NaN where there are none. `first` and `last` are the
    values of the bucket's outermost points, whatever they are, and `x_first` and `x_last` their places. `marks` tells
    by HAS_NAN, HAS_PLUS_INFINITY and HAS_MINUS_INFINITY, added up, what else lies in the bucket.
    """

    x_first: Sequence[int]
    x_last: Sequence[int]
    count: Sequence[int]
    minimum: Sequence[float]
    maximum: Sequence[float]
    first: Sequence[float]
    last: Sequence[float]
    marks: Sequence[int]


class ChartSeries(Struct, frozen=True):
    """One metric of one run within a chart's range."""

    run_id: str
    key: str
    count: int
    """How many points the range holds."""
    drawn: Points | Envelope
    is_stale: bool = False
    """Whether another program has written to the series and its statistics do not say so yet."""


class Chart(Struct, frozen=True):
    """Several series over one range of x, both ends included, cut into `width` buckets of one size.

    Bucket `i` holds the x with `(x - x_from) * width // (x_to - x_from + 1) == i`. The range is None where nothing
    was asked for and nothing found.
    """

    axis: Axis
    x_from: int | None
    x_to: int | None
    width: int
    series: tuple[ChartSeries, ...]
