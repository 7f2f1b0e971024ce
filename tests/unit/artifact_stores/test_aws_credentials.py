"""Whose keys sign."""

import json
import sys
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from kirok.artifact_stores.objects.aws_credentials import Renewed, find_source
from kirok.artifact_stores.objects.aws_profiles import Profile
from kirok.artifact_stores.objects.sigv4 import Credentials
from kirok.base.errors import InvalidParameter, PermissionDenied

LATER = "2099-01-01T00:00:00Z"
KEYS = {"AccessKeyId": "AKTEMP", "SecretAccessKey": "temporary", "Token": "token", "Expiration": LATER}
STS = f"""<AssumeRoleWithWebIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><Credentials>
<AccessKeyId>AKROLE</AccessKeyId><SecretAccessKey>of the role</SecretAccessKey><SessionToken>session</SessionToken>
<Expiration>{LATER}</Expiration></Credentials></AssumeRoleWithWebIdentityResponse>"""


class Metadata(BaseHTTPRequestHandler):
    """What Amazon's machines, containers and token service answer."""

    asked: list[tuple[str, str, str]]

    def do_GET(self) -> None:
        self.reply()

    def do_PUT(self) -> None:
        self.reply()

    def do_POST(self) -> None:
        self.reply()

    def reply(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
        proof = self.headers.get("Authorization") or self.headers.get("X-aws-ec2-metadata-token") or body
        self.asked.append((self.command, self.path, proof))
        answers = {
            ("PUT", "/latest/api/token"): "a token",
            ("GET", "/latest/meta-data/iam/security-credentials/"): "my-role",
            ("GET", "/latest/meta-data/iam/security-credentials/my-role"): json.dumps(KEYS),
            ("GET", "/keys"): json.dumps(KEYS),
            ("POST", "/"): STS,
        }
        answer = answers.get((self.command, self.path))
        self.send_response(404 if answer is None else 200)
        self.end_headers()
        self.wfile.write((answer or "").encode())

    def log_message(self, format: str, *args: object) -> None:
        """Quietly."""


@pytest.fixture
def metadata() -> Iterator[tuple[str, list[tuple[str, str, str]]]]:
    """An address that answers, and what it was asked."""
    asked: list[tuple[str, str, str]] = []
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (Metadata,), {"asked": asked}))
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}", asked
    server.shutdown()
    server.server_close()


def nobody(**settings: str) -> Profile:
    """A profile, as the files of nobody in particular have it."""
    return Profile("default", settings, {}, ("/somewhere/.aws/credentials", "/somewhere/.aws/config"))


def test_keys_of_the_environment_come_first(metadata: tuple[str, list[tuple[str, str, str]]]) -> None:
    env = {
        "AWS_ACCESS_KEY_ID": "AK",
        "AWS_SECRET_ACCESS_KEY": "SK",
        "AWS_SESSION_TOKEN": "T",
        "AWS_CONTAINER_CREDENTIALS_FULL_URI": f"{metadata[0]}/keys",
    }
    found = find_source(env, nobody(aws_access_key_id="other", aws_secret_access_key="other"))()
    assert found == Credentials("AK", "SK", "T", source="AWS_ACCESS_KEY_ID")
    assert metadata[1] == []


@pytest.mark.parametrize("name", ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"])
def test_half_a_key_is_refused_by_the_name_of_the_other_half(name: str) -> None:
    (missing,) = {"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"} - {name}
    with pytest.raises(InvalidParameter, match=missing) as raised:
        find_source({name: "VALUE"}, nobody())
    assert "VALUE" not in str(raised.value)


def test_keys_of_a_profile_are_called_by_its_name() -> None:
    found = find_source({}, nobody(aws_access_key_id="AK", aws_secret_access_key="SK"))()
    assert (found.access_key, found.secret_key, found.source) == ("AK", "SK", "profile 'default'")


def test_a_service_account_takes_on_its_role(metadata: tuple[str, list[tuple[str, str, str]]], tmp_path: Path) -> None:
    (tmp_path / "token").write_text("signed by the cluster\n")
    env = {
        "AWS_WEB_IDENTITY_TOKEN_FILE": str(tmp_path / "token"),
        "AWS_ROLE_ARN": "arn:aws:iam::1:role/kirok",
        "AWS_ENDPOINT_URL_STS": metadata[0],
    }
    found = find_source(env, nobody())()
    assert (found.access_key, found.secret_key, found.token) == ("AKROLE", "of the role", "session")
    assert found.expires_at == datetime(2099, 1, 1, tzinfo=UTC)
    assert "WebIdentityToken=signed+by+the+cluster" in metadata[1][0][2]


def test_a_container_is_given_keys(metadata: tuple[str, list[tuple[str, str, str]]], tmp_path: Path) -> None:
    (tmp_path / "proof").write_text("it is me")
    env = {
        "AWS_CONTAINER_CREDENTIALS_FULL_URI": f"{metadata[0]}/keys",
        "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE": str(tmp_path / "proof"),
    }
    assert find_source(env, nobody())().access_key == "AKTEMP"
    assert metadata[1] == [("GET", "/keys", "it is me")]


def test_an_instance_has_the_keys_of_its_role(metadata: tuple[str, list[tuple[str, str, str]]]) -> None:
    found = find_source({"AWS_EC2_METADATA_SERVICE_ENDPOINT": metadata[0]}, nobody())()
    assert (found.access_key, found.token) == ("AKTEMP", "token")
    assert [proof for method, _, proof in metadata[1] if method == "GET"] == ["a token", "a token"]


@pytest.mark.parametrize(
    "env", [{"AWS_EC2_METADATA_DISABLED": "true"}, {"AWS_EC2_METADATA_SERVICE_ENDPOINT": "http://127.0.0.1:9"}]
)
def test_no_keys_at_all_are_told_with_where_was_looked(env: dict[str, str]) -> None:
    with pytest.raises(PermissionDenied, match=r"AWS_ACCESS_KEY_ID.*/somewhere/.aws/credentials.*role"):
        find_source(env, nobody())()


@pytest.mark.parametrize(
    "settings",
    [
        {"role_arn": "arn:aws:iam::1:role/x", "source_profile": "other"},
        {"sso_start_url": "https://me.awsapps.com/start"},
        {"sso_session": "me"},
        {"credential_process": "/bin/keys"},
    ],
)
def test_a_profile_beyond_keys_asks_for_the_extra(settings: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "botocore", None)
    monkeypatch.setitem(sys.modules, "botocore.session", None)
    monkeypatch.setitem(sys.modules, "botocore.exceptions", None)
    with pytest.raises(InvalidParameter, match=r"profile 'default' .*pip install 'kirok\[aws\]'"):
        find_source({}, nobody(**settings))


def test_another_programs_keys_come_by_the_extra(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = tmp_path / "keys.py"
    program.write_text(
        'print(\'{"Version": 1, "AccessKeyId": "AKPROC", "SecretAccessKey": "S", "SessionToken": "T"}\')'
    )
    (tmp_path / "config").write_text(f"[profile tool]\ncredential_process = {sys.executable} {program}\n")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    env = {"AWS_PROFILE": "tool", "AWS_CONFIG_FILE": str(tmp_path / "config")}
    found = find_source(env, Profile.read(env, tmp_path))()
    assert (found.access_key, found.secret_key, found.token) == ("AKPROC", "S", "T")


def test_keys_are_renewed_shortly_before_they_expire() -> None:
    left = iter([timedelta(minutes=4), timedelta(hours=1), timedelta(hours=2)])
    keys = Renewed(lambda: Credentials("AK", "SK", expires_at=datetime.now(UTC) + next(left)))
    first, second, third = keys(), keys(), keys()
    assert first is not second
    assert second is third
