"""Killed in the middle of writing, the server keeps every record it acknowledged."""

import os
import signal
import sqlite3
import threading
import time
from pathlib import Path
from typing import NamedTuple

import httpx

from running_servers import kirok_server
from server.conftest import API

WRITERS = 12
ENOUGH = 1_500
EACH = 20


class Acknowledged(NamedTuple):
    """What one writer was told is kept."""

    run_id: str
    points: set[tuple[str, int]]
    params: set[str]
    tags: set[str]
    runs: set[str]


def test_every_acknowledged_record_survives_sigkill(tmp_path: Path) -> None:
    with kirok_server(tmp_path) as running:
        kept = [Acknowledged(_new_run(running.address), set(), set(), set(), set()) for _ in range(WRITERS)]
        writers = [
            threading.Thread(target=_write, args=(running.address, number, mine)) for number, mine in enumerate(kept)
        ]
        for writer in writers:
            writer.start()
        while _is_little(kept) and running.process.poll() is None:
            time.sleep(0.005)
        assert running.process.poll() is None
        assert all(writer.is_alive() for writer in writers)
        os.kill(running.process.pid, signal.SIGKILL)
        running.process.wait()
        for writer in writers:
            writer.join()
    with kirok_server(tmp_path) as again, httpx.Client(base_url=again.address, timeout=60) as client:
        for mine in kept:
            _check(client, mine)
    with sqlite3.connect(tmp_path / "mlflow.db") as database:
        assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert database.execute("PRAGMA foreign_key_check").fetchall() == []


def _is_little(kept: list[Acknowledged]) -> bool:
    everyone = min(len(mine.points) + len(mine.runs) for mine in kept) >= EACH
    return not everyone or sum(len(mine.points) for mine in kept) < ENOUGH


def _new_run(address: str) -> str:
    made = httpx.post(f"{address}{API}/runs/create", json={"experiment_id": "0"}, timeout=60)
    return str(made.json()["run"]["info"]["run_id"])


def _write(address: str, number: int, mine: Acknowledged) -> None:
    """Writes of one kind, without a pause, until the server is gone; only what was answered 200 is noted."""
    write = (_points, _batches, _runs)[number % 3]
    with httpx.Client(base_url=address, timeout=60) as client:
        step = 0
        try:
            while True:
                step += 1
                write(client, mine, step)
        except httpx.TransportError:
            return


def _points(client: httpx.Client, mine: Acknowledged, step: int) -> None:
    point = {"run_id": mine.run_id, "key": "single", "value": step, "timestamp": step, "step": step}
    if client.post(f"{API}/runs/log-metric", json=point).status_code == 200:
        mine.points.add(("single", step))


def _batches(client: httpx.Client, mine: Acknowledged, step: int) -> None:
    keys = [f"batch{i}" for i in range(20)]
    body = {
        "run_id": mine.run_id,
        "metrics": [{"key": key, "value": step, "timestamp": step, "step": step} for key in keys],
        "params": [{"key": f"p{step}", "value": "1"}],
        "tags": [{"key": f"t{step}", "value": "1"}],
    }
    if client.post(f"{API}/runs/log-batch", json=body).status_code == 200:
        mine.points.update((key, step) for key in keys)
        mine.params.add(f"p{step}")
        mine.tags.add(f"t{step}")


def _runs(client: httpx.Client, mine: Acknowledged, step: int) -> None:
    made = client.post(f"{API}/runs/create", json={"experiment_id": "0", "run_name": f"r{step}"})
    if made.status_code == 200:
        mine.runs.add(made.json()["run"]["info"]["run_id"])


def _check(client: httpx.Client, mine: Acknowledged) -> None:
    data = client.get(f"{API}/runs/get", params={"run_id": mine.run_id}).json()["run"]["data"]
    assert mine.params <= {param["key"] for param in data.get("params", [])}
    assert mine.tags <= {tag["key"] for tag in data["tags"]}
    latest = {metric["key"]: metric["step"] for metric in data.get("metrics", [])}
    for key in {key for key, _ in mine.points}:
        query = {"run_id": mine.run_id, "metric_key": key}
        history = client.get(f"{API}/metrics/get-history", params=query).json()["metrics"]
        steps = {step for known, step in mine.points if known == key}
        assert steps <= {point["step"] for point in history}
        assert latest[key] == max(point["step"] for point in history)
    for run_id in mine.runs:
        assert client.get(f"{API}/runs/get", params={"run_id": run_id}).status_code == 200
