"""A database whose rows a Windows machine wrote, served where there are no drives: what works, what the error says."""

import os
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

import kirok
from interop.artifact_story import FILES, found, log
from running_servers import kirok_server

pytestmark = [
    pytest.mark.filterwarnings("ignore"),  # MLflow's own
    pytest.mark.skipif(os.name == "nt", reason="is about machines without drives"),
]


@pytest.fixture(scope="module")
def written(mlflow: Any, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A folder with a database by MLflow and the files of its one run below `copied`; the run's id."""
    folder = tmp_path_factory.mktemp("written")
    mlflow.set_tracking_uri(f"sqlite:///{(folder / 'mlflow.db').as_posix()}")
    mlflow.create_experiment("walk", artifact_location=f"{(folder / 'copied').as_uri()}/1")
    (folder / "given").mkdir()
    run_id = log(mlflow, folder / "given", "walk")
    mlflow.set_tracking_uri(None)
    return folder, run_id


@pytest.fixture(
    params=["E:\\team\\mlruns", "E:/team/mlruns", "e:\\team\\mlruns", "file:///E:/team/mlruns", "file://E:/team/mlruns"]
)
def root(request: pytest.FixtureRequest, written: tuple[Path, str], tmp_path: Path) -> str:
    """What MLflow on a Windows machine wrote into the rows of `mlflow.db`, as its releases and users spell it."""
    spelled: str = request.param
    folder, _ = written
    shutil.copytree(folder, tmp_path, dirs_exist_ok=True)
    with closing(sqlite3.connect(tmp_path / "mlflow.db")) as database, database:
        for table, column in (("experiments", "artifact_location"), ("runs", "artifact_uri")):
            rest = f"substr({column}, {len((folder / 'copied').as_uri()) + 1})"
            windows = f"replace({rest}, '/', '\\')" if "\\" in spelled else rest
            moved = f"UPDATE {table} SET {column} = ? || {windows} WHERE {column} LIKE '%/copied/%'"
            database.execute(moved, [spelled])
    return spelled


def test_runs_are_shown_and_files_are_not_guessed_at(root: str, written: tuple[Path, str], tmp_path: Path) -> None:
    _, run_id = written
    with kirok_server(tmp_path, "--backend-store-uri", "sqlite:///mlflow.db") as server:
        kirok.set_tracking_uri(server.address)
        run = kirok.get_run(run_id)
        assert run.info.artifact_uri.startswith(root.partition("mlruns")[0])
        for act in (
            lambda: kirok.MlflowClient().list_artifacts(run_id),
            lambda: kirok.MlflowClient().log_text(run_id, "x", "x.txt"),
            lambda: kirok.artifacts.load_text(f"runs:/{run_id}/settings.json"),
        ):
            with pytest.raises(kirok.exceptions.MlflowException, match=r"(?s)Windows.*artifact-root-alias") as refused:
                act()
            assert "E:" in str(refused.value).replace("e:", "E:")
    assert not list(tmp_path.glob("*:*"))  # MLflow makes folders of such names


@pytest.mark.parametrize("is_served", [False, True], ids=["folder", "served"])
def test_both_clients_read_and_write_where_the_files_are_now(
    root: str, written: tuple[Path, str], is_served: bool, mlflow: Any, tmp_path: Path
) -> None:
    _, run_id = written
    now = "mlflow-artifacts:/" if is_served else (tmp_path / "copied").as_uri()
    options = ("--artifact-root-alias", f"{root}={now}", "--artifacts-destination", str(tmp_path / "copied"))
    with kirok_server(tmp_path, "--backend-store-uri", "sqlite:///mlflow.db", *options) as server:
        for name, client in {"mlflow": mlflow, "kirok": kirok}.items():
            client.set_tracking_uri(server.address)
            (tmp_path / name).mkdir()
            assert found(client, run_id, tmp_path / name) == FILES
            client.set_experiment("walk")
            with client.start_run() as run:
                client.log_text(name, "by.txt")
            there = tmp_path / "copied" / "1" / run.info.run_id / "artifacts" / "by.txt"
            assert there.read_text() == name
    assert not list(tmp_path.glob("*:*"))
