"""A SQLite file while it is upgraded: a copy to go back to, room on the disk, a connection that may rebuild tables."""

import os
import shutil
import sqlite3
from pathlib import Path

from kirok.base.errors import Unavailable
from kirok.stores.sql.sqlite.snapshot import take_snapshot

# Beside the snapshot, a table that is rebuilt stands there twice, and its old form in the journal once more.
_COPIES_OF_AN_UPGRADE = 2


def connect_to_rebuild(file: Path) -> sqlite3.Connection:
    """A connection, in autocommit mode, under which a table can be dropped and come back under its name."""
    connection = sqlite3.connect(file, timeout=60, isolation_level=None)
    # Rows that refer to those of a dropped table would go with them.
    connection.execute("PRAGMA foreign_keys = OFF")
    connection.execute("PRAGMA synchronous = FULL")
    return connection


def snapshot_before_upgrade(database: Path, revision: str | None) -> Path:
    """Copy the file as it stands to `<name>.before-<revision>.db` beside it, and the whole copy is on the disk.

    A copy that is there already is kept; the new one bears a number. Raises Unavailable where the disk has no room.
    """
    check_room(database, copies=1 + _COPIES_OF_AN_UPGRADE)
    stem = f"{database.name.removesuffix('.db')}.before-{revision or 'revisions'}"
    copy = database.with_name(f"{stem}.db")
    number = 1
    while copy.exists():
        number += 1
        copy = database.with_name(f"{stem}-{number}.db")
    begun = copy.with_name(f"{copy.name}.{os.getpid()}.part")
    try:
        take_snapshot(database, begun)
        os.replace(begun, copy)
    finally:
        begun.unlink(missing_ok=True)
    return copy


def check_room(database: Path, copies: int = _COPIES_OF_AN_UPGRADE) -> None:
    """Unavailable, saying how much is missing, where the disk cannot take so many more copies of the file."""
    log = database.with_name(f"{database.name}-wal")
    size = database.stat().st_size + (log.stat().st_size if log.exists() else 0)
    free = shutil.disk_usage(database.parent).free
    if free < size * copies:
        raise Unavailable(
            f"The upgrade of {str(database)!r} may need {_in_mib(size * copies)} beside the database, and "
            f"{_in_mib(free)} are free there. Make room, or move the database to a larger disk for the upgrade. "
            "Nothing was changed."
        )


def _in_mib(size_bytes: int) -> str:
    return f"{size_bytes / (1 << 20):,.1f} MiB"
