"""Many rows by few statements."""

from kirok.stores.sql.engine import Connection

# Rows a statement. Each is prepared once for a connection; a longer list is cut into the largest that fit.
_SIZES = (256, 64, 16, 4, 1)


class Insert:
    """One INSERT, in versions for several rows at once.

    A statement of 256 rows costs a third less than 256 runs of `executemany`, and gives up the interpreter's lock
    once instead of 256 times, which matters as soon as another thread wants it.
    """

    def __init__(self, table: str, columns: str, on_conflict: str = "") -> None:
        """`columns` separated by commas; `on_conflict` the clause after ON CONFLICT."""
        self.width = columns.count(",") + 1
        row = f"({','.join('?' * self.width)})"
        tail = f" ON CONFLICT {on_conflict}" if on_conflict else ""
        self._statements = tuple(
            (rows, f"INSERT INTO {table} ({columns}) VALUES {','.join([row] * rows)}{tail}") for rows in _SIZES
        )

    def run(self, connection: Connection, values: list[object]) -> None:
        """Insert the rows that lie end to end in `values`."""
        at, end, width = 0, len(values), self.width
        for rows, statement in self._statements:
            step = rows * width
            while end - at >= step:
                connection.execute(statement, values[at : at + step])
                at += step
