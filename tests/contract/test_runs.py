"""Runs: birth, change, bin."""

from collections.abc import Callable

import pytest

from kirok.base.errors import InvalidParameter, NotFound
from kirok.entities.metrics import Metric
from kirok.entities.models import LoggedModelOutput
from kirok.entities.runs import Param, RunTag
from kirok.entities.views import LifecycleStage, RunStatus
from kirok.stores.protocols import Stores


def test_a_new_run_is_running_and_carries_what_it_was_given(stores: Stores, experiment_id: str) -> None:
    run = stores.runs.create_run(
        experiment_id, user_id="kim", run_name="warm up", start_time=1_234, tags=[RunTag("team", "speech")]
    )
    info = run.info
    assert (info.experiment_id, info.run_name, info.user_id) == (experiment_id, "warm up", "kim")
    assert (info.status, info.start_time, info.end_time) == (RunStatus.RUNNING, 1_234, None)
    assert info.lifecycle_stage == LifecycleStage.ACTIVE
    assert info.run_uuid == info.run_id
    assert run.data.tags == {"mlflow.runName": "warm up", "team": "speech"}
    assert stores.runs.get_run(info.run_id) == run


def test_its_artifacts_lie_below_those_of_its_experiment(stores: Stores) -> None:
    experiment_id = stores.experiments.create_experiment("far", artifact_location="s3://bucket/far/?region=x")
    info = stores.runs.create_run(experiment_id).info
    assert info.artifact_uri == f"s3://bucket/far/{info.run_id}/artifacts?region=x"


def test_a_run_without_a_name_is_given_one(stores: Stores, experiment_id: str) -> None:
    run = stores.runs.create_run(experiment_id)
    assert run.info.run_name
    assert run.data.tags["mlflow.runName"] == run.info.run_name


def test_a_run_without_a_start_starts_now(stores: Stores, experiment_id: str) -> None:
    created = stores.experiments.get_experiment(experiment_id).creation_time
    started = stores.runs.create_run(experiment_id).info.start_time
    assert created is not None
    assert started is not None
    assert started >= created


def test_the_name_may_come_as_a_tag(stores: Stores, experiment_id: str) -> None:
    run = stores.runs.create_run(experiment_id, tags=[RunTag("mlflow.runName", "by tag")])
    assert run.info.run_name == "by tag"
    agreeing = stores.runs.create_run(experiment_id, run_name="same", tags=[RunTag("mlflow.runName", "same")])
    assert agreeing.info.run_name == "same"


def test_a_name_unlike_its_tag_is_refused(stores: Stores, experiment_id: str) -> None:
    with pytest.raises(InvalidParameter, match="different values"):
        stores.runs.create_run(experiment_id, run_name="one", tags=[RunTag("mlflow.runName", "other")])
    assert stores.runs.search_runs([experiment_id]) == []


def test_two_runs_may_share_a_name(stores: Stores, experiment_id: str) -> None:
    runs = [stores.runs.create_run(experiment_id, run_name="twin").info.run_id for _ in range(2)]
    assert len(set(runs)) == 2


def test_an_unknown_experiment_has_no_runs(stores: Stores) -> None:
    with pytest.raises(NotFound, match="No Experiment with id=4711 exists"):
        stores.runs.create_run("4711")


def test_a_deleted_experiment_starts_no_run(stores: Stores, experiment_id: str) -> None:
    stores.experiments.delete_experiment(experiment_id)
    with pytest.raises(InvalidParameter, match="must be in the 'active' state"):
        stores.runs.create_run(experiment_id)


def test_a_run_may_start_with_a_tag_of_any_name_as_in_mlflow(
    stores: Stores, experiment_id: str, keys_name_files: bool
) -> None:
    if keys_name_files:
        with pytest.raises(InvalidParameter, match=r"treated as files|alphanumerics"):
            stores.runs.create_run(experiment_id, tags=[RunTag("a//b (draft)!", "x")])
        assert stores.runs.search_runs([experiment_id]) == []
        return
    run = stores.runs.create_run(experiment_id, tags=[RunTag("a//b (draft)!", "x")])
    assert stores.runs.get_run(run.info.run_id).data.tags["a//b (draft)!"] == "x"


def test_an_over_long_tag_key_starts_no_run(stores: Stores, experiment_id: str) -> None:
    with pytest.raises(InvalidParameter, match="250"):
        stores.runs.create_run(experiment_id, tags=[RunTag("k" * 251, "x")])
    assert stores.runs.search_runs([experiment_id]) == []


def test_an_unknown_run_is_not_found(stores: Stores) -> None:
    acts: list[Callable[[str], object]] = [
        stores.runs.get_run,
        stores.runs.delete_run,
        stores.runs.restore_run,
        stores.runs.update_run,
    ]
    for act in acts:
        with pytest.raises(NotFound, match="Run with id=nobody not found"):
            act("nobody")


def test_an_update_changes_what_is_given(stores: Stores, run_id: str) -> None:
    ended = stores.runs.update_run(run_id, status=RunStatus.FINISHED, end_time=2_000)
    assert (ended.status, ended.end_time, ended.run_name) == (RunStatus.FINISHED, 2_000, "first")
    renamed = stores.runs.update_run(run_id, run_name="second")
    assert (renamed.status, renamed.end_time, renamed.run_name) == (RunStatus.FINISHED, 2_000, "second")
    run = stores.runs.get_run(run_id)
    assert run.info == renamed
    assert run.data.tags["mlflow.runName"] == "second"


@pytest.mark.parametrize("status", list(RunStatus))
def test_any_status_may_follow_any(stores: Stores, run_id: str, status: RunStatus) -> None:
    stores.runs.update_run(run_id, status=RunStatus.KILLED)
    assert stores.runs.update_run(run_id, status=status).status == status


def test_an_empty_name_changes_nothing(stores: Stores, run_id: str) -> None:
    assert stores.runs.update_run(run_id, run_name="").run_name == "first"
    stores.runs.log_batch(run_id, tags=[RunTag("mlflow.runName", "")])
    run = stores.runs.get_run(run_id)
    assert (run.info.run_name, run.data.tags["mlflow.runName"]) == ("first", "first")


def test_an_end_time_may_be_zero(stores: Stores, run_id: str) -> None:
    assert stores.runs.update_run(run_id, end_time=0).end_time == 0
    assert stores.runs.get_run(run_id).info.end_time == 0


def test_a_deleted_run_is_still_returned(stores: Stores, run_id: str) -> None:
    stores.runs.log_batch(run_id, params=[Param("lr", "0.1")])
    stores.runs.delete_run(run_id)
    run = stores.runs.get_run(run_id)
    assert run.info.lifecycle_stage == LifecycleStage.DELETED
    assert run.data.params == {"lr": "0.1"}


def test_deleting_and_restoring_may_be_repeated(stores: Stores, run_id: str) -> None:
    stores.runs.delete_run(run_id)
    stores.runs.delete_run(run_id)
    stores.runs.restore_run(run_id)
    stores.runs.restore_run(run_id)
    assert stores.runs.get_run(run_id).info.lifecycle_stage == LifecycleStage.ACTIVE


def test_a_deleted_run_takes_nothing_more(stores: Stores, run_id: str) -> None:
    stores.runs.log_batch(run_id, tags=[RunTag("kept", "yes")])
    before = stores.runs.get_run(run_id)
    stores.runs.delete_run(run_id)
    record = {"artifact_path": "model", "flavors": {}, "utc_time_created": "2026-01-01", "run_id": run_id}
    acts: list[Callable[[], object]] = [
        lambda: stores.runs.update_run(run_id, status=RunStatus.FINISHED),
        lambda: stores.runs.log_batch(run_id, metrics=[Metric("loss", 1.0, 1)]),
        lambda: stores.runs.log_batch(run_id, params=[Param("lr", "0.1")]),
        lambda: stores.runs.log_batch(run_id, tags=[RunTag("kept", "no")]),
        lambda: stores.runs.delete_tag(run_id, "kept"),
        lambda: stores.runs.log_inputs(run_id),
        lambda: stores.runs.log_outputs(run_id, [LoggedModelOutput("m-1")]),
        lambda: stores.runs.log_model_record(run_id, record),
    ]
    for act in acts:
        with pytest.raises(InvalidParameter, match="must be in the 'active' state"):
            act()
    stores.runs.restore_run(run_id)
    assert stores.runs.get_run(run_id) == before


def test_a_finished_run_takes_more(stores: Stores, run_id: str) -> None:
    stores.runs.update_run(run_id, status=RunStatus.FINISHED, end_time=5)
    stores.runs.log_batch(run_id, metrics=[Metric("loss", 1.0, 1)])
    assert stores.runs.get_run(run_id).data.metrics == {"loss": 1.0}
