"""What a database is made of and what it holds, in a form that two of them can be compared by."""

import json
from typing import Any

from sqlalchemy import Connection, MetaData, Table, inspect, select
from sqlalchemy.engine.reflection import Inspector


def shape(connection: Connection) -> dict[str, Any]:
    """table → columns with types, nullability and defaults; keys, references, indexes, uniques, checks."""
    inspector = inspect(connection)
    return {table: _of_table(inspector, table) for table in inspector.get_table_names() if not _is_ours(table)}


def rows(connection: Connection) -> dict[str, list[str]]:
    """table → its rows as text, in an order of their own."""
    metadata = MetaData()
    metadata.reflect(connection)
    return {
        table.name: sorted(str(tuple(row)) for row in connection.execute(select(table)))
        for table in metadata.sorted_tables
        if not _is_ours(table.name)
    }


def copy_rows(source: Connection, target: Connection) -> None:
    """Fill the empty tables of `target` with what the tables of the same names hold in `source`."""
    metadata = MetaData()
    metadata.reflect(target)
    if target.dialect.name == "mysql":
        target.exec_driver_sql("SET SESSION sql_mode = 'NO_AUTO_VALUE_ON_ZERO'")
    for table in metadata.sorted_tables:
        if table.name not in ("alembic_version", "workspaces"):
            found = select(Table(table.name, MetaData(), autoload_with=source))
            kept = {column.name for column in table.columns if column.computed is None}
            copied = [
                {name: _written(value, target) for name, value in row.items() if name in kept}
                for row in source.execute(found).mappings()
            ]
            if copied:
                target.execute(table.insert(), copied)


def _written(value: Any, target: Connection) -> Any:
    """MariaDB keeps JSON in columns of text."""
    return json.dumps(value) if target.dialect.name == "mysql" and isinstance(value, (dict, list)) else value


def _of_table(inspector: Inspector, table: str) -> dict[str, Any]:
    return {
        "columns": [
            (column["name"], str(column["type"]), column["nullable"], column["default"], column.get("computed"))
            for column in inspector.get_columns(table)
        ],
        "primary key": inspector.get_pk_constraint(table),
        "references": _sorted(
            (key["name"], key["constrained_columns"], key["referred_table"], key["referred_columns"], key["options"])
            for key in inspector.get_foreign_keys(table)
        ),
        "indexes": _sorted(
            (index["name"], index["column_names"], index["unique"], index.get("dialect_options"))
            for index in inspector.get_indexes(table)
        ),
        "uniques": _sorted(
            (unique["name"], unique["column_names"]) for unique in inspector.get_unique_constraints(table)
        ),
        "checks": _sorted((check["name"], check["sqltext"]) for check in inspector.get_check_constraints(table)),
    }


def _is_ours(table: str) -> bool:
    return table.startswith("kirok_")


def _sorted(each: Any) -> list[Any]:
    return sorted(each, key=str)
