"""A series counted anew from its points."""

from kirok.entities.series import SeriesStatistics
from kirok.rules.series import Columns, statistics_of
from kirok.stores.sql.connection import Connection
from kirok.stores.sql.series.rows import Series


def count(connection: Connection, series: Series) -> SeriesStatistics | None:
    """The statistics of all points that `metrics` has of a series; None where it has none."""
    index = connection.dialect.using_index("index_metrics_run_uuid_key_step")
    points = connection.execute(
        f"SELECT step, timestamp, value, is_nan FROM metrics{index} WHERE run_uuid = ? AND key = ?", series
    ).fetchall()
    return statistics_of(Columns(*zip(*points, strict=True))) if points else None
