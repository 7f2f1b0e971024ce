"""What a server tells of itself: a word for probes, and the detail for people."""

import shutil
from pathlib import Path

import httpx
import msgspec
import pytest

from kirok.artifact_stores.local import LocalArtifacts
from kirok.base.errors import Unavailable
from kirok.base.settings import ArtifactSettings, ServerSettings
from kirok.entities.artifacts import ArtifactPath
from kirok.server.destination_watch import DestinationWatch
from kirok.services.destination_check import Condition, check_place, places_to_check, prepared_folder
from kirok.wire.endpoint import Permission
from kirok.wire.endpoints import HEALTH, HEALTH_DETAIL
from server.in_process import client_of

PLAIN = ArtifactSettings()


def test_a_probe_gets_a_word_whatever_ails_the_server(client: httpx.Client) -> None:
    assert (client.get("/health").text, HEALTH.permission) == ("OK", Permission.PUBLIC)


def test_the_detail_is_for_those_who_may_read(client: httpx.Client) -> None:
    told = client.get("/api/kirok/health").json()
    assert HEALTH_DETAIL.permission is Permission.READ
    assert (told["status"], told["mlflow"], told["database"]["kind"]) == ("ok", "3.17.2", "sql")
    assert told["artifacts"][0]["status"] in ("unknown", "warning")  # nobody looked, but room is told


def test_a_server_of_artifacts_alone_tells_of_them_alone(tmp_path: Path) -> None:
    with client_of(tmp_path, artifacts_only=True) as client:
        told = client.get("/api/kirok/health").json()
        assert told["database"] is None
        assert [Path(place["location"]).name for place in told["artifacts"]] == ["files"]
        closed = client.get("/api/2.0/mlflow/experiments/get", params={"experiment_id": "0"})
        assert closed.status_code == 503
        assert "`--artifacts-only` mode" in closed.text


def test_a_database_that_fails_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with client_of(tmp_path, backend_store_uri=str(tmp_path / "runs")) as client:
        from kirok.stores.file.experiments import FileExperimentStore

        def fail(*_: object, **__: object) -> None:
            raise Unavailable("the disk is away")

        monkeypatch.setattr(FileExperimentStore, "search_experiments", fail)
        told = client.get("/api/kirok/health").json()
    assert told["status"] == "failed"
    assert told["database"]["message"] == "the disk is away"


def test_little_room_is_a_warning(client: httpx.Client, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "files").mkdir()
    usage = shutil.disk_usage(tmp_path)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage._replace(free=5 << 20))
    found = check_place(str(tmp_path / "files"), PLAIN)
    assert found.condition is Condition.WARNING
    assert "only 5 MiB are free" in found.said
    told = client.get("/api/kirok/health").json()
    assert (told["status"], told["artifacts"][0]["free_bytes"]) == ("warning", 5 << 20)


def test_a_folder_that_is_gone_is_a_failure(tmp_path: Path) -> None:
    found = check_place(str(tmp_path / "gone"), PLAIN)
    assert found.condition is Condition.FAILED
    assert "See that the folder is there" in found.said


def start_in_vain(folder: Path, file: str | None = None) -> None:
    """A start that fails after its folder was made; somebody else may have put a file beside it."""
    with prepared_folder(str(folder)):
        assert folder.is_dir()
        if file:
            (folder.parent / file).touch()
        raise Unavailable("no port")


def test_a_folder_made_for_a_server_that_does_not_start_goes_again(tmp_path: Path) -> None:
    with pytest.raises(Unavailable):
        start_in_vain(tmp_path / "new" / "files")
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(Unavailable):
        start_in_vain(tmp_path / "new" / "files", "kept.txt")
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["kept.txt"]


@pytest.mark.parametrize(
    ("settings", "places"),
    [
        ({}, ["./mlartifacts"]),
        ({"serve_artifacts": False}, []),
        ({"default_artifact_root": "s3://clients"}, ["./mlartifacts"]),
        ({"default_artifact_root": "s3://clients", "create_bucket": True}, ["./mlartifacts", "s3://clients"]),
        (
            {"default_artifact_root": "gs://clients", "check_artifacts": "strict", "serve_artifacts": False},
            ["gs://clients"],
        ),
        ({"default_artifact_root": "/data", "check_artifacts": "strict"}, ["./mlartifacts"]),
        ({"artifacts_destination": "s3://b", "default_artifact_root": "s3://b", "create_bucket": True}, ["s3://b"]),
        ({"artifacts_only": True, "default_artifact_root": "s3://b", "create_bucket": True}, ["./mlartifacts"]),
    ],
)
def test_a_server_tries_out_what_it_writes_to_itself(settings: dict[str, object], places: list[str]) -> None:
    assert places_to_check(msgspec.structs.replace(ServerSettings(), **settings)) == places


def test_a_password_in_a_location_is_nobodys_to_see() -> None:
    settings = ServerSettings(artifacts_destination="s3://key:hidden@bucket/x")
    watch = DestinationWatch(settings, lambda _: None)
    assert "hidden" not in str([finding.location for finding in watch.findings.values()])


def test_what_is_stored_is_not_taken_for_the_check(tmp_path: Path) -> None:
    """The check of a folder leaves nothing, and nothing that lists sees it."""
    (tmp_path / "files").mkdir()
    assert check_place(str(tmp_path / "files"), PLAIN).condition in (Condition.OK, Condition.WARNING)
    assert LocalArtifacts(tmp_path / "files").list(ArtifactPath.parse("")) == []
