"""Whether the schema that is there is the one that should be."""

import warnings
from typing import Any

from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, MetaData, inspect
from sqlalchemy.exc import SAWarning

from kirok.stores.sql.tables import metadata


def differences(connection: Connection, expected: MetaData = metadata) -> list[str]:
    """What the database lacks of `expected`, or has otherwise, a sentence each: none for a schema that is right.

    Tables, columns, types, nullability, keys, references, indexes. More than is expected is no difference.
    """
    context = MigrationContext.configure(
        connection, opts={"compare_type": True, "include_object": _is_expected(expected)}
    )
    with warnings.catch_warnings():
        # Types and indexes of other programs that SQLAlchemy cannot read are theirs.
        warnings.simplefilter("ignore", SAWarning)
        found = [each for diff in compare_metadata(context, expected) for each in _described(diff)]
        return found + _wrong_primary_keys(connection, expected)


def _is_expected(expected: MetaData) -> Any:
    def is_expected(_object: object, name: str, kind: str, reflected: bool, counterpart: object) -> bool:
        return not reflected or counterpart is not None or (kind == "table" and name in expected.tables)

    return is_expected


def _described(difference: Any) -> list[str]:
    if isinstance(difference, list):  # all that differs in one column
        return [sentence for each in difference for sentence in _described(each)]
    kind, *rest = difference
    match kind:
        case "add_table":
            return [f"The table {rest[0].name} is missing."]
        case "add_column":
            return [f"The column {rest[1]}.{rest[2].name} is missing."]
        case "add_index" | "add_constraint":
            columns = ", ".join(column.name for column in rest[0].columns)
            return [f"The table {rest[0].table.name} lacks {rest[0].name} on ({columns})."]
        case "add_fk":
            return [f"The table {rest[0].table.name} lacks the reference {rest[0].name} as it should be."]
        case "modify_type" | "modify_nullable":
            _, table, column, _, found, wanted = rest
            said = "type" if kind == "modify_type" else "nullable"
            return [f"The column {table}.{column} has {said} {found}, not {wanted}."]
    return []


def _wrong_primary_keys(connection: Connection, expected: MetaData) -> list[str]:
    inspector = inspect(connection)
    there = set(inspector.get_table_names())
    wrong = []
    for table in expected.tables.values():
        if table.name in there:
            wanted = [column.name for column in table.primary_key]
            found = inspector.get_pk_constraint(table.name)["constrained_columns"]
            if found != wanted:
                wrong.append(f"The primary key of {table.name} is ({', '.join(found)}), not ({', '.join(wanted)}).")
    return wrong
