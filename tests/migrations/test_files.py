"""SQLite files of eleven releases, upgraded: what comes out is what the real MLflow makes of them."""

import sqlite3
import warnings
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from kirok.base.errors import Unavailable
from kirok.stores.open import old_database, open_stores
from kirok.stores.sql.migrations.old_database import open_old_database
from kirok.stores.sql.sqlite.dialect import SQLITE
from migrations.conftest import HEAD, RELEASES, Old, opened, revision_of, state


def upgrade(file: Path) -> None:
    with old_database(f"sqlite:///{file}") as database:
        database.upgrade(lambda step: None)
        assert database.differences() == []


@pytest.mark.parametrize("release", RELEASES)
def test_schema_and_rows_are_those_of_mlflows_own_upgrade(upgraded: Old, judged: Old, release: str) -> None:
    file = upgraded(release)
    assert revision_of(file) == HEAD
    our_shape, our_rows = state(f"sqlite:///{file}")
    their_shape, their_rows = state(f"sqlite:///{judged(release)}")
    for table in their_shape:
        assert our_shape[table] == their_shape[table], table
    assert our_shape.keys() == their_shape.keys()
    if release == "0.9.1":
        # MLflow's revision 90e64c465722 finds one run of each experiment; every run's user becomes a tag here.
        tags = {row for row in our_rows.pop("tags") if "mlflow.user" not in row}
        assert tags == {row for row in their_rows.pop("tags") if "mlflow.user" not in row}
    assert our_rows == their_rows


def test_every_user_becomes_a_tag(upgraded: Old) -> None:
    with closing(sqlite3.connect(upgraded("0.9.1"))) as connection:
        users = connection.execute("SELECT run_uuid, user_id FROM runs ORDER BY 1").fetchall()
        tags = connection.execute("SELECT run_uuid, value FROM tags WHERE key = 'mlflow.user' ORDER BY 1").fetchall()
    assert len(users) == 15
    assert tags == users


@pytest.mark.parametrize("release", ["0.9.1", "1.30.0", "2.22.0", "3.14.0"])
def test_mlflow_reads_from_it_what_it_reads_from_its_own(mlflow: Any, upgraded: Old, judged: Old, release: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        ours, theirs = (_as_read_by(mlflow, each(release)) for each in (upgraded, judged))
    if release == "0.9.1":
        for run in (*ours["runs"].values(), *theirs["runs"].values()):
            run["data"]["tags"].pop("mlflow.user", None)
    assert str(ours) == str(theirs)  # not-a-number equals nothing but its own text
    assert len(ours["runs"]) == 8
    assert ("models" in ours) == (release != "0.9.1")


def _as_read_by(mlflow: Any, file: Path) -> dict[str, Any]:
    client = mlflow.MlflowClient(f"sqlite:///{file}")
    experiments = client.search_experiments()
    ids = [experiment.experiment_id for experiment in experiments]
    runs = client.search_runs(ids, order_by=["metrics.loss"])
    read: dict[str, Any] = {
        "experiments": [dict(experiment) for experiment in experiments],
        "runs": {run.info.run_id: run.to_dictionary() for run in runs},
        "history": [
            str(point)
            for run in runs
            for key in run.data.metrics
            for point in client.get_metric_history(run.info.run_id, key)
        ],
        "traces": [trace.info.to_dict() for trace in client.search_traces(experiment_ids=ids, include_spans=False)],
    }
    models = client.search_registered_models()
    if models:
        read["models"] = [str(model) for model in models]
        read["versions"] = [str(version) for version in client.search_model_versions()]
    return read


@pytest.mark.parametrize("release", ["0.9.1", "2.9.2", "3.5.0"])
def test_kirok_opens_it(upgraded: Old, tmp_path: Path, release: str) -> None:
    file = tmp_path / "mlflow.db"
    file.write_bytes(upgraded(release).read_bytes())
    stores = open_stores(f"sqlite:///{file}")
    try:
        names = {experiment.name for experiment in stores.experiments.search_experiments()}
        assert names == {"Default", "vision", "speech ☃"}
    finally:
        stores.close()


def test_values_that_columns_cannot_hold_are_left_out(old: Old, judged: Old, by_mlflow: Any, tmp_path: Path) -> None:
    file = old("3.14.0")
    odd = """
        UPDATE trace_metrics SET value = 7.5 WHERE key = 'input_tokens';
        DELETE FROM trace_metrics WHERE key = 'output_tokens';
        UPDATE trace_request_metadata SET value = '{"output_tokens": "12", "total_tokens": true}'
            WHERE key = 'mlflow.trace.tokenUsage';
        UPDATE trace_request_metadata SET value = 'no JSON' WHERE key = 'mlflow.trace.cost';
        UPDATE span_metrics SET value = 9e999 WHERE key = 'total_cost';
        UPDATE trace_request_metadata SET value = 'long' || hex(zeroblob(200)) WHERE key = 'mlflow.trace.session';
        INSERT INTO trace_request_metadata SELECT 'mlflow.gateway.endpointId', 'e', request_id FROM trace_info;
        UPDATE assessments SET value = '1e999' WHERE name = 'grade float';
        UPDATE assessments SET value = 'no JSON' WHERE name = 'grade dict';
        UPDATE assessments SET value = '" No "' WHERE value = '"a word"';
        INSERT INTO jobs (id, creation_time, job_name, params, status, retry_count, last_update_time)
            VALUES ('j', 1, 'n', '{}', 2, 0, 1);
    """
    with closing(sqlite3.connect(file)) as connection:
        connection.executescript(odd)
    theirs = tmp_path / "theirs.db"
    theirs.write_bytes(file.read_bytes())
    by_mlflow(f"sqlite:///{theirs}")
    upgrade(file)
    assert state(f"sqlite:///{file}")[1] == state(f"sqlite:///{theirs}")[1]


def test_rows_without_their_trace_are_told_and_nothing_is_lost(old: Old) -> None:
    file = old("3.14.0")
    with closing(sqlite3.connect(file)) as connection, connection:
        connection.execute("DELETE FROM trace_info WHERE request_id = (SELECT max(request_id) FROM trace_info)")
    with old_database(f"sqlite:///{file}") as database:
        with pytest.raises(
            Exception, match=r"2 rows of the table spans belong to traces that are not there.*DELETE FROM"
        ):
            database.upgrade(lambda step: None)
        assert database.revision == "b7e2c1a4d9f3"
    with opened(file) as found:
        assert found.execute(text("SELECT COUNT(*) FROM spans")).scalar() == 6


def test_a_database_that_another_program_locks_is_told_and_left_alone(old: Old) -> None:
    file = old("3.14.0")
    with (
        closing(sqlite3.connect(file, isolation_level=None)) as other,
        open_old_database(SQLITE, lambda: sqlite3.connect(file, timeout=0.1, isolation_level=None)) as database,
    ):
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(Unavailable, match=r"database is locked\. Stop what else uses it"):
            database.upgrade(lambda step: None)
        other.execute("ROLLBACK")
        assert database.revision == "b7e4c1a90f23"


def test_the_plan_counts_rows_and_changes_nothing(old: Old) -> None:
    file = old("1.30.0")
    before = file.read_bytes()
    with old_database(f"sqlite:///{file}") as database:
        planned = {step.step.revision: step.work for step in database.plan()}
    assert len(planned) == 48
    (work,) = planned["a5b4c3d2e1f0"]
    assert (work.table, work.rows) == ("metrics", 408)
    assert work.seconds > 0
    assert file.read_bytes() == before
