"""Looking into a database, and trying to write, without leaving anything behind: for `kirok doctor`."""

from kirok.base.errors import InternalError, KirokError
from kirok.entities.experiments import Experiment
from kirok.entities.views import LifecycleStage
from kirok.stores.sql.connection import Connection

_KEY = "kirok.doctor"


def experiments_in_use(connection: Connection) -> list[tuple[Experiment, int]]:
    """(experiment, its runs in use) of each experiment in use, the newest first."""
    counts = {
        int(experiment_id): int(runs)
        for experiment_id, runs in connection.execute(
            "SELECT experiment_id, COUNT(*) FROM runs WHERE lifecycle_stage = 'active' GROUP BY experiment_id"
        )
    }
    rows = connection.execute(
        "SELECT experiment_id, name, artifact_location FROM experiments WHERE lifecycle_stage = 'active' "
        "ORDER BY experiment_id DESC"
    )
    return [
        (Experiment(str(number), name, location or "", LifecycleStage.ACTIVE), counts.get(int(number), 0))
        for number, name, location in rows.fetchall()
    ]


def rehearse_write(connection: Connection) -> None:
    """Insert a row and read it back, in the transaction that has begun and that is not to be committed.

    Raises the KirokError that a refusal of the database means.
    """
    try:
        first = connection.execute("SELECT MIN(experiment_id) FROM experiments").fetchone()
        if first is None or first[0] is None:
            return  # a row of MLflow's would have to belong to an experiment
        row = (first[0], _KEY)
        connection.execute("DELETE FROM experiment_tags WHERE experiment_id = ? AND key = ?", row)
        connection.execute("INSERT INTO experiment_tags (experiment_id, key, value) VALUES (?, ?, 'tried')", row)
        found = connection.execute("SELECT value FROM experiment_tags WHERE experiment_id = ? AND key = ?", row)
        if found.fetchone() is None:
            raise InternalError("A row that was written could not be read back in the same transaction.")
    except KirokError:
        raise
    except connection.dialect.errors as error:
        raise connection.dialect.explained(error) from error
