"""Taking kirok's own tables and indexes out of a database, which is plainly MLflow's afterwards."""

from kirok.base.errors import KirokError
from kirok.stores.sql.connection import Connection
from kirok.stores.sql.own_tables import alone

_PREFIX = "kirok_"
# The table of an index, and its first column where only this index serves a foreign key on that column.
_MYSQL_INDEX = """
SELECT i.table_name, (
    SELECT k.column_name FROM information_schema.key_column_usage AS k
    WHERE k.table_schema = i.table_schema AND k.table_name = i.table_name AND k.column_name = i.column_name
    AND k.referenced_table_name IS NOT NULL AND NOT EXISTS (
        SELECT 1 FROM information_schema.statistics AS o WHERE o.table_schema = i.table_schema
        AND o.table_name = i.table_name AND o.column_name = i.column_name AND o.seq_in_index = 1
        AND o.index_name <> i.index_name
    ) LIMIT 1
) FROM information_schema.statistics AS i
WHERE i.table_schema = database() AND i.index_name = ? AND i.seq_in_index = 1
"""


def detach(connection: Connection) -> list[str]:
    """Remove every table and index whose name begins with `kirok_`; their names.

    Raises what the database's errors mean, such as PermissionDenied where the account may not.
    """
    dialect = connection.dialect
    try:
        with alone(connection):
            tables = _ours(connection, dialect.table_names)
            for table in tables:
                connection.execute(f"DROP TABLE {table}")
            indexes = _ours(connection, dialect.index_names)  # those that did not go with their table
            for index in indexes:
                _drop_index(connection, index)
    except dialect.errors as error:
        reason: KirokError = dialect.explained(error)
        raise reason from error
    return sorted({*tables, *indexes})


def _ours(connection: Connection, names: str) -> list[str]:
    return sorted(name for (name,) in connection.execute(names) if name.startswith(_PREFIX))


def _drop_index(connection: Connection, index: str) -> None:
    if connection.dialect.kind != "mysql":
        connection.execute(f"DROP INDEX {index}")
        return
    table, column = connection.execute(_MYSQL_INDEX, (index,)).fetchone()
    # MySQL makes an index for a foreign key, and drops it unasked once another can serve; that is taken back here.
    again = f"ADD INDEX `{column}` (`{column}`), " if column else ""
    connection.execute(f"ALTER TABLE `{table}` {again}DROP INDEX `{index}`")
