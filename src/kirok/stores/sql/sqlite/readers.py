"""Connections to read with."""

import math
import os
import sqlite3
import sys
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager

from kirok.base.errors import Unavailable
from kirok.stores.sql.search_functions import add_search_functions
from kirok.stores.sql.sqlite.dialect import SQLITE
from kirok.stores.sql.sqlite.engine import SqliteConnection, SqliteFile

_MOST_IDLE = 8
# Read from a mapping of the file, pages need no copy and no system call, and all connections share them.
# At 100,000 runs a search of a metric and a param takes twice as long where 256 MiB are mapped. SQLite allows 2 GiB.
_MAPPED_BYTES = 2 << 30

# Steps of SQLite's machine between two looks at the clock: mostly some 50 microseconds, but a step that looks for one
# long text in another may take a millisecond by itself.
_STEPS_A_LOOK = 1_000


class Reader(SqliteConnection):
    """A connection that only reads."""

    seen_version: int | None = None
    """What `PRAGMA data_version` said when this connection last knew that no foreign write had been overlooked."""
    deadline: float = math.inf
    """When what is being read has taken too long, on the clock of `time.monotonic`."""

    def is_late(self) -> bool:
        """Whether it has; SQLite asks every few thousand steps and stops where the answer is yes."""
        return time.monotonic() > self.deadline


class Readers:
    """As many connections as are reading at once; a few are kept for the next."""

    def __init__(self, file: SqliteFile) -> None:
        self._file = file
        self._process = os.getpid()
        self._idle: deque[Reader] = deque([self._connect()])
        self._is_closed = False
        self._inherited: list[deque[Reader]] = []

    @contextmanager
    def snapshot(self) -> Iterator[Reader]:
        """A connection on which every statement sees one moment, that of the first: nothing committed later."""
        if self._process != os.getpid():
            self._begin_anew()
        try:
            reader = self._idle.pop()
        except IndexError:
            if self._is_closed:
                raise Unavailable("The store is closed. Open it again to read.") from None
            try:
                reader = self._connect()
            except sqlite3.Error as error:  # no more files may be opened, say
                raise SQLITE.explained(error) from error
        try:
            if self._file.read_timeout_s:
                reader.deadline = time.monotonic() + self._file.read_timeout_s
            reader.execute("BEGIN")
            yield reader
        except (sqlite3.Error, OverflowError, UnicodeError) as error:
            raise SQLITE.explained(error) from error
        finally:
            reader.deadline = math.inf
            if reader.in_transaction:
                reader.execute("COMMIT")
            if len(self._idle) < _MOST_IDLE and not self._is_closed:
                self._idle.append(reader)
            else:
                reader.close()

    def close(self) -> None:
        """Close those that are idle; the others close when they have read."""
        self._is_closed = True
        if self._process != os.getpid():
            self._begin_anew()
        while self._idle:
            self._idle.pop().close()

    def _begin_anew(self) -> None:
        # This is a forked child. SQLite forbids it the parent's connections, even to close them: they are only held.
        self._inherited.append(self._idle)
        self._idle = deque()
        self._process = os.getpid()

    def _connect(self) -> Reader:
        reader = self._file.connect(Reader)
        add_search_functions(reader)
        if self._file.read_timeout_s:
            reader.set_progress_handler(reader.is_late, _STEPS_A_LOOK)
        if sys.platform != "win32":  # there a file that is mapped cannot be made shorter
            reader.execute(f"PRAGMA mmap_size = {_MAPPED_BYTES}")
        return reader
