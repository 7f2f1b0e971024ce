"""Datasets and models that runs read and produced."""

import json

import pytest

from kirok.base.errors import BadRequest, InvalidParameter, NotFound
from kirok.entities.datasets import Dataset, DatasetInput, DatasetSummary, InputTag
from kirok.entities.models import LoggedModelInput, LoggedModelOutput
from kirok.stores.protocols import Stores

BOOKS = Dataset("books", "d1", "local", '{"uri": "/data"}', schema='{"columns": []}', profile='{"rows": 3}')
TRAINING = (InputTag("mlflow.data.context", "training"),)


def test_a_dataset_is_read_back_with_its_tags(stores: Stores, run_id: str) -> None:
    used = DatasetInput(BOOKS, (*TRAINING, InputTag("split", "80%")))
    plain = DatasetInput(Dataset("plain", "d2", "code", "{}"))
    stores.runs.log_inputs(run_id, datasets=[used, plain])
    found = {given.dataset.name: given for given in stores.runs.get_run(run_id).inputs.dataset_inputs}
    assert found["books"].dataset == BOOKS
    assert set(found["books"].tags) == set(used.tags)
    assert found["plain"] == plain


def test_the_same_name_and_digest_again_is_no_op(stores: Stores, run_id: str) -> None:
    stores.runs.log_inputs(run_id, datasets=[DatasetInput(BOOKS, TRAINING)])
    changed = Dataset("books", "d1", "s3", "elsewhere")
    stores.runs.log_inputs(run_id, datasets=[DatasetInput(changed, (InputTag("more", "x"),))])
    assert stores.runs.get_run(run_id).inputs.dataset_inputs == (DatasetInput(BOOKS, TRAINING),)


def test_runs_of_one_experiment_share_a_dataset(stores: Stores, experiment_id: str, run_id: str) -> None:
    other = stores.runs.create_run(experiment_id).info.run_id
    stores.runs.log_inputs(run_id, datasets=[DatasetInput(BOOKS, TRAINING)])
    stores.runs.log_inputs(other, datasets=[DatasetInput(Dataset("books", "d1", "s3", "elsewhere"))])
    assert stores.runs.get_run(other).inputs.dataset_inputs == (DatasetInput(BOOKS),)


def test_another_digest_is_another_dataset(stores: Stores, run_id: str) -> None:
    datasets = [DatasetInput(Dataset("books", digest, "local", "{}")) for digest in ("d1", "d2")]
    stores.runs.log_inputs(run_id, datasets=datasets)
    found = stores.runs.get_run(run_id).inputs.dataset_inputs
    assert {given.dataset.digest for given in found} == {"d1", "d2"}


@pytest.mark.parametrize(
    "given",
    [
        DatasetInput(Dataset("x" * 501, "d", "local", "{}")),
        DatasetInput(Dataset("x", "d" * 37, "local", "{}")),
        DatasetInput(Dataset("x", "d", "local", "s" * 65_536)),
        DatasetInput(Dataset("x", "d", "local", "{}"), (InputTag("k" * 256, "v"),)),
        DatasetInput(Dataset("x", "d", "local", "{}"), (InputTag("k", "v" * 501),)),
    ],
    ids=["name", "digest", "source", "tag key", "tag value"],
)
def test_a_dataset_that_is_too_long_is_refused_with_all_that_came_along(
    stores: Stores, run_id: str, given: DatasetInput
) -> None:
    with pytest.raises(InvalidParameter):
        stores.runs.log_inputs(run_id, datasets=[DatasetInput(BOOKS), given], models=[LoggedModelInput("m-1")])
    inputs = stores.runs.get_run(run_id).inputs
    assert (inputs.dataset_inputs, inputs.model_inputs) == ((), ())


def test_datasets_are_listed_by_experiment(stores: Stores, experiment_id: str, run_id: str) -> None:
    other_experiment = stores.experiments.create_experiment("other")
    elsewhere = stores.runs.create_run(other_experiment).info.run_id
    second = stores.runs.create_run(experiment_id).info.run_id
    stores.runs.log_inputs(run_id, datasets=[DatasetInput(BOOKS, TRAINING)])
    stores.runs.log_inputs(second, datasets=[DatasetInput(BOOKS, TRAINING), DatasetInput(Dataset("x", "1", "", ""))])
    stores.runs.log_inputs(elsewhere, datasets=[DatasetInput(BOOKS)])
    here = {DatasetSummary(experiment_id, "books", "d1", "training"), DatasetSummary(experiment_id, "x", "1")}
    there = {DatasetSummary(other_experiment, "books", "d1")}
    assert set(stores.experiments.search_datasets([experiment_id])) == here
    listed = stores.experiments.search_datasets([experiment_id, other_experiment])
    assert set(listed) == here | there
    assert len(listed) == 3
    assert stores.experiments.search_datasets(["4711"]) == []


@pytest.mark.parametrize("count", [0, 21])
def test_datasets_are_listed_for_1_to_20_experiments(stores: Stores, count: int) -> None:
    with pytest.raises(InvalidParameter):
        stores.experiments.search_datasets([str(i) for i in range(count)])


def test_models_read_and_produced_are_read_back(stores: Stores, run_id: str) -> None:
    stores.runs.log_inputs(run_id, models=[LoggedModelInput("m-1")])
    stores.runs.log_inputs(run_id, models=[LoggedModelInput("m-1"), LoggedModelInput("m-2")])
    stores.runs.log_outputs(run_id, [LoggedModelOutput("m-3", step=7), LoggedModelOutput("m-4", step=0)])
    run = stores.runs.get_run(run_id)
    assert {model.model_id for model in run.inputs.model_inputs} == {"m-1", "m-2"}
    assert len(run.inputs.model_inputs) == 2
    assert set(run.outputs.model_outputs) == {LoggedModelOutput("m-3", 7), LoggedModelOutput("m-4", 0)}


def test_a_model_is_produced_once(stores: Stores, run_id: str) -> None:
    stores.runs.log_outputs(run_id, [LoggedModelOutput("m-1", 1)])
    with pytest.raises(BadRequest):
        stores.runs.log_outputs(run_id, [LoggedModelOutput("m-2", 2), LoggedModelOutput("m-1", 2)])
    assert stores.runs.get_run(run_id).outputs.model_outputs == (LoggedModelOutput("m-1", 1),)


def test_an_unknown_run_reads_and_produces_nothing(stores: Stores) -> None:
    with pytest.raises(NotFound):
        stores.runs.log_inputs("nobody", datasets=[DatasetInput(BOOKS)])
    with pytest.raises(NotFound):
        stores.runs.log_outputs("nobody", [LoggedModelOutput("m-1")])


def test_model_records_gather_in_a_tag(stores: Stores, run_id: str, columns_have_widths: bool) -> None:
    longest = 3_000 if columns_have_widths else 9_000  # the tag's column has 8,000 characters
    records = [
        {"artifact_path": path, "flavors": {}, "utc_time_created": "2026-01-01 00:00:00", "run_id": run_id}
        for path in ("model", "x" * longest)
    ]
    for record in records:
        stores.runs.log_model_record(run_id, record)
    assert json.loads(stores.runs.get_run(run_id).data.tags["mlflow.log-model.history"]) == records


def test_a_model_record_without_its_fields_is_refused(stores: Stores, run_id: str) -> None:
    with pytest.raises(InvalidParameter, match="flavors"):
        stores.runs.log_model_record(run_id, {"artifact_path": "model", "utc_time_created": "", "run_id": run_id})
