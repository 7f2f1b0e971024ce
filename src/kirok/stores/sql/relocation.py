"""Places of files in MLflow's tables, made to name another one."""

from collections.abc import Iterator, Sequence
from typing import Any

from msgspec import Struct

from kirok.base.errors import InvalidParameter
from kirok.rules.aliases import Alias
from kirok.stores.relocations import LOCATIONS, TRACE_LOCATIONS, Relocated
from kirok.stores.sql.connection import Connection
from kirok.stores.sql.database import Database
from kirok.stores.sql.transaction import Transaction

_PAGE = 5_000


class _Column(Struct, frozen=True):
    """A column that names places."""

    what: str
    table: str
    key: tuple[str, ...]
    """What tells a row from others of the table, among those meant."""
    column: str
    only: str = ""
    """Which rows are meant, where it is not all."""


# Experiments first: runs that begin meanwhile, on another server, are to go to the new place.
_COLUMNS = (
    *(_Column("experiments", "experiments", ("experiment_id",), column) for column in LOCATIONS["experiments"]),
    _Column("workspaces", "workspaces", ("name",), "default_artifact_root"),
    _Column("workspaces", "workspaces", ("name",), "trace_archival_location"),
    *(_Column("runs", "runs", ("run_uuid",), column) for column in LOCATIONS["runs"]),
    *(_Column("logged models", "logged_models", ("model_id",), column) for column in LOCATIONS["logged_models"]),
    *(
        _Column("model versions", "model_versions", ("name", "version"), column)
        for column in LOCATIONS["model_versions"]
    ),
    *(_Column("traces", "trace_tags", ("request_id",), "value", f"key = '{tag}'") for tag in TRACE_LOCATIONS),
)


class SqlRelocations:
    """Relocations in a SQL database, in one transaction."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def relocate(self, alias: Alias, *, write: bool) -> list[Relocated]:
        """As Relocations."""
        if not write:
            with self._database.read() as connection:
                return _gone_through(connection, alias, None)

        def job(transaction: Transaction) -> list[Relocated]:
            transaction.flush()
            found = _gone_through(transaction.connection, alias, transaction)
            transaction.forget()
            return found

        return self._database.write(job)


def _gone_through(connection: Connection, alias: Alias, transaction: Transaction | None) -> list[Relocated]:
    """What changes, by kind; changed already where there is a transaction."""
    found: dict[str, Relocated] = {}
    for column in _COLUMNS:
        tally = found.setdefault(column.what, Relocated(column.what))
        for rows in _pages(connection, column):
            changed: list[tuple[object, ...]] = []
            for *key, old in rows:
                new = alias.renamed(old)
                tally.add(" ".join(map(str, key)), old, new)
                if new is not None:
                    changed.append((new, *key))
            if not changed:
                continue
            _check_width(connection, column, changed)
            if transaction is not None:
                condition = " AND ".join(
                    [f"{name} = ?" for name in column.key] + ([column.only] if column.only else [])
                )
                connection.executemany(f"UPDATE {column.table} SET {column.column} = ? WHERE {condition}", changed)
                if column.table == "runs":
                    transaction.changed_runs.update(str(run_id) for _, run_id in changed)
    return list(found.values())


def _pages(connection: Connection, column: _Column) -> Iterator[Sequence[Any]]:
    """The rows that name a place: the cells of the key, then the place."""
    key = ", ".join(column.key)
    conditions = [f"{column.column} <> ''", *([column.only] if column.only else [])]
    after: tuple[object, ...] = ()
    while True:
        beyond = [f"({key}) > ({', '.join('?' * len(after))})"] if after else []
        rows = connection.execute(
            f"SELECT {key}, {column.column} FROM {column.table} WHERE {' AND '.join([*conditions, *beyond])} "
            f"ORDER BY {key} LIMIT {_PAGE}",
            after,
        ).fetchall()
        if rows:
            yield rows
        if len(rows) < _PAGE:
            return
        after = tuple(rows[-1][:-1])


def _check_width(connection: Connection, column: _Column, changed: Sequence[tuple[object, ...]]) -> None:
    """MySQL may cut a text that is too long for its column, and says nothing."""
    if connection.dialect.kind == "sqlite":
        return
    from kirok.stores.sql.tables import metadata

    width = getattr(metadata.tables[column.table].columns[column.column].type, "length", None)
    longest = max((str(new) for new, *_ in changed), key=len)
    if width is not None and len(longest) > width:
        raise InvalidParameter(
            f"{longest!r} has {len(longest)} characters, and {column.table}.{column.column} of this database holds "
            f"{width}. Nothing was changed: choose a shorter NEW."
        )
