"""From a filter's expression to a condition on a row of `runs` or `experiments`.

The condition is true exactly where the matcher of `kirok.search` says so. Elsewhere it is false or NULL (a column may
be NULL), which is why the opposite of a comparison is written IS NOT TRUE.

Each key that a filter names is one look-up in an index on (key, run): EXISTS stops at the first row, and the planner is
left free to walk the runs in the order that was asked for and to stop when the page is full.
"""

import math
from collections.abc import Callable
from typing import NamedTuple

from kirok.search.expression import And, Comparator, Comparison, Entity, Expression, Not, Or, Value
from kirok.search.fields import DATASET_CONTEXT_TAG, RUN_NAME_TAG
from kirok.search.literals import BEYOND_TIME
from kirok.search.match import ascii_lower
from kirok.stores.sql.dialect import Dialect

RUN_COLUMNS = {
    "run_id": "r.run_uuid",
    "run_name": "r.name",
    "user_id": "r.user_id",
    "status": "r.status",
    "artifact_uri": "r.artifact_uri",
    "start_time": "r.start_time",
    "end_time": "r.end_time",
}
"""Where a run's attributes stand, the run being row `r`."""

EXPERIMENT_COLUMNS = {
    "name": "e.name",
    "experiment_id": "e.experiment_id",
    "creation_time": "e.creation_time",
    "last_update_time": "e.last_update_time",
}
"""Where an experiment's attributes stand, the experiment being row `e`."""

_BEYOND_INTEGERS = 2**63

_DATASET_EDGE = (
    "inputs i JOIN datasets d ON d.dataset_uuid = i.source_id{tags} WHERE i.destination_type = 'RUN' "
    "AND i.destination_id = r.run_uuid AND i.source_type = 'DATASET'"
)
_CONTEXT_TAG = " JOIN input_tags t ON t.input_uuid = i.input_uuid AND t.name = ?"


class Sql(NamedTuple):
    """Text with `?` in it, and what stands for each, in order."""

    text: str
    values: tuple[object, ...] = ()

    def within(self, frame: str, *before: object) -> "Sql":
        """This inside `frame`, at its `{}`; `before` are the values of the `?` in front of that place."""
        return Sql(frame.format(self.text), (*before, *self.values))


def run_condition(expression: Expression, dialect: Dialect) -> Sql:
    """The condition on row `r` of `runs`."""
    return _condition(expression, lambda comparison: _run_comparison(comparison, dialect))


def experiment_condition(expression: Expression, dialect: Dialect) -> Sql:
    """The condition on row `e` of `experiments`."""
    return _condition(expression, lambda comparison: _experiment_comparison(comparison, dialect))


def joined(parts: list[Sql], glue: str) -> Sql:
    """`parts` with `glue` between them."""
    return Sql(glue.join(part.text for part in parts), tuple(value for part in parts for value in part.values))


def _condition(expression: Expression, comparison: Callable[[Comparison], Sql], *, negated: bool = False) -> Sql:
    """The condition, or its opposite. NOT is carried down to the comparisons: SQLite's parser nests only so deep."""
    match expression:
        case Not(operand):
            return _condition(operand, comparison, negated=not negated)
        case And(operands) | Or(operands):
            parts = [_condition(one, comparison, negated=negated) for one in sorted(operands, key=_cost)]
            if isinstance(expression, And) is negated:
                return joined(parts, " OR ").within("({})")
            return joined(parts, " AND ")
        case Comparison():
            test = comparison(expression)
            return test.within("({}) IS NOT TRUE") if negated else test


def _cost(expression: Expression) -> int:
    """What to ask first: columns of the row at hand, then what few rows are likely to match."""
    if not isinstance(expression, Comparison):
        return 4
    if expression.entity is Entity.ATTRIBUTE and expression.key != "run_name":
        return 0
    if expression.entity is Entity.DATASET:
        return 3
    return 1 if expression.comparator is Comparator.EQUAL else 2


def _run_comparison(comparison: Comparison, dialect: Dialect) -> Sql:
    entity, key, comparator, value = comparison.entity, comparison.key, comparison.comparator, comparison.value
    if entity is Entity.METRIC:
        # NaN is a row with value 0 and a flag.
        text = (
            "is_nan = TRUE OR value != ?"
            if comparator is Comparator.NOT_EQUAL
            else f"is_nan = FALSE AND value {comparator} ?"
        )
        return _keyed("latest_metrics", "run_uuid = r.run_uuid", key, comparator, Sql(f"({text})", (value,)))
    if entity is Entity.PARAM and isinstance(value, float):
        test = Sql(*dialect.number_test("value", comparator.value, value))
        return _keyed("params", "run_uuid = r.run_uuid", key, comparator, test)
    if entity is Entity.ATTRIBUTE and key == "run_name":
        entity, key = Entity.TAG, RUN_NAME_TAG
    if entity in (Entity.PARAM, Entity.TAG):
        table = "params" if entity is Entity.PARAM else "tags"
        return _keyed(table, "run_uuid = r.run_uuid", key, comparator, text_test("value", comparator, value, dialect))
    if entity is Entity.DATASET:
        if key == "context":
            test = text_test("t.value", comparator, value, dialect)
            edge = _DATASET_EDGE.format(tags=_CONTEXT_TAG)
            return test.within(f"EXISTS (SELECT 1 FROM {edge} AND {{}})", DATASET_CONTEXT_TAG)
        test = text_test(f"d.{key}", comparator, value, dialect)
        return test.within(f"EXISTS (SELECT 1 FROM {_DATASET_EDGE.format(tags='')} AND {{}})")
    return _column_test(RUN_COLUMNS[key], comparator, value, dialect)


def _experiment_comparison(comparison: Comparison, dialect: Dialect) -> Sql:
    key, comparator, value = comparison.key, comparison.comparator, comparison.value
    if comparison.entity is Entity.TAG:
        test = text_test("value", comparator, value, dialect)
        return _keyed("experiment_tags", "experiment_id = e.experiment_id", key, comparator, test)
    if key == "experiment_id" and isinstance(value, str):
        return Sql(f"e.experiment_id {comparator} ?", (int(value),))
    if key == "experiment_id" and isinstance(value, tuple):
        among = dialect.among if comparator is Comparator.IN else dialect.not_among
        return Sql(f"e.experiment_id {among}", (dialect.listed([int(one) for one in value]),))
    return _column_test(EXPERIMENT_COLUMNS[key], comparator, value, dialect)


def _keyed(table: str, owner: str, key: str, comparator: Comparator, test: Sql) -> Sql:
    row = f"SELECT 1 FROM {table} WHERE key = ? AND {owner}"
    if comparator is Comparator.IS_NULL:
        return Sql(f"NOT EXISTS ({row})", (key,))
    if comparator is Comparator.IS_NOT_NULL:
        return Sql(f"EXISTS ({row})", (key,))
    return test.within(f"EXISTS ({row} AND {{}})", key)


def _column_test(column: str, comparator: Comparator, value: Value, dialect: Dialect) -> Sql:
    if isinstance(value, int) and not -_BEYOND_INTEGERS <= value < _BEYOND_INTEGERS:
        # It cannot be bound; a double beyond every stored time stands for it.
        value = math.copysign(float(BEYOND_TIME), value)
    if isinstance(value, int | float):
        return Sql(f"{column} {comparator} ?", (value,))
    return text_test(column, comparator, value, dialect)


def text_test(column: str, comparator: Comparator, value: Value, dialect: Dialect) -> Sql:
    """A comparison of texts, by code points; ILIKE folds ASCII alone, as the matcher does."""
    if isinstance(value, tuple):
        among = dialect.among if comparator is Comparator.IN else dialect.not_among
        return Sql(f"{column} {among}", (dialect.listed([str(one) for one in value]),))
    if comparator is Comparator.LIKE:
        return Sql(dialect.like(column), (value,))
    if comparator is Comparator.ILIKE:
        return Sql(dialect.like(dialect.folded(column)), (ascii_lower(str(value)),))
    return Sql(f"{column} {comparator} ?", (value,))
