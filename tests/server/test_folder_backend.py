"""A server on a folder of runs: what is peculiar to it; the contract tests have the rest."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from kirok.stores.open import open_stores
from server.conftest import API
from server.in_process import client_of


@pytest.fixture
def runs(tmp_path: Path) -> Path:
    """A folder of runs that is not there yet."""
    return tmp_path / "my runs"


@pytest.fixture
def client(tmp_path: Path, runs: Path) -> Iterator[httpx.Client]:
    """A client of a server on it."""
    with client_of(tmp_path, backend_store_uri=runs.as_uri()) as client:
        yield client


def test_the_server_says_what_it_keeps_records_in(client: httpx.Client) -> None:
    assert client.get("/api/3.0/mlflow/server-info").json()["store_type"] == "FileStore"


def test_artifacts_that_clients_without_a_server_left_in_the_folder_are_shown(client: httpx.Client, runs: Path) -> None:
    stores = open_stores(str(runs))
    assert stores.experiments.get_experiment("0").artifact_location == "mlflow-artifacts:/0"  # the server made it
    experiment_id = stores.experiments.create_experiment("by a client")
    info = stores.runs.create_run(experiment_id).info
    stores.close()
    (runs / experiment_id / info.run_id / "artifacts" / "a.txt").write_text("hi")
    listed = client.get(f"{API}/artifacts/list", params={"run_id": info.run_id}).json()
    assert [file["path"] for file in listed["files"]] == ["a.txt"]


def test_a_damaged_record_is_named_and_hides_nothing_else(client: httpx.Client, runs: Path) -> None:
    made = [
        client.post(f"{API}/runs/create", json={"experiment_id": "0"}).json()["run"]["info"]["run_id"] for _ in range(2)
    ]
    (runs / "0" / made[0] / "meta.yaml").write_text("")
    answer = client.get(f"{API}/runs/get", params={"run_id": made[0]})
    assert answer.json()["error_code"] == "INVALID_STATE"
    assert "meta.yaml" in answer.json()["message"]
    found = client.post(f"{API}/runs/search", json={"experiment_ids": ["0"]}).json()["runs"]
    assert [run["info"]["run_id"] for run in found] == made[1:]
