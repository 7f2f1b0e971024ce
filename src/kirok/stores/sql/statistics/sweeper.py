"""What keeps statistics of series true while a server runs and other programs write to its database."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

from kirok.base.clock import Clock
from kirok.base.errors import KirokError
from kirok.stores.sql.database import Database
from kirok.stores.sql.series import marks, tables, watermark
from kirok.stores.sql.statistics.sweep import count_anew, outdated, sweep
from kirok.stores.sql.transaction import Transaction

_log = logging.getLogger(__name__)

_FILE_LOOK_EVERY_S = 5.0
_FIRST_FILE_SWEEP_S = 60.0
_FILE_SWEEP_EVERY_S = 24 * 3600.0
_LOOK_EVERY_S = 15.0
_SWEEP_EVERY_MS = 45_000
_REST = 20
"""A look or sweep that takes long is followed by as many times as long a rest."""
_ENDED_LATELY_MS = 10 * 60_000
_SERIES_A_JOB = 200


class Sweeper:
    """Looks every few seconds whether another program has added points, and counts them.

    A SQLite file says it outright; there all series are compared with their points only once a day, to forget those of
    runs that another program has deleted. A served database does not: there the last points of runs that are under way
    are compared with what is kept, and every 45 seconds, by one of the servers, the number of points of every series;
    where that takes more than two seconds it is done more seldom, and takes a twentieth of the time.
    """

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._stopped = threading.Event()

    @contextmanager
    def running(self) -> Iterator[None]:
        """While it is entered, a thread looks."""
        self._stopped.clear()
        thread = threading.Thread(target=self._work, name="kirok-sweeper", daemon=True)
        thread.start()
        try:
            yield
        finally:
            self._stopped.set()
            thread.join()

    def _work(self) -> None:
        is_file = self._database.dialect.kind == "sqlite"
        sweep_at = time.monotonic() + _FIRST_FILE_SWEEP_S
        pause = 1.0
        while not self._stopped.wait(pause):
            began = time.monotonic()
            try:
                if is_file:
                    is_time = began >= sweep_at
                    if is_time:
                        sweep_at = began + _FILE_SWEEP_EVERY_S
                    self._look_into_file(is_time)
                elif not self._look_into_server():
                    return
            except KirokError as error:  # the database is away, or full: the next look tries again
                _log.warning("Statistics of series may lag behind other programs for now: %s", error.message)
            pause = _FILE_LOOK_EVERY_S if is_file else max(_LOOK_EVERY_S, _REST * (time.monotonic() - began))

    def _look_into_file(self, is_time: bool) -> None:
        with self._database.read() as connection:
            is_behind = not tables.are_there(connection) or watermark.is_behind(connection)
        if is_behind:
            self._database.write(_nothing)  # the writer catches up before it writes
        with self._database.read() as connection:
            is_due = marks.required_sweep(connection) is not None
        if is_due or is_time:
            self._sweep()

    def _look_into_server(self) -> bool:
        """False where there are no tables to keep statistics in."""
        with self._database.read() as connection:
            if not tables.are_there(connection):
                return False
            series = outdated(connection, self._clock() - _ENDED_LATELY_MS)
        for at in range(0, len(series), _SERIES_A_JOB):
            if not self._stopped.is_set():
                self._database.write(partial(count_anew, series=series[at : at + _SERIES_A_JOB]))
        if self._database.write(self._take_turn):
            began = time.monotonic()
            self._sweep()
            took_ms = int((time.monotonic() - began) * 1000)
            self._database.write(partial(_rest, until=self._clock() + max(_SWEEP_EVERY_MS, _REST * took_ms)))
        return True

    def _take_turn(self, transaction: Transaction) -> bool:
        """Whether it is time for a sweep, and nobody else has begun one."""
        now = self._clock()
        return marks.claim(transaction.connection, "series.swept", now, now + _SWEEP_EVERY_MS)

    def _sweep(self) -> None:
        began = time.monotonic()
        for _ in sweep(self._database):
            # Half of the time is left to others.
            if self._stopped.wait(min(time.monotonic() - began, 1.0)):
                return
            began = time.monotonic()


def _nothing(_: Transaction) -> None:
    pass


def _rest(transaction: Transaction, until: int) -> None:
    marks.write(transaction.connection, "series.swept", until)
