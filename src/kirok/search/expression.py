"""What a filter says, once parsed: comparisons joined by And, Or and Not."""

from collections.abc import Iterable, Iterator
from enum import StrEnum

from msgspec import Struct


class Entity(StrEnum):
    """What part of a record a comparison or an order looks at. The values are MLflow's words."""

    METRIC = "metric"
    PARAM = "parameter"
    TAG = "tag"
    ATTRIBUTE = "attribute"
    DATASET = "dataset"


class Comparator(StrEnum):
    """How a stored value is compared with the filter's."""

    EQUAL = "="
    NOT_EQUAL = "!="
    LESS = "<"
    LESS_OR_EQUAL = "<="
    GREATER = ">"
    GREATER_OR_EQUAL = ">="
    LIKE = "LIKE"
    ILIKE = "ILIKE"
    IN = "IN"
    NOT_IN = "NOT IN"
    IS_NULL = "IS NULL"
    IS_NOT_NULL = "IS NOT NULL"
    NOT_LIKE = "NOT LIKE"
    NOT_ILIKE = "NOT ILIKE"
    RLIKE = "RLIKE"
    NOT_RLIKE = "NOT RLIKE"
    CONTAINS = "CONTAINS"
    NOT_CONTAINS = "NOT CONTAINS"
    BETWEEN = "BETWEEN"
    NOT_BETWEEN = "NOT BETWEEN"

    @property
    def negated(self) -> "Comparator | None":
        """The comparator whose opposite this is on a value that exists: LIKE for NOT LIKE, nothing for LIKE."""
        return Comparator(self.value[4:]) if self.value.startswith("NOT ") else None


class Function(StrEnum):
    """What of a metric's whole series is compared, where it is not the latest value."""

    MIN = "min"
    MAX = "max"
    MEAN = "mean"
    FIRST = "first"
    LAST = "last"
    COUNT = "count"
    BEST = "best"
    """The least or the greatest value, as the experiment's tag `kirok.goal.<key>` says: min or max."""


Number = int | float
Value = str | Number | tuple[str, ...] | tuple[Number, ...] | None
"""Text, a number, a list of either for IN and NOT IN, (low, high) for BETWEEN, or nothing for IS NULL.

A metric's numbers are floats; a parameter's are floats where it is to be compared as a number; a time's are ints, or
floats where the filter had one.
"""


class Comparison(Struct, frozen=True):
    """One stored value against one literal. A record that lacks the key matches IS NULL and nothing else."""

    entity: Entity
    key: str
    comparator: Comparator
    value: Value = None
    function: Function | None = None
    """Of a metric alone; without one it is the latest value that is compared."""

    @property
    def is_numeric(self) -> bool:
        """Whether numbers are compared; None and texts are no numbers."""
        values = self.value if isinstance(self.value, tuple) else (self.value,)
        return bool(values) and isinstance(values[0], int | float)


class And(Struct, frozen=True):
    """All of two or more; none of them an And itself."""

    operands: tuple["Expression", ...]


class Or(Struct, frozen=True):
    """Any of two or more; none of them an Or itself."""

    operands: tuple["Expression", ...]


class Not(Struct, frozen=True):
    """True wherever the operand is not, on records lacking its key too."""

    operand: "Expression"


Expression = Comparison | And | Or | Not


def comparisons(expression: Expression | None) -> Iterator[Comparison]:
    """Every comparison of a filter, from left to right."""
    match expression:
        case None:
            return
        case Comparison():
            yield expression
        case Not(operand):
            yield from comparisons(operand)
        case And(operands) | Or(operands):
            for operand in operands:
                yield from comparisons(operand)


def all_of(operands: Iterable[Expression]) -> Expression:
    """The conjunction of one or more expressions, flat."""
    flat = [inner for outer in operands for inner in (outer.operands if isinstance(outer, And) else (outer,))]
    return flat[0] if len(flat) == 1 else And(tuple(flat))


def any_of(operands: Iterable[Expression]) -> Expression:
    """The disjunction of one or more expressions, flat."""
    flat = [inner for outer in operands for inner in (outer.operands if isinstance(outer, Or) else (outer,))]
    return flat[0] if len(flat) == 1 else Or(tuple(flat))
