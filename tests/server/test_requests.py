"""How a request may be written, and what is said of one that is not."""

from pathlib import Path
from typing import Any

import httpx
import pytest

from server.conftest import API
from server.in_process import client_of

JSON = {"content-type": "application/json"}
LOG = f"{API}/runs/log-metric"


def points(client: httpx.Client, run_id: str, key: str = "m") -> list[Any]:
    found = client.get(f"{API}/metrics/get-history", params={"run_id": run_id, "metric_key": key}).json()
    return list(found.get("metrics", []))


@pytest.mark.parametrize("kind", ["application/json; charset=utf-8", "Application/JSON", "application/json ;x=y"])
def test_json_may_name_its_charset(client: httpx.Client, kind: str) -> None:
    assert (
        client.post(f"{API}/experiments/create", content='{"name": "a"}', headers={"content-type": kind}).status_code
        == 200
    )


@pytest.mark.parametrize(
    "kind", ["text/plain", "application/x-www-form-urlencoded", "application/jsonp", "multipart/form-data"]
)
def test_other_types_are_refused(client: httpx.Client, kind: str) -> None:
    refused = client.post(f"{API}/experiments/create", content='{"name": "a"}', headers={"content-type": kind})
    assert (refused.status_code, refused.json()["error_code"]) == (400, "INVALID_PARAMETER_VALUE")
    assert "application/json" in refused.json()["message"]


@pytest.mark.parametrize(
    ("body", "names"),
    [
        ('{"name": ', "byte 9"),
        ("nonsense", "byte 0"),
        ("[]", "object"),
        ("null", "object"),
        ("3", "object"),
        ('"text"', "byte 0"),
        ('{"name": ["a"]}', "name"),
        ('{"name": {"a": 1}}', "name"),
        ('{"name": null}', "name"),
        ('{"name": true}', "name"),
        ('{"name": "a", "tags": {}}', "tags"),
        ('{"name": "a", "tags": [1]}', "tags[0]"),
        ('{"name": "a", "tags": [{"key": 1}]}', "tags[0].key"),
        ('{"name": "\\ud800"}', "name"),
        ("[" * 100_000, "nested"),
        ('{"name":' * 100_000, "nested"),
    ],
)
def test_a_malformed_body_is_refused_and_named_and_stores_nothing(client: httpx.Client, body: str, names: str) -> None:
    refused = client.post(f"{API}/experiments/create", content=body.encode("utf-8"), headers=JSON)
    assert refused.status_code == 400
    assert refused.headers["content-type"] == "application/json"
    assert names in refused.json()["message"]
    found = client.post(f"{API}/experiments/search", json={"max_results": 10}).json()["experiments"]
    assert len(found) == 1


def test_a_body_that_is_not_text_is_refused(client: httpx.Client) -> None:
    refused = client.post(f"{API}/experiments/create", content=b'{"name": "\xff\xfe"}', headers=JSON)
    assert refused.status_code == 400
    assert "byte 10" in refused.json()["message"]


def test_an_empty_body_lacks_the_first_field(client: httpx.Client) -> None:
    refused = client.post(f"{API}/experiments/create", content=b"", headers=JSON)
    assert refused.json()["message"].startswith("Missing value for required parameter 'name'")


def test_a_bare_nan_is_kept(client: httpx.Client, run_id: str) -> None:
    body = f'{{"run_id": "{run_id}", "key": "m", "value": NaN, "timestamp": 1, "step": 4}}'
    assert client.post(LOG, content=body, headers=JSON).status_code == 200
    assert points(client, run_id) == [{"key": "m", "value": "NaN", "timestamp": 1, "step": 4}]


@pytest.mark.parametrize("value", ["Infinity", "-Infinity"])
def test_an_infinity_comes_back_as_one(client: httpx.Client, run_id: str, value: str) -> None:
    for number, spelled in enumerate((value, f'"{value}"')):
        body = f'{{"run_id": "{run_id}", "key": "m", "value": {spelled}, "timestamp": 1, "step": {number}}}'
        assert client.post(LOG, content=body, headers=JSON).status_code == 200
    assert [point["value"] for point in points(client, run_id)] == [value, value]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("timestamp", 1.5),
        ("timestamp", "later"),
        ("step", 2**63),
        ("step", True),
        ("value", True),
        ("value", []),
        ("timestamp", -1),
    ],
)
def test_a_value_of_the_wrong_type_is_refused_by_its_name(
    client: httpx.Client, run_id: str, field: str, value: Any
) -> None:
    body = {"run_id": run_id, "key": "m", "value": 1.0, "timestamp": 1, "step": 0, field: value}
    refused = client.post(LOG, json=body)
    assert (refused.status_code, refused.json()["error_code"]) == (400, "INVALID_PARAMETER_VALUE")
    assert f"'{field}'" in refused.json()["message"]
    assert points(client, run_id) == []


@pytest.mark.parametrize("status", ["DONE", 9, "", {"a": 1}])
def test_an_unknown_status_is_refused(client: httpx.Client, run_id: str, status: Any) -> None:
    refused = client.post(f"{API}/runs/update", json={"run_id": run_id, "status": status})
    assert refused.status_code == 400
    assert "status" in refused.json()["message"]


def test_an_unknown_view_is_refused(client: httpx.Client) -> None:
    refused = client.post(f"{API}/runs/search", json={"experiment_ids": ["0"], "run_view_type": "SOME"})
    assert refused.status_code == 400
    assert "run_view_type" in refused.json()["message"]


@pytest.mark.parametrize("key", ["a\nb", "a\x00b", "<script>", "ключ!", "a" * 251, "../x", "/x", "x/", "."])
def test_a_bad_name_is_refused_and_printed_safely(client: httpx.Client, run_id: str, key: str) -> None:
    for path, rest in (
        ("log-metric", {"value": 1, "timestamp": 1}),
        ("log-parameter", {"value": "1"}),
        ("set-tag", {"value": "1"}),
    ):
        refused = client.post(f"{API}/runs/{path}", json={"run_id": run_id, "key": key, **rest})
        assert (refused.status_code, refused.json()["error_code"]) == (400, "INVALID_PARAMETER_VALUE")
        assert refused.headers["content-type"] == "application/json"
        assert "\n" not in refused.json()["message"]
        assert "\x00" not in refused.json()["message"]


def test_a_bad_point_spoils_the_whole_batch(client: httpx.Client, run_id: str) -> None:
    good, bad = ({"key": key, "value": 1, "timestamp": 1} for key in ("m", "a//b"))
    refused = client.post(
        f"{API}/runs/log-batch", json={"run_id": run_id, "metrics": [good, bad], "params": [{"key": "p", "value": "1"}]}
    )
    assert refused.status_code == 400
    assert points(client, run_id) == []
    assert "params" not in client.get(f"{API}/runs/get", params={"run_id": run_id}).json()["run"]["data"]


def test_a_body_beyond_the_limit_is_refused(client: httpx.Client) -> None:
    refused = client.post(f"{API}/experiments/create", content=b" " * ((64 << 20) + 1), headers=JSON)
    assert (refused.status_code, refused.json()["error_code"]) == (400, "BAD_REQUEST")
    assert "67108864" in refused.json()["message"]


def test_head_is_get_without_the_body(client: httpx.Client) -> None:
    asked = client.get(f"{API}/experiments/get?experiment_id=0")
    head = client.head(f"{API}/experiments/get?experiment_id=0")
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["content-length"] == str(len(asked.content))


def test_another_method_is_told_which_there_are(client: httpx.Client) -> None:
    refused = client.put(f"{API}/runs/create")
    assert refused.status_code == 405
    assert refused.headers["allow"] == "OPTIONS, POST"
    assert refused.headers["content-type"].startswith("text/html")


@pytest.mark.parametrize(
    ("method", "path", "absent"),
    [
        ("POST", f"{API}/registered-models/create", "the model registry"),
        ("GET", f"{API}/model-versions/search", "the model registry"),
        ("POST", f"{API}/logged-models", "logged models"),
        ("POST", "/api/3.0/mlflow/traces/search", "traces"),
        ("POST", "/v1/traces", "traces"),
    ],
)
def test_what_this_version_lacks_is_named(client: httpx.Client, method: str, path: str, absent: str) -> None:
    refused = client.request(method, path, json={})
    assert (refused.status_code, refused.json()["error_code"]) == (404, "ENDPOINT_NOT_FOUND")
    assert f"does not have {absent} yet" in refused.json()["message"]


def test_a_run_names_its_experiment_in_either_spelling(client: httpx.Client) -> None:
    for spelling in ("experiment_id", "experimentId"):
        created = client.post(f"{API}/runs/create", json={spelling: "0"}).json()
        assert created["run"]["info"]["experiment_id"] == "0"
    missing = client.post(f"{API}/runs/create", json={"run_name": "x"})
    assert (missing.status_code, "'experiment_id'" in missing.json()["message"]) == (400, True)


def test_a_list_in_a_query_is_a_repeated_name(client: httpx.Client, run_id: str) -> None:
    client.post(LOG, json={"run_id": run_id, "key": "m", "value": 1, "timestamp": 1})
    query = {"run_ids": [run_id, "0" * 32], "metric_key": "m"}
    found = client.get(f"{API}/metrics/get-history-bulk-interval", params=query).json()["metrics"]
    assert [point["run_id"] for point in found] == [run_id]


def test_every_path_stands_below_the_prefix(tmp_path: Path) -> None:
    with client_of(tmp_path, static_prefix="/team") as client:
        assert client.get("/team/health").text == "OK"
        assert client.get("/health").status_code == 404
        assert client.post(f"/team{API}/experiments/create", json={"name": "a"}).status_code == 200
        assert client.post(f"{API}/experiments/create", json={"name": "b"}).status_code == 404
        assert client.get("/team/").status_code == 200
        assert "/team/api/2.0/mlflow/runs/create" in client.get("/team/openapi.json").json()["paths"]
        # MLflow's proxy answers with and without it.
        for prefix in ("", "/team"):
            assert client.put(f"{prefix}/api/2.0/mlflow-artifacts/artifacts/a", content=b"x").status_code == 200


def test_the_page_is_found_without_the_last_slash_too(tmp_path: Path) -> None:
    with client_of(tmp_path, static_prefix="/team") as client:
        moved = client.get("/team")
        assert (moved.status_code, moved.headers["location"]) == (307, "/team/")


def test_an_artifact_server_serves_nothing_else(tmp_path: Path) -> None:
    with client_of(tmp_path, artifacts_only=True) as client:
        refused = client.post(f"{API}/experiments/create", json={"name": "a"})
        assert (refused.status_code, "--artifacts-only" in refused.text) == (503, True)
        assert refused.headers["content-type"].startswith("text/plain")
        assert client.get("/get-artifact", params={"run_id": "a", "path": "b"}).status_code == 503
        assert client.put("/api/2.0/mlflow-artifacts/artifacts/a", content=b"x").status_code == 200
        assert client.get("/health").status_code == 200


def test_a_tracking_server_may_leave_artifacts_to_others(tmp_path: Path) -> None:
    with client_of(tmp_path, serve_artifacts=False, default_artifact_root=str(tmp_path)) as client:
        refused = client.get("/api/2.0/mlflow-artifacts/artifacts")
        assert (refused.status_code, "--no-serve-artifacts" in refused.text) == (503, True)
        assert client.post(f"{API}/experiments/create", json={"name": "a"}).status_code == 200


def test_a_defect_tells_the_log_but_not_the_caller(
    client: httpx.Client, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def breaks(*_: object) -> None:
        raise RuntimeError("the secret of the house")

    monkeypatch.setattr("kirok.wire.experiments.Experiment.of", breaks)
    refused = client.get(f"{API}/experiments/get?experiment_id=0")
    assert (refused.status_code, refused.json()["error_code"]) == (500, "INTERNAL_ERROR")
    assert "secret" not in refused.text
    assert "the secret of the house" in caplog.text
