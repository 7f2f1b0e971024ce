"""What seals long series while a server runs."""

from __future__ import annotations

import logging
import random
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from kirok.base.clock import now_ms
from kirok.base.errors import KirokError
from kirok.stores.sql.charts import tables
from kirok.stores.sql.charts.points import SeriesPoints
from kirok.stores.sql.charts.sealing import drop_orphans, long_series, seal, seal_all
from kirok.stores.sql.connection import Connection
from kirok.stores.sql.database import Database
from kirok.stores.sql.series import tables as series_tables

_log = logging.getLogger(__name__)

_FIRST_LOOK_S = 1.0
_LOOK_EVERY_S = 15.0
"""How often runs that are running, or have just ended, are looked at."""
_LOOKS_AT_ALL = 40
"""One look in so many is at all runs; so is the first."""
_RESTS = 4
"""For each second of its processor time so many of rest: logging and reading keep the interpreter most of the time."""
_RECENT_MS = 60_000
_MOST_WANTED = 10_000


class Sealer:
    """Reads series with the help of their chunks, and makes those chunks where it is running.

    It seals at once what a reader found long and loose, within seconds what a run that goes on makes long, and within
    ten minutes what else there is. The writer is handed one short job after another.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._wanted: dict[tuple[str, str], None] = {}
        self._changed = threading.Condition()
        self._stopped = threading.Event()
        self._stopped.set()
        self._has_tables: bool | None = None

    def points(self, connection: Connection, run_id: str, key: str, *, may_be_sealed: bool) -> SeriesPoints:
        """The points of a series as a snapshot of the database has them."""
        return SeriesPoints(connection, run_id, key, self.want, may_be_sealed=may_be_sealed)

    def has_tables(self, connection: Connection) -> bool:
        """Whether chunks and statistics are kept: an account that may not make tables reads rows."""
        # `kirok db detach` leaves a file alone that is served; a database on a server it may have changed meanwhile.
        if self._has_tables is None or connection.dialect.kind != "sqlite":
            self._has_tables = tables.are_there(connection) and series_tables.are_there(connection)
        return self._has_tables

    def want(self, run_id: str, key: str) -> None:
        """Seal this series soon. Ignored where it cannot be."""
        with self._changed:
            if self._has_tables and not self._stopped.is_set() and len(self._wanted) < _MOST_WANTED:
                self._wanted[run_id, key] = None
                self._changed.notify()

    def seal_anew(self) -> Iterator[int]:
        """Drop all chunks and seal what is long, by its statistics; yields how many points each turn has sealed."""
        with self._database.read() as connection:
            if not self.has_tables(connection):
                return
        yield from seal_all(self._database)

    @contextmanager
    def running(self) -> Iterator[None]:
        """While it is entered, a thread seals."""
        self._stopped.clear()
        thread = threading.Thread(target=self._work, name="kirok-sealer", daemon=True)
        thread.start()
        try:
            yield
        finally:
            self._stopped.set()
            with self._changed:
                self._changed.notify()
            thread.join()

    def _work(self) -> None:
        look_at, looks, has_warned = time.monotonic() + _FIRST_LOOK_S, 0, False
        while not self._stopped.is_set():
            series = self._next(look_at - time.monotonic())
            try:
                if series is not None:
                    self._seal(series)
                elif time.monotonic() >= look_at:
                    look_at = time.monotonic() + _LOOK_EVERY_S
                    self._look(at_all=looks % _LOOKS_AT_ALL == 0)
                    looks += 1
                    has_warned = False
            except KirokError as error:  # the database is away, or full: the next look tries again
                if not has_warned:
                    _log.warning("Long series are not sealed for now, so their charts take longer: %s", error.message)
                has_warned = True

    def _next(self, patience_s: float) -> tuple[str, str] | None:
        with self._changed:
            if not self._wanted and not self._stopped.is_set():
                self._changed.wait(max(patience_s, 0))
            series = next(iter(self._wanted), None)
            if series is not None:
                del self._wanted[series]
            return series

    def _seal(self, series: tuple[str, str]) -> None:
        worked_s = time.thread_time()
        for _ in seal(self._database, *series):
            if self._stopped.wait(_RESTS * (time.thread_time() - worked_s)):
                return
            worked_s = time.thread_time()

    def _look(self, *, at_all: bool) -> None:
        with self._database.read() as connection:
            if not self.has_tables(connection):
                return
        if at_all:
            drop_orphans(self._database)
        found = long_series(self._database, None if at_all else now_ms() - _RECENT_MS)
        random.shuffle(found)  # other servers on this database look as well, and should not all begin with the same
        for series in found:
            self.want(*series)
