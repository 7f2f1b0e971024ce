"""Points on their way into the tables."""

from collections.abc import Sequence

from kirok.entities.metrics import Metric
from kirok.rules.values import LARGEST, stored_value


class MetricRows:
    """The points of one batch as rows of `metrics`, by key: what is kept of a series is worked out series by series."""

    __slots__ = ("by_key",)

    def __init__(self, run_id: str, points: Sequence[Metric]) -> None:
        self.by_key: dict[str, list[object]] = {}
        """Rows end to end: key, value, timestamp, run id, step, is_nan."""
        by_key = self.by_key
        for point in points:
            value, is_nan = point.value, 0
            if not -LARGEST < value < LARGEST:
                value, is_nan = stored_value(value)
            key = point.key
            row = (key, value, point.timestamp, run_id, point.step, is_nan)
            if (rows := by_key.get(key)) is None:
                by_key[key] = [*row]
            else:
                rows += row
