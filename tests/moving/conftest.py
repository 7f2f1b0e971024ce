"""Stores that the real MLflow has filled, and empty ones of every kind to move them into."""

import os
import shutil
import subprocess
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from running_servers import plain_environment

HERE = Path(__file__).parent


@pytest.fixture(scope="session")
def mlflow() -> Iterator[Any]:
    """The `mlflow` module, allowed to open folders; its settings taken back afterwards."""
    before = dict(os.environ)
    os.environ.update(MLFLOW_DISABLE_TELEMETRY="true", DO_NOT_TRACK="true", MLFLOW_ALLOW_FILE_STORE="true")
    os.environ.update(MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR="false", MLFLOW_HTTP_REQUEST_MAX_RETRIES="2")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # those of its own dependencies
        import mlflow
    yield mlflow
    os.environ.clear()
    os.environ.update(before)


def lived(folder: Path, uri: str, *artifacts: str) -> None:
    """Have a process of MLflow's own fill the store at `uri`."""
    subprocess.run(
        [sys.executable, str(HERE / "life.py"), uri, *artifacts],
        cwd=folder,
        env=plain_environment(MLFLOW_ALLOW_FILE_STORE="true", MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR="false"),
        check=True,
        capture_output=True,
    )


@pytest.fixture(scope="session")
def a_database_lived(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with `mlflow.db` and `artifacts`, as MLflow left them."""
    folder = tmp_path_factory.mktemp("database")
    lived(folder, f"sqlite:///{folder}/mlflow.db", str(folder / "artifacts"))
    return folder


@pytest.fixture(scope="session")
def a_folder_lived(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of runs as MLflow left it."""
    folder = tmp_path_factory.mktemp("folder")
    lived(folder, str(folder / "mlruns"))
    return folder / "mlruns"


@pytest.fixture
def database(a_database_lived: Path, tmp_path: Path) -> str:
    """The URI of a copy of `mlflow.db`; its artifacts stay where they are."""
    shutil.copy(a_database_lived / "mlflow.db", tmp_path / "source.db")
    return f"sqlite:///{tmp_path}/source.db"
