"""What a filter means, record by record. That SQL agrees is a property test."""

import math

import pytest

from kirok.entities.datasets import Dataset, DatasetInput, InputTag
from kirok.entities.metrics import Metric
from kirok.entities.runs import Run, RunData, RunInfo, RunInputs
from kirok.entities.views import LifecycleStage, RunStatus
from kirok.search.match import run_matcher
from kirok.search.numbers import text_number
from kirok.search.parse import parse_run_filter

RUN = Run(
    RunInfo("r1", "1", "calm-owl", "ann", RunStatus.FINISHED, 100, None, "s3://b/r1", LifecycleStage.ACTIVE),
    RunData(
        (Metric("acc", 0.9, 1), Metric("nan", math.nan, 1), Metric("up", math.inf, 1)),
        {"lr": "1e-3", "opt": "Adam", "depth": "10", "broken": "0x10"},
        {"mlflow.runName": "calm-owl", "note": "50% of\nÄpfel"},
    ),
    RunInputs(
        (
            DatasetInput(Dataset("iris", "d1", "local", ""), (InputTag("mlflow.data.context", "train"),)),
            DatasetInput(Dataset("wine", "d2", "local", "")),
        )
    ),
)


@pytest.mark.parametrize(
    "text",
    [
        "metrics.acc > 0.5 AND status = 'FINISHED'",
        "metrics.nan != 0",
        "metrics.up < 1e400 AND metrics.up > 1e308",
        "NOT metrics.nan > 0 AND NOT metrics.nan <= 0",
        "NOT metrics.absent != 1",
        "params.absent IS NULL AND NOT params.absent IS NOT NULL",
        "params.lr = 0.001 AND params.lr < 0.01",
        "params.lr != '0.001'",
        "params.depth > 9",
        "NOT params.broken = 16",
        "params.opt LIKE 'Ad_m' AND params.opt ILIKE 'aDA%'",
        "tags.note LIKE '50%Äpfel' AND tags.note ILIKE '%PFEL'",
        "run_name = 'calm-owl'",
        "NOT end_time > 0 AND NOT end_time <= 0",
        "start_time = 100.0 AND start_time < 100.5",
        "dataset.name = 'iris' AND dataset.name = 'wine' AND dataset.name != 'iris'",
        "NOT dataset.context = 'eval' AND dataset.context IN ('train')",
        "run_id IN ('r0', 'r1') AND run_id NOT IN ('x')",
        "metrics.acc > 1 OR params.opt = 'Adam'",
    ],
)
def test_a_run_matches(text: str) -> None:
    assert run_matcher(parse_run_filter(text))(RUN)


@pytest.mark.parametrize(
    "text",
    [
        "metrics.absent != 1",
        "metrics.nan = 0",
        "metrics.nan < 1e400",
        "params.absent != 'x'",
        "params.absent != 1",
        "params.broken != 1",
        "params.opt LIKE 'adam'",
        "params.opt LIKE 'Ad'",
        "params.lr = '0.001'",
        "tags.note ILIKE '%äpfel'",
        "status = 'finished'",
        "end_time != 5",
        "dataset.name = 'Iris'",
        "dataset.context != 'train'",
        "NOT (metrics.acc > 0.5)",
    ],
)
def test_a_run_does_not_match(text: str) -> None:
    assert not run_matcher(parse_run_filter(text))(RUN)


def test_without_a_filter_all_match() -> None:
    assert run_matcher(None)(RUN)


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("1", 1.0),
        (" 1 ", 1.0),
        ("\t-1.5e-3\n", -0.0015),
        ("+.5", 0.5),
        ("1.", 1.0),
        ("1e999", math.inf),
        ("inf", math.inf),
        ("-Infinity", -math.inf),
        ("9007199254740993", 9007199254740992.0),
    ],
)
def test_a_text_that_writes_a_number(text: str, number: float) -> None:
    assert text_number(text) == number


def test_nan_is_a_number_equal_to_none() -> None:
    number = text_number("NaN")
    assert number is not None
    assert math.isnan(number)


@pytest.mark.parametrize(
    "text", ["", " ", "0x10", "1_000", "1,5", "True", "1 2", "e5", ".", "-", "٣", "1\u00a0", "infin"]
)
def test_a_text_that_writes_no_number(text: str) -> None:
    assert text_number(text) is None
