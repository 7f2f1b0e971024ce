"""Requests that a browser may have been tricked into sending, and what replies tell browsers."""

from pathlib import Path

import httpx
import pytest

from server.conftest import API
from server.in_process import client_of

JSON = {"content-type": "application/json"}
NEAR = [
    "localhost",
    "localhost:5000",
    "127.0.0.1:5000",
    "[::1]:5000",
    "192.168.1.9",
    "10.0.0.3:80",
    "172.20.1.1",
    "kirok.localhost",
]
FAR = [
    "evil.com",
    "localhost.evil.com",
    "192.168.1.9.evil.com",
    "10.evil.com",
    "8.8.8.8",
    "172.40.0.1",
    "",
    "[::1",
    "@localhost",
]


@pytest.mark.parametrize("host", NEAR)
def test_a_name_of_this_machine_or_network_is_answered(client: httpx.Client, host: str) -> None:
    assert client.get(f"{API}/experiments/get?experiment_id=0", headers={"host": host}).status_code == 200


@pytest.mark.parametrize("host", FAR)
@pytest.mark.parametrize("path", ["/", f"{API}/experiments/get?experiment_id=0", "/get-artifact", "/openapi.json"])
def test_another_name_is_refused_with_the_setting_to_change(client: httpx.Client, host: str, path: str) -> None:
    refused = client.get(path, headers={"host": host})
    assert refused.status_code == 403
    assert refused.headers["content-type"].startswith("text/plain")
    assert "Invalid Host header - possible DNS rebinding attack detected" in refused.text
    assert "--allowed-hosts" in refused.text


@pytest.mark.parametrize("path", ["/health", "/version"])
def test_health_is_told_to_any_name(client: httpx.Client, path: str) -> None:
    assert client.get(path, headers={"host": "balancer.internal.example"}).status_code == 200


@pytest.mark.parametrize(
    ("allowed", "host", "status"),
    [
        ("ml.example.org", "ml.example.org", 200),
        ("ml.example.org", "ML.example.org", 200),
        ("ml.example.org", "localhost", 403),
        ("ml.example.org:8080", "ml.example.org", 403),
        ("*.example.org", "a.example.org", 200),
        ("*.example.org", "example.org.evil.com", 403),
        ("*", "anything", 200),
    ],
)
def test_allowed_hosts_replace_the_usual_ones(tmp_path: Path, allowed: str, host: str, status: int) -> None:
    with client_of(tmp_path, allowed_hosts=(allowed,)) as client:
        assert client.get("/", headers={"host": host}).status_code == status


@pytest.mark.parametrize("origin", ["http://evil.com", "https://localhost.evil.com", "null", "http://192.168.1.9"])
def test_a_page_of_another_site_cannot_change_anything(client: httpx.Client, origin: str) -> None:
    for method, path in (
        ("POST", f"{API}/experiments/create"),
        ("PUT", "/api/2.0/mlflow-artifacts/artifacts/x"),
        ("DELETE", "/api/2.0/mlflow-artifacts/artifacts/x"),
        ("PATCH", "/anything"),
    ):
        refused = client.request(method, path, content='{"name": "forged"}', headers={**JSON, "origin": origin})
        assert refused.status_code == 403
        assert "Cross-origin request blocked" in refused.text
        assert "--cors-allowed-origins" in refused.text
    found = client.post(f"{API}/experiments/search", json={"max_results": 10}).json()["experiments"]
    assert [experiment["name"] for experiment in found] == ["Default"]


@pytest.mark.parametrize("origin", ["http://evil.com", "null"])
def test_a_page_of_another_site_cannot_read_a_reply(client: httpx.Client, origin: str) -> None:
    answered = client.get(f"{API}/experiments/get?experiment_id=0", headers={"origin": origin})
    assert "access-control-allow-origin" not in answered.headers


@pytest.mark.parametrize("origin", ["http://localhost:3000", "http://127.0.0.1:5173", "http://[::1]:80"])
def test_a_page_of_this_machine_may(client: httpx.Client, origin: str) -> None:
    answered = client.post(f"{API}/experiments/create", json={"name": "x"}, headers={"origin": origin})
    assert answered.status_code == 200
    assert answered.headers["access-control-allow-origin"] == origin


def test_the_servers_own_page_may_whatever_its_name(client: httpx.Client) -> None:
    headers = {"host": "192.168.1.9:5000", "origin": "http://192.168.1.9:5000"}
    assert client.post(f"{API}/experiments/create", json={"name": "x"}, headers=headers).status_code == 200


def test_an_allowed_origin_may(tmp_path: Path) -> None:
    with client_of(tmp_path, cors_allowed_origins=("https://board.example.org",)) as client:
        headers = {"origin": "https://board.example.org"}
        answered = client.post(f"{API}/experiments/create", json={"name": "x"}, headers=headers)
        assert answered.headers["access-control-allow-origin"] == "https://board.example.org"
        assert answered.headers["access-control-allow-credentials"] == "true"


def test_any_origin_may_where_all_are_allowed_but_without_credentials(tmp_path: Path) -> None:
    with client_of(tmp_path, cors_allowed_origins=("*",)) as client:
        answered = client.post(f"{API}/experiments/create", json={"name": "x"}, headers={"origin": "http://a.example"})
        assert answered.headers["access-control-allow-origin"] == "*"
        assert "access-control-allow-credentials" not in answered.headers


def test_checks_can_be_switched_off(tmp_path: Path) -> None:
    with client_of(tmp_path, check_requests=False) as client:
        headers = {"host": "evil.com", "origin": "http://evil.com"}
        assert client.post(f"{API}/experiments/create", json={"name": "x"}, headers=headers).status_code == 200


def test_a_preflight_is_answered_without_doing_anything(client: httpx.Client) -> None:
    headers = {
        "origin": "http://localhost:3000",
        "access-control-request-method": "POST",
        "access-control-request-headers": "content-type",
    }
    answered = client.options(f"{API}/runs/create", headers=headers)
    assert answered.status_code == 204
    assert answered.headers["access-control-allow-methods"] == "OPTIONS, POST"
    assert answered.headers["access-control-allow-headers"] == "content-type"
    assert (
        "access-control-allow-methods"
        not in client.options(f"{API}/runs/create", headers={"origin": "http://evil.com"}).headers
    )


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", "/"), ("GET", "/health"), ("GET", "/none"), ("GET", f"{API}/runs/get"), ("POST", f"{API}/none")],
)
def test_every_reply_forbids_guessing_types_and_framing(client: httpx.Client, method: str, path: str) -> None:
    headers = client.request(method, path).headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-frame-options"] == "SAMEORIGIN"
    assert headers["server"].startswith("kirok/")


def test_framing_can_be_allowed(tmp_path: Path) -> None:
    with client_of(tmp_path, x_frame_options="NONE") as client:
        assert "x-frame-options" not in client.get("/health").headers


def test_the_page_may_load_only_what_this_server_has(client: httpx.Client) -> None:
    policy = client.get("/").headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "http:" not in policy
