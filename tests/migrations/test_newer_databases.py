"""Databases at a revision that is not known: read where what we use is as we know it, refused otherwise."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import psycopg
import pytest

from databases import PostgresqlServer
from kirok.base.errors import InvalidParameter, PermissionDenied
from kirok.entities.metrics import Metric
from kirok.stores.open import open_stores
from kirok.stores.protocols import Stores
from migrations.conftest import HEAD, revision_of, state

FUTURE = "feedfacefeed"


def _fill(stores: Stores) -> str:
    """A run with points in a store, which is closed; the run's id."""
    run_id = stores.runs.create_run("0").info.run_id
    stores.runs.log_batch(run_id, metrics=[Metric("loss", step / 4, step, step) for step in range(9)])
    stores.close()
    return run_id


@pytest.fixture
def newer(tmp_path: Path) -> tuple[Path, str]:
    """A database that a later MLflow upgraded, and a run in it."""
    file = tmp_path / "mlflow.db"
    run_id = _fill(open_stores(f"sqlite:///{file}", artifact_root="/artifacts"))
    with closing(sqlite3.connect(file)) as connection, connection:
        connection.execute("ALTER TABLE runs ADD COLUMN colour VARCHAR(9) DEFAULT 'red' NOT NULL")
        connection.execute("CREATE TABLE spells (spell_id VARCHAR(36) PRIMARY KEY)")
        connection.execute(f"UPDATE alembic_version SET version_num = '{FUTURE}'")
    return file, run_id


def test_it_is_read_and_says_so(newer: tuple[Path, str], caplog: pytest.LogCaptureFixture) -> None:
    file, run_id = newer
    before = state(f"sqlite:///{file}")
    stores = open_stores(f"sqlite:///{file}", artifact_root="/artifacts")
    try:
        (warning,) = caplog.messages
        assert f"only read: it is at schema revision {FUTURE}" in warning
        assert "Install a newer kirok" in warning
        assert stores.background is None
        (run,) = stores.runs.search_runs(["0"], filter_string="metrics.loss > 1")
        assert run.info.run_id == run_id
        assert [point.value for point in stores.metrics.history(run_id, "loss")] == [step / 4 for step in range(9)]
        assert stores.encoded is not None
        assert run_id.encode() in stores.encoded.search_runs(["0"])
    finally:
        stores.close()
    assert state(f"sqlite:///{file}") == before


@pytest.mark.parametrize(
    "write",
    [
        lambda stores, run_id: stores.runs.create_run("0"),
        lambda stores, run_id: stores.runs.log_batch(run_id, metrics=[Metric("loss", 1.0, 1, 99)]),
        lambda stores, run_id: stores.runs.delete_run(run_id),
        lambda stores, run_id: stores.experiments.create_experiment("another"),
    ],
    ids=["a run", "a batch", "a deletion", "an experiment"],
)
def test_every_write_is_refused_with_the_reason(
    newer: tuple[Path, str], write: Callable[[Stores, str], object]
) -> None:
    file, run_id = newer
    stores = open_stores(f"sqlite:///{file}", artifact_root="/artifacts")
    try:
        with pytest.raises(PermissionDenied, match=f"only read: it is at schema revision {FUTURE}"):
            write(stores, run_id)
    finally:
        stores.close()


@pytest.mark.parametrize(
    "change",
    [
        "ALTER TABLE tags RENAME COLUMN value TO text",
        "ALTER TABLE trace_info RENAME TO traces",
        "DROP INDEX index_metrics_run_uuid_key_step",
    ],
)
def test_where_something_we_use_is_gone_it_is_refused_and_not_touched(newer: tuple[Path, str], change: str) -> None:
    file, _ = newer
    with closing(sqlite3.connect(file)) as connection, connection:
        connection.execute(change)
    before = file.read_bytes()
    with pytest.raises(InvalidParameter, match="install a newer kirok"):
        open_stores(f"sqlite:///{file}", artifact_root="/artifacts")
    assert file.read_bytes() == before
    assert revision_of(file) == FUTURE != HEAD


def test_on_a_server_it_is_read_as_well(postgresql_server: PostgresqlServer) -> None:
    uri = postgresql_server.create()
    run_id = _fill(open_stores(uri, artifact_root="/artifacts"))
    with psycopg.connect(uri, autocommit=True) as connection:
        connection.execute(f"UPDATE alembic_version SET version_num = '{FUTURE}'")
    stores = open_stores(uri, artifact_root="/artifacts")
    try:
        assert stores.runs.get_run(run_id).data.metrics == {"loss": 2.0}
        with pytest.raises(PermissionDenied, match="only read"):
            stores.runs.delete_run(run_id)
    finally:
        stores.close()
    with psycopg.connect(uri, autocommit=True) as connection:
        connection.execute("ALTER TABLE params RENAME COLUMN value TO text")
    with pytest.raises(InvalidParameter, match="install a newer kirok"):
        open_stores(uri, artifact_root="/artifacts")
