"""The table that holds chunks. MLflow's `metrics` stays the truth; this can be dropped and made anew."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from kirok.stores.sql.connection import Connection

# Chunk `number` of a series holds every point whose step is above the last step of the chunk before and at most its
# own. No foreign key: it would stand in the way of MLflow's gc.
_CHUNKS = """
CREATE TABLE IF NOT EXISTS kirok_chunks (
    run_uuid VARCHAR(32) NOT NULL,
    metric_key VARCHAR(250) NOT NULL,
    number BIGINT NOT NULL,
    points BIGINT NOT NULL,
    first_step BIGINT NOT NULL,
    last_step BIGINT NOT NULL,
    first_timestamp BIGINT NOT NULL,
    last_timestamp BIGINT NOT NULL,
    packed {blob} NOT NULL,
    PRIMARY KEY (run_uuid, metric_key, number)
){tail}
"""

_DIALECTS = {
    "sqlite": {"blob": "BLOB", "tail": ""},
    "postgresql": {"blob": "BYTEA", "tail": ""},
    "mysql": {"blob": "LONGBLOB", "tail": " DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin"},
}


def create(connection: "Connection") -> None:
    """Make the table where it is missing."""
    connection.execute(_CHUNKS.format(**_DIALECTS[connection.dialect.kind]))


def are_there(connection: "Connection") -> bool:
    """Whether the table was made."""
    return ("kirok_chunks",) in map(tuple, connection.execute(connection.dialect.table_names))


def forget_chunks(connection: "Connection", run_id: str, key: str, from_step: int | None = None) -> None:
    """Drop the chunks of a series that reach to `from_step` or beyond; all of them where none is given.

    For whoever learns, within a transaction, that points were added at such steps or taken away.
    """
    if from_step is None:
        connection.execute("DELETE FROM kirok_chunks WHERE run_uuid = ? AND metric_key = ?", (run_id, key))
    else:
        connection.execute(
            "DELETE FROM kirok_chunks WHERE run_uuid = ? AND metric_key = ? AND last_step >= ?",
            (run_id, key, from_step),
        )
