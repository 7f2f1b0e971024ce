"""What a step may do to a schema. Each change is made unless it is found made, so that a step can be run again.

PostgreSQL and SQLite undo a step that breaks off. MySQL cannot: each of its schema changes commits by itself, and a
step that was killed half way is begun anew.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from alembic.operations import BatchOperations, Operations
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Column, Connection, TextClause, inspect
from sqlalchemy.engine.reflection import Inspector
from sqlalchemy.schema import SchemaItem
from sqlalchemy.types import TypeEngine

# SQLite keeps no names for the unnamed constraints of old releases. Rebuilt under these names, they can be dropped.
_NAMES = {
    "pk": "pk_%(table_name)s",
    "fk": "fk_%(table_name)s_%(referred_table_name)s_%(column_0_name)s",
    "uq": "uq_%(table_name)s_%(column_0_name)s",
}


class TableChanges:
    """Changes to one table. On SQLite they are made together, by one rebuild where it cannot be avoided."""

    def __init__(self, batch: BatchOperations, inspector: Inspector, table: str) -> None:
        self._batch = batch
        self._table = table
        self._columns = {column["name"] for column in inspector.get_columns(table)}
        self._primary_key = inspector.get_pk_constraint(table)
        self._foreign_keys = inspector.get_foreign_keys(table)
        self._uniques = inspector.get_unique_constraints(table)
        self._indexes = inspector.get_indexes(table)

    def add(self, *columns: Column[Any]) -> None:
        """Columns at the end of the table."""
        for column in columns:
            if column.name not in self._columns:
                self._batch.add_column(column)

    def add_before(self, column: Column[Any], place: str) -> None:
        """A column before the one named `place`, where a rebuild lets it stand there."""
        self._batch.add_column(column, insert_before=place)

    def drop(self, column: str) -> None:
        """A column goes, with its values."""
        if column in self._columns:
            self._batch.drop_column(column)

    def alter(self, column: str, **to: Any) -> None:
        """Another type or nullability. MySQL wants everything said about a column, so pass what stays as well."""
        self._batch.alter_column(column, **to)

    def rename(self, column: str, to: str, type_: TypeEngine[Any]) -> None:
        """Another name for a column of that type."""
        if to not in self._columns:
            self._batch.alter_column(column, new_column_name=to, existing_type=type_)

    def index(self, name: str, *columns: str, unique: bool = False) -> None:
        """An index of that name."""
        if not any(index["name"] == name and index["column_names"] == list(columns) for index in self._indexes):
            self._batch.create_index(name, list(columns), unique=unique)

    def drop_index(self, name: str) -> None:
        """No index of that name."""
        if any(index["name"] == name for index in self._indexes):
            self._batch.drop_index(name)
            self._indexes = [index for index in self._indexes if index["name"] != name]

    def primary_key(self, name: str, *columns: str) -> None:
        """These columns, in this order, are the primary key."""
        if self._primary_key["constrained_columns"] == list(columns):
            return
        if self._primary_key["constrained_columns"]:
            self._batch.drop_constraint(self._primary_key["name"] or name, type_="primary")
        self._batch.create_primary_key(name, list(columns))

    def unique(self, name: str, *columns: str) -> None:
        """These columns are unique together."""
        if not any(unique["name"] == name for unique in self._uniques):
            self._batch.create_unique_constraint(name, list(columns))

    def drop_unique(self, column: str) -> None:
        """The column is no longer unique by itself, whether a constraint or an index made it so."""
        for unique in self._uniques:
            if unique["column_names"] == [column]:
                self._batch.drop_constraint(unique["name"] or f"uq_{self._table}_{column}", type_="unique")
                return
        for index in self._indexes:
            if index["unique"] and index["column_names"] == [column] and index["name"] is not None:
                self._batch.drop_index(index["name"])
                return

    def drop_foreign_keys(self, referred: str) -> None:
        """No reference to the table `referred`."""
        for key in self._foreign_keys:
            if key["referred_table"] == referred:
                name = key["name"] or f"fk_{self._table}_{referred}_{key['constrained_columns'][0]}"
                self._batch.drop_constraint(name, type_="foreignkey")
        self._foreign_keys = [key for key in self._foreign_keys if key["referred_table"] != referred]

    def foreign_key(
        self,
        name: str,
        referred: str,
        columns: Mapping[str, str],
        *,
        ondelete: str | None = None,
        onupdate: str | None = None,
    ) -> None:
        """The only reference to `referred`: column here → column there."""
        wanted = {"ondelete": ondelete, "onupdate": onupdate}
        for key in self._foreign_keys:
            found = {rule: key.get("options", {}).get(rule) for rule in wanted}
            if (key["name"], key["constrained_columns"], found) == (name, list(columns), wanted):
                return
        self.drop_foreign_keys(referred)
        self._batch.create_foreign_key(
            name, referred, list(columns), list(columns.values()), ondelete=ondelete, onupdate=onupdate
        )


class Changes:
    """Changes to a database, over one connection in a transaction that the caller began."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.kind = connection.dialect.name
        self.operations = Operations(MigrationContext.configure(connection))

    @property
    def inspector(self) -> Inspector:
        """The schema as it is now."""
        return inspect(self.connection)

    def create(self, table: str, *parts: SchemaItem, indexes: Mapping[str, Sequence[str]] | None = None) -> None:
        """A table of these columns and constraints, and its indexes: name → columns."""
        if table not in self.inspector.get_table_names():  # a view of that name is in the way, and says so
            self.operations.create_table(table, *parts)
        if indexes:
            with self.table(table) as found:
                for name, columns in indexes.items():
                    found.index(name, *columns)

    def index(self, name: str, table: str, columns: Sequence[str | TextClause], **options: Any) -> None:
        """An index that takes more than names of columns: an order, options of one kind of database."""
        if not any(index["name"] == name for index in self.inspector.get_indexes(table)):
            self.operations.create_index(name, table, list(columns), **options)

    @contextmanager
    def table(self, name: str, *, names_what_is_unnamed: bool = False) -> Iterator[TableChanges]:
        """Changes to the table, made when the block ends."""
        convention = _NAMES if names_what_is_unnamed else None
        with self.operations.batch_alter_table(name, naming_convention=convention) as batch:
            yield TableChanges(batch, self.inspector, name)
