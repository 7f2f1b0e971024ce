"""Statistics of series in SQL."""

from collections.abc import Iterable, Sequence

import msgspec

from kirok.entities.series import SeriesStatistics
from kirok.rules.paging import check_statistics_request
from kirok.rules.series import Rank, rank_of
from kirok.stores.sql.connection import Connection
from kirok.stores.sql.database import Database
from kirok.stores.sql.series import counting, marks, rows, tables, watermark
from kirok.stores.sql.series.rows import Series

_MOST_COUNTED = 1_000_000
"""Points that one request counts itself, where their statistics are not kept: a second's work."""


class SqlSeriesStore:
    """A SeriesStore on a SQL database.

    Answers what is kept, as long as it ends where MLflow's own `latest_metrics` says that the series ends. What is
    kept of no series, or of a shorter one, is counted for the answer, as far as that is a second's work; beyond it the
    answer is what is kept, marked as stale, and leaves out what is not kept at all. A sweep makes good what it finds.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def statistics(self, run_ids: Sequence[str], keys: Sequence[str] | None = None) -> dict[Series, SeriesStatistics]:
        """As SeriesStore."""
        check_statistics_request(run_ids, keys)
        with self._database.read() as connection:
            logged = _logged(connection, run_ids, keys)
            if not tables.are_there(connection):  # the account may not make any
                return _counted(connection, logged)
            kept = rows.read_runs(connection, run_ids, keys)
            is_stale = False
            if connection.dialect.kind == "sqlite":
                added = watermark.uncounted(connection, run_ids)
                is_stale = added is None or marks.required_sweep(connection) is not None
                kept |= added or {}
            doubtful = {
                series for series, last in logged.items() if series not in kept or rank_of(kept[series].last) != last
            }
            counted = _counted(connection, doubtful)
        stale = {
            series: msgspec.structs.replace(kept[series], is_stale=True)
            for series in (logged if is_stale else doubtful - counted.keys())
            if series in kept
        }
        return {series: kept[series] for series in logged if series in kept} | stale | counted


def _logged(connection: Connection, run_ids: Sequence[str], keys: Sequence[str] | None) -> dict[Series, Rank]:
    """The series that there are, and the last point of each."""
    dialect = connection.dialect
    statement = (
        f"SELECT run_uuid, key, step, timestamp, value, is_nan FROM latest_metrics WHERE run_uuid {dialect.among}"
    )
    values = [dialect.listed(run_ids)]
    if keys is not None:
        statement += f" AND key {dialect.among}"
        values.append(dialect.listed(keys))
    return {(run_id, key): tuple(rank) for run_id, key, *rank in connection.execute(statement, values)}


def _counted(connection: Connection, wanted: Iterable[Series]) -> dict[Series, SeriesStatistics]:
    chosen: list[Series] = []
    left = _MOST_COUNTED
    for series, size in sorted(counting.sizes(connection, list(wanted)).items()):
        left -= size
        if left < 0:
            break
        chosen.append(series)
    return counting.count(connection, chosen)
