"""What lies around and misleads: other stores, contradicting variables, files that nobody reads."""

import re
from pathlib import Path

import pytest

import kirok as kirok_package
from client.doctor.conftest import Doctor
from kirok.client.doctor.findings import Status
from kirok.client.doctor.variables import MLFLOWS, OURS
from kirok.stores.open import open_stores
from running_servers import kirok_server


def test_runs_in_the_working_directory_are_pointed_out(server_address: str, doctor: Doctor, tmp_path: Path) -> None:
    stores = open_stores("./mlruns")
    stores.runs.create_run("0")
    stores.close()
    found = doctor(server_address).one("neighbours")
    assert found.status is Status.WARNING
    assert f"{tmp_path}/mlruns holds runs that are not in {server_address}" in found.text
    assert found.mend == f"kirok copy {tmp_path}/mlruns {server_address}"


@pytest.mark.parametrize("store", ["./mlruns", "sqlite:///mlflow.db"])
def test_the_store_of_a_server_that_was_started_in_the_working_directory_is_no_other(
    store: str, tmp_path: Path, doctor: Doctor
) -> None:
    with kirok_server(tmp_path, "--backend-store-uri", store) as server:
        created = open_stores(server.address)
        created.runs.create_run("0")
        created.close()
        assert doctor(server.address).one("neighbours").status is Status.OK


def test_a_database_beside_the_folder_in_use_is_pointed_out(doctor: Doctor, tmp_path: Path) -> None:
    for uri in ("./mlruns", "sqlite:///mlflow.db"):
        stores = open_stores(uri)
        stores.runs.create_run("0")
        stores.close()
    texts = [finding.text for finding in doctor().of("neighbours")]
    assert any(text.startswith(f"{tmp_path}/mlflow.db holds runs") for text in texts)


@pytest.mark.parametrize(
    ("variables", "said", "mend"),
    [
        (
            {"KIROK_EXPERIMENT_NAME": "a", "MLFLOW_EXPERIMENT_NAME": "b"},
            "KIROK_EXPERIMENT_NAME=a wins over MLFLOW_EXPERIMENT_NAME=b",
            "unset KIROK_EXPERIMENT_NAME",
        ),
        (
            {"MLFLOW_EXPERIMENT_NAME": "a", "MLFLOW_EXPERIMENT_ID": "3"},
            "both an experiment's name (a) and an id (3)",
            "unset MLFLOW_EXPERIMENT_ID",
        ),
        (
            {"MLFLOW_TRACKING_USERNAME": "me", "MLFLOW_TRACKING_PASSWORD": "hunter2", "MLFLOW_TRACKING_TOKEN": "hush"},
            "MLFLOW_TRACKING_TOKEN is not sent",
            "unset MLFLOW_TRACKING_TOKEN",
        ),
        ({"MLFLOW_TRACKING_USERNAME": "me"}, "without MLFLOW_TRACKING_PASSWORD", "set MLFLOW_TRACKING_PASSWORD"),
        (
            {"AWS_PROFILE": "work", "AWS_ACCESS_KEY_ID": "k", "AWS_SECRET_ACCESS_KEY": "hush"},
            "AWS_ACCESS_KEY_ID wins over AWS_PROFILE=work",
            "unset AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY",
        ),
        ({"AWS_ACCESS_KEY_ID": "k"}, "there is no AWS_SECRET_ACCESS_KEY", "set AWS_SECRET_ACCESS_KEY"),
        (
            {"MLFLOW_S3_ENDPOINT_URL": "http://a:9000", "AWS_ENDPOINT_URL": "http://b:9000"},
            "MLFLOW_S3_ENDPOINT_URL=http://a:9000 wins over AWS_ENDPOINT_URL=http://b:9000",
            "unset AWS_ENDPOINT_URL",
        ),
        (
            {"https_proxy": "http://a:1", "HTTPS_PROXY": "http://me:hunter2@b:2"},
            "https_proxy=http://a:1 wins over HTTPS_PROXY=http://me:***@b:2",
            "unset HTTPS_PROXY",
        ),
        (
            {"MLFLOW_TRACKNG_URI": "http://x"},
            "nobody reads MLFLOW_TRACKNG_URI",
            "rename MLFLOW_TRACKNG_URI to MLFLOW_TRACKING_URI",
        ),
        (
            {"MLFLOW_TRACKING_AWS_SIGV4": "true"},
            "MLFLOW_TRACKING_AWS_SIGV4=true is read by MLflow's client and not by kirok",
            "MLFLOW_TRACKING_TOKEN=a token that the server accepts",
        ),
        (
            {"MLFOW_TRACKING_TOKEN": "hush"},
            "nobody reads MLFOW_TRACKING_TOKEN",
            "rename MLFOW_TRACKING_TOKEN to MLFLOW_TRACKING_TOKEN",
        ),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else None,
)
def test_a_variable_that_does_not_do_what_it_seems_to_is_told(
    variables: dict[str, str], said: str, mend: str, doctor: Doctor, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    report = doctor()
    found = report.one("variables")
    assert found.status is Status.WARNING
    assert said in found.text
    assert found.mend == mend
    assert not any(secret in repr(report.outcomes) for secret in ("hunter2", "hush"))


def test_a_stored_user_that_another_one_overrides_is_told(
    doctor: Doctor, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _store_credentials(home, 0o600)
    monkeypatch.setenv("MLFLOW_TRACKING_USERNAME", "someone-else")
    monkeypatch.setenv("MLFLOW_TRACKING_PASSWORD", "hunter2")
    found = doctor().one("variables")
    assert "MLFLOW_TRACKING_USERNAME=someone-else wins over the user me in ~/.mlflow/credentials" in found.text


def test_a_password_that_others_may_read_is_closed(doctor: Doctor, home: Path) -> None:
    file = _store_credentials(home, 0o644)
    found = doctor().one("files")
    assert found.mend == f"chmod 600 {file}"
    assert found.fix is not None
    found.fix.act()
    assert file.stat().st_mode & 0o777 == 0o600
    assert doctor().of("files") == []


def _store_credentials(home: Path, mode: int) -> Path:
    file = home / ".mlflow" / "credentials"
    file.parent.mkdir()
    file.write_text("[mlflow]\nmlflow_tracking_username = me\nmlflow_tracking_password = hush\n", encoding="utf-8")
    file.chmod(mode)
    return file


def test_a_file_of_settings_that_nobody_read_is_told(
    doctor: Doctor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / ".env").write_text(
        "export MLFLOW_TRACKING_URI='http://ml.example.org'\nMLFLOW_TRACKING_TOKEN=hush\nOTHER=1\n", encoding="utf-8"
    )
    report = doctor()
    assert ".env in the working directory names MLFLOW_TRACKING_URI, MLFLOW_TRACKING_TOKEN" in report.one("files").text
    assert report.one("files").mend.startswith("kirok --env-file .env doctor")
    assert "hush" not in repr(report.outcomes)
    (tmp_path / ".env").write_text("MLFLOW_TRACKING_URI=http://127.0.0.1:1\n", encoding="utf-8")
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://127.0.0.1:1")
    assert doctor().of("files") == []


def test_what_is_examined_and_what_scripts_use_may_differ(
    server_address: str, doctor: Doctor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://me:hunter2@other.example.org")
    found = doctor(server_address).one("variables")
    assert "scripts go to http://me:***@other.example.org" in found.text


def test_every_variable_that_kirok_reads_is_known() -> None:
    source = Path(kirok_package.__file__).parent
    read = re.compile(
        r'(?:setting|switch|number|address|names|envvar=names)\((?:self\._env, |os\.environ, |env, )?"([A-Z0-9_]+)"'
    )
    used = {name for file in source.rglob("*.py") for name in read.findall(file.read_text(encoding="utf-8"))}
    assert len(used) > 50
    assert used - {"X"} <= OURS | MLFLOWS
