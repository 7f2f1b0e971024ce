"""What artifact locations may look like."""

import os
from pathlib import Path

import pytest

from kirok.artifact_stores.open import open_artifact_store, open_run_artifacts
from kirok.artifact_stores.proxy import ProxiedArtifacts
from kirok.base.errors import InvalidParameter
from kirok.base.settings import TransportSettings
from kirok.rules.uris.here import in_full, local_folder
from kirok.transport import Transport
from kirok.wire.artifacts import ServerInfo


@pytest.mark.parametrize(
    ("text", "folder"),
    [
        ("/data/with space/ümläut", "/data/with space/ümläut"),
        ("/data/100%25", "/data/100%25"),
        ("file:///data/with%20space/%C3%BC", "/data/with space/ü"),
        ("//data/files", "/data/files"),
    ],
)
@pytest.mark.skipif(os.name == "nt", reason="paths of POSIX systems")
def test_a_folder_may_be_a_path_or_a_uri(text: str, folder: str) -> None:
    assert local_folder(text) == Path(folder)


@pytest.mark.parametrize("text", ["E:/x", r"E:\x", "file:///E:/x", "file://E:/x", "file:E:/x"])
@pytest.mark.skipif(os.name == "nt", reason="drives are at home there")
def test_a_drive_is_no_folder_of_this_machine_however_it_is_written(text: str) -> None:
    with pytest.raises(InvalidParameter, match=r"Windows machine \(E:/x\).*--artifact-root-alias E:/x=/mnt/x"):
        local_folder(text)


@pytest.mark.skipif(os.name == "nt", reason="a network share there")
def test_a_file_uri_of_another_host_is_refused() -> None:
    with pytest.raises(InvalidParameter, match=r"Windows machine \(//elsewhere/data\).*file:///path"):
        local_folder("file://elsewhere/data")


def test_a_relative_path_starts_in_the_working_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert local_folder("./mlruns") == tmp_path / "mlruns"


@pytest.mark.skipif(os.name == "nt", reason="HOME is not asked there")
@pytest.mark.parametrize("text", ["~/my runs", "file:~/my%20runs"])
def test_a_tilde_is_the_home_of_who_opens_it(text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    assert local_folder(text) == tmp_path / "my runs"


@pytest.mark.parametrize(
    "text", ["s3://bucket/x", "gs://b", "mlflow-artifacts:/1", "http://h/x", "runs:/1/a", "wasbs://c@a/x"]
)
def test_other_schemes_are_no_folders(text: str) -> None:
    assert local_folder(text) is None


@pytest.mark.skipif(os.name == "nt", reason="a path becomes a URI there")
@pytest.mark.parametrize(
    ("text", "full"),
    [
        ("./my runs", "{}/my runs"),
        ("file:my%20runs", "file://{}/my%20runs"),
        ("/data/runs/", "/data/runs/"),
        ("E:\\runs", "E:\\runs"),
        ("s3://bucket/x", "s3://bucket/x"),
    ],
)
def test_a_relative_location_is_written_down_in_full(
    text: str, full: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert in_full(text) == full.format(tmp_path)


@pytest.mark.parametrize(
    "location", ["ftp://host/x", "http://host/x", "hdfs://n/x", "runs:/1/a", "mlflow-artifacts:/1"]
)
def test_a_location_of_another_kind_is_refused_with_those_there_are(location: str) -> None:
    with pytest.raises(InvalidParameter, match="s3://"):
        open_artifact_store(location)


def test_a_password_in_a_location_is_not_told() -> None:
    with pytest.raises(InvalidParameter) as raised:
        open_artifact_store("ftp://me:hunter2@host/x")
    assert "hunter2" not in raised.value.message


def test_opening_makes_no_folder(tmp_path: Path) -> None:
    store = open_artifact_store(str(tmp_path / "new"))
    assert store.uri == (tmp_path / "new").as_uri()
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize(
    "uri", ["mlflow-artifacts:/../x", "mlflow-artifacts:/a/%2e%2e/b", "mlflow-artifacts:/a\\..\\b"]
)
def test_a_proxied_root_cannot_climb(tracking: Transport, uri: str) -> None:
    with pytest.raises(InvalidParameter):
        open_run_artifacts(uri, tracking)


@pytest.fixture
def tracking() -> Transport:
    """A server that nobody asks anything."""
    return Transport("http://tracker:5000/team", TransportSettings())


@pytest.mark.parametrize(
    "root",
    [
        "mlflow-artifacts:/1/run",
        "mlflow-artifacts://tracker:5000/1/run",
        "http://tracker:5000/team/api/2.0/mlflow-artifacts/artifacts/1/run",
        "http://TRACKER:5000/team/ajax-api/2.0/mlflow-artifacts/artifacts/1/run/",
    ],
)
def test_a_client_finds_proxied_files_at_its_server(tracking: Transport, root: str) -> None:
    found = open_run_artifacts(root, tracking)
    assert isinstance(found, ProxiedArtifacts)
    assert found.uri == "mlflow-artifacts:/1/run"


@pytest.mark.parametrize(
    "root", ["mlflow-artifacts://elsewhere/1/run", "http://elsewhere/api/2.0/mlflow-artifacts/artifacts/1/run"]
)
def test_credentials_are_not_sent_to_a_host_that_a_row_names(
    tracking: Transport, root: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tracking, "call", lambda *_: ServerInfo())  # the server sends its clients nowhere else
    with pytest.raises(InvalidParameter, match=r"kept by the server .*elsewhere"):
        open_run_artifacts(root, tracking)


def test_proxied_files_need_a_server() -> None:
    with pytest.raises(InvalidParameter, match="MLFLOW_TRACKING_URI"):
        open_run_artifacts("mlflow-artifacts:/1/run", None)
