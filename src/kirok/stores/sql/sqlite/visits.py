"""A transaction on a database file that is never committed."""

import contextlib
import sqlite3
from collections.abc import Iterator
from pathlib import Path

from kirok.stores.sql.sqlite.dialect import SQLITE
from kirok.stores.sql.sqlite.engine import SqliteConnection, SqliteFile, check_place


@contextlib.contextmanager
def begun(path: Path, timeout_s: float) -> Iterator[SqliteConnection]:
    """A connection that holds the file's one lock for writers; what is written with it is undone.

    Raises PermissionDenied where the file may not be written, Unavailable where another process keeps the lock for
    `timeout_s`.
    """
    check_place(path)
    with contextlib.closing(SqliteFile(path, busy_timeout_s=timeout_s).connect(SqliteConnection)) as connection:
        try:
            connection.execute("BEGIN IMMEDIATE")
        except sqlite3.Error as error:
            raise SQLITE.explained(error) from error
        yield connection
        connection.execute("ROLLBACK")
