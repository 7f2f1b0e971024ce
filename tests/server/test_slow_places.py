"""A place for files that does not answer holds up nobody who does not ask for files, and not the end of the server."""

import socket
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from running_servers import kirok_server, stop
from server.conftest import API

PROXY = "/api/2.0/mlflow-artifacts/artifacts"
MORE_THAN_THREADS = 40


@pytest.fixture
def silent_store() -> Iterator[str]:
    """The address of a server that takes every request and answers none."""
    held: list[socket.socket] = []

    def accept() -> None:
        while True:
            try:
                held.append(listener.accept()[0])
            except OSError:
                return

    with socket.create_server(("127.0.0.1", 0), backlog=100) as listener:
        threading.Thread(target=accept, daemon=True).start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        listener.shutdown(socket.SHUT_RDWR)
    for one in held:
        one.close()


def test_runs_are_answered_for_while_the_store_of_files_is_not(tmp_path: Path, silent_store: str) -> None:
    environment = {
        "AWS_ACCESS_KEY_ID": "anybody",
        "AWS_SECRET_ACCESS_KEY": "anything",
        "AWS_REGION": "us-east-1",
        "MLFLOW_S3_ENDPOINT_URL": silent_store,
    }
    options = ("--artifacts-destination", "s3://bucket/files", "--check-artifacts", "off")
    with kirok_server(tmp_path, *options, env=environment) as running:
        host, port = running.address.removeprefix("http://").split(":")
        waiting = [socket.create_connection((host, int(port))) for _ in range(MORE_THAN_THREADS)]
        for number, connection in enumerate(waiting):
            method, body = (("GET", ""), ("PUT", "Content-Length: 1\r\n"))[number % 2]
            head = f"{method} {PROXY}/{number} HTTP/1.1\r\nHost: localhost\r\n{body}\r\n"
            connection.sendall(head.encode() + (b"x" if body else b""))
        with httpx.Client(base_url=running.address, timeout=30) as client:
            run = client.post(f"{API}/runs/create", json={"experiment_id": "0"}).json()["run"]["info"]["run_id"]
            assert client.get(f"{API}/runs/get", params={"run_id": run}).status_code == 200
            assert client.post(f"{API}/runs/search", json={"experiment_ids": ["0"]}).status_code == 200
        stop(running.process)  # which waits for the end, and not for ever
        for connection in waiting:
            connection.close()


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")
def test_a_server_may_hold_as_many_connections_as_its_account_may(tmp_path: Path) -> None:
    import resource

    before, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(512, before), most))
    try:
        with kirok_server(tmp_path) as running:
            soft, _ = resource.prlimit(running.process.pid, resource.RLIMIT_NOFILE)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (before, most))
    assert soft == min(most, 65_536)
