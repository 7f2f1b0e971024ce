"""The guide's examples are filters, orders and a message that kirok really has."""

import re
from pathlib import Path

import pytest

from kirok.base.errors import InvalidParameter
from kirok.search.order import parse_run_order
from kirok.search.parse import MAX_COMPARISONS, MAX_NESTING, parse_experiment_filter, parse_run_filter
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
