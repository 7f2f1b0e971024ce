"""The endpoint that says why a search does not find a run."""

import httpx
import pytest

from server.conftest import API

WHY_NOT = "/api/kirok/runs/why-not"


@pytest.fixture
def run_id(client: httpx.Client) -> str:
    made = client.post(f"{API}/runs/create", json={"experiment_id": "0", "start_time": 1, "run_name": "owl"}).json()
    run_id = str(made["run"]["info"]["run_id"])
    point = {"key": "loss", "value": 0.5, "timestamp": 1, "step": 0}
    batch = {"run_id": run_id, "params": [{"key": "lr", "value": "0.10"}], "metrics": [point]}
    assert client.post(f"{API}/runs/log-batch", json=batch).status_code == 200
    return run_id


def test_the_clause_the_value_and_the_near_miss_are_told(client: httpx.Client, run_id: str) -> None:
    asked = {"run_id": run_id, "filter": "metrics.loss < 1 AND params.lr = '0.1'"}
    answer = client.post(WHY_NOT, json=asked).json()
    sentence = "'0.10' and '0.1' are the same number, but not the same text: write it without quotes as 0.10."
    finding = {"comparison": "params.lr = '0.1'", "values": ["0.10"], "near_misses": [sentence]}
    assert answer == {"matches": False, "exclusions": [{"clause": "params.lr = '0.1'", "findings": [finding]}]}


def test_a_run_that_is_found_has_no_exclusions(client: httpx.Client, run_id: str) -> None:
    asked = {"run_id": run_id, "filter": "min(metrics.loss) <= 0.5", "experiment_ids": ["0"]}
    assert client.post(WHY_NOT, json=asked).json() == {"matches": True, "exclusions": []}


def test_a_run_elsewhere_or_in_the_bin_is_told_so(client: httpx.Client, run_id: str) -> None:
    client.post(f"{API}/runs/delete", json={"run_id": run_id})
    answer = client.post(
        WHY_NOT, json={"run_id": run_id, "experiment_ids": ["7"], "run_view_type": "ACTIVE_ONLY"}
    ).json()
    told = [(one["clause"], one["findings"][0]["values"]) for one in answer["exclusions"]]
    assert told == [("experiment_ids = [7]", ["0"]), ("run_view_type = ACTIVE_ONLY", ["deleted"])]


@pytest.mark.parametrize(
    ("asked", "status", "code"),
    [
        ({}, 400, "INVALID_PARAMETER_VALUE"),
        ({"run_id": "0" * 32}, 404, "RESOURCE_DOES_NOT_EXIST"),
        ({"run_id": None, "filter": "loss <"}, 400, "INVALID_PARAMETER_VALUE"),
    ],
)
def test_what_cannot_be_asked_is_refused(
    client: httpx.Client, run_id: str, asked: dict[str, object], status: int, code: str
) -> None:
    asked = {key: run_id if value is None else value for key, value in asked.items()}
    refused = client.post(WHY_NOT, json=asked)
    assert (refused.status_code, refused.json()["error_code"]) == (status, code)
