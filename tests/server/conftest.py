"""A server in this process, and something in it."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from server.in_process import client_of

API = "/api/2.0/mlflow"


@pytest.fixture
def client(tmp_path: Path) -> Iterator[httpx.Client]:
    """A client of a new server on SQLite that proxies artifacts."""
    with client_of(tmp_path) as client:
        yield client


@pytest.fixture
def experiment_id(client: httpx.Client) -> str:
    """A new experiment."""
    made: str = client.post(f"{API}/experiments/create", json={"name": "speech"}).json()["experiment_id"]
    return made


@pytest.fixture
def run_id(client: httpx.Client, experiment_id: str) -> str:
    """A new run in it."""
    made: str = client.post(f"{API}/runs/create", json={"experiment_id": experiment_id}).json()["run"]["info"]["run_id"]
    return made
