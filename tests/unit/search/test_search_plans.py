"""How SQLite carries out a search: along which index, and without reading what it need not."""

import sqlite3
from collections.abc import Iterator

import pytest
from sqlalchemy import StaticPool, create_engine

from kirok.entities.views import LifecycleStage
from kirok.search.order import MAX_ORDER_CLAUSES, parse_run_order
from kirok.search.parse import MAX_COMPARISONS, MAX_NESTING, parse_run_filter
from kirok.search.words import MAX_WORD_LENGTH
from kirok.stores.sql.own_tables import create_own
from kirok.stores.sql.search import Statement, run_search
from kirok.stores.sql.search_functions import add_search_functions
from kirok.stores.sql.sqlite.dialect import SQLITE
from kirok.stores.sql.sqlite.engine import SqliteConnection
from kirok.stores.sql.tables import metadata


@pytest.fixture
def connection() -> Iterator[sqlite3.Connection]:
    connection = sqlite3.connect(":memory:", factory=SqliteConnection, check_same_thread=False, isolation_level=None)
    engine = create_engine("sqlite://", creator=lambda: connection, poolclass=StaticPool)
    metadata.create_all(engine)
    add_search_functions(connection)
    create_own(connection)
    yield connection
    engine.dispose()


def statement(text: str = "", *order: str) -> Statement:
    return run_search(
        parse_run_filter(text), parse_run_order(order), ["1"], [LifecycleStage.ACTIVE], SQLITE, limit=100, offset=0
    )


def plan(connection: sqlite3.Connection, searched: Statement) -> str:
    sql, values = searched
    return "\n".join(row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {sql}", values))


def test_the_default_order_walks_its_index_without_a_sort(connection: sqlite3.Connection) -> None:
    steps = plan(connection, statement())
    assert "USING COVERING INDEX kirok_runs_by_start" in steps
    assert "ORDER BY" not in steps


def test_a_filter_is_a_look_up_for_each_run_in_that_order(connection: sqlite3.Connection) -> None:
    steps = plan(connection, statement("metrics.a > 1 AND params.b = 'x'"))
    assert "kirok_runs_by_start" in steps
    assert "latest_metrics USING INDEX sqlite_autoindex_latest_metrics_1 (key=? AND run_uuid=?)" in steps
    assert "params USING INDEX sqlite_autoindex_params_1 (key=? AND run_uuid=?)" in steps
    assert "SCAN" not in steps
    assert "ORDER BY" not in steps


def test_a_function_is_a_look_up_for_each_run_in_that_order(connection: sqlite3.Connection) -> None:
    steps = plan(connection, statement("best(metrics.a) < 1"))
    assert "kirok_runs_by_start" in steps
    assert "SEARCH s USING PRIMARY KEY (run_uuid=? AND metric_key=?)" in steps
    assert "ORDER BY" not in steps


@pytest.mark.parametrize("direction", ["ASC", "DESC"])
def test_an_order_by_metric_walks_the_metrics_values(connection: sqlite3.Connection, direction: str) -> None:
    """Within one value runs are still sorted: hence the sort of the right part, one block at a time."""
    steps = plan(connection, statement("", f"metrics.a {direction}"))
    first_branch = steps.split("UNION ALL")[0]
    assert "SEARCH m USING COVERING INDEX kirok_latest_metrics_by_value (key=? AND is_nan=?)" in first_branch
    assert "RIGHT PART OF ORDER BY" in first_branch or "LAST 2 TERMS OF ORDER BY" in first_branch


@pytest.mark.parametrize("order", [(), ("metrics.m DESC",)], ids=["by start", "by metric"])
@pytest.mark.parametrize(
    "text",
    [
        "NOT " * MAX_NESTING + "dataset.context = 'x'",
        "(" * MAX_NESTING + "status = 'x'" + " OR dataset.context = 'y') AND dataset.name != 'z'" * MAX_NESTING,
        "NOT (" * MAX_NESTING + "status = 'x'" + " AND params.p < 3)" * MAX_NESTING,
        " AND ".join(["dataset.context != 'x'", "NOT params.p < 3"] * (MAX_COMPARISONS // 2)),
        " OR ".join(["dataset.context != 'x'", "metrics.m > 1 AND metrics.m < 2"] * (MAX_COMPARISONS // 3)),
        " OR ".join(["NOT best(metrics.m) NOT BETWEEN 1 AND 2"] * MAX_COMPARISONS),
        f"params.p IN ({', '.join(map(str, range(MAX_COMPARISONS)))})",
        "NOT " * MAX_NESTING + f"best(metrics.m) NOT IN ({', '.join(map(str, range(MAX_COMPARISONS)))})",
        " OR ".join(["text CONTAINS 'a b c d e f g h i j'"] * (MAX_COMPARISONS // 10)),
        f"text CONTAINS '{' '.join(letter * MAX_WORD_LENGTH for letter in 'abcdefghij')}'",
        " AND ".join([f"run_name RLIKE '{number}{'(a|b){9}' * 20}'" for number in range(MAX_COMPARISONS)]),
    ],
    ids=[
        *("not", "and or", "not and", "long and", "long or", "functions", "list", "list of a function", "words"),
        *("long words", "regular expressions"),
    ],
)
def test_sqlite_takes_the_largest_filters(connection: sqlite3.Connection, text: str, order: tuple[str, ...]) -> None:
    assert connection.execute(*statement(text, *order)).fetchall() == []


@pytest.mark.parametrize("field", ["metrics.k{}", "params.k{}", "best(metrics.k{})"])
def test_sqlite_takes_the_longest_order(connection: sqlite3.Connection, field: str) -> None:
    order = [f"{field.format(number)} DESC" for number in range(MAX_ORDER_CLAUSES)]
    assert connection.execute(*statement("", *order)).fetchall() == []
