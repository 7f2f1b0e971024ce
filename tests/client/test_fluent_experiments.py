"""Experiments, the active one, and where records go."""

import subprocess
import sys
from pathlib import Path

import pytest

import kirok
from kirok.base.errors import AlreadyExists, InvalidParameter, NotFound, NotSupported
from kirok.entities import ViewType


def test_experiments_live_from_creation_to_restoration(tracked: str) -> None:
    name = f"life of {tracked} {id(tracked)}"
    experiment_id = kirok.create_experiment(name, tags={"team": 1})
    with pytest.raises(AlreadyExists):
        kirok.create_experiment(name)
    found = kirok.get_experiment_by_name(name)
    assert found == kirok.get_experiment(experiment_id)
    assert found is not None
    assert found.tags == {"team": "1"}
    kirok.MlflowClient().rename_experiment(experiment_id, f"{name}!")
    kirok.delete_experiment(experiment_id)
    assert kirok.get_experiment(experiment_id).lifecycle_stage == "deleted"
    with pytest.raises(InvalidParameter, match="Cannot set a deleted experiment"):
        kirok.set_experiment(f"{name}!")
    kirok.restore_experiment(experiment_id)
    assert kirok.set_experiment(experiment_id=experiment_id).name == f"{name}!"
    assert kirok.get_experiment_by_name("nobody's") is None
    with pytest.raises(NotFound):
        kirok.get_experiment("987654")


def test_the_active_experiment_takes_runs_and_tags(tracked: str) -> None:
    experiment = kirok.set_experiment(f"active on {tracked} {id(tracked)}")
    with kirok.start_run() as run:
        pass
    assert run.info.experiment_id == experiment.experiment_id
    kirok.set_experiment_tags({"a": 1, "b": 2})
    kirok.set_experiment_tag("c", 3)
    kirok.delete_experiment_tag("b")
    assert kirok.get_experiment(experiment.experiment_id).tags == {"a": "1", "c": "3"}


def test_experiments_are_found_in_pages(tracked: str) -> None:
    prefix = f"page of {id(tracked)} {tracked}"
    for number in range(5):
        kirok.create_experiment(f"{prefix} {number}", tags={"even": str(number % 2 == 0)})
    ours = f"name LIKE '{prefix}%'"
    by_name = kirok.search_experiments(filter_string=ours, order_by=["name"])
    assert [experiment.name[-1] for experiment in by_name] == list("01234")
    assert len(kirok.search_experiments(filter_string=f"{ours} AND tags.even = 'True'")) == 3
    assert len(kirok.search_experiments(filter_string=ours, max_results=2)) == 2
    page = kirok.MlflowClient().search_experiments(filter_string=ours, max_results=3)
    assert page.token is not None
    assert len(kirok.MlflowClient().search_experiments(filter_string=ours, page_token=page.token)) == 2
    kirok.delete_experiment(by_name[0].experiment_id)
    assert len(kirok.search_experiments(view_type=ViewType.DELETED_ONLY, filter_string=ours)) == 1


@pytest.mark.usefixtures("in_file")
class TestWhichExperiment:
    def test_exactly_one_of_name_and_id(self) -> None:
        for given in ({}, {"experiment_name": "a", "experiment_id": "0"}):
            with pytest.raises(InvalidParameter, match="exactly one"):
                kirok.set_experiment(**given)

    def test_the_default_one_where_nobody_says(self) -> None:
        with kirok.start_run() as run:
            assert run.info.experiment_id == "0"

    def test_the_environments_by_name_is_created(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("MLFLOW_EXPERIMENT_NAME", "of the night")
        with kirok.start_run() as run:
            assert kirok.get_experiment(run.info.experiment_id).name == "of the night"

    def test_the_environments_by_id_must_exist(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("MLFLOW_EXPERIMENT_ID", "77")
        with pytest.raises(InvalidParameter, match="MLFLOW_EXPERIMENT_ID"):
            kirok.start_run()

    def test_the_environments_name_and_id_must_agree(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("MLFLOW_EXPERIMENT_NAME", "a")
        monkeypatch.setenv("MLFLOW_EXPERIMENT_ID", "0")
        with pytest.raises(InvalidParameter, match="does not match"):
            kirok.start_run()

    def test_an_argument_wins(self) -> None:
        kirok.set_experiment("active")
        with kirok.start_run(experiment_id="0") as run:
            assert run.info.experiment_id == "0"
        with pytest.raises(InvalidParameter, match="Invalid experiment id"):
            kirok.start_run(experiment_id=0.5)  # type: ignore[arg-type]  # the mistake

    def test_a_child_process_inherits_it_and_the_place(self, tmp_path: Path) -> None:
        experiment = kirok.set_experiment("inherited")
        program = "import kirok; print(kirok.start_run().info.experiment_id)"
        elsewhere = tmp_path / "elsewhere"
        elsewhere.mkdir()
        done = subprocess.run(
            [sys.executable, "-c", program], check=True, capture_output=True, text=True, cwd=elsewhere
        )
        assert done.stdout.split() == [experiment.experiment_id]
        assert list(elsewhere.iterdir()) == []


class TestWhere:
    def test_a_database_in_the_working_directory_where_nobody_says(self, tmp_path: Path) -> None:
        assert not kirok.is_tracking_uri_set()
        assert kirok.get_tracking_uri() == f"sqlite:///{tmp_path}/mlflow.db"
        with kirok.start_run() as run:
            kirok.log_text("x", "x.txt")
        assert (tmp_path / "mlflow.db").exists()
        assert run.info.artifact_uri == f"{tmp_path}/mlruns/0/{run.info.run_id}/artifacts"
        assert (Path(run.info.artifact_uri) / "x.txt").read_text() == "x"

    def test_artifacts_alone_in_mlruns_are_no_old_runs(self, tmp_path: Path) -> None:
        (tmp_path / "mlruns" / "0" / "run" / "artifacts").mkdir(parents=True)
        assert kirok.get_tracking_uri().startswith("sqlite:///")

    def test_the_folder_mlruns_where_there_are_runs_in_it(self, tmp_path: Path) -> None:
        (tmp_path / "mlruns" / "0").mkdir(parents=True)
        (tmp_path / "mlruns" / "0" / "meta.yaml").write_text("{name: Default, experiment_id: '0'}")
        assert kirok.get_tracking_uri() == f"file://{tmp_path}/mlruns"
        with kirok.start_run() as run:
            kirok.log_metric("loss", 0.5)
        assert not (tmp_path / "mlflow.db").exists()
        assert (tmp_path / "mlruns" / "0" / run.info.run_id / "metrics" / "loss").is_file()

    def test_the_environment_and_the_twin_that_wins(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://mlflow.example.org")
        assert kirok.get_tracking_uri() == "http://mlflow.example.org"
        monkeypatch.setenv("KIROK_TRACKING_URI", f"sqlite:///{tmp_path / 'kirok.db'}")
        assert kirok.get_tracking_uri().endswith("kirok.db")
        assert kirok.MlflowClient().tracking_uri.endswith("kirok.db")
        kirok.set_tracking_uri(f"sqlite:///{tmp_path / 'set.db'}")
        assert kirok.get_tracking_uri().endswith("set.db")
        assert kirok.is_tracking_uri_set()

    def test_a_run_stays_where_it_was_started(self, tmp_path: Path, in_file: str) -> None:
        with kirok.start_run() as run:
            kirok.set_tracking_uri(f"sqlite:///{tmp_path / 'later.db'}")
            kirok.log_metric("loss", 1)
        assert kirok.MlflowClient(in_file).get_run(run.info.run_id).data.metrics == {"loss": 1.0}

    def test_kinds_that_are_not_there_yet_say_so(self, tmp_path: Path) -> None:
        kirok.set_tracking_uri("databricks")
        with pytest.raises(NotSupported, match="Databricks"):
            kirok.start_run()

    def test_models_are_kept_where_runs_are_unless_told(self, in_file: str) -> None:
        assert kirok.get_registry_uri() == in_file
        kirok.set_registry_uri("http://models.example.org")
        assert kirok.get_registry_uri() == "http://models.example.org"
