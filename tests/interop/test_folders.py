"""Folders between the two: each client on each server, and lists with more in them than MLflow's."""

import os
from pathlib import Path
from typing import Any

import pytest

import kirok
from running_servers import RunningServer


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Forty small files in two levels."""
    root = tmp_path / "tree"
    for number in range(40):
        file = root / f"d{number % 3}" / f"ж {number}.bin"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(os.urandom(number))
    return root


def contents(folder: str | Path) -> dict[str, bytes]:
    return {
        file.relative_to(folder).as_posix(): file.read_bytes() for file in Path(folder).rglob("*") if file.is_file()
    }


def test_a_folder_that_mlflow_stored_comes_back_at_once(
    mlflow: Any, kirok_at: RunningServer, folder: Path, tmp_path: Path
) -> None:
    theirs, ours = mlflow.MlflowClient(kirok_at.address), kirok.MlflowClient(kirok_at.address)
    run_id = theirs.create_run("0").info.run_id
    theirs.log_artifacts(run_id, str(folder), "a")
    (tmp_path / "one").mkdir()
    fetched = ours.download_artifacts(run_id, "a", str(tmp_path / "one"))
    assert contents(fetched) == contents(folder)


def test_mlflows_client_reads_a_folder_that_was_stored_at_once(
    mlflow: Any, kirok_at: RunningServer, folder: Path, tmp_path: Path
) -> None:
    """Lists carry the time of each file besides, which it passes over."""
    theirs, ours = mlflow.MlflowClient(kirok_at.address), kirok.MlflowClient(kirok_at.address)
    run_id = ours.create_run("0").info.run_id
    ours.log_artifacts(run_id, folder, "a")
    listed = theirs.list_artifacts(run_id, "a/d1")
    assert {info.path: info.file_size for info in listed} == {
        f"a/{path}": len(content) for path, content in contents(folder).items() if path.startswith("d1/")
    }
    assert all(info.modified_ms for info in ours.list_artifacts(run_id, "a/d1"))
    (tmp_path / "one").mkdir()
    assert contents(theirs.download_artifacts(run_id, "a", str(tmp_path / "one"))) == contents(folder)


def test_kiroks_client_moves_a_folder_file_by_file_through_mlflows_server(
    mlflow_at: RunningServer, folder: Path, tmp_path: Path
) -> None:
    ours = kirok.MlflowClient(mlflow_at.address)
    run_id = ours.create_run("0").info.run_id
    ours.log_artifacts(run_id, folder, "a")
    assert contents(ours.download_artifacts(run_id, "a", str(tmp_path / "one"))) == contents(folder)
    assert [info.path for info in ours.list_artifacts(run_id, "a")] == ["a/d0", "a/d1", "a/d2"]
    ours.delete_artifacts(run_id, "a/d1")
    assert [info.path for info in ours.list_artifacts(run_id, "a")] == ["a/d0", "a/d2"]
