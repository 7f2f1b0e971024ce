"""A SQLite file of one's own, opened as often as a test likes."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from kirok.stores.protocols import Stores
from kirok.stores.sql.store import open_sqlite


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where the database lies."""
    return tmp_path / "mlflow.db"


@pytest.fixture
def open_store(path: Path) -> Iterator[Callable[[], Stores]]:
    """Opens the file, as another process would the second time."""
    opened: list[Stores] = []

    def open_it() -> Stores:
        opened.append(open_sqlite(path, artifact_root="/artifacts"))
        return opened[-1]

    yield open_it
    for stores in opened:
        stores.close()


@pytest.fixture
def stores(open_store: Callable[[], Stores]) -> Stores:
    """The file, new and open."""
    return open_store()


@pytest.fixture
def run_id(stores: Stores) -> str:
    """A run in experiment `Default`."""
    return stores.runs.create_run("0").info.run_id
