"""A database with a schema in it, put back to its first rows before each test: far cheaper than making a new one."""

from abc import ABC, abstractmethod
from contextlib import suppress
from typing import Any

from databases import PASSWORD, USER, MariadbServer, PostgresqlServer


class RestoredDatabase(ABC):
    """Remembers what the database at `uri` holds now. It must be small, and keep its tables."""

    def __init__(self, uri: str) -> None:
        self.uri = uri
        self._tables = [str(table) for (table,) in self._run(self.TABLES)]
        self._rows = {table: rows for table in self._tables if (rows := self._run(f"SELECT * FROM {table}"))}
        self._counters = self._run(self.COUNTERS)

    TABLES: str
    COUNTERS: str

    @abstractmethod
    def restore(self) -> None:
        """Cut off whoever is still connected, and put all rows back."""

    @abstractmethod
    def close(self) -> None:
        """Let go of the database; it stays."""

    @abstractmethod
    def _run(self, sql: str, values: Any = None) -> list[Any]:
        """The rows of one statement."""

    def _empty_and_fill(self) -> None:
        """Foreign keys must not be checked just now."""
        for table in self._tables:
            self._run(f"DELETE FROM {table}")
        for table, rows in self._rows.items():
            for row in rows:
                self._run(f"INSERT INTO {table} VALUES ({', '.join(['%s'] * len(row))})", row)


class RestoredPostgresql(RestoredDatabase):
    TABLES = "SELECT quote_ident(tablename) FROM pg_tables WHERE schemaname = 'public'"
    COUNTERS = "SELECT sequencename, start_value, last_value FROM pg_sequences WHERE schemaname = 'public'"

    def __init__(self, server: PostgresqlServer, uri: str) -> None:
        import psycopg

        self._connection = psycopg.connect(uri, autocommit=True)
        super().__init__(uri)

    def restore(self) -> None:
        self._run(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'"
        )
        with self._connection.transaction():
            self._run("SET LOCAL session_replication_role = replica")
            self._empty_and_fill()
            for name, start, last in self._counters:
                self._run("SELECT setval(%s::regclass, %s, %s)", (name, last or start, last is not None))

    def close(self) -> None:
        self._connection.close()

    def _run(self, sql: str, values: Any = None) -> list[Any]:
        cursor = self._connection.execute(sql.encode(), values)
        return cursor.fetchall() if cursor.description else []


class RestoredMariadb(RestoredDatabase):
    TABLES = "SELECT concat('`', table_name, '`') FROM information_schema.tables WHERE table_schema = database()"
    COUNTERS = (
        "SELECT table_name, auto_increment FROM information_schema.tables "
        "WHERE table_schema = database() AND auto_increment IS NOT NULL"
    )

    def __init__(self, server: MariadbServer, uri: str) -> None:
        import pymysql

        self._connection = pymysql.connect(
            host="127.0.0.1", port=server.port, user=USER, password=PASSWORD, database=server.name_of(uri)
        )
        self._connection.autocommit(True)
        super().__init__(uri)
        self._run("SET foreign_key_checks = 0, sql_mode = 'NO_AUTO_VALUE_ON_ZERO'")

    def restore(self) -> None:
        from pymysql import OperationalError

        for (connection,) in self._run(
            "SELECT id FROM information_schema.processlist WHERE db = database() AND id <> connection_id()"
        ):
            with suppress(OperationalError):  # it has ended meanwhile
                self._run(f"KILL {connection}")
        self._connection.begin()
        self._empty_and_fill()
        self._connection.commit()
        now = dict(self._run(self.COUNTERS))
        for name, counter in self._counters:
            if now[name] != counter:
                self._run(f"ALTER TABLE {name} AUTO_INCREMENT = {counter}")

    def close(self) -> None:
        self._connection.close()

    def _run(self, sql: str, values: Any = None) -> list[Any]:
        with self._connection.cursor() as cursor:
            cursor.execute(sql, values)
            return list(cursor.fetchall())
