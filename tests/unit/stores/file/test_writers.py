"""Several writers, killed writers, full disks: what was acknowledged is there, and nothing is half there."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from kirok.base.errors import InvalidParameter, Unavailable
from kirok.entities.datasets import Dataset, DatasetInput
from kirok.entities.metrics import Metric
from kirok.entities.runs import Param, RunTag
from kirok.entities.views import RunStatus
from kirok.stores.file.locks import locked
from kirok.stores.file.store import open_file
from kirok.stores.protocols import Stores

# Logs batches until it is told otherwise, and says which ones were acknowledged.
_WRITER = """
import sys
from kirok.entities import Metric, Param, RunTag
from kirok.stores.file.store import open_file
root, run_id, name = sys.argv[1:4]
stores = open_file(root, synchronous="NORMAL")
for i in range(int(sys.argv[4])):
    step = i if name == "one" else 1_000_000 + i
    stores.runs.log_batch(
        run_id,
        metrics=[Metric("loss", step / 2, 1_000 + step, step), Metric(f"only/{name}", 1.0, step, step)],
        params=[Param(f"{name}/{i}", str(i))],
        tags=[RunTag("who", f"{name} {i}"), RunTag("mlflow.runName", f"{name} {i}")],
    )
    print(i, flush=True)
"""

_READER = """
import os, sys
from kirok.base.errors import KirokError
from kirok.entities import Param
from kirok.stores.file.store import open_file
warm = open_file(sys.argv[1], env={})
warm.runs.search_runs(["0"])  # loads all there is to load: another account may not read this Python
warm.close()
if sys.argv[3] == "without index":
    os.remove(sys.argv[1] + "/.kirok.index.db")
if os.geteuid() == 0:
    os.seteuid(65534)
else:
    for folder, _, _ in os.walk(sys.argv[1]):
        os.chmod(folder, 0o555)
stores = open_file(sys.argv[1], env={})
for _ in range(2):
    (run,) = stores.runs.search_runs(["0"])
print(run.data.metrics)
print(stores.experiments.get_experiment("0").name)
for act in (
    lambda: stores.runs.log_batch(sys.argv[2], params=[Param("p", "1")]), lambda: stores.runs.create_run("0")
):
    try:
        act()
    except KirokError as error:
        print(type(error).__name__)
"""


@contextmanager
def writer(root: Path, run_id: str, name: str, batches: int) -> "Iterator[subprocess.Popen[str]]":
    """Another process that logs to a run."""
    command = [sys.executable, "-c", _WRITER, str(root), run_id, name, str(batches)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


def acknowledged(process: "subprocess.Popen[str]") -> int:
    """How many batches were, all in all."""
    assert process.stdout is not None
    return len(process.stdout.read().splitlines())


def test_two_processes_lose_nothing(stores: Stores, root: Path, run_id: str) -> None:
    with writer(root, run_id, "one", 60) as one, writer(root, run_id, "two", 60) as two:
        counts = {"one": acknowledged(one), "two": acknowledged(two)}
    assert counts == {"one": 60, "two": 60}
    run = stores.runs.get_run(run_id)
    assert len(stores.metrics.history(run_id, "loss")) == 120
    assert run.data.params == {f"{name}/{i}": str(i) for name in counts for i in range(60)}
    assert run.info.run_name == run.data.tags["mlflow.runName"] == run.data.tags["who"]


@pytest.mark.skipif(os.name == "nt", reason="no SIGKILL there")
@pytest.mark.parametrize("after", [1, 7, 20, 33, 48])
def test_a_killed_writer_loses_nothing_acknowledged_and_leaves_nothing_half_written(
    stores: Stores, root: Path, run_id: str, run_folder: Path, after: int
) -> None:
    with writer(root, run_id, "one", 10_000) as process:
        assert process.stdout is not None
        for _ in range(after):
            process.stdout.readline()
        process.send_signal(signal.SIGKILL)
        count = after + acknowledged(process)
    run = stores.runs.get_run(run_id)
    steps = [point.step for point in stores.metrics.history(run_id, "loss")]
    assert steps in (list(range(count)), list(range(count + 1)))
    for i in range(count):
        assert run.data.params[f"one/{i}"] == str(i)
    assert len(run.data.params) in (count, count + 1)
    assert run.data.tags["who"] in (f"one {count - 1}", f"one {count}")
    stores.runs.log_batch(run_id, metrics=[Metric("loss", 0.5, 1, 10_000)], params=[Param("after", "x")])
    assert stores.runs.get_run(run_id).data.latest_metrics[0].step == 10_000
    assert [name for name in os.listdir(run_folder) if name.endswith(".tmp")] == []


@pytest.mark.skipif(os.name == "nt", reason="no SIGKILL there")
def test_a_lock_ends_with_its_holder(root: Path, stores: Stores, run_id: str, run_folder: Path) -> None:
    hold = (
        "import sys\nfrom kirok.stores.file.locks import locked\n"
        "with locked(sys.argv[1]): print('held', flush=True); sys.stdin.read()"
    )
    command = [sys.executable, "-c", hold, str(run_folder)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        waiting = threading.Thread(target=stores.runs.log_batch, args=(run_id,), kwargs={"params": [Param("a", "1")]})
        waiting.start()
        assert stores.runs.get_run(run_id).data.params == {}  # who reads waits for nobody
        process.kill()
        waiting.join(30)
    assert stores.runs.get_run(run_id).data.params == {"a": "1"}


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork there")
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_child_forked_in_the_middle_of_a_write_holds_no_lock(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kirok.stores.file.locks._PATIENCE_S", 5)
    with locked(str(tmp_path)):
        child = os.fork()
        if child == 0:
            time.sleep(60)
            os._exit(0)
    try:
        with locked(str(tmp_path)):
            pass
    finally:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)


def test_a_lock_that_is_held_for_too_long_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kirok.stores.file.locks._PATIENCE_S", 0.01)
    with locked(str(tmp_path)), pytest.raises(Unavailable, match=r"\.kirok\.lock"), locked(str(tmp_path)):
        pass


def test_a_run_that_is_being_moved_to_the_bin_takes_nothing_more(stores: Stores, experiment_id: str) -> None:
    runs = [stores.runs.create_run(experiment_id).info.run_id for _ in range(8)]
    outcomes: Counter[str] = Counter()

    def log() -> None:
        for i in range(40):
            for run_id in runs:
                try:
                    stores.runs.log_batch(run_id, metrics=[Metric("loss", 1.0, i, i)])
                    outcomes["kept"] += 1
                except InvalidParameter:
                    outcomes["refused"] += 1

    logging = threading.Thread(target=log)
    logging.start()
    while not outcomes["kept"]:
        time.sleep(0.001)
    stores.experiments.delete_experiment(experiment_id)
    logging.join()
    kept = sum(len(stores.metrics.history(run_id, "loss")) for run_id in runs)
    assert kept == outcomes["kept"]
    assert sum(outcomes.values()) == 320


def test_a_run_whose_folder_moves_before_it_is_locked_is_found_again(
    stores: Stores, experiment_id: str, run_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    places: list[str] = []

    def locked_too_late(folder: str) -> AbstractContextManager[None]:
        if not places:
            places.append(folder)
            stores.experiments.delete_experiment(experiment_id)
        return locked(folder)

    monkeypatch.setattr("kirok.stores.file.runs.locked", locked_too_late)
    with pytest.raises(InvalidParameter, match="deleted"):
        stores.runs.log_batch(run_id, metrics=[Metric("loss", 1.0, 1, 1)])
    assert not Path(places[0]).exists()


@pytest.mark.skipif(sys.platform == "win32", reason="no limits on file sizes there")
def test_a_full_disk_leaves_no_trace_of_the_batch(stores: Stores, root: Path, run_id: str) -> None:
    """A limit on the size of files stands for the disk: a write stops in the middle of its lines."""
    stores.runs.log_batch(run_id, metrics=[Metric("loss", float(i), i, i) for i in range(300)])
    before = stores.runs.get_run(run_id), list(stores.metrics.history(run_id, "loss"))
    limited = """
import resource, sys
from kirok.base.errors import Unavailable
from kirok.entities import Metric, Param, RunTag
from kirok.stores.file.store import open_file
stores = open_file(sys.argv[1])
resource.setrlimit(resource.RLIMIT_FSIZE, (5_000, 5_000))
try:
    stores.runs.log_batch(
        sys.argv[2],
        metrics=[Metric("early", 1.0, 1), *(Metric("loss", float(i), i, i) for i in range(300, 900))],
        params=[Param("p", "1")],
        tags=[RunTag("t", "1"), RunTag("mlflow.runName", "other")],
    )
except Unavailable as error:
    print(error)
"""
    done = subprocess.run(
        [sys.executable, "-c", limited, str(root), run_id], capture_output=True, text=True, timeout=60, check=False
    )
    assert str(root) in done.stdout, done.stderr
    assert (stores.runs.get_run(run_id), list(stores.metrics.history(run_id, "loss"))) == before


def test_a_batch_is_on_the_disk_when_it_returns(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    synced: list[int] = []
    monkeypatch.setattr(os, "fsync", synced.append)
    for synchronous, is_synced in (("FULL", True), ("NORMAL", False)):
        stores = open_file(str(root), synchronous=synchronous)
        run_id = stores.runs.create_run("0").info.run_id
        synced.clear()
        stores.runs.log_batch(
            run_id, metrics=[Metric("loss", 1.0, 1)], params=[Param("p", "1")], tags=[RunTag("t", "1")]
        )
        stores.runs.update_run(run_id, status=RunStatus.FINISHED)
        stores.close()
        assert bool(synced) == is_synced


@pytest.mark.skipif(sys.platform == "win32", reason="permissions are other ones there")
@pytest.mark.parametrize("index", ["with index", "without index"])
def test_a_folder_that_may_only_be_read_is_read(index: str) -> None:
    """By another account than the writer's, where that is root, whom permissions do not bind."""
    with TemporaryDirectory() as place:
        root = Path(place) / "mlruns"
        stores = open_file(str(root))
        run_id = stores.runs.create_run("0").info.run_id
        stores.runs.log_batch(run_id, metrics=[Metric("loss", 1.0, 1)])
        stores.close()
        Path(place).chmod(0o755)
        command = [sys.executable, "-c", _READER, str(root), run_id, index]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.stdout.splitlines() == ["{'loss': 1.0}", "Default", "PermissionDenied", "PermissionDenied"], done.stderr


def test_a_dataset_half_written_by_others_is_mended_by_its_next_use(
    stores: Stores, root: Path, experiment_id: str, run_id: str
) -> None:
    used = DatasetInput(Dataset("books", "d1", "local", "{}"))
    stores.runs.log_inputs(run_id, datasets=[used])
    (record,) = (root / experiment_id / "datasets").glob("*/meta.yaml")
    record.write_text("")
    assert stores.runs.get_run(run_id).inputs.dataset_inputs == ()
    other = stores.runs.create_run(experiment_id).info.run_id
    stores.runs.log_inputs(other, datasets=[used])
    assert stores.runs.get_run(run_id).inputs.dataset_inputs == (used,)
