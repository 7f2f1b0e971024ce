"""The time, in the unit MLflow stores: milliseconds since the epoch."""

import time
from collections.abc import Callable

Clock = Callable[[], int]
"""Something that tells the time as `now_ms` does; tests pass their own."""


def now_ms() -> int:
    """Milliseconds since the epoch, now."""
    return time.time_ns() // 1_000_000
