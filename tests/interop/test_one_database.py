"""One SQLite file, written by either and read by both."""

import re
from pathlib import Path
from typing import Any

import pytest

import kirok
from interop.story import CHAPTERS, number, tell

pytestmark = pytest.mark.filterwarnings("ignore")  # MLflow's and scikit-learn's own


@pytest.fixture
def database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The URI of a file that is not there yet, in the working directory: artifacts go below it."""
    monkeypatch.chdir(tmp_path)
    return f"sqlite:///{(tmp_path / 'mlflow.db').as_posix()}"


def test_mlflow_reads_what_kirok_wrote_and_writes_on(mlflow: Any, database: str, tmp_path: Path) -> None:
    _live(kirok, database, tmp_path)
    written = _everything(kirok, database)
    assert _everything(mlflow, database) == written
    _continue(mlflow, database)
    assert _everything(kirok, database) == _everything(mlflow, database) != written


def test_kirok_reads_what_mlflow_wrote_and_writes_on(mlflow: Any, database: str, tmp_path: Path) -> None:
    _live(mlflow, database, tmp_path)
    written = _everything(mlflow, database)
    assert _everything(kirok, database) == written
    _continue(kirok, database)
    assert _everything(mlflow, database) == _everything(kirok, database) != written


def test_mlflow_finds_no_table_or_column_missing_or_changed(mlflow: Any, database: str, tmp_path: Path) -> None:
    kirok.set_tracking_uri(database)
    kirok.search_experiments()
    own = f"sqlite:///{(tmp_path / 'own.db').as_posix()}"
    mlflow.MlflowClient(own).search_experiments()
    mlflow.MlflowClient(database).search_experiments()  # refuses a schema that is not its own
    assert _differences(database) == _differences(own)


def _live(client: Any, uri: str, folder: Path) -> None:
    for chapter in CHAPTERS:
        tell(chapter, client, uri, folder / "files" / chapter.__name__)


def _continue(client: Any, uri: str) -> None:
    """Go on where the other stopped: write to its runs, bin one, and start new ones."""
    client.set_tracking_uri(uri)
    tracking = client.MlflowClient()
    runs = client.search_runs(search_all_experiments=True, output_format="list")
    client.set_experiment(experiment_id=runs[0].info.experiment_id)
    with client.start_run(run_id=runs[0].info.run_id):
        client.log_metric("later", 2.0, step=7)
        client.log_param("later", "x")
        client.set_tag("stage", "changed")
    tracking.delete_run(runs[1].info.run_id)
    tracking.delete_experiment(runs[-1].info.experiment_id)
    client.set_experiment("afterwards")
    with client.start_run(run_name="new"):
        client.log_metrics({"a": 1.5, "b": float("nan")})


def _everything(client: Any, uri: str) -> dict[str, object]:
    """All that a client sees in a database: experiments and runs in every stage, whole, with all series."""
    client.set_tracking_uri(uri)
    tracking = client.MlflowClient()
    experiments = tracking.search_experiments(view_type=3, max_results=1000)
    ids = [experiment.experiment_id for experiment in experiments]
    found = tracking.search_runs(ids, run_view_type=3, max_results=1000, order_by=["attributes.start_time", "run_id"])
    runs = [tracking.get_run(run.info.run_id) for run in found]
    return {
        "experiments": [
            (one.experiment_id, one.name, one.artifact_location, one.lifecycle_stage, one.creation_time, one.tags)
            for one in experiments
        ],
        "runs": [_run(run) for run in runs],
        "searched": [_run(run) for run in found],
        "series": {
            (run.info.run_id, key): [
                (point.step, point.timestamp, number(point.value))
                for point in tracking.get_metric_history(run.info.run_id, key)
            ]
            for run in runs
            for key in run.data.metrics
        },
    }


def _run(run: Any) -> dict[str, object]:
    info = run.info
    return {
        "info": (info.run_id, info.experiment_id, info.run_name, info.user_id, info.status, info.lifecycle_stage),
        "place and times": (info.artifact_uri, info.start_time, info.end_time),
        "params": dict(run.data.params),
        "tags": dict(run.data.tags),
        "metrics": {key: number(value) for key, value in run.data.metrics.items()},
        "inputs": sorted(
            (
                *(given.dataset.name, given.dataset.digest, given.dataset.source_type, given.dataset.source),
                *(given.dataset.schema, given.dataset.profile),
                sorted((tag.key, tag.value) for tag in given.tags),
            )
            for given in run.inputs.dataset_inputs
        ),
    }


def _differences(uri: str) -> list[str]:
    """Where a database and MLflow's models differ, as MLflow's own migration tool sees it, but for kirok's indexes."""
    import sqlalchemy
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext
    from mlflow.store.db.base_sql_model import Base

    engine = sqlalchemy.create_engine(uri)
    try:
        with engine.connect() as connection:
            found = compare_metadata(MigrationContext.configure(connection), Base.metadata)
    finally:
        engine.dispose()
    kept = [change for change in found if not (change[0] == "remove_index" and change[1].name.startswith("kirok_"))]
    return sorted(re.sub(r" at 0x[0-9a-f]+", "", repr(change)) for change in kept)
