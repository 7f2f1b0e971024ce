"""Series counted anew from their points."""

from collections.abc import Collection

from kirok.entities.series import SeriesStatistics
from kirok.rules.series import Columns, Rank, merged, statistics_of
from kirok.stores.sql.connection import Connection
from kirok.stores.sql.history_pages import SERIES_INDEX
from kirok.stores.sql.series import rows
from kirok.stores.sql.series.rows import Series

_MOST_HELD = 50_000
"""Points of one series in memory: a series may be longer than fits."""


def count(connection: Connection, series: Collection[Series]) -> dict[Series, SeriesStatistics]:
    """The statistics of all points that `metrics` has of some series; those without any are left out."""
    if not series:
        return {}
    condition, values = rows.one_of(connection, "run_uuid, key", series)
    found: dict[Series, SeriesStatistics] = {}
    points: dict[Series, list[Rank]] = {}
    index = connection.dialect.using_index(SERIES_INDEX)
    for run_id, key, *rank in connection.execute(
        f"SELECT run_uuid, key, step, timestamp, value, is_nan FROM metrics{index} WHERE {condition}", values
    ):
        ranks = points.setdefault((run_id, key), [])
        ranks.append(tuple(rank))
        if len(ranks) == _MOST_HELD:
            _add(found, points)
    _add(found, points)
    return found


def sizes(connection: Connection, series: Collection[Series]) -> dict[Series, int]:
    """How many points `metrics` has of some series; those without any are left out."""
    if not series:
        return {}
    condition, values = rows.one_of(connection, "run_uuid, key", series)
    found = connection.execute(
        f"SELECT run_uuid, key, count(*) FROM metrics{connection.dialect.using_index(SERIES_INDEX)} WHERE {condition} "
        "GROUP BY run_uuid, key",
        values,
    )
    return {(run_id, key): size for run_id, key, size in found}


def _add(found: dict[Series, SeriesStatistics], points: dict[Series, list[Rank]]) -> None:
    for series, ranks in points.items():
        more = statistics_of(Columns(*zip(*ranks, strict=True)))
        found[series] = merged(found[series], more) if series in found else more
    points.clear()
