"""Numbers on the wire: 64-bit integers, and floats that JSON has no token for."""

import math
from typing import Annotated

from msgspec import Meta

Int64 = Annotated[int, Meta(ge=-(2**63), le=2**63 - 1)]
"""An integer; requests may also send it as decimal text or as a float without fraction."""

Double = float | str
"""What a response carries for a float: a JSON number, or the text NaN, Infinity or -Infinity."""


def double(value: float) -> Double:
    """`value` as a response carries it."""
    if math.isfinite(value):
        return value
    if value != value:
        return "NaN"
    return "Infinity" if value > 0 else "-Infinity"
