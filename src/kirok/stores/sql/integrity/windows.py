"""All runs, a few at a time, so that no statement holds more than a few in memory or under lock."""

from collections.abc import Iterator

from kirok.stores.sql.database import Database

Window = tuple[str, str]
"""Run ids above the first, up to the second."""

_RUNS = 200


def windows(database: Database) -> Iterator[Window]:
    """Windows that together hold every run."""
    low = ""
    while True:
        with database.read() as connection:
            rows = connection.execute(
                "SELECT run_uuid FROM runs WHERE run_uuid > ? ORDER BY run_uuid LIMIT ?", (low, _RUNS)
            ).fetchall()
        if not rows:
            return
        yield low, rows[-1][0]
        low = rows[-1][0]


def within(table: str) -> str:
    """The condition that the runs of `table` lie in a window; binds its two ids."""
    return f"{table}.run_uuid > ? AND {table}.run_uuid <= ?"
