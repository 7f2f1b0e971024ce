"""HTTP proxies of the environment that swallow what was meant for a server."""

from pathlib import Path

import pytest

from client.doctor.certificates import make_certificate
from client.doctor.conftest import Doctor
from client.doctor.fronts import Reply, front, passing_to
from kirok.client.doctor.findings import Status
from running_servers import free_port


@pytest.fixture
def proxied(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """No exceptions from what a test names as proxy."""
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    return monkeypatch


def test_a_proxy_that_refuses_is_passed_by(server_address: str, doctor: Doctor, proxied: pytest.MonkeyPatch) -> None:
    with front(lambda _: Reply(403, b"<h1>Blocked</h1>", {"Content-Type": "text/html"})) as proxy:
        proxied.setenv("http_proxy", proxy)
        report = doctor(server_address)
    assert report.failure() is report.one("answer")
    assert f"the proxy {proxy} answers 403 in the server's place" in report.failure().text
    assert report.failure().mend == "NO_PROXY=127.0.0.1"


def test_a_proxy_that_is_down_is_passed_by(server_address: str, doctor: Doctor, proxied: pytest.MonkeyPatch) -> None:
    proxied.setenv("http_proxy", f"http://127.0.0.1:{free_port()}")
    proxied.setenv("NO_PROXY", "internal.example.org")
    report = doctor(server_address)
    assert report.failure() is report.one("connection")
    assert report.failure().mend == "NO_PROXY=internal.example.org,127.0.0.1"


def test_a_proxy_whose_name_is_unknown_is_taken_away(doctor: Doctor, proxied: pytest.MonkeyPatch) -> None:
    proxied.setenv("http_proxy", "http://proxy.invalid:3128")
    report = doctor("http://ml.example.org:5000")
    assert report.failure() is report.one("name")
    assert report.failure().mend == "unset http_proxy"


def test_a_proxy_that_asks_for_a_password_is_told(doctor: Doctor, proxied: pytest.MonkeyPatch) -> None:
    with front(lambda _: Reply(407, b"Who are you?")) as proxy:
        proxied.setenv("http_proxy", proxy)
        failure = doctor("http://ml.example.org:5000").failure()
    assert failure.mend == f"http_proxy=http://USER:PASSWORD@{proxy.removeprefix('http://')}"


def test_a_proxy_that_opens_no_tunnel_is_told(
    server_address: str, doctor: Doctor, proxied: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with (
        front(lambda _: Reply(403)) as proxy,
        front(passing_to(server_address), make_certificate(tmp_path).context()) as address,
    ):
        proxied.setenv("https_proxy", proxy)
        failure = doctor(address).failure()
    assert "the proxy" in failure.text
    assert failure.mend == "NO_PROXY=127.0.0.1"


def test_a_proxy_that_lets_everything_through_is_a_detour_to_what_is_near(
    server_address: str, doctor: Doctor, proxied: pytest.MonkeyPatch
) -> None:
    with front(passing_to(server_address)) as proxy:
        proxied.setenv("http_proxy", proxy.replace("http://", "http://me:hunter2@"))
        report = doctor(server_address)
    assert report.names(Status.FAILED) == []
    assert report.one("proxy").mend == "NO_PROXY=127.0.0.1"
    assert "hunter2" not in repr(report.outcomes)
