"""Statistics compared with the points, and counted anew where they differ.

Nothing waits for a sweep: it reads a few hundred runs at a time, and what it finds is counted anew by short jobs of
the writer, in which the points of a series stand still.
"""

from collections.abc import Iterator, Sequence
from functools import partial

from kirok.stores.protocols import Reindexed
from kirok.stores.sql.connection import Connection
from kirok.stores.sql.database import Database
from kirok.stores.sql.series import counting, marks, rows
from kirok.stores.sql.series.rows import Series
from kirok.stores.sql.series.turns import take_turns
from kirok.stores.sql.transaction import Transaction

_RUNS_A_PAGE = 500
_POINTS_A_JOB = 20_000
_SERIES_A_JOB = 1_000

_SIZES = "SELECT run_uuid, key, count(*) FROM metrics WHERE {span} GROUP BY run_uuid, key"
_KEPT = "SELECT run_uuid, metric_key, points FROM kirok_series WHERE {span}"
# A point beyond all others changes the latest metric: nearly every foreign write shows here, at a small price.
_OUTDATED = (
    "SELECT l.run_uuid, l.key FROM runs AS r JOIN latest_metrics AS l ON l.run_uuid = r.run_uuid "
    "LEFT JOIN kirok_series AS s ON s.run_uuid = l.run_uuid AND s.metric_key = l.key "
    "WHERE (r.status = 'RUNNING' OR r.end_time >= ?) AND (s.points IS NULL OR s.last_step <> l.step "
    "OR s.last_timestamp <> l.timestamp OR s.last_value <> l.value OR s.last_is_nan <> l.is_nan)"
)


def sweep(database: Database, *, everything: bool = False) -> Iterator[Reindexed]:
    """Count anew every series whose number of points is not what is kept, or simply `everything`; small step by step.

    Also forgets series that have no points any more.
    """
    # As a job, since a writer that takes up a file may only then find that a sweep is due.
    number = database.write(lambda transaction: marks.required_sweep(transaction.connection))
    with database.read() as connection:
        (all_runs,) = connection.execute("SELECT count(*) FROM runs").fetchone()
    runs, series, points = 0, 0, 0
    after, is_last = "", False
    while not is_last:
        with database.read() as connection:
            page = connection.execute(
                f"SELECT run_uuid FROM runs WHERE run_uuid > ? ORDER BY run_uuid LIMIT {_RUNS_A_PAGE}", (after,)
            ).fetchall()
            is_last = len(page) < _RUNS_A_PAGE
            span = (after,) if is_last else (after, page[-1][0])
            differing = _differing(connection, span, everything=everything)
        for job in _jobs(differing):
            database.write(partial(count_anew, series=job))
            series += len(job)
            points += sum(differing[each] for each in job)
            yield Reindexed(runs, all_runs, series, points)
        runs += len(page)
        if page:
            after = page[-1][0]
        yield Reindexed(runs, all_runs, series, points)
    if number is not None:
        database.write(lambda transaction: marks.sweep_done(transaction.connection, number))


def outdated(connection: Connection, since_ms: int) -> list[Series]:
    """Series of runs that are running, or ended since then, whose last point is not what is kept."""
    return [(run_id, key) for run_id, key in connection.execute(_OUTDATED, (since_ms,))]


def count_anew(transaction: Transaction, series: Sequence[Series]) -> None:
    """A job: count these series from their points, and keep what comes of it."""
    transaction.flush()
    connection = transaction.connection
    take_turns(connection, series)
    found = counting.count(connection, series)
    rows.write(connection, found)
    rows.delete(connection, [each for each in series if each not in found])
    transaction.series.forget()


def _differing(connection: Connection, span: Sequence[str], *, everything: bool) -> dict[Series, int]:
    """The numbers of points of series to count anew, in a span of runs; 0 for those that are to be forgotten."""
    condition = "run_uuid > ?" if len(span) == 1 else "run_uuid > ? AND run_uuid <= ?"
    # Two plain reads of a span: how to join them would be up to planners that know neither table's size.
    sizes, kept = (
        {(run_id, key): size for run_id, key, size in connection.execute(statement.format(span=condition), span)}
        for statement in (_SIZES, _KEPT)
    )
    differing = {series: size for series, size in sizes.items() if everything or kept.get(series) != size}
    return differing | dict.fromkeys(kept.keys() - sizes.keys(), 0)


def _jobs(differing: dict[Series, int]) -> Iterator[list[Series]]:
    job: list[Series] = []
    points = 0
    for series, size in sorted(differing.items()):
        if job and (points + size > _POINTS_A_JOB or len(job) == _SERIES_A_JOB):
            yield job
            job, points = [], 0
        job.append(series)
        points += size
    if job:
        yield job
