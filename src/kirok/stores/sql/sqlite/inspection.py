"""Looking at a database file without changing anything in it."""

import contextlib
import sqlite3
from pathlib import Path

from kirok.base.errors import InvalidParameter
from kirok.stores.sql.schema import is_at_head
from kirok.stores.sql.sqlite.engine import SqliteConnection, check_place


def has_schema(path: Path, uri: str) -> bool:
    """Whether the file holds the schema this version speaks; False where there is no file, or no table in it.

    Raises InvalidParameter, naming the mend, for a file that is no database or has another schema.
    """
    check_place(path)
    if not path.exists():
        return False
    try:
        with contextlib.closing(sqlite3.connect(path, factory=SqliteConnection)) as connection:
            return is_at_head(connection, uri)
    except sqlite3.DatabaseError as error:
        raise InvalidParameter(f"{str(path)!r} cannot be read as a SQLite database: {error}.") from error
