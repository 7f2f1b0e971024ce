"""Whether the schema that is there is the one that should be."""

import warnings
from typing import Any

from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Column, Connection, Double, Float, Index, MetaData, inspect
from sqlalchemy.exc import SAWarning

from kirok.stores.sql.tables import metadata


def differences(connection: Connection, expected: MetaData = metadata) -> list[str]:
    """What the database lacks of `expected`, or has otherwise, a sentence each: none for a schema that is right.

    Tables, columns, types, nullability, keys, references, indexes. More than is expected is no difference.
    """
    context = MigrationContext.configure(
        connection, opts={"compare_type": _differs_in_type, "include_object": _is_asked_for}
    )
    with warnings.catch_warnings():
        # Types and indexes of other programs that SQLAlchemy cannot read are theirs.
        warnings.simplefilter("ignore", SAWarning)
        compared = compare_metadata(context, _without_sorted_indexes(expected))
        found = [sentence for difference in compared for sentence in _described(difference)]
        return found + _compared_here(connection, expected)


def _differs_in_type(_context: Any, _found: Any, _wanted: Any, found: Any, wanted: Any) -> bool | None:
    """False where the types are one, None where Alembic may judge. MySQL calls a FLOAT of 53 bits DOUBLE."""
    return False if isinstance(found, Double) and isinstance(wanted, Float) and wanted.precision == 53 else None


def _is_asked_for(_each: Any, _name: str | None, _kind: str, reflected: bool, counterpart: object) -> bool:
    return not reflected or counterpart is not None


def _without_sorted_indexes(expected: MetaData) -> MetaData:
    """Databases tell of indexes with an order in words of their own, which Alembic cannot compare."""
    copy = MetaData()
    for table in expected.tables.values():
        copied = table.to_metadata(copy)
        copied.indexes = {index for index in copied.indexes if not _is_sorted(index)}
    return copy


def _is_sorted(index: Index) -> bool:
    return not all(isinstance(each, Column) for each in index.expressions)


def _described(difference: Any) -> list[str]:
    if isinstance(difference, list):  # all that differs in one column
        return [sentence for each in difference for sentence in _described(each)]
    kind, *rest = difference
    said = []
    match kind:
        case "add_table":
            said = [f"The table {rest[0].name} is missing."]
        case "add_column":
            said = [f"The column {rest[1]}.{rest[2].name} is missing."]
        case "add_index" | "add_constraint":
            columns = ", ".join(column.name for column in rest[0].columns)
            said = [f"The table {rest[0].table.name} lacks {rest[0].name} on ({columns})."]
        case "add_fk":
            said = [f"The table {rest[0].table.name} lacks the reference {rest[0].name} as it should be."]
        case "modify_type":
            said = [f"The column {rest[1]}.{rest[2]} has type {rest[4]}, not {rest[5]}."]
        case "modify_nullable" if rest[1:3] != ["jobs", "job_name"]:  # MLflow's own 5d2d30f0abce leaves it so on MySQL
            said = [f"The column {rest[1]}.{rest[2]} {'may' if rest[4] else 'may not'} be NULL."]
    return said


def _compared_here(connection: Connection, expected: MetaData) -> list[str]:
    inspector = inspect(connection)
    there = set(inspector.get_table_names())
    wrong = []
    for table in expected.tables.values():
        if table.name in there:
            wanted = [column.name for column in table.primary_key]
            found = inspector.get_pk_constraint(table.name)["constrained_columns"]
            if found != wanted:
                wrong.append(f"The primary key of {table.name} is ({', '.join(found)}), not ({', '.join(wanted)}).")
            sorted_indexes = {str(index.name) for index in table.indexes if _is_sorted(index)}
            missing = sorted_indexes - {str(index["name"]) for index in inspector.get_indexes(table.name)}
            wrong += [f"The table {table.name} lacks the index {name}." for name in sorted(missing)]
    return wrong
