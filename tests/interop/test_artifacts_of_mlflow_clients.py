"""The real mlflow client with files at a kirok server that keeps them in a bucket: large ones, models, and refusals."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

import kirok
from object_servers import Bucket, RgwServer
from running_servers import RunningServer, kirok_server, plain_environment

pytestmark = pytest.mark.filterwarnings("ignore")  # MLflow's own
MIB = 1 << 20


@pytest.fixture(scope="module")
def bucket(rgw_server: RgwServer) -> Bucket:
    """What the server keeps artifacts in."""
    return rgw_server.create("of-a-kirok-server")


@pytest.fixture(scope="module")
def kirok_on_s3(bucket: Bucket, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    """A `kirok server` that serves artifacts out of the bucket."""
    folder = tmp_path_factory.mktemp("kirok-on-s3")
    with kirok_server(folder, "--artifacts-destination", bucket.uri, env=bucket.env) as running:
        yield running


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str]]:
    """Method and port of each request that mlflow sends from now on."""
    import requests

    seen: list[tuple[str, str]] = []
    really = requests.Session.send

    def send(self: Any, request: Any, **options: Any) -> Any:
        seen.append((request.method, str(urlsplit(request.url).port)))
        return really(self, request, **options)

    monkeypatch.setattr(requests.Session, "send", send)
    return seen


def test_large_files_go_straight_to_the_bucket_and_come_from_it(
    mlflow: Any,
    kirok_on_s3: RunningServer,
    bucket: Bucket,
    rgw_server: RgwServer,
    asked: list[tuple[str, str]],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    Bucket("", "", {}).use(monkeypatch)
    for name, value in {
        "MLFLOW_ENABLE_PROXY_MULTIPART_UPLOAD": "true",
        "MLFLOW_ENABLE_PROXY_MULTIPART_DOWNLOAD": "true",
        "MLFLOW_MULTIPART_UPLOAD_MINIMUM_FILE_SIZE": str(10 * MIB),
        "MLFLOW_MULTIPART_UPLOAD_CHUNK_SIZE": str(5 * MIB),
        "MLFLOW_MULTIPART_DOWNLOAD_MINIMUM_FILE_SIZE": str(10 * MIB),
        "MLFLOW_MULTIPART_DOWNLOAD_CHUNK_SIZE": str(5 * MIB),
    }.items():
        monkeypatch.setenv(name, value)
    content = bytes(range(256)) * (12 * MIB // 256)
    (tmp_path / "big.bin").write_bytes(content)
    mlflow.set_tracking_uri(kirok_on_s3.address)
    mlflow.set_experiment("large")
    with mlflow.start_run() as run:
        mlflow.log_artifact(str(tmp_path / "big.bin"), "data")
    assert asked.count(("PUT", str(rgw_server.port))) == 3
    key = f"artifacts/{run.info.experiment_id}/{run.info.run_id}/artifacts/data/big.bin"
    assert rgw_server.objects(bucket.name)[key] == content

    client = mlflow.MlflowClient()
    got = client.download_artifacts(run.info.run_id, "data/big.bin", str(tmp_path))
    assert Path(got).read_bytes() == content


def test_a_model_is_logged_and_loaded(
    mlflow: Any, kirok_on_s3: RunningServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from sklearn.linear_model import LinearRegression

    Bucket("", "", {}).use(monkeypatch)
    model = LinearRegression().fit([[0.0], [1.0]], [1.0, 3.0])
    mlflow.sklearn.save_model(model, str(tmp_path / "model"), serialization_format="cloudpickle", pip_requirements=[])
    mlflow.set_tracking_uri(kirok_on_s3.address)
    mlflow.set_experiment("models")
    with mlflow.start_run() as run:
        mlflow.log_artifacts(str(tmp_path / "model"), "model")
    fetched = kirok.artifacts.download_artifacts(
        f"runs:/{run.info.run_id}/model", dst_path=str(tmp_path), tracking_uri=kirok_on_s3.address
    )
    for place in (f"runs:/{run.info.run_id}/model", fetched):
        assert mlflow.sklearn.load_model(place).predict([[2.0]]) == pytest.approx([5.0])


@pytest.mark.parametrize("client", ["mlflow", "kirok"])
def test_a_server_with_a_wrong_key_says_which_setting_is_wrong(
    client: str, mlflow: Any, bucket: Bucket, tmp_path: Path
) -> None:
    wrong = {**bucket.env, "AWS_SECRET_ACCESS_KEY": "guessed"}
    chosen = {"mlflow": mlflow, "kirok": kirok}[client]
    with kirok_server(tmp_path, "--artifacts-destination", bucket.uri, env=wrong) as server:
        chosen.set_tracking_uri(server.address)
        tracking = chosen.MlflowClient()
        run_id = tracking.create_run("0").info.run_id
        with pytest.raises(Exception, match="AWS_ACCESS_KEY_ID: the secret does not belong to the key"):
            tracking.log_text(run_id, "hello", "notes.txt")
        with pytest.raises(Exception, match="AWS_ACCESS_KEY_ID: the secret does not belong to the key"):
            tracking.list_artifacts(run_id)


def test_a_client_with_a_wrong_key_says_which_setting_is_wrong(bucket: Bucket, tmp_path: Path) -> None:
    program = (
        "import kirok\n"
        "kirok.set_tracking_uri('sqlite:///runs.db')\n"
        f"kirok.create_experiment('direct', artifact_location={bucket.uri!r})\n"
        "kirok.set_experiment('direct')\n"
        "kirok.log_text('hello', 'notes.txt')\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        env={**plain_environment(), **bucket.env, "AWS_SECRET_ACCESS_KEY": "guessed"},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode != 0
    assert "AWS_ACCESS_KEY_ID: the secret does not belong to the key" in done.stderr
    assert "guessed" not in done.stderr
