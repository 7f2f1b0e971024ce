"""The guide's examples are filters, orders and a message that kirok really has."""

import re
from pathlib import Path

import pytest

from kirok.base.errors import InvalidParameter
from kirok.entities.metrics import Metric
from kirok.entities.runs import Run, RunData, RunInfo
from kirok.entities.views import LifecycleStage, RunStatus
from kirok.search.exclusions import exclusions
from kirok.search.expression import Function
from kirok.search.order import parse_run_order
from kirok.search.parse import MAX_COMPARISONS, MAX_NESTING, parse_experiment_filter, parse_run_filter
from kirok.search.regex import MAX_LENGTH, MAX_STATES
from kirok.search.tokens import MAX_FILTER_LENGTH

GUIDE = (Path(__file__).parents[3] / "docs" / "guide" / "search.md").read_text(encoding="utf-8")


def lines(kind: str) -> list[str]:
    found = [line for block in re.findall(rf"```{kind}\n(.*?)```", GUIDE, re.DOTALL) for line in block.splitlines()]
    assert found
    return found


@pytest.mark.parametrize("text", lines("text"))
def test_the_guides_filters_are_filters(text: str) -> None:
    assert parse_run_filter(text) is not None


@pytest.mark.parametrize("text", lines("text experiments"))
def test_the_guides_filters_of_experiments_are_filters(text: str) -> None:
    assert parse_experiment_filter(text) is not None


@pytest.mark.parametrize("text", lines("text order"))
def test_the_guides_orders_are_orders(text: str) -> None:
    assert parse_run_order([text])


def test_the_guides_message_is_the_message() -> None:
    with pytest.raises(InvalidParameter) as refusal:
        parse_run_filter("metrics.val-loss < 0.5")
    assert refusal.value.message.splitlines() == lines("text message")


def test_the_guides_bounds_are_the_bounds() -> None:
    assert f"{MAX_COMPARISONS} comparisons and {MAX_FILTER_LENGTH:,} characters" in GUIDE
    assert f"parentheses {MAX_NESTING} deep" in GUIDE
    assert f"{MAX_LENGTH:,} characters, and {MAX_STATES:,} states" in GUIDE


def test_the_guides_answer_is_the_answer() -> None:
    (asked,) = re.findall(r'--filter "(.*)"$', GUIDE, re.MULTILINE)
    info = RunInfo("r", "1", "n", "u", RunStatus.FINISHED, 0, None, "", LifecycleStage.ACTIVE)
    run = Run(info, RunData((Metric("loss", 0.5, 1),), {"lr": "0.10"}))
    told: list[str] = []
    for exclusion in exclusions(parse_run_filter(asked), run, None):
        (finding,) = exclusion.findings
        told += [exclusion.clause, f"  the run has {', '.join(finding.values) or 'nothing'}"]
        told += [f"    {sentence}" for sentence in finding.near_misses]
    assert told == lines("text answer")


def test_the_guides_functions_are_the_functions() -> None:
    assert set(re.findall(r"`(\w+)\(metrics\.loss\)`", GUIDE)) == set(Function)
