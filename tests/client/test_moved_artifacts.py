"""Artifacts in places that are called otherwise now: stores that were moved, and this client's own aliases."""

import os
import shutil
import urllib.request
from pathlib import Path

import pytest

import kirok
from kirok.artifact_stores.open import open_run_artifacts
from kirok.base.errors import InvalidParameter
from kirok.base.settings import ArtifactSettings
from kirok.client.session import SESSION
from kirok.entities.artifacts import ArtifactPath
from kirok.stores.open import open_stores
from object_servers import Bucket
from running_servers import kirok_server


@pytest.fixture(params=["sqlite:///{}/mlflow.db", "{}/mlruns"], ids=["sqlite", "folder"])
def store(request: pytest.FixtureRequest) -> str:
    """A tracking URI, but for the folder it lies in."""
    return str(request.param)


def test_a_store_opens_where_it_now_lies(store: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    there, here = tmp_path / "there", tmp_path / "here"
    there.mkdir()
    monkeypatch.chdir(there)
    kirok.set_tracking_uri(store.format(there))
    kirok.set_experiment("speech")
    with kirok.start_run() as run:
        kirok.log_text("hello", "notes.txt")
    SESSION.close()
    monkeypatch.chdir(tmp_path)
    shutil.move(there, here)
    kirok.set_tracking_uri(store.format(here))
    kirok.set_experiment("speech")
    assert kirok.artifacts.load_text(f"runs:/{run.info.run_id}/notes.txt") == "hello"
    with kirok.start_run() as late:
        kirok.log_text("again", "notes.txt")
        assert str(here) in kirok.get_artifact_uri()
    with kirok.start_run(run_id=run.info.run_id):
        kirok.log_text("more", "more.txt")
    for each, names in ((run, ["more.txt", "notes.txt"]), (late, ["notes.txt"])):
        listed = kirok.MlflowClient().list_artifacts(each.info.run_id)
        assert sorted(info.path for info in listed) == names
    found = {run.info.run_id: str(here) in run.info.artifact_uri for run in kirok.search_runs(output_format="list")}
    assert found == {run.info.run_id: True, late.info.run_id: True}
    assert not there.exists()


def test_a_client_has_aliases_of_its_own(tmp_path: Path) -> None:
    server_s, mine = tmp_path / "as the server calls it", tmp_path / "mount"
    mine.mkdir()
    with kirok_server(tmp_path, "--no-serve-artifacts", "--default-artifact-root", server_s.as_uri()) as server:
        os.environ["KIROK_ARTIFACT_ROOT_ALIASES"] = f"s3://other=gs://other,{server_s}={mine}"
        kirok.set_tracking_uri(server.address)
        with kirok.start_run() as run:
            kirok.log_text("hello", "notes.txt")
        assert kirok.artifacts.load_text(f"runs:/{run.info.run_id}/notes.txt") == "hello"
        assert (mine / "0" / run.info.run_id / "artifacts" / "notes.txt").read_text() == "hello"
        assert not server_s.exists()
        SESSION.close()


def test_an_alias_counts_for_a_place_that_is_named_outright(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("hello")
    settings = ArtifactSettings.read({"MLFLOW_ARTIFACT_ROOT_ALIASES": rf" E:\ml={tmp_path} , "})
    for location in (r"e:\ML", "file:///E:/ml"):
        files = open_run_artifacts(location, None, settings)
        assert b"".join(files.open(ArtifactPath.parse("notes.txt")).read()) == b"hello"


def test_aliases_that_cannot_be_read_are_named(in_file: str) -> None:
    os.environ["KIROK_ARTIFACT_ROOT_ALIASES"] = "/mnt/old"
    with pytest.raises(InvalidParameter, match="'/mnt/old' names no two places"):
        kirok.start_run()


def test_a_bucket_of_another_name_is_found(moto_s3: Bucket, tmp_path: Path) -> None:
    """As the server answers, for the client that goes to the bucket itself; and by the server."""
    options = ("--no-serve-artifacts", "--default-artifact-root", "s3://renamed/runs")
    alias = ("--artifact-root-alias", f"s3://renamed={moto_s3.uri}/moved")
    os.environ.update(moto_s3.env)
    with kirok_server(tmp_path, *options, *alias, env=moto_s3.env) as server:
        kirok.set_tracking_uri(server.address)
        with kirok.start_run() as run:
            kirok.log_text("hello", "notes.txt")
        assert run.info.artifact_uri == f"{moto_s3.uri}/moved/runs/0/{run.info.run_id}/artifacts"
        address = f"{server.address}/get-artifact?run_id={run.info.run_id}&path=notes.txt"
        with urllib.request.urlopen(address) as answer:
            assert answer.read() == b"hello"
        SESSION.close()
    plain = open_stores(f"sqlite:///{tmp_path}/mlflow.db")
    assert plain.runs.get_run(run.info.run_id).info.artifact_uri.startswith("s3://renamed/runs/0/")
    plain.close()
