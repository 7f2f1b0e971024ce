"""Searches as SQL: one statement that yields ids, in order, a page at a time.

Where runs are ordered by a metric first, and the search covers a good part of all runs, the statement walks the index
on the metric's values and stops when the page is full: numbers first, then NaN, then the runs that lack the metric.
Those three phases are the branches of a UNION ALL, which SQLite and PostgreSQL evaluate from left to right and no
further than the LIMIT needs (PostgreSQL does in parallel only what has no LIMIT of its own). A search of a small
experiment among many reads that experiment's runs and sorts them instead, since the index holds the values of all
experiments. PostgreSQL's planner sees which of both is better; for SQLite it is decided inside the statement. MySQL and
MariaDB work out every branch to its end, so there runs are always read and sorted.
"""

from collections.abc import Sequence

from kirok.entities.views import LifecycleStage
from kirok.rules.keys import experiment_number
from kirok.search.expression import Entity, Expression
from kirok.search.fields import PARENT_RUN_TAG
from kirok.search.order import OrderBy
from kirok.stores.sql.dialect import Dialect
from kirok.stores.sql.search_filters import (
    EXPERIMENT_COLUMNS,
    RUN_COLUMNS,
    experiment_condition,
    run_condition,
    series_value,
)
from kirok.stores.sql.search_values import Sql, joined

Statement = tuple[str, list[object]]

_WIDE_SCOPE = 4
"""A scope with more than one in so many of all runs is searched along the metric's index."""

_TABLES = {Entity.METRIC: "latest_metrics", Entity.PARAM: "params", Entity.TAG: "tags"}


def run_search(
    expression: Expression | None,
    order: Sequence[OrderBy],
    experiment_ids: Sequence[str],
    stages: Sequence[LifecycleStage],
    dialect: Dialect,
    *,
    limit: int,
    offset: int,
) -> Statement:
    """The statement that yields the ids of the runs of a page, and its values.

    `order` is whole, as `parse_run_order` makes it. InvalidParameter for an experiment id that is no number. The
    connection must have `add_search_functions` and a case-sensitive LIKE.
    """
    scope = _scope(experiment_ids, dialect)
    conditions = [scope.within("r.{}"), *_staged("r", stages)]
    if expression is not None:
        conditions.append(run_condition(expression, dialect))
    by_metric = order[0].entity is Entity.METRIC and order[0].function is None
    if by_metric and experiment_ids and dialect.kind != "mysql":
        found = _along_index(order[0], order[1:], conditions, scope, limit + offset, dialect)
    else:
        found = _sorted_runs(order, conditions, dialect)
    return f"{found.text} LIMIT ? OFFSET ?", [*found.values, limit, offset]


def experiment_search(
    expression: Expression | None,
    order: Sequence[OrderBy],
    stages: Sequence[LifecycleStage],
    dialect: Dialect,
    *,
    limit: int,
    offset: int,
) -> Statement:
    """The statement that yields the ids (integers) of the experiments of a page, and its values.

    `order` is whole, as `parse_experiment_order` makes it.
    """
    conditions = [*_staged("e", stages)]
    if expression is not None:
        conditions.append(experiment_condition(expression, dialect))
    where = joined(conditions or [Sql("TRUE")], " AND ")
    ordered = ", ".join(_directed(EXPERIMENT_COLUMNS[one.key], one.ascending, dialect) for one in order)
    text = f"SELECT e.experiment_id FROM experiments e WHERE {where.text} ORDER BY {ordered} LIMIT ? OFFSET ?"
    return text, [*where.values, limit, offset]


def _sorted_runs(order: Sequence[OrderBy], conditions: list[Sql], dialect: Dialect) -> Sql:
    """The runs under `conditions`, read and sorted."""
    joins, terms = _ordering(order, dialect)
    found = joined(conditions, " AND ").within(f"SELECT r.run_uuid FROM runs r{joins.text} WHERE {{}}", *joins.values)
    return found.then(f"ORDER BY {terms.text}", *terms.values)


def _along_index(
    first: OrderBy, rest: Sequence[OrderBy], conditions: list[Sql], scope: Sql, size: int, dialect: Dialect
) -> Sql:
    """The first `size` runs by metric `first`, then by `rest`."""
    joins, terms = _ordering(rest, dialect)
    # CROSS makes SQLite begin with the metric; PostgreSQL has no ON behind it.
    join = "CROSS JOIN" if dialect.kind == "sqlite" else "JOIN"
    of_key = f"latest_metrics m {join} runs r ON r.run_uuid = m.run_uuid"
    by_value = joined([Sql(dialect.ordered("m.value", first.ascending, nullable=False)), terms], ", ")

    def phase(source: str, of_phase: str, ordered: Sql) -> Sql:
        frame = f"SELECT r.run_uuid FROM {source}{joins.text} WHERE {{}}"
        found = joined([Sql(of_phase, (first.key,)), *conditions], " AND ").within(frame, *joins.values)
        return found.then(f"ORDER BY {ordered.text}", *ordered.values)

    numbers = phase(of_key, "m.key = ? AND m.is_nan = FALSE", by_value)
    not_numbers = phase(of_key, "m.key = ? AND m.is_nan = TRUE", terms)
    lacking = phase(
        "runs r", "NOT EXISTS (SELECT 1 FROM latest_metrics WHERE key = ? AND run_uuid = r.run_uuid)", terms
    )
    if dialect.kind != "sqlite":
        phases = [
            Sql(f"SELECT run_uuid FROM ({one.text} LIMIT ?) AS {name}", (*one.values, size))
            for one, name in ((numbers, "numbers"), (not_numbers, "not_numbers"), (lacking, "lacking"))
        ]
        return joined(phases, " UNION ALL ")
    sorted_runs = _sorted_runs([first, *rest], conditions, dialect)
    wide = scope.within(
        "WITH scope(is_wide) AS (SELECT EXISTS ("
        f"SELECT 1 FROM runs WHERE {{}} LIMIT 1 OFFSET (SELECT coalesce(max(rowid), 0) / {_WIDE_SCOPE} FROM runs)))"
    )
    # A LIMIT of its own keeps SQLite from dropping a branch's order; one of 0 keeps it from entering the branch.
    branches = [
        Sql(f"SELECT run_uuid FROM ({one.text} LIMIT ? * (SELECT {taken} FROM scope))", (*one.values, size))
        for one, taken in (
            (numbers, "is_wide"),
            (not_numbers, "is_wide"),
            (lacking, "is_wide"),
            (sorted_runs, "NOT is_wide"),
        )
    ]
    return joined([wide, joined(branches, " UNION ALL ")], " ")


def _ordering(order: Sequence[OrderBy], dialect: Dialect) -> tuple[Sql, Sql]:
    """The joins that an order needs, and its terms."""
    joins: list[Sql] = []
    terms: list[Sql] = []
    for number, one in enumerate(order):
        alias = f"o{number}"
        key = PARENT_RUN_TAG if one.key == "parent_run_id" and one.entity is Entity.ATTRIBUTE else one.key
        table = "tags" if key != one.key else _TABLES.get(one.entity)
        if one.function is not None:
            of_run = f"{alias}.metric_key = ? AND {alias}.run_uuid = r.run_uuid"
            joins.append(Sql(f" LEFT JOIN kirok_series {alias} ON {of_run}", (key,)))
            value, flag = series_value(one.function, key, alias)
            terms += _number_terms(value, flag, one.ascending, dialect)
        elif table is not None:
            joins.append(
                Sql(f" LEFT JOIN {table} {alias} ON {alias}.key = ? AND {alias}.run_uuid = r.run_uuid", (key,))
            )
            if one.entity is Entity.METRIC:
                terms += _number_terms(Sql(f"{alias}.value"), f"{alias}.is_nan", one.ascending, dialect)
            else:
                terms.append(Sql(dialect.ordered(dialect.text_order(f"{alias}.value"), one.ascending)))
        elif key == "experiment_name":
            joins.append(Sql(f" JOIN experiments {alias} ON {alias}.experiment_id = r.experiment_id"))
            name = dialect.text_order(f"{alias}.name")
            terms.append(Sql(dialect.ordered(name, one.ascending, nullable=False)))
        else:
            terms.append(Sql(_directed(RUN_COLUMNS[key], one.ascending, dialect)))
    return joined(joins, ""), joined(terms, ", ")


def _number_terms(value: Sql, flag: str | None, ascending: bool, dialect: Dialect) -> list[Sql]:
    """Numbers, then NaN (a 0 that is flagged), then what is absent."""
    ordered = dialect.ordered(value.text, ascending)
    terms = [Sql(ordered, value.values * ordered.count(value.text))]  # MySQL says it twice
    if flag is not None:
        terms.insert(0, Sql(f"CASE {flag} WHEN FALSE THEN 0 WHEN TRUE THEN 1 ELSE 2 END"))
    return terms


def _directed(column: str, ascending: bool, dialect: Dialect) -> str:
    text = dialect.text_order(column) if column in _TEXTS else column
    return dialect.ordered(text, ascending, nullable=column not in _NEVER_NULL)


_NEVER_NULL = frozenset(("r.run_uuid", "e.experiment_id", "e.name"))
_TEXTS = frozenset(("r.run_uuid", "r.name", "r.user_id", "r.status", "r.artifact_uri", "e.name"))


def _scope(experiment_ids: Sequence[str], dialect: Dialect) -> Sql:
    numbers = [experiment_number(one) for one in experiment_ids]
    if len(numbers) == 1:
        return Sql("experiment_id = ?", (numbers[0],))
    return Sql(f"experiment_id {dialect.among}", (dialect.listed(numbers),))


def _staged(row: str, stages: Sequence[LifecycleStage]) -> list[Sql]:
    if set(stages) == set(LifecycleStage):
        return []
    if len(stages) != 1:
        return [Sql("FALSE")]
    return [Sql(f"{row}.lifecycle_stage = ?", (str(stages[0]),))]
