"""Artifacts that moved: what a server answers, opens and refuses to open."""

import shutil
from pathlib import Path

import httpx
import pytest

from kirok.base.errors import InvalidParameter
from kirok.base.settings import ArtifactSettings
from server.conftest import API
from server.in_process import client_of

BACKENDS = ["sqlite:///{folder}/mlflow.db", "{folder}/mlruns"]


@pytest.fixture(params=BACKENDS, ids=["sqlite", "folder"])
def backend(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Where records are kept."""
    return str(request.param).format(folder=tmp_path)


def aliases(*pairs: str) -> ArtifactSettings:
    return ArtifactSettings(root_aliases=pairs)


def new_experiment(client: httpx.Client, location: str) -> str:
    asked = {"name": "speech", "artifact_location": location}
    made: str = client.post(f"{API}/experiments/create", json=asked).json()["experiment_id"]
    return made


def new_run(client: httpx.Client, experiment_id: str) -> dict[str, str]:
    asked = {"experiment_id": experiment_id}
    made: dict[str, str] = client.post(f"{API}/runs/create", json=asked).json()["run"]["info"]
    return made


def location_of(client: httpx.Client, experiment_id: str) -> str:
    found = client.get(f"{API}/experiments/get", params={"experiment_id": experiment_id})
    location: str = found.json()["experiment"]["artifact_location"]
    return location


def uris_of(client: httpx.Client, experiment_id: str, run_id: str) -> set[str]:
    """The artifact root of a run, as each endpoint that tells of runs has it."""
    got = client.get(f"{API}/runs/get", params={"run_id": run_id}).json()["run"]["info"]
    (found,) = client.post(f"{API}/runs/search", json={"experiment_ids": [experiment_id]}).json()["runs"]
    changed = client.post(f"{API}/runs/update", json={"run_id": run_id, "status": "FINISHED"}).json()["run_info"]
    listed = client.get(f"{API}/artifacts/list", params={"run_id": run_id}).json()
    uris = {got["artifact_uri"], found["info"]["artifact_uri"], changed["artifact_uri"]}
    return uris | ({listed["root_uri"]} if "root_uri" in listed else set())


def test_a_server_answers_and_opens_the_new_root(backend: str, tmp_path: Path) -> None:
    old, new = tmp_path / "old", tmp_path / "new"
    with client_of(tmp_path, backend_store_uri=backend, artifact_roots=(str(old),)) as client:
        experiment_id = new_experiment(client, str(old))
        run = new_run(client, experiment_id)
        Path(run["artifact_uri"]).mkdir(parents=True, exist_ok=True)
        (Path(run["artifact_uri"]) / "notes.txt").write_text("hello")
    shutil.move(old, new)
    settings = aliases(f"{old.as_uri()}={new}")
    with client_of(tmp_path, backend_store_uri=backend, artifacts=settings) as client:
        assert location_of(client, experiment_id) == str(new)
        assert uris_of(client, experiment_id, run["run_id"]) == {f"{new}/{run['run_id']}/artifacts"}
        content = client.get("/get-artifact", params={"run_id": run["run_id"], "path": "notes.txt"})
        assert content.text == "hello"
        assert new_run(client, experiment_id)["artifact_uri"].startswith(str(new))


def test_rows_keep_what_they_said(tmp_path: Path) -> None:
    with client_of(tmp_path, artifacts=aliases("s3://old=s3://new")) as client:
        experiment_id = new_experiment(client, "s3://old/speech")
        run = new_run(client, experiment_id)
        assert run["artifact_uri"] == f"s3://new/speech/{run['run_id']}/artifacts"
    with client_of(tmp_path) as client:
        assert location_of(client, experiment_id) == "s3://old/speech"
        assert uris_of(client, experiment_id, run["run_id"]) == {f"s3://old/speech/{run['run_id']}/artifacts"}


def test_all_else_of_a_page_of_runs_is_as_it_was(tmp_path: Path) -> None:
    with client_of(tmp_path) as client:
        experiment_id = new_experiment(client, "s3://old/speech")
        for name in ("a", "b"):
            run_id = new_run(client, experiment_id)["run_id"]
            metric = {"run_id": run_id, "key": name, "value": 0.5, "timestamp": 1}
            client.post(f"{API}/runs/log-metric", json=metric)
            tag = {"run_id": run_id, "key": "artifact_uri", "value": '"artifact_uri":"s3://old/x"'}
            client.post(f"{API}/runs/set-tag", json=tag)
        asked = {"experiment_ids": [experiment_id], "max_results": 1}
        before = client.post(f"{API}/runs/search", json=asked).json()
    with client_of(tmp_path, artifacts=aliases("s3://old=s3://new")) as client:
        after = client.post(f"{API}/runs/search", json=asked).json()
    uri = before["runs"][0]["info"].pop("artifact_uri")
    assert after["runs"][0]["info"].pop("artifact_uri") == uri.replace("s3://old", "s3://new")
    assert after == before


def test_files_that_a_server_kept_are_found_in_its_bucket_of_now(tmp_path: Path) -> None:
    files = tmp_path / "files"
    with client_of(tmp_path) as client:
        experiment_id = client.post(f"{API}/experiments/create", json={"name": "speech"}).json()["experiment_id"]
        run = new_run(client, experiment_id)
    place = files / experiment_id / run["run_id"] / "artifacts"
    place.mkdir(parents=True)
    (place / "notes.txt").write_text("hello")
    settings = aliases(f"mlflow-artifacts:/={files.as_uri()}")
    with client_of(tmp_path, artifacts=settings, serve_artifacts=False) as client:
        assert uris_of(client, experiment_id, run["run_id"]) == {place.as_uri()}
        content = client.get("/get-artifact", params={"run_id": run["run_id"], "path": "notes.txt"})
        assert content.text == "hello"


def test_what_lies_beside_the_new_root_stays_closed(tmp_path: Path) -> None:
    (tmp_path / "new").mkdir()
    (tmp_path / "secret").mkdir()
    (tmp_path / "secret" / "key.txt").write_text("secret")
    for location in (f"{tmp_path}/old/../secret", f"{tmp_path}/older", f"{tmp_path}/secret"):
        with client_of(tmp_path, artifacts=aliases(f"{tmp_path}/old={tmp_path}/new")) as client:
            asked = {"name": location, "artifact_location": location}
            experiment_id = client.post(f"{API}/experiments/create", json=asked).json()["experiment_id"]
            run = new_run(client, experiment_id)
            refused = client.get(f"{API}/artifacts/list", params={"run_id": run["run_id"]})
            assert refused.status_code in (400, 403)
            assert "key.txt" not in refused.text


def test_a_drive_of_the_clients_is_answered_and_not_opened(tmp_path: Path) -> None:
    with client_of(tmp_path, artifacts=aliases(r"/old=E:\ml")) as client:
        run = new_run(client, new_experiment(client, "/old/speech"))
        assert run["artifact_uri"] == f"file:///E:/ml/speech/{run['run_id']}/artifacts"
        refused = client.get(f"{API}/artifacts/list", params={"run_id": run["run_id"]})
        assert refused.status_code in (400, 403)


def test_a_server_with_contradicting_aliases_does_not_start(tmp_path: Path) -> None:
    with pytest.raises(InvalidParameter, match="overlap"), client_of(tmp_path, artifacts=aliases("/a=/b", "/b=/a")):
        pass


def test_a_folder_of_runs_opens_where_it_now_lies(tmp_path: Path) -> None:
    old, new = tmp_path / "there" / "mlruns", tmp_path / "here" / "mlruns"
    with client_of(tmp_path, backend_store_uri=str(old), default_artifact_root=old.as_uri()) as client:
        experiment_id = client.post(f"{API}/experiments/create", json={"name": "speech"}).json()["experiment_id"]
        run = new_run(client, experiment_id)
        assert run["artifact_uri"].startswith(old.as_uri())
        (old / experiment_id / run["run_id"] / "artifacts" / "notes.txt").write_text("hello")
    new.parent.mkdir()
    shutil.move(old, new)
    with client_of(tmp_path, backend_store_uri=str(new), default_artifact_root=new.as_uri()) as client:
        place = new / experiment_id / run["run_id"] / "artifacts"
        assert uris_of(client, experiment_id, run["run_id"]) == {place.as_uri()}
        assert location_of(client, experiment_id) == (new / experiment_id).as_uri()
        listed = client.get(f"{API}/artifacts/list", params={"run_id": run["run_id"]}).json()
        assert [file["path"] for file in listed["files"]] == ["notes.txt"]
        late = new_run(client, experiment_id)
        assert late["artifact_uri"] == (new / experiment_id / late["run_id"] / "artifacts").as_uri()
    assert not old.exists()


def test_a_database_opens_with_the_folder_beside_it(tmp_path: Path) -> None:
    there, here = tmp_path / "there", tmp_path / "here"
    there.mkdir()
    backend = f"sqlite:///{there}/mlflow.db"
    root = f"{there}/mlruns"
    with client_of(there, backend_store_uri=backend, default_artifact_root=root) as client:
        experiment_id = client.post(f"{API}/experiments/create", json={"name": "speech"}).json()["experiment_id"]
        run = new_run(client, experiment_id)
        place = Path(run["artifact_uri"])
        place.mkdir(parents=True)
        (place / "notes.txt").write_text("hello")
    shutil.move(there, here)
    with client_of(here, backend_store_uri=f"sqlite:///{here}/mlflow.db") as client:
        place = here / place.relative_to(there)
        assert uris_of(client, experiment_id, run["run_id"]) == {str(place)}
        content = client.get("/get-artifact", params={"run_id": run["run_id"], "path": "notes.txt"})
        assert content.text == "hello"
        assert new_run(client, experiment_id)["artifact_uri"].startswith(f"{here}/mlruns/{experiment_id}/")
