"""What stands at an address and is not, or does not let in, or is not as it seems."""

import base64
import email.utils
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from client.doctor.conftest import Doctor
from client.doctor.fronts import Answering, Reply, Request, front, passing_to
from databases import PostgresqlServer
from kirok.client.doctor.findings import Status
from running_servers import kirok_server

PASSWORD = "hunter2-and-more"
_ACCOUNT = "Basic " + base64.b64encode(f"me:{PASSWORD}".encode()).decode()


@pytest.fixture(scope="module")
def prefixed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A server below /tracking-of/team that answers to one name."""
    options = ("--static-prefix", "/tracking-of/team", "--allowed-hosts", "ml.example.org,127.0.0.1:*")
    with kirok_server(tmp_path_factory.mktemp("prefixed"), *options, prefix="/tracking-of/team") as running:
        yield running.address


def test_a_prefix_too_much_is_taken_away(prefixed: str, doctor: Doctor) -> None:
    failure = doctor(f"{prefixed}/tracking-of/team/experiments").failure()
    assert failure.mend == f"MLFLOW_TRACKING_URI={prefixed}/tracking-of/team"


def test_a_prefix_that_is_missing_is_told_by_the_front_page(prefixed: str, doctor: Doctor) -> None:
    def answering(request: Request) -> Reply:
        if request.path == "/":
            return Reply(302, headers={"Location": "/tracking-of/team/"})
        return passing_to(prefixed)(request)

    with front(answering) as address:
        report = doctor(address)
        mended = doctor(f"{address}/tracking-of/team/")
    assert report.failure() is report.one("answer")
    assert report.failure().mend == f"MLFLOW_TRACKING_URI={address}/tracking-of/team"
    assert mended.names(Status.FAILED) == []


def test_a_name_the_server_is_not_known_by_asks_for_allowed_hosts(prefixed: str, doctor: Doctor) -> None:
    address = prefixed.replace("127.0.0.1", "localhost")
    report = doctor(f"{address}/tracking-of/team")
    assert report.failure() is report.one("host check")
    assert "Invalid Host header" in report.failure().text
    assert report.failure().mend.startswith(f"--allowed-hosts {address.removeprefix('http://')} ")


def _asking_for(password: str, answering: Answering, scheme: str = "Basic") -> Answering:
    def answer(request: Request) -> Reply:
        if request.headers.get("Authorization") == password:
            return answering(request)
        return Reply(401, b"Who are you?", {"WWW-Authenticate": scheme})

    return answer


def test_missing_credentials_are_asked_for(server_address: str, doctor: Doctor) -> None:
    with front(_asking_for(_ACCOUNT, passing_to(server_address))) as address:
        failure = doctor(address).failure()
    assert failure.mend == "set MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD"


def test_a_missing_token_is_asked_for(server_address: str, doctor: Doctor) -> None:
    with front(_asking_for("Bearer secret", passing_to(server_address), "Bearer")) as address:
        assert doctor(address).failure().mend == "set MLFLOW_TRACKING_TOKEN"


def test_wrong_credentials_are_named_by_where_they_come_from(
    server_address: str, doctor: Doctor, monkeypatch: pytest.MonkeyPatch, home: Path
) -> None:
    with front(_asking_for(_ACCOUNT, passing_to(server_address))) as address:
        (home / ".mlflow").mkdir()
        (home / ".mlflow" / "credentials").write_text(
            "[mlflow]\nmlflow_tracking_username = me\nmlflow_tracking_password = wrong-one\n", encoding="utf-8"
        )
        by_file = doctor(address)
        monkeypatch.setenv("MLFLOW_TRACKING_USERNAME", "me")
        monkeypatch.setenv("MLFLOW_TRACKING_PASSWORD", "wrong-two")
        by_variables = doctor(address)
        monkeypatch.setenv("MLFLOW_TRACKING_PASSWORD", PASSWORD)
        right = doctor(address)
    assert by_file.failure().mend == "correct ~/.mlflow/credentials (user me)"
    assert by_variables.failure().mend == "correct MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD (user me)"
    assert right.names(Status.FAILED) == []
    assert right.one("artifacts").status is Status.OK
    said = repr([by_file.outcomes, by_variables.outcomes, right.outcomes])
    assert not any(secret in said for secret in (PASSWORD, "wrong-one", "wrong-two", _ACCOUNT))


def test_credentials_in_the_address_are_used_and_never_shown(server_address: str, doctor: Doctor) -> None:
    with front(_asking_for(_ACCOUNT, passing_to(server_address))) as address:
        report = doctor(address.replace("http://", f"http://me:{PASSWORD}@"))
    assert report.names(Status.FAILED) == []
    assert report.one("sign-in").text == "let in by the address itself"
    assert PASSWORD not in repr(report.outcomes)


def test_an_account_that_may_only_read_is_told(server_address: str, doctor: Doctor) -> None:
    def answering(request: Request) -> Reply:
        if "tag" in request.path:
            return Reply(403, b"Permission denied")
        return passing_to(server_address)(request)

    with front(answering) as address:
        report = doctor(address)
    assert report.names(Status.FAILED) == []
    assert report.one("write").status is Status.WARNING
    assert "may read and not write" in report.one("write").text


def test_a_web_page_is_no_tracking_server(doctor: Doctor) -> None:
    page = Reply(200, b"<html>Welcome</html>", {"Content-Type": "text/html"})
    with front(lambda _: page) as address:
        failure = doctor(address).failure()
    assert failure.text == f"{address} answers 200 with a web page: that is no tracking server"
    assert failure.mend == "MLFLOW_TRACKING_URI=http://HOST:PORT"


def test_a_gateway_that_answers_for_health_itself_is_no_obstacle(server_address: str, doctor: Doctor) -> None:
    def answering(request: Request) -> Reply:
        if request.path == "/health":
            return Reply(200, b'{"status": "up"}', {"Content-Type": "application/json"})
        return passing_to(server_address)(request)

    with front(answering) as address:
        report = doctor(address)
    assert report.names(Status.FAILED) == []
    assert "something else" in report.one("answer").text


def test_a_redirect_to_https_is_followed_by_hand(doctor: Doctor) -> None:
    with front(lambda request: Reply(301, headers={"Location": f"https://ml.example.org{request.path}"})) as address:
        failure = doctor(address).failure()
    assert failure.mend == "MLFLOW_TRACKING_URI=https://ml.example.org"


def test_a_login_page_asks_for_a_token(doctor: Doctor) -> None:
    with front(lambda _: Reply(302, headers={"Location": "https://sso.example.org/login?next=x"})) as address:
        failure = doctor(address).failure()
    assert "login page" in failure.text
    assert failure.mend.startswith("MLFLOW_TRACKING_TOKEN=")


def test_a_gateway_without_its_server_is_told(doctor: Doctor) -> None:
    with front(lambda _: Reply(502, b"<html>Bad Gateway</html>", {"Content-Type": "text/html"})) as address:
        failure = doctor(address).failure()
    assert "does not reach the server itself" in failure.text


def test_a_server_of_artifacts_alone_is_told(tmp_path: Path, doctor: Doctor) -> None:
    with kirok_server(tmp_path, "--artifacts-only") as running:
        report = doctor(running.address)
    assert report.failure() is report.one("server")
    assert "--artifacts-only" in report.failure().mend


@pytest.mark.parametrize(("seconds", "said"), [(1200, "20 min behind"), (-7200.0, "2 h ahead of")])
def test_clocks_that_are_apart_are_told(server_address: str, doctor: Doctor, seconds: float, said: str) -> None:
    def late(reply: Reply) -> Reply:
        kept = {name: value for name, value in reply.headers.items() if name.lower() != "date"}
        date = email.utils.formatdate(time.time() + seconds, usegmt=True)
        return reply._replace(headers={**kept, "Date": date})

    with front(passing_to(server_address, late)) as address:
        found = doctor(address).one("clock")
    assert found.status is Status.WARNING
    assert said in found.text
    assert "timedatectl" in found.mend


def test_a_server_whose_database_is_gone_says_so(doctor: Doctor, tmp_path: Path) -> None:
    with kirok_server(tmp_path, "--backend-store-uri", "sqlite:///kept.db") as running:
        with closing(sqlite3.connect(tmp_path / "kept.db")) as connection:
            connection.execute("DROP TABLE experiments")
        report = doctor(running.address)
    assert report.failure() is report.one("server")
    assert "no such table" in report.failure().text
    assert "--backend-store-uri" in report.failure().mend


def test_a_server_whose_database_may_only_be_read_says_so(
    doctor: Doctor, tmp_path: Path, postgresql_server: PostgresqlServer
) -> None:
    uri = postgresql_server.create()
    name = uri.rpartition("/")[2]
    with kirok_server(tmp_path, "--backend-store-uri", uri) as running:
        postgresql_server.execute(f'ALTER DATABASE "{name}" SET default_transaction_read_only = on')
        postgresql_server.execute(
            f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'"  # they connect anew
        )
        report = doctor(running.address)
    assert report.failure() is report.one("write")
    assert "takes no writes just now" in report.failure().text
    assert "--backend-store-uri" in report.failure().mend


def test_a_doctor_that_was_killed_leaves_nothing_for_long(server_address: str, doctor: Doctor) -> None:
    from kirok.client.mlflow_client import MlflowClient

    client = MlflowClient(server_address)
    client.set_experiment_tag("0", "kirok.doctor", "left behind")
    assert doctor(server_address).one("write").status is Status.OK
    assert "kirok.doctor" not in client.get_experiment("0").tags


def test_a_server_that_takes_nothing_back_is_not_written_to(server_address: str, doctor: Doctor) -> None:
    seen: list[str] = []

    def answering(request: Request) -> Reply:
        seen.append(request.path)
        if request.path.endswith("/delete-experiment-tag"):
            return Reply(404, b"Not Found")
        return passing_to(server_address)(request)

    with front(answering) as address:
        report = doctor(address)
    assert report.one("write").status is Status.SKIPPED
    assert not any(path.endswith("/set-experiment-tag") for path in seen)
