"""Addresses that lead nowhere: each leg is broken, and the one setting that mends it is named."""

import socket

import pytest

from client.doctor.conftest import Doctor
from kirok.client.doctor.address import mistaken
from kirok.client.doctor.findings import Status
from running_servers import free_port


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("localhost:5000", "http://localhost:5000"),
        ("127.0.0.1:5000", "http://127.0.0.1:5000"),
        ("ml.example.org:5000/ml", "http://ml.example.org:5000/ml"),
        ("http:/localhost:5000", "http://localhost:5000"),
        ("http//localhost:5000", "http://localhost:5000"),
        ("https:ml.example.org", "https://ml.example.org"),
        ('"http://ml.example.org"', "http://ml.example.org"),
        (" http://ml.example.org\n", "http://ml.example.org"),
        ("http://ml.example.org/#/experiments/3", "http://ml.example.org"),
        ("http://ml.example.org/ml/#/experiments/3?search=a", "http://ml.example.org/ml"),
        ("http://ml.example.org/api/2.0/mlflow", "http://ml.example.org"),
    ],
)
def test_an_address_that_cannot_be_used_is_mended(written: str, meant: str, doctor: Doctor) -> None:
    failure = doctor(written).failure()
    assert failure.mend == f"MLFLOW_TRACKING_URI={meant}"


@pytest.mark.parametrize(
    "uri",
    [
        *("http://localhost:5000", "https://ml.example.org/ml", "http://[::1]:5000", "HTTP://LOCALHOST:5000"),
        *("sqlite:///mlflow.db", "./mlruns", "E:/mlruns", "file:///data/mlruns", "postgresql://u:p@host/db", "httpd"),
    ],
)
def test_an_address_that_can_be_used_is_left_alone(uri: str) -> None:
    assert mistaken(uri) is None


def test_the_variable_that_held_the_address_is_named(doctor: Doctor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KIROK_TRACKING_URI", "localhost:5000")
    assert doctor(None).failure().mend == "KIROK_TRACKING_URI=http://localhost:5000"


def test_where_a_server_listens_is_not_where_it_is_reached(server_address: str, doctor: Doctor) -> None:
    report = doctor(server_address.replace("127.0.0.1", "0.0.0.0"))
    assert report.one("address").status is Status.WARNING
    assert report.one("address").mend == f"MLFLOW_TRACKING_URI={server_address}"


def test_a_name_without_an_address_is_told(doctor: Doctor) -> None:
    report = doctor("http://nowhere.invalid:5000")
    assert report.failure() is report.one("name")
    assert "nowhere.invalid has no address here" in report.one("name").text
    assert report.one("name").mend == "MLFLOW_TRACKING_URI=http://HOST:5000"


def test_nobody_listening_is_told_and_nothing_behind_it_is_tried(doctor: Doctor) -> None:
    port = free_port()
    report = doctor(f"http://127.0.0.1:{port}")
    assert report.failure() is report.one("connection")
    assert "Connection refused" in report.one("connection").text
    assert report.one("connection").mend == f"kirok server --port {port}"
    untried = report.names(Status.SKIPPED)
    assert untried[0] == "encryption"
    assert untried[-1] == "locations"
    assert {report.one(name).text for name in untried} == {"not checked because 'connection' failed"}


def test_what_takes_connections_and_is_silent_is_no_server(doctor: Doctor) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        report = doctor(f"http://127.0.0.1:{silent.getsockname()[1]}", timeout_s=0.1)
    assert report.failure() is report.one("answer")
    assert "does not speak HTTP" in report.one("answer").text


def test_a_setting_that_cannot_be_used_is_told_before_anything_is_sent(
    doctor: Doctor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_TIMEOUT", "soon")
    report = doctor("http://127.0.0.1:1")
    assert report.failure() is report.one("settings")
    assert "MLFLOW_HTTP_REQUEST_TIMEOUT='soon'" in report.one("settings").text
