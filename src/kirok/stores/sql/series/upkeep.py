"""Points into `metrics`, `latest_metrics` and `kirok_series`, all three or none.

Statistics must count the points that were really inserted, not those that were there already, and no statement says
cheaply which those are. But a point beyond a series' last (step, timestamp) repeats none that is stored, and nearly
every point is beyond. Those are inserted by one statement for all series, and counted as they stand in the batch.
The others go series by series, and the number inserted decides: all of them, or none (a batch sent again), is clear;
where it was some, the series is counted anew from `metrics`.

Where several processes write to one database, they take turns at a series by the lock on its row in
`latest_metrics`, which is why that table comes first.
"""

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from msgspec import Struct

from kirok.entities.series import SeriesPoint, SeriesStatistics
from kirok.rules.series import Columns, Rank, begun, do_ascend, extended, merged, statistics_of
from kirok.stores.sql.connection import Connection
from kirok.stores.sql.history_pages import SERIES_INDEX
from kirok.stores.sql.inserts import Insert
from kirok.stores.sql.latest_metrics import keep_latest
from kirok.stores.sql.series import rows
from kirok.stores.sql.series.counting import count
from kirok.stores.sql.series.rows import Series

_METRICS = Insert(
    "metrics",
    "key, value, timestamp, run_uuid, step, is_nan",
    "text float8 int8 text int8 bool",
    key="key, timestamp, step, run_uuid, value, is_nan",
)
_WIDTH = len(_METRICS.columns)

# By `latest_metrics`, which has every series that is being written, so as to look at no more than a point of each.
_UNCOUNTED = (
    "SELECT l.run_uuid, l.key FROM latest_metrics AS l WHERE EXISTS (SELECT 1 FROM metrics AS m{by_series} "
    "WHERE m.run_uuid = l.run_uuid AND m.key = l.key) AND "
)

_MOST_REMEMBERED = 16_384
_MOST_NAMED = 2_000
"""Series in one statement, at a kilobyte each at most: a packet of MySQL may have 16 MiB, of older servers 4."""


class KnownSeries:
    """What the writer remembers of series, so that the next point costs no query."""

    __slots__ = ("_begun", "_known", "are_kept")

    def __init__(self, *, are_kept: bool = True) -> None:
        self.are_kept = are_kept
        """Whether there is a table to keep statistics in."""
        self._known: dict[Series, SeriesStatistics | None] = {}
        self._begun: set[str] = set()
        """Runs of which every series is known."""

    def of(self, connection: Connection, series: Collection[Series]) -> dict[Series, SeriesStatistics | None]:
        """The statistics of those series that have points; None where they have, and nobody has counted them yet."""
        known = self._known
        found = {each: known[each] for each in series if each in known}
        if missing := [each for each in series if each not in known and each[0] not in self._begun]:
            for at in range(0, len(missing), _MOST_NAMED):
                found |= self._read(connection, missing[at : at + _MOST_NAMED])
        return found

    def _read(self, connection: Connection, series: Collection[Series]) -> dict[Series, SeriesStatistics | None]:
        found: dict[Series, SeriesStatistics | None] = {**rows.read(connection, series)}
        if unknown := [each for each in series if each not in found]:
            condition, values = rows.one_of(connection, "l.run_uuid, l.key", unknown)
            index = connection.dialect.using_index(SERIES_INDEX)
            uncounted = connection.execute(_UNCOUNTED.format(by_series=index) + condition, values)
            found |= dict.fromkeys(((run_id, key) for run_id, key in uncounted), None)
        return found

    def remember(self, found: Mapping[Series, SeriesStatistics | None]) -> None:
        """These are what the tables say from now on."""
        if len(self._known) + len(found) > _MOST_REMEMBERED:
            self.forget()
        if len(found) <= _MOST_REMEMBERED:
            self._known |= found

    def begin_run(self, run_id: str) -> None:
        """The run is new, and has no series."""
        if len(self._begun) >= _MOST_REMEMBERED:
            self._begun.clear()
        self._begun.add(run_id)

    def forget_run(self, run_id: str) -> None:
        """What was known of this run's series may be wrong now."""
        self._begun.discard(run_id)
        for series in [each for each in self._known if each[0] == run_id]:
            del self._known[series]

    def forget(self) -> None:
        """Whatever was known may be wrong now."""
        self._known.clear()
        self._begun.clear()


def store_points(connection: Connection, known: KnownSeries, points: Mapping[Series, list[object]]) -> None:
    """Insert points, given by series as rows of `metrics` end to end, and keep what depends on them."""
    arrived = {series: _Batch.of(cells) for series, cells in points.items()}
    keep_latest(connection, {series: batch.last() for series, batch in arrived.items()})
    if not known.are_kept:
        connection.insert(_METRICS, [cell for batch in arrived.values() for cell in batch.cells])
        return
    stored = known.of(connection, arrived)

    changed: dict[Series, SeriesStatistics] = {}
    doubtful: list[Series] = []
    beyond: list[Any] = []
    uncounted: list[Any] = []
    for series, batch in arrived.items():
        before = stored.get(series)
        if before is not None and not batch.is_beyond(before.last):
            among, batch = batch.parted(before.last)  # noqa: PLW2901 - what is left of it
            inserted = connection.insert(_METRICS, among.cells)
            if inserted == among.size:
                before = changed[series] = among.added_to(before)
            elif inserted:
                doubtful.append(series)
        if before is None and series in stored:
            uncounted += batch.cells
        elif batch.size:
            changed[series] = batch.added_to(before)
            beyond += batch.cells
    connection.insert(_METRICS, uncounted)
    if connection.insert(_METRICS, beyond) < len(beyond) // _WIDTH:
        doubtful = list(changed)  # a program that takes no turns has logged the same just now
    for at in range(0, len(doubtful), _MOST_NAMED):
        changed |= count(connection, doubtful[at : at + _MOST_NAMED])
    rows.write(connection, changed)
    known.remember(changed)


class _Batch(Struct, frozen=True, gc=False):
    """The distinct points that arrived of one series, in their order, as rows of `metrics` end to end."""

    cells: list[Any]

    @classmethod
    def of(cls, cells: list[Any]) -> "_Batch":
        """The points in rows of which some may repeat others."""
        if len(cells) == _WIDTH or do_ascend(cells[4::_WIDTH]):
            return cls(cells)
        return cls._of_ranks(cells[0], cells[3], set(_columns(cells).ranks()))

    @classmethod
    def _of_ranks(cls, key: str, run_id: str, ranks: Iterable[Rank]) -> "_Batch":
        cells: list[Any] = []
        for step, timestamp, value, is_nan in sorted(ranks):
            cells += (key, value, timestamp, run_id, step, is_nan)
        return cls(cells)

    @property
    def size(self) -> int:
        """How many points."""
        return len(self.cells) // _WIDTH

    def last(self) -> Rank:
        """The greatest point."""
        cells = self.cells
        return cells[-2], cells[-4], cells[-5], cells[-1]

    def is_beyond(self, point: SeriesPoint) -> bool:
        """Whether no point can be one of a series that ends with `point`."""
        step = self.cells[4]
        return bool(step > point.step or (step == point.step and self.cells[2] > point.timestamp))

    def parted(self, point: SeriesPoint) -> "tuple[_Batch, _Batch]":
        """The points that may be in a series which ends with `point`, and those that cannot."""
        ranks = _columns(self.cells).ranks()
        known = [rank for rank in ranks if rank[:2] <= (point.step, point.timestamp)]
        key, run_id = self.cells[0], self.cells[3]
        return self._of_ranks(key, run_id, known), self._of_ranks(key, run_id, ranks[len(known) :])

    def added_to(self, before: SeriesStatistics | None) -> SeriesStatistics:
        """The statistics of a series with these points as well; None is a series without points."""
        if before is not None and len(self.cells) == _WIDTH and self.is_beyond(before.last):
            return extended(before, self.last())
        found = begun(self.last()) if len(self.cells) == _WIDTH else statistics_of(_columns(self.cells))
        return found if before is None else merged(before, found)


def _columns(cells: list[Any]) -> Columns:
    return Columns(cells[4::_WIDTH], cells[2::_WIDTH], cells[1::_WIDTH], cells[5::_WIDTH])
