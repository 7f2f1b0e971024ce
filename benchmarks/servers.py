"""A server under test: started on a store of its own, awaited, measured, stopped."""

import contextlib
import os
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

from benchmarks.exchanges import BadReply, ReplyReader, request
from benchmarks.peers import Peer
from benchmarks.processes import ProcessTree

START_PATIENCE_S = 180.0
# Idle: under 3 % of one core over this long.
IDLE_WINDOW_S = 2.0
IDLE_SHARE = 0.03


class ServerFailed(Exception):
    """The server ended or never answered; the message carries the end of its log."""


class Server:
    """A running server. `start_s` reaches from exec to the first 200 of /health."""

    def __init__(self, peer: Peer, program: Path, process: subprocess.Popen[bytes], port: int, directory: Path) -> None:
        self.peer = peer
        self.python = program.with_name("python")  # of the environment that has the peer's client
        self.port = port
        self.directory = directory
        self.tree = ProcessTree(process.pid)
        self.start_s = 0.0
        self._process = process

    def await_health(self) -> None:
        """Returns at the first 200 of /health. Raises ServerFailed when the process ends or time runs out."""
        started = time.perf_counter()
        while time.perf_counter() - started < START_PATIENCE_S:
            if self._process.poll() is not None:
                raise ServerFailed(f"{self.peer.name} ended with {self._process.returncode}:\n{self._log_end()}")
            if _is_healthy(self.port):
                self.start_s = time.perf_counter() - started
                return
            # Fine steps for those that start at once, coarse ones so as not to hinder those that don't.
            time.sleep(min(0.1, 0.002 + (time.perf_counter() - started) / 50))
        raise ServerFailed(f"{self.peer.name} gave no /health in {START_PATIENCE_S:.0f} s:\n{self._log_end()}")

    def await_idle(self, cap_s: float) -> float | None:
        """Waits until the tree is idle, or `cap_s`. The CPU seconds used before that; None without /proc."""
        deadline = time.monotonic() + cap_s
        samples: list[tuple[float, float]] = []
        while True:
            cpu_s = self.tree.cpu_s()
            if cpu_s is None:
                time.sleep(1.0)
                return None
            samples.append((now := time.monotonic(), cpu_s))
            while now - samples[0][0] > IDLE_WINDOW_S and now - samples[1][0] >= IDLE_WINDOW_S:
                samples.pop(0)
            span = now - samples[0][0]
            idle = span >= IDLE_WINDOW_S and cpu_s - samples[0][1] <= IDLE_SHARE * span
            if idle or now > deadline:
                return samples[0][1] if idle else cpu_s
            time.sleep(0.25)

    def stop(self) -> None:
        """SIGTERM, time to close its store, then SIGKILL to what is left of the tree."""
        self.tree.pids()
        self._process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(20)
        self.tree.kill()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(5)

    def _log_end(self) -> str:
        return (self.directory / "server.log").read_text(errors="replace")[-1500:]


@contextlib.contextmanager
def serve(peer: Peer, program: Path, directory: Path, env: Mapping[str, str] | None = None) -> Iterator[Server]:
    """Runs the server on `directory/store.db`, which may exist already; artifacts stay in the directory too.

    A server on PostgreSQL runs on the database whose URI stands in `directory/store.uri`.
    """
    directory.mkdir(parents=True, exist_ok=True)
    port = _free_port()
    store = directory / "store.db"
    uri = f"sqlite:///{store}" if peer.backend == "sqlite" else _with_driver(peer, directory / "store.uri")
    options = [option.format(port=port, store=store, uri=uri) for option in peer.options]
    environment = os.environ | {"MLFLOW_DISABLE_TELEMETRY": "true", "DO_NOT_TRACK": "true"} | dict(env or {})
    with (directory / "server.log").open("wb") as log:
        process = subprocess.Popen(
            [str(program), *options],
            cwd=directory,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    server = Server(peer, program, process, port, directory)
    try:
        server.await_health()
        yield server
    finally:
        server.stop()


def _with_driver(peer: Peer, file: Path) -> str:
    # SQLAlchemy's default driver for PostgreSQL is another one.
    driver = "+psycopg" if peer.program == "mlflow" else ""
    return file.read_text().replace("postgresql://", f"postgresql{driver}://")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _is_healthy(port: int) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=5) as connection:
            connection.sendall(request("GET", "/health"))
            reader = ReplyReader()
            while data := connection.recv(4096):
                if reply := reader.feed(data):
                    return reply.status == 200
    except (OSError, BadReply):
        pass
    return False
