"""Evenly spaced points of one series, by rank in (step, timestamp, value)."""

from collections.abc import Sequence
from itertools import pairwise

from kirok.stores.sql.connection import Connection
from kirok.stores.sql.history_pages import SERIES_INDEX

Row = tuple[int, int, float, int]
"""step, timestamp, stored value, is_nan: the order that is sampled."""

_SERIES = "FROM metrics{by_series} WHERE run_uuid = ? AND key = ?"
_COLUMNS = "step, timestamp, value, is_nan"
_RANGE = " AND step BETWEEN ? AND ?"


def sampled_rows(
    connection: Connection, run_id: str, key: str, start_step: int | None, end_step: int | None, limit: int
) -> Sequence[Row]:
    """The first point of each of `limit` equal buckets, the last point in place of the last bucket's first.

    That is MLflow's choice (NTILE; the first buckets are one larger where the points do not divide evenly).
    """
    span = () if start_step is None or end_step is None else (start_step, end_step)
    dialect = connection.dialect
    source = _SERIES.format(by_series=dialect.using_index(SERIES_INDEX)) + (_RANGE if span else "")
    series = (run_id, key, *span)
    (count,) = connection.execute(f"SELECT count(*) {source}", series).fetchone()
    if count > limit and dialect.kind != "sqlite":  # leaps are many statements, each a trip over the network
        return _by_number(connection, series, source, ranks_of(count, limit))
    if count > limit:
        (steps,) = connection.execute(f"SELECT count(*) FROM (SELECT DISTINCT step {source})", series).fetchone()
        if steps == count:
            return _by_leaps(connection, series, source, ranks_of(count, limit))
    rows: list[Row] = sorted(connection.execute(f"SELECT {_COLUMNS} {source}", series))
    return rows if count <= limit else [rows[rank] for rank in ranks_of(count, limit)]


def ranks_of(count: int, limit: int) -> list[int]:
    """Which of `count` > `limit` points, numbered from 0, are taken."""
    size, larger = divmod(count, limit)
    return [*(bucket * size + min(bucket, larger) for bucket in range(limit - 1)), count - 1]


def _by_number(connection: Connection, series: tuple[object, ...], source: str, ranks: Sequence[int]) -> list[Row]:
    numbered = f"SELECT {_COLUMNS}, row_number() OVER (ORDER BY {_COLUMNS}) - 1 AS number {source}"
    return connection.execute(
        f"SELECT {_COLUMNS} FROM ({numbered}) AS m WHERE number {connection.dialect.among} ORDER BY number",
        (*series, connection.dialect.listed(ranks)),
    ).fetchall()


def _by_leaps(connection: Connection, series: tuple[object, ...], source: str, ranks: Sequence[int]) -> list[Row]:
    # Where no step repeats, the index alone holds the order. An OFFSET passes over its entries without touching the
    # table, so of a million points only those taken are looked up; numbering them all by a window takes many times
    # as long.
    leap = f"SELECT {_COLUMNS} {source} ORDER BY step LIMIT 1 OFFSET ?"
    onward = f"SELECT {_COLUMNS} {source} AND step > ? ORDER BY step LIMIT 1 OFFSET ?"
    rows: list[Row] = [connection.execute(leap, (*series, ranks[0])).fetchone()]
    for before, rank in pairwise(ranks):
        rows.append(connection.execute(onward, (*series, rows[-1][0], rank - before - 1)).fetchone())
    return rows
