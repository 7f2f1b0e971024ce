"""Searching runs: experiments, views, filters, orders, pages."""

import math

import pytest

from kirok.base.errors import InvalidParameter
from kirok.entities.datasets import Dataset, DatasetInput, InputTag
from kirok.entities.metrics import Metric
from kirok.entities.models import LoggedModelInput, LoggedModelOutput
from kirok.entities.runs import Param, RunTag
from kirok.entities.views import RunStatus, ViewType
from kirok.stores.protocols import Stores


@pytest.fixture
def runs(stores: Stores, experiment_id: str) -> dict[str, str]:
    """Six runs by name, whose metric m is 1, NaN, -1, +inf, -inf and absent."""
    made: dict[str, str] = {}
    for i, (name, value) in enumerate({"A": 1.0, "B": math.nan, "C": -1.0, "D": math.inf, "E": -math.inf}.items()):
        made[name] = stores.runs.create_run(experiment_id, run_name=name, start_time=100 + i).info.run_id
        stores.runs.log_batch(made[name], metrics=[Metric("m", value, 1)], params=[Param("p", str(9 + i))])
    made["F"] = stores.runs.create_run(experiment_id, run_name="F", start_time=50, user_id="kim").info.run_id
    stores.runs.log_batch(made["F"], tags=[RunTag("a tag", "Yes"), RunTag("mlflow.note.content", "50% done_now")])
    stores.runs.update_run(made["F"], status=RunStatus.FAILED, end_time=500)
    return made


def names(stores: Stores, experiment_id: str, **terms: object) -> str:
    """The names of the runs found, in order."""
    found = stores.runs.search_runs([experiment_id], **terms)  # type: ignore[arg-type]  # search terms by name
    return " ".join(run.info.run_name for run in found)


def test_the_newest_come_first(stores: Stores, experiment_id: str, runs: dict[str, str]) -> None:
    assert names(stores, experiment_id) == "E D C B A F"


def test_runs_started_together_come_by_id(stores: Stores, experiment_id: str) -> None:
    ids = [stores.runs.create_run(experiment_id, start_time=7).info.run_id for _ in range(5)]
    assert [run.info.run_id for run in stores.runs.search_runs([experiment_id])] == sorted(ids)


def test_a_run_is_found_whole(stores: Stores, experiment_id: str, run_id: str) -> None:
    dataset = DatasetInput(Dataset("d", "1", "local", "{}"), (InputTag("mlflow.data.context", "training"),))
    stores.runs.log_batch(run_id, metrics=[Metric("m", 1.0, 2, 3)], params=[Param("p", "")], tags=[RunTag("t", "x")])
    stores.runs.log_inputs(run_id, datasets=[dataset])
    stores.runs.log_outputs(run_id, [LoggedModelOutput("m-1", 4)])
    assert stores.runs.search_runs([experiment_id]) == [stores.runs.get_run(run_id)]


def test_model_inputs_are_left_out(stores: Stores, experiment_id: str, run_id: str) -> None:
    stores.runs.log_inputs(run_id, models=[LoggedModelInput("m-1")])
    (found,) = stores.runs.search_runs([experiment_id])
    assert found.inputs.model_inputs == ()


def test_only_the_named_experiments_are_searched(stores: Stores, experiment_id: str, run_id: str) -> None:
    other = stores.experiments.create_experiment("other")
    elsewhere = stores.runs.create_run(other, start_time=1).info.run_id
    assert [run.info.run_id for run in stores.runs.search_runs([experiment_id])] == [run_id]
    assert {run.info.run_id for run in stores.runs.search_runs([experiment_id, other, "4711"])} == {run_id, elsewhere}
    assert stores.runs.search_runs(["4711"]) == []
    assert stores.runs.search_runs([]) == []


def test_a_view_shows_its_life_cycle_stages(stores: Stores, experiment_id: str, runs: dict[str, str]) -> None:
    stores.runs.delete_run(runs["C"])
    assert names(stores, experiment_id) == "E D B A F"
    assert names(stores, experiment_id, view_type=ViewType.DELETED_ONLY) == "C"
    assert names(stores, experiment_id, view_type=ViewType.ALL) == "E D C B A F"


@pytest.mark.parametrize(
    ("filter_string", "expected"),
    [
        ("metrics.m = 1", "A"),
        ("metrics.m != 1", "E D C B"),
        ("metrics.m > 0", "D A"),
        ("metrics.m <= -1", "E C"),
        ("metric.`m` >= 1 AND metrics.m < 2", "A"),
        ("metrics.unknown != 1", ""),
        ("params.p = '10'", "B"),
        ("params.p != '10'", "E D C A"),
        ("params.p LIKE '1%'", "E D C B"),
        ("params.p IS NULL", "F"),
        ("tags.`a tag` = 'Yes'", "F"),
        ("tags.`a tag` = 'yes'", ""),
        ("tags.`a tag` ILIKE 'y%'", "F"),
        ("tags.\"mlflow.note.content\" LIKE '50%'", "F"),
        ("tags.mlflow.note.content LIKE '%done_now'", "F"),
        ("attributes.status = 'FAILED'", "F"),
        ("status != 'FAILED'", "E D C B A"),
        ("start_time >= 103", "E D"),
        ("end_time > 0", "F"),
        ("user_id = 'kim'", "F"),
        ("run_name IN ('A', 'x')", "A"),
        ("attributes.run_name = 'A'", "A"),
        ("attributes.`run name` ILIKE 'a'", "A"),
        ("metrics.m > 0 and params.p = '9' AND status = 'RUNNING'", "A"),
    ],
)
def test_a_filter_finds_what_it_says(
    stores: Stores, experiment_id: str, runs: dict[str, str], filter_string: str, expected: str | None
) -> None:
    if expected is None:
        with pytest.raises(InvalidParameter):
            names(stores, experiment_id, filter_string=filter_string)
    else:
        assert names(stores, experiment_id, filter_string=filter_string) == expected


def test_runs_are_found_by_id(stores: Stores, experiment_id: str, runs: dict[str, str]) -> None:
    given = f"attributes.run_id IN ('{runs['A']}', '{runs['C']}', 'nobody')"
    assert names(stores, experiment_id, filter_string=given) == "C A"
    assert names(stores, experiment_id, filter_string=f"run_id = '{runs['B']}'") == "B"


def test_runs_are_found_by_dataset(stores: Stores, experiment_id: str, runs: dict[str, str]) -> None:
    for name, digest, context in (("A", "d1", "training"), ("B", "d2", "evaluation")):
        used = DatasetInput(Dataset("books", digest, "local", "{}"), (InputTag("mlflow.data.context", context),))
        stores.runs.log_inputs(runs[name], datasets=[used])
    assert names(stores, experiment_id, filter_string="dataset.name = 'books'") == "B A"
    assert names(stores, experiment_id, filter_string="datasets.digest IN ('d1', 'd9')") == "A"
    assert names(stores, experiment_id, filter_string="dataset.context = 'evaluation'") == "B"


@pytest.mark.parametrize(
    "filter_string", ["metrics.m", "metrics.m = 'x'", "params.p = 3 OR", "status == 'x'", "lifecycle_stage = 'active'"]
)
def test_a_filter_that_cannot_be_read_is_refused(stores: Stores, experiment_id: str, filter_string: str) -> None:
    with pytest.raises(InvalidParameter):
        stores.runs.search_runs([experiment_id], filter_string=filter_string)


@pytest.mark.parametrize(
    ("order_by", "expected"),
    [
        (["metrics.m ASC"], "E C A D B F"),
        (["metrics.m DESC"], "D A C E B F"),
        (["params.p"], "B C D E A F"),
        (["params.p desc"], "A E D C B F"),
        (["tags.`a tag`"], "F E D C B A"),
        (["start_time ASC"], "F A B C D E"),
        (["end_time"], "F E D C B A"),
        (["attributes.status", "run_name"], "F A B C D E"),
        (["run_name DESC"], "F E D C B A"),
    ],
)
def test_an_order_is_kept(
    stores: Stores, experiment_id: str, runs: dict[str, str], order_by: list[str], expected: str
) -> None:
    assert names(stores, experiment_id, order_by=order_by) == expected


@pytest.mark.parametrize("order_by", [[""], ["metrics.a/b"], ["dataset.name"], ["nothing"], ["run_name", "run_name"]])
def test_an_order_that_cannot_be_read_is_refused(stores: Stores, experiment_id: str, order_by: list[str]) -> None:
    with pytest.raises(InvalidParameter):
        stores.runs.search_runs([experiment_id], order_by=order_by)


@pytest.mark.parametrize("size", [1, 2, 4, 6])
@pytest.mark.parametrize("order_by", [[], ["metrics.m"], ["tags.absent DESC"]])
def test_pages_follow_each_other_without_gap_or_overlap(
    stores: Stores, experiment_id: str, runs: dict[str, str], size: int, order_by: list[str]
) -> None:
    whole = stores.runs.search_runs([experiment_id], order_by=order_by)
    pages = [stores.runs.search_runs([experiment_id], order_by=order_by, max_results=size)]
    while pages[-1].token:
        token = pages[-1].token
        pages.append(stores.runs.search_runs([experiment_id], order_by=order_by, max_results=size, page_token=token))
    assert [run.info.run_id for page in pages for run in page] == [run.info.run_id for run in whole]
    assert len(pages) == math.ceil(6 / size)
    assert whole.token is None


@pytest.mark.parametrize("max_results", [0, -1, 50_001])
def test_a_page_size_out_of_range_is_refused(stores: Stores, experiment_id: str, max_results: int) -> None:
    with pytest.raises(InvalidParameter, match="max_results"):
        stores.runs.search_runs([experiment_id], max_results=max_results)


def test_a_token_of_nobodys_making_is_refused(stores: Stores, experiment_id: str) -> None:
    with pytest.raises(InvalidParameter, match="page token"):
        stores.runs.search_runs([experiment_id], page_token="nonsense")


def test_a_token_beyond_the_end_is_an_empty_page(stores: Stores, experiment_id: str, runs: dict[str, str]) -> None:
    token = stores.runs.search_runs([experiment_id], max_results=5).token
    page = stores.runs.search_runs([experiment_id], filter_string="metrics.m > 0", page_token=token)
    assert (list(page), page.token) == ([], None)
