"""Printing a filter. That it parses to itself is a property test."""

import pytest

from kirok.base.errors import InvalidParameter
from kirok.search.expression import Comparator, Comparison, Entity
from kirok.search.parse import parse_run_filter
from kirok.search.print import print_filter


@pytest.mark.parametrize(
    ("written", "printed"),
    [
        ("metric.`a`>1 and (params.x='y')", "metrics.a > 1.0 AND params.x = 'y'"),
        ("not (metrics.a > 1 or tags.`b c` is null)", "NOT (metrics.a > 1.0 OR tags.`b c` IS NULL)"),
        ("(metrics.a = 1e400 or Created < 5) and run_id in ('x','y')",
         "(metrics.a = 1e999 OR attribute.start_time < 5) AND attribute.run_id IN ('x', 'y')"),
        ("params.x = \"it's\"", "params.x = \"it's\""),
    ],
)  # fmt: skip
def test_a_filter_is_printed_in_one_form(written: str, printed: str) -> None:
    expression = parse_run_filter(written)
    assert expression is not None
    assert print_filter(expression) == printed


@pytest.mark.parametrize("text", ["both ' and \"", "ends in \\", "nul \0"])
def test_a_text_that_no_filter_can_hold_is_refused(text: str) -> None:
    with pytest.raises(InvalidParameter, match="cannot stand in a filter"):
        print_filter(Comparison(Entity.TAG, "a", Comparator.EQUAL, text))


def test_a_key_that_no_filter_can_name_is_refused() -> None:
    with pytest.raises(InvalidParameter, match="no filter can name it"):
        print_filter(Comparison(Entity.TAG, '`"', Comparator.EQUAL, "x"))
