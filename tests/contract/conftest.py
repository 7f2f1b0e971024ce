"""Every kind of store under one name: the tests cannot tell which one they have."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from contract.in_process import InProcess
from kirok.base.settings import ServerSettings, TransportSettings
from kirok.stores.memory import open_memory
from kirok.stores.protocols import Stores
from kirok.stores.rest import open_rest

AT_ONCE = TransportSettings(max_retries=0)


def memory(tmp_path: Path) -> Iterator[Stores]:
    stores = open_memory(artifact_root=str(tmp_path / "artifacts"))
    yield stores
    stores.close()


def sqlite(tmp_path: Path) -> Iterator[Stores]:
    from kirok.stores.open import open_stores

    stores = open_stores(f"sqlite:///{tmp_path / 'mlflow.db'}", artifact_root=str(tmp_path / "artifacts"))
    yield stores
    stores.close()


def rest_over_memory(tmp_path: Path) -> Iterator[Stores]:
    for served in memory(tmp_path):
        yield from rest_over(served, tmp_path)


def rest_over_sqlite(tmp_path: Path) -> Iterator[Stores]:
    for served in sqlite(tmp_path):
        yield from rest_over(served, tmp_path)


def rest_over(served: Stores, tmp_path: Path) -> Iterator[Stores]:
    from kirok.server.app import create_app

    settings = ServerSettings(artifacts_destination=str(tmp_path / "destination"))
    stores = open_rest("http://localhost", AT_ONCE, sender=InProcess(create_app(settings, served)))
    yield stores
    stores.close()


@pytest.fixture(params=[memory, sqlite, rest_over_memory, rest_over_sqlite], ids=lambda make: make.__name__)
def stores(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Stores]:
    """A store of each kind, with nothing in it but the experiment `Default`."""
    yield from request.param(tmp_path)


@pytest.fixture
def experiment_id(stores: Stores) -> str:
    """A new experiment."""
    return stores.experiments.create_experiment("speech")


@pytest.fixture
def run_id(stores: Stores, experiment_id: str) -> str:
    """A new run in it."""
    return stores.runs.create_run(experiment_id, run_name="first", start_time=1_000).info.run_id
