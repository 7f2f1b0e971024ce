"""From a filter's expression to a condition on a row of `runs` or `experiments`.

The condition is true exactly where the matcher of `kirok.search` says so. Elsewhere it is false or NULL (a column may
be NULL), which is why the opposite of a comparison is written IS NOT TRUE.

Each key that a filter names is one look-up in an index on (key, run): EXISTS stops at the first row, and the planner is
left free to walk the runs in the order that was asked for and to stop when the page is full.
"""

from collections.abc import Callable

from kirok.search.expression import And, Comparator, Comparison, Entity, Expression, Function, Not, Or
from kirok.search.fields import DATASET_CONTEXT_TAG, PARENT_RUN_TAG, RUN_NAME_TAG, TEXT, goal_tag
from kirok.search.words import SEARCHED_SYSTEM_TAGS, SYSTEM_TAGS, words_of
from kirok.stores.sql.dialect import Dialect
from kirok.stores.sql.search_values import (
    Sql,
    double_test,
    holds_word,
    joined,
    text_number_test,
    text_test,
    whole_test,
)

RUN_COLUMNS = {
    "run_id": "r.run_uuid",
    "run_name": "r.name",
    "user_id": "r.user_id",
    "status": "r.status",
    "artifact_uri": "r.artifact_uri",
    "start_time": "r.start_time",
    "end_time": "r.end_time",
    # The difference of two whole numbers of 64 bits may need one bit more.
    "duration": "(CAST(r.end_time AS DECIMAL(20, 0)) - r.start_time)",
    "experiment_id": "r.experiment_id",
}
"""Where a run's attributes stand, the run being row `r`."""

EXPERIMENT_COLUMNS = {
    "name": "e.name",
    "experiment_id": "e.experiment_id",
    "creation_time": "e.creation_time",
    "last_update_time": "e.last_update_time",
}
"""Where an experiment's attributes stand, the experiment being row `e`."""

ATTRIBUTE_TAGS = {"run_name": RUN_NAME_TAG, "parent_run_id": PARENT_RUN_TAG}
"""Attributes that a filter looks up in a tag."""

_WHOLE_NUMBERS = frozenset(("start_time", "end_time", "duration", "creation_time", "last_update_time"))

_DATASET_EDGE = (
    "inputs i JOIN datasets d ON d.dataset_uuid = i.source_id{tags} WHERE i.destination_type = 'RUN' "
    "AND i.destination_id = r.run_uuid AND i.source_type = 'DATASET'"
)
_CONTEXT_TAG = " JOIN input_tags t ON t.input_uuid = i.input_uuid AND t.name = ?"

_SERIES_COLUMNS = {
    Function.MIN: "s.minimum",
    Function.MAX: "s.maximum",
    Function.MEAN: "s.mean",
    Function.FIRST: "s.first_value",
    Function.LAST: "s.last_value",
    Function.COUNT: "s.points",
}
_SERIES_FLAGS = {Function.FIRST: "s.first_is_nan", Function.LAST: "s.last_is_nan"}


def run_condition(expression: Expression, dialect: Dialect) -> Sql:
    """The condition on row `r` of `runs`."""
    return _condition(expression, lambda comparison: _run_comparison(comparison, dialect))


def experiment_condition(expression: Expression, dialect: Dialect) -> Sql:
    """The condition on row `e` of `experiments`."""
    return _condition(expression, lambda comparison: _experiment_comparison(comparison, dialect))


def series_value(function: Function, key: str, alias: str) -> tuple[Sql, str | None]:
    """What `function` says of row `alias` of the series' statistics, and the column that flags it as NaN if any can.

    NULL where it says nothing; see `kirok.search.facts.series_number`.
    """
    if function is Function.BEST:
        goal = "SELECT g.value FROM experiment_tags g WHERE g.key = ? AND g.experiment_id = r.experiment_id"
        value = f"CASE ({goal}) WHEN 'min' THEN {alias}.minimum WHEN 'max' THEN {alias}.maximum END"
        return Sql(f"({value})", (goal_tag(key),)), None
    flag = _SERIES_FLAGS.get(function)
    return Sql(_SERIES_COLUMNS[function].replace("s.", f"{alias}.")), flag and flag.replace("s.", f"{alias}.")


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
    if expression.entity is Entity.ATTRIBUTE and expression.key in RUN_COLUMNS and expression.key != "run_name":
        return 0
    if expression.entity is Entity.DATASET or expression.key == TEXT:
        return 3
    return 1 if expression.comparator is Comparator.EQUAL else 2


def _run_comparison(comparison: Comparison, dialect: Dialect) -> Sql:
    entity, key, comparator, value = comparison.entity, comparison.key, comparison.comparator, comparison.value
    match entity:
        case Entity.METRIC if comparison.function is not None:
            return _series_comparison(comparison, comparison.function)
        case Entity.METRIC:
            test = _nan_aware(Sql("value"), "is_nan", comparison)
            return _keyed("latest_metrics", "run_uuid = r.run_uuid", key, comparator, test)
        case Entity.PARAM if comparison.is_numeric:
            test = text_number_test("value", comparator, value, dialect)
            return _keyed("params", "run_uuid = r.run_uuid", key, comparator, test)
        case Entity.PARAM | Entity.TAG:
            table = "params" if entity is Entity.PARAM else "tags"
            test = text_test("value", comparator, value, dialect)
            return _keyed(table, "run_uuid = r.run_uuid", key, comparator, test)
        case Entity.DATASET:
            return _dataset_comparison(comparison, dialect)
        case _:
            return _run_attribute(comparison, dialect)


def _run_attribute(comparison: Comparison, dialect: Dialect) -> Sql:
    key, comparator, value = comparison.key, comparison.comparator, comparison.value
    if key in ATTRIBUTE_TAGS:
        test = text_test("value", comparator, value, dialect)
        return _keyed("tags", "run_uuid = r.run_uuid", ATTRIBUTE_TAGS[key], comparator, test)
    if key == "experiment_name":
        named = "EXISTS (SELECT 1 FROM experiments e WHERE e.experiment_id = r.experiment_id AND {})"
        return text_test("e.name", comparator, value, dialect).within(named)
    if key == TEXT:
        found = joined([_word_comparison(word, dialect) for word in words_of(str(value))], " AND ")
        return found if comparator is Comparator.CONTAINS else found.within("NOT ({})")
    return _column_test(RUN_COLUMNS[key], comparison, dialect)


def _word_comparison(word: str, dialect: Dialect) -> Sql:
    """Whether a word stands in one of the texts that `kirok.search.words.run_text` joins."""
    in_key, in_value = holds_word("key", word, dialect), holds_word("value", word, dialect)
    system = Sql(dialect.like("key"), (f"{SYSTEM_TAGS}%",))
    searched = Sql(f"key {dialect.among}", (dialect.listed(SEARCHED_SYSTEM_TAGS),))
    own_tags = joined([system.within("NOT {}"), joined([in_key, in_value], " OR ").within("({})")], " AND ")
    system_tags = joined([searched, in_value], " AND ")
    of_run = "EXISTS (SELECT 1 FROM {} WHERE run_uuid = r.run_uuid AND ({{}}))"
    return joined(
        [
            joined([own_tags, system_tags], " OR ").within(of_run.format("tags")),
            joined([in_key, in_value], " OR ").within(of_run.format("params")),
        ],
        " OR ",
    ).within("({})")


def _series_comparison(comparison: Comparison, function: Function) -> Sql:
    value, flag = series_value(function, comparison.key, "s")
    row = "EXISTS (SELECT 1 FROM kirok_series s WHERE s.metric_key = ? AND s.run_uuid = r.run_uuid AND {})"
    if comparison.comparator in (Comparator.IS_NULL, Comparator.IS_NOT_NULL):
        present = value.then("IS NOT NULL").within(row, comparison.key)
        return present.within("NOT {}") if comparison.comparator is Comparator.IS_NULL else present
    return _nan_aware(value, flag, comparison).within(row, comparison.key)


def _nan_aware(value: Sql, flag: str | None, comparison: Comparison) -> Sql:
    """A test of doubles among which NaN is a 0 that is flagged."""
    comparator = comparison.comparator
    if comparator in (Comparator.IS_NULL, Comparator.IS_NOT_NULL):
        return Sql("TRUE")  # a row is all it takes
    test = double_test(value, comparator, comparison.value)
    if flag is None:
        return test
    if comparator in (Comparator.NOT_EQUAL, Comparator.NOT_IN):
        return test.within(f"({flag} = TRUE OR ({{}}))")
    return test.within(f"({flag} = FALSE AND {{}})")


def _dataset_comparison(comparison: Comparison, dialect: Dialect) -> Sql:
    key, comparator = comparison.key, comparison.comparator
    is_context = key == "context"
    edge = _DATASET_EDGE.format(tags=_CONTEXT_TAG if is_context else "")
    given = (DATASET_CONTEXT_TAG,) if is_context else ()
    if comparator in (Comparator.IS_NULL, Comparator.IS_NOT_NULL):
        return Sql(f"{'NOT ' if comparator is Comparator.IS_NULL else ''}EXISTS (SELECT 1 FROM {edge})", given)
    test = text_test("t.value" if is_context else f"d.{key}", comparator, comparison.value, dialect)
    return test.within(f"EXISTS (SELECT 1 FROM {edge} AND {{}})", *given)


def _experiment_comparison(comparison: Comparison, dialect: Dialect) -> Sql:
    if comparison.entity is Entity.TAG:
        test = text_test("value", comparison.comparator, comparison.value, dialect)
        owner = "experiment_id = e.experiment_id"
        return _keyed("experiment_tags", owner, comparison.key, comparison.comparator, test)
    return _column_test(EXPERIMENT_COLUMNS[comparison.key], comparison, dialect)


def _keyed(table: str, owner: str, key: str, comparator: Comparator, test: Sql) -> Sql:
    row = f"SELECT 1 FROM {table} WHERE key = ? AND {owner}"
    if comparator is Comparator.IS_NULL:
        return Sql(f"NOT EXISTS ({row})", (key,))
    if comparator is Comparator.IS_NOT_NULL:
        return Sql(f"EXISTS ({row})", (key,))
    return test.within(f"EXISTS ({row} AND {{}})", key)


def _column_test(column: str, comparison: Comparison, dialect: Dialect) -> Sql:
    key, comparator, value = comparison.key, comparison.comparator, comparison.value
    if comparator in (Comparator.IS_NULL, Comparator.IS_NOT_NULL):
        return Sql(f"{column} {comparator}")
    if key == "experiment_id":
        if isinstance(value, tuple):
            among = dialect.among if comparator is Comparator.IN else dialect.not_among
            return Sql(f"{column} {among}", (dialect.listed([int(one) for one in value]),))
        return Sql(f"{column} {comparator} ?", (int(str(value)),))
    if key in _WHOLE_NUMBERS:
        return whole_test(column, comparator, value)
    return text_test(column, comparator, value, dialect)
