"""Stores with 10,000 runs and a history of 1,000,000 points: made once per server and version, then copied."""

import shutil
import sys
import time
from pathlib import Path

from benchmarks import postgresql
from benchmarks.client import Client, create_run, finish_run, run_id_of
from benchmarks.dataset import point_timestamp, point_value, sample_runs
from benchmarks.exchanges import post
from benchmarks.load import Script, discard, play
from benchmarks.mlflow_rows import write_rows
from benchmarks.peers import MLFLOW, Peer, version_key
from benchmarks.scale import Scale
from benchmarks.servers import serve
from databases import PostgresqlServer

SEARCHED = "searched runs"
LONG = "long history"
LONG_KEY = "loss"
BATCH = 1000


class StoreIncomplete(Exception):
    """A filled store doesn't hold what was sent to it."""


def filled_store(peer: Peer, program: Path, cache: Path, scale: Scale) -> Path:
    """The directory of a filled SQLite store, made and checked on the first call."""
    home = cache / "stores" / f"{version_key(peer)}-{scale.runs}x{scale.points}"
    if (home / "store.db").is_file():
        return home
    making = home.with_name(home.name + ".making")
    shutil.rmtree(making, ignore_errors=True)
    for outdated in home.parent.glob(f"{peer.name}-*-{scale.runs}x{scale.points}"):
        shutil.rmtree(outdated)
    started = time.monotonic()
    print(f"filling a store of {peer.name}: {scale.runs} runs, {scale.points} points", file=sys.stderr)
    if peer.program == "mlflow":
        making.mkdir(parents=True)
        write_rows(program, making / "store.db", scale.runs, scale.points)
    else:
        with serve(peer, program, making) as server:
            _fill(Client(server.port), scale)
    with serve(peer, program, making) as server:
        _check(Client(server.port), scale)
    making.rename(home)
    print(f"filled in {time.monotonic() - started:.0f} s", file=sys.stderr)
    return home


class PostgresqlStores:
    """Databases on one PostgreSQL, which ends with the campaign. Filled, they hold what mlflow's SQLite store holds."""

    def __init__(self, server: PostgresqlServer, cache: Path, scale: Scale) -> None:
        self._server = server
        self._cache = cache
        self._scale = scale
        self._filled: str | None = None

    def empty(self, directory: Path) -> None:
        """A new database, named in `directory/store.uri`."""
        directory.mkdir(parents=True, exist_ok=True)
        (directory / "store.uri").write_text(self._server.create())

    def filled(self, mlflow: Path, directory: Path) -> None:
        """A copy of the filled one, named in `directory/store.uri`."""
        if self._filled is None:
            self._filled = self._server.create()
            source = filled_store(MLFLOW, mlflow, self._cache, self._scale) / "store.db"
            postgresql.write_rows(mlflow, source, self._filled)
        directory.mkdir(parents=True, exist_ok=True)
        (directory / "store.uri").write_text(self._server.clone(self._filled))


def copy_store(home: Path, directory: Path) -> None:
    """A fresh copy of a filled store, with its write-ahead log if the server left one."""
    directory.mkdir(parents=True)
    for file in home.glob("store.db*"):
        shutil.copy2(file, directory / file.name)


def _fill(client: Client, scale: Scale) -> None:
    experiment_id = client.create_experiment(SEARCHED)
    waiting = iter(sample_runs(scale.runs))

    def log_runs() -> Script:
        for run in waiting:
            run_id = run_id_of((yield create_run(experiment_id, run.name, start_time=run.start_time)))
            yield run.log_batch(run_id)
            yield finish_run(run_id, end_time=run.start_time + 1000)

    play(client.port, [log_runs() for _ in range(8)])
    run_id = client.create_run(client.create_experiment(LONG), "long")
    batches = (point_batch(run_id, first) for first in range(0, scale.points, BATCH))
    play(client.port, [discard(batches)])


def _check(client: Client, scale: Scale) -> None:
    rows = client.search_runs(client.experiment_id(SEARCHED))
    names = {row.info.run_name for row in rows}
    sizes = {(len(row.data.metrics), len(row.data.params)) for row in rows}
    if len(names) != scale.runs or sizes != {(20, 20)}:
        raise StoreIncomplete(f"{len(names)} of {scale.runs} runs, with (metrics, params) {sizes}")
    steps = client.steps(client.find_run(client.experiment_id(LONG)), LONG_KEY)
    if len(steps) != scale.points:
        raise StoreIncomplete(f"{len(steps)} of {scale.points} points")


def point_batch(run_id: str, first_step: int) -> bytes:
    """The request that logs 1000 points of the long history."""
    points = [
        {"key": LONG_KEY, "value": point_value(step), "timestamp": point_timestamp(step), "step": step}
        for step in range(first_step, first_step + BATCH)
    ]
    return post("/runs/log-batch", {"run_id": run_id, "metrics": points})
