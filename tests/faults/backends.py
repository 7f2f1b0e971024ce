"""Where a server under test keeps its records, and what stands there in the end, read past the server."""

import sqlite3
from collections import Counter
from collections.abc import Callable, Iterable
from contextlib import closing
from pathlib import Path
from typing import Any, NamedTuple

from databases import DatabaseServer

Point = tuple[str, str, int]
"""Run, key, step."""


class Backend(NamedTuple):
    """A database of one test's own."""

    uri: str
    rows: Callable[[str], list[Any]]
    server: DatabaseServer | None = None
    """None for a file."""

    def points(self) -> set[Point]:
        """Every point; each is there once."""
        found = [tuple(row) for row in self.rows("SELECT m.run_uuid, m.key, m.step FROM metrics m")]
        assert [point for point, times in Counter(found).items() if times > 1] == []
        return set(found)

    def params(self) -> set[tuple[str, str]]:
        return {tuple(row) for row in self.rows("SELECT p.run_uuid, p.key FROM params p")}

    def tags(self) -> set[tuple[str, str]]:
        return {tuple(row) for row in self.rows("SELECT t.run_uuid, t.key FROM tags t")}

    def runs(self) -> set[str]:
        return {run_id for (run_id,) in self.rows("SELECT run_uuid FROM runs")}

    def check_what_follows_from_points(self) -> None:
        """Latest values and statistics are those of the points."""
        latest: dict[tuple[str, str], tuple[int, int, float]] = {}
        counts: Counter[tuple[str, str]] = Counter()
        sql = "SELECT {0}.run_uuid, {0}.key, {0}.step, {0}.timestamp, {0}.value FROM {1} {0}"
        for run_id, key, *rank in self.rows(sql.format("m", "metrics")):
            latest[run_id, key] = max(latest.get((run_id, key), (-1, -1, -1.0)), (rank[0], rank[1], rank[2]))
            counts[run_id, key] += 1
        stored = {(row[0], row[1]): tuple(row[2:]) for row in self.rows(sql.format("l", "latest_metrics"))}
        assert stored == latest
        statistics = self.rows("SELECT run_uuid, metric_key, points, last_step FROM kirok_series")
        assert {(row[0], row[1]): (row[2], row[3]) for row in statistics} == {
            series: (counts[series], rank[0]) for series, rank in latest.items()
        }


def file_backend(path: Path) -> Backend:
    """A SQLite file."""

    def rows(sql: str) -> list[Any]:
        with closing(sqlite3.connect(path)) as database:
            assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
            assert database.execute("PRAGMA foreign_key_check").fetchall() == []
            return database.execute(sql).fetchall()

    return Backend(f"sqlite:///{path}", rows)


def served_backend(server: DatabaseServer) -> Backend:
    """A database on a server."""
    uri = server.create()
    return Backend(uri, lambda sql: list(server.execute(sql, server.name_of(uri))), server)


def assert_kept(acknowledged: Iterable[Any], stored: Iterable[Any]) -> None:
    """Nothing that was acknowledged is missing."""
    assert set(acknowledged) - set(stored) == set()
