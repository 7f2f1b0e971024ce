"""What the rows beside traces and spans say, as values of their columns. Pure; revision 75868b020152 moves by it."""

import json
import math
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from kirok.base.errors import InvalidState

_BIGINTS = range(-(2**63), 2**63)
_MODEL, _PROVIDER = "mlflow.llm.model", "mlflow.llm.provider"


def token_count(value: object) -> int | None:
    """A whole number that a BIGINT holds, however it is written; None for anything else."""
    if value is None or isinstance(value, bool):
        return None
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        return None
    if not number.is_finite() or number != number.to_integral_value() or int(number) not in _BIGINTS:
        return None
    return int(number)


def cost(value: object) -> float | None:
    """A finite number, however it is written; None for anything else."""
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        return None
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    return number if math.isfinite(number) else None


def json_object(text: object) -> dict[str, Any]:
    """The object that `text` holds as JSON; an empty one where it holds none."""
    if isinstance(text, str):
        try:
            text = json.loads(text)
        except ValueError:
            return {}
    return text if isinstance(text, dict) else {}


def cut(value: object, longest: int) -> str | None:
    """A text, no longer than its column; None for anything else."""
    return value[:longest] if isinstance(value, str) else None


def model_of_span(dimensions: object, span: tuple[str, str]) -> tuple[str | None, str | None]:
    """Model and provider out of what a span could be grouped by.

    InvalidState where it holds anything else, which would be lost with the column.
    """
    if isinstance(dimensions, str):
        try:
            dimensions = json.loads(dimensions)
        except ValueError as error:
            raise _unexpected(span, "no JSON") from error
    if dimensions is None:
        return None, None
    if not isinstance(dimensions, Mapping):
        raise _unexpected(span, type(dimensions).__name__)
    for key, value in dimensions.items():
        if key not in (_MODEL, _PROVIDER) or not (value is None or isinstance(value, str)):
            raise _unexpected(span, repr(key))
    return cut(dimensions.get(_MODEL), 500), cut(dimensions.get(_PROVIDER), 500)


def assessed(value: str) -> tuple[float | None, bool]:
    """What an assessment counts for in a mean, and whether it is a number: true and "yes" count 1, texts nothing."""
    try:
        known = json.loads(value)
    except ValueError:
        known = value
    if isinstance(known, bool):
        return float(known), False
    if isinstance(known, (int, float)):
        number = cost(known)
        return number, number is not None
    if isinstance(known, str):
        return {"yes": 1.0, "no": 0.0}.get(known.strip().lower()), False
    return None, False


def _unexpected(span: tuple[str, str], found: str) -> InvalidState:
    return InvalidState(
        f"The column spans.dimension_attributes of span {span[1]!r} of trace {span[0]!r} holds {found}; known are "
        f"{_MODEL} and {_PROVIDER}, as texts. The column goes with this revision: set it right, or to NULL, and "
        "upgrade again."
    )
