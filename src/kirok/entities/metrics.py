"""A measured value at a step."""

from msgspec import Struct


# Outside garbage collection: it holds no containers, and is made by the thousand.
class Metric(Struct, frozen=True, gc=False):
    """One point of a series. `timestamp` in milliseconds since the epoch; `value` may be NaN or infinite."""

    key: str
    value: float
    timestamp: int
    step: int = 0
    model_id: str | None = None
    dataset_name: str | None = None
    dataset_digest: str | None = None
    run_id: str | None = None
