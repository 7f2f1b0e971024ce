"""Files through the proxy, and files of runs."""

import errno
import os
from pathlib import Path
from urllib.parse import quote

import httpx
import pytest

from server.conftest import API
from server.in_process import client_of

PROXY = "/api/2.0/mlflow-artifacts/artifacts"
OUTSIDE = [
    "../secret.txt",
    "a/../../secret.txt",
    "%2e%2e/secret.txt",
    "..%2fsecret.txt",
    "%252e%252e%252fsecret.txt",
    "%25252e%25252e/secret.txt",
    "..%5csecret.txt",
    "/etc/passwd",
    "%2fetc%2fpasswd",
    "//etc/passwd",
    "C:/secret.txt",
    "c%3a%5csecret.txt",
    "a%00b",
    "a%0ab",
    "a%23b",
]


@pytest.fixture
def secret(tmp_path: Path) -> Path:
    """A file beside the destination, which lies at `tmp_path / "files"`."""
    path = tmp_path / "secret.txt"
    path.write_text("secret")
    return path


def put(client: httpx.Client, path: str, content: bytes = b"hello") -> None:
    assert client.put(f"{PROXY}/{path}", content=content).status_code == 200


@pytest.mark.parametrize("path", OUTSIDE)
@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
def test_the_proxy_never_leaves_its_destination(client: httpx.Client, secret: Path, method: str, path: str) -> None:
    refused = client.request(method, f"{PROXY}/{path}", content=b"overwritten" if method == "PUT" else None)
    assert refused.status_code in (400, 404)  # httpx itself resolves the plainest of them, to no endpoint's path
    assert secret.read_text() == "secret"
    assert [str(found) for found in secret.parent.rglob("*") if found.is_file() and "mlflow.db" not in found.name] == [
        str(secret)
    ]


@pytest.mark.parametrize("path", [*OUTSIDE, ".."])
def test_a_path_in_a_query_never_leaves_its_root(client: httpx.Client, run_id: str, secret: Path, path: str) -> None:
    for asked in (path, quote(path, safe="")):
        for address, query in (
            (PROXY, f"path={asked}"),
            (f"{API}/artifacts/list", f"run_id={run_id}&path={asked}"),
            ("/get-artifact", f"run_id={run_id}&path={asked}"),
        ):
            refused = client.get(f"{address}?{query}")
            assert "secret" not in refused.text.replace("secret.txt", "")
            assert (refused.status_code, refused.json()["error_code"]) == (400, "INVALID_PARAMETER_VALUE")
        pasted = client.post(f"/ajax-api/2.0/mlflow/upload-artifact?run_id={run_id}&path={asked}", content=b"x")
        assert pasted.status_code == 400
    assert secret.read_text() == "secret"


def test_a_link_out_of_the_destination_is_not_followed(client: httpx.Client, tmp_path: Path, secret: Path) -> None:
    put(client, "a/plain.txt")
    files = tmp_path / "files"
    (files / "a" / "file").symlink_to(secret)
    (files / "a" / "folder").symlink_to(tmp_path)
    (files / "a" / "inside").symlink_to(files / "a" / "plain.txt")
    for path in ("a/file", "a/folder/secret.txt"):
        assert client.get(f"{PROXY}/{path}").status_code == 400
        assert client.put(f"{PROXY}/{path}", content=b"x").status_code == 400
    assert client.get(PROXY, params={"path": "a/folder"}).status_code == 400
    assert [info["path"] for info in client.get(PROXY, params={"path": "a"}).json()["files"]] == ["inside", "plain.txt"]
    assert client.get(f"{PROXY}/a/inside").text == "hello"
    assert client.delete(f"{PROXY}/a").status_code == 200
    assert secret.read_text() == "secret"


@pytest.mark.parametrize(
    "name", ["spaced name.txt", "ümläut/日本.bin", "100%25.txt", "a%252Fb", "semi;colon&amp", "quote'\".txt"]
)
def test_an_unusual_name_comes_back_as_it_went(client: httpx.Client, name: str) -> None:
    put(client, name, b"unusual")
    assert client.get(f"{PROXY}/{name}").content == b"unusual"
    assert client.delete(f"{PROXY}/{name}").json() == {}
    assert client.get(f"{PROXY}/{name}").status_code == 404


def test_an_upload_replaces_the_file(client: httpx.Client) -> None:
    put(client, "a", b"first")
    tag = client.get(f"{PROXY}/a").headers["etag"]
    put(client, "a", b"other")
    assert client.get(f"{PROXY}/a").content == b"other"
    assert client.get(f"{PROXY}/a").headers["etag"] != tag


def test_an_empty_file_is_a_file(client: httpx.Client) -> None:
    put(client, "empty", b"")
    (listed,) = client.get(PROXY).json()["files"]
    assert (listed["path"], listed["is_dir"], listed["file_size"]) == ("empty", False, 0)
    assert client.get(f"{PROXY}/empty").content == b""
    assert client.get(f"{PROXY}/empty", headers={"range": "bytes=0-"}).status_code == 416


def test_a_file_cannot_take_a_directorys_place_nor_stand_above_others(client: httpx.Client) -> None:
    put(client, "a/b")
    for path in ("a", "a/b/c"):
        refused = client.put(f"{PROXY}/{path}", content=b"x")
        assert (refused.status_code, refused.json()["error_code"]) == (400, "INVALID_PARAMETER_VALUE")
    assert client.get(f"{PROXY}/a/b").content == b"hello"


def test_a_directory_cannot_be_downloaded(client: httpx.Client) -> None:
    put(client, "a/b")
    refused = client.get(f"{PROXY}/a")
    assert (refused.status_code, "directory" in refused.json()["message"]) == (400, True)


@pytest.mark.parametrize("folders", [256, 1000, 2000])
def test_too_deep_a_path_is_refused_before_anything_is_made(client: httpx.Client, tmp_path: Path, folders: int) -> None:
    refused = client.put(f"{PROXY}/{'d/' * folders}file", content=b"x")
    assert refused.status_code == 400
    assert "at most 256 segments" in refused.json()["message"]
    assert not (tmp_path / "files" / "d").exists()


def test_a_deep_path_is_kept_found_and_removed(client: httpx.Client) -> None:
    deep = "d/" * 255 + "file"
    assert client.put(f"{PROXY}/{deep}", content=b"deep").status_code == 200
    assert client.get(f"{PROXY}/{deep}").content == b"deep"
    assert client.delete(f"{PROXY}/d").status_code == 200
    assert client.get(f"{PROXY}/{deep}").status_code == 404


def test_too_long_a_name_is_refused(client: httpx.Client) -> None:
    refused = client.put(f"{PROXY}/{'x' * 300}", content=b"x")
    assert (refused.status_code, refused.json()["error_code"]) == (400, "INVALID_PARAMETER_VALUE")


@pytest.mark.parametrize(
    ("asked", "status", "content", "place"),
    [
        ("bytes=0-3", 206, b"0123", "bytes 0-3/10"),
        ("bytes=4-", 206, b"456789", "bytes 4-9/10"),
        ("bytes=-3", 206, b"789", "bytes 7-9/10"),
        ("bytes=8-99", 206, b"89", "bytes 8-9/10"),
        ("bytes=-99", 206, b"0123456789", "bytes 0-9/10"),
        ("bytes=10-", 416, b"", "bytes */10"),
        ("bytes=-0", 416, b"", "bytes */10"),
        ("bytes=3-1", 200, b"0123456789", None),
        ("bytes=0-1,4-5", 200, b"0123456789", None),
        ("lines=0-1", 200, b"0123456789", None),
        ("bytes=-", 200, b"0123456789", None),
        ("bytes=99999999999999999999-", 200, b"0123456789", None),
    ],
)
def test_a_range_is_answered_with_that_part(
    client: httpx.Client, asked: str, status: int, content: bytes, place: str | None
) -> None:
    put(client, "digits", b"0123456789")
    answered = client.get(f"{PROXY}/digits", headers={"range": asked})
    assert (answered.status_code, answered.content) == (status, content)
    assert answered.headers.get("content-range") == place


def test_a_part_of_a_file_since_replaced_is_answered_with_the_whole(client: httpx.Client) -> None:
    put(client, "a", b"0123456789")
    headers = {"range": "bytes=5-", "if-range": client.get(f"{PROXY}/a").headers["etag"]}
    assert client.get(f"{PROXY}/a", headers=headers).content == b"56789"
    put(client, "a", b"abcdefghij")
    assert client.get(f"{PROXY}/a", headers=headers).content == b"abcdefghij"


def test_a_file_the_client_has_is_not_sent_again(client: httpx.Client) -> None:
    put(client, "a")
    first = client.get(f"{PROXY}/a").headers
    for condition in ({"if-none-match": first["etag"]}, {"if-modified-since": first["last-modified"]}):
        again = client.get(f"{PROXY}/a", headers=condition)
        assert (again.status_code, again.content) == (304, b"")
    for condition in (
        {"if-none-match": '"other"'},
        {"if-modified-since": "Mon, 01 Jan 2001 00:00:00 GMT"},
        {"if-modified-since": "soon"},
    ):
        assert client.get(f"{PROXY}/a", headers=condition).status_code == 200


def test_head_tells_the_size(client: httpx.Client) -> None:
    put(client, "a", b"0123456789")
    head = client.head(f"{PROXY}/a")
    assert (head.status_code, head.headers["content-length"], head.content) == (200, "10", b"")


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("a.json", "text/plain; charset=utf-8"),
        ("MLmodel", "text/plain; charset=utf-8"),
        ("a.py", "text/plain; charset=utf-8"),
        ("a.html", "text/html"),
        ("a.png", "image/png"),
        ("a.parquet7", "application/octet-stream"),
        ("noending", "application/octet-stream"),
    ],
)
def test_a_file_is_an_attachment_of_the_type_its_name_says(client: httpx.Client, name: str, kind: str) -> None:
    put(client, name)
    headers = client.get(f"{PROXY}/{name}").headers
    assert headers["content-type"] == kind
    assert headers["content-disposition"] == f'attachment; filename="{name}"'
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["content-security-policy"] == "sandbox"


def test_an_unusual_name_is_told_to_the_browser_safely(client: httpx.Client) -> None:
    put(client, 'sm"ile ☺.txt')
    told = client.get(f'{PROXY}/sm"ile ☺.txt').headers["content-disposition"]
    assert told == "attachment; filename=\"sm_ile _.txt\"; filename*=UTF-8''sm%22ile%20%E2%98%BA.txt"


def test_nothing_deletes_the_whole_destination(client: httpx.Client) -> None:
    put(client, "a")
    for path in ("", ".", "./"):
        assert client.delete(f"{PROXY}/{path}").status_code in (400, 404, 405)
    assert client.get(f"{PROXY}/a").status_code == 200


def test_a_file_on_its_way_in_is_seen_by_nobody(client: httpx.Client, tmp_path: Path) -> None:
    put(client, "a/whole")
    (tmp_path / "files" / "a" / ".artifact.uploading.0123").write_bytes(b"half")
    assert [info["path"] for info in client.get(PROXY, params={"path": "a"}).json()["files"]] == ["whole"]
    assert client.get(f"{PROXY}/a/.artifact.uploading.0123").status_code == 400


@pytest.mark.skipif(os.name == "nt", reason="permissions of POSIX systems")
def test_a_folder_that_cannot_be_written_is_named(
    client: httpx.Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(client, "a/b")
    (tmp_path / "files" / "a").chmod(0o500)
    if os.geteuid() == 0:  # permissions do not bind root, so the answer of any other account is given
        opened = os.open

        def bound(path: str, flags: int, mode: int = 0o777, *, dir_fd: int | None = None) -> int:
            if flags & os.O_CREAT:
                raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), path)
            return opened(path, flags, mode, dir_fd=dir_fd)

        monkeypatch.setattr(os, "open", bound)
    refused = client.put(f"{PROXY}/a/c", content=b"x")
    (tmp_path / "files" / "a").chmod(0o700)
    assert (refused.status_code, refused.json()["error_code"]) == (403, "PERMISSION_DENIED")


def test_a_runs_files_lie_below_its_root(client: httpx.Client, experiment_id: str, run_id: str) -> None:
    put(client, f"{experiment_id}/{run_id}/artifacts/model/weights.bin", b"12345")
    listed = client.get(f"{API}/artifacts/list", params={"run_id": run_id, "path": "model"}).json()
    assert listed["root_uri"] == f"mlflow-artifacts:/{experiment_id}/{run_id}/artifacts"
    assert [(info["path"], info["file_size"]) for info in listed["files"]] == [("model/weights.bin", 5)]
    assert client.get("/get-artifact", params={"run_id": run_id, "path": "model/weights.bin"}).content == b"12345"


def test_a_pasted_file_is_the_runs(client: httpx.Client, run_id: str) -> None:
    sent = client.post(
        "/ajax-api/2.0/mlflow/upload-artifact", params={"run_uuid": run_id, "path": "d/t.json"}, content=b"{}"
    )
    assert (sent.status_code, sent.content) == (200, b"")
    assert client.get("/get-artifact", params={"run_uuid": run_id, "path": "d/t.json"}).content == b"{}"


def test_a_pasted_file_has_a_limit(client: httpx.Client, run_id: str) -> None:
    refused = client.post(
        "/ajax-api/2.0/mlflow/upload-artifact",
        params={"run_uuid": run_id, "path": "big"},
        content=b"x" * ((10 << 20) + 1),
    )
    assert (refused.status_code, refused.json()["error_code"]) == (400, "INVALID_PARAMETER_VALUE")
    assert client.get("/get-artifact", params={"run_uuid": run_id, "path": "big"}).status_code == 404


def _run_at(client: httpx.Client, location: str) -> str:
    made = client.post(f"{API}/experiments/create", json={"name": location, "artifact_location": location}).json()
    run = client.post(f"{API}/runs/create", json={"experiment_id": made["experiment_id"]}).json()["run"]["info"]
    return str(run["run_id"])


def _write(folder: Path, run_id: str) -> None:
    place = folder / run_id / "artifacts"
    place.mkdir(parents=True)
    (place / "a.txt").write_text("theirs")


def test_a_run_elsewhere_on_the_servers_disk_is_not_opened(client: httpx.Client, tmp_path: Path) -> None:
    """Anybody may create an experiment whose files lie anywhere; the server lends nobody its eyes."""
    run_id = _run_at(client, (tmp_path / "elsewhere").as_uri())
    _write(tmp_path / "elsewhere", run_id)
    for refused in (
        client.get(f"{API}/artifacts/list", params={"run_id": run_id}),
        client.get("/get-artifact", params={"run_id": run_id, "path": "a.txt"}),
        client.post("/ajax-api/2.0/mlflow/upload-artifact", params={"run_id": run_id, "path": "b"}, content=b"x"),
    ):
        assert (refused.status_code, refused.json()["error_code"]) == (403, "PERMISSION_DENIED")
        assert "--artifact-roots" in refused.json()["message"]
    assert not (tmp_path / "elsewhere" / run_id / "artifacts" / "b").exists()


@pytest.mark.parametrize("setting", ["artifact_roots", "default_artifact_root"])
def test_a_run_below_a_configured_root_is_opened(tmp_path: Path, setting: str) -> None:
    root = tmp_path / "shared"
    value = (str(root),) if setting == "artifact_roots" else str(root)
    with client_of(tmp_path, **{setting: value}) as client:
        run_id = _run_at(client, (root / "speech").as_uri())
        _write(root / "speech", run_id)
        listed = client.get(f"{API}/artifacts/list", params={"run_id": run_id}).json()
        assert [info["path"] for info in listed["files"]] == ["a.txt"]
        assert client.get("/get-artifact", params={"run_id": run_id, "path": "a.txt"}).text == "theirs"


def test_a_run_of_a_client_without_server_is_opened(client: httpx.Client, tmp_path: Path) -> None:
    """`mlruns` beside the database is where MLflow's and kirok's clients put files by default."""
    run_id = _run_at(client, str(tmp_path / "mlruns" / "7"))
    _write(tmp_path / "mlruns" / "7", run_id)
    assert client.get("/get-artifact", params={"run_id": run_id, "path": "a.txt"}).text == "theirs"


@pytest.mark.parametrize(
    "location", ["s3://somebody/else", "http://169.254.169.254/latest", "ftp://a/b", "//evil/share"]
)
def test_a_run_at_another_place_is_not_opened(client: httpx.Client, location: str) -> None:
    run_id = _run_at(client, location)
    refused = client.get("/get-artifact", params={"run_id": run_id, "path": "a"})
    assert (refused.status_code, refused.json()["error_code"]) == (403, "PERMISSION_DENIED")


def test_a_proxied_root_cannot_climb(client: httpx.Client, secret: Path) -> None:
    run_id = _run_at(client, "mlflow-artifacts:/../..")
    refused = client.get("/get-artifact", params={"run_id": run_id, "path": "secret.txt"})
    assert refused.status_code == 400
    assert "secret" not in refused.text.replace("secret.txt", "")
