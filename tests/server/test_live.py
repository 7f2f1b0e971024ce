"""The server as a process, over real sockets."""

import contextlib
import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from running_servers import RunningServer, free_port, kirok_server, plain_environment, stop
from server.conftest import API

PROXY = "/api/2.0/mlflow-artifacts/artifacts"
BIG_BYTES = 256 << 20
MAY_GROW_BYTES = 64 << 20


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    """One server for the module."""
    with kirok_server(tmp_path_factory.mktemp("live")) as running:
        yield running


@pytest.fixture
def client(running: RunningServer) -> Iterator[httpx.Client]:
    """Its client."""
    with httpx.Client(base_url=running.address, timeout=60) as client:
        yield client


def connected(running: RunningServer) -> socket.socket:
    host, port = running.address.removeprefix("http://").split(":")
    return socket.create_connection((host, int(port)), timeout=30)


def reply_of(connection: socket.socket) -> bytes:
    received = b""
    while b"\r\n\r\n" not in received:
        received += connection.recv(65536)
    head, _, body = received.partition(b"\r\n\r\n")
    length = int(re.search(rb"content-length: (\d+)", head.lower())[1])  # type: ignore[index]  # there always is one
    while len(body) < length:
        body += connection.recv(65536)
    return head + b"\r\n\r\n" + body


def memory_bytes(running: RunningServer) -> int:
    """The most the process ever held."""
    status = Path(f"/proc/{running.process.pid}/status").read_text()
    return int(re.search(r"VmHWM:\s+(\d+) kB", status)[1]) * 1024  # type: ignore[index]  # Linux writes it


needs_proc = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")


@needs_proc
def test_a_large_file_passes_both_ways_in_constant_memory(running: RunningServer, client: httpx.Client) -> None:
    piece = os.urandom(1 << 20)
    pieces = BIG_BYTES // len(piece)
    client.get("/health")
    before = memory_bytes(running)
    sent = client.put(
        f"{PROXY}/big", content=(piece for _ in range(pieces)), headers={"content-length": str(BIG_BYTES)}
    )
    assert sent.status_code == 200
    with client.stream("GET", f"{PROXY}/big") as answered:
        assert answered.headers["content-length"] == str(BIG_BYTES)
        received = bytearray()
        size = 0
        for part in answered.iter_raw():
            received += part
            size += len(part)
            while len(received) >= len(piece):
                assert received[: len(piece)] == piece
                del received[: len(piece)]
    assert size == BIG_BYTES
    assert memory_bytes(running) - before < MAY_GROW_BYTES
    client.delete(f"{PROXY}/big")


def test_a_body_of_unknown_length_is_stored(client: httpx.Client) -> None:
    assert client.put(f"{PROXY}/chunked", content=(b"part " for _ in range(1000))).status_code == 200
    assert client.get(f"{PROXY}/chunked").content == b"part " * 1000
    made = client.post(
        f"{API}/experiments/create",
        content=iter([b'{"na', b'me": "in pieces"}']),
        headers={"content-type": "application/json"},
    )
    assert made.status_code == 200


def test_what_a_client_began_and_left_is_not_there(running: RunningServer, client: httpx.Client) -> None:
    client.put(f"{PROXY}/left/before", content=b"before")
    for path, framing in (
        ("left/half", b"Content-Length: 4000000\r\n\r\n" + b"x" * 2_000_000),
        ("left/before", b"Content-Length: 4000000\r\n\r\n" + b"x" * 2_000_000),
        ("left/chunks", b"Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n"),
    ):
        with connected(running) as connection:
            connection.sendall(f"PUT {PROXY}/{path} HTTP/1.1\r\nHost: localhost\r\n".encode() + framing)
    with connected(running) as connection:
        body = b'{"name": "half an experiment"'
        connection.sendall(
            f"POST {API}/experiments/create HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
            f"Content-Length: {len(body) + 1}\r\n\r\n".encode()
            + body
        )
    folder = Path(running.log).parent / "mlartifacts" / "left"
    wait_until(lambda: [path.name for path in folder.iterdir()] == ["before"])
    assert client.get(f"{PROXY}/left/before").content == b"before"
    named = client.get(f"{API}/experiments/get-by-name", params={"experiment_name": "half an experiment"})
    assert named.status_code == 404


def wait_until(condition: object, within_s: float = 20) -> None:
    deadline = time.monotonic() + within_s
    while not condition():  # type: ignore[operator]  # any callable
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_requests_sent_at_once_are_answered_in_turn(running: RunningServer) -> None:
    with connected(running) as connection:
        connection.sendall(
            b"GET /health HTTP/1.1\r\nHost: localhost\r\n\r\nGET /version HTTP/1.1\r\nHost: localhost\r\n\r\n"
        )
        received = b""
        while b"3.17.2" not in received:
            received += connection.recv(65536)
        assert received.index(b"OK") < received.index(b"3.17.2")


def test_a_connection_outlives_a_refusal(running: RunningServer) -> None:
    with connected(running) as connection:
        for _ in range(2):
            connection.sendall(
                f"PUT {PROXY}/%2e%2e/x HTTP/1.1\r\nHost: localhost\r\nContent-Length: 300000\r\n\r\n".encode()
                + b"x" * 300_000
            )
            assert reply_of(connection).startswith(b"HTTP/1.1 400")


def test_a_doubtful_length_is_refused(running: RunningServer) -> None:
    """Two framings in one request are how requests are smuggled past a proxy."""
    with connected(running) as connection:
        connection.sendall(
            f"POST {API}/experiments/create HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4\r\n"
            "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n".encode()
        )
        assert connection.recv(100).startswith(b"HTTP/1.1 400")


@needs_proc
def test_answers_leave_at_once_and_clients_that_vanish_are_noticed(running: RunningServer) -> None:
    """Without TCP_NODELAY each small answer waits up to 40 ms for the client's acknowledgement; without SO_KEEPALIVE
    the connection of a machine that lost its power stays open for good.
    """
    with connected(running) as connection:
        connection.sendall(b"GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n")
        reply_of(connection)
        accepted = [pidfd_socket(running.process.pid, number) for number in socket_numbers(running.process.pid)]
        mine = connection.getsockname()
        theirs = [found for found in accepted if found is not None and peer_of(found) == mine]
        assert len(theirs) == 1
        assert theirs[0].getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY) != 0
        assert theirs[0].getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE) != 0
        for found in accepted:
            if found is not None:
                found.close()


def socket_numbers(pid: int) -> list[int]:
    """The descriptors of a process that are sockets; those it closes meanwhile are left out."""
    numbers = []
    for entry in Path(f"/proc/{pid}/fd").iterdir():
        with contextlib.suppress(FileNotFoundError):
            if str(os.readlink(entry)).startswith("socket:"):
                numbers.append(int(entry.name))
    return numbers


def peer_of(connection: socket.socket) -> object:
    try:
        return connection.getpeername()
    except OSError:
        return None


def pidfd_socket(pid: int, number: int) -> socket.socket | None:
    """Another process's socket, through Linux's pidfd_getfd; skips where that is not allowed."""
    import ctypes

    pidfd = os.pidfd_open(pid)
    try:
        libc = ctypes.CDLL(None, use_errno=True)
        found = libc.syscall(438, pidfd, number, 0)  # pidfd_getfd, the same number on every architecture
        if found < 0:
            pytest.skip(f"pidfd_getfd: {os.strerror(ctypes.get_errno())}")
        try:
            return socket.socket(fileno=found)
        except OSError:
            return None
    finally:
        os.close(pidfd)


def test_sigterm_ends_it_cleanly_and_leaves_one_whole_file(tmp_path: Path) -> None:
    with kirok_server(tmp_path) as running:
        made = httpx.post(f"{running.address}{API}/experiments/create", json={"name": "kept"})
        assert made.status_code == 200
        assert stop(running.process) == 0
    assert sorted(path.name for path in tmp_path.glob("mlflow.db*") if not path.name.endswith(".lock")) == ["mlflow.db"]


def refused_start(folder: Path, *options: str) -> str:
    """What `kirok server` prints where it cannot start."""
    ended = subprocess.run(
        [sys.executable, "-m", "kirok.cli", "server", *options],
        cwd=folder,
        env=plain_environment(),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ended.returncode != 0
    assert "Traceback" not in ended.stderr
    return ended.stderr.strip()


def test_a_taken_port_is_named(running: RunningServer, tmp_path: Path) -> None:
    port = running.address.rpartition(":")[2]
    said = refused_start(tmp_path, "--port", port)
    assert port in said
    assert "--port" in said
    assert not (tmp_path / "mlflow.db").exists()


def test_a_second_server_on_one_file_is_refused(running: RunningServer, tmp_path: Path) -> None:
    database = Path(running.log).parent / "mlflow.db"
    said = refused_start(tmp_path, "--port", str(free_port()), "--backend-store-uri", f"sqlite:///{database}")
    assert "mlflow.db" in said


@pytest.mark.parametrize("uri", ["nonsense://x", "sqlite://mlflow.db", "sqlite:///no/such/folder/mlflow.db"])
def test_an_unusable_database_uri_is_named(tmp_path: Path, uri: str) -> None:
    said = refused_start(tmp_path, "--port", str(free_port()), "--backend-store-uri", uri)
    assert len([line for line in said.splitlines() if "Error" in line]) == 1


def test_an_artifact_server_makes_no_database(tmp_path: Path) -> None:
    with kirok_server(tmp_path, "--artifacts-only") as running:
        assert httpx.put(f"{running.address}{PROXY}/a", content=b"x").status_code == 200
    assert list(tmp_path.glob("*.db")) == []


def test_a_host_of_another_machine_is_refused(tmp_path: Path) -> None:
    said = refused_start(tmp_path, "--port", str(free_port()), "--host", "192.0.2.1")
    assert "--host" in said
