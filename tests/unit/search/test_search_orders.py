"""How an order is read, and where odd values stand in it."""

import math

import pytest

from kirok.base.errors import InvalidParameter
from kirok.entities.experiments import Experiment
from kirok.entities.metrics import Metric
from kirok.entities.runs import Run, RunData, RunInfo
from kirok.entities.views import LifecycleStage, RunStatus
from kirok.search.expression import Entity, Function
from kirok.search.order import (
    MAX_ORDER_CLAUSES,
    OrderBy,
    experiment_sort_key,
    parse_experiment_order,
    parse_run_order,
    run_sort_key,
)

NEWEST_FIRST = OrderBy(Entity.ATTRIBUTE, "start_time", ascending=False)
BY_ID = OrderBy(Entity.ATTRIBUTE, "run_id")


def run(run_id: str, value: float | None = None, start_time: int | None = 0, **params: str) -> Run:
    info = RunInfo(run_id, "1", "n", "u", RunStatus.FINISHED, start_time, None, "", LifecycleStage.ACTIVE)
    return Run(info, RunData(() if value is None else (Metric("m", value, 1),), params))


def ids(runs: list[Run], *clauses: str) -> str:
    return "".join(one.info.run_id for one in sorted(runs, key=run_sort_key(parse_run_order(clauses))))


def experiment(experiment_id: str, creation_time: int | None) -> Experiment:
    return Experiment(experiment_id, "name", "", LifecycleStage.ACTIVE, creation_time)


def experiment_ids(experiments: list[Experiment], *clauses: str) -> list[str]:
    return [one.experiment_id for one in sorted(experiments, key=experiment_sort_key(parse_experiment_order(clauses)))]


@pytest.mark.parametrize(
    ("clause", "expected"),
    [
        ("metrics.m", OrderBy(Entity.METRIC, "m")),
        (" metrics.`a b`  desc ", OrderBy(Entity.METRIC, "a b", ascending=False)),
        ('params."x/y" ASC', OrderBy(Entity.PARAM, "x/y")),
        ("tag.mlflow.user Desc", OrderBy(Entity.TAG, "mlflow.user", ascending=False)),
        ("run.status", OrderBy(Entity.ATTRIBUTE, "status")),
        ("max(metrics.m) DESC", OrderBy(Entity.METRIC, "m", False, Function.MAX)),
        ("BEST(metrics.`a b`)", OrderBy(Entity.METRIC, "a b", True, Function.BEST)),
        ("metrics.m.min", OrderBy(Entity.METRIC, "m.min")),
        ("duration DESC", OrderBy(Entity.ATTRIBUTE, "duration", ascending=False)),
        ("experiment_name", OrderBy(Entity.ATTRIBUTE, "experiment_name")),
    ],
)
def test_an_order_ends_with_newest_first_and_the_id(clause: str, expected: OrderBy) -> None:
    assert parse_run_order([clause]) == (expected, NEWEST_FIRST, BY_ID)


def test_an_order_that_names_the_tie_breaks_keeps_them() -> None:
    assert parse_run_order([]) == (NEWEST_FIRST, BY_ID)
    assert parse_run_order(None) == (NEWEST_FIRST, BY_ID)
    assert parse_run_order(["Created"]) == (OrderBy(Entity.ATTRIBUTE, "start_time"), BY_ID)


@pytest.mark.parametrize(
    ("clause", "mend"),
    [
        ("", "Write a field and a direction"),
        ("metrics.m up", "ASC or DESC"),
        ("metrics.a, metrics.b", "an item of its own"),
        ("metrics.val-loss DESC", "did you mean metrics.`val-loss`?"),
        ("median(metrics.m)", "The functions are min, max"),
        ("max(params.m)", "Functions are of metrics alone"),
        ("max(metrics.m) metrics.n", "ASC or DESC"),
        ("max(metrics.m), min(metrics.m)", "an item of its own"),
        ("text", "Valid keys are"),
        ("m", "metrics.`m`"),
        ("dataset.name", "cannot be ordered by datasets"),
        ("'metrics.m'", "Write a field"),
    ],
)
def test_an_order_that_cannot_be_read_is_refused(clause: str, mend: str) -> None:
    with pytest.raises(InvalidParameter) as refusal:
        parse_run_order([clause])
    assert mend in refusal.value.message


def test_a_field_stands_once_in_an_order() -> None:
    with pytest.raises(InvalidParameter, match="duplicate fields"):
        parse_run_order(["start_time", "attribute.created DESC"])


def test_an_order_has_bounds() -> None:
    with pytest.raises(InvalidParameter, match="at most"):
        parse_run_order([f"metrics.m{number}" for number in range(MAX_ORDER_CLAUSES + 1)])


def test_nan_comes_after_numbers_and_missing_after_nan_both_ways() -> None:
    """The order that MLflow 3.17 was seen to give."""
    runs = [run("A", 1.0), run("B", math.nan), run("C", -1.0), run("D", math.inf), run("E", -math.inf), run("F")]
    assert ids(runs, "metrics.m ASC") == "ECADBF"
    assert ids(runs, "metrics.m DESC") == "DACEBF"


def test_texts_go_by_code_point_and_missing_last() -> None:
    runs = [run("A", p="9"), run("B", p="10"), run("C"), run("D", p="a"), run("E", p="Z")]
    assert ids(runs, "params.p") == "BAEDC"
    assert ids(runs, "params.p DESC") == "DEABC"


def test_ties_go_to_the_newest_and_then_to_the_lower_id() -> None:
    runs = [run("C", 1.0, 5), run("B", 1.0, 5), run("A", 1.0, 4), run("D", 1.0, None)]
    assert ids(runs, "metrics.m") == "BCAD"
    assert ids(runs, "start_time") == "ABCD"


def test_experiments_come_newest_first_and_ids_go_by_number() -> None:
    experiments = [experiment("2", 5), experiment("10", 5), experiment("1", 4), experiment("3", None)]
    assert experiment_ids(experiments) == ["2", "10", "1", "3"]
    assert experiment_ids(experiments, "experiment_id DESC") == ["10", "3", "2", "1"]
    assert experiment_ids(experiments, "name") == ["10", "3", "2", "1"]
    assert experiment_ids(experiments, "creation_time", "creation_time DESC") == ["1", "10", "2", "3"]


def test_experiments_are_not_ordered_by_tags() -> None:
    with pytest.raises(InvalidParameter, match="Invalid order_by entity: tag"):
        parse_experiment_order(["tags.team"])
