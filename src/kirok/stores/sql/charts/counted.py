"""What statistics of series say about how many points there are, and whether they say it of all."""

from collections.abc import Sequence

from kirok.stores.sql.connection import Connection
from kirok.stores.sql.series import marks, watermark
from kirok.stores.sql.series.rows import Series

_POINTS = "SELECT points FROM kirok_series WHERE run_uuid = ? AND metric_key = ?"
_LAGGING = (
    "SELECT l.run_uuid, l.key FROM latest_metrics AS l LEFT JOIN kirok_series AS s ON s.run_uuid = l.run_uuid "
    "AND s.metric_key = l.key WHERE l.run_uuid {among} AND l.key {among} AND (s.points IS NULL "
    "OR s.last_step <> l.step OR s.last_timestamp <> l.timestamp OR s.last_value <> l.value "
    "OR s.last_is_nan <> l.is_nan)"
)


def counted_points(connection: Connection, run_id: str, key: str) -> int | None:
    """How many points a series has; None where its statistics do not know of every foreign write.

    Elsewhere than on SQLite, what another program wrote in the last minute may not be counted.
    """
    row = connection.execute(_POINTS, (run_id, key)).fetchone()
    if row is None:
        return None
    points: int = row[0]
    if connection.dialect.kind != "sqlite":
        return points
    added = _added(connection, [run_id])
    if added is None:
        return None
    return added.get((run_id, key), points)


def stale_series(connection: Connection, run_ids: Sequence[str], keys: Sequence[str]) -> set[Series]:
    """The series of these runs and keys whose statistics lack what another program has written."""
    dialect = connection.dialect
    if dialect.kind == "sqlite" and _added(connection, run_ids) is None:
        return {(run_id, key) for run_id in run_ids for key in keys}
    if dialect.kind == "sqlite":
        return set()  # what was added is added to the statistics by whoever reads them
    lagging = connection.execute(_LAGGING.format(among=dialect.among), (dialect.listed(run_ids), dialect.listed(keys)))
    return {(run_id, key) for run_id, key in lagging}


def _added(connection: Connection, run_ids: Sequence[str]) -> dict[Series, int] | None:
    if marks.required_sweep(connection) is not None:
        return None
    added = watermark.uncounted(connection, run_ids)
    return None if added is None else {series: statistics.count for series, statistics in added.items()}
