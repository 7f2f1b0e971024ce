"""Why a filter leaves a run out."""

import math

import pytest

from kirok.entities.experiments import Experiment
from kirok.entities.metrics import Metric
from kirok.entities.runs import Run, RunData, RunInfo
from kirok.entities.series import SeriesPoint, SeriesStatistics
from kirok.entities.views import LifecycleStage, RunStatus
from kirok.search.exclusions import Exclusion, Finding, exclusions
from kirok.search.match import run_matcher
from kirok.search.parse import parse_run_filter

RUN = Run(
    RunInfo("r1", "1", "calm-owl", "ann", RunStatus.RUNNING, 100, None, "", LifecycleStage.ACTIVE),
    RunData(
        (Metric("Loss", 0.5, 1), Metric("acc", 0.9, 1), Metric("nan", math.nan, 1)),
        {"lr": "0.10", "depth": "auto", "opt": "Adam"},
        {"mlflow.runName": "calm-owl", "team": " vision "},
    ),
)


class Facts:
    """One series, whose least value is 0.2, in an experiment without goals."""

    def statistics(self, run_id: str, key: str) -> SeriesStatistics | None:
        if (run_id, key) != ("r1", "acc"):
            return None
        return SeriesStatistics(
            count=3,
            numbers=3,
            minimum=0.2,
            minimum_step=1,
            maximum=0.9,
            maximum_step=3,
            mean=0.5,
            first=SeriesPoint(1, 0, 0.2),
            last=SeriesPoint(3, 0, 0.9),
        )

    def experiment(self, experiment_id: str) -> Experiment:
        return Experiment(experiment_id, "sweep", "", LifecycleStage.ACTIVE)


def asked(text: str) -> list[Exclusion]:
    return exclusions(parse_run_filter(text), RUN, Facts())


def the_finding(text: str) -> Finding:
    ((finding,),) = [one.findings for one in asked(text)]
    return finding


@pytest.mark.parametrize("text", ["", "metrics.acc > 0.5", "metrics.acc > 0.5 AND (params.x = 'y' OR run_id = 'r1')"])
def test_a_run_that_matches_is_not_left_out(text: str) -> None:
    assert asked(text) == []


def test_each_part_that_says_no_is_told_with_the_runs_own_value() -> None:
    assert asked("metrics.acc > 0.95 AND params.opt = 'sgd' AND status = 'RUNNING'") == [
        Exclusion("metrics.acc > 0.95", (Finding("metrics.acc > 0.95", ("0.9",)),)),
        Exclusion("params.opt = 'sgd'", (Finding("params.opt = 'sgd'", ("Adam",)),)),
    ]


def test_of_what_or_joins_every_comparison_is_told() -> None:
    (exclusion,) = asked("params.opt = 'sgd' OR (status = 'RUNNING' AND params.lr > 1)")
    assert exclusion.clause == "params.opt = 'sgd' OR attribute.status = 'RUNNING' AND params.lr > 1.0"
    assert [finding.comparison for finding in exclusion.findings] == ["params.opt = 'sgd'", "params.lr > 1.0"]


def test_what_a_not_forbids_is_told_as_such() -> None:
    (exclusion,) = asked("NOT (params.opt = 'sgd' OR metrics.acc > 0.5)")
    assert exclusion.findings == (Finding("NOT metrics.acc > 0.5", ("0.9",)),)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("metrics.loss < 1", "The run has no metric 'loss', but it has 'Loss': metrics.Loss."),
        ("min(metrics.loss) < 1", "but it has 'Loss': min(metrics.Loss)."),
        ("params.optt = 'Adam'", "The run has no parameter 'optt', but it has 'opt': params.opt."),
        ("metrics.lr = 0.1", "'lr' is a parameter of the run: params.lr."),
        ("params.depth > 2", "The param is the text 'auto', which writes no number"),
        ("params.lr = '0.1'", "are the same number, but not the same text: write it without quotes as 0.10."),
        ("params.opt = 'adam'", "'Adam' differs only in case"),
        ("params.opt LIKE 'a%'", "'Adam' differs only in case; ILIKE"),
        ("params.opt LIKE 'da'", "'%da%' finds a part of it."),
        ("tags.team = 'vision'", "' vision ' differs only in the blanks around it."),
        ("metrics.nan < 1", "NaN matches != and NOT IN, and nothing else."),
        ("metrics.acc < 0.3", "The latest value is compared; min(metrics.acc) is 0.2, which would match."),
        ("best(metrics.acc) > 0", "set its tag 'kirok.goal.acc' to min or max."),
        ("end_time > 0", "The run has not ended."),
        ("duration > 0", "The run has not ended."),
        ("text CONTAINS 'owl sgd'", "'sgd' stands nowhere in the run's name, note, params or tags."),
        ("text NOT CONTAINS 'OWL'", "'owl' stands in the run's name"),
    ],
)
def test_what_was_nearly_meant_is_said(text: str, sentence: str) -> None:
    (said,) = the_finding(text).near_misses
    assert sentence in said


@pytest.mark.parametrize(
    "text", ["metrics.other < 1", "params.opt = 'sgd'", "params.opt IS NULL", "parent_run_id = 'x'", "metrics.acc > 2"]
)
def test_a_plain_miss_needs_no_hint(text: str) -> None:
    assert the_finding(text).near_misses == ()


def test_a_param_is_shown_as_it_was_logged() -> None:
    assert the_finding("params.depth > 2").values == ("auto",)
    assert the_finding("params.width > 2").values == ()


def test_every_finding_is_itself_false_of_the_run() -> None:
    for exclusion in asked("NOT metrics.acc BETWEEN 0 AND 1 AND params.lr IN (1, 2) AND experiment_name RLIKE '^x'"):
        for finding in exclusion.findings:
            assert not run_matcher(parse_run_filter(finding.comparison), Facts())(RUN)
