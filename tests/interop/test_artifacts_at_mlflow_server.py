"""Our client on MLflow's own server, with artifacts in a bucket: through that server, and straight to the bucket."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import kirok
from interop.artifact_story import FILES, found, log
from object_servers import Bucket, RgwServer
from object_servers.buckets import without_stores
from running_servers import RunningServer, mlflow_server, plain_environment

pytestmark = pytest.mark.filterwarnings("ignore")  # MLflow's own
MIB = 1 << 20


@pytest.fixture(scope="module")
def bucket(rgw_server: RgwServer) -> Bucket:
    """What the server keeps artifacts in."""
    return rgw_server.create("of-an-mlflow-server")


@pytest.fixture(scope="module")
def mlflow_on_s3(bucket: Bucket, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    """An `mlflow server` that serves artifacts out of the bucket."""
    folder = tmp_path_factory.mktemp("mlflow-on-s3")
    with mlflow_server(folder, "--artifacts-destination", bucket.uri, env=bucket.env) as running:
        yield running


@pytest.fixture(params=["through the server", "to the bucket"])
def way(request: pytest.FixtureRequest, bucket: Bucket, monkeypatch: pytest.MonkeyPatch) -> str:
    """How files travel; only who goes to the bucket has its keys."""
    direct = request.param == "to the bucket"
    (bucket if direct else Bucket("", "", {})).use(monkeypatch)
    return str(request.param)


def test_both_clients_read_what_either_logs_there(
    way: str, bucket: Bucket, mlflow_on_s3: RunningServer, mlflow: Any, tmp_path: Path
) -> None:
    clients = {"mlflow": mlflow, "kirok": kirok}
    for writer, client in clients.items():
        for each in clients.values():
            each.set_tracking_uri(mlflow_on_s3.address)
        study = f"{writer} {way}"
        client.create_experiment(study, artifact_location=f"{bucket.uri}/direct" if way == "to the bucket" else None)
        (tmp_path / writer / "given").mkdir(parents=True)
        run_id = log(client, tmp_path / writer / "given", study)
        for reader, other in clients.items():
            (tmp_path / writer / reader).mkdir()
            assert found(other, run_id, tmp_path / writer / reader) == FILES


def test_our_client_sends_large_files_straight_to_the_bucket_by_requests_that_mlflow_signs(
    bucket: Bucket, rgw_server: RgwServer, mlflow_on_s3: RunningServer, tmp_path: Path
) -> None:
    content = bytes(range(256)) * (12 * MIB // 256)
    (tmp_path / "big.bin").write_bytes(content)
    program = (
        "import kirok\n"
        "with kirok.start_run() as run:\n"
        "    kirok.log_artifact('big.bin')\n"
        "print(run.info.run_id, kirok.artifacts.download_artifacts(run_id=run.info.run_id, artifact_path='big.bin'))"
    )
    env = plain_environment(
        MLFLOW_TRACKING_URI=mlflow_on_s3.address,
        MLFLOW_MULTIPART_UPLOAD_MINIMUM_FILE_SIZE=str(10 * MIB),
        MLFLOW_MULTIPART_UPLOAD_CHUNK_SIZE=str(5 * MIB),
        MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT="true",
    )
    told = subprocess.run(
        [sys.executable, "-c", program],
        cwd=tmp_path,
        env=without_stores(env),
        capture_output=True,
        text=True,
        check=True,
    )
    run_id, _, local = told.stdout.strip().partition(" ")
    assert Path(local).read_bytes() == content
    (key,) = [name for name in rgw_server.objects(bucket.name) if run_id in name]
    # The tag of an object that came in parts tells their number; MLflow's own client to S3 makes parts of 8 MiB.
    assert rgw_server.client().head_object(Bucket=bucket.name, Key=key)["ETag"].strip('"').endswith("-3")
