"""Files by each way, each broken for real: at an S3 that checks signatures, and behind a server."""

import json
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from client.doctor.conftest import Doctor
from kirok.client.doctor.findings import Status
from kirok.client.mlflow_client import MlflowClient
from object_servers import Bucket, RgwServer
from running_servers import free_port, kirok_server


@pytest.fixture
def tracked(tmp_path: Path, s3: Bucket) -> str:
    """The URI of a database whose one experiment in use keeps its files in a bucket."""
    client = MlflowClient(f"sqlite:///{tmp_path}/mlflow.db")
    client.create_experiment("in a bucket", artifact_location=s3.uri)
    client.delete_experiment("0")
    return client.tracking_uri


@pytest.fixture
def credentials(s3: Bucket, monkeypatch: pytest.MonkeyPatch, home: Path) -> Bucket:
    """The bucket, with this process's environment as a user sets it."""
    for name, value in s3.env.items():
        monkeypatch.setenv(name, value)
    return s3


def test_a_bucket_that_can_be_used_is_left_empty(
    tracked: str, credentials: Bucket, doctor: Doctor, rgw_server: RgwServer
) -> None:
    report = doctor(tracked)
    assert report.names(Status.FAILED) == []
    assert report.one("artifacts").text == f"s3, {credentials.uri}: a file was stored, listed, read and deleted"
    assert report.one("credentials").text.endswith("itself, by AWS_ACCESS_KEY_ID")
    assert rgw_server.objects(credentials.name) == {}


def test_a_wrong_secret_is_told(
    tracked: str, credentials: Bucket, doctor: Doctor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "not-the-secret")
    report = doctor(tracked)
    assert report.failure() is report.one("artifacts")
    assert report.failure().mend == "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"
    assert "not-the-secret" not in repr(report.outcomes)


def test_missing_credentials_are_asked_for(
    tracked: str, s3: Bucket, doctor: Doctor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLFLOW_S3_ENDPOINT_URL", s3.env["MLFLOW_S3_ENDPOINT_URL"])
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    report = doctor(tracked, timeout_s=0.5)
    assert report.one("credentials").status is Status.WARNING
    assert report.one("credentials").mend == "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"
    assert report.one("artifacts").status is Status.FAILED


def test_a_missing_bucket_is_told(credentials: Bucket, doctor: Doctor, tmp_path: Path) -> None:
    client = MlflowClient(f"sqlite:///{tmp_path}/mlflow.db")
    client.create_experiment("nowhere", artifact_location="s3://not-made-yet/artifacts")
    client.delete_experiment("0")
    report = doctor(client.tracking_uri)
    assert report.failure().mend.startswith("make the bucket")
    assert report.of("locations") == []  # nothing says that all is within reach


def test_a_store_that_is_away_is_told(
    tracked: str, credentials: Bucket, doctor: Doctor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLFLOW_S3_ENDPOINT_URL", f"http://127.0.0.1:{free_port()}")
    failure = doctor(tracked, timeout_s=0.5).failure()
    assert failure.mend == "MLFLOW_S3_ENDPOINT_URL=http://the-object-store"


def test_a_right_to_delete_that_is_missing_is_a_warning(
    tracked: str, credentials: Bucket, doctor: Doctor, rgw_server: RgwServer
) -> None:
    everything = [f"arn:aws:s3:::{credentials.name}", f"arn:aws:s3:::{credentials.name}/*"]
    denial = {"Effect": "Deny", "Principal": "*", "Action": "s3:DeleteObject", "Resource": everything}
    policy = {"Version": "2012-10-17", "Statement": [denial]}
    rgw_server.client().put_bucket_policy(Bucket=credentials.name, Policy=json.dumps(policy))
    found = doctor(tracked).one("artifacts")
    assert found.status is Status.WARNING
    assert "s3:DeleteObject" in found.mend


def test_another_bucket_that_is_gone_is_found_among_the_locations(
    tracked: str, credentials: Bucket, doctor: Doctor
) -> None:
    MlflowClient(tracked).create_experiment("older", artifact_location="s3://long-gone/artifacts")
    MlflowClient(tracked).create_experiment("newest", artifact_location=credentials.uri)
    found = doctor(tracked).one("locations")
    assert found.status is Status.FAILED
    assert "experiment 'older' with 0 runs has files in s3://long-gone" in found.text
    assert found.mend == "kirok artifacts relocate s3://long-gone NEW"


def test_credentials_that_nobody_needs_are_mentioned(
    server_address: str, doctor: Doctor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_PROFILE", "work")
    found = doctor(server_address).one("credentials")
    assert found.status is Status.OK
    assert found.text == "AWS_PROFILE is there and not needed: no experiment keeps its files in s3"


def test_a_destination_that_cannot_be_written_is_told(doctor: Doctor, tmp_path: Path) -> None:
    with kirok_server(tmp_path, "--artifacts-destination", "./files") as running:
        (tmp_path / "files").rmdir()
        (tmp_path / "files").write_text("in the way")
        report = doctor(running.address)
    assert report.failure() is report.one("artifacts")
    assert "--artifacts-destination" in report.failure().mend


@pytest.fixture
def over_bucket(tmp_path: Path, s3: Bucket) -> Iterator[str]:
    """The address of a server that keeps files in a bucket, for clients without credentials."""
    with kirok_server(tmp_path, "--artifacts-destination", s3.uri, env=s3.env) as running:
        yield running.address


def test_files_go_straight_to_the_store_by_signed_requests(
    over_bucket: str, s3: Bucket, doctor: Doctor, rgw_server: RgwServer
) -> None:
    report = doctor(over_bucket)
    assert report.names(Status.FAILED) == []
    assert report.one("direct").text.startswith(f"large files go straight to {rgw_server.endpoint[7:]}")
    assert rgw_server.objects(s3.name) == {}


def test_a_store_that_only_the_server_reaches_is_told(s3: Bucket, doctor: Doctor, tmp_path: Path) -> None:
    closed = f"http://127.0.0.1:{free_port()}"
    settings = {**s3.env, "KIROK_S3_PUBLIC_ENDPOINT_URL": closed}
    with kirok_server(tmp_path, "--artifacts-destination", s3.uri, env=settings) as running:
        report = doctor(running.address)
    found = report.one("direct")
    assert found.status is Status.WARNING
    assert closed in found.text
    assert found.mend.startswith("KIROK_S3_PUBLIC_ENDPOINT_URL=")
    assert report.one("artifacts").status is Status.OK


def test_what_the_server_says_of_its_bucket_is_mended_on_the_server(s3: Bucket, doctor: Doctor, tmp_path: Path) -> None:
    with kirok_server(tmp_path, "--artifacts-destination", "s3://not-there-yet/x", env=s3.env) as running:
        while _checked(running.address) != ["failed"]:
            time.sleep(0.05)
        report = doctor(running.address)
    assert report.names(Status.FAILED) == ["health", "artifacts"]
    health, files = report.one("health"), report.one("artifacts")
    assert health.mend == "start the server with --create-bucket"
    assert health.text.count("s3://not-there-yet/x") == 2  # where, and of which location the bucket is
    assert f"The server at {running.address} says, of its own settings: The bucket 'not-there-yet'" in files.text
    assert files.mend.startswith("mend that for `kirok server`, not here")


def _checked(address: str) -> list[str]:
    """How the places of a server are, as far as it has looked."""
    with urllib.request.urlopen(f"{address}/api/kirok/health") as answer:
        return [place["status"] for place in json.load(answer)["artifacts"]]
