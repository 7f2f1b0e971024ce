"""Stored values as the wire's JSON carries them."""

from kirok.rules.values import LARGEST
from kirok.wire.numbers import Double


def wire_value(value: float, is_nan: int) -> Double:
    """What `wire.numbers.double(restored_value(value, is_nan))` says, with one comparison for most."""
    if -LARGEST < value < LARGEST and not is_nan:
        return value
    if is_nan:
        return "NaN"
    return "Infinity" if value > 0 else "-Infinity"
