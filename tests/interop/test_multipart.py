"""MLflow's client moves large files past our server, and ours past MLflow's: in parts, by signed URLs."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests

from kirok.artifact_stores.proxy import ProxiedArtifacts
from kirok.artifact_stores.transfers import fetch_file, send_file
from kirok.base.settings import ArtifactSettings, TransportSettings
from kirok.entities.artifacts import ArtifactPath
from kirok.transport import Transport
from object_servers import Bucket, MotoServer
from running_servers import RunningServer, kirok_server, mlflow_server

MIB = 1 << 20
CONTENT = os.urandom(11 * MIB + 7)


class Traffic(dict[str, int]):
    """Bytes of bodies, sent and received, by the address they went to or came from."""


@pytest.fixture
def traffic(monkeypatch: pytest.MonkeyPatch) -> Traffic:
    """What MLflow's client moves from now on."""
    counted = Traffic()
    really = requests.adapters.HTTPAdapter.send

    def send(self: Any, request: Any, **options: Any) -> Any:
        answer = really(self, request, **options)
        size = int(request.headers.get("Content-Length") or 0) + int(answer.headers.get("Content-Length") or 0)
        place = "://".join(urlsplit(request.url)[:2])
        counted[place] = counted.get(place, 0) + size
        return answer

    monkeypatch.setattr(requests.adapters.HTTPAdapter, "send", send)
    return counted


@pytest.fixture
def large(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A file that MLflow's client sends in parts."""
    monkeypatch.setenv("MLFLOW_MULTIPART_UPLOAD_MINIMUM_FILE_SIZE", str(6 * MIB))
    monkeypatch.setenv("MLFLOW_MULTIPART_UPLOAD_CHUNK_SIZE", str(5 * MIB))
    monkeypatch.setenv("MLFLOW_MULTIPART_DOWNLOAD_CHUNK_SIZE", str(5 * MIB))
    path = tmp_path / "big file.bin"
    path.write_bytes(CONTENT)
    return path


@pytest.fixture(params=["moto_s3", "s3", "azurite"])
def kirok_before_store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[RunningServer]:
    """Our server before an object store."""
    bucket: Bucket = request.getfixturevalue(request.param)
    with kirok_server(tmp_path, "--artifacts-destination", bucket.uri, env=bucket.env) as running:
        yield running


@pytest.mark.parametrize("is_told", [True, False], ids=["switched on", "by what the server says"])
def test_mlflows_client_moves_a_large_file_past_our_server(
    mlflow: Any,
    kirok_before_store: RunningServer,
    large: Path,
    traffic: Traffic,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    is_told: bool,
) -> None:
    if is_told:
        monkeypatch.setenv("MLFLOW_ENABLE_PROXY_MULTIPART_UPLOAD", "true")
        monkeypatch.setenv("MLFLOW_ENABLE_PROXY_MULTIPART_DOWNLOAD", "true")
    client = mlflow.MlflowClient(kirok_before_store.address)
    run = client.create_run("0")
    client.log_artifact(run.info.run_id, str(large), "models")
    got = client.download_artifacts(run.info.run_id, "models/big file.bin", str(tmp_path))
    assert Path(got).read_bytes() == CONTENT
    ours = traffic.pop(kirok_before_store.address)
    (store,) = traffic.values()
    assert ours < 20_000
    assert store >= 2 * len(CONTENT)


def test_mlflows_client_falls_back_where_our_server_has_a_folder(
    mlflow: Any, kirok_at: RunningServer, large: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLFLOW_ENABLE_PROXY_MULTIPART_UPLOAD", "true")
    monkeypatch.setenv("MLFLOW_ENABLE_PROXY_MULTIPART_DOWNLOAD", "true")
    client = mlflow.MlflowClient(kirok_at.address)
    run = client.create_run("0")
    client.log_artifact(run.info.run_id, str(large))
    assert Path(client.download_artifacts(run.info.run_id, "big file.bin", str(tmp_path))).read_bytes() == CONTENT


def test_a_run_in_a_bucket_gives_urls_of_its_files(moto_s3: Bucket, tmp_path: Path) -> None:
    root = ("--default-artifact-root", moto_s3.uri, "--no-serve-artifacts")
    with kirok_server(tmp_path, *root, env=moto_s3.env) as running:
        api = f"{running.address}/api/2.0/mlflow"
        created = requests.post(f"{api}/runs/create", json={"experiment_id": "0"}, timeout=30).json()
        named = {"run_id": created["run"]["info"]["run_id"], "path": "models/a.bin"}
        up = requests.post(f"{api}/artifacts/presigned-upload-url", json=named, timeout=30).json()
        put = requests.put(up["presigned_url"], data=b"content", headers=up.get("headers"), timeout=30)
        assert put.status_code == 200
        down = requests.post(f"{api}/artifacts/presigned-download-url", json=named, timeout=30).json()
        assert down["file_size"] == 7
        assert requests.get(down["presigned_url"], headers=down.get("headers"), timeout=30).content == b"content"
        assert requests.get(f"{running.address}/api/3.0/mlflow/server-info", timeout=30).json()[
            "presigned_upload_run_id_supported"
        ]


def test_our_client_moves_a_large_file_past_mlflows_server(
    moto_server: MotoServer, moto_s3: Bucket, large: Path
) -> None:
    settings = ArtifactSettings(parted_from_bytes=6 * MIB, part_bytes=5 * MIB)
    folder = large.parent
    with mlflow_server(folder, "--artifacts-destination", moto_s3.uri, env=moto_s3.env) as running:
        transport = Transport(running.address, TransportSettings(max_retries=1))
        store = ProxiedArtifacts(transport, ArtifactPath("run"), settings)
        path = ArtifactPath("models/big.bin")
        send_file(store, large, path, settings)
        target = folder / "target"
        target.touch()
        file = store.open(path)
        fetch_file(file, target, settings)
        file.close()
        transport.close()
    assert target.read_bytes() == CONTENT
    (stored,) = moto_server.client().list_objects_v2(Bucket=moto_s3.name)["Contents"]
    assert stored["ETag"].endswith('-3"')  # what S3 calls an object made of three parts
