"""Which experiment becomes which, what is left alone, what is refused, and what a comparison finds."""

import sqlite3
from pathlib import Path
from typing import cast

import pytest
from click.testing import CliRunner, Result

from databases import DatabaseServer
from kirok.cli.root import kirok
from kirok.entities.experiments import ExperimentTag
from kirok.entities.metrics import Metric
from kirok.entities.runs import Param, RunTag
from kirok.stores.open import open_stores
from kirok.stores.protocols import Stores
from moving.dumps import dump


def copy(source: str, destination: str, *options: str) -> Result:
    return CliRunner().invoke(kirok, ["copy", source, destination, *options])


def a_database(path: Path, name: str = "churn", values: tuple[float, ...] = (0.5,)) -> str:
    """A database with one experiment of one run, and a tag, a param and points."""
    uri = f"sqlite:///{path}"
    stores = open_stores(uri)
    experiment_id = stores.experiments.create_experiment(name, tags=[ExperimentTag("team", "fruit")])
    run = stores.runs.create_run(experiment_id, run_name=f"{name} run")
    points = [Metric("loss", value, 1_700_000_000_000, step) for step, value in enumerate(values)]
    stores.runs.log_batch(run.info.run_id, metrics=points, params=[Param("lr", "0.1")], tags=[RunTag("stage", "one")])
    stores.close()
    return uri


def runs_by_experiment(uri: str) -> dict[str, list[str]]:
    stores = open_stores(uri)
    found = {
        one.name: sorted(run.info.run_name for run in stores.runs.search_runs([one.experiment_id]))
        for one in stores.experiments.search_experiments()
    }
    stores.close()
    return found


def execute(path: Path, sql: str) -> None:
    with sqlite3.connect(path) as connection:
        connection.execute(sql)
    connection.close()


def test_two_databases_that_number_alike_go_into_one(tmp_path: Path) -> None:
    one, two = a_database(tmp_path / "one.db", "apples"), a_database(tmp_path / "two.db", "pears")
    both = f"sqlite:///{tmp_path}/both.db"
    assert copy(one, both).exit_code == 0
    told = copy(two, both, "--verify")
    assert told.exit_code == 0, told.output
    assert "Experiment 1 is 2 (pears): it was 1 at the source." in told.output
    assert runs_by_experiment(both) == {"Default": [], "apples": ["apples run"], "pears": ["pears run"]}
    before = dump(both)
    for source in (one, two):
        assert "Nothing to copy: all is there." in copy(source, both).output
    assert dump(both) == before


def test_runs_of_an_experiment_join_the_one_of_its_name(tmp_path: Path) -> None:
    one, two = a_database(tmp_path / "one.db", "first"), a_database(tmp_path / "two.db")
    stores = open_stores(one)
    stores.runs.create_run(stores.experiments.create_experiment("churn"), run_name="its own")
    stores.close()
    told = copy(two, one, "--verify")
    assert told.exit_code == 0, told.output
    assert "its runs join the experiment 2 of that name" in told.output
    assert runs_by_experiment(one)["churn"] == ["churn run", "its own"]
    assert "Nothing to copy" in copy(two, one).output


def test_an_experiment_of_a_taken_name_can_be_kept_apart(tmp_path: Path) -> None:
    one, two = a_database(tmp_path / "one.db", "first"), a_database(tmp_path / "two.db")
    stores = open_stores(one)
    stores.experiments.create_experiment("churn")
    stores.close()
    for _ in range(2):
        told = copy(two, one, "--same-name", "rename", "--verify")
        assert told.exit_code == 0, told.output
        assert runs_by_experiment(one) == {
            "Default": [],
            "first": ["first run"],
            "churn": [],
            "churn (1)": ["churn run"],
        }


def test_only_the_experiments_named_go(tmp_path: Path) -> None:
    source = a_database(tmp_path / "source.db", "apples")
    stores = open_stores(source)
    stores.experiments.create_experiment("pears")
    stores.close()
    destination = f"sqlite:///{tmp_path}/destination.db"
    assert copy(source, destination, "-x", "pears").exit_code == 0
    assert runs_by_experiment(destination) == {"Default": [], "pears": []}
    told = copy(source, destination, "-x", "plums")
    assert told.exit_code == 1
    assert "no experiment 'plums'" in told.output


def test_ids_of_folders_become_short_where_a_database_takes_no_long_ones(
    tmp_path: Path, database_server: DatabaseServer
) -> None:
    folder, destination = str(tmp_path / "runs"), database_server.create()
    stores = open_stores(folder)
    long_id = stores.experiments.create_experiment("long")
    stores.runs.create_run(long_id, run_name="a run")
    stores.close()
    assert len(long_id) == 18
    told = copy(folder, destination, "--verify")
    assert told.exit_code == 0, told.output
    assert f"Experiment {long_id} is 1 (long): it was {long_id} at the source." in told.output
    assert "Nothing to copy" in copy(folder, destination).output
    stores = open_stores(destination)
    assert stores.experiments.create_experiment("next") == "2"  # the sequence knows of the copied one
    stores.close()


def test_the_long_ids_of_folders_stay_in_sqlite(tmp_path: Path) -> None:
    folder, destination = str(tmp_path / "runs"), f"sqlite:///{tmp_path}/db.db"
    stores = open_stores(folder)
    long_id = stores.experiments.create_experiment("long")
    stores.close()
    assert copy(folder, destination).exit_code == 0
    stores = open_stores(destination)
    assert stores.experiments.get_experiment(long_id).name == "long"
    stores.close()


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ("DELETE FROM metrics WHERE step = 1", "metrics (key='loss', timestamp=1700000000000, step=1"),
        ("UPDATE tags SET value = 'two' WHERE key = 'stage'", "tags (key='stage'"),
        ("UPDATE runs SET status = 'FAILED'", "runs (run_uuid="),
        ("DELETE FROM experiment_tags", "experiment_tags (key='team'"),
        ("UPDATE params SET value = '0.2'", "value '0.1' at the source, '0.2' at the destination"),
    ],
)
def test_a_planted_difference_is_found_and_named(tmp_path: Path, change: str, named: str) -> None:
    source = a_database(tmp_path / "source.db", values=(0.5, 0.25, 0.125))
    destination = f"sqlite:///{tmp_path}/destination.db"
    copy(source, destination)
    execute(tmp_path / "destination.db", change)
    before = dump(destination)
    told = copy(source, destination, "--dry-run")
    assert told.exit_code == 1
    assert named in told.output
    assert dump(destination) == before  # a comparison mends nothing


def test_what_was_changed_is_overwritten_but_a_param_is_a_conflict(tmp_path: Path) -> None:
    source, destination = a_database(tmp_path / "source.db"), f"sqlite:///{tmp_path}/destination.db"
    copy(source, destination)
    execute(tmp_path / "destination.db", "UPDATE tags SET value = 'two' WHERE key = 'stage'")
    execute(tmp_path / "destination.db", "UPDATE params SET value = '0.2'")
    told = copy(source, destination)
    assert told.exit_code == 1
    assert "Conflict in params" in told.output
    rows = dump(destination)
    assert any("'stage', 'one'" in repr(row) for row in rows.values())
    assert any("'lr', '0.2'" in repr(row) for row in rows.values())


def test_a_registered_model_of_that_name_that_is_another_one_is_left_alone(tmp_path: Path) -> None:
    source, destination = a_database(tmp_path / "source.db", "one"), a_database(tmp_path / "destination.db", "two")
    for path, time, version in ((tmp_path / "source.db", 1000, 1), (tmp_path / "destination.db", 2000, 2)):
        execute(path, f"INSERT INTO registered_models (name, creation_time) VALUES ('forest', {time})")
        execute(path, f"INSERT INTO model_versions (name, version, creation_time) VALUES ('forest', {version}, {time})")
        aliases = "registered_model_aliases (name, alias, version)"
        execute(path, f"INSERT INTO {aliases} VALUES ('forest', 'best', {version})")
    told = copy(source, destination)
    assert told.exit_code == 1
    assert "Conflict in registered_models ('forest',), left as it was" in told.output
    rows = dump(destination)
    assert repr(rows["model_versions forest"]).startswith("[\"('forest', 2, 2000, ")
    assert rows["registered_model_aliases forest"] == ["('best', 2, 'forest')"]


def test_what_was_logged_at_the_destination_since_stays(tmp_path: Path) -> None:
    source, destination = a_database(tmp_path / "source.db"), f"sqlite:///{tmp_path}/destination.db"
    copy(source, destination)
    stores = open_stores(destination)
    run = stores.runs.search_runs(["1"])[0].info.run_id
    stores.runs.log_batch(run, metrics=[Metric("loss", 0.1, 1_800_000_000_000, 9)], tags=[RunTag("new", "tag")])
    stores.close()
    assert "Nothing to copy" in copy(source, destination).output
    stores = open_stores(destination)
    assert stores.runs.get_run(run).data.metrics == {"loss": 0.1}
    assert stores.runs.get_run(run).data.tags["new"] == "tag"
    stores.close()


def test_what_a_folder_cannot_name_is_refused_and_named_and_the_rest_goes(tmp_path: Path) -> None:
    source, destination = a_database(tmp_path / "source.db"), str(tmp_path / "runs")
    stores = open_stores(source)
    run = stores.runs.search_runs(["1"])[0].info.run_id
    stores.runs.log_batch(run, params=[Param("a", "1"), Param("a/b", "2"), Param("z", "3")])
    stores.close()
    told = copy(source, destination)
    assert told.exit_code == 1
    assert "Refused: params (key='a/b'" in told.output
    stores = open_stores(destination)
    assert set(stores.runs.get_run(run).data.params) == {"a", "lr", "z"}
    stores.close()


def test_a_row_about_a_run_that_is_gone_is_refused_and_named_and_the_rest_goes(
    tmp_path: Path, database_server: DatabaseServer
) -> None:
    source, destination = a_database(tmp_path / "source.db"), database_server.create()
    execute(
        tmp_path / "source.db",
        "INSERT INTO logged_models (model_id, experiment_id, name, artifact_location, creation_timestamp_ms, "
        "last_updated_timestamp_ms, status, lifecycle_stage) VALUES ('m-1', 1, 'forest', 'x', 1, 1, 2, 'active')",
    )
    stores = open_stores(source)
    run = stores.runs.search_runs(["1"])[0].info.run_id
    stores.close()
    for run_id in (run, "gone"):
        execute(
            tmp_path / "source.db",
            "INSERT INTO logged_model_metrics (model_id, metric_name, metric_timestamp_ms, metric_step, metric_value, "
            f"experiment_id, run_id) VALUES ('m-1', 'auc', 1, 1, 0.5, 1, '{run_id}')",
        )
    told = copy(source, destination)
    assert told.exit_code == 1
    assert "Refused: logged_model_metrics (model_id='m-1'" in told.output
    assert len(cast(list[str], dump(destination)["logged_model_metrics m-1"])) == 1


def test_statistics_and_latest_points_follow(tmp_path: Path) -> None:
    source = a_database(tmp_path / "source.db", values=(0.5, 0.125, 0.25))
    destination = f"sqlite:///{tmp_path}/destination.db"
    copy(source, destination)

    def told(uri: str) -> object:
        stores: Stores = open_stores(uri)
        run = stores.runs.search_runs(["1"], filter_string="min(metrics.loss) = 0.125")[0]
        stores.close()
        return run.data.latest_metrics

    assert told(source) == told(destination) == (Metric("loss", 0.25, 1_700_000_000_000, 2),)


def test_a_source_that_is_not_there_is_not_made(tmp_path: Path) -> None:
    for uri in (f"sqlite:///{tmp_path}/none.db", str(tmp_path / "none")):
        told = copy(uri, f"sqlite:///{tmp_path}/destination.db")
        assert told.exit_code == 2
        assert "There is nothing to copy" in told.output
    assert list(tmp_path.iterdir()) == []
