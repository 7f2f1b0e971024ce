"""A tutorial, unchanged but for `import kirok as mlflow`, leaves what MLflow's own run of it leaves."""

import json
import re
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from running_servers import plain_environment

TUTORIAL = """
import warnings

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from sklearn.datasets import load_diabetes
from sklearn.ensemble import RandomForestRegressor
from sklearn.metrics import mean_squared_error, r2_score
from sklearn.model_selection import train_test_split

import mlflow
import mlflow.data
from mlflow import MlflowClient
from mlflow.entities import Metric, Param, RunStatus, RunTag, ViewType
from mlflow.exceptions import MlflowException
from mlflow.utils.mlflow_tags import MLFLOW_PARENT_RUN_ID

warnings.simplefilter("ignore")
mlflow.set_tracking_uri("sqlite:///tutorial.db")
experiment = mlflow.set_experiment("Diabetes progression")
mlflow.set_experiment_tags({"project": "tutorial", "version": 1})

X, y = load_diabetes(return_X_y=True, as_frame=True)
X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=0)
dataset = mlflow.data.from_pandas(
    pd.concat([X_train, y_train], axis=1), source="diabetes.csv", targets="target", name="diabetes"
)
arrays = mlflow.data.from_numpy(np.arange(12.0).reshape(3, 4), targets=np.array([0, 1, 0]))

with mlflow.start_run(run_name="grid", description="A *small* grid", tags={"phase": "search"}) as parent:
    mlflow.log_input(dataset, context="training")
    mlflow.log_input(arrays, context="shape check", tags={"origin": "numpy"})
    for depth in (2, 5):
        with mlflow.start_run(run_name=f"depth-{depth}", nested=True) as child:
            params = {"max_depth": depth, "n_estimators": 10, "random_state": 0, "criterion": None}
            mlflow.log_params(params)
            model = RandomForestRegressor(max_depth=depth, n_estimators=10, random_state=0).fit(X_train, y_train)
            predicted = model.predict(X_test)
            mlflow.log_metric("mse", mean_squared_error(y_test, predicted))
            mlflow.log_metrics({"r2": r2_score(y_test, predicted), "ok": True})
            for step, tree in enumerate(model.estimators_):
                mlflow.log_metric("tree_mse", mean_squared_error(y_test, tree.predict(X_test.values)), step=step)
            mlflow.log_dict(dict(zip(X.columns, map(float, model.feature_importances_))), "importances.json")
            figure = Figure()
            figure.subplots().scatter(y_test, predicted)
            mlflow.log_figure(figure, "plots/predicted.png")
    mlflow.log_metric("odd", float("nan"))
    mlflow.log_metric("odd", float("inf"), step=1)
    mlflow.log_metric("odd", np.float32(0.1), step=2)
    mlflow.log_text("기록", "notes/한글.txt")
    mlflow.log_table({"question": ["a", "b"], "score": [0.5, 1.0]}, artifact_file="table.json")
    mlflow.log_table(pd.DataFrame({"question": ["c"], "score": [0.0]}), artifact_file="table.json")
    mlflow.log_image(np.zeros((8, 16, 3), dtype=np.uint8), key="sample", step=4)
    mlflow.log_image(np.ones((8, 16), dtype=np.uint8), "still.png")
    assert mlflow.active_run().info.run_id == parent.info.run_id

try:
    with mlflow.start_run(run_name="broken"):
        mlflow.log_param("depth", 1)
        mlflow.log_param("depth", 2)
except MlflowException as refusal:
    print("refused:", refusal.error_code)

client = MlflowClient()
run = client.create_run(experiment.experiment_id, tags={"made": "by the client"}, run_name="by-client")
client.log_batch(
    run.info.run_id,
    metrics=[Metric("loss", 1 / (step + 1), 1_700_000_000_000 + step, step) for step in range(1500)],
    params=[Param(f"p{number:03}", str(number)) for number in range(120)],
    tags=[RunTag("stage", "draft")],
)
client.set_tag(run.info.run_id, "stage", "done")
client.set_terminated(run.info.run_id, RunStatus.to_string(RunStatus.KILLED))
with mlflow.start_run(run_id=parent.info.run_id, tags={"resumed": True}):
    mlflow.log_metric("late", 1)
gone = client.create_run(experiment.experiment_id, run_name="gone")
client.delete_run(gone.info.run_id)

children = mlflow.search_runs(
    filter_string=f"tags.{MLFLOW_PARENT_RUN_ID} = '{parent.info.run_id}'", order_by=["metrics.r2 DESC"]
)
print("best:", children.loc[0, "params.max_depth"], round(children.loc[0, "metrics.r2"], 6))
print("columns:", sorted(children.columns))
print("deleted:", len(mlflow.search_runs(run_view_type=ViewType.DELETED_ONLY)))
print("files:", [file.path for file in client.list_artifacts(parent.info.run_id)])
print("table:", mlflow.load_table("table.json").to_dict("list"))
described = mlflow.get_run(parent.info.run_id).to_dictionary()
print("described:", sorted(described), sorted(described["info"]), described["info"]["status"])
print("data:", sorted(described["data"]), described["data"]["metrics"]["late"], described["data"]["tags"]["phase"])
inputs = described["inputs"]["dataset_inputs"]
print("inputs:", sorted((given["dataset"]["name"], len(given["tags"])) for given in inputs))
print("history:", len(client.get_metric_history(run.info.run_id, "loss")))
print("last:", mlflow.last_active_run().info.run_name, mlflow.last_active_run().info.status)
"""

_TABLES = {
    "experiments": "name, lifecycle_stage, artifact_location, workspace",
    "experiment_tags": "key, value",
    "runs": "name, source_type, source_name, entry_point_name, user_id, status, lifecycle_stage, experiment_id, "
    "artifact_uri, end_time IS NULL, deleted_time IS NULL",
    "params": "run_uuid, key, value",
    "tags": "run_uuid, key, value",
    "metrics": "run_uuid, key, value, step, is_nan",
    "latest_metrics": "run_uuid, key, value, step, is_nan",
    "datasets": "experiment_id, name, digest, dataset_source_type, dataset_source, dataset_schema, dataset_profile",
    "inputs": "source_type, destination_type, destination_id",
    "input_tags": "name, value",
}


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[str, Path]]:
    """For each library: what the tutorial printed, and the folder it ran in."""
    return {library: _run(library, tmp_path_factory.mktemp(library)) for library in ("mlflow", "kirok")}


def test_the_tutorial_prints_the_same(lived: dict[str, tuple[str, Path]]) -> None:
    assert lived["kirok"][0] == lived["mlflow"][0]
    assert "refused: INVALID_PARAMETER_VALUE" in lived["kirok"][0]


@pytest.mark.parametrize("table", _TABLES)
def test_the_tutorial_leaves_the_same_rows(lived: dict[str, tuple[str, Path]], table: str) -> None:
    ours, theirs = (_rows(lived[library][1], table) for library in ("kirok", "mlflow"))
    assert ours == theirs
    assert ours


def test_the_tutorial_leaves_the_same_files(lived: dict[str, tuple[str, Path]]) -> None:
    ours, theirs = (_files(lived[library][1]) for library in ("kirok", "mlflow"))
    assert ours == theirs
    assert any(name.endswith("notes/한글.txt") for name in ours)


def _run(library: str, folder: Path) -> tuple[str, Path]:
    script = folder / "tutorial.py"
    text = TUTORIAL
    if library == "kirok":
        text = text.replace("import mlflow\n", "import kirok as mlflow\n").replace(
            "import mlflow.data", "import kirok.data"
        )
        text = text.replace("from mlflow", "from kirok")
    script.write_text(text, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, script.name],
        cwd=folder,
        env=plain_environment(MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR="false"),
        capture_output=True,
        text=True,
        check=False,
        timeout=240,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout, folder


def _rows(folder: Path, table: str) -> list[tuple[Any, ...]]:
    """The rows of a table with run ids replaced by run names, and whatever else differs from run to run left out."""
    with sqlite3.connect(folder / "tutorial.db") as database:
        names = dict(database.execute("SELECT run_uuid, name FROM runs"))
        rows = database.execute(f"SELECT {_TABLES[table]} FROM {table}").fetchall()
    return sorted((tuple(_alike(value, names, folder) for value in row) for row in rows), key=repr)


def _alike(value: Any, names: dict[str, str], folder: Path) -> Any:
    if not isinstance(value, str):
        return value
    for run_id, name in names.items():
        value = value.replace(run_id, name)
    return value.replace(str(folder), "FOLDER")


def _files(folder: Path) -> dict[str, Any]:
    """What each artifact holds, by its path; JSON and text as such, images by their size."""
    with sqlite3.connect(folder / "tutorial.db") as database:
        names = dict(database.execute("SELECT run_uuid, name FROM runs"))
    found: dict[str, Any] = {}
    for file in (folder / "mlruns").rglob("*"):
        if file.is_file():
            place = _alike(file.relative_to(folder).as_posix(), names, folder)
            place = re.sub(r"timestamp\+\d+\+[0-9a-f-]{36}", "timestamp", place)
            found[place] = _content(file)
    return found


def _content(file: Path) -> Any:
    if file.suffix == ".json":
        return json.loads(file.read_text(encoding="utf-8"))
    if file.suffix in (".png", ".webp"):
        import PIL.Image

        with PIL.Image.open(file) as image:
            return image.size, image.mode
    return file.read_bytes()
