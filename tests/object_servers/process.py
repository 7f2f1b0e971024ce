"""A server of the tests' own: started at a port that it keeps, stopped or killed at will, cleared away at the end."""

import os
import random
import signal
import socket
import subprocess
import tempfile
import time
from abc import ABC, abstractmethod
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Self

from .buckets import Bucket

PARTS = Path(__file__).parents[2] / ".cache" / "parts"
"""What tools/fetch-parts has unpacked."""
_READY_WITHIN_S = 60.0
# Below the ports that Linux hands out by itself: a client that calls while the server is down must not take its place.
_PORTS = range(20_000, 32_000)

# Outlives the tests' process by just so long as it takes to clear up: its standard input ends with that process.
_KEEPER = """
cat >/dev/null
for file in "$1"/*.pid; do [ -f "$file" ] && kill -9 "$(cat "$file")" 2>/dev/null; done
sleep 0.2; rm -rf "$1"
"""


class NoObjectServer(Exception):
    """The programs of this server are not on this machine. The message says where they come from."""


class ObjectServer(ABC):
    """A running server. Its address stays the same when it is stopped and started again."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        """Its data and its logs (`*.log`)."""
        self.port = 0
        self.env = dict(os.environ)
        self._main: subprocess.Popen[bytes] | None = None
        self._processes: list[subprocess.Popen[bytes]] = []
        keeper = ["sh", "-c", _KEEPER, "sh", str(folder)]
        self._keeper = subprocess.Popen(keeper, stdin=subprocess.PIPE, start_new_session=True)

    @classmethod
    def launch(cls) -> Self:
        """A new server, ready. NoObjectServer where its programs are missing."""
        cls.check_programs()
        server = cls(Path(tempfile.mkdtemp(prefix="kirok-object-server-")))
        try:
            server.initialize()
            server._take_port()
        except BaseException:
            server.close()
            raise
        return server

    @classmethod
    @abstractmethod
    def check_programs(cls) -> None:
        """NoObjectServer where this machine lacks what the server needs."""

    def initialize(self) -> None:  # noqa: B027 most need nothing
        """Whatever must be there before the server starts."""

    @abstractmethod
    def command(self) -> Sequence[str | Path]:
        """The server's own command line."""

    @abstractmethod
    def create(self, bucket: str) -> Bucket:
        """A new, empty bucket of this name."""

    @abstractmethod
    def named(self, bucket: str) -> Bucket:
        """The bucket of this name, whether it is there or not."""

    @property
    def endpoint(self) -> str:
        """Where it answers."""
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Start it at its port and return when it answers."""
        self._main = self.run("server", self.command())
        deadline = time.monotonic() + _READY_WITHIN_S
        while time.monotonic() < deadline and self._main.poll() is None:
            if answers(self.port):
                return
            time.sleep(0.02)
        self.kill()
        raise AssertionError(f"{type(self).__name__} did not start. It printed:\n{self.printed()}")

    def stop(self) -> None:
        """End it in order; clients are cut off."""
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        """SIGKILL, as the kernel does when memory runs out."""
        self._end(signal.SIGKILL)

    def close(self) -> None:
        """End it for good and remove its folder."""
        for process in self._processes:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait(60)
        assert self._keeper.stdin is not None
        self._keeper.stdin.close()
        self._keeper.wait(30)

    def run(self, name: str, command: Sequence[str | Path]) -> "subprocess.Popen[bytes]":
        """Start a process that ends with the server; it prints into <name>.log."""
        with (self.folder / f"{name}.log").open("ab") as log:
            process = subprocess.Popen(
                command, cwd=self.folder, env=self.env, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                start_new_session=True,
            )  # fmt: skip
        (self.folder / f"{name}.pid").write_text(str(process.pid))
        self._processes.append(process)
        return process

    def finish(self, *command: str | Path) -> None:
        """Run a program that prepares the server, to its end."""
        done = subprocess.run(
            command, cwd=self.folder, env=self.env, capture_output=True, text=True, check=False, timeout=_READY_WITHIN_S
        )
        if done.returncode != 0:
            raise AssertionError(f"{command[0]} failed:\n{done.stdout}\n{done.stderr[-3000:]}\n{self.printed()}")

    def printed(self) -> str:
        """The ends of its logs."""
        return "\n".join(f"{log.name}: {log.read_text(errors='replace')[-3000:]}" for log in self.folder.glob("*.log"))

    def _take_port(self) -> None:
        for _ in range(5):
            self.port = free_port()
            try:
                return self.start()
            except AssertionError as error:
                refused = error  # somebody else was quicker to take the port
        raise refused

    def _end(self, how: signal.Signals) -> None:
        if self._main is not None and self._main.poll() is None:
            os.killpg(self._main.pid, how)
            self._main.wait(60)
        self._main = None
        (self.folder / "server.pid").unlink(missing_ok=True)


def answers(port: int) -> bool:
    """Whether a server speaks HTTP at this port, whatever it says."""
    with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=5) as connection:
        connection.sendall(b"GET / HTTP/1.0\r\nHost: 127.0.0.1\r\n\r\n")
        return connection.recv(4) == b"HTTP"
    return False


def free_port() -> int:
    """A port that nobody listens on, and that the system gives to nobody else by itself."""
    chosen = random.Random()
    while True:
        port = chosen.choice(_PORTS)
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port
