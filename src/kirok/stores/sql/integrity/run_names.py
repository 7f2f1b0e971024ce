"""Whether the name of a run and its tag `mlflow.runName`, which clients read in turn, agree."""

from collections.abc import Sequence

from kirok.rules.lifecycle import RUN_NAME_TAG
from kirok.stores.sql.connection import Connection
from kirok.stores.sql.integrity.windows import Window, within

_DISAGREEING = f"""
SELECT runs.run_uuid FROM runs LEFT JOIN tags t ON t.run_uuid = runs.run_uuid AND t.key = ?
WHERE {within("runs")} AND COALESCE(runs.name, '') <> COALESCE(t.value, '')
"""


def disagreeing_names(connection: Connection, window: Window) -> list[str]:
    """Runs whose name is not what their tag says."""
    return [run_id for (run_id,) in connection.execute(_DISAGREEING, (RUN_NAME_TAG, *window))]


def mend_names(connection: Connection, run_ids: Sequence[str]) -> None:
    """Give the tag what the name says, and a run without a name what the tag says, as MLflow reads them."""
    for run_id in run_ids:
        (name,) = connection.execute("SELECT name FROM runs WHERE run_uuid = ?", (run_id,)).fetchone()
        if name:
            connection.execute("DELETE FROM tags WHERE run_uuid = ? AND key = ?", (run_id, RUN_NAME_TAG))
            connection.execute("INSERT INTO tags (run_uuid, key, value) VALUES (?, ?, ?)", (run_id, RUN_NAME_TAG, name))
            continue
        (tag,) = connection.execute(
            "SELECT value FROM tags WHERE run_uuid = ? AND key = ?", (run_id, RUN_NAME_TAG)
        ).fetchone()
        connection.execute("UPDATE runs SET name = ? WHERE run_uuid = ?", (tag, run_id))
