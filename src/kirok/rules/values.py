"""How long values may be, and how floats that SQL cannot hold are kept."""

import math
import warnings
from collections.abc import Sequence

from kirok.base.errors import InvalidParameter
from kirok.entities.runs import Param, RunTag
from kirok.rules.keys import check_length

MAX_PARAM_VALUE = 6000
MAX_TAG_VALUE = 8000
MAX_EXPERIMENT_TAG_VALUE = 20_000
MAX_DATASET_NAME = 500
MAX_DATASET_DIGEST = 36
MAX_DATASET_SOURCE = 65_535
MAX_DATASET_SCHEMA = 1_048_575
MAX_DATASET_PROFILE = 16_777_215
MAX_INPUT_TAG_KEY = 255
MAX_INPUT_TAG_VALUE = 500

LARGEST = 1.7976931348623157e308
"""What MLflow stores for +Infinity (and its negative for -Infinity): the greatest finite double."""


def stored_value(value: float) -> tuple[float, bool]:
    """(number, is_nan) as MLflow's tables hold a value: NaN is 0 with a flag, infinities are the extreme doubles."""
    if value != value:
        return 0.0, True
    if math.isinf(value):
        return math.copysign(LARGEST, value), False
    return value + 0.0, False  # -0.0 becomes 0.0: SQLite keeps whole numbers as integers, which have no sign at 0


def restored_value(value: float, is_nan: bool | int) -> float:
    """The value a stored pair stands for. Unlike MLflow, the extreme doubles are read as the infinities they were."""
    if is_nan:
        return math.nan
    if value >= LARGEST or value <= -LARGEST:
        return math.copysign(math.inf, value)
    return value


def fitted_params(params: Sequence[Param], *, truncate: bool) -> Sequence[Param]:
    """`params` with over-long values cut, with a warning that names the key; InvalidParameter unless `truncate`."""
    if all(len(param.value) <= MAX_PARAM_VALUE for param in params):
        return params
    return [Param(p.key, _fitted(p.key, p.value, MAX_PARAM_VALUE, "Param", truncate)) for p in params]


def fitted_tags(tags: Sequence[RunTag], *, truncate: bool) -> Sequence[RunTag]:
    """`tags` with over-long values cut, with a warning that names the key; InvalidParameter unless `truncate`."""
    if all(len(tag.value) <= MAX_TAG_VALUE for tag in tags):
        return tags
    return [RunTag(t.key, _fitted(t.key, t.value, MAX_TAG_VALUE, "Tag", truncate)) for t in tags]


def _fitted(key: str, value: str, limit: int, what: str, truncate: bool) -> str:
    if len(value) <= limit:
        return value
    if not truncate:
        raise InvalidParameter(
            f"'{what} value' exceeds the maximum length of {limit} characters: "
            f"{what.lower()} {key!r} has {len(value)}. "
            "Log long text as an artifact, or set MLFLOW_TRUNCATE_LONG_VALUES=true to have it cut."
        )
    warnings.warn(
        f"{what} {key!r} has {len(value)} characters; only the first {limit} are kept. Log long text as an artifact.",
        stacklevel=2,
    )
    return value[:limit]


def check_timestamp(timestamp: int, what: str = "timestamp") -> None:
    """Refuse a time before the epoch."""
    if timestamp < 0:
        raise InvalidParameter(
            f"Invalid value {timestamp} for parameter '{what}' supplied: "
            "Timestamp must be a nonnegative long (64-bit integer)."
        )


def check_experiment_tag_value(value: str) -> None:
    """Refuse an over-long experiment tag; MLflow does not cut these."""
    check_length(value, MAX_EXPERIMENT_TAG_VALUE, "value")
