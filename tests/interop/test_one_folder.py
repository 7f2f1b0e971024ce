"""One `mlruns` folder, written by either and read by both."""

import math
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import kirok
from interop.both_ways import everything, go_on, live
from kirok.entities import (
    Dataset,
    DatasetInput,
    ExperimentTag,
    InputTag,
    LoggedModelInput,
    LoggedModelOutput,
    Metric,
    Param,
    RunStatus,
    RunTag,
)
from kirok.stores.open import open_stores

pytestmark = pytest.mark.filterwarnings("ignore")  # MLflow's and scikit-learn's own


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that is not there yet, in the working directory. MLflow opens folders only where it is told to."""
    monkeypatch.setenv("MLFLOW_ALLOW_FILE_STORE", "true")
    monkeypatch.chdir(tmp_path)
    return tmp_path / "mlruns"


def seen(client: Any, folder: Path) -> dict[str, object]:
    """All that a client sees. MLflow answers a series in the order of its file, repeated points and all, and datasets
    in that of the directory.
    """
    found = everything(client, folder.as_uri())
    found["series"] = {key: sorted(set(points)) for key, points in found["series"].items()}  # type: ignore[attr-defined]
    return found


def test_mlflow_reads_what_kirok_wrote_and_writes_on(mlflow: Any, folder: Path, tmp_path: Path) -> None:
    live(kirok, folder.as_uri(), tmp_path)
    written = seen(kirok, folder)
    assert seen(mlflow, folder) == written
    go_on(mlflow, folder.as_uri())
    assert seen(kirok, folder) == seen(mlflow, folder) != written


def test_kirok_reads_what_mlflow_wrote_and_writes_on(mlflow: Any, folder: Path, tmp_path: Path) -> None:
    live(mlflow, folder.as_uri(), tmp_path)
    written = seen(mlflow, folder)
    assert seen(kirok, folder) == written
    go_on(kirok, folder.as_uri())
    assert seen(mlflow, folder) == seen(kirok, folder) != written


def test_the_files_are_those_that_mlflow_writes(mlflow: Any, folder: Path) -> None:
    tree_of_mlflow = tree(folder.with_name("theirs"), lambda place: write_by_mlflow(mlflow, place))
    tree_of_kirok = tree(folder.with_name("ours"), write_by_kirok)
    assert tree_of_kirok == tree_of_mlflow
    assert len(tree_of_kirok) > 20


def write_by_mlflow(mlflow: Any, place: Path) -> None:
    from mlflow.entities import (
        Dataset,
        DatasetInput,
        ExperimentTag,
        InputTag,
        LoggedModelInput,
        LoggedModelOutput,
        Metric,
        Param,
        RunTag,
    )
    from mlflow.store.tracking.file_store import FileStore

    store = FileStore(place.as_uri(), place.as_uri())
    experiment_id = store.create_experiment("speech", tags=[ExperimentTag("team/name", "한글")])
    for name in ("kept", "deleted"):
        run_id = store.create_run(experiment_id, "kim", 1000, [RunTag("mlflow.source.name", "a.py")], name).info.run_id
        points = [Metric("loss", value, 5, 2) for value in (0.5, 1e-05, 1e300, math.nan, math.inf, -math.inf, 3.0)]
        store.log_batch(run_id, points, [Param("a/b", "x\ny"), Param("empty", "")], [RunTag("note", "1\r\n2")])
        given = DatasetInput(
            Dataset("books", "d1", "local", "{}", "s", None), [InputTag("mlflow.data.context", "eval")]
        )
        store.log_inputs(run_id, [given], [LoggedModelInput("m-1")])
        store.log_outputs(run_id, [LoggedModelOutput("m-2", 3)])
        store.update_run_info(run_id, mlflow.entities.RunStatus.FINISHED, 2000, None)
    store.delete_run(run_id)
    store.delete_experiment(store.create_experiment("gone"))
    store.rename_experiment(experiment_id, "voices")


def write_by_kirok(place: Path) -> None:
    stores = open_stores(place.as_uri())
    experiment_id = stores.experiments.create_experiment("speech", tags=[ExperimentTag("team/name", "한글")])
    for name in ("kept", "deleted"):
        tags = [RunTag("mlflow.source.name", "a.py")]
        run = stores.runs.create_run(experiment_id, user_id="kim", start_time=1000, tags=tags, run_name=name)
        run_id = run.info.run_id
        points = [Metric("loss", value, 5, 2) for value in (0.5, 1e-05, 1e300, math.nan, math.inf, -math.inf, 3.0)]
        params = [Param("a/b", "x\ny"), Param("empty", "")]
        stores.runs.log_batch(run_id, metrics=points, params=params, tags=[RunTag("note", "1\r\n2")])
        given = DatasetInput(
            Dataset("books", "d1", "local", "{}", "s", None), (InputTag("mlflow.data.context", "eval"),)
        )
        stores.runs.log_inputs(run_id, datasets=[given], models=[LoggedModelInput("m-1")])
        stores.runs.log_outputs(run_id, [LoggedModelOutput("m-2", 3)])
        stores.runs.update_run(run_id, status=RunStatus.FINISHED, end_time=2000)
    stores.runs.delete_run(run_id)
    stores.experiments.delete_experiment(stores.experiments.create_experiment("gone"))
    stores.experiments.rename_experiment(experiment_id, "voices")
    stores.close()


ALIKE = ((r"\b[0-9a-f]{32}\b", "an id"), (r"\b[1-9]\d{17}\b", "a number"), (r"\b1[78]\d{11}\b", "now"))


def tree(place: Path, write: Callable[[Path], None]) -> list[tuple[str, str]]:
    """The path and content of every file, with ids, times and the place made alike; kirok's own files left out.

    MLflow adds the tags to the record of an experiment that it changes, where nobody reads them.
    """
    write(place)
    told: list[tuple[str, str]] = []
    for file in sorted(place.rglob("*")):
        if file.is_dir() or file.name.startswith(".kirok."):
            continue
        text = file.read_bytes().decode().replace(place.as_uri(), "file:///mlruns")
        if file.name == "meta.yaml" and "creation_time" in text:
            text = re.sub(r"^tags:.*\n(  .*\n)*", "", text, flags=re.MULTILINE)
        if "inputs" in file.parts:
            text = re.sub("[0-9a-f]{32}", "an id", text)
        path = file.relative_to(place).as_posix()
        for pattern, name in ALIKE:
            text, path = re.sub(pattern, name, text), re.sub(pattern, name, path)
        told.append((f"{path} of {run_name(file)}", text))
    return sorted(told)


def run_name(file: Path) -> str:
    """What tells the runs apart whose ids are made alike."""
    tags = [parent / "tags" / "mlflow.runName" for parent in file.parents]
    return next((tag.read_text() for tag in tags if tag.is_file()), "none")
