"""What kirok adds to MLflow's search, on every kind of store."""

import pytest

from kirok.base.errors import InvalidParameter
from kirok.entities.datasets import Dataset, DatasetInput
from kirok.entities.experiments import ExperimentTag
from kirok.entities.metrics import Metric
from kirok.entities.runs import Param, RunTag
from kirok.entities.views import RunStatus
from kirok.stores.protocols import Stores

NAN, INF = float("nan"), float("inf")
SERIES = {
    # Least, greatest, mean and ends differ from run to run.
    "A": [1.0, 0.2, 0.6],
    "B": [0.9, 0.5, 0.4],
    "C": [NAN, 0.3, INF],
    "D": [NAN],
    "E": [],
}

FOUND = {
    "min(metrics.m) < 0.4": "A C",
    "MAX(metrics.m) >= 1": "A C",
    "mean(metrics.m) BETWEEN 0.59 AND 0.61": "A B",
    "first(metrics.m) > 0.95": "A",
    "first(metrics.m) != 1": "B C D",
    "last(metrics.m) <= 0.6": "A B",
    "count(metrics.m) = 3": "A B C",
    "min(metrics.m) IS NULL": "D E",
    "count(metrics.m) IS NULL": "E",
    "best(metrics.m) = 0.4": "B",
    "NOT max(metrics.m) > 0.95": "B D E",
    "metrics.m IS NULL": "E",
    "metrics.m IN (0.4, 0.6)": "A B",
    "metrics.m NOT BETWEEN 0.5 AND 1": "B C",
    "params.lr BETWEEN 0.001 AND 0.05": "B",
    "params.lr IN (0.1, 7)": "A",
    "params.lr NOT IN ('0.10', 'auto')": "B",
    "params.lr RLIKE '^[0-9]+(\\.|e)'": "A B",
    "params.lr NOT RLIKE '^[0-9]'": "C",
    "run_name RLIKE '^(A|C|E)$'": "A C E",
    "run_name NOT LIKE 'A'": "B C D E",
    "status IN ('FINISHED')": "A",
    "end_time IS NULL": "B C D E",
    "duration BETWEEN 1 AND 450": "A",
    "parent_run_id IS NOT NULL": "B",
    "experiment_name = 'sweep' AND experiment_id != '0'": "A B C D E",
    "dataset.name RLIKE 'ir' AND dataset.digest IN ('d1')": "C",
    "dataset.name IS NULL": "A B D E",
    "text CONTAINS 'owl RESNET'": "D",
    "text NOT CONTAINS 'lr'": "D E",
    "tags.`mlflow.note.content` CONTAINS 'night'": "D",
}

ORDERED = {
    "min(metrics.m)": "A C B E D",
    "max(metrics.m) DESC": "C A B E D",
    "first(metrics.m)": "B A D C E",
    "count(metrics.m) DESC": "C B A D E",
    "best(metrics.m) ASC": "A C B E D",
    "duration": "A E D C B",
    "parent_run_id": "B E D C A",
}


@pytest.fixture
def sweep(stores: Stores) -> str:
    """The id of an experiment with five runs, A the oldest."""
    experiment_id = stores.experiments.create_experiment("sweep", tags=[ExperimentTag("kirok.goal.m", "min")])
    made: dict[str, str] = {}
    for number, (name, values) in enumerate(SERIES.items()):
        run_id = made[name] = stores.runs.create_run(experiment_id, run_name=name, start_time=100 + number).info.run_id
        points = [Metric("m", value, step, step) for step, value in enumerate(values)]
        lr = {"A": "0.10", "B": "1e-2", "C": "auto"}.get(name)
        stores.runs.log_batch(run_id, metrics=points, params=[Param("lr", lr)] if lr else [])
    stores.runs.update_run(made["A"], status=RunStatus.FINISHED, end_time=500)
    stores.runs.log_batch(made["B"], tags=[RunTag("mlflow.parentRunId", made["A"])])
    stores.runs.log_inputs(made["C"], datasets=[DatasetInput(Dataset("iris", "d1", "local", "{}"))])
    stores.runs.log_batch(made["D"], tags=[RunTag("mlflow.note.content", "the Night owl"), RunTag("net", "resnet-18")])
    return experiment_id


def names(stores: Stores, experiment_id: str, text: str = "", *order: str) -> str:
    found = stores.runs.search_runs([experiment_id], filter_string=text, order_by=order)
    return " ".join(run.info.run_name for run in found)


def test_each_addition_finds_its_runs(stores: Stores, sweep: str) -> None:
    found = {text: names(stores, sweep, text, "run_name") for text in FOUND}
    assert found == FOUND


def test_runs_are_ordered_by_what_their_series_come_to(stores: Stores, sweep: str) -> None:
    assert {clause: names(stores, sweep, "", clause) for clause in ORDERED} == ORDERED


def test_the_best_is_refused_where_no_experiment_says_what_is_good(stores: Stores, sweep: str) -> None:
    for terms in (("best(metrics.other) > 1",), ("", "best(metrics.other)")):
        with pytest.raises(InvalidParameter, match=r"Set the experiment's tag 'kirok\.goal\.other' to 'min' or 'max'"):
            names(stores, sweep, *terms)


def test_a_goal_holds_for_its_own_experiment(stores: Stores, sweep: str) -> None:
    other = stores.experiments.create_experiment("other", tags=[ExperimentTag("kirok.goal.m", "max")])
    run_id = stores.runs.create_run(other, run_name="F").info.run_id
    stores.runs.log_batch(run_id, metrics=[Metric("m", value, 1, step) for step, value in enumerate((0.1, 0.7))])
    found = stores.runs.search_runs([sweep, other], filter_string="best(metrics.m) > 0.3", order_by=["experiment_name"])
    assert [run.info.run_name for run in found] == ["F", "B"]


def test_runs_of_several_experiments_are_told_apart(stores: Stores, sweep: str) -> None:
    stores.runs.create_run("0", run_name="G", start_time=1)
    found = stores.runs.search_runs(
        ["0", sweep], filter_string="start_time < 102", order_by=["experiment_id", "run_name"]
    )
    assert [run.info.run_name for run in found] == ["G", "A", "B"]
    assert names(stores, "0", "experiment_name != 'sweep'") == "G"
