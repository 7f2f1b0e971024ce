"""RLIKE on databases that cannot be given a function: it becomes a list of the values that match.

Engines of regular expressions differ, and some can be kept busy for hours; so that RLIKE means one thing everywhere and
ends, it is always kirok's own automaton that matches. SQLite calls it row by row. Elsewhere the distinct values of the
field are read first, on the snapshot that the search itself reads.
"""

from kirok.search.expression import And, Comparator, Comparison, Entity, Expression, Not, Or
from kirok.search.fields import DATASET_CONTEXT_TAG
from kirok.search.match import holds
from kirok.stores.sql.connection import Connection
from kirok.stores.sql.dialect import Dialect
from kirok.stores.sql.search_filters import ATTRIBUTE_TAGS, EXPERIMENT_COLUMNS, RUN_COLUMNS
from kirok.stores.sql.search_values import Sql


def resolved(connection: Connection, expression: Expression | None, *, of_runs: bool = True) -> Expression | None:
    """`expression`, a filter of runs or of experiments, as this connection's database can be asked it."""
    if expression is None or connection.dialect.kind == "sqlite":
        return expression
    return _resolved(connection, expression, of_runs)


def _resolved(connection: Connection, expression: Expression, of_runs: bool) -> Expression:
    match expression:
        case Not(operand):
            return Not(_resolved(connection, operand, of_runs))
        case And(operands):
            return And(tuple(_resolved(connection, one, of_runs) for one in operands))
        case Or(operands):
            return Or(tuple(_resolved(connection, one, of_runs) for one in operands))
        case Comparison(comparator=Comparator.RLIKE | Comparator.NOT_RLIKE):
            return _listed(connection, expression, of_runs)
        case _:
            return expression


def _listed(connection: Connection, comparison: Comparison, of_runs: bool) -> Comparison:
    source = _values(comparison, of_runs, connection.dialect)
    matches = holds(Comparator.RLIKE, comparison.value)
    values = tuple(text for (text,) in connection.execute(*source) if text is not None and matches(text))
    comparator = Comparator.IN if comparison.comparator is Comparator.RLIKE else Comparator.NOT_IN
    return Comparison(comparison.entity, comparison.key, comparator, values)


def _values(  # noqa: PLR0911 - one return for each place where values stand
    comparison: Comparison, of_runs: bool, dialect: Dialect
) -> Sql:
    """The statement that reads every value that the comparison may look at."""
    entity, key = comparison.entity, comparison.key

    def distinct(column: str, rest: str, *values: object) -> Sql:
        # Told apart by code points, whatever the column's own collation takes for equal.
        return Sql(f"SELECT DISTINCT {dialect.text_order(column)} FROM {rest}", values)

    if entity is Entity.TAG and not of_runs:
        return distinct("value", "experiment_tags WHERE key = ?", key)
    if entity is Entity.ATTRIBUTE and not of_runs:
        return distinct(EXPERIMENT_COLUMNS[key], "experiments e")
    if entity is Entity.PARAM:
        return distinct("value", "params WHERE key = ?", key)
    if entity is Entity.TAG or key in ATTRIBUTE_TAGS:
        return distinct(
            "value", "tags WHERE key = ?", ATTRIBUTE_TAGS.get(key, key) if entity is not Entity.TAG else key
        )
    if entity is Entity.DATASET and key == "context":
        return distinct("value", "input_tags WHERE name = ?", DATASET_CONTEXT_TAG)
    if entity is Entity.DATASET:
        return distinct(key, "datasets")
    if key == "experiment_name":
        return distinct("name", "experiments")
    return distinct(RUN_COLUMNS[key], "runs r")
