"""The place where a server keeps files is missing, away, closed or read only: what it says, and when it heals."""

import http.client
import json
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from object_servers import MotoServer, running
from running_servers import free_port, kirok_server, plain_environment, stop

_DENIED = b"<?xml version='1.0'?><Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>"


def health(address: str) -> Any:
    """What the server says of itself."""
    with urllib.request.urlopen(f"{address}/api/kirok/health", timeout=30) as answer:
        return json.load(answer)


def place_of(address: str) -> Any:
    """What it says of its one place for files."""
    (place,) = health(address)["artifacts"]
    return place


def wait_until(condition: Callable[[], bool], within_s: float = 60) -> None:
    deadline = time.monotonic() + within_s
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.1)


def ended(folder: Path, *options: str, env: Mapping[str, str]) -> "subprocess.CompletedProcess[str]":
    """A server that ends by itself."""
    return subprocess.run(
        [sys.executable, "-m", "kirok.cli", "server", "--port", str(free_port()), *options],
        cwd=folder,
        env=plain_environment(**env),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@contextmanager
def denying(server: MotoServer, method: str) -> Iterator[str]:
    """The address of an S3 that refuses one method: moto behind a gate."""

    class Gate(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def handle_one_request(self) -> None:
            self.raw_requestline = self.rfile.readline(65537)
            if not self.raw_requestline or not self.parse_request():
                self.close_connection = True
                return
            body = self.rfile.read(int(self.headers.get("content-length", 0)))
            is_delete = self.command == "DELETE" or (self.command == "POST" and self.path.endswith("?delete"))
            if self.command == method or (method == "DELETE" and is_delete):
                self._reply(403, {"content-type": "application/xml"}, _DENIED)
                return
            far = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
            far.request(self.command, self.path, body, dict(self.headers))
            answer = far.getresponse()
            self._reply(answer.status, dict(answer.getheaders()), answer.read())
            far.close()

        def _reply(self, status: int, headers: Mapping[str, str], body: bytes) -> None:
            self.send_response_only(status)
            for name, value in headers.items():
                if name.lower() not in ("content-length", "transfer-encoding", "connection"):
                    self.send_header(name, value)
            length = headers.get("Content-Length", len(body)) if self.command == "HEAD" else len(body)
            self.send_header("content-length", str(length))
            self.end_headers()
            self.wfile.write(b"" if self.command == "HEAD" else body)

    gate = ThreadingHTTPServer(("127.0.0.1", 0), Gate)
    gate.daemon_threads = True
    Thread(target=gate.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{gate.server_port}"
    finally:
        gate.shutdown()
        gate.server_close()


def test_a_bucket_that_works_is_told_and_left_empty(tmp_path: Path, moto_server: MotoServer) -> None:
    bucket = moto_server.create("works")
    with kirok_server(tmp_path, "--artifacts-destination", bucket.uri, env=bucket.environment()) as server:
        wait_until(lambda: place_of(server.address)["status"] == "ok")
        assert health(server.address)["status"] == "ok"
        assert moto_server.objects("works") == {}
        wait_until(lambda: f"{bucket.uri}: a file was written, read and deleted." in server.log.read_text())


def test_a_missing_bucket_is_named_with_its_mend_and_found_once_it_is_there(
    tmp_path: Path, moto_server: MotoServer
) -> None:
    bucket = moto_server.named("missing")
    with kirok_server(tmp_path, "--artifacts-destination", bucket.uri, env=bucket.environment()) as server:
        wait_until(lambda: place_of(server.address)["status"] == "failed")
        assert health(server.address)["status"] == "failed"
        said = place_of(server.address)["message"]
        assert "does not exist" in said
        assert "--create-bucket" in said
        moto_server.create("missing")
        wait_until(lambda: place_of(server.address)["status"] == "ok")
    warned = [line for line in server.log.read_text().splitlines() if line.startswith("Warning: ")]
    assert len(warned) == 1  # said once, however often it was tried
    assert bucket.uri in warned[0]


def test_a_missing_bucket_is_made_on_request(tmp_path: Path, moto_server: MotoServer) -> None:
    bucket, root = moto_server.named("made"), moto_server.named("made-for-clients")
    options = ["--create-bucket", "--artifacts-destination", bucket.uri, "--default-artifact-root", root.uri]
    with kirok_server(tmp_path, *options, env=bucket.environment()) as server:
        wait_until(lambda: [place["status"] for place in health(server.address)["artifacts"]] == ["ok", "ok"])
        assert server.log.read_text().count("the bucket was made") == 2
    assert moto_server.objects("made") == moto_server.objects("made-for-clients") == {}


def test_a_store_that_is_away_holds_nobody_up_and_is_found_when_it_comes(tmp_path: Path) -> None:
    with running(MotoServer) as store:
        bucket = store.named("later")
        store.stop()
        with kirok_server(tmp_path, "--artifacts-destination", bucket.uri, env=bucket.environment()) as server:
            assert place_of(server.address)["status"] in ("unknown", "failed")
            with urllib.request.urlopen(f"{server.address}/health") as answer:
                assert answer.read() == b"OK"
            wait_until(lambda: place_of(server.address)["status"] == "failed", within_s=120)
            store.start()
            store.create("later")
            wait_until(lambda: place_of(server.address)["status"] == "ok", within_s=120)
            assert stop(server.process) == 0


@pytest.mark.parametrize("check", ["warn", "strict"])
def test_a_denied_delete_is_a_warning(tmp_path: Path, moto_server: MotoServer, check: str) -> None:
    bucket = moto_server.create(f"keeps-{check}")
    with denying(moto_server, "DELETE") as address:
        env = bucket.environment(MLFLOW_S3_ENDPOINT_URL=address)
        options = ["--artifacts-destination", bucket.uri, "--check-artifacts", check]
        with kirok_server(tmp_path, *options, env=env) as server:
            wait_until(lambda: place_of(server.address)["status"] == "warning")
            assert health(server.address)["status"] == "warning"
            assert "not deleted" in place_of(server.address)["message"]
            assert server.process.poll() is None
    (left,) = moto_server.objects(f"keeps-{check}")
    assert left.removeprefix("artifacts/") in server.log.read_text()


def test_a_denied_write_is_a_failure(tmp_path: Path, moto_server: MotoServer) -> None:
    bucket = moto_server.create("closed")
    with denying(moto_server, "PUT") as address:
        env = bucket.environment(MLFLOW_S3_ENDPOINT_URL=address)
        with kirok_server(tmp_path, "--artifacts-destination", bucket.uri, env=env) as server:
            wait_until(lambda: place_of(server.address)["status"] == "failed")
            assert "nothing can be written there" in place_of(server.address)["message"]


def test_a_strict_server_ends_with_the_reason(tmp_path: Path, moto_server: MotoServer) -> None:
    bucket = moto_server.named("strictly-missing")
    answer = ended(
        tmp_path, "--artifacts-destination", bucket.uri, "--check-artifacts", "strict", env=bucket.environment()
    )
    assert answer.returncode == 1
    (line,) = answer.stderr.splitlines()
    assert "--create-bucket" in line
    assert "strict" in line


def test_a_strict_server_of_several_processes_ends_with_the_reason(
    tmp_path: Path, moto_server: MotoServer, postgresql_uri: str
) -> None:
    bucket = moto_server.named("strictly-missing")
    options = ["--backend-store-uri", postgresql_uri, "--workers", "2", "--artifacts-destination", bucket.uri]
    answer = ended(tmp_path, *options, env=bucket.environment(KIROK_CHECK_ARTIFACTS="strict"))
    assert answer.returncode == 1
    assert "--create-bucket" in answer.stderr.splitlines()[-1]
    assert "Traceback" not in answer.stderr


def test_nothing_is_tried_where_nobody_wants_it(tmp_path: Path, moto_server: MotoServer) -> None:
    bucket = moto_server.named("unasked")
    options = ["--artifacts-destination", bucket.uri, "--check-artifacts", "off"]
    with kirok_server(tmp_path, *options, env=bucket.environment()) as server:
        assert place_of(server.address)["status"] == "unknown"
        assert health(server.address)["status"] == "ok"
    assert "Warning" not in server.log.read_text()


def test_health_tells_of_folder_database_and_versions(tmp_path: Path) -> None:
    with kirok_server(tmp_path) as server:
        wait_until(lambda: place_of(server.address)["status"] in ("ok", "warning"))
        told = health(server.address)
    assert told["mlflow"] == "3.17.2"
    assert told["uptime_s"] > 0
    assert told["database"]["status"] == "ok"
    assert told["artifacts"][0]["location"] == "./mlartifacts"
    assert told["artifacts"][0]["free_bytes"] > 0
