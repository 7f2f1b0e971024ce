"""Unmodified MLflow clients, which go to the store of files themselves, behind a server that knows where it is now."""

from pathlib import Path
from typing import Any

import pytest

from running_servers import kirok_server

pytestmark = pytest.mark.filterwarnings("ignore")  # MLflow's own


def test_mlflow_writes_and_reads_at_the_new_root(mlflow: Any, tmp_path: Path) -> None:
    old, new = tmp_path / "old", tmp_path / "new"
    direct = ("--no-serve-artifacts", "--default-artifact-root", old.as_uri())
    with kirok_server(tmp_path, *direct) as server:
        mlflow.set_tracking_uri(server.address)
        experiment = mlflow.set_experiment("speech")
        with mlflow.start_run() as run:
            mlflow.log_text("hello", "notes.txt")
    old.rename(new)
    with kirok_server(tmp_path, *direct, "--artifact-root-alias", f"{old}={new.as_uri()}") as server:
        mlflow.set_tracking_uri(server.address)
        mlflow.set_experiment("speech")
        assert mlflow.artifacts.load_text(f"runs:/{run.info.run_id}/notes.txt") == "hello"
        with mlflow.start_run() as late:
            mlflow.log_text("again", "notes.txt")
        found = mlflow.search_runs([experiment.experiment_id], output_format="list")
        assert {each.info.artifact_uri for each in found} == {
            f"{new.as_uri()}/{experiment.experiment_id}/{each.info.run_id}/artifacts" for each in (run, late)
        }
        written = new / experiment.experiment_id / late.info.run_id / "artifacts" / "notes.txt"
        assert written.read_text() == "again"
    assert not old.exists()
