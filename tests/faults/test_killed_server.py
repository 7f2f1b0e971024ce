"""Killed in the middle of writing, the server keeps every record it acknowledged."""

import os
import signal
from pathlib import Path

from faults.backends import Backend
from faults.writing import IMPATIENT, Client, at_work, check, have_logged, new_runs, wait_until
from running_servers import kirok_server


def test_every_acknowledged_record_survives_sigkill(backend: Backend, tmp_path: Path) -> None:
    with kirok_server(tmp_path, "--backend-store-uri", backend.uri) as running:
        runs = new_runs(running.address, 6)
        clients = [Client(number, running.address, runs[number // 2], IMPATIENT) for number in range(12)]
        with at_work(clients):
            wait_until(lambda: have_logged(clients, 15) or running.process.poll() is not None)
            assert all(client.refusal is None for client in clients)
            os.kill(running.process.pid, signal.SIGKILL)
            running.process.wait()
            wait_until(lambda: all(client.refusal is not None for client in clients))
    check(backend, clients)
    with kirok_server(tmp_path, "--backend-store-uri", backend.uri) as again:
        after = [Client(number, again.address, runs[0], IMPATIENT) for number in (12, 13)]
        with at_work(after):
            wait_until(lambda: have_logged(after, 2))
    assert [client.refusal for client in after] == [None, None]
    check(backend, [*clients, *after])
