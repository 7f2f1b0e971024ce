"""Points on their way into the tables."""

from collections.abc import Sequence

from kirok.entities.metrics import Metric
from kirok.rules.values import LARGEST, stored_value


class MetricRows:
    """The points of one batch as rows of `metrics`, and the greatest of each key for `latest_metrics`."""

    __slots__ = ("latest", "values")

    def __init__(self, run_id: str, points: Sequence[Metric]) -> None:
        self.values: list[object] = []
        """Rows end to end: key, value, timestamp, run id, step, is_nan."""
        self.latest: dict[str, tuple[int, int, float, int]] = {}
        """By key: step, timestamp, stored value, is_nan; in this order they rank a point."""
        values, latest = self.values, self.latest
        for point in points:
            value, is_nan = point.value, 0
            if not -LARGEST < value < LARGEST:
                value, is_nan = stored_value(value)
            key, timestamp, step = point.key, point.timestamp, point.step
            values += (key, value, timestamp, run_id, step, is_nan)
            known = latest.get(key)
            if known is None or step > known[0] or (step, timestamp, value, is_nan) > known:
                latest[key] = (step, timestamp, value, is_nan)
