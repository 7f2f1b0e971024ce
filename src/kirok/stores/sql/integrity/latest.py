"""Whether `latest_metrics` has the point of the greatest (step, timestamp, value) of every series."""

from collections.abc import Sequence

from kirok.stores.sql.connection import Connection
from kirok.stores.sql.integrity.windows import Window, within
from kirok.stores.sql.series.turns import take_turns

Series = tuple[str, str]
"""(run id, key)."""

# Each subquery reads the index over (run_uuid, key, step) from the latest step on: one entry in a sound series. Of a
# NaN (stored as 0) and a 0 that tie in all three either may be the latest: MLflow keeps the first that was written.
_WRONG = f"""
SELECT l.run_uuid, l.key FROM latest_metrics l WHERE {within("l")} AND (
    NOT EXISTS (
        SELECT 1 FROM metrics m WHERE m.run_uuid = l.run_uuid AND m.key = l.key AND m.step = l.step
        AND m.timestamp = l.timestamp AND m.value = l.value AND m.is_nan = l.is_nan)
    OR EXISTS (
        SELECT 1 FROM metrics m WHERE m.run_uuid = l.run_uuid AND m.key = l.key AND m.step >= l.step
        AND (m.step > l.step OR m.timestamp > l.timestamp OR (m.timestamp = l.timestamp AND m.value > l.value)))
) AND EXISTS (SELECT 1 FROM metrics m WHERE m.run_uuid = l.run_uuid AND m.key = l.key)
"""
_MISSING = f"""
SELECT d.run_uuid, d.key FROM (SELECT DISTINCT m.run_uuid, m.key FROM metrics m WHERE {within("m")}) d
WHERE NOT EXISTS (SELECT 1 FROM latest_metrics l WHERE l.run_uuid = d.run_uuid AND l.key = d.key)
"""
_WITHOUT_POINTS = f"""
SELECT l.run_uuid, l.key FROM latest_metrics l WHERE {within("l")}
AND NOT EXISTS (SELECT 1 FROM metrics m WHERE m.run_uuid = l.run_uuid AND m.key = l.key)
"""


def wrong_latest(connection: Connection, window: Window) -> list[Series]:
    """Series whose latest value is not that of their points, or is not there."""
    wrong = connection.execute(_WRONG, window).fetchall()
    missing = connection.execute(_MISSING, window).fetchall()
    return [(run_id, key) for run_id, key in (*wrong, *missing)]


def latest_without_points(connection: Connection, window: Window) -> list[Series]:
    """Series of which nothing is left but the latest value."""
    return [(run_id, key) for run_id, key in connection.execute(_WITHOUT_POINTS, window)]


def mend_latest(connection: Connection, series: Sequence[Series]) -> None:
    """Give these series, which have points, the latest value that their points have."""
    for run_id, key in series:
        take_turns(connection, [(run_id, key)])
        point = connection.execute(
            "SELECT value, timestamp, step, is_nan FROM metrics WHERE run_uuid = ? AND key = ? "
            "ORDER BY step DESC, timestamp DESC, value DESC, is_nan DESC LIMIT 1",
            (run_id, key),
        ).fetchone()
        if point is None:  # deleted since it was found
            continue
        connection.execute("DELETE FROM latest_metrics WHERE run_uuid = ? AND key = ?", (run_id, key))
        connection.execute(
            "INSERT INTO latest_metrics (run_uuid, key, value, timestamp, step, is_nan) VALUES (?, ?, ?, ?, ?, ?)",
            (run_id, key, *point),
        )
