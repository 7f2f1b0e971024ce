"""Experiments: names, life cycle, what is refused."""

from pathlib import Path

import pytest

from kirok.base.errors import AlreadyExists, InvalidParameter, InvalidState, NotFound
from kirok.entities.experiments import ExperimentTag
from kirok.entities.views import LifecycleStage, ViewType
from kirok.rules.uris.parse import parse
from kirok.stores.protocols import Stores


def test_a_new_store_has_the_default_experiment(stores: Stores) -> None:
    default = stores.experiments.get_experiment("0")
    assert (default.name, default.lifecycle_stage) == ("Default", LifecycleStage.ACTIVE)


def test_a_new_experiment_is_found_by_id_and_by_name(stores: Stores) -> None:
    tags = [ExperimentTag("team", "speech"), ExperimentTag("empty", "")]
    experiment_id = stores.experiments.create_experiment("tts", artifact_location="s3://bucket/tts", tags=tags)
    experiment = stores.experiments.get_experiment(experiment_id)
    assert experiment.experiment_id == experiment_id
    assert experiment.name == "tts"
    assert experiment.artifact_location == "s3://bucket/tts"
    assert experiment.tags == {"team": "speech", "empty": ""}
    assert experiment.lifecycle_stage == "active"
    assert experiment.creation_time == experiment.last_update_time is not None
    assert stores.experiments.get_experiment_by_name("tts") == experiment


def test_artifacts_go_into_a_folder_named_after_the_id(stores: Stores, experiment_id: str) -> None:
    first = stores.experiments.get_experiment(experiment_id).artifact_location
    second_id = stores.experiments.create_experiment("second")
    second = stores.experiments.get_experiment(second_id).artifact_location
    assert first.endswith(f"/artifacts/{experiment_id}")
    assert second == first.removesuffix(experiment_id) + second_id


def test_a_relative_folder_is_kept_in_full(stores: Stores, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    found = []
    for name, location in (("path", "./my files"), ("uri", "file:my%20files"), ("windows", "E:\\my files")):
        experiment_id = stores.experiments.create_experiment(name, artifact_location=location)
        found.append(stores.experiments.get_experiment(experiment_id).artifact_location)
    assert parse(found[0]) == parse(found[1]) == parse(str(tmp_path / "my files"))
    assert found[1] == (tmp_path / "my files").as_uri()
    assert found[2] == "E:\\my files"


def test_ids_are_decimal_text_and_differ(stores: Stores) -> None:
    ids = [stores.experiments.create_experiment(f"e{i}") for i in range(3)]
    assert len(set(ids)) == 3
    assert all(each.isdecimal() for each in ids)


@pytest.mark.parametrize("name", ["", "   ", "x" * 501])
def test_a_name_is_not_blank_and_not_over_long(stores: Stores, name: str) -> None:
    with pytest.raises(InvalidParameter):
        stores.experiments.create_experiment(name)


@pytest.mark.parametrize("name", ["x" * 256, "이름 🎙", "a/b\\c", 'it\'s "quoted"', "tab\tand\nline"])
def test_any_other_text_is_a_name(stores: Stores, name: str) -> None:
    experiment_id = stores.experiments.create_experiment(name)
    found = stores.experiments.get_experiment_by_name(name)
    assert found is not None
    assert (found.experiment_id, found.name) == (experiment_id, name)


def test_a_name_may_have_as_many_characters_as_mlflow_allows(stores: Stores, columns_have_widths: bool) -> None:
    if columns_have_widths:
        with pytest.raises(InvalidParameter, match="too long"):
            stores.experiments.create_experiment("x" * 257)
        return
    experiment_id = stores.experiments.create_experiment("x" * 500)
    assert stores.experiments.get_experiment(experiment_id).name == "x" * 500


def test_a_name_is_unique_among_active_and_deleted_ones(stores: Stores, experiment_id: str) -> None:
    with pytest.raises(AlreadyExists, match="speech"):
        stores.experiments.create_experiment("speech")
    stores.experiments.delete_experiment(experiment_id)
    with pytest.raises(AlreadyExists, match="speech"):
        stores.experiments.create_experiment("speech")


def test_names_differ_by_case(stores: Stores, experiment_id: str) -> None:
    other = stores.experiments.create_experiment("SPEECH")
    assert other != experiment_id
    assert stores.experiments.get_experiment_by_name("Speech") is None


def test_an_unknown_id_is_not_found(stores: Stores) -> None:
    with pytest.raises(NotFound, match="No Experiment with id=4711 exists"):
        stores.experiments.get_experiment("4711")


@pytest.mark.parametrize("experiment_id", ["abc", "1.5", "1 or 1=1", "٣x"])
def test_an_id_that_is_no_number_is_refused(stores: Stores, experiment_id: str) -> None:
    with pytest.raises(InvalidParameter, match="valid integer"):
        stores.experiments.get_experiment(experiment_id)


def test_an_unknown_name_is_nothing(stores: Stores) -> None:
    assert stores.experiments.get_experiment_by_name("nobody") is None


@pytest.mark.parametrize(
    "location", ["runs:/abc/model", "s3://bucket/#x", "s3://bucket/a?x=../..", "s3://" + "x" * 2048]
)
def test_a_location_that_cannot_hold_artifacts_is_refused(stores: Stores, location: str) -> None:
    with pytest.raises(InvalidParameter):
        stores.experiments.create_experiment("somewhere", artifact_location=location)
    assert stores.experiments.get_experiment_by_name("somewhere") is None


def test_a_refused_tag_leaves_no_experiment(stores: Stores) -> None:
    with pytest.raises(InvalidParameter):
        stores.experiments.create_experiment("tagged", tags=[ExperimentTag("ok", "1"), ExperimentTag("a//b", "2")])
    assert stores.experiments.get_experiment_by_name("tagged") is None


def test_renaming_changes_the_name_and_the_time(stores: Stores, experiment_id: str) -> None:
    before = stores.experiments.get_experiment(experiment_id)
    stores.experiments.rename_experiment(experiment_id, "voices")
    after = stores.experiments.get_experiment(experiment_id)
    assert after.name == "voices"
    assert (after.last_update_time or 0) >= (before.last_update_time or 0)
    assert after.creation_time == before.creation_time
    assert stores.experiments.get_experiment_by_name("speech") is None


def test_renaming_to_its_own_name_is_allowed(stores: Stores, experiment_id: str) -> None:
    stores.experiments.rename_experiment(experiment_id, "speech")
    assert stores.experiments.get_experiment(experiment_id).name == "speech"


def test_renaming_to_a_taken_name_is_refused(stores: Stores, experiment_id: str) -> None:
    with pytest.raises(AlreadyExists, match="Default"):
        stores.experiments.rename_experiment(experiment_id, "Default")
    assert stores.experiments.get_experiment(experiment_id).name == "speech"


def test_renaming_follows_the_rules_for_names(stores: Stores, experiment_id: str) -> None:
    with pytest.raises(InvalidParameter):
        stores.experiments.rename_experiment(experiment_id, "x" * 501)


def test_a_deleted_experiment_cannot_be_renamed(stores: Stores, experiment_id: str) -> None:
    stores.experiments.delete_experiment(experiment_id)
    with pytest.raises(InvalidState):
        stores.experiments.rename_experiment(experiment_id, "voices")


def test_a_deleted_experiment_is_still_returned(stores: Stores, experiment_id: str) -> None:
    stores.experiments.delete_experiment(experiment_id)
    assert stores.experiments.get_experiment(experiment_id).lifecycle_stage == LifecycleStage.DELETED
    by_name = stores.experiments.get_experiment_by_name("speech")
    assert by_name is not None
    assert by_name.lifecycle_stage == LifecycleStage.DELETED


def test_only_an_active_experiment_can_be_deleted(stores: Stores, experiment_id: str) -> None:
    stores.experiments.delete_experiment(experiment_id)
    with pytest.raises(NotFound):
        stores.experiments.delete_experiment(experiment_id)
    with pytest.raises(NotFound):
        stores.experiments.delete_experiment("4711")


def test_only_a_deleted_experiment_can_be_restored(stores: Stores, experiment_id: str) -> None:
    with pytest.raises(NotFound):
        stores.experiments.restore_experiment(experiment_id)
    stores.experiments.delete_experiment(experiment_id)
    stores.experiments.restore_experiment(experiment_id)
    assert stores.experiments.get_experiment(experiment_id).lifecycle_stage == LifecycleStage.ACTIVE


def test_the_default_experiment_can_be_deleted(stores: Stores) -> None:
    stores.experiments.delete_experiment("0")
    assert stores.experiments.get_experiment("0").lifecycle_stage == LifecycleStage.DELETED


def test_deleting_takes_its_runs_along_and_no_others(stores: Stores, experiment_id: str, run_id: str) -> None:
    other = stores.runs.create_run("0").info.run_id
    stores.experiments.delete_experiment(experiment_id)
    assert stores.runs.get_run(run_id).info.lifecycle_stage == LifecycleStage.DELETED
    assert stores.runs.get_run(other).info.lifecycle_stage == LifecycleStage.ACTIVE


def test_restoring_brings_back_all_its_runs_even_those_deleted_before(
    stores: Stores, experiment_id: str, run_id: str
) -> None:
    earlier = stores.runs.create_run(experiment_id).info.run_id
    stores.runs.delete_run(earlier)
    stores.experiments.delete_experiment(experiment_id)
    stores.experiments.restore_experiment(experiment_id)
    found = stores.runs.search_runs([experiment_id], view_type=ViewType.ACTIVE_ONLY)
    assert {run.info.run_id for run in found} == {run_id, earlier}
