"""Sealing: the older points of a long series, packed into chunks beside their rows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from kirok.charts.segments import Segment
from kirok.stores.sql.charts.packing import packed
from kirok.stores.sql.charts.points import CHUNK_POINTS, LOOSE_POINTS, Row, read_heads, segment_of
from kirok.stores.sql.charts.tables import forget_chunks
from kirok.stores.sql.database import Database
from kirok.stores.sql.history_pages import SERIES_INDEX
from kirok.stores.sql.transaction import Transaction

_CHUNKS_A_STEP = 4
"""As many as are read and packed in some 30 ms, so that neither a reader's snapshot nor the writer is held for long."""

_BEYOND = "FROM metrics{by_series} WHERE run_uuid = ? AND key = ? AND step >= ?"
_HAS_ENOUGH = f"SELECT 1 {_BEYOND} LIMIT 1 OFFSET ?"
_ROWS = f"SELECT step, timestamp, value, is_nan {_BEYOND} ORDER BY step LIMIT ?"
_COUNT = "SELECT count(*) FROM metrics{by_series} WHERE run_uuid = ? AND key = ? AND step BETWEEN ? AND ?"
_ALL = "SELECT s.run_uuid, s.metric_key FROM kirok_series AS s"
_ACTIVE = (
    "SELECT s.run_uuid, s.metric_key FROM runs AS r JOIN kirok_series AS s ON s.run_uuid = r.run_uuid "
    "WHERE (r.status = 'RUNNING' OR r.end_time >= ?)"
)
_LONG = (
    "s.points >= ? AND s.points - coalesce((SELECT sum(c.points) FROM kirok_chunks AS c "
    "WHERE c.run_uuid = s.run_uuid AND c.metric_key = s.metric_key), 0) >= ?"
)
_DELETE_STRAYS = "DELETE FROM kirok_chunks WHERE run_uuid = ? AND metric_key = ? AND number >= ?"
_ORPHANS = (
    "SELECT DISTINCT run_uuid FROM kirok_chunks AS c WHERE NOT EXISTS "
    "(SELECT 1 FROM runs AS r WHERE r.run_uuid = c.run_uuid)"
)
_INSERT = (
    "INSERT INTO kirok_chunks (run_uuid, metric_key, number, points, first_step, last_step, first_timestamp, "
    "last_timestamp, packed) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"
)


def long_series(database: Database, active_since_ms: int | None = None) -> list[tuple[str, str]]:
    """Run id and key of every series with enough loose points for a chunk, by its statistics.

    With a time: only of runs that are running or ended since.
    """
    enough = CHUNK_POINTS + LOOSE_POINTS
    with database.read() as connection:
        if active_since_ms is None:
            found = connection.execute(f"{_ALL} WHERE {_LONG}", (enough, enough))
        else:
            found = connection.execute(f"{_ACTIVE} AND {_LONG}", (active_since_ms, enough, enough))
        return [(run_id, key) for run_id, key in found]


def seal(database: Database, run_id: str, key: str) -> Iterator[int]:
    """Seal one series as far as it may be, a few chunks at each turn; yields how many points a turn has sealed.

    First, chunks that no longer hold exactly what the rows say are dropped. A turn reads, packs, and then hands the
    writer one short job. Where somebody else seals the same series, the chunks are the same.
    """
    _drop_unsound(database, run_id, key)
    while True:
        sealed = _seal_some(database, run_id, key)
        if not sealed:
            return
        yield sealed


def seal_all(database: Database) -> Iterator[int]:
    """Drop all chunks and seal every series that is long by its statistics; yields the points each turn has sealed."""
    database.write(lambda transaction: transaction.connection.execute("DELETE FROM kirok_chunks").rowcount)
    for run_id, key in long_series(database):
        yield from seal(database, run_id, key)


def drop_orphans(database: Database) -> None:
    """Drop the chunks of runs that are gone: no foreign key does it, as that would stand in the way of MLflow's gc."""
    with database.read() as connection:
        orphans = [run_id for (run_id,) in connection.execute(_ORPHANS)]
    if not orphans:
        return

    def drop(transaction: Transaction) -> None:
        dialect = transaction.connection.dialect
        transaction.connection.execute(
            f"DELETE FROM kirok_chunks WHERE run_uuid {dialect.among}", (dialect.listed(orphans),)
        )

    database.write(drop)


def _drop_unsound(database: Database, run_id: str, key: str) -> None:
    with database.read() as connection:
        count = _COUNT.format(by_series=connection.dialect.using_index(SERIES_INDEX))
        low = -(2**63)
        for head in read_heads(connection, run_id, key):
            if connection.execute(count, (run_id, key, low, head.last_step)).fetchone()[0] != head.points:
                break
            low = head.last_step + 1
        else:
            return
    from_step = low
    database.write(lambda transaction: forget_chunks(transaction.connection, run_id, key, from_step), run_id)


def _seal_some(database: Database, run_id: str, key: str) -> int:
    wanted = _CHUNKS_A_STEP * CHUNK_POINTS + LOOSE_POINTS
    with database.read() as connection:
        heads = read_heads(connection, run_id, key)
        start = heads[-1].last_step + 1 if heads else -(2**63)
        by_series = connection.dialect.using_index(SERIES_INDEX)
        enough = CHUNK_POINTS + LOOSE_POINTS
        if not connection.execute(_HAS_ENOUGH.format(by_series=by_series), (run_id, key, start, enough - 1)).fetchone():
            return 0
        rows = sorted(connection.execute(_ROWS.format(by_series=by_series), (run_id, key, start, wanted)))
    segments = [segment_of(rows) for rows in _cut(rows)]
    if not segments:
        return 0
    chunks = [_chunk(run_id, key, number, segment) for number, segment in enumerate(segments, len(heads))]

    def insert(transaction: Transaction) -> int:
        known = read_heads(transaction.connection, run_id, key)
        if known != heads:
            return 0  # somebody else seals it just now
        connection = transaction.connection
        connection.execute(_DELETE_STRAYS, (run_id, key, len(heads)))
        unless_there = connection.dialect.unless_there("run_uuid, metric_key, number")
        connection.executemany(_INSERT + unless_there, chunks)
        return sum(map(len, segments))

    return database.write(insert, run_id)


def _cut(rows: Sequence[Row]) -> Iterator[Sequence[Row]]:
    """The rows of each chunk that can be made of these: whole steps, leaving LOOSE_POINTS."""
    start, most = 0, len(rows) - LOOSE_POINTS
    while (end := start + CHUNK_POINTS) <= most:
        while end < most and rows[end][0] == rows[end - 1][0]:
            end += 1
        if rows[end][0] == rows[end - 1][0]:  # the step goes on among the loose points
            return
        yield rows[start:end]
        start = end


def _chunk(run_id: str, key: str, number: int, segment: Segment) -> tuple[object, ...]:
    times = list(segment.times.values(0, len(segment)))
    return (
        run_id,
        key,
        number,
        len(segment),
        segment.steps[0],
        segment.steps[len(segment) - 1],
        min(times),
        max(times),
        packed(segment),
    )
