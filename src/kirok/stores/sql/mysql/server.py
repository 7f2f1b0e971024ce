"""Connections to MySQL and MariaDB."""

from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any, cast
from urllib.parse import parse_qsl, unquote, urlsplit

import pymysql
from pymysql.constants import ER

from kirok.base.errors import InvalidParameter, KirokError, PermissionDenied, Unavailable
from kirok.base.settings import DatabaseSettings
from kirok.rules.passwords import check_password_is_escaped, without_password
from kirok.stores.sql.connection import Cursor
from kirok.stores.sql.dialect import Dialect
from kirok.stores.sql.inserts import Insert
from kirok.stores.sql.mysql.dialect import MYSQL, quoted

_SIZES = (256, 16, 1)
_WRITE_IT = "Write mysql+pymysql://user:password@host:3306/database; percent-encode @ : / ? # in a password."
# What SQLAlchemy's users put after the `?`, by the driver's own names.
_TEXTS = frozenset("unix_socket ssl_ca ssl_cert ssl_key ssl_key_password init_command bind_address".split())
_NUMBERS = frozenset("connect_timeout read_timeout write_timeout".split())
_SWITCHES = {"ssl_verify_cert": "ssl_verify_cert", "ssl_check_hostname": "ssl_verify_identity"}
_SWITCHES |= {"ssl_verify_identity": "ssl_verify_identity", "ssl_disabled": "ssl_disabled"}


class MysqlServer:
    """A DatabaseServer named by a URI as MLflow's users write them."""

    dialect: Dialect = MYSQL

    def __init__(self, uri: str, settings: DatabaseSettings) -> None:
        check_password_is_escaped(uri)
        self.shown = without_password(uri)
        self._settings = settings
        self._arguments = self._read(uri)

    def connect(self) -> "MysqlConnection":
        """As DatabaseServer."""
        try:
            raw = _Connection(**self._arguments)
            with raw.cursor() as cursor:
                cursor.execute("SELECT version(), @@max_allowed_packet")
                version, raw.most_bytes = cast(tuple[str, int], cursor.fetchone())
                for statement in self._session(version):
                    cursor.execute(statement)
        # PyMySQL reports as a RuntimeError that `cryptography` is missing.
        except (pymysql.Error, OSError, UnicodeError, RuntimeError) as error:
            raise self._refusal(error) from error
        return MysqlConnection(raw)

    def _read(self, uri: str) -> dict[str, Any]:
        try:
            parts = urlsplit(uri)
            port = parts.port
        except ValueError as error:
            raise InvalidParameter(f"Invalid database URI {self.shown!r}: {error}. {_WRITE_IT}") from None
        name = unquote(parts.path.removeprefix("/"))
        if not name:
            raise InvalidParameter(f"Invalid database URI {self.shown!r}: it names no database. {_WRITE_IT}")
        arguments: dict[str, Any] = {
            "host": parts.hostname or "localhost",
            "port": port or 3306,
            "user": unquote(parts.username or ""),
            "password": unquote(parts.password or ""),
            "database": name,
            "connect_timeout": max(1, int(self._settings.connect_timeout_s)),
        }
        for option, text in parse_qsl(parts.query, keep_blank_values=True):
            if option in _TEXTS:
                arguments[option] = text
            elif option in _NUMBERS and text.isdigit():
                arguments[option] = int(text)
            elif option in _SWITCHES:
                arguments[_SWITCHES[option]] = text.lower() in ("1", "true", "yes", "on")
            elif option not in ("charset", "use_unicode", "binary_prefix", "autocommit"):  # those are ours to say
                raise InvalidParameter(
                    f"Unknown option {option!r} in the database URI {self.shown!r}. Known are "
                    f"{', '.join(sorted(_TEXTS | _NUMBERS | _SWITCHES.keys()))}."
                )
        return arguments | {
            # With the binary collation a text that is sent counts by code points, like the columns of tables of ours.
            "charset": "utf8mb4",
            "collation": "utf8mb4_bin",
            "autocommit": True,
        }

    def _session(self, version: str) -> list[str]:
        statements = [
            # Strict: a value that does not fit is an error. Experiment 0 is 0, and not the next number.
            "SET SESSION sql_mode = 'STRICT_TRANS_TABLES,NO_AUTO_VALUE_ON_ZERO,NO_ENGINE_SUBSTITUTION,"
            "ERROR_FOR_DIVISION_BY_ZERO'",
            "SET SESSION time_zone = '+00:00'",
        ]
        limit = self._settings.statement_timeout_s
        if limit > 0 and "MariaDB" in version:
            statements.append(f"SET SESSION max_statement_time = {limit}")
        elif limit > 0:
            statements.append(f"SET SESSION max_execution_time = {int(limit * 1000)}")
        return statements

    def _refusal(self, error: Exception) -> KirokError:
        number, text = (error.args[0] if error.args else None), str(error.args[-1] if error.args else error)
        if number in (ER.ACCESS_DENIED_ERROR, 1698, 1130):
            return PermissionDenied(
                f"The database refuses the account of {self.shown!r}: {text}. Check user and password in the URI "
                "(percent-encode @ : / ? # in a password)."
            )
        if number == ER.BAD_DB_ERROR:
            return InvalidParameter(
                f"There is no such database on the server of {self.shown!r}: {text}. Create it (CREATE DATABASE), or "
                "name another in the URI."
            )
        if isinstance(error, RuntimeError) or "cryptography" in text:
            return Unavailable(
                f"The account of {self.shown!r} signs in by a method that needs the package `cryptography`: "
                "pip install cryptography."
            )
        return Unavailable(
            f"The database at {self.shown!r} cannot be reached: {text}. Start it, or check host, port and TLS options."
        )


class _Connection(pymysql.Connection):
    """Refuses a statement that the server would answer by hanging up, which others on the connection would suffer."""

    most_bytes = 0

    def query(self, sql: str | bytes, unbuffered: bool = False) -> int:
        # A character has up to four bytes, and a byte says which command it is.
        if 4 * len(sql) >= self.most_bytes > 0 and _size(sql) >= self.most_bytes:
            raise pymysql.DataError(ER.NET_PACKET_TOO_LARGE, f"max_allowed_packet is {self.most_bytes} bytes")
        return super().query(sql, unbuffered)


class MysqlConnection:
    """A ServerConnection through PyMySQL, in autocommit mode but for the transactions that are begun."""

    dialect: Dialect = MYSQL

    def __init__(self, raw: "pymysql.Connection[Any]") -> None:
        self.raw = raw
        self.total_changes = 0
        self._folding: frozenset[str] | None = None

    @property
    def is_broken(self) -> bool:
        """As ServerConnection."""
        return not self.raw.open

    def execute(self, sql: str, values: Sequence[object] = (), /) -> Cursor:
        """As Connection."""
        text, only_reads = _translated(sql)
        self.total_changes += not only_reads
        cursor = self.raw.cursor()
        cursor.execute(text, values)
        return cast(Cursor, cursor)

    def executemany(self, sql: str, rows: Iterable[Sequence[object]], /) -> Cursor:
        """As Connection."""
        self.total_changes += 1
        cursor = self.raw.cursor()
        cursor.executemany(_translated(sql)[0], list(rows))
        return cast(Cursor, cursor)

    def insert(self, insert: Insert, values: list[object], /) -> int:
        """As Connection."""
        changed = (
            self._insert_outranking(insert, values)
            if insert.only_if
            else self._insert(insert, values, insert.overwrite)
        )
        # MySQL's collations, but for a few newer ones, take `key ` for `key`.
        if (
            insert.overwrite
            and values
            and (
                insert.table in self._folding_tables()
                or any(str(text).endswith(" ") for text in values[:: len(insert.columns)])
            )
        ):
            self._check_keys(insert, values)
        return changed

    def insert_numbered(self, sql: str, values: Sequence[object], column: str, /) -> int:  # noqa: ARG002 - one at most
        """As Connection."""
        cursor = self.raw.cursor()
        cursor.execute(_translated(sql)[0], values)
        self.total_changes += 1
        return int(cursor.lastrowid)

    def begin_read(self) -> None:
        """As ServerConnection."""
        self.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        self.execute("START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY")

    def begin(self) -> None:
        """As ServerConnection. What another server commits is seen by the next statement, and gaps are not locked."""
        self.execute("SET TRANSACTION ISOLATION LEVEL READ COMMITTED")
        self.execute("START TRANSACTION READ WRITE")

    def commit(self) -> None:
        """As ServerConnection."""
        self.execute("COMMIT")

    def rollback(self) -> None:
        """As ServerConnection."""
        if self.raw.open:
            self.execute("ROLLBACK")

    def close(self) -> None:
        """As Connection."""
        if self.raw.open:
            self.raw.close()

    def _insert(self, insert: Insert, values: list[object], overwrite: str) -> int:
        at, end, width, changed = 0, len(values), len(insert.columns), 0
        for rows, statement in _insert_statements(insert, overwrite):
            step = rows * width
            while end - at >= step:
                changed += self.execute(statement, values[at : at + step]).rowcount
                at += step
        return changed

    def _folding_tables(self) -> frozenset[str]:
        """The tables in which two keys that differ in case are one: those that MLflow made with a server's default."""
        if self._folding is None:
            rows = self.execute(
                "SELECT table_name FROM information_schema.columns WHERE table_schema = database() "
                "AND column_name = 'key' AND collation_name NOT LIKE '%\\_bin'"
            )
            self._folding = frozenset(name for (name,) in rows)
        return self._folding

    def _check_keys(self, insert: Insert, values: list[object]) -> None:
        """InvalidParameter where a row was not inserted, but changed one whose key is written otherwise."""
        width, names = len(insert.columns), insert.key.split(", ")
        places = [insert.columns.index(name) for name in names]
        sent = {tuple(values[at + place] for place in places) for at in range(0, len(values), width)}
        kept = set(
            self.execute(
                f"SELECT {insert.key} FROM {insert.table} WHERE ({insert.key}) IN ?", (tuple(sent),)
            ).fetchall()
        )
        for row in sorted(sent - kept, key=str):
            raise InvalidParameter(
                f"The key {row[names.index('key')]!r} cannot be told from one that is there already: in this "
                "database's collation, upper case or blanks at the end do not count. Choose another key."
            )

    def _insert_outranking(self, insert: Insert, values: list[object]) -> int:
        """ON DUPLICATE KEY UPDATE has no condition: what is missing is inserted, the rest updated where it ranks."""
        width = len(insert.columns)
        rows = [values[at : at + width] for at in range(0, len(values), width)]
        if self._insert(insert, values, "") == len(rows):
            return len(rows)
        changed, key, ranks = insert.overwrite.split(", "), insert.key.split(", "), insert.only_if.split(", ")
        statement = (
            f"UPDATE {insert.table} SET {', '.join(f'{column} = ?' for column in changed)} "
            f"WHERE {' AND '.join(f'{column} = ?' for column in key)} "
            f"AND ({', '.join(ranks)}) < ({', '.join('?' * len(ranks))})"
        )
        places = [insert.columns.index(column) for column in (*changed, *key, *ranks)]
        return sum(self.execute(statement, [row[place] for place in places]).rowcount for row in rows)


def _size(sql: str | bytes) -> int:
    return len(sql.encode("utf-8", "surrogatepass") if isinstance(sql, str) else sql)


@lru_cache(maxsize=1024)
def _translated(sql: str) -> tuple[str, bool]:
    """The statement with the driver's signs for values, and whether it only reads."""
    return quoted(sql).replace("%", "%%").replace("?", "%s"), sql.lstrip("( ").startswith("SELECT")


@lru_cache(maxsize=64)
def _insert_statements(insert: Insert, overwrite: str) -> tuple[tuple[int, str], ...]:
    row = f"({','.join('?' * len(insert.columns))})"
    tail = ""
    if overwrite:
        tail = MYSQL.or_overwrite(insert.key, overwrite)
    elif insert.key:
        tail = MYSQL.unless_there(insert.key)
    head = f"INSERT INTO {insert.table} ({', '.join(insert.columns)}) VALUES "
    return tuple((rows, f"{head}{','.join([row] * rows)}{tail}") for rows in _SIZES)
