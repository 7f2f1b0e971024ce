"""Tests of one stored value, each true exactly where the matcher's is; false or NULL elsewhere."""

import math
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, NamedTuple

from kirok.search.expression import Comparator, Number, Value
from kirok.search.words import ascii_lower, words_of
from kirok.stores.sql.dialect import Dialect

_WHOLE = 2**63
"""Stored times and counts lie between its negative and itself."""

_CONTAINS = {"postgresql": "strpos({}, ?) > 0", "mysql": "instr({}, ?) > 0"}
_BELOW = (Comparator.LESS, Comparator.LESS_OR_EQUAL, Comparator.NOT_EQUAL)
_ABOVE = (Comparator.GREATER, Comparator.GREATER_OR_EQUAL, Comparator.NOT_EQUAL)


class Sql(NamedTuple):
    """Text with `?` in it, and what stands for each, in order."""

    text: str
    values: tuple[object, ...] = ()

    def within(self, frame: str, *before: object) -> "Sql":
        """This inside `frame`, at its `{}`; `before` are the values of the `?` in front of that place."""
        return Sql(frame.format(self.text), (*before, *self.values))

    def then(self, text: str, *values: object) -> "Sql":
        """This, a blank, and more."""
        return Sql(f"{self.text} {text}", (*self.values, *values))


def joined(parts: Sequence[Sql], glue: str) -> Sql:
    """`parts` with `glue` between them."""
    return Sql(glue.join(part.text for part in parts), tuple(value for part in parts for value in part.values))


def text_test(  # noqa: PLR0911 - one return for each kind of comparator
    column: str, comparator: Comparator, value: Value, dialect: Dialect
) -> Sql:
    """A comparison of texts, by code points; ILIKE and CONTAINS fold ASCII alone, as the matcher does.

    RLIKE is a function of SQLite's connection; elsewhere `search_patterns.resolved` has replaced it.
    """
    if value == ():  # no list can be empty everywhere
        return Sql("FALSE" if comparator is Comparator.IN else f"{column} IS NOT NULL")
    if isinstance(value, tuple):
        among = dialect.among if comparator is Comparator.IN else dialect.not_among
        return Sql(f"{_exact(column, dialect)} {among}", (dialect.listed([str(one) for one in value]),))
    if comparator.negated is not None:
        return text_test(column, comparator.negated, value, dialect).within("NOT ({})")
    match comparator:
        case Comparator.LIKE:
            return Sql(dialect.like(column), (value,))
        case Comparator.ILIKE:
            return Sql(dialect.like(dialect.folded(column)), (ascii_lower(str(value)),))
        case Comparator.RLIKE:
            return Sql(f"kirok_matches({column}, ?)", (value,))
        case Comparator.CONTAINS:
            return joined([holds_word(column, word, dialect) for word in words_of(str(value))], " AND ")
        case Comparator.IS_NULL | Comparator.IS_NOT_NULL:
            return Sql(f"{column} {comparator}")
        case _:
            return Sql(f"{_exact(column, dialect)} {comparator} ?", (value,))


def _exact(column: str, dialect: Dialect) -> str:
    """A column of text as it is compared for equality."""
    if dialect.kind != "mysql" or column == "r.run_uuid":  # of which no two differ in so little, and it has an index
        return column
    # To MySQL 'a' equals 'a ' by any of its older collations, and 'A' by those of databases that MLflow made.
    return f"CAST({column} AS BINARY)"


def holds_word(column: str, word: str, dialect: Dialect) -> Sql:
    """Whether a text holds a folded word."""
    if dialect.kind == "sqlite":
        # Three times as fast as folding every text.
        return Sql(f"{column} GLOB ?", (f"*{''.join(map(_either_case, word))}*",))
    return Sql(_CONTAINS[dialect.kind].format(dialect.folded(column)), (word,))


def _either_case(character: str) -> str:
    """What GLOB takes for a folded character and its capital; brackets make its own signs literal."""
    if "a" <= character <= "z":
        return f"[{character}{character.upper()}]"
    return f"[{character}]" if character in "*?[" else character


def double_test(column: Sql, comparator: Comparator, value: Value) -> Sql:
    """A comparison of doubles that are finite."""
    return _composed(comparator, value, partial(_double, column))


def whole_test(column: str, comparator: Comparator, value: Value) -> Sql:
    """A comparison of whole numbers of 64 bits with any numbers: exact, whatever the database makes of a fraction."""
    return _composed(comparator, value, partial(_whole, column))


def text_number_test(column: str, comparator: Comparator, value: Value, dialect: Dialect) -> Sql:
    """A comparison of the numbers that texts write; see `text_number`."""
    return _composed(comparator, value, lambda one, number: Sql(*dialect.number_test(column, one.value, number)))


def _composed(comparator: Comparator, value: Any, single: Callable[[Comparator, float], Sql]) -> Sql:
    match comparator:
        case Comparator.BETWEEN:
            return joined(
                [single(Comparator.GREATER_OR_EQUAL, value[0]), single(Comparator.LESS_OR_EQUAL, value[1])], " AND "
            )
        case Comparator.NOT_BETWEEN:
            return joined([single(Comparator.LESS, value[0]), single(Comparator.GREATER, value[1])], " OR ").within(
                "({})"
            )
        case Comparator.IN:
            return joined([single(Comparator.EQUAL, one) for one in value], " OR ").within("({})")
        case Comparator.NOT_IN:
            return joined([single(Comparator.NOT_EQUAL, one) for one in value], " AND ")
        case _:
            return single(comparator, value)


def _double(column: Sql, comparator: Comparator, number: float) -> Sql:
    if math.isinf(number):  # which not every database can be told
        return _beyond(column, comparator, number)
    return column.then(f"{comparator} ?", number)


def _whole(column: str, comparator: Comparator, number: Number) -> Sql:
    if not -_WHOLE <= number < _WHOLE:
        return _beyond(Sql(column), comparator, number)
    floor = math.floor(number)
    if floor != number and comparator in (Comparator.EQUAL, Comparator.NOT_EQUAL):
        return Sql("FALSE") if comparator is Comparator.EQUAL else Sql(f"{column} IS NOT NULL")
    if floor != number:  # 2 < 2.5 < 3
        comparator = Comparator.LESS_OR_EQUAL if comparator in _BELOW else Comparator.GREATER
    return Sql(f"{column} {comparator} ?", (floor,))


def _beyond(column: Sql, comparator: Comparator, number: Number) -> Sql:
    """A comparison with a number that is greater, or less, than every stored one."""
    return column.then("IS NOT NULL") if comparator in (_BELOW if number > 0 else _ABOVE) else Sql("FALSE")
