"""Whether `kirok_series` says of every series it knows what its points say."""

from collections.abc import Sequence

from kirok.stores.sql.charts.tables import forget_chunks
from kirok.stores.sql.connection import Connection
from kirok.stores.sql.integrity.windows import Window, within
from kirok.stores.sql.series import rows
from kirok.stores.sql.series.counting import count
from kirok.stores.sql.series.turns import take_turns

Series = tuple[str, str]
"""(run id, key)."""

# A series that is not there is no fault: it was not counted yet. Means are not compared: they depend on the order in
# which points were added up, in their last digits.
_DIFFERENT = f"""
SELECT s.run_uuid, s.metric_key FROM kirok_series s LEFT JOIN (
    SELECT m.run_uuid, m.key AS name, COUNT(*) AS points, COUNT(CASE WHEN NOT m.is_nan THEN 1 END) AS numbers,
        MIN(CASE WHEN NOT m.is_nan THEN m.value END) AS minimum, MAX(CASE WHEN NOT m.is_nan THEN m.value END) AS maximum
    FROM metrics m WHERE {within("m")} GROUP BY m.run_uuid, m.key
) c ON c.run_uuid = s.run_uuid AND c.name = s.metric_key
WHERE {within("s")} AND EXISTS (SELECT 1 FROM runs WHERE runs.run_uuid = s.run_uuid) AND (
    c.points IS NULL OR c.points <> s.points OR c.numbers <> s.numbers
    OR (c.numbers > 0 AND (s.minimum IS NULL OR s.maximum IS NULL OR c.minimum <> s.minimum OR c.maximum <> s.maximum))
)
"""


def different_statistics(connection: Connection, window: Window) -> list[Series]:
    """Series whose number of points, minimum or maximum is not what is kept of them."""
    return [(run_id, key) for run_id, key in connection.execute(_DIFFERENT, (*window, *window))]


def mend_statistics(connection: Connection, series: Sequence[Series]) -> None:
    """Count these series anew, one at a time: the points of one are in memory."""
    for each in series:
        take_turns(connection, [each])
        forget_chunks(connection, *each)
        rows.delete(connection, [each])
        rows.write(connection, count(connection, [each]))
