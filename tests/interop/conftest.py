"""The real MLflow beside kirok: its client in this process, its server as a process of its own."""

import os
import warnings
from collections.abc import Iterator
from typing import Any

import pytest

from running_servers import RunningServer, kirok_server, mlflow_server


@pytest.fixture(scope="session")
def mlflow() -> Iterator[Any]:
    """The `mlflow` module, with its settings taken back afterwards."""
    before = dict(os.environ)
    os.environ.update(MLFLOW_DISABLE_TELEMETRY="true", DO_NOT_TRACK="true")
    os.environ.update(MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR="false", MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT="true")
    os.environ.update(MLFLOW_HTTP_REQUEST_MAX_RETRIES="2")  # a 500 fails the test at once
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # those of its own dependencies
        import mlflow
    yield mlflow
    os.environ.clear()
    os.environ.update(before)


@pytest.fixture(scope="session")
def kirok_at(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    """A `kirok server` with a database of its own."""
    with kirok_server(tmp_path_factory.mktemp("kirok-server")) as running:
        yield running


@pytest.fixture(scope="session")
def kirok_on_folder_at(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    """A `kirok server` with a folder of runs."""
    with kirok_server(tmp_path_factory.mktemp("kirok-on-folder"), "--backend-store-uri", "./mlruns") as running:
        yield running


@pytest.fixture(scope="session")
def mlflow_at(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    """An `mlflow server` with a database of its own."""
    with mlflow_server(tmp_path_factory.mktemp("mlflow-server")) as running:
        yield running
