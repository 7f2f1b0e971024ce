"""Statistics of series in a file that MLflow writes to as well."""

import math
from pathlib import Path
from typing import Any

import pytest

from kirok.entities import Metric
from kirok.rules.series import statistics_of_metrics
from kirok.stores.open import open_stores
from kirok.stores.protocols import Stores
from running_servers import RunningServer

pytestmark = pytest.mark.filterwarnings("ignore")  # MLflow's own

VALUES = (3.0, -1.0, math.nan, math.inf, 2.5)


def check(stores: Stores, run_id: str) -> None:
    """What is told of each series is what its points say."""
    assert stores.series is not None
    told = stores.series.statistics([run_id])
    logged = stores.runs.get_run(run_id).data.metrics
    assert {key for _, key in told} == set(logged)
    for (_, key), found in told.items():
        assert repr(found) == repr(statistics_of_metrics(stores.metrics.history(run_id, key)))


def test_kirok_counts_what_mlflow_writes_before_beside_and_after_it(mlflow: Any, tmp_path: Path) -> None:
    uri = f"sqlite:///{(tmp_path / 'mlflow.db').as_posix()}"
    theirs = mlflow.MlflowClient(uri)
    run_id = theirs.create_run("0").info.run_id
    log_theirs(mlflow, theirs, run_id, 0)

    ours = open_stores(uri, artifact_root=str(tmp_path))
    check(ours, run_id)
    for start in (5, 20):
        log_ours(ours, run_id, start)
        check(ours, run_id)
        log_theirs(mlflow, theirs, run_id, start + 5)
        check(ours, run_id)
        log_theirs(mlflow, theirs, run_id, start + 3)  # two of them were logged, three are late or new
        check(ours, run_id)
    log_ours(ours, run_id, 30)
    check(ours, run_id)
    ours.close()

    log_theirs(mlflow, theirs, run_id, 40)
    ours = open_stores(uri, artifact_root=str(tmp_path))
    check(ours, run_id)
    ours.close()


def test_the_series_of_mlflows_server_are_counted_by_the_client(mlflow_at: RunningServer) -> None:
    stores = open_stores(mlflow_at.address)
    run_id = stores.runs.create_run("0").info.run_id
    log_ours(stores, run_id, 0)
    check(stores, run_id)
    assert stores.series is not None
    assert stores.series.statistics([run_id, "0" * 32], ["loss", "none"])[run_id, "loss"].count == len(VALUES)
    stores.close()


def log_ours(stores: Stores, run_id: str, start: int) -> None:
    stores.runs.log_batch(run_id, metrics=[Metric("loss", value, 1_000, start + at) for at, value in enumerate(VALUES)])


def log_theirs(mlflow: Any, client: Any, run_id: str, start: int) -> None:
    points = [mlflow.entities.Metric("loss", value, 1_000, start + at) for at, value in enumerate(VALUES)]
    points += [mlflow.entities.Metric("theirs", 0.5, 1_000, start)]
    client.log_batch(run_id, metrics=points)
