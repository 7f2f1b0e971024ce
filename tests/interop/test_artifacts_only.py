"""Two servers, as large teams have them: one for runs, and one that serves artifacts and nothing else."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from urllib3 import request

import kirok
from interop.artifact_story import FILES, found, log
from object_servers import Bucket, RgwServer
from running_servers import kirok_server

pytestmark = pytest.mark.filterwarnings("ignore")  # MLflow's own


class Pair(NamedTuple):
    """The addresses of both."""

    runs: str
    artifacts: str


@pytest.fixture
def pair(s3: Bucket, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Pair]:
    """Both, the artifacts in a bucket that clients and the server of runs know nothing of."""
    Bucket("", "", {}).use(monkeypatch)
    with kirok_server(tmp_path, "--artifacts-only", "--artifacts-destination", s3.uri, env=s3.env) as artifacts:
        root = artifacts.address.replace("http:", "mlflow-artifacts:")
        with kirok_server(tmp_path, "--no-serve-artifacts", "--default-artifact-root", f"{root}/team") as runs:
            yield Pair(runs.address, artifacts.address)


@pytest.mark.parametrize("writer", ["mlflow", "kirok"])
def test_both_clients_find_the_artifacts_by_the_server_of_the_runs(
    pair: Pair, writer: str, mlflow: Any, s3: Bucket, rgw_server: RgwServer, tmp_path: Path
) -> None:
    clients = {"mlflow": mlflow, "kirok": kirok}
    for client in clients.values():
        client.set_tracking_uri(pair.runs)
    (tmp_path / "given").mkdir()
    run_id = log(clients[writer], tmp_path / "given", "walk")
    for reader, client in clients.items():
        (tmp_path / reader).mkdir()
        assert found(client, run_id, tmp_path / reader) == FILES
    assert all(name.startswith("artifacts/team/") for name in rgw_server.objects(s3.name))


def test_the_server_of_artifacts_knows_no_runs(pair: Pair) -> None:
    answer = request("GET", f"{pair.artifacts}/api/2.0/mlflow/runs/get?run_id=x", retries=False)
    assert answer.status == 503
    assert b"--artifacts-only" in answer.data


def test_credentials_are_taken_to_no_server_that_only_a_row_names(pair: Pair) -> None:
    kirok.set_tracking_uri(pair.runs)
    elsewhere = pair.artifacts.replace("http:", "mlflow-artifacts:").replace("127.0.0.1", "localhost")
    kirok.create_experiment("of a stranger", artifact_location=f"{elsewhere}/1")
    kirok.set_experiment("of a stranger")
    with kirok.start_run(), pytest.raises(kirok.exceptions.MlflowException, match="default-artifact-root"):
        kirok.log_text("hello", "notes.txt")
