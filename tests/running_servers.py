"""Servers as their users start them: processes, stopped again whatever happens."""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

_STOP_WITHIN_S = 20.0


class RunningServer(NamedTuple):
    """A server that answers."""

    address: str
    process: "subprocess.Popen[bytes]"
    log: Path
    """What it printed, both streams."""


def free_port() -> int:
    """A port that nobody listens on just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def plain_environment(**settings: str) -> dict[str, str]:
    """This process's environment without any setting of MLflow or kirok but those given."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("MLFLOW_", "KIROK_"))}
    return {**kept, "PYTHONUNBUFFERED": "1", "DO_NOT_TRACK": "true", "MLFLOW_DISABLE_TELEMETRY": "true", **settings}


@contextmanager
def kirok_server(
    folder: Path, *options: str, env: Mapping[str, str] | None = None, prefix: str = ""
) -> Iterator[RunningServer]:
    """`kirok server` in `folder`, on a port of its own. `prefix` is its --static-prefix where it has one."""
    command = [sys.executable, "-m", "kirok.cli", "server", *options]
    with _server(command, folder, env or {}, f"{prefix}/health", within_s=30) as running:
        yield running


@contextmanager
def mlflow_server(folder: Path, *options: str, env: Mapping[str, str] | None = None) -> Iterator[RunningServer]:
    """MLflow's own server in `folder`, with one worker; it takes some twenty seconds to start."""
    command = [sys.executable, "-m", "mlflow", "server", "--workers", "1", *options]
    with _server(command, folder, env or {}, "/health", within_s=180) as running:
        yield running
        os.killpg(running.process.pid, signal.SIGKILL)  # its helpers take their time over a signal to stop


def stop(process: "subprocess.Popen[bytes]") -> int:
    """End a server as Ctrl-C or a supervisor would; its exit code."""
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
    try:
        return process.wait(_STOP_WITHIN_S)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        raise


@contextmanager
def _server(
    command: Sequence[str], folder: Path, env: Mapping[str, str], health: str, *, within_s: float
) -> Iterator[RunningServer]:
    port = free_port()
    log = folder / f"server-{port}.log"
    with log.open("wb") as out:
        process = subprocess.Popen(
            [*command, "--port", str(port)],
            cwd=folder,
            env=plain_environment(**env),
            stdout=out,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # MLflow's workers end with it
        )
    try:
        address = f"http://127.0.0.1:{port}"
        _wait(process, address + health, log, within_s)
        yield RunningServer(address, process, log)
    finally:
        stop(process)


def _wait(process: "subprocess.Popen[bytes]", url: str, log: Path, within_s: float) -> None:
    deadline = time.monotonic() + within_s
    while time.monotonic() < deadline:
        if process.poll() is not None:
            break
        try:
            with urllib.request.urlopen(url, timeout=2):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.05)
    raise AssertionError(f"The server did not answer. It printed:\n{log.read_text(errors='replace')}")
