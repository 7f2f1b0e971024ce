"""A run whose files lie in a folder of the server's machine, met by a client on another one."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from kirok.artifact_stores.foreign_folders import refuse_foreign_folder
from kirok.base.errors import InvalidParameter
from kirok.base.settings import ArtifactSettings
from kirok.client.mlflow_client import MlflowClient
from running_servers import RunningServer, kirok_server

PLAIN = ArtifactSettings()


@pytest.fixture(scope="module")
def elsewhere(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    """A server in a container, as it were: it keeps files in a folder that this machine does not have."""
    options = ["--no-serve-artifacts", "--default-artifact-root", "/kirok-nowhere/mlruns"]
    with kirok_server(tmp_path_factory.mktemp("elsewhere"), *options) as running:
        yield running


def test_nothing_is_written_to_a_folder_that_is_the_servers(elsewhere: RunningServer, tmp_path: Path) -> None:
    client = MlflowClient(elsewhere.address)
    run_id = client.create_run("0").info.run_id
    file = tmp_path / "a.txt"
    file.write_text("a")
    for act in (
        lambda: client.log_artifact(run_id, str(file)),
        lambda: client.log_text(run_id, "a", "a.txt"),
        lambda: client.list_artifacts(run_id),
        lambda: client.download_artifacts(run_id, "a.txt"),
    ):
        with pytest.raises(InvalidParameter) as refused:
            act()
        for words in ("/kirok-nowhere/mlruns", "--serve-artifacts", "--default-artifact-root", "relocate", "ALIASES"):
            assert words in refused.value.message
    assert not Path("/kirok-nowhere").exists()


def test_a_server_of_this_machine_may_have_yet_to_make_its_folder(tmp_path: Path) -> None:
    with kirok_server(tmp_path, "--no-serve-artifacts") as running:
        client = MlflowClient(running.address)
        run_id = client.create_run("0").info.run_id
        assert client.list_artifacts(run_id) == []
        client.log_text(run_id, "a", "a.txt")
        assert [file.path for file in client.list_artifacts(run_id)] == ["a.txt"]
    assert (tmp_path / "mlruns" / "0" / run_id / "artifacts" / "a.txt").read_text() == "a"


@pytest.mark.parametrize("server", ["https://ml.example.org", "http://10.0.0.7:5000"])
def test_a_folder_that_machines_share_must_be_here_first(tmp_path: Path, server: str) -> None:
    uri = str(tmp_path / "shared" / "0" / "abc" / "artifacts")
    with pytest.raises(InvalidParameter, match="mount or make it here"):
        refuse_foreign_folder(uri, server, PLAIN)
    refuse_foreign_folder(uri, "http://127.0.0.1:5000", PLAIN)
    (tmp_path / "shared").mkdir()
    refuse_foreign_folder(uri, server, PLAIN)


def test_an_alias_is_where_the_folder_is_here(tmp_path: Path) -> None:
    uri, server = "/kirok-nowhere/mlruns/0/abc/artifacts", "https://ml.example.org"
    refuse_foreign_folder(uri, server, ArtifactSettings(root_aliases=(f"/kirok-nowhere/mlruns={tmp_path}",)))
    with pytest.raises(InvalidParameter):
        refuse_foreign_folder(uri, server, PLAIN)


@pytest.mark.parametrize("uri", ["mlflow-artifacts:/0/a/artifacts", "s3://b/0/a/artifacts", "gs://b/x"])
def test_other_places_are_not_this_machines_anyway(uri: str) -> None:
    refuse_foreign_folder(uri, "https://ml.example.org", PLAIN)


@pytest.mark.parametrize("uri", ["/mlruns-of-a-container/0/abc/artifacts", "file:///a-container/0/abc/artifacts"])
def test_folders_of_containers_are_foreign_even_at_this_machines_ports(uri: str) -> None:
    with pytest.raises(InvalidParameter, match="tracking server's machine"):
        refuse_foreign_folder(uri, "http://localhost:5000", PLAIN)
