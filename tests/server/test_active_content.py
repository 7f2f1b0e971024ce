"""What could act in a browser is a file to save, and a row that names a place is no reason to go there."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Thread
from urllib.parse import quote

import httpx
import pytest

from kirok.wire.artifact_endpoints import ARTIFACT_ENDPOINTS
from kirok.wire.endpoint import Endpoint
from kirok.wire.names import NamesRun
from server.attacks import requests
from server.conftest import API
from server.in_process import client_of

PROXY = "/api/2.0/mlflow-artifacts/artifacts"
ACTIVE = {
    "page.html": b"<script>alert(document.cookie)</script>",
    "page.htm": b"<script>alert(1)</script>",
    "page.xhtml": b"<html xmlns='http://www.w3.org/1999/xhtml'><script>alert(1)</script></html>",
    "drawing.svg": b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>",
    "data.xml": b"<?xml-stylesheet href='x.xsl' type='text/xsl'?><a/>",
    "style.xsl": b"<xsl:stylesheet version='1.0'/>",
    "paper.pdf": b"%PDF-1.7 /OpenAction",
    "code.js": b"alert(1)",
    "code.mjs": b"alert(1)",
    "code.wasm": b"\0asm",
    "mail.mhtml": b"MIME-Version: 1.0",
    "applet.swf": b"FWS",
    "site.webmanifest": b"{}",
    "worker": b"self.onfetch = alert",
    "notes.txt": b"<html><script>alert(1)</script>",
    "picture.png": b"<html><script>alert(1)</script>",
}
BYTES = [row for row in ARTIFACT_ENDPOINTS if row.response is bytes]


def asked(client: httpx.Client, row: Endpoint, run_id: str, folder: str, name: str) -> httpx.Response:
    """A request for the bytes of a file, or of the folder that it lies in."""
    inner = f"d/{name}"
    if "{path}" in row.path:
        return client.get(row.api_path.replace("{path}", f"{folder}/{inner}"))
    of_run = issubclass(row.request, NamesRun)
    whole = inner if of_run else f"{folder}/{inner}"
    found = client.get(row.api_path, params={"run_id": run_id, "path": whole})
    if found.status_code == 404 or not found.content.count(ACTIVE[name]):
        found = client.get(row.api_path, params={"run_id": run_id, "path": whole.rpartition("/")[0]})
    return found


@pytest.mark.parametrize("row", BYTES, ids=lambda row: row.name)
def test_whatever_a_file_is_a_browser_only_saves_it(
    client: httpx.Client, experiment_id: str, run_id: str, row: Endpoint
) -> None:
    folder = f"{experiment_id}/{run_id}/artifacts"
    for name, content in ACTIVE.items():
        assert client.put(f"{PROXY}/{folder}/d/{name}", content=content).status_code == 200
        found = asked(client, row, run_id, folder, name)
        assert (found.status_code, len(found.content) > 0) == (200, True)
        assert found.headers["x-content-type-options"] == "nosniff"
        assert found.headers["content-disposition"].startswith("attachment;")
        assert found.headers["content-security-policy"] == "sandbox"
        assert found.headers["content-type"]


@pytest.mark.parametrize("headers", [{"range": "bytes=0-3"}, {"if-none-match": "*"}, {"range": "bytes=999-"}])
def test_nor_does_a_part_of_it_act(client: httpx.Client, headers: dict[str, str]) -> None:
    client.put(f"{PROXY}/page.html", content=ACTIVE["page.html"])
    found = client.get(f"{PROXY}/page.html", headers=headers)
    assert found.status_code in (206, 304, 416)
    assert found.headers["x-content-type-options"] == "nosniff"
    assert found.headers.get("content-security-policy") == "sandbox" or found.content == b""


@pytest.mark.parametrize("name", ['<img src=x onerror="alert(1)">.txt', "a<b>.html", "&lt;", "javascript:alert(1)"])
def test_a_name_is_text_wherever_it_is_told(client: httpx.Client, name: str) -> None:
    client.put(f"{PROXY}/d/{name}", content=b"x")
    listed = client.get(PROXY, params={"path": "d"})
    assert listed.headers["content-type"] == "application/json"
    assert [info["path"] for info in listed.json()["files"]] == [name]
    refused = client.get(f"{PROXY}/{name}/none")
    assert refused.status_code in (400, 404)
    assert refused.headers["content-type"] == "application/json"


@pytest.mark.parametrize(
    "name", ["a\r\nX-Injected: yes", 'a"; filename="b', "a;b=c", "é\u2028b", "\U0001f4a9", "%0d%0aX-Injected: y"]
)
def test_a_name_cannot_write_headers(client: httpx.Client, name: str) -> None:
    sent = client.put(f"{PROXY}/{quote(name, safe='')}", content=b"x")
    found = client.get(f"{PROXY}/{quote(name, safe='')}") if sent.status_code == 200 else sent
    assert found.status_code in (200, 400)
    assert "x-injected" not in found.headers
    told = found.headers.get("content-disposition", "")
    assert (told.count("filename="), told.isascii()) == (int(found.status_code == 200), True)


@contextmanager
def internal_service() -> Iterator[tuple[int, list[bytes]]]:
    """Something that listens on this machine alone, and what it was sent."""
    heard: list[bytes] = []
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()

        def hear() -> None:
            while True:
                try:
                    connection, _ = listener.accept()
                except OSError:
                    return
                with connection:
                    connection.settimeout(2)
                    heard.append(connection.recv(1000))

        thread = Thread(target=hear, daemon=True)
        thread.start()
        yield listener.getsockname()[1], heard
        listener.shutdown(socket.SHUT_RDWR)
    thread.join(5)


LOCATIONS = [
    "file:///etc",
    "/etc",
    "file://localhost/etc",
    "file:/etc",
    "//etc",
    "file://127.0.0.1/etc",
    "~/.ssh",
    "http://127.0.0.1:{port}/latest/meta-data",
    "https://127.0.0.1:{port}/",
    "http://169.254.169.254/latest/meta-data",
    "ftp://127.0.0.1:{port}/x",
    "sftp://me@127.0.0.1:{port}/x",
    "hdfs://127.0.0.1:{port}/x",
    "mlflow-artifacts://127.0.0.1:{port}/x/../../y",
    "s3://other/x",
    "s3://files",
    "s3://files/../other",
    "s3://shown?endpoint_url=http://127.0.0.1:{port}",
    "s3://shown@127.0.0.1:{port}/x",
    "s3://127.0.0.1:{port}/x",
    "s3://shown.evil/x",
    "s3://shownevil/x",
    "gs://shown/x",
    "wasbs://shown@127.0.0.1:{port}/x",
    "abfss://shown@127.0.0.1:{port}/x",
    "r2://shown@127.0.0.1:{port}/x",
    "b2://shown@127.0.0.1:{port}/x",
    "dbfs:/x",
    "models:/x/1",
    "nonsense://x",
]
OF_RUNS = [row for row in ARTIFACT_ENDPOINTS if issubclass(row.query or row.request, NamesRun)]


@pytest.mark.parametrize("location", LOCATIONS)
def test_no_row_sends_the_server_anywhere(tmp_path: Path, location: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Anybody may make an experiment whose files lie at any place, and ask the server for them."""
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    (tmp_path / "home" / ".ssh").mkdir(parents=True)
    with internal_service() as (port, heard):
        named = {"name": "x", "artifact_location": location.format(port=port)}
        # A bucket that is served: what is beside it, or called alike, is not.
        monkeypatch.setenv("MLFLOW_S3_ENDPOINT_URL", "http://192.0.2.1:9")
        with client_of(tmp_path, artifact_roots=("s3://shown/below",)) as client:
            made = client.post(f"{API}/experiments/create", json=named)
            if made.status_code != 200:
                assert made.json()["error_code"] == "INVALID_PARAMETER_VALUE"
                return
            asked = {"experiment_id": made.json()["experiment_id"]}
            run_id = client.post(f"{API}/runs/create", json=asked).json()["run"]["info"]["run_id"]
            for row in OF_RUNS:
                for sent in requests(row, "passwd", run_id):
                    target = sent.target.decode()
                    answer = client.request(
                        sent.method, target, content=sent.body, headers={"content-type": sent.content_type}
                    )
                    assert answer.status_code in (400, 403), (row.name, answer.text)
                    assert "root:" not in answer.text
        assert heard == []


@pytest.mark.parametrize(
    "server", ["http://127.0.0.1:{}/api/2.0/mlflow-artifacts/artifacts", "mlflow-artifacts://127.0.0.1:{}"]
)
def test_what_another_servers_proxy_keeps_is_not_fetched_from_it(tmp_path: Path, server: str) -> None:
    """Such a location means this server's own files, as it does in MLflow."""
    with internal_service() as (port, heard), client_of(tmp_path) as client:
        named = {"name": "x", "artifact_location": f"{server.format(port)}/x"}
        asked = {"experiment_id": client.post(f"{API}/experiments/create", json=named).json()["experiment_id"]}
        run_id = client.post(f"{API}/runs/create", json=asked).json()["run"]["info"]["run_id"]
        client.put(f"{PROXY}/x/{run_id}/artifacts/a.txt", content=b"ours")
        assert client.get("/get-artifact", params={"run_id": run_id, "path": "a.txt"}).text == "ours"
        assert heard == []
