"""Connections to PostgreSQL."""

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from typing import Any, cast

import psycopg
from psycopg import conninfo, errors
from psycopg.pq import TransactionStatus

from kirok.base.errors import InvalidParameter, KirokError, PermissionDenied, Unavailable
from kirok.base.settings import DatabaseSettings
from kirok.rules.passwords import check_password_is_escaped, without_password
from kirok.stores.sql.connection import Cursor
from kirok.stores.sql.dialect import Dialect
from kirok.stores.sql.inserts import Insert
from kirok.stores.sql.postgresql.arrays import array_literal
from kirok.stores.sql.postgresql.dialect import POSTGRESQL

_SCHEME = re.compile(r"^postgres(?:ql)?(?:\+\w+)?://")


class PostgresqlServer:
    """A DatabaseServer named by a URI as MLflow's users write them, with libpq's options after the `?`."""

    dialect: Dialect = POSTGRESQL

    def __init__(self, uri: str, settings: DatabaseSettings) -> None:
        check_password_is_escaped(uri)
        self.shown = without_password(uri)
        # The driver that SQLAlchemy would take is part of its URIs; libpq does not know it.
        self._target = _SCHEME.sub("postgresql://", uri)
        options = "-c timezone=UTC"
        if settings.statement_timeout_s > 0:
            options += f" -c statement_timeout={int(settings.statement_timeout_s * 1000)}"
        try:
            given = conninfo.conninfo_to_dict(self._target)
        except psycopg.ProgrammingError as error:
            raise InvalidParameter(
                f"Invalid database URI {self.shown!r}: {str(error).strip()}. Write "
                "postgresql://user:password@host:5432/database?sslmode=require; percent-encode @ : / ? # in a password."
            ) from None
        ports = str(given.get("port") or "").split(",")
        if bad := next((port for port in ports if port and not (port.isascii() and port.isdigit())), None):
            raise InvalidParameter(
                f"Invalid database URI {self.shown!r}: invalid port {bad!r}; a port is a number, 5432 by default."
            )
        self._arguments: dict[str, Any] = {
            "options": f"{given.get('options') or ''} {options}".strip(),
            "connect_timeout": given.get("connect_timeout") or max(2, int(settings.connect_timeout_s)),
            "application_name": given.get("application_name") or "kirok",
            # A connection whose other end has vanished is found out, instead of waiting for hours.
            "keepalives_idle": given.get("keepalives_idle") or 30,
            "keepalives_interval": given.get("keepalives_interval") or 10,
            "keepalives_count": given.get("keepalives_count") or 3,
        }

    def connect(self) -> "PostgresqlConnection":
        """As DatabaseServer."""
        try:
            raw = psycopg.connect(
                self._target, autocommit=True, client_encoding="utf8", cursor_factory=_Rows, **self._arguments
            )
        except (psycopg.Error, OSError, UnicodeError) as error:
            raise self._refusal(error) from error
        return PostgresqlConnection(raw)

    def _refusal(self, error: Exception) -> KirokError:
        text = str(error).strip().split("\n")[0]
        if isinstance(error, errors.InvalidPassword | errors.InvalidAuthorizationSpecification) or (
            "password authentication failed" in text or "no password supplied" in text or "no pg_hba.conf" in text
        ):
            return PermissionDenied(
                f"PostgreSQL refuses the account of {self.shown!r}: {text}. Check user and password in the URI "
                "(percent-encode @ : / ? # in a password) and the server's pg_hba.conf."
            )
        if "does not exist" in text and "database" in text:
            return InvalidParameter(
                f"There is no such database on the server of {self.shown!r}: {text}. Create it (createdb), or name "
                "another in the URI."
            )
        return Unavailable(
            f"PostgreSQL at {self.shown!r} cannot be reached: {text}. Start it, or check host, port and TLS options."
        )


class _Rows(psycopg.Cursor[tuple[Any, ...]]):
    """A cursor whose rows, which it holds anyway, are handed out at once: one by one they cost half a search."""

    def __iter__(self) -> Iterator[tuple[Any, ...]]:  # type: ignore[override] # a list, not itself
        return iter(self.fetchall())


class PostgresqlConnection:
    """A ServerConnection through psycopg, in autocommit mode but for the transactions that are begun."""

    dialect: Dialect = POSTGRESQL

    def __init__(self, raw: "psycopg.Connection[tuple[Any, ...]]") -> None:
        self.raw = raw
        self.total_changes = 0

    @property
    def is_broken(self) -> bool:
        """As ServerConnection."""
        return self.raw.closed or self.raw.broken

    def execute(self, sql: str, values: Sequence[object] = (), /) -> Cursor:
        """As Connection."""
        text, only_reads = _translated(sql)
        self.total_changes += not only_reads
        try:
            return cast(Cursor, self.raw.execute(text, values))
        except Exception:
            self.total_changes += 1  # the transaction is spoilt, which whoever ran this must notice
            raise

    def executemany(self, sql: str, rows: Iterable[Sequence[object]], /) -> Cursor:
        """As Connection."""
        self.total_changes += 1
        cursor = self.raw.cursor()
        cursor.executemany(_translated(sql)[0], rows)
        return cast(Cursor, cursor)

    def insert(self, insert: Insert, values: list[object], /) -> int:
        """As Connection; columns travel as arrays, so one statement serves any number of rows."""
        if not values:
            return 0
        width = len(insert.columns)
        arrays = [array_literal(kind, values[at::width]) for at, kind in enumerate(insert.types)]
        return self.execute(_insert_statement(insert), arrays).rowcount

    def insert_numbered(self, sql: str, values: Sequence[object], column: str, /) -> int:
        """As Connection."""
        number: int = self.execute(f"{sql} RETURNING {column}", values).fetchone()[0]
        return number

    def begin_read(self) -> None:
        """As ServerConnection."""
        self.raw.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")

    def begin(self) -> None:
        """As ServerConnection. Each statement sees what others committed before it; conflict clauses do the rest."""
        self.raw.execute("BEGIN ISOLATION LEVEL READ COMMITTED")

    def commit(self) -> None:
        """As ServerConnection."""
        self.raw.execute("COMMIT")

    def rollback(self) -> None:
        """As ServerConnection."""
        if not self.is_broken and self.raw.info.transaction_status != TransactionStatus.IDLE:
            self.raw.execute("ROLLBACK")

    def close(self) -> None:
        """As Connection."""
        self.raw.close()


@lru_cache(maxsize=1024)
def _translated(sql: str) -> tuple[str, bool]:
    """The statement with psycopg's signs for values, and whether it only reads."""
    return sql.replace("%", "%%").replace("?", "%s"), sql.lstrip("( ").startswith("SELECT")


@lru_cache(maxsize=64)
def _insert_statement(insert: Insert) -> str:
    columns = ", ".join(insert.columns)
    arrays = ", ".join(f"?::{kind}[]" for kind in insert.types)
    tail = ""
    if insert.overwrite:
        tail = POSTGRESQL.or_overwrite(insert.key, insert.overwrite) + insert.condition
    elif insert.key:
        tail = POSTGRESQL.unless_there(insert.key)
    return f"INSERT INTO {insert.table} ({columns}) SELECT * FROM unnest({arrays}){tail}"
