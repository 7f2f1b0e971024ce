"""TLS that fails, for real: each kind of certificate that a client refuses."""

from pathlib import Path

import pytest

from client.doctor.certificates import make_certificate
from client.doctor.conftest import Doctor
from client.doctor.fronts import front, passing_to
from kirok.client.doctor.findings import Status


def test_an_unknown_authority_is_mended_by_its_certificate(
    server_address: str, doctor: Doctor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    certificate = make_certificate(tmp_path)
    with front(passing_to(server_address), certificate.context()) as address:
        refused = doctor(address)
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificate.file))
        hinted = doctor(address)
        monkeypatch.setenv("MLFLOW_TRACKING_SERVER_CERT_PATH", str(certificate.file))
        accepted = doctor(address)
    assert refused.failure() is refused.one("encryption")
    assert "self-signed certificate" in refused.failure().text
    assert refused.failure().mend == "MLFLOW_TRACKING_SERVER_CERT_PATH=/path/to/the/authority.pem"
    assert hinted.failure().mend == f"MLFLOW_TRACKING_SERVER_CERT_PATH={certificate.file}"
    assert accepted.names(Status.FAILED) == []
    assert "is trusted and ends in 36" in accepted.one("encryption").text
    assert accepted.one("artifacts").status is Status.OK


def test_an_expired_certificate_is_renewed(
    server_address: str, doctor: Doctor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    certificate = make_certificate(tmp_path, days_left=-3)
    monkeypatch.setenv("MLFLOW_TRACKING_SERVER_CERT_PATH", str(certificate.file))
    with front(passing_to(server_address), certificate.context()) as address:
        failure = doctor(address).failure()
    assert "certificate has expired" in failure.text
    assert failure.mend == "renew the server's certificate"


def test_a_certificate_that_is_about_to_end_is_told_in_time(
    server_address: str, doctor: Doctor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    certificate = make_certificate(tmp_path, days_left=5.5)
    monkeypatch.setenv("MLFLOW_TRACKING_SERVER_CERT_PATH", str(certificate.file))
    with front(passing_to(server_address), certificate.context()) as address:
        found = doctor(address).one("encryption")
    assert found.status is Status.WARNING
    assert "ends in 5 days" in found.text


def test_a_certificate_of_another_name_asks_for_that_name(
    server_address: str, doctor: Doctor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    certificate = make_certificate(tmp_path, host="ml.example.org")
    monkeypatch.setenv("MLFLOW_TRACKING_SERVER_CERT_PATH", str(certificate.file))
    with front(passing_to(server_address), certificate.context()) as address:
        failure = doctor(address).failure()
    assert "mismatch" in failure.text
    assert failure.mend == "MLFLOW_TRACKING_URI=https://THE-NAME-IN-THE-CERTIFICATE"


def test_no_check_of_certificates_is_a_warning(
    server_address: str, doctor: Doctor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_INSECURE_TLS", "true")
    with front(passing_to(server_address), make_certificate(tmp_path).context()) as address:
        report = doctor(address)
    assert report.one("encryption").mend == "unset MLFLOW_TRACKING_INSECURE_TLS"
    assert report.one("artifacts").status is Status.OK


def test_plain_http_to_a_tls_port_asks_for_https(server_address: str, doctor: Doctor, tmp_path: Path) -> None:
    with front(passing_to(server_address), make_certificate(tmp_path).context()) as address:
        failure = doctor(address.replace("https", "http")).failure()
    assert "speaks TLS, not plain HTTP" in failure.text
    assert failure.mend == f"MLFLOW_TRACKING_URI={address}"


def test_tls_to_a_plain_port_asks_for_http(server_address: str, doctor: Doctor) -> None:
    failure = doctor(server_address.replace("http", "https")).failure()
    assert "speaks no TLS" in failure.text
    assert failure.mend == f"MLFLOW_TRACKING_URI={server_address}"


def test_a_file_of_certificates_that_is_not_there_is_named(
    server_address: str, doctor: Doctor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_SERVER_CERT_PATH", "/no/such.pem")
    failure = doctor(server_address.replace("http", "https")).failure()
    assert "MLFLOW_TRACKING_SERVER_CERT_PATH=/no/such.pem" in failure.text
