"""What a stored value is worth as a number."""

import math
import re

LARGEST = 1.7976931348623157e308
"""What MLflow's tables hold for +Infinity, and its negative for -Infinity: the greatest finite double."""

_DECIMAL = re.compile(r"[ \t\r\n]*[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?[ \t\r\n]*")
_NOT_FINITE = re.compile(r"[ \t\r\n]*[+-]?(?:inf|infinity|nan)[ \t\r\n]*", re.IGNORECASE)


def metric_number(value: float) -> float:
    """A metric's value as it is compared and ordered: infinities count as the extreme doubles that stand for them."""
    return math.copysign(LARGEST, value) if math.isinf(value) else value


def text_number(text: str) -> float | None:
    """The number that `text` writes, as a double; None where it writes none.

    A number is a decimal with optional sign, fraction and exponent, or `inf`, `infinity` or `nan` in any case; ASCII
    blanks around it don't count. `0x10`, `1_000`, `1,5`, `True`, `1 2` and digits of other scripts are no numbers.
    """
    if _DECIMAL.fullmatch(text) or _NOT_FINITE.fullmatch(text):
        return float(text)
    return None
