"""How MySQL and MariaDB want things said, and what their errors mean."""

import re
from collections.abc import Iterable

import pymysql
from pymysql.constants import CR, ER

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

_RUN_AGAIN = frozenset((ER.LOCK_DEADLOCK, ER.LOCK_WAIT_TIMEOUT, 1020))  # 1020: changed since it was read (MariaDB)
_LOST = frozenset(
    (CR.CR_SERVER_GONE_ERROR, CR.CR_SERVER_LOST, CR.CR_CONN_HOST_ERROR, CR.CR_CONNECTION_ERROR, 0, 1053, 1927, 4031)
)
_DISK_FULL = frozenset((1021, 1114, 3))
_TIMED_OUT = frozenset((1969, 3024))
_NUMBER = r"^[ \t\r\n]*[+-]?([0-9]+([.][0-9]*)?|[.][0-9]+)([eE][+-]?[0-9]+)?[ \t\r\n]*$"
_INFINITE = r"^[ \t\r\n]*[+-]?(inf|infinity)[ \t\r\n]*$"
_NAN = r"^[ \t\r\n]*[+-]?nan[ \t\r\n]*$"
_LARGEST = "1.7976931348623157e308"


class MysqlDialect:
    """The Dialect of MySQL 8 and MariaDB 10.6, and later."""

    kind: Kind = "mysql"
    # The driver writes a tuple as (1, 2, 3).
    among = "IN ?"
    not_among = "NOT IN ?"
    errors: tuple[type[Exception], ...] = (pymysql.Error, OverflowError, UnicodeError)
    table_names = "SELECT table_name FROM information_schema.tables WHERE table_schema = database()"
    index_names = "SELECT DISTINCT index_name FROM information_schema.statistics WHERE table_schema = database()"
    begin_alone: tuple[str, ...] = ("SELECT GET_LOCK(concat('kirok ', left(database(), 58)), 3600)", "BEGIN")
    end_alone: tuple[str, ...] = ("COMMIT", "SELECT RELEASE_LOCK(concat('kirok ', left(database(), 58)))")

    def listed(self, values: Iterable[str] | Iterable[int]) -> object:
        """As Dialect. An empty list holds NULL, which nothing is equal to."""
        return tuple(values) or (None,)

    def ordered(self, column: str, ascending: bool, *, nullable: bool = True) -> str:
        """As Dialect."""
        # NULLs come last by themselves where the order descends.
        if ascending and nullable:
            return f"{column} IS NULL, {column}"
        return f"{column} {'ASC' if ascending else 'DESC'}"

    def text_order(self, column: str) -> str:
        """As Dialect; tables of ours compare by code points."""
        return column

    def as_inserted(self, table: str, id_column: str) -> str:
        """As Dialect; ids of ours begin with the time."""
        return f"{table}.{id_column}"

    def like(self, column: str) -> str:
        """As Dialect."""
        return f"{column} LIKE ? ESCAPE ''"

    def folded(self, column: str) -> str:
        """As Dialect."""
        return f"lower({column})"

    def number_test(self, column: str, comparator: str, number: float) -> tuple[str, tuple[object, ...]]:
        """As Dialect."""
        # A text beyond the range of doubles becomes the greatest of them with a warning; as a number it is infinite.
        number = max(-1.7976931348623157e308, min(1.7976931348623157e308, number))
        value = (
            f"CASE WHEN {column} REGEXP ? THEN {column} + 0e0 WHEN {column} REGEXP ? "
            f"THEN IF({column} LIKE '%-%', -{_LARGEST}, {_LARGEST}) END"
        )
        test = f"({value}) {comparator} ?"
        values: tuple[object, ...] = (_NUMBER, f"(?i){_INFINITE}", number)
        if comparator == "!=":
            return f"({test} OR {column} REGEXP ?)", (*values, f"(?i){_NAN}")
        return test, values

    def using_index(self, index: str) -> str:
        """As Dialect."""
        return f" FORCE INDEX ({index})"

    def unless_there(self, key: str) -> str:
        """As Dialect. INSERT IGNORE would turn other errors into warnings, too."""
        column = key.split(", ", maxsplit=1)[0]
        return f" ON DUPLICATE KEY UPDATE {column} = {column}"

    def or_overwrite(self, key: str, columns: str) -> str:  # noqa: ARG002 - others need the key
        """As Dialect."""
        changes = ", ".join(f"{column} = VALUES({column})" for column in columns.split(", "))
        return f" ON DUPLICATE KEY UPDATE {changes}"

    def fails_all(self, error: Exception) -> bool:
        """As Dialect."""
        return _number(error) in _RUN_AGAIN

    def is_lost(self, error: Exception) -> bool:
        """As Dialect."""
        return isinstance(error, pymysql.InterfaceError) or (
            isinstance(error, pymysql.OperationalError) and _number(error) in _LOST
        )

    def explained(self, error: Exception) -> KirokError:  # noqa: PLR0911, PLR0912 - one answer for each kind of error
        """As Dialect."""
        if isinstance(error, KirokError):
            return error
        number, text = _number(error), str(error.args[-1] if error.args else error)
        if isinstance(error, OverflowError) or number == ER.WARN_DATA_OUT_OF_RANGE:
            return InvalidParameter("An integer does not fit into 64 bits. Send a smaller step or timestamp.")
        if isinstance(error, UnicodeError) or number == ER.TRUNCATED_WRONG_VALUE_FOR_FIELD:
            return InvalidParameter(f"A text holds characters that the database cannot store: {text}")
        if number == ER.DATA_TOO_LONG:
            return InvalidParameter(f"A text is too long for its column ({text}). Send a shorter one.")
        if number == ER.NET_PACKET_TOO_LARGE:
            return InvalidParameter(
                f"This is more than the database takes at once ({text}). Send less, or have the limit raised."
            )
        if number == ER.NO_SUCH_TABLE and ".kirok_" in text:
            return NotSupported(OWN_TABLES_MISSING)
        if self.fails_all(error):
            return Unavailable(f"Others stood in the way, again and again ({text}). Send it again.")
        if number == ER.DUP_ENTRY:
            return AlreadyExists(f"It is there already: {text}")
        if number in (ER.NO_REFERENCED_ROW, ER.NO_REFERENCED_ROW_2):
            return NotFound(f"What this belongs to was deleted meanwhile: {text}")
        if number in (1290, 1836):
            return Unavailable(
                "The database takes no writes just now: it is a replica, or set to read only. Name the primary server "
                "in --backend-store-uri."
            )
        if number in (1142, 1143, 1044, 1227, 1370):
            return PermissionDenied(
                f"The database account lacks a right: {text}. Grant it, or name another account in the URI."
            )
        if number in _TIMED_OUT:
            return Unavailable(
                "The database needed longer than KIROK_DATABASE_STATEMENT_TIMEOUT allows, and was stopped. Ask for "
                "less, or raise it."
            )
        if number in _DISK_FULL:
            return Unavailable("The database's disk is full; nothing of this was kept. Free space on its machine.")
        if isinstance(error, pymysql.OperationalError | pymysql.InterfaceError):
            return Unavailable(f"The database cannot be reached just now: {text}.")
        return InternalError(f"The store failed: {type(error).__name__}: {text}")


MYSQL = MysqlDialect()

_KEY = re.compile(r"(?<![\w`'])key(?![\w`'(])")


def quoted(sql: str) -> str:
    """The statement with MLflow's column `key` in quotes: the word is reserved here alone."""
    return _KEY.sub("`key`", sql)


def _number(error: Exception) -> int:
    number = error.args[0] if error.args else None
    return number if isinstance(number, int) else -1
