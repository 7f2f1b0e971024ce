"""How much one chart may show."""

from collections.abc import Sequence

from kirok.base.errors import InvalidParameter, MissingParameter

MAX_CHART_RUNS = 100
MAX_CHART_KEYS = 100
MAX_CHART_WIDTH = 10_000
DEFAULT_CHART_WIDTH = 1_000
MAX_CHART_BUCKETS = 500_000
"""Runs × keys × width: at eight columns of eight bytes, 32 MB."""


def check_chart(run_ids: Sequence[str], keys: Sequence[str], x_from: int | None, x_to: int | None, width: int) -> None:
    """Refuse a chart of nothing, of too much, or of a range that ends before it starts."""
    for name, given, limit in (("run_ids", run_ids, MAX_CHART_RUNS), ("keys", keys, MAX_CHART_KEYS)):
        if not given:
            raise MissingParameter(name)
        if len(given) > limit:
            raise InvalidParameter(f"A chart may name at most {limit} {name}; this one names {len(given)}. Split it.")
    if not 1 <= width <= MAX_CHART_WIDTH:
        raise InvalidParameter(
            f"Invalid value {width} for parameter 'width' supplied: it must be from 1 to {MAX_CHART_WIDTH}."
        )
    if len(run_ids) * len(keys) * width > MAX_CHART_BUCKETS:
        raise InvalidParameter(
            f"A chart of {len(run_ids)} runs, {len(keys)} metrics and width {width} has more than {MAX_CHART_BUCKETS} "
            "buckets. Ask for fewer runs or metrics at once, or for a smaller width."
        )
    if x_from is not None and x_to is not None and x_from > x_to:
        raise InvalidParameter(f"x_from must not be greater than x_to. Found x_from={x_from} and x_to={x_to}.")
