"""The table `kirok_marks`: how far work has come that outlives a process."""

from kirok.stores.sql.connection import Connection
from kirok.stores.sql.inserts import Insert

Mark = tuple[int, str | None]
"""A position, and what stood there."""

_INSERT = Insert("kirok_marks", "name, position, witness", "text int8 text", key="name", overwrite="position, witness")
_SWEEP = "series.sweep"


def read(connection: Connection, name: str) -> Mark | None:
    """The mark of this name; None where it was never set."""
    row = connection.execute("SELECT position, witness FROM kirok_marks WHERE name = ?", (name,)).fetchone()
    return None if row is None else (row[0], row[1])


def write(connection: Connection, name: str, position: int, witness: str | None = None) -> None:
    """Set a mark."""
    connection.insert(_INSERT, [name, position, witness])


def require_sweep(connection: Connection) -> None:
    """Every series is to be compared with its points; also those that a sweep under way has compared."""
    due = required_sweep(connection) or 0
    write(connection, _SWEEP, due + 1)


def required_sweep(connection: Connection) -> int | None:
    """A number of the sweep that is due; None where none is."""
    mark = read(connection, _SWEEP)
    return mark[0] if mark and mark[0] > 0 else None


def sweep_done(connection: Connection, number: int) -> None:
    """The sweep of this number is through: none is due, unless one was required meanwhile."""
    connection.execute("UPDATE kirok_marks SET position = 0 WHERE name = ? AND position = ?", (_SWEEP, number))


def claim(connection: Connection, name: str, now: int, until: int) -> bool:
    """Whether the mark lay at or before `now`; then it lies at `until`, and nobody else is told the same."""
    connection.execute(
        f"INSERT INTO kirok_marks (name, position) VALUES (?, 0){connection.dialect.unless_there('name')}", (name,)
    )
    moved = connection.execute(
        "UPDATE kirok_marks SET position = ? WHERE name = ? AND position <= ?", (until, name, now)
    )
    return moved.rowcount == 1
