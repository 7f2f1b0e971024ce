"""`kirok migrate-filestore` beside MLflow's command of that name."""

import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

from click.testing import CliRunner

from kirok.cli.root import kirok
from running_servers import plain_environment

# Alike to the last cell. Of the rest, ids of datasets and of edges are drawn by MLflow anew each time; it does not
# bring spans, sets the times of assessments to 0, and loses expectations that are no scalars.
_ALIKE = {
    "experiments": "*",
    "experiment_tags": "*",
    "runs": "*",
    "params": "*",
    "tags": "*",
    "metrics": "*",
    "latest_metrics": "*",
    "datasets": "experiment_id, name, digest, dataset_source_type, dataset_source, dataset_schema, dataset_profile",
    "inputs": "source_type, destination_type, step",
    "input_tags": "name, value",
    "logged_models": "*",
    "logged_model_params": "*",
    "logged_model_tags": "*",
    "logged_model_metrics": "*",
    "registered_models": "*",
    "registered_model_tags": "*",
    "registered_model_aliases": "*",
    "model_versions": "*",
    "model_version_tags": "*",
    "trace_info": "*",
    "trace_request_metadata": "*",
    "assessments": "assessment_id, trace_id, name, assessment_type, source_type, source_id, rationale, valid",
}


def rows(database: Path, table: str, columns: str) -> list[str]:
    with closing(sqlite3.connect(database)) as connection:
        found = connection.execute(f"SELECT {columns} FROM {table}").fetchall()
    return sorted(map(repr, found))


def test_both_commands_make_the_same_database(a_folder_lived: Path, tmp_path: Path) -> None:
    ours, theirs = tmp_path / "ours.db", tmp_path / "theirs.db"
    subprocess.run(
        [
            *(sys.executable, "-m", "mlflow", "migrate-filestore"),
            *("--source", str(a_folder_lived.parent), "--target", f"sqlite:///{theirs}"),
        ],
        env=plain_environment(MLFLOW_ALLOW_FILE_STORE="true"),
        check=True,
        capture_output=True,
    )
    told = CliRunner().invoke(
        kirok, ["migrate-filestore", "--source", str(a_folder_lived.parent), "--target", f"sqlite:///{ours}"]
    )
    assert told.exit_code == 0, told.output
    different = [name for name, columns in _ALIKE.items() if rows(ours, name, columns) != rows(theirs, name, columns)]
    assert different == []
    assert rows(ours, "assessments", "COUNT(*)") == rows(theirs, "assessments", "COUNT(*)") == ["(3,)"]
    assert rows(ours, "spans", "COUNT(*)") == ["(5,)"]
