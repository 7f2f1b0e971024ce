"""A copy that is killed goes on where it was."""

import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import pytest

from kirok.entities.metrics import Metric
from kirok.entities.runs import Param, RunTag
from kirok.stores.open import open_stores
from moving.dumps import dump
from running_servers import plain_environment

RUNS, POINTS = 250, 60


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A database of many runs."""
    uri = f"sqlite:///{tmp_path_factory.mktemp('source')}/source.db"
    stores = open_stores(uri)
    experiment_id = stores.experiments.create_experiment("many")
    for number in range(RUNS):
        run = stores.runs.create_run(experiment_id, run_name=f"run {number}").info.run_id
        points = [Metric("loss", 1 / (step + 1), 1_700_000_000_000 + step, step) for step in range(POINTS)]
        stores.runs.log_batch(run, metrics=points, params=[Param("n", str(number))], tags=[RunTag("t", "x")])
    stores.close()
    return uri


def command(*arguments: str) -> "subprocess.Popen[bytes]":
    return subprocess.Popen(
        [sys.executable, "-m", "kirok.cli", "copy", "--no-artifacts", *arguments],
        env=plain_environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )


def arrived(destination: str) -> int:
    """Runs that are at the destination by now."""
    if "://" not in destination:
        return sum(1 for _ in Path(destination).glob("*/*/params/n"))
    try:
        with closing(sqlite3.connect(destination.removeprefix("sqlite:///"), timeout=1)) as connection:
            (count,) = connection.execute("SELECT COUNT(*) FROM runs").fetchone()
            return int(count)
    except sqlite3.OperationalError:
        return 0


@pytest.mark.parametrize("kind", ["database", "folder"])
def test_a_killed_copy_is_completed_by_the_next(tmp_path: Path, source: str, kind: str) -> None:
    destination = f"sqlite:///{tmp_path}/killed.db" if kind == "database" else str(tmp_path / "killed")
    copying = command(source, destination)
    while arrived(destination) == 0:
        assert copying.poll() is None, "it was done before it could be killed"
        time.sleep(0.002)
    copying.kill()
    copying.communicate()
    assert 0 < arrived(destination) < RUNS
    again = command(source, destination, "--verify")
    output, _ = again.communicate()
    assert again.returncode == 0, output.decode()
    assert b"Both sides are the same" in output
    assert dump_of(destination) == dump_of(source)


def dump_of(uri: str) -> dict[str, object]:
    """The rows of any store, whatever its kind, without what a folder has no columns for."""
    if "://" in uri:
        return dump(uri)
    copied = f"sqlite:///{uri}.db"
    command(uri, copied).communicate()
    return dump(copied)
