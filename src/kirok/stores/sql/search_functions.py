"""What a connection to SQLite needs before it can search: two functions, and indexes."""

import sqlite3
from functools import lru_cache

from kirok.search.automaton import automaton
from kirok.search.expression import Comparator
from kirok.search.match import Predicate, holds
from kirok.search.numbers import text_number
from kirok.stores.sql.dialect import Dialect


def search_indexes(dialect: Dialect) -> dict[str, str]:
    """Secondary indexes on MLflow's tables, by name: table and columns. Searches work without them, slower."""
    newest, by_id = dialect.ordered("start_time", False), dialect.text_order("run_uuid")
    return {
        # ORDER BY of a metric, and ranges of it: values in order, NaN (stored as 0) apart.
        "kirok_latest_metrics_by_value": "latest_metrics (key, is_nan, value, run_uuid)",
        # The default order of an experiment's runs, word for word, whichever life-cycle stage is asked for.
        "kirok_runs_by_start": f"runs (experiment_id, {newest}, {by_id}, lifecycle_stage)",
    }


def add_search_functions(connection: sqlite3.Connection) -> None:
    """Make `kirok_stands(text, comparator, number)` callable from SQL on `connection`, see `text_stands`, and RLIKE as
    `kirok_matches(text, regex)`.
    """
    connection.create_function("kirok_stands", 3, text_stands, deterministic=True)
    connection.create_function("kirok_matches", 2, _matches, deterministic=True)


def text_stands(text: str | None, comparator: str, number: float) -> bool:
    """Whether `text` writes a number that stands to `number` as `comparator` says: the matcher's own rule."""
    value = None if text is None else text_number(text)
    return value is not None and _test(comparator, number)(value)


def _matches(text: str | None, regex: str) -> bool:
    return text is not None and automaton(regex).finds(text)


@lru_cache(maxsize=64)
def _test(comparator: str, number: float) -> Predicate[float]:
    return holds(Comparator(comparator), number)
