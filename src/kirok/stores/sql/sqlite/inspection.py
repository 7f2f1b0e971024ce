"""Looking at a database file without changing anything in it."""

import contextlib
import sqlite3
from collections.abc import Iterator
from pathlib import Path

from kirok.base.errors import InvalidParameter
from kirok.stores.sql.sqlite.engine import SqliteConnection, check_place


@contextlib.contextmanager
def looking_at(path: Path) -> Iterator[SqliteConnection | None]:
    """A connection to look with; None where there is no file.

    Raises InvalidParameter, naming the mend, for a file that is no database.
    """
    check_place(path)
    if not path.exists():
        yield None
        return
    try:
        with contextlib.closing(sqlite3.connect(path, factory=SqliteConnection)) as connection:
            yield connection
    except sqlite3.DatabaseError as error:
        raise InvalidParameter(f"{str(path)!r} cannot be read as a SQLite database: {error}.") from error
