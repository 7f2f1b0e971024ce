"""How far the points of a SQLite file are counted, so that those other programs add are counted as well.

SQLite gives a row that is added to `metrics` a higher rowid than any there is. So the highest rowid that was counted,
kept in the transaction that counted it, parts the points that are counted from those that are not. It lies after the
rows at the top were deleted or the file was vacuumed, when rowids are given out again; therefore the mark also says
what stood there. Where that is no longer so, or where too much was added to be counted at once, every series is due to
be compared with its points: see `statistics.sweep`.
"""

from collections.abc import Iterable
from typing import Any

from kirok.entities.series import SeriesStatistics
from kirok.rules.series import Columns, Rank, merged, statistics_of
from kirok.stores.sql.connection import Connection
from kirok.stores.sql.history_pages import SERIES_INDEX
from kirok.stores.sql.series import marks, rows, tables
from kirok.stores.sql.series.rows import Series
from kirok.stores.sql.series.upkeep import KnownSeries

MOST_AT_ONCE = 20_000
"""Points that are counted in some 50 ms: more of them are not worth holding up the writers."""

_MARK = "series"
_WITNESS = "run_uuid || ' ' || step || ' ' || timestamp || ' ' || key"
_ADVANCE = (
    "INSERT OR REPLACE INTO kirok_marks (name, position, witness) "
    f"SELECT '{_MARK}', rowid, {_WITNESS} FROM metrics ORDER BY rowid DESC LIMIT 1"
)


def advance(connection: Connection) -> None:
    """Everything in `metrics` is counted, or due to be: to be called in the transaction that counted it."""
    connection.execute(_ADVANCE)


def catch_up(connection: Connection, known: KnownSeries) -> None:
    """Count what other programs have added since the mark, in a transaction that has the write lock."""
    tables.create(connection)  # another program may have removed them
    mark = marks.read(connection, _MARK)
    top = _top(connection)
    if mark is None and top == 0:
        marks.write(connection, _MARK, 0, "")
    elif mark is None or not _stands(connection, *mark) or top - mark[0] > MOST_AT_ONCE:
        marks.require_sweep(connection)
        advance(connection)
    elif top > mark[0]:
        found = _added(connection, mark[0])
        rows.write(connection, found)
        known.remember(found)
        advance(connection)


def is_behind(connection: Connection) -> bool:
    """Whether there are points that are neither counted nor due to be."""
    mark = marks.read(connection, _MARK)
    return mark is None or mark[0] != _top(connection) or not _stands(connection, *mark)


def uncounted(connection: Connection, run_ids: Iterable[str]) -> dict[Series, SeriesStatistics] | None:
    """What the series of these runs come to with what the mark leaves out; None where nobody can say yet."""
    mark = marks.read(connection, _MARK)
    top = _top(connection)
    if mark is None or not _stands(connection, *mark) or top - mark[0] > MOST_AT_ONCE:
        return None if mark or top else {}
    return _added(connection, mark[0], set(run_ids)) if top > mark[0] else {}


def _top(connection: Connection) -> int:
    top: int = connection.execute("SELECT coalesce(max(rowid), 0) FROM metrics").fetchone()[0]
    return top


def _stands(connection: Connection, position: int, witness: str | None) -> bool:
    if position == 0:
        return True
    row = connection.execute(f"SELECT {_WITNESS} FROM metrics WHERE rowid = ?", (position,)).fetchone()
    return row is not None and row[0] == witness


def _added(connection: Connection, position: int, run_ids: set[str] | None = None) -> dict[Series, SeriesStatistics]:
    """The statistics of the series that have points beyond the mark, where those before it are counted."""
    points: dict[Series, list[Rank]] = {}
    for run_id, *point in connection.execute(
        "SELECT run_uuid, key, step, timestamp, value, is_nan FROM metrics WHERE rowid > ?", (position,)
    ):
        if run_ids is None or run_id in run_ids:
            key, *rank = point
            points.setdefault((run_id, key), []).append(tuple(rank))
    before = rows.read(connection, points)
    found: dict[Series, SeriesStatistics] = {}
    for series, ranks in points.items():
        of_added = statistics_of(Columns.of(ranks))
        if series in before:
            found[series] = merged(before[series], of_added)
        elif not _has_earlier(connection, series, position):
            found[series] = of_added
    return found


def _has_earlier(connection: Connection, series: Series, position: int) -> bool:
    row: Any = connection.execute(
        f"SELECT 1 FROM metrics INDEXED BY {SERIES_INDEX} WHERE run_uuid = ? AND key = ? AND rowid <= ? LIMIT 1",
        (*series, position),
    ).fetchone()
    return row is not None
