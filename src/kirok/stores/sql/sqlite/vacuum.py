"""Giving the space of deleted rows back to the disk."""

import sqlite3
from contextlib import closing
from pathlib import Path

from kirok.stores.sql.sqlite.dialect import SQLITE


def vacuum(database: Path) -> int:
    """Write the file anew without its holes; by how many bytes it got smaller. Readers and writers wait meanwhile.

    Unavailable where somebody keeps it locked, or the disk has no room for a second copy.
    """
    before = database.stat().st_size
    try:
        with closing(sqlite3.connect(database, timeout=20, isolation_level=None)) as connection:
            connection.execute("VACUUM")
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    except sqlite3.Error as error:
        raise SQLITE.explained(error) from error
    return before - database.stat().st_size
