"""Copying out of and into servers."""

from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from kirok.cli.root import kirok
from moving.portrait import portrait
from running_servers import kirok_server, mlflow_server

pytestmark = pytest.mark.filterwarnings("ignore")  # MLflow's own


def copy(source: str, destination: str, *options: str) -> Result:
    result = CliRunner().invoke(kirok, ["copy", source, destination, *options], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result


def test_a_store_goes_through_a_kirok_server_and_stays_what_it_is(mlflow: Any, database: str, tmp_path: Path) -> None:
    home = f"sqlite:///{tmp_path}/home.db"
    (tmp_path / "server").mkdir()
    with kirok_server(tmp_path / "server") as server:
        copy(database, server.address, "--verify")
        assert "Nothing to copy: all is there." in copy(database, server.address).output
        copy(server.address, home, "--verify", "--artifact-root", str(tmp_path / "files"))
    assert portrait(mlflow, home) == portrait(mlflow, database)
    run = next(run for run in mlflow.MlflowClient(home).search_runs(["1"]) if run.info.run_name == "first")
    brought = mlflow.artifacts.download_artifacts(f"{run.info.artifact_uri}/notes/hello.txt", dst_path=str(tmp_path))
    assert Path(brought).read_text() == "hello"
    assert Path(run.info.artifact_uri).is_relative_to(tmp_path / "files")


def test_an_mlflow_server_is_read_whole_and_takes_runs_that_keep_their_first_ids(
    mlflow: Any, database: str, a_folder_lived: Path, tmp_path: Path
) -> None:
    out, back = f"sqlite:///{tmp_path}/out.db", f"sqlite:///{tmp_path}/back.db"
    (tmp_path / "server").mkdir()
    before = portrait(mlflow, database)
    with mlflow_server(tmp_path / "server", "--backend-store-uri", database) as server:
        copy(server.address, out, "--verify", "--no-artifacts")
        options = ("-x", "churn 제주", "--same-name", "rename")
        told = copy(str(a_folder_lived), server.address, "--verify", *options).output
        assert "Left behind: 3 rows of trace_info" in told
        assert "Nothing to copy: all is there." in copy(str(a_folder_lived), server.address, *options).output
        copy(server.address, back, "--verify", "--no-artifacts")
    assert portrait(mlflow, out) == before
    source, returned = portrait(mlflow, str(a_folder_lived))["runs"], portrait(mlflow, back)["runs"]
    ours = {run_id: run for run_id, run in source.items() if run["info"][1] == "churn 제주"}
    assert len(ours) == 5
    for run_id, run in ours.items():
        same = ("params", "tags", "latest", "series", "stage")
        assert {part: returned[run_id][part] for part in same} == {part: run[part] for part in same}
        assert len(returned[run_id]["datasets"]) == len(run["datasets"])


def test_a_server_that_is_no_tracking_server_is_named(tmp_path: Path) -> None:
    result = CliRunner().invoke(
        kirok,
        ["copy", "http://127.0.0.1:9", f"sqlite:///{tmp_path}/x.db"],
        env={"MLFLOW_HTTP_REQUEST_MAX_RETRIES": "0"},
    )
    assert result.exit_code == 1
    assert "No answer from http://127.0.0.1:9" in result.output
