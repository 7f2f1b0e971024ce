"""`kirok gc` beside the real `mlflow gc`, killed in the middle, and before rows that name surprising places."""

import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import httpx
import pytest

from cli.conftest import Command, Seeded
from kirok.base.errors import NotFound
from kirok.stores.open import open_stores
from kirok.stores.protocols import Stores
from running_servers import kirok_server, plain_environment

# What MLflow leaves behind and kirok does not: edges of runs and models that are gone, with their tags.
DIFFERENT = {"inputs", "input_tags", "entity_associations"}


@pytest.fixture
def kirok(kirok_in_process: Command) -> Command:
    """The command, in this process."""
    return kirok_in_process


@contextmanager
def _opened(seeded: Seeded) -> Iterator[Stores]:
    stores = open_stores(seeded.uri, artifact_root=str(seeded.folder / "artifacts"))
    try:
        yield stores
    finally:
        stores.close()


def _rows(database: Path) -> dict[str, list[tuple[object, ...]]]:
    with closing(sqlite3.connect(database)) as connection:
        tables = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        return {
            name: sorted(connection.execute(f"SELECT * FROM {name}").fetchall(), key=repr)
            for name in tables
            if not name.startswith(("kirok_", "sqlite_"))
        }


def _artifacts(seeded: Seeded, run_id: str) -> Path:
    return seeded.folder / "artifacts" / run_id / "artifacts"


MAKE_A_BIN = """
import mlflow
from mlflow.data.http_dataset_source import HTTPDatasetSource
from mlflow.data.meta_dataset import MetaDataset
client = mlflow.MlflowClient()
for name in ("kept", "binned"):
    experiment_id = client.create_experiment(name, artifact_location=f"artifacts/{name}", tags={"a": "b"})
    mlflow.set_experiment(name)
    for number in range(3):
        with mlflow.start_run() as run:
            mlflow.log_metrics({"loss": 0.5, "acc": 0.1}, step=number)
            mlflow.log_param("depth", number)
            mlflow.set_tag("t", "v")
            mlflow.log_text("text", "notes/a.txt")
            mlflow.log_input(MetaDataset(HTTPDatasetSource("http://x/y"), name="d"), "training")
            model = mlflow.create_external_model(name=f"m{number}")
            mlflow.log_metric("f1", 0.5, model_id=model.model_id)
            mlflow.log_outputs([mlflow.entities.LoggedModelOutput(model.model_id, 1)])
        if number == 0:
            client.delete_run(run.info.run_id)
            client.delete_logged_model(model.model_id)
    with mlflow.start_span("work"):
        pass
    mlflow.flush_trace_async_logging()
client.delete_experiment(experiment_id)
"""


@pytest.fixture
def bin_of_mlflow(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with `mlflow.db` in which MLflow has runs, models and an experiment in the bin."""
    folder = tmp_path_factory.mktemp("mlflow")
    _mlflow(folder, "-c", MAKE_A_BIN)
    return folder


def _mlflow(folder: Path, *arguments: str) -> None:
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=folder,
        env=plain_environment(MLFLOW_TRACKING_URI="sqlite:///mlflow.db"),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def test_the_rows_left_are_those_that_mlflow_leaves(kirok: Command, bin_of_mlflow: Path, tmp_path: Path) -> None:
    theirs = tmp_path / "theirs"
    shutil.copytree(bin_of_mlflow, theirs)
    shutil.copytree(bin_of_mlflow, tmp_path, dirs_exist_ok=True)
    before = _rows(tmp_path / "mlflow.db")
    _mlflow(theirs, "-m", "mlflow", "gc", "--tracking-uri", "sqlite:///mlflow.db")
    told = kirok("gc")
    assert told.returncode == 0, told.stderr
    with closing(sqlite3.connect(tmp_path / "mlflow.db")) as connection:
        assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
    left, wanted = _rows(tmp_path / "mlflow.db"), _rows(theirs / "mlflow.db")
    assert wanted["runs"] != before["runs"]
    assert len(wanted["experiments"]) == len(before["experiments"]) - 1
    assert {name: rows for name, rows in left.items() if name not in DIFFERENT} == {
        name: rows for name, rows in wanted.items() if name not in DIFFERENT
    }
    runs = {row[0] for row in left["runs"]}
    assert left["inputs"] == [row for row in wanted["inputs"] if row[2] in runs or row[4] in runs]
    assert [row[0] for row in left["input_tags"]] == [row[0] for row in left["inputs"] if row[1] == "DATASET"]
    files = {path.relative_to(theirs) for path in (theirs / "artifacts").rglob("*") if path.is_file()}
    assert files == {path.relative_to(tmp_path) for path in (tmp_path / "artifacts").rglob("*") if path.is_file()}


def test_a_dry_run_tells_and_changes_nothing(kirok: Command, seeded: Seeded) -> None:
    with _opened(seeded) as stores:
        stores.runs.delete_run(seeded.run_id)
    before = _rows(seeded.folder / "kirok.db")
    told = kirok("gc", "--backend-store-uri", seeded.uri, "--dry-run")
    assert told.returncode == 0, told.stderr
    assert f"Run with ID {seeded.run_id} would be deleted: 2 files, 8 bytes." in told.stdout
    assert _rows(seeded.folder / "kirok.db") == before
    assert (_artifacts(seeded, seeded.run_id) / "b.txt").exists()


def test_a_deleted_run_goes_with_all_its_traces(kirok: Command, seeded: Seeded) -> None:
    with _opened(seeded) as stores:
        stores.runs.delete_run(seeded.run_id)
    told = kirok("gc", "--backend-store-uri", seeded.uri, "--vacuum")
    assert told.returncode == 0, told.stderr
    assert f"Run with ID {seeded.run_id} has been permanently deleted." in told.stdout
    assert "Freed 8 bytes of artifacts in 2 files" in told.stdout
    assert not _artifacts(seeded, seeded.run_id).exists()
    with closing(sqlite3.connect(seeded.folder / "kirok.db")) as connection:
        # What `kirok_marks` remembers is a place among the points, not a run.
        dump = [line for line in connection.iterdump() if '"kirok_marks"' not in line]
    assert not [line for line in dump if seeded.run_id in line]


def test_only_what_is_old_enough_goes(kirok: Command, seeded: Seeded) -> None:
    with _opened(seeded) as stores:
        stores.runs.delete_run(seeded.run_id)
    gc = ("gc", "--backend-store-uri", seeded.uri, "--older-than")
    assert "permanently" not in kirok(*gc, "1h").stdout
    told = kirok(*gc, "1h", "--run-ids", seeded.run_id)
    assert told.returncode == 1
    assert "not older than the required age" in told.stderr
    with closing(sqlite3.connect(seeded.folder / "kirok.db")) as connection, connection:
        connection.execute("UPDATE runs SET deleted_time = deleted_time - 3600000 WHERE run_uuid = ?", (seeded.run_id,))
    assert "permanently" not in kirok(*gc, "1.5h").stdout
    assert "permanently" in kirok(*gc, "0.5h29m59s").stdout


def test_ids_must_lie_in_the_bin(kirok: Command, seeded: Seeded) -> None:
    for option, thing in (("--run-ids", seeded.run_id), ("--experiment-ids", seeded.experiment_id)):
        told = kirok("gc", "--backend-store-uri", seeded.uri, option, thing)
        assert told.returncode == 1
        assert "not in `deleted` lifecycle stage" in told.stderr
    told = kirok("gc", "--backend-store-uri", seeded.uri, "--run-ids", "f" * 32)
    assert told.returncode == 1
    assert "There is no run" in told.stderr


def test_named_things_alone_go(kirok: Command, seeded: Seeded) -> None:
    with _opened(seeded) as stores:
        other = stores.runs.create_run("0").info.run_id
        stores.runs.delete_run(seeded.run_id)
        stores.runs.delete_run(other)
    assert kirok("gc", "--backend-store-uri", seeded.uri, "--within", "0").returncode == 0
    with _opened(seeded) as stores:
        with pytest.raises(NotFound):
            stores.runs.get_run(other)
        assert stores.runs.get_run(seeded.run_id).info.lifecycle_stage == "deleted"
    assert kirok("gc", "--backend-store-uri", seeded.uri, "--run-ids", seeded.run_id).returncode == 0
    assert "permanently" not in kirok("gc", "--backend-store-uri", seeded.uri).stdout


@pytest.mark.parametrize(
    "uri",
    [
        "file://{victim}",
        "{victim}",
        "{victim}/{run}",
        "{victim}/{run}/artifacts/..",
        "{victim}/{run}/artifacts/../artifacts",
        "dbfs:/somewhere/{run}/artifacts",
        "mlflow-artifacts:/0/{run}/artifacts",  # and nobody said where that is
        "runs:/{run}/artifacts",
        "",
    ],
)
def test_a_surprising_artifact_root_is_not_touched(kirok: Command, seeded: Seeded, tmp_path: Path, uri: str) -> None:
    victim = tmp_path / "victim"
    (victim / seeded.run_id).mkdir(parents=True)
    (victim / "precious").write_text("x")
    (victim / seeded.run_id / "precious").write_text("x")
    with closing(sqlite3.connect(seeded.folder / "kirok.db")) as connection, connection:
        connection.execute(
            "UPDATE runs SET lifecycle_stage = 'deleted', artifact_uri = ? WHERE run_uuid = ?",
            (uri.format(victim=victim, run=seeded.run_id), seeded.run_id),
        )
    told = kirok("gc", "--backend-store-uri", seeded.uri)
    assert told.returncode == 1
    assert f"Run with ID {seeded.run_id} stays" in told.stderr
    assert (victim / "precious").exists()
    assert (victim / seeded.run_id / "precious").exists()
    told = kirok("gc", "--backend-store-uri", seeded.uri, "--keep-artifacts")
    assert told.returncode == 0, told.stderr
    assert f"Run with ID {seeded.run_id} has been permanently deleted." in told.stdout
    assert (victim / seeded.run_id / "precious").exists()


@pytest.mark.parametrize("link", ["run", "artifacts"])
def test_a_link_out_of_the_artifact_folder_is_not_followed(
    kirok: Command, seeded: Seeded, tmp_path: Path, link: str
) -> None:
    victim = tmp_path / "victim"
    (victim / "artifacts").mkdir(parents=True)
    (victim / "artifacts" / "precious").write_text("x")
    root = _artifacts(seeded, seeded.run_id)
    if link == "run":
        shutil.rmtree(root.parent)
        root.parent.symlink_to(victim)
    else:
        shutil.rmtree(root)
        root.symlink_to(victim / "artifacts")
    with _opened(seeded) as stores:
        stores.runs.delete_run(seeded.run_id)
    kirok("gc", "--backend-store-uri", seeded.uri)
    assert (victim / "artifacts" / "precious").exists()


def test_proxied_artifacts_go_through_the_server_or_from_its_folder(kirok: Command, tmp_path: Path) -> None:
    with kirok_server(tmp_path) as server, httpx.Client(base_url=f"{server.address}/api/2.0") as client:
        runs = []
        for _ in range(2):
            made = client.post("/mlflow/runs/create", json={"experiment_id": "0"}).json()["run"]["info"]
            client.put(f"/mlflow-artifacts/artifacts/0/{made['run_id']}/artifacts/a.txt", content=b"abc")
            client.post("/mlflow/runs/delete", json={"run_id": made["run_id"]})
            runs.append(made["run_id"])
        gc = ("gc", "--backend-store-uri", "sqlite:///mlflow.db", "--run-ids")
        told = kirok(*gc, runs[0], "--tracking-uri", server.address)
        assert told.returncode == 0, told.stderr
        assert "Freed 3 bytes of artifacts in 1 file" in told.stdout
        assert not (tmp_path / "mlartifacts" / "0" / runs[0] / "artifacts").exists()
        assert client.get("/mlflow/runs/get", params={"run_id": runs[0]}).status_code == 404
        told = kirok(*gc, runs[1], "--artifacts-destination", "mlartifacts")
        assert told.returncode == 0, told.stderr
        assert not (tmp_path / "mlartifacts" / "0" / runs[1] / "artifacts").exists()
        page = client.post("/mlflow/runs/search", json={"experiment_ids": ["0"], "run_view_type": "ALL"}).json()
        assert page.get("runs", []) == []


def test_killed_in_the_middle_it_leaves_nothing_that_a_second_does_not_finish(kirok: Command, seeded: Seeded) -> None:
    from kirok.entities.metrics import Metric

    with _opened(seeded) as stores:
        runs = [stores.runs.create_run(seeded.experiment_id).info for _ in range(40)]
        for info in runs:
            stores.runs.log_batch(info.run_id, metrics=[Metric("loss", 0.5, step, step) for step in range(900)])
            root = Path(info.artifact_uri)
            root.mkdir(parents=True)
            (root / "model.bin").write_bytes(b"x")
            stores.runs.delete_run(info.run_id)
    process = subprocess.Popen(
        [sys.executable, "-m", "kirok.cli", "gc", "--backend-store-uri", seeded.uri],
        env=plain_environment(),
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    process.stdout.readline()
    process.stdout.readline()
    time.sleep(0.01)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    process.stdout.close()
    left = _rows(seeded.folder / "kirok.db")
    in_bin = {row[0] for row in left["runs"] if row[10] == "deleted"}
    assert 0 < len(in_bin) < 40
    # Whoever still has artifacts still has the row that knows of them.
    with_artifacts = {info.run_id for info in runs if Path(info.artifact_uri).exists()}
    assert with_artifacts <= in_bin
    assert kirok("gc", "--backend-store-uri", seeded.uri).returncode == 0
    after = _rows(seeded.folder / "kirok.db")
    known = {row[0] for row in after["runs"]}
    assert known == {row[0] for row in left["runs"] if row[10] == "active"}
    assert {row[3] for row in after["metrics"]} <= known
    assert not [info for info in runs if Path(info.artifact_uri).exists()]


def test_a_server_that_runs_notices(kirok: Command, tmp_path: Path) -> None:
    with (
        kirok_server(tmp_path, "--no-serve-artifacts") as server,
        httpx.Client(base_url=f"{server.address}/api/2.0/mlflow") as client,
    ):
        run = client.post("/runs/create", json={"experiment_id": "0"}).json()["run"]["info"]["run_id"]
        client.post("/runs/log-parameter", json={"run_id": run, "key": "a", "value": "1"})
        search = {"experiment_ids": ["0"], "run_view_type": "ALL"}
        client.post("/runs/delete", json={"run_id": run})
        assert len(client.post("/runs/search", json=search).json()["runs"]) == 1
        assert kirok("gc", "--backend-store-uri", "sqlite:///mlflow.db").returncode == 0
        assert client.post("/runs/search", json=search).json().get("runs", []) == []
        assert client.post("/runs/restore", json={"run_id": run}).status_code == 404


def test_experiments_keep_the_runs_that_were_brought_back(kirok: Command, seeded: Seeded) -> None:
    with _opened(seeded) as stores:
        stores.experiments.delete_experiment(seeded.experiment_id)
        stores.runs.restore_run(seeded.run_id)
    told = kirok("gc", "--backend-store-uri", seeded.uri)
    assert told.returncode == 1
    assert f"Experiment with ID {seeded.experiment_id} stays" in told.stderr
    with _opened(seeded) as stores:
        assert stores.runs.get_run(seeded.run_id).data.params == {"lr": "0.1"}


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--older-than", "week"), "Could not parse any time information from 'week'"),
        (("--older-than", ""), "Could not parse"),
        (("--backend-store-uri", "sqlite:///none.db"), "There is no store"),
        (("--backend-store-uri", "http://127.0.0.1:1"), "is a server"),
        (("--workspace", "team"), "no workspace"),
    ],
)
def test_what_cannot_be_is_said_in_a_line(
    kirok: Command, tmp_path: Path, arguments: tuple[str, ...], said: str
) -> None:
    told = kirok("gc", *arguments)
    assert told.returncode != 0
    assert said in told.stderr
    assert not list(tmp_path.glob("*.db"))


def test_records_of_jobs_go_when_asked(kirok: Command, seeded: Seeded) -> None:
    insert = "INSERT INTO jobs (id, creation_time, job_name, params, status, retry_count, last_update_time) VALUES "
    with closing(sqlite3.connect(seeded.folder / "kirok.db")) as connection, connection:
        connection.execute(insert + "('done', 1, 'j', '{}', 2, 0, 1), ('running', 1, 'j', '{}', 1, 0, 1)")
    gc = ("gc", "--backend-store-uri", seeded.uri)
    assert "Job" not in kirok(*gc).stdout
    assert "Job with ID done has been permanently deleted." in kirok(*gc, "--jobs").stdout
    assert [row[0] for row in _rows(seeded.folder / "kirok.db")["jobs"]] == ["running"]


def test_leftovers_of_killed_uploads_go_with_it(kirok: Command, seeded: Seeded) -> None:
    files = seeded.folder / "files"
    files.mkdir()
    dead, live = files / ".artifact.uploading.dead", files / ".artifact.uploading.live"
    dead.touch()
    live.touch()
    os.utime(dead, (0, 0))
    options = ("gc", "--backend-store-uri", seeded.uri, "--artifacts-destination", str(files))
    kirok(*options, "--dry-run")
    assert dead.exists()
    assert "1 leftover of interrupted uploads removed." in kirok(*options).stdout
    assert [found.name for found in files.iterdir()] == [live.name]
