"""Several processes on one file; and what is acknowledged outlives the process."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from kirok.stores.protocols import Stores

_LOG = """
import sys
from pathlib import Path
from kirok.entities import Metric, Param, RunTag
from kirok.stores.sql.store import open_sqlite

path, run_id, name, count = Path(sys.argv[1]), sys.argv[2], sys.argv[3], int(sys.argv[4])
stores = open_sqlite(path, artifact_root="/artifacts")
for step in range(count):
    stores.runs.log_batch(
        run_id,
        metrics=[Metric(name, step / 7, step, step)],
        params=[Param(f"{name}.{step}", str(step))],
        tags=[RunTag(name, str(step))],
    )
    print(step, flush=True)
stores.close()
"""


def _logging(path: Path, run_id: str, name: str, count: int) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-c", _LOG, str(path), run_id, name, str(count)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_two_processes_write_to_one_file(stores: Stores, run_id: str, path: Path) -> None:
    processes = {name: _logging(path, run_id, name, 100) for name in ("first", "second")}
    for process in processes.values():
        _, errors = process.communicate(timeout=240)
        assert process.returncode == 0, errors
    for name in processes:
        assert [point.step for point in stores.metrics.history(run_id, name)] == list(range(100))
    data = stores.runs.get_run(run_id).data
    assert len(data.params) == 200
    assert (data.tags["first"], data.tags["second"]) == ("99", "99")
    assert data.metrics == {"first": 99 / 7, "second": 99 / 7}


@pytest.mark.skipif(sys.platform == "win32", reason="no SIGKILL there")
def test_whatever_was_acknowledged_outlives_a_kill(stores: Stores, run_id: str, path: Path) -> None:
    process = _logging(path, run_id, "loss", 1_000_000)
    assert process.stdout is not None
    for line in process.stdout:
        if int(line) == 50:
            break
    os.kill(process.pid, signal.SIGKILL)
    acknowledged = 50
    for line in process.stdout:  # what it had said before it died
        if line.endswith("\n"):
            acknowledged = int(line)
    process.wait()
    process.stdout.close()
    assert process.stderr is not None
    process.stderr.close()
    points = stores.metrics.history(run_id, "loss")
    # One more may have been committed and not yet said.
    assert len(points) in (acknowledged + 1, acknowledged + 2)
    assert [point.step for point in points] == list(range(len(points)))
    data = stores.runs.get_run(run_id).data
    assert len(data.params) == len(points)
    assert data.tags["loss"] == str(len(points) - 1)
    assert data.metrics["loss"] == (len(points) - 1) / 7


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork there")
def test_a_forked_child_logs_on_connections_of_its_own(stores: Stores, run_id: str, path: Path) -> None:
    script = """
import os, sys
from pathlib import Path
from kirok.entities import Param
from kirok.stores.sql.store import open_sqlite

stores = open_sqlite(Path(sys.argv[1]), artifact_root="/artifacts")
stores.runs.log_batch(sys.argv[2], params=[Param("parent", "1")])
child = os.fork()
if not child:
    stores.runs.log_batch(sys.argv[2], params=[Param("child", "1")])
    os._exit(0 if stores.runs.get_run(sys.argv[2]).data.params["child"] == "1" else 1)
assert os.waitpid(child, 0)[1] == 0
stores.runs.log_batch(sys.argv[2], params=[Param("parent again", "1")])
stores.close()
"""
    done = subprocess.run(
        [sys.executable, "-c", script, str(path), run_id], capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr
    assert set(stores.runs.get_run(run_id).data.params) == {"parent", "child", "parent again"}
