"""When the write-ahead log is moved into the database file."""

import contextlib
import sqlite3
import threading

from kirok.stores.sql.sqlite.engine import SqliteConnection, SqliteFile

# Pages of 4 KiB. More of them would be moved for less, since a page that was written twice is moved once; but only
# where the log has been before is it overwritten instead of extended, and then its fsync takes half as long.
_PAGES_WORTH_MOVING = 4_000
# What a commit writes, roughly: a few pages each, and some rows to the page.
_PAGES_A_COMMIT = 6
_ROWS_A_PAGE = 8


class Checkpoints:
    """Keeps the write-ahead log short without stalling the writer, which calls `after_commit`.

    A thread moves the bulk while the writer goes on. What was written meanwhile, the writer moves itself: only a log
    that is moved to its end can be begun anew, or it would grow for as long as the load lasts.
    """

    def __init__(self, file: SqliteFile) -> None:
        self._file = file
        self._pages = 0
        self._changes = 0
        self._moving: threading.Thread | None = None

    def after_commit(self, connection: SqliteConnection) -> None:
        """Counts what was written and begins or ends a move when it is time. Never raises."""
        if not self._file.keeps_wal:
            return
        changes = connection.total_changes
        self._pages += _PAGES_A_COMMIT + (changes - self._changes) // _ROWS_A_PAGE
        self._changes = changes
        if self._moving is not None:
            if not self._moving.is_alive():
                self._moving = None
                _move(connection, "PASSIVE")
        elif self._pages > _PAGES_WORTH_MOVING:
            self._pages = 0
            self._moving = threading.Thread(target=self._move_apart, name="kirok-checkpoint", daemon=True)
            self._moving.start()

    def finish(self, connection: SqliteConnection) -> None:
        """The writer's last act: everything into the database file, the log emptied, the connection closed.

        Where another process is reading, what can be moved is moved; the last process to close moves the rest.
        """
        if self._moving is not None:
            self._moving.join()
        if self._file.keeps_wal:
            with contextlib.suppress(sqlite3.Error):
                connection.execute("PRAGMA busy_timeout = 1000")
            _move(connection, "TRUNCATE")
        connection.close()

    def _move_apart(self) -> None:
        with (
            contextlib.suppress(sqlite3.Error),
            contextlib.closing(self._file.connect(SqliteConnection, cache_mib=1)) as connection,
        ):
            _move(connection, "PASSIVE")


def _move(connection: SqliteConnection, mode: str) -> None:
    # A failure leaves the log as it is, which is correct, only longer.
    with contextlib.suppress(sqlite3.Error):
        connection.execute(f"PRAGMA wal_checkpoint({mode})").fetchone()
