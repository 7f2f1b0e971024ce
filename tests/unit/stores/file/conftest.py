"""A folder of runs and stores on it."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from kirok.stores.file.store import open_file
from kirok.stores.protocols import Stores


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A folder of runs that is not there yet."""
    return tmp_path / "mlruns"


@pytest.fixture
def open_root(root: Path, tmp_path: Path) -> Iterator[Callable[[], Stores]]:
    """Opens stores on it, as another process would."""
    opened: list[Stores] = []

    def open_again() -> Stores:
        opened.append(open_file(str(root), env={"XDG_CACHE_HOME": str(tmp_path / "cache")}))
        return opened[-1]

    yield open_again
    for stores in opened:
        stores.close()


@pytest.fixture
def stores(open_root: Callable[[], Stores]) -> Stores:
    """Stores on it."""
    return open_root()


@pytest.fixture
def experiment_id(stores: Stores) -> str:
    """A new experiment."""
    return stores.experiments.create_experiment("speech")


@pytest.fixture
def run_id(stores: Stores, experiment_id: str) -> str:
    """A new run in it."""
    return stores.runs.create_run(experiment_id, run_name="first", start_time=1_000).info.run_id


@pytest.fixture
def run_folder(root: Path, experiment_id: str, run_id: str) -> Path:
    """The run's folder."""
    return root / experiment_id / run_id


def age(folder: Path) -> None:
    """Have all files look an hour old by their own times, as after an hour's rest; what the system keeps stays."""
    for file in folder.rglob("*"):
        if file.is_file():
            found = file.stat()
            os.utime(file, ns=(found.st_atime_ns, found.st_mtime_ns - 3_600_000_000_000))
