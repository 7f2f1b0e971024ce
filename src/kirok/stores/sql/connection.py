"""What every part of the SQL stores may ask of a connection, whichever database it leads to."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Protocol

from kirok.stores.sql.dialect import Dialect
from kirok.stores.sql.inserts import Insert


class Cursor(Protocol):
    """The rows of one statement."""

    @property
    def rowcount(self) -> int:
        """Rows that were changed."""

    def fetchone(self) -> Any:
        """The next row, or None."""

    def fetchall(self) -> list[Any]:
        """The rows that are left."""

    def __iter__(self) -> Iterator[Any]:
        """The rows that are left, one by one."""


class Connection(Protocol):
    """A connection in the hands of one thread. `?` stands for a value, on every database."""

    @property
    def dialect(self) -> Dialect:
        """How this database wants things said."""

    @property
    def total_changes(self) -> int:
        """A number that differs after any statement that wrote, or tried to."""

    def execute(self, sql: str, values: Sequence[object] = ..., /) -> Cursor:
        """Run one statement."""

    def executemany(self, sql: str, rows: Iterable[Sequence[object]], /) -> Cursor:
        """Run one statement for each row of values."""

    def insert(self, insert: Insert, values: list[object], /) -> int:
        """Insert the rows that lie end to end in `values`; how many were inserted, where none overwrites."""

    def insert_numbered(self, sql: str, values: Sequence[object], column: str, /) -> int:
        """Run an INSERT of one row; the number that the database gave it in `column`."""

    def close(self) -> None:
        """Give it up; what was not committed is undone."""
