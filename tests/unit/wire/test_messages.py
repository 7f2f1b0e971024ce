"""Records survive the way through JSON."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kirok.base.errors import InvalidParameter, MissingParameter
from kirok.entities.datasets import Dataset, DatasetInput, InputTag
from kirok.entities.experiments import Experiment
from kirok.entities.metrics import Metric
from kirok.entities.models import LoggedModelInput, LoggedModelOutput
from kirok.entities.runs import Run, RunData, RunInfo, RunInputs, RunOutputs
from kirok.entities.views import LifecycleStage, RunStatus, ViewType
from kirok.wire import experiments, metrics, runs
from kirok.wire.endpoints import ENDPOINTS
from kirok.wire.json_quirks import decode_answer, encode
from kirok.wire.names import run_status, view_type

INT64 = st.integers(-(2**63), 2**63 - 1)
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
TEXTS = st.dictionaries(TEXT, TEXT, max_size=3)
POINTS = st.builds(Metric, key=TEXT, value=st.floats(allow_nan=False), timestamp=INT64, step=INT64)
INFOS = st.builds(
    RunInfo,
    run_id=TEXT,
    experiment_id=TEXT,
    run_name=TEXT,
    user_id=TEXT,
    status=st.sampled_from(RunStatus),
    start_time=st.none() | INT64,
    end_time=st.none() | INT64,
    artifact_uri=TEXT,
    lifecycle_stage=st.sampled_from(LifecycleStage),
)
DATASETS = st.builds(Dataset, TEXT, TEXT, TEXT, TEXT, st.none() | TEXT, st.none() | TEXT)
USED = st.builds(DatasetInput, DATASETS, st.lists(st.builds(InputTag, TEXT, TEXT), max_size=2).map(tuple))
RUNS = st.builds(
    Run,
    INFOS,
    st.builds(RunData, st.lists(POINTS, max_size=2).map(tuple), TEXTS, TEXTS),
    st.builds(
        RunInputs,
        st.lists(USED, max_size=2).map(tuple),
        st.lists(st.builds(LoggedModelInput, TEXT), max_size=2).map(tuple),
    ),
    st.builds(RunOutputs, st.lists(st.builds(LoggedModelOutput, TEXT, INT64), max_size=2).map(tuple)),
)
EXPERIMENTS = st.builds(
    Experiment,
    TEXT,
    TEXT,
    TEXT,
    st.sampled_from(LifecycleStage),
    st.none() | INT64,
    st.none() | INT64,
    TEXTS,
    TEXT.filter(bool),
)


@given(RUNS)
def test_a_run_survives(run: Run) -> None:
    assert decode_answer(encode(runs.OneRun(runs.Run.of(run))), runs.OneRun).run.record() == run


@given(EXPERIMENTS)
def test_an_experiment_survives(experiment: Experiment) -> None:
    sent = encode(experiments.OneExperiment(experiments.Experiment.of(experiment)))
    assert decode_answer(sent, experiments.OneExperiment).experiment.record() == experiment


@given(POINTS)
def test_a_point_survives(point: Metric) -> None:
    sent = encode(metrics.MetricsPage([metrics.Metric.of(point)]))
    assert [each.record() for each in decode_answer(sent, metrics.MetricsPage).metrics] == [point]


def test_nan_survives() -> None:
    sent = encode(metrics.MetricsPage([metrics.Metric.of(Metric("loss", math.nan, 1))]))
    assert sent == b'{"metrics":[{"key":"loss","value":"NaN","timestamp":1,"step":0}]}'
    assert math.isnan(decode_answer(sent, metrics.MetricsPage).metrics[0].record().value)


@pytest.mark.parametrize("given_status", ["FINISHED", 3, "3"])
def test_a_status_may_be_a_name_or_a_number(given_status: str | int) -> None:
    assert run_status(given_status) is RunStatus.FINISHED


@pytest.mark.parametrize("given_view", ["ALL", 3, "3"])
def test_a_view_may_be_a_name_or_a_number(given_view: str | int) -> None:
    assert view_type(given_view) is ViewType.ALL


def test_what_is_not_given_is_left_to_the_reader() -> None:
    assert run_status(None) is None
    assert view_type(None) is ViewType.ACTIVE_ONLY


def test_other_statuses_and_views_are_refused_with_those_there_are() -> None:
    with pytest.raises(InvalidParameter, match=r"'status' supplied: it must be one of .*'KILLED'"):
        run_status("finished")
    with pytest.raises(InvalidParameter, match=r"'run_view_type' supplied: it must be one of .*'ALL'"):
        view_type(0, "run_view_type")


def test_a_run_has_two_names_in_requests() -> None:
    assert runs.GetRun(run_id="a").run == "a"
    assert runs.GetRun(run_uuid="b").run == "b"
    assert runs.GetRun(run_id="", run_uuid="b").run == "b"
    with pytest.raises(MissingParameter, match="'run_id'"):
        _ = runs.GetRun().run


def test_each_operation_has_a_name_and_a_place_of_its_own() -> None:
    assert len({row.name for row in ENDPOINTS}) == len(ENDPOINTS)
    places = [(row.method, path) for row in ENDPOINTS for path in row.paths]
    assert len(set(places)) == len(places)
