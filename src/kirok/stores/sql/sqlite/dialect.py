"""How SQLite wants things said."""

import sqlite3
from collections.abc import Iterable

import msgspec

from kirok.base.errors import InternalError, InvalidParameter, KirokError, Unavailable
from kirok.stores.sql.dialect import Kind


class SqliteDialect:
    """The Dialect of SQLite 3.35 and later."""

    kind: Kind = "sqlite"
    among = "IN (SELECT value FROM json_each(?))"
    not_among = "NOT IN (SELECT value FROM json_each(?))"
    errors: tuple[type[Exception], ...] = (sqlite3.Error, OverflowError, UnicodeError)
    table_names = "SELECT name FROM sqlite_master WHERE type = 'table'"
    index_names = "SELECT name FROM sqlite_master WHERE type = 'index'"
    begin_alone: tuple[str, ...] = ("BEGIN IMMEDIATE",)
    end_alone: tuple[str, ...] = ("COMMIT",)

    def listed(self, values: Iterable[str] | Iterable[int]) -> object:
        """As Dialect."""
        return msgspec.json.encode(list(values)).decode()

    def ordered(self, column: str, ascending: bool, *, nullable: bool = True) -> str:
        """As Dialect."""
        # SQLite puts NULL last by itself where the order descends; said aloud it would keep it from using an index.
        return f"{column} ASC NULLS LAST" if ascending and nullable else f"{column} {'ASC' if ascending else 'DESC'}"

    def text_order(self, column: str) -> str:
        """As Dialect."""
        return column

    def as_inserted(self, table: str, id_column: str) -> str:  # noqa: ARG002 - others need the column
        """As Dialect."""
        return f"{table}.rowid"

    def like(self, column: str) -> str:
        """As Dialect; the connection's pragma makes case count."""
        return f"{column} LIKE ?"

    def folded(self, column: str) -> str:
        """As Dialect."""
        return f"lower({column})"

    def number_test(self, column: str, comparator: str, number: float) -> tuple[str, tuple[object, ...]]:
        """As Dialect; by a function of the connection, see `add_search_functions`."""
        return f"kirok_stands({column}, ?, ?)", (comparator, number)

    def using_index(self, index: str) -> str:
        """As Dialect."""
        return f" INDEXED BY {index}"

    def unless_there(self, key: str) -> str:  # noqa: ARG002 - others need the key
        """As Dialect."""
        return " ON CONFLICT DO NOTHING"

    def or_overwrite(self, key: str, columns: str) -> str:
        """As Dialect."""
        changes = ", ".join(f"{column} = excluded.{column}" for column in columns.split(", "))
        return f" ON CONFLICT ({key}) DO UPDATE SET {changes}"

    def fails_all(self, error: Exception) -> bool:  # noqa: ARG002 - SQLite undoes a statement and goes on
        """As Dialect."""
        return False

    def is_lost(self, error: Exception) -> bool:  # noqa: ARG002 - a file does not go away
        """As Dialect."""
        return False

    def explained(self, error: Exception) -> KirokError:
        """As Dialect."""
        if isinstance(error, KirokError):
            return error
        text = str(error)
        if isinstance(error, OverflowError):
            return InvalidParameter("An integer does not fit into 64 bits. Send a smaller step or timestamp.")
        if isinstance(error, UnicodeError):
            return InvalidParameter(f"A text holds characters that cannot be stored as UTF-8: {text}")
        if isinstance(error, sqlite3.OperationalError):
            return Unavailable(_hindrance(text))
        if isinstance(error, sqlite3.DatabaseError) and ("malformed" in text or "not a database" in text):
            return InternalError(f"The database file is damaged ({text}). Restore it from a backup, or try `.recover`.")
        return InternalError(f"The store failed: {type(error).__name__}: {text}")


SQLITE = SqliteDialect()


def _hindrance(text: str) -> str:
    if "locked" in text or "busy" in text:
        return "Another process keeps the database locked. Try again; if it lasts, end that process."
    if "interrupted" in text:
        return (
            "The database needed longer than KIROK_DATABASE_STATEMENT_TIMEOUT allows, and was stopped. Ask for less, "
            "or raise it."
        )
    if "full" in text:
        return "The disk that holds the database is full; nothing of this was kept. Free space."
    return f"The database cannot be used just now: {text}."
