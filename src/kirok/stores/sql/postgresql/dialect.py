"""How PostgreSQL wants things said, and what its errors mean."""

from collections.abc import Iterable

import psycopg
from psycopg import errors

from kirok.base.errors import (
    AlreadyExists,
    InternalError,
    InvalidParameter,
    KirokError,
    NotFound,
    NotSupported,
    PermissionDenied,
    Unavailable,
)
from kirok.stores.sql.dialect import OWN_TABLES_MISSING, Kind
from kirok.stores.sql.postgresql.arrays import array_literal

_SCHEMA_LOCK = 0x6B69726F6B  # "kirok"; any number that nobody else uses

_RUN_AGAIN = (errors.SerializationFailure, errors.DeadlockDetected, errors.LockNotAvailable)
_LOST = (psycopg.OperationalError, psycopg.InterfaceError)
# Classes of OperationalError that a living connection reports.
_NOT_LOST = (errors.QueryCanceled, errors.DiskFull, errors.OutOfMemory, *_RUN_AGAIN)
_BLANKS = "[ \t\r\n]*"
_DECIMAL = rf"^{_BLANKS}[+-]?([0-9]+([.][0-9]*)?|[.][0-9]+)([eE][+-]?[0-9]{{1,3}})?{_BLANKS}$"
_INFINITE = rf"^{_BLANKS}[+-]?(inf|infinity){_BLANKS}$"
_NAN = rf"^{_BLANKS}[+-]?nan{_BLANKS}$"
# To numeric, which holds more than a double, and then within its range: a cast straight to double refuses 1e999.
_AS_NUMBER = (
    "CASE WHEN {0} ~ ? AND length({0}) < 400 THEN CASE WHEN abs({0}::numeric) > 1.7976931348623157e308 "
    "THEN sign({0}::numeric)::float8 * 'Infinity'::float8 WHEN abs({0}::numeric) < 1e-320 THEN 0 "
    "ELSE {0}::numeric::float8 END WHEN {0} ~* ? "
    "THEN CASE WHEN {0} LIKE '%-%' THEN '-Infinity'::float8 ELSE 'Infinity'::float8 END END"
)


class PostgresqlDialect:
    """The Dialect of PostgreSQL 12 and later."""

    kind: Kind = "postgresql"
    among = "= ANY(?)"
    not_among = "<> ALL(?)"
    errors: tuple[type[Exception], ...] = (psycopg.Error, OverflowError, UnicodeError)
    table_names = "SELECT table_name FROM information_schema.tables WHERE table_schema = current_schema()"
    index_names = (
        "SELECT c.relname FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid "
        "JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = current_schema() AND i.indisvalid"
    )
    begin_alone: tuple[str, ...] = ("BEGIN", f"SELECT pg_advisory_xact_lock({_SCHEMA_LOCK})")
    end_alone: tuple[str, ...] = ("COMMIT",)

    def listed(self, values: Iterable[str] | Iterable[int]) -> object:
        """As Dialect; texts as a literal, which the driver would take ten times as long to write."""
        listed = list(values)
        return array_literal("text", listed) if listed and isinstance(listed[0], str) else listed

    def ordered(self, column: str, ascending: bool, *, nullable: bool = True) -> str:
        """As Dialect."""
        # NULLs come last by themselves where the order ascends; said where it is not needed, an index goes unused.
        if ascending:
            return f"{column} ASC"
        return f"{column} DESC NULLS LAST" if nullable else f"{column} DESC"

    def text_order(self, column: str) -> str:
        """As Dialect."""
        return f'{column} COLLATE "C"'

    def as_inserted(self, table: str, id_column: str) -> str:
        """As Dialect; ids of ours begin with the time."""
        return f'{table}.{id_column} COLLATE "C"'

    def like(self, column: str) -> str:
        """As Dialect."""
        return f"{column} LIKE ? ESCAPE ''"

    def folded(self, column: str) -> str:
        """As Dialect."""
        return f'lower({column} COLLATE "C")'

    def number_test(self, column: str, comparator: str, number: float) -> tuple[str, tuple[object, ...]]:
        """As Dialect."""
        stands = f"({_AS_NUMBER.format(column)}) {comparator} ?"
        values = (_DECIMAL, _INFINITE, number)
        if comparator == "!=":
            return f"({stands} OR {column} ~* ?)", (*values, _NAN)
        return stands, values

    def using_index(self, index: str) -> str:  # noqa: ARG002 - the planner chooses
        """As Dialect."""
        return ""

    def unless_there(self, key: str) -> str:  # noqa: ARG002 - others need the key
        """As Dialect."""
        return " ON CONFLICT DO NOTHING"

    def or_overwrite(self, key: str, columns: str) -> str:
        """As Dialect."""
        changes = ", ".join(f"{column} = excluded.{column}" for column in columns.split(", "))
        return f" ON CONFLICT ({key}) DO UPDATE SET {changes}"

    def fails_all(self, error: Exception) -> bool:
        """As Dialect."""
        return isinstance(error, _RUN_AGAIN)

    def is_lost(self, error: Exception) -> bool:
        """As Dialect."""
        return isinstance(error, _LOST) and not isinstance(error, _NOT_LOST)

    def explained(self, error: Exception) -> KirokError:  # noqa: PLR0911, PLR0912 - one answer for each kind of error
        """As Dialect."""
        if isinstance(error, KirokError):
            return error
        text = str(error).strip().split("\n")[0]
        match error:
            case OverflowError() | errors.NumericValueOutOfRange():
                return InvalidParameter("An integer does not fit into 64 bits. Send a smaller step or timestamp.")
            case UnicodeError():
                return InvalidParameter(f"A text holds characters that cannot be stored as UTF-8: {text}")
            case errors.StringDataRightTruncation():
                return InvalidParameter(f"A text is too long for its column ({text}). Send a shorter one.")
            case errors.UndefinedTable() if '"kirok_' in text:
                return NotSupported(OWN_TABLES_MISSING)
            case errors.SerializationFailure() | errors.DeadlockDetected() | errors.LockNotAvailable():
                return Unavailable(f"Others stood in the way, again and again ({text}). Send it again.")
            case errors.UniqueViolation():
                return AlreadyExists(f"Another writer was quicker: {error.diag.message_detail or text}")
            case errors.ForeignKeyViolation():
                return NotFound(f"What this belongs to was deleted meanwhile: {error.diag.message_detail or text}")
            case errors.ReadOnlySqlTransaction():
                return Unavailable(
                    "The database takes no writes just now: it is a standby, or set to read only. Name the primary "
                    "server in --backend-store-uri."
                )
            case errors.InsufficientPrivilege():
                return PermissionDenied(
                    f"The database account lacks a right: {text}. Grant it, or name another account in the URI."
                )
            case errors.QueryCanceled():
                return Unavailable(
                    "The database needed longer than KIROK_DATABASE_STATEMENT_TIMEOUT allows, and was stopped. Ask for "
                    "less, or raise it."
                )
            case errors.DiskFull():
                return Unavailable("The database's disk is full; nothing of this was kept. Free space on its machine.")
            case psycopg.DataError() if "NUL" in text:
                return InvalidParameter(
                    "A text holds a NUL character (\\x00), which PostgreSQL cannot store. Send it without."
                )
            case psycopg.OperationalError() | psycopg.InterfaceError():
                return Unavailable(f"The database cannot be reached just now: {text}.")
        return InternalError(f"The store failed: {type(error).__name__}: {text}")


POSTGRESQL = PostgresqlDialect()
