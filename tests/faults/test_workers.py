"""`--workers`: several processes on one port, as their users start and lose them."""

import os
import signal
import subprocess
import sys
from pathlib import Path

from faults.backends import Backend
from faults.writing import PATIENT, Client, at_work, check, have_logged, new_runs, wait_until
from kirok.base.errors import ServerUnreachable
from running_servers import RunningServer, kirok_server


def _workers(running: RunningServer) -> set[int]:
    listed = subprocess.run(
        ["ps", "-o", "pid=", "--ppid", str(running.process.pid)], capture_output=True, text=True, check=False
    )
    return {int(pid) for pid in listed.stdout.split()}


def _is_alive(pid: int) -> bool:
    status = Path(f"/proc/{pid}/status")
    return status.exists() and "State:\tZ" not in status.read_text()


def test_a_worker_that_is_killed_is_replaced_and_nothing_lost(served: Backend, tmp_path: Path) -> None:
    with kirok_server(tmp_path, "--backend-store-uri", served.uri, "--workers", "2") as running:
        runs = new_runs(running.address, 4)
        # What is not repeated by itself, as the making of a run, the client asks again of whichever worker answers.
        again = [running.address] * 3
        clients = [Client(number, running.address, runs[number // 2], PATIENT, others=again) for number in range(8)]
        first = _workers(running)
        assert len(first) == 2
        with at_work(clients):
            wait_until(lambda: have_logged(clients, 8))
            os.kill(min(first), signal.SIGKILL)
            wait_until(lambda: len(_workers(running)) == 2 and min(first) not in _workers(running))
            reached = [len(client.params) for client in clients]
            wait_until(lambda: all(len(client.params) > at + 8 for client, at in zip(clients, reached, strict=True)))
        last = _workers(running)
    wait_until(lambda: not any(map(_is_alive, last)))
    assert all(client.refusal is None or isinstance(client.refusal, ServerUnreachable) for client in clients)
    check(served, clients)
    assert "another takes its place" in running.log.read_text()


def test_workers_end_with_a_server_that_is_killed(served: Backend, tmp_path: Path) -> None:
    with kirok_server(tmp_path, "--backend-store-uri", served.uri, "--workers", "2") as running:
        workers = _workers(running)
        assert len(workers) == 2
        os.kill(running.process.pid, signal.SIGKILL)
        running.process.wait()
        wait_until(lambda: not any(map(_is_alive, workers)))


def test_a_worker_that_is_told_nothing_ends() -> None:
    command = [sys.executable, "-m", "kirok.server.worker", "0"]
    assert subprocess.run(command, stdin=subprocess.DEVNULL, check=False, timeout=60).returncode == 0


def test_a_file_is_served_by_one_process_and_a_warning_says_so(tmp_path: Path) -> None:
    with kirok_server(tmp_path, "--workers", "4") as running:
        assert _workers(running) == set()
        assert len(new_runs(running.address, 1)) == 1
    assert "one process serves sqlite:///" in running.log.read_text()
