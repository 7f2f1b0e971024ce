"""`kirok gc` and `kirok db check` on folders of runs, as kirok and MLflow leave them."""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from cli.conftest import Command
from kirok.entities.metrics import Metric
from kirok.entities.runs import Param
from kirok.stores.open import open_stores
from kirok.stores.protocols import Stores
from running_servers import plain_environment


@pytest.fixture
def kirok(kirok_in_process: Command) -> Command:
    """The command, in this process."""
    return kirok_in_process


@contextmanager
def _opened(folder: Path) -> Iterator[Stores]:
    stores = open_stores(str(folder))
    try:
        yield stores
    finally:
        stores.close()


@pytest.fixture
def mlruns(tmp_path: Path) -> Path:
    return tmp_path / "mlruns"


def _run(mlruns: Path, experiment_id: str = "0") -> str:
    with _opened(mlruns) as stores:
        run_id = stores.runs.create_run(experiment_id).info.run_id
        stores.runs.log_batch(run_id, metrics=[Metric("a/loss", 0.5, 1, 1)], params=[Param("lr", "1")])
    artifacts = mlruns / experiment_id / run_id / "artifacts"
    artifacts.mkdir(exist_ok=True)
    (artifacts / "model.bin").write_bytes(b"12345")
    return run_id


def _files(folder: Path) -> set[str]:
    return {
        path.relative_to(folder).as_posix()
        for path in folder.rglob("*")
        if path.is_file() and not path.name.startswith(".kirok.")
    }


def test_a_deleted_run_goes_with_its_folder(kirok: Command, mlruns: Path) -> None:
    kept, gone = _run(mlruns), _run(mlruns)
    with _opened(mlruns) as stores:
        stores.runs.delete_run(gone)
    told = kirok("gc", "--backend-store-uri", "mlruns")
    assert told.returncode == 0, told.stderr
    assert f"Run with ID {gone} has been permanently deleted." in told.stdout
    assert "Freed 5 bytes of artifacts in 1 file" in told.stdout
    assert not (mlruns / "0" / gone).exists()
    assert (mlruns / "0" / kept / "artifacts" / "model.bin").exists()


def test_nothing_is_deleted_where_an_option_cannot_be(kirok: Command, mlruns: Path) -> None:
    gone = _run(mlruns)
    with _opened(mlruns) as stores:
        stores.runs.delete_run(gone)
    told = kirok("gc", "--backend-store-uri", "mlruns", "--vacuum")
    assert told.returncode == 2
    assert "--vacuum is for SQLite" in told.stderr
    assert (mlruns / "0" / gone).exists()


def test_artifacts_that_are_to_be_kept_stay(kirok: Command, mlruns: Path) -> None:
    gone = _run(mlruns)
    with _opened(mlruns) as stores:
        stores.runs.delete_run(gone)
    assert kirok("gc", "--backend-store-uri", "mlruns", "--keep-artifacts").returncode == 0
    assert _files(mlruns / "0" / gone) == {"artifacts/model.bin"}
    assert kirok("db", "check", "mlruns").returncode == 0
    with _opened(mlruns) as stores:
        assert stores.runs.search_runs(["0"]) == []


def test_an_experiment_goes_with_its_runs(kirok: Command, mlruns: Path) -> None:
    with _opened(mlruns) as stores:
        experiment_id = stores.experiments.create_experiment("gone")
    _run(mlruns, experiment_id)
    with _opened(mlruns) as stores:
        stores.experiments.delete_experiment(experiment_id)
    told = kirok("gc", "--backend-store-uri", "mlruns")
    assert told.returncode == 0, told.stderr
    assert f"Experiment with ID {experiment_id} has been permanently deleted." in told.stdout
    assert "Freed 5 bytes" in told.stdout
    assert not (mlruns / ".trash" / experiment_id).exists()
    with _opened(mlruns) as stores:
        assert [each.experiment_id for each in stores.experiments.search_experiments()] == ["0"]


def test_what_was_begun_before_a_kill_is_ended(kirok: Command, mlruns: Path) -> None:
    gone = _run(mlruns)
    with _opened(mlruns) as stores:
        stores.runs.delete_run(gone)
    for part in ("artifacts", "metrics", "params"):  # as far as a killed gc may have come
        shutil.rmtree(mlruns / "0" / gone / part)
    assert kirok("gc", "--backend-store-uri", "mlruns").returncode == 0
    assert not (mlruns / "0" / gone).exists()


def test_what_mlflow_deletes_goes_as_with_mlflow(kirok: Command, tmp_path: Path) -> None:
    script = """
import mlflow
client = mlflow.MlflowClient()
for name in ("kept", "binned"):
    mlflow.set_experiment(name)
    for number in range(2):
        with mlflow.start_run() as run:
            mlflow.log_metric("loss", 0.5)
            mlflow.log_text("text", "notes/a.txt")
            model = mlflow.create_external_model(name="m")
    client.delete_run(run.info.run_id)
    if name == "kept":  # MLflow's own gc does not find a deleted model of a deleted experiment, and ends there
        client.delete_logged_model(model.model_id)
client.delete_experiment(run.info.experiment_id)
"""
    environment = plain_environment(MLFLOW_TRACKING_URI="mlruns", MLFLOW_ALLOW_FILE_STORE="true")

    def mlflow(folder: Path, *arguments: str) -> None:
        done = subprocess.run(
            [sys.executable, *arguments], cwd=folder, env=environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr

    theirs = tmp_path / "work"
    theirs.mkdir()
    mlflow(theirs, "-c", script)
    saved = tmp_path / "saved"
    shutil.copytree(theirs, saved)
    mlflow(theirs, "-m", "mlflow", "gc", "--tracking-uri", "mlruns")
    wanted = _files(theirs)
    shutil.rmtree(theirs)
    shutil.copytree(saved, theirs)  # at the same path: artifact roots are absolute
    assert _files(theirs) > wanted
    told = kirok("gc", "--backend-store-uri", str(theirs / "mlruns"))
    assert told.returncode == 0, told.stderr
    assert _files(theirs) == wanted


def test_a_sound_folder_is_said_to_be_so(kirok: Command, mlruns: Path) -> None:
    _run(mlruns)
    told = kirok("db", "check", "mlruns", "--artifacts")
    assert told.returncode == 0, told.stdout + told.stderr
    assert told.stdout == "mlruns is as it should be.\n"


def test_records_that_cannot_be_read_are_told_of_and_left(kirok: Command, mlruns: Path) -> None:
    runs = [_run(mlruns) for _ in range(3)]
    (mlruns / "0" / runs[0] / "meta.yaml").write_bytes(b"")
    (mlruns / "0" / runs[1] / "meta.yaml").write_text("run_id: [")
    shutil.copytree(mlruns / "0" / runs[2], mlruns / "0" / "copied")
    before = _files(mlruns)
    told = kirok("db", "check", "mlruns", "--fix")
    assert told.returncode == 1
    assert "3 meta.yaml that cannot be read, or contradict the name of their folder" in told.stdout
    assert f"is about run '{runs[2]}'" in told.stdout
    assert _files(mlruns) == before


def test_missing_folders_are_made(kirok: Command, mlruns: Path) -> None:
    run_id = _run(mlruns)
    shutil.rmtree(mlruns / "0" / run_id / "artifacts")
    shutil.rmtree(mlruns / "0" / run_id / "params")
    told = kirok("db", "check", "mlruns")
    assert told.returncode == 1
    assert "2 folders that are missing" in told.stdout
    assert kirok("db", "check", "mlruns", "--fix").returncode == 0
    assert (mlruns / "0" / run_id / "artifacts").is_dir()
    assert kirok("db", "check", "mlruns").returncode == 0


def test_half_a_line_is_cut_off_once_nobody_writes_it(kirok: Command, mlruns: Path) -> None:
    run_id = _run(mlruns)
    series = mlruns / "0" / run_id / "metrics" / "a" / "loss"
    with series.open("ab") as file:
        file.write(b"2 0.2")
    assert kirok("db", "check", "mlruns").returncode == 0  # it may be on its way
    deadline = time.monotonic() + 60
    while "1 files of metrics that are cut off in a line" not in kirok("db", "check", "mlruns").stdout:
        assert time.monotonic() < deadline
    assert kirok("db", "check", "mlruns", "--fix").returncode == 0
    assert series.read_bytes() == b"1 0.5 1\n"


def test_lines_that_are_no_points_are_told_of_and_left(kirok: Command, mlruns: Path) -> None:
    run_id = _run(mlruns)
    series = mlruns / "0" / run_id / "metrics" / "a" / "loss"
    content = b"1 0.5 1\nrubbish\n2 0.25 2\n"
    series.write_bytes(content)
    told = kirok("db", "check", "mlruns", "--fix")
    assert told.returncode == 1
    assert "1 files of metrics with lines that are no points" in told.stdout
    assert series.read_bytes() == content


def test_a_backup_of_a_folder_in_use_leaves_out_what_is_kiroks(kirok: Command, mlruns: Path, tmp_path: Path) -> None:
    run_id = _run(mlruns)
    with _opened(mlruns) as stores:
        stores.runs.search_runs(["0"])
    assert kirok("backup", "create", "kept.zip", "--backend-store-uri", "mlruns").returncode == 0
    assert kirok("backup", "restore", "kept.zip", "--backend-store-uri", "back").returncode == 0
    assert _files(tmp_path / "back") == _files(mlruns)
    assert not [name for _, _, files in os.walk(tmp_path / "back") for name in files if name.startswith(".kirok.")]
    with _opened(tmp_path / "back") as stores:
        assert stores.runs.get_run(run_id).data.metrics == {"a/loss": 0.5}
