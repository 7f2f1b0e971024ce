"""Whole folders: many files in one request, zip archives, deletion."""

import io
import os
import sys
import zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event

import httpx
import pytest

from kirok.artifact_stores.local.store import LocalArtifacts
from kirok.artifact_stores.protocols import OpenFile
from kirok.entities.artifacts import ArtifactPath
from kirok.wire.bundles import MAX_FILE_BYTES, BundleReader, ending, framed, mentioned
from server.conftest import API
from server.in_process import client_of
from server.test_artifacts import OUTSIDE, PROXY, put

BUNDLE = "/api/kirok/mlflow-artifacts/bundle"
ZIP = "/api/kirok/mlflow-artifacts/zip"
TREE = {"a.txt": b"hello", "deep/er/ж 기록.json": b"{}" * 900, "deep/empty": b"", "weights.bin": os.urandom(200_000)}


def bundle(files: dict[str, bytes]) -> bytes:
    return b"".join(framed(path, content) for path, content in files.items()) + ending(len(files))


def send(client: httpx.Client, folder: str, body: bytes) -> httpx.Response:
    return client.post(BUNDLE, params={"path": folder}, content=body)


def fetched(client: httpx.Client, folder: str) -> dict[str, bytes | None]:
    reader = BundleReader()
    found = {file.path: file.content for file in reader.feed(client.get(BUNDLE, params={"path": folder}).content)}
    reader.close()
    return found


def unpacked(body: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(body)) as archive:
        assert archive.testzip() is None
        return {info.filename: archive.read(info) for info in archive.infolist()}


def test_a_bundle_is_stored_and_comes_back_whole(client: httpx.Client) -> None:
    sent = send(client, "runs/one", bundle(TREE))
    assert (sent.status_code, sent.json()) == (200, {"files": 4})
    assert fetched(client, "runs/one") == TREE
    assert client.get(f"{PROXY}/runs/one/deep/er/ж 기록.json").content == TREE["deep/er/ж 기록.json"]
    assert fetched(client, "") == {f"runs/one/{path}": content for path, content in TREE.items()}


def test_a_bundle_of_hundreds_of_files_keeps_them_apart(client: httpx.Client) -> None:
    files = {f"{number % 7}/{number}": os.urandom(number) for number in range(300)}
    assert send(client, "many", bundle(files)).json() == {"files": 300}
    assert fetched(client, "many") == files


def test_a_large_file_is_only_mentioned(client: httpx.Client) -> None:
    put(client, "a/big", b"x" * (MAX_FILE_BYTES + 1))
    put(client, "a/small", b"y")
    assert fetched(client, "a") == {"big": None, "small": b"y"}


def test_a_bundle_of_nothing_is_empty(client: httpx.Client) -> None:
    assert send(client, "a", bundle({})).json() == {"files": 0}
    assert fetched(client, "nowhere") == {}


@pytest.mark.parametrize("path", [*OUTSIDE, "", ".", ".artifact.uploading.1"])
def test_no_name_in_a_bundle_leaves_its_folder(client: httpx.Client, tmp_path: Path, path: str) -> None:
    refused = send(client, "folder", bundle({"before": b"1", path: b"2", "after": b"3"}))
    assert (refused.status_code, refused.json()["error_code"]) == (400, "INVALID_PARAMETER_VALUE")
    kept = [file.relative_to(tmp_path).as_posix() for file in (tmp_path / "files").rglob("*") if file.is_file()]
    if path:
        assert kept == ["files/folder/before"]
        assert "the first 1 are stored" in refused.json()["message"]
    else:
        assert kept in ([], ["files/folder/before"])


@pytest.mark.parametrize("path", OUTSIDE)
def test_no_folder_of_a_bundle_or_archive_leaves_the_destination(client: httpx.Client, path: str) -> None:
    for refused in (
        client.post(f"{BUNDLE}?path={path}", content=bundle({"a": b"x"})),
        client.get(f"{BUNDLE}?path={path}"),
        client.get(f"{ZIP}?path={path}"),
    ):
        assert (refused.status_code, refused.json()["error_code"]) == (400, "INVALID_PARAMETER_VALUE")


def test_a_file_that_cannot_be_stored_stops_the_rest_and_is_named(client: httpx.Client) -> None:
    put(client, "f/taken/inner")
    refused = send(client, "f", bundle({"one": b"1", "two": b"2", "taken": b"3", "after": b"4"}))
    assert refused.status_code == 400
    assert "'f/taken' is a directory" in refused.json()["message"]
    assert "the first 2 are stored" in refused.json()["message"]
    assert fetched(client, "f") == {"one": b"1", "two": b"2", "taken/inner": b"hello"}


@pytest.mark.parametrize("end", [-1, -20, 30, 0])
def test_a_bundle_that_breaks_off_is_refused_and_says_what_came(client: httpx.Client, end: int) -> None:
    body = bundle({"a": b"1" * 100, "b": b"2" * 100})
    refused = send(client, "f", body[:end])
    assert (refused.status_code, "broke off" in refused.json()["message"]) == (400, True)
    stored = len(fetched(client, "f"))
    assert f"the first {stored} are stored" in refused.json()["message"]


def test_damage_on_the_way_is_noticed(client: httpx.Client) -> None:
    refused = send(client, "f", bundle({"a": b"12345", "b": b"67890"}).replace(b"67890", b"67899"))
    assert (refused.status_code, "'b' was damaged" in refused.json()["message"]) == (400, True)
    assert fetched(client, "f") == {"a": b"12345"}


def test_an_archive_holds_the_folder_as_it_is(client: httpx.Client) -> None:
    send(client, "x/y", bundle(TREE))
    answered = client.get(ZIP, params={"path": "x/y"})
    assert answered.headers["content-type"] == "application/zip"
    assert answered.headers["content-disposition"] == 'attachment; filename="y.zip"'
    assert unpacked(answered.content) == TREE
    assert unpacked(client.get(ZIP, params={"path": "x"}).content) == {f"y/{path}": TREE[path] for path in TREE}
    head = client.head(ZIP, params={"path": "x/y"})
    assert (head.status_code, head.content, head.headers["content-type"]) == (200, b"", "application/zip")


@pytest.mark.skipif(os.name == "nt", reason="making links needs rights there")
def test_links_that_lead_back_up_have_an_end(client: httpx.Client, tmp_path: Path) -> None:
    put(client, "a/deep/x")
    put(client, "b/y")
    files = tmp_path / "files"
    (files / "a" / "deep" / "up").symlink_to(files / "a")
    (files / "a" / "self").symlink_to(files / "a")
    (files / "a" / "over").symlink_to(files / "b")
    (files / "b" / "back").symlink_to(files / "a")
    expected = {"deep/x": b"hello", "over/y": b"hello"}
    assert fetched(client, "a") == expected
    assert unpacked(client.get(ZIP, params={"path": "a"}).content) == expected


def test_an_archive_of_a_run_is_named_after_it(client: httpx.Client, experiment_id: str, run_id: str) -> None:
    put(client, f"{experiment_id}/{run_id}/artifacts/model/weights.bin", b"12345")
    whole = client.get("/api/kirok/artifacts/zip", params={"run_id": run_id})
    assert unpacked(whole.content) == {"model/weights.bin": b"12345"}
    assert f'filename="run-{run_id}.zip"' in whole.headers["content-disposition"]
    part = client.get("/api/kirok/artifacts/zip", params={"run_id": run_id, "path": "model"})
    assert unpacked(part.content) == {"weights.bin": b"12345"}


def test_an_archive_of_nothing_is_not_found(client: httpx.Client) -> None:
    put(client, "file")
    for path in ("nowhere", "file"):
        for method in ("GET", "HEAD"):
            assert client.request(method, ZIP, params={"path": path}).status_code == 404


def test_a_file_cut_short_while_it_is_sent_leaves_no_whole_archive(
    client: httpx.Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A status cannot be taken back, so the archive lacks its end, and every reader notices."""
    put(client, "f/a", b"1")
    put(client, "f/b", os.urandom(600_000))
    opened, times = LocalArtifacts.open, iter([False, True])  # to look at, then to send

    def cutting(store: LocalArtifacts, path: ArtifactPath) -> OpenFile:
        file = opened(store, path)
        if path.name == "b" and next(times):
            os.truncate(tmp_path / "files" / "f" / "b", 300_000)
        return file

    monkeypatch.setattr(LocalArtifacts, "open", cutting)
    content = client.get(ZIP, params={"path": "f"}).content
    assert len(content) > 100
    assert not zipfile.is_zipfile(io.BytesIO(content))


def test_a_run_loses_what_is_deleted_and_nothing_else(client: httpx.Client, experiment_id: str, run_id: str) -> None:
    root = f"{experiment_id}/{run_id}/artifacts"
    for path in ("model/weights.bin", "model/deep/a", "models", "b.txt"):
        put(client, f"{root}/{path}")
    for path in ("model", "b.txt", "nothing"):
        gone = client.post("/api/kirok/artifacts/delete", json={"run_id": run_id, "path": path})
        assert (gone.status_code, gone.json()) == (200, {})
    assert fetched(client, root) == {"models": b"hello"}


@pytest.mark.parametrize("path", [*OUTSIDE, "", "."])
def test_nothing_outside_a_run_is_deleted_nor_all_of_it(
    client: httpx.Client, experiment_id: str, run_id: str, path: str
) -> None:
    put(client, f"{experiment_id}/{run_id}/artifacts/a")
    refused = client.post("/api/kirok/artifacts/delete", json={"run_id": run_id, "path": path})
    assert (refused.status_code, refused.json()["error_code"]) == (400, "INVALID_PARAMETER_VALUE")
    assert fetched(client, f"{experiment_id}/{run_id}/artifacts") == {"a": b"hello"}


def test_a_server_that_serves_no_artifacts_takes_no_bundles(tmp_path: Path) -> None:
    with client_of(tmp_path, serve_artifacts=False) as client:
        for refused in (send(client, "a", bundle(TREE)), client.get(BUNDLE), client.get(ZIP)):
            assert refused.status_code == 503
        assert client.get("/api/3.0/mlflow/server-info").json()["artifact_bundles_enabled"] is False


def test_lists_tell_sizes_and_times(client: httpx.Client, experiment_id: str, run_id: str, tmp_path: Path) -> None:
    root = f"{experiment_id}/{run_id}/artifacts"
    put(client, f"{root}/a.txt", b"12345")
    put(client, f"{root}/folder/b.txt")
    os.utime(tmp_path / "files" / root / "a.txt", ns=(0, 1_700_000_000_123_456_789))
    run = client.get(f"{API}/artifacts/list", params={"run_id": run_id}).json()["files"]
    proxied = client.get(PROXY, params={"path": root}).json()["files"]
    assert run == proxied
    assert run[0] == {"path": "a.txt", "is_dir": False, "file_size": 5, "modified_ms": 1_700_000_000_123}
    assert {"path": run[1]["path"], "is_dir": run[1]["is_dir"]} == {"path": "folder", "is_dir": True}


def test_a_list_stays_right_while_files_are_renamed_and_removed(client: httpx.Client, tmp_path: Path) -> None:
    put(client, "f/steady")
    folder = tmp_path / "files" / "f"
    over = Event()

    def stir() -> None:
        number = 0
        while not over.is_set():
            number += 1
            (folder / f"a{number}").write_bytes(b"x")
            (folder / f"a{number}").rename(folder / "b")
            (folder / "b").unlink()

    with ThreadPoolExecutor(1) as threads:
        stirring = threads.submit(stir)
        try:
            for _ in range(60):
                listed = client.get(PROXY, params={"path": "f"}).json()["files"]
                assert [info["file_size"] for info in listed if info["path"] == "steady"] == [5]
                assert fetched(client, "f")["steady"] == b"hello"
        finally:
            over.set()
        stirring.result()


def test_a_bundle_cannot_mention_what_it_does_not_hold(client: httpx.Client) -> None:
    client.put(f"{PROXY}/kept.bin", content=b"what was there")
    refused = client.post(BUNDLE, content=mentioned("kept.bin", 1 << 30) + ending(1))
    assert refused.status_code == 400
    assert "without its content" in refused.json()["message"]
    assert client.get(f"{PROXY}/kept.bin").content == b"what was there"


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="names that are no text")
def test_a_name_that_is_no_text_hides_nothing_beside_it(client: httpx.Client, tmp_path: Path) -> None:
    folder = tmp_path / "files" / "odd"
    folder.mkdir(parents=True)
    (folder / "plain.txt").write_bytes(b"plain")
    Path(os.fsdecode(os.fsencode(folder) + b"/caf\xe9.txt")).write_bytes(b"Latin-1")
    listed = client.get(PROXY, params={"path": "odd"}).json()["files"]
    assert [file["path"] for file in listed] == ["caf\\udce9.txt", "plain.txt"]
    with zipfile.ZipFile(io.BytesIO(client.get(ZIP, params={"path": "odd"}).content)) as archive:
        assert {name: archive.read(name) for name in archive.namelist()} == {
            "caf?.txt": b"Latin-1",
            "plain.txt": b"plain",
        }
    bundle = client.get(BUNDLE, params={"path": "odd"})
    assert bundle.headers["cache-control"] == "no-cache"
    assert [file.path for file in BundleReader().feed(bundle.content)] == ["caf\\udce9.txt", "plain.txt"]
