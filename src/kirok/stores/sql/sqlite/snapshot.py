"""A copy of a SQLite file as it stood at one moment, made while others write; and what such a copy holds."""

import os
import sqlite3
from contextlib import closing
from pathlib import Path

from kirok.base.errors import InvalidParameter, Unavailable

_COUNTED = (
    "experiments",
    "runs",
    "metrics",
    "params",
    "tags",
    "logged_models",
    "registered_models",
    "model_versions",
    "trace_info",
)


def take_snapshot(database: Path, copy: Path) -> None:
    """Make `copy`, one whole file without side files, of what was committed to `database` when the call began.

    Writers are not held up where the file keeps a write-ahead log; where it keeps a rollback journal, they wait.
    InvalidParameter where `database` is no SQLite file; Unavailable where the copy cannot be written, a full disk
    for one.
    """
    try:
        with closing(open_to_read(database)) as source, closing(sqlite3.connect(copy)) as target:
            # In one step: between steps another process's write would make SQLite begin anew, without end under load.
            source.backup(target, pages=-1)
            target.execute("PRAGMA journal_mode = DELETE")
    except sqlite3.Error as error:
        if "not a database" in str(error):
            raise InvalidParameter(f"{str(database)!r} is not a SQLite database ({error}).") from error
        raise Unavailable(
            f"The database {str(database)!r} was not copied to {str(copy.parent)!r}: {error}. Is the disk full?"
        ) from error


def revision_of(database: Path) -> str | None:
    """The schema revision that the file names, None where it names none."""
    with closing(open_to_read(database)) as connection:
        try:
            row = connection.execute("SELECT version_num FROM alembic_version").fetchone()
        except sqlite3.OperationalError:
            return None
    return str(row[0]) if row else None


def count_rows(database: Path) -> dict[str, int]:
    """How many rows the tables people care about have; a table that an older schema lacks is left out."""
    with closing(open_to_read(database)) as connection:
        tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        return {
            table: connection.execute(f"SELECT COUNT(*) FROM {table}").fetchone()[0]
            for table in _COUNTED
            if table in tables
        }


def damages(database: Path, *, most: int = 10) -> list[str]:
    """What SQLite finds wrong with the file: pages, indexes, constraints. Nothing for a sound one."""
    try:
        with closing(open_to_read(database)) as connection:
            found = [str(text) for (text,) in connection.execute(f"PRAGMA integrity_check({most})")]
    except sqlite3.DatabaseError as error:
        return [str(error)]
    return [] if found == ["ok"] else found


def open_to_read(database: Path) -> sqlite3.Connection:
    """A connection that is not to write, to a file that is there. It leaves no side files behind.

    A connection that may not write would leave those it makes for a file with a write-ahead log, so it may, unless
    this account may not.
    """
    if os.access(database, os.W_OK) and os.access(database.parent, os.W_OK):
        mode = "mode=rw"
    else:
        mode = "mode=ro" if database.with_name(f"{database.name}-wal").exists() else "immutable=1"
    return sqlite3.connect(f"{database.absolute().as_uri()}?{mode}", uri=True, timeout=20, isolation_level=None)
