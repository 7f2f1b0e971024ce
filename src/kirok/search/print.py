"""From an expression back to the text of a filter."""

import re

from kirok.base.errors import InvalidParameter
from kirok.search.expression import And, Comparator, Comparison, Entity, Expression, Function, Not, Number, Or
from kirok.search.fields import quoted_key
from kirok.search.tokens import tokenize

_WORDS = {
    Entity.METRIC: "metrics",
    Entity.PARAM: "params",
    Entity.TAG: "tags",
    Entity.ATTRIBUTE: "attribute",
    Entity.DATASET: "dataset",
}
_PLAIN_KEY = re.compile(r"[^\W\d]\w*(?:\.\w+)*")


def print_filter(expression: Expression) -> str:
    """A filter that parses to `expression`.

    InvalidParameter for a text that no filter can hold, such as one with both kinds of quotes.
    """
    match expression:
        case Comparison():
            return _comparison(expression)
        case Not(operand):
            inner = print_filter(operand)
            return f"NOT ({inner})" if isinstance(operand, And | Or) else f"NOT {inner}"
        case And(operands):
            return " AND ".join(
                f"({print_filter(one)})" if isinstance(one, Or) else print_filter(one) for one in operands
            )
        case Or(operands):
            return " OR ".join(print_filter(one) for one in operands)


def print_field(entity: Entity, key: str, function: Function | None = None) -> str:
    """The name of a metric, param, tag, attribute or dataset key as a filter or an order writes it."""
    if '"' in key and "`" in key:
        raise InvalidParameter(f"Key {key!r} holds both kinds of quotes, so no filter can name it.")
    field = f"{_WORDS[entity]}.{key if _PLAIN_KEY.fullmatch(key) else quoted_key(key)}"
    return field if function is None else f"{function}({field})"


def _comparison(comparison: Comparison) -> str:
    field = print_field(comparison.entity, comparison.key, comparison.function)
    comparator, value = comparison.comparator, comparison.value
    if comparator in (Comparator.IS_NULL, Comparator.IS_NOT_NULL):
        return f"{field} {comparator}"
    if isinstance(value, tuple):
        members = [print_value(one) for one in value]
        if comparator in (Comparator.BETWEEN, Comparator.NOT_BETWEEN):
            return f"{field} {comparator} {' AND '.join(members)}"
        return f"{field} {comparator} ({', '.join(members)})"
    return f"{field} {comparator} {print_value(value)}"


def print_value(value: str | Number | None) -> str:
    """One literal; InvalidParameter as `print_filter`."""
    if isinstance(value, str):
        return _text(value)
    # A literal beyond the doubles is how a filter writes infinity.
    return {"inf": "1e999", "-inf": "-1e999"}.get(repr(value), repr(value))


def _text(value: str) -> str:
    for quote in "'\"":
        written = f"{quote}{value}{quote}"
        # What follows must not change where the text ends, as it would after a backslash before the closing quote.
        try:
            tokens = tokenize(f"{written} {quote}{quote}")
        except InvalidParameter:
            continue
        if len(tokens) == 3 and tokens[0].text == written:
            return written
    raise InvalidParameter(f"Text {value!r} cannot stand in a filter: it cannot be told from its closing quote.")
