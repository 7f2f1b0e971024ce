"""Who may change what depends on a series' points, where several processes write to one database."""

from collections.abc import Collection

from kirok.stores.sql.connection import Connection
from kirok.stores.sql.series import rows
from kirok.stores.sql.series.rows import Series


def take_turns(connection: Connection, series: Collection[Series]) -> None:
    """Wait until no other transaction is adding points to these series, and keep others from it until this one ends.

    Whoever adds points touches the series' row in `latest_metrics` first; here those rows are locked. SQLite has one
    writer at a time anyway.
    """
    if series and connection.dialect.kind != "sqlite":
        condition, values = rows.one_of(connection, "run_uuid, key", series)
        connection.execute(
            f"SELECT 1 FROM latest_metrics WHERE {condition} ORDER BY run_uuid, key FOR UPDATE", values
        ).fetchall()
