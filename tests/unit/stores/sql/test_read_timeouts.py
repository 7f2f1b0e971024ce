"""Searches that would take too long are stopped, on every kind of database."""

from pathlib import Path

import pytest

from databases import DatabaseServer
from kirok.base.errors import Unavailable
from kirok.entities.runs import RunTag
from kirok.stores.open import open_stores

LIMIT = {"KIROK_DATABASE_STATEMENT_TIMEOUT": "0.05"}
RUNS, TEXT = 60, "ab" * 2_000
# Every comparison looks through every tag of every run, and none is true.
SLOW = " AND ".join(f"NOT text CONTAINS '{'ab' * 400}{'b' * (2 + each)}'" for each in range(40))


def _is_stopped(uri: str, folder: Path) -> None:
    stores = open_stores(uri, artifact_root=str(folder))
    for _ in range(RUNS):
        run_id = stores.runs.create_run("0").info.run_id
        stores.runs.log_batch(run_id, tags=[RunTag(f"t{each}", TEXT) for each in range(20)])
    stores.close()
    stores = open_stores(uri, artifact_root=str(folder), env=LIMIT)
    with pytest.raises(Unavailable, match="KIROK_DATABASE_STATEMENT_TIMEOUT"):
        stores.runs.search_runs(["0"], filter_string=SLOW)
    assert len(stores.runs.search_runs(["0"])) == RUNS
    stores.close()


def test_on_sqlite(tmp_path: Path) -> None:
    _is_stopped(f"sqlite:///{tmp_path / 'mlflow.db'}", tmp_path)


def test_on_a_server(database_server: DatabaseServer, tmp_path: Path) -> None:
    _is_stopped(database_server.create(), tmp_path)
