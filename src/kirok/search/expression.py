"""What a filter says, once parsed: comparisons joined by And, Or and Not."""

from collections.abc import Iterable
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


Value = str | int | float | tuple[str, ...] | None
"""Text, a number, a list of texts for IN and NOT IN, or nothing for IS NULL and IS NOT NULL.

A metric's is a float; a parameter's is a float where it is to be compared as a number; a time's is an int, or a
float where the filter had one.
"""


class Comparison(Struct, frozen=True):
    """One stored value against one literal. A record that lacks the key matches IS NULL and nothing else."""

    entity: Entity
    key: str
    comparator: Comparator
    value: Value = None


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


def all_of(operands: Iterable[Expression]) -> Expression:
    """The conjunction of one or more expressions, flat."""
    flat = [inner for outer in operands for inner in (outer.operands if isinstance(outer, And) else (outer,))]
    return flat[0] if len(flat) == 1 else And(tuple(flat))


def any_of(operands: Iterable[Expression]) -> Expression:
    """The disjunction of one or more expressions, flat."""
    flat = [inner for outer in operands for inner in (outer.operands if isinstance(outer, Or) else (outer,))]
    return flat[0] if len(flat) == 1 else Or(tuple(flat))
