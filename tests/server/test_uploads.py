"""Uploads over HTTP: whole or not at all, in one piece or in parts, and only where they may go."""

from pathlib import Path
from typing import Any
from zlib import crc32

import httpx
import pytest

from server.in_process import client_of

PROXY = "/api/2.0/mlflow-artifacts/artifacts"
UPLOADS = "/api/kirok/mlflow-artifacts/uploads"
INFO = "/api/3.0/mlflow/server-info"


def begun(client: httpx.Client, path: str = "run/big.bin", part_bytes: int = 4) -> dict[str, str]:
    """An upload, as other requests name it."""
    answer = client.post(f"{UPLOADS}/begin", json={"path": path, "part_bytes": part_bytes})
    assert answer.status_code == 200, answer.text
    return {"path": path, "upload_id": answer.json()["upload_id"]}


def put_part(
    client: httpx.Client, upload: dict[str, str], number: int, content: bytes, **headers: str
) -> httpx.Response:
    return client.put(f"{UPLOADS}/part", params={**upload, "number": number}, content=content, headers=headers)


def parts(client: httpx.Client, upload: dict[str, str]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = client.get(f"{UPLOADS}/parts", params=upload).json()["parts"]
    return found


def test_parts_become_the_file_when_they_are_complete(client: httpx.Client, tmp_path: Path) -> None:
    upload = begun(client)
    for number, content in ((2, b"efgh"), (3, b"i"), (1, b"abcd")):
        assert put_part(client, upload, number, content).json() == {}
    kept = parts(client, upload)
    assert [(part["number"], part["size_bytes"]) for part in kept] == [(1, 4), (2, 4), (3, 1)]
    assert client.get(f"{PROXY}/run/big.bin").status_code == 404
    assert client.get(PROXY, params={"path": "run"}).json() == {}
    assert client.post(f"{UPLOADS}/complete", json={**upload, "parts": kept}).json() == {}
    assert client.get(f"{PROXY}/run/big.bin").content == b"abcdefghi"
    assert [found.name for found in (tmp_path / "files" / "run").iterdir()] == ["big.bin"]


def test_parts_that_do_not_make_a_file_are_refused(client: httpx.Client) -> None:
    upload = begun(client)
    put_part(client, upload, 2, b"efgh")
    refused = client.post(f"{UPLOADS}/complete", json={**upload, "parts": parts(client, upload)})
    assert (refused.status_code, refused.json()["error_code"]) == (400, "INVALID_PARAMETER_VALUE")
    assert put_part(client, upload, 1, b"too long").status_code == 400
    assert put_part(client, upload, 0, b"x").status_code == 400
    assert put_part(client, upload, 10_001, b"x").status_code == 400
    assert [part["number"] for part in parts(client, upload)] == [2]
    for part_bytes in (0, -1, 6 << 30):
        assert client.post(f"{UPLOADS}/begin", json={"path": "a", "part_bytes": part_bytes}).status_code == 400


def test_an_upload_that_is_not_there_says_so(client: httpx.Client) -> None:
    upload = begun(client)
    assert client.post(f"{UPLOADS}/abandon", json=upload).json() == {}
    assert client.post(f"{UPLOADS}/abandon", json=upload).json() == {}
    for lost in (upload, {**begun(client), "path": "run/other.bin"}, {**upload, "upload_id": "../../x"}):
        for answer in (
            put_part(client, lost, 1, b"x"),
            client.get(f"{UPLOADS}/parts", params=lost),
            client.post(f"{UPLOADS}/complete", json={**lost, "parts": []}),
        ):
            assert (answer.status_code, answer.json()["error_code"]) == (404, "RESOURCE_DOES_NOT_EXIST")


def test_ids_of_uploads_cannot_be_guessed(client: httpx.Client) -> None:
    ids = {begun(client)["upload_id"] for _ in range(20)}
    assert len(ids) == 20
    assert all(len(upload_id) >= 32 for upload_id in ids)


@pytest.mark.parametrize("checksum", ["00000000", "deadbeef", "nonsense"])
def test_a_body_that_does_not_have_its_checksum_is_dropped(client: httpx.Client, checksum: str) -> None:
    client.put(f"{PROXY}/run/a", content=b"before")
    refused = client.put(f"{PROXY}/run/a", content=b"after", headers={"Kirok-CRC32": checksum})
    assert refused.status_code == 400
    assert "arrived changed" in refused.json()["message"]
    assert client.get(f"{PROXY}/run/a").content == b"before"
    upload = begun(client)
    assert put_part(client, upload, 1, b"abcd", **{"Kirok-CRC32": checksum}).status_code == 400
    assert parts(client, upload) == []


def test_a_body_that_has_its_checksum_is_kept(client: httpx.Client) -> None:
    content = b"x" * (3 << 20)
    headers = {"Kirok-CRC32": f"{crc32(content):08X}"}
    assert client.put(f"{PROXY}/run/a", content=content, headers=headers).status_code == 200
    assert client.get(f"{PROXY}/run/a").content == content


def test_a_body_shorter_than_announced_is_no_file(client: httpx.Client) -> None:
    client.put(f"{PROXY}/run/a", content=b"before")
    refused = client.put(f"{PROXY}/run/a", content=b"after", headers={"Content-Length": "6"})
    assert refused.status_code == 400
    assert client.get(f"{PROXY}/run/a").content == b"before"


def test_a_range_of_another_version_is_refused(client: httpx.Client) -> None:
    client.put(f"{PROXY}/a", content=b"first")
    tag = client.get(f"{PROXY}/a").headers["etag"]
    same = {"Range": "bytes=1-2", "If-Match": tag}
    assert client.get(f"{PROXY}/a", headers=same).content == b"ir"
    assert client.get(f"{PROXY}/a", headers={**same, "If-Match": f'"other", {tag}'}).status_code == 206
    client.put(f"{PROXY}/a", content=b"second")
    refused = client.get(f"{PROXY}/a", headers=same)
    assert (refused.status_code, refused.json()["error_code"]) == (412, "RESOURCE_CONFLICT")


def test_a_server_without_artifacts_takes_no_parts(tmp_path: Path) -> None:
    with client_of(tmp_path, serve_artifacts=False) as client:
        assert client.post(f"{UPLOADS}/begin", json={"path": "a", "part_bytes": 4}).status_code == 503
        assert client.get(INFO).json()["smallest_part_bytes"] is None


def test_a_folder_signs_nothing_and_says_so_as_mlflow_does(client: httpx.Client, run_id: str) -> None:
    info = client.get(INFO).json()
    assert (info["multipart_uploads_enabled"], info["multipart_downloads_enabled"]) == (False, False)
    assert info["smallest_part_bytes"] == 1
    upload = begun(client)
    assert client.post(f"{UPLOADS}/sign", json={**upload, "numbers": [1, 2]}).json() == {"requests": []}
    for numbers in ([0], [1, -1], [10_001], list(range(1, 102))):
        assert client.post(f"{UPLOADS}/sign", json={**upload, "numbers": numbers}).status_code == 400
    for path, message in (
        ("presigned-upload-url", "Presigned upload is not supported for runs with proxied"),
        ("presigned-download-url", "Presigned download is not supported for runs with proxied"),
    ):
        refused = client.post(f"/api/2.0/mlflow/artifacts/{path}", json={"run_id": run_id, "path": "a"})
        assert (refused.status_code, refused.json()["error_code"]) == (400, "INVALID_PARAMETER_VALUE")
        assert refused.json()["message"].startswith(message)


def test_the_files_of_a_run_in_a_folder_are_not_signed_for(tmp_path: Path) -> None:
    with client_of(tmp_path, default_artifact_root=str(tmp_path / "runs")) as client:
        created = client.post("/api/2.0/mlflow/runs/create", json={"experiment_id": "0"}).json()
        run_id = created["run"]["info"]["run_id"]
        for path in ("presigned-upload-url", "presigned-download-url"):
            refused = client.post(f"/api/2.0/mlflow/artifacts/{path}", json={"run_id": run_id, "path": "a"})
            assert (refused.status_code, refused.json()["error_code"]) == (501, "NOT_IMPLEMENTED")


@pytest.mark.parametrize(
    "request_body",
    [
        {"path": "a"},
        {"run_id": "RUN", "model_id": "m-1", "path": "a"},
        {"run_id": "RUN"},
        {"run_id": "RUN", "path": "../a"},
        {"run_id": "RUN", "path": "a", "expiration": 0},
        {"run_id": "RUN", "path": "a", "expiration": 604801},
    ],
)
def test_a_request_for_a_url_names_a_run_a_path_and_a_time(
    client: httpx.Client, run_id: str, request_body: dict[str, Any]
) -> None:
    body = {name: run_id if value == "RUN" else value for name, value in request_body.items()}
    refused = client.post("/api/2.0/mlflow/artifacts/presigned-upload-url", json=body)
    assert (refused.status_code, refused.json()["error_code"]) == (400, "INVALID_PARAMETER_VALUE")


@pytest.mark.parametrize("upload", [{}, {"upload_id": ""}])
def test_an_upload_in_parts_is_not_ended_without_its_id(client: httpx.Client, upload: dict[str, str]) -> None:
    for path in ("mpu/abort/models", "mpu/complete/models"):
        body = {"path": "/tmp/weights.bin", "parts": [], **upload}
        refused = client.post(f"/api/2.0/mlflow-artifacts/{path}", json=body)
        assert (refused.status_code, refused.json()["error_code"]) == (400, "INVALID_PARAMETER_VALUE")
        assert "'upload_id'" in refused.json()["message"]


@pytest.mark.parametrize("count", [-5, 0, 10_001])
def test_no_upload_is_begun_for_a_number_of_parts_that_no_file_has(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, count: int
) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_REGION"):
        monkeypatch.setenv(name, "anything")
    monkeypatch.setenv("MLFLOW_S3_ENDPOINT_URL", "http://127.0.0.1:9")  # where nobody answers
    with client_of(tmp_path, artifacts_destination="s3://bucket/files") as client:
        body = {"path": "/tmp/weights.bin", "num_parts": count}
        refused = client.post("/api/2.0/mlflow-artifacts/mpu/create/models", json=body)
        assert (refused.status_code, refused.json()["error_code"]) == (400, "INVALID_PARAMETER_VALUE")
        assert "'num_parts'" in refused.json()["message"]
