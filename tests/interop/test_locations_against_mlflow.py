"""Locations mean what they mean to MLflow, judged by its own functions."""

from pathlib import Path

import pytest
from mlflow.exceptions import MlflowException
from mlflow.store.artifact.azure_blob_artifact_repo import AzureBlobArtifactRepository
from mlflow.store.artifact.azure_data_lake_artifact_repo import _parse_abfss_uri
from mlflow.store.artifact.gcs_artifact_repo import GCSArtifactRepository
from mlflow.store.artifact.local_artifact_repo import LocalArtifactRepository
from mlflow.store.artifact.mlflow_artifacts_repo import MlflowArtifactsRepository
from mlflow.store.artifact.models_artifact_repo import ModelsArtifactRepository
from mlflow.store.artifact.runs_artifact_repo import RunsArtifactRepository
from mlflow.store.artifact.utils.models import _parse_model_uri
from mlflow.utils.uri import append_to_uri_path, resolve_uri_if_local

from kirok.base.errors import InvalidParameter
from kirok.rules.locations import below, checked_location
from kirok.rules.uris.buckets import ObjectLocation
from kirok.rules.uris.here import local_folder
from kirok.rules.uris.parse import parse
from kirok.rules.uris.proxied import Proxied
from kirok.rules.uris.records import LoggedModelFiles, ModelFiles, RunFiles


@pytest.mark.parametrize(
    "location",
    [
        "x",
        "./x",
        "../x/y",
        "a b/ü",
        "file:x",
        "file:./x",
        "/data/x/",
        "file:///data/x",
        "s3://b/x",
        "E:\\x",
        "hdfs://n",
    ],
)
def test_a_relative_location_is_resolved_alike(location: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert checked_location(location) == resolve_uri_if_local(location)


@pytest.mark.parametrize(
    "location", ["/data", "/data/", "file:///data", "file:/data", "s3://b", "s3://b/x/?q=1", "mlflow-artifacts:/", "x"]
)
def test_runs_lie_below_their_experiments_alike(location: str) -> None:
    ours, theirs = below(location, "7", "artifacts"), append_to_uri_path(location, "7", "artifacts")
    assert ours == theirs.replace("file:///", "file:/" if location == "file:/data" else "file:///")


@pytest.mark.parametrize(
    "location",
    [
        "/data/a b",
        "/data/what?",
        "file:///data/a%20b",
        "file:/data",
        "file:///d?q#f",
        "file://localhost/d",
    ],
)
def test_a_folder_is_found_alike(location: str) -> None:
    assert local_folder(location) == Path(LocalArtifactRepository(location).artifact_dir)


@pytest.mark.parametrize(
    "uri",
    [f"mlflow-artifacts:{rest}" for rest in ("/1/r", "/", "///1", "//h:1/1", "/1?q#f")],
)
def test_a_proxied_place_is_asked_for_alike(uri: str) -> None:
    theirs = parse(MlflowArtifactsRepository.resolve_uri(uri, "http://tracker:5000/team"))
    place = parse(uri)
    assert isinstance(theirs, Proxied)
    assert isinstance(place, Proxied)
    assert place.path == theirs.path
    assert (place.server or "tracker:5000") in theirs.server


def test_a_port_without_a_host_is_refused_alike() -> None:
    with pytest.raises(MlflowException, match="no host"):
        MlflowArtifactsRepository.resolve_uri("mlflow-artifacts://5000/1", "http://tracker")
    with pytest.raises(InvalidParameter, match="no host"):
        parse("mlflow-artifacts://5000/1")


@pytest.mark.parametrize(
    "uri", ["runs:/r", "runs:/r/", "runs:/r/a/b c", "runs://profile@databricks/r/a", "runs:", "runs:/", "runs:r"]
)
def test_files_of_a_run_are_named_alike(uri: str) -> None:
    try:
        run_id, path = RunsArtifactRepository.parse_runs_uri(uri)
    except MlflowException:
        with pytest.raises(InvalidParameter):
            parse(uri)
        return
    place = parse(uri)
    assert isinstance(place, RunFiles)
    assert (place.run_id, place.path) == (run_id, path or "")


@pytest.mark.parametrize(
    "uri",
    [
        *("models:/m/3", "models:/m/latest", "models:/m/LATEST", "models:/m/Staging", "models:/m@b", "models:/a@b@c"),
        *("models:/m/3/x/y", "models:/m@b/x", "models:/m-1", "models://p/m/3", "models:/", "models:m"),
    ],
)
def test_a_model_is_named_alike(uri: str) -> None:
    root, path = ModelsArtifactRepository.split_models_uri(uri)
    try:
        theirs = _parse_model_uri(root)
    except MlflowException:
        with pytest.raises(InvalidParameter):
            parse(uri)
        return
    place = parse(uri)
    if isinstance(place, LoggedModelFiles):
        assert (place.model_id, place.path) == (theirs.model_id, path)
        return
    assert isinstance(place, ModelFiles)
    found = (place.name, place.version or None, place.stage or None, place.alias or None, place.path)
    assert found == (theirs.name, theirs.version, theirs.stage, theirs.alias, path)


def test_buckets_and_keys_are_read_alike() -> None:
    for key in ("", "x/y z", "50%25 ü", "x?q=1"):
        gcs, blob, lake = (
            parse(f"{root}/{key}")
            for root in ("gs://b", "wasbs://c@acc.blob.core.windows.net", "abfss://c@acc.dfs.core.windows.net")
        )
        assert isinstance(gcs, ObjectLocation)
        assert isinstance(blob, ObjectLocation)
        assert isinstance(lake, ObjectLocation)
        assert (gcs.bucket, gcs.key) == GCSArtifactRepository.parse_gcs_uri(f"gs://b/{key}")
        theirs = AzureBlobArtifactRepository.parse_wasbs_uri(f"wasbs://c@acc.blob.core.windows.net/{key}")
        assert (blob.bucket, blob.account, blob.key, blob.host.partition(".")[2]) == theirs
        theirs = _parse_abfss_uri(f"abfss://c@acc.dfs.core.windows.net/{key}")
        assert (lake.bucket, lake.account, lake.host.partition(".")[2], lake.key) == theirs
