"""What was read from the folder, kept in a SQLite file beside it, so that it need not be read again.

The folder is the truth and the index a copy: it may be deleted at any time, is made anew where it is damaged, and is
left aside where it cannot be written. A row counts only as long as the files it came from have not changed, and only
once they are old enough for a change to show (`kirok.stores.file.scans`); of younger ones the last reading is kept in
this process, so that a long series need not be read again because its neighbour grew.
"""

import hashlib
import logging
import os
import sqlite3
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Generic, TypeVar

import msgspec

from kirok.stores.file.layout import INDEX
from kirok.stores.file.meta import Unreadable, Warnings
from kirok.stores.file.scans import Scan

Record = TypeVar("Record")
Answer = TypeVar("Answer")
Reader = Callable[[str, Record | None, int], Record]
"""Reads what lies at a place: (place, what was read there before, the time in ns) -> record. Unreadable where there is
nothing to be read, FileNotFoundError where it is gone.
"""

_log = logging.getLogger(__name__)

_FORMAT = 2
"""To be raised with every change of what a row holds or how."""
_CREATE = (
    "CREATE TABLE IF NOT EXISTS records (place TEXT PRIMARY KEY, parent TEXT NOT NULL, fingerprint INTEGER NOT NULL, "
    "record BLOB NOT NULL) WITHOUT ROWID",
    "CREATE INDEX IF NOT EXISTS records_by_parent ON records (parent)",
)
_DELETE = "DELETE FROM records WHERE place = ? OR parent = ? OR parent LIKE ?"
_BUSY_S = 2.0


class IndexFile:
    """The SQLite file. No failure of it fails a reader: what it does not give is read from the folder."""

    def __init__(self, root: str, cache: str | None) -> None:
        self._candidates = [os.path.join(root, INDEX)]
        if cache is not None:
            name = hashlib.sha256(os.path.realpath(root).encode(errors="surrogateescape")).hexdigest()[:32]
            self._candidates.append(os.path.join(cache, f"{name}.db"))
        self._lock = threading.Lock()
        self._connection: sqlite3.Connection | None = None
        self._opened: tuple[str, int] | None = None

    def rows(self, parent: str, place: str | None = None) -> dict[str, tuple[int, bytes]]:
        """(fingerprint, record) by place, of all that lies in `parent`, or of one place in it."""
        sql, values = "SELECT place, fingerprint, record FROM records WHERE parent = ?", (parent,)
        if place is not None:
            sql, values = "SELECT place, fingerprint, record FROM records WHERE place = ?", (place,)

        def read(connection: sqlite3.Connection) -> dict[str, tuple[int, bytes]]:
            return {found: (fingerprint, record) for found, fingerprint, record in connection.execute(sql, values)}

        return self._attempt(read) or {}

    def change(self, parent: str, new: Mapping[str, tuple[int, bytes]], gone: list[str]) -> None:
        """Keep new rows of `parent`; drop those that are gone, with all that lay in them."""
        if not new and not gone:
            return

        def write(connection: sqlite3.Connection) -> None:
            with connection:
                connection.executemany(_DELETE, [(place, place, f"{place}/%") for place in gone])
                connection.executemany(
                    "INSERT OR REPLACE INTO records VALUES (?, ?, ?, ?)",
                    [(place, parent, fingerprint, record) for place, (fingerprint, record) in new.items()],
                )

        self._attempt(write)

    def close(self) -> None:
        """Let go of the file."""
        with self._lock:
            self._disconnect()

    def _attempt(self, act: Callable[[sqlite3.Connection], Answer]) -> Answer | None:
        with self._lock:
            for _ in range(2):
                try:
                    return act(self._connected())
                except sqlite3.DatabaseError as error:
                    if isinstance(error, sqlite3.OperationalError) and "no such" not in str(error):
                        # Busy, full, or not to be written: this once the folder alone has to do.
                        _log.debug("The index %s is left aside: %s", self._opened, error)
                        if "readonly" not in str(error):
                            return None
                        self._next_candidate()
                        continue
                    _log.warning("The index %s is damaged (%s) and is made anew.", self._opened, error)
                    self._discard()
            return None

    def _connected(self) -> sqlite3.Connection:
        if self._connection is not None and self._opened is not None:
            path, inode = self._opened
            # A deleted SQLite file must not be written on: another process may have begun a new one of that name.
            if path == ":memory:" or _inode(path) == inode:
                return self._connection
            self._disconnect()
        path = self._candidates[0] if self._candidates else ":memory:"
        connection = None
        try:
            if path != ":memory:":
                os.makedirs(os.path.dirname(path), exist_ok=True)
            connection = sqlite3.connect(path, timeout=_BUSY_S, check_same_thread=False)
            _prepare(connection)
        except (OSError, sqlite3.Error) as error:
            if connection is not None:
                connection.close()
            if isinstance(error, sqlite3.DatabaseError) and not isinstance(error, sqlite3.OperationalError):
                raise
            if path == ":memory:" or "locked" in str(error):
                raise sqlite3.OperationalError(str(error)) from error
            self._next_candidate()
            return self._connected()
        self._connection, self._opened = connection, (path, _inode(path))
        return connection

    def _next_candidate(self) -> None:
        self._disconnect()
        self._candidates = self._candidates[1:]

    def _discard(self) -> None:
        opened = self._opened or (self._candidates[0] if self._candidates else "", 0)
        self._disconnect()
        for ending in ("", "-journal"):
            with suppress(OSError):
                os.remove(opened[0] + ending)

    def _disconnect(self) -> None:
        if self._connection is not None:
            self._connection.close()
        self._connection, self._opened = None, None


def _prepare(connection: sqlite3.Connection) -> None:
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    if version == _FORMAT:
        return
    with connection:
        connection.execute("BEGIN IMMEDIATE")
        connection.execute("DROP TABLE IF EXISTS records")
        for statement in _CREATE:
            connection.execute(statement)
        connection.execute(f"PRAGMA user_version = {_FORMAT}")


def _inode(path: str) -> int:
    try:
        return os.stat(path).st_ino
    except OSError:
        return 0


class Index(Generic[Record]):
    """Records of one type, read from the folder where the index has them not, or not any more."""

    def __init__(self, file: IndexFile, kind: type[Record], read: Reader[Record], warnings: Warnings) -> None:
        self._file = file
        self._read = read
        self._warnings = warnings
        self._encoder = msgspec.msgpack.Encoder()
        self._decoder = msgspec.msgpack.Decoder(kind)
        self._young: dict[str, Record] = {}

    def all(self, parent: str, scans: Mapping[str, Scan]) -> dict[str, Record]:
        """The records of all places in `parent`, which are the keys of `scans`; unreadable ones are left out."""
        return self._refresh(parent, scans, self._file.rows(parent), is_all=True)

    def one(self, parent: str, place: str, scan: Scan) -> Record | None:
        """The record of one place; None where it is unreadable or gone."""
        return self._refresh(parent, {place: scan}, self._file.rows(parent, place), is_all=False).get(place)

    def _refresh(
        self, parent: str, scans: Mapping[str, Scan], rows: Mapping[str, tuple[int, bytes]], *, is_all: bool
    ) -> dict[str, Record]:
        at_ns = time.time_ns()
        found: dict[str, Record] = {}
        new: dict[str, tuple[int, bytes]] = {}
        for place, scan in scans.items():
            row = rows.get(place)
            kept = self._decoded(row)
            if kept is not None and row is not None and row[0] == scan.fingerprint:
                found[place] = kept
                continue
            try:
                record = self._read(place, self._young.get(place) or kept, at_ns)
            except Unreadable as error:
                self._warnings.skip(place, scan.fingerprint, error)
                continue
            except (FileNotFoundError, NotADirectoryError):
                continue  # deleted or moved meanwhile
            found[place] = record
            if scan.is_settled(at_ns):
                new[place] = (scan.fingerprint, self._encoder.encode(record))
                self._young.pop(place, None)
            else:
                self._young[place] = record
        gone = [place for place in rows if place not in scans] if is_all else []
        for place in gone:
            self._young.pop(place, None)
        self._file.change(parent, new, gone)
        return found

    def _decoded(self, row: tuple[int, bytes] | None) -> Record | None:
        try:
            return None if row is None else self._decoder.decode(row[1])
        except (msgspec.MsgspecError, UnicodeDecodeError):
            return None  # damaged: as if it were not there
