"""SQLite files: how a connection to one is made."""

import os
import sqlite3
import sys
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import TypeVar

from msgspec import Struct
from msgspec.structs import replace

from kirok.base.errors import InvalidParameter, PermissionDenied
from kirok.stores.sql.dialect import Dialect
from kirok.stores.sql.inserts import Insert
from kirok.stores.sql.sqlite.dialect import SQLITE

Kind = TypeVar("Kind", bound="SqliteConnection")

# File systems whose locks or shared memory cannot be trusted between machines, as Linux names them.
_NETWORK_FILE_SYSTEMS = frozenset(
    "nfs nfs4 cifs smb2 smb3 smbfs ncpfs 9p afs ceph glusterfs fuse.glusterfs fuse.sshfs fuse.s3fs lustre gpfs "
    "beegfs fuse.rclone ocfs2 gfs2".split()
)


# Rows a statement. Each is prepared once for a connection; a longer list is cut into the largest that fit. A statement
# of 256 rows costs a third less than 256 runs of `executemany`, and gives up the interpreter's lock once instead of
# 256 times, which matters as soon as another thread wants it.
_SIZES = (256, 64, 16, 4, 1)


class SqliteConnection(sqlite3.Connection):
    """A Connection to a SQLite file."""

    dialect: Dialect = SQLITE

    def insert(self, insert: Insert, values: list[object], /) -> int:
        """As Connection."""
        at, end, width, changed = 0, len(values), len(insert.columns), 0
        for rows, statement in _statements(insert):
            step = rows * width
            while end - at >= step:
                changed += self.execute(statement, values[at : at + step]).rowcount
                at += step
        return changed

    def insert_numbered(self, sql: str, values: Sequence[object], column: str, /) -> int:
        """As Connection."""
        number: int = self.execute(f"{sql} RETURNING {column}", values).fetchone()[0]
        return number


class SqliteFile(Struct, frozen=True):
    """One database file and how it is to be used."""

    path: Path
    synchronous: str = "FULL"
    """FULL: an acknowledged write survives a power loss. NORMAL: it survives the death of the process alone."""
    busy_timeout_s: float = 20.0
    """How long to wait for another process's write."""
    read_timeout_s: float = 0
    """The longest that a search or another reading may take; 0 for no limit."""
    keeps_wal: bool = True
    """Whether the journal is a write-ahead log; on a network file system it is not."""

    def connect(self, factory: type[Kind], *, cache_mib: int = 16) -> Kind:
        """A new connection, in autocommit mode, that any one thread at a time may use."""
        connection = sqlite3.connect(
            self.path,
            factory=factory,
            timeout=self.busy_timeout_s,
            isolation_level=None,
            check_same_thread=False,
            cached_statements=256,
        )
        for pragma in (
            f"synchronous = {self.synchronous}",
            "foreign_keys = ON",
            # LIKE is case-sensitive in MLflow's filters, on SQLite too.
            "case_sensitive_like = ON",
            f"cache_size = -{cache_mib * 1024}",
            "temp_store = MEMORY",
            # The writer says when; see Writer.
            "wal_autocheckpoint = 0",
        ):
            connection.execute(f"PRAGMA {pragma}")
        return connection

    def choose_journal(self, connection: SqliteConnection) -> "SqliteFile":
        """The file with its journal mode settled: WAL wherever SQLite can keep one safely."""
        wanted = "DELETE" if is_on_network(self.path) else "WAL"
        try:
            mode = connection.execute(f"PRAGMA journal_mode = {wanted}").fetchone()[0]
        except sqlite3.OperationalError:
            # Another process holds the file in the other mode just now; both modes are correct.
            mode = connection.execute("PRAGMA journal_mode").fetchone()[0]
        return replace(self, keeps_wal=mode == "wal")


@lru_cache(maxsize=64)
def _statements(insert: Insert) -> tuple[tuple[int, str], ...]:
    row = f"({','.join('?' * len(insert.columns))})"
    tail = ""
    if insert.overwrite:
        tail = SQLITE.or_overwrite(insert.key, insert.overwrite) + insert.condition
    elif insert.key:
        tail = SQLITE.unless_there(insert.key)
    head = f"INSERT INTO {insert.table} ({', '.join(insert.columns)}) VALUES "
    return tuple((rows, f"{head}{','.join([row] * rows)}{tail}") for rows in _SIZES)


def check_place(path: Path) -> None:
    """Refuse a path where no database can live, with the cause and the mend."""
    folder = path.parent
    if not folder.is_dir():
        raise InvalidParameter(f"There is no folder {str(folder)!r} for the database {path.name!r}: create it first.")
    if path.is_dir():
        raise InvalidParameter(f"{str(path)!r} is a folder; name a file, such as mlflow.db in it.")
    if not os.access(folder, os.W_OK | os.X_OK):
        raise PermissionDenied(
            f"The folder {str(folder)!r} is not writable; SQLite keeps its journal beside the database. "
            "Change its permissions or choose another folder."
        )
    if path.exists() and not os.access(path, os.R_OK | os.W_OK):
        raise PermissionDenied(f"The database {str(path)!r} is not readable and writable for this user.")


def is_on_network(path: Path, mounts: Path = Path("/proc/self/mountinfo")) -> bool:
    """Whether the file lies on another machine, as far as the operating system tells.

    Linux lists its mounts; on Windows a UNC path says it; elsewhere the answer is no.
    """
    if sys.platform == "win32":
        return str(path.resolve()).startswith("\\\\")
    try:
        lines = mounts.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return False
    place = str(path.resolve().parent) + "/"
    deepest, kind = -1, ""
    for line in lines:
        before, _, after = line.partition(" - ")
        fields, kinds = before.split(), after.split()
        if len(fields) < 5 or not kinds:
            continue
        mount = fields[4].replace("\\040", " ").rstrip("/") + "/"
        if place.startswith(mount) and len(mount) >= deepest:
            deepest, kind = len(mount), kinds[0]
    return kind in _NETWORK_FILE_SYSTEMS
