"""Rows that belong to a run, an experiment or something else that is not there."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from msgspec import Struct

from kirok.stores.sql.belongings import own_tables_of_runs
from kirok.stores.sql.connection import Connection

if TYPE_CHECKING:
    from sqlalchemy import ForeignKeyConstraint

_EXAMPLES = 3


class Orphans(Struct, frozen=True):
    """Rows of `table` for which `condition` holds; `name` is the column that examples are named by.

    They are deleted, or where `unset` names a column, that is set to NULL.
    """

    table: str
    what: str
    name: str
    condition: str
    unset: str = ""

    def count(self, connection: Connection) -> int:
        """How many there are."""
        row = connection.execute(f"SELECT COUNT(*) FROM {self.table} WHERE {self.condition}").fetchone()
        return int(row[0])

    def examples(self, connection: Connection) -> tuple[str, ...]:
        """What some of them refer to."""
        rows = connection.execute(
            f"SELECT DISTINCT {self.name} FROM {self.table} WHERE {self.condition} LIMIT {_EXAMPLES}"
        )
        return tuple(f"{self.name} {name}" for (name,) in rows)

    def remove(self, connection: Connection) -> None:
        """Mend it."""
        if self.unset:
            connection.execute(f"UPDATE {self.table} SET {self.unset} = NULL WHERE {self.condition}")
        else:
            connection.execute(f"DELETE FROM {self.table} WHERE {self.condition}")


def kinds_of_orphans(connection: Connection) -> Iterator[Orphans]:
    """Every kind there could be; parents come before children, so that mending one kind brings the next to light."""
    from kirok.stores.sql.tables import metadata

    for table in metadata.sorted_tables:
        for constraint in sorted(table.foreign_key_constraints, key=lambda each: tuple(each.column_keys)):
            yield _of_foreign_key(table.name, constraint)
    no_run = "NOT EXISTS (SELECT 1 FROM runs WHERE runs.run_uuid = {})"
    for column, types in (
        ("destination_id", "destination_type = 'RUN'"),
        ("source_id", "source_type IN ('RUN_INPUT', 'RUN_OUTPUT')"),
    ):
        yield Orphans(
            "inputs",
            "edges of runs that do not exist (MLflow's gc leaves them)",
            column,
            f"{types} AND {no_run.format(f'inputs.{column}')}",
        )
    yield Orphans(
        "inputs",
        "edges from datasets that do not exist",
        "source_id",
        "source_type = 'DATASET' AND NOT EXISTS "
        "(SELECT 1 FROM datasets WHERE datasets.dataset_uuid = inputs.source_id)",
    )
    yield Orphans(
        "input_tags",
        "tags of edges that do not exist",
        "input_uuid",
        "NOT EXISTS (SELECT 1 FROM inputs WHERE inputs.input_uuid = input_tags.input_uuid)",
    )
    yield Orphans(
        "entity_associations",
        "links from traces to runs that do not exist",
        "destination_id",
        f"destination_type = 'run' AND {no_run.format('entity_associations.destination_id')}",
    )
    for table_name in own_tables_of_runs(connection):
        yield Orphans(
            table_name,
            f"rows of kirok's {table_name} for runs that do not exist",
            "run_uuid",
            no_run.format(f"{table_name}.run_uuid"),
        )


def _of_foreign_key(table: str, constraint: "ForeignKeyConstraint") -> Orphans:
    pairs = [(element.parent.name, element.column.name) for element in constraint.elements]
    parent = constraint.elements[0].column.table.name
    same = " AND ".join(f"{parent}.{theirs} = {table}.{ours}" for ours, theirs in pairs)
    given = " AND ".join(f"{table}.{ours} IS NOT NULL" for ours, _ in pairs)
    column = pairs[-1][0]
    return Orphans(
        table,
        f"rows of {table} whose {column} names nothing in {parent}",
        column,
        f"{given} AND NOT EXISTS (SELECT 1 FROM {parent} WHERE {same})",
        column if constraint.ondelete == "SET NULL" else "",
    )
