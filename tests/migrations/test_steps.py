"""The table of steps, and the values that are moved."""

import math
from typing import Any

import pytest

from kirok.base.errors import InvalidState
from kirok.stores.sql.migrations.steps import STEPS, is_known, steps_after
from kirok.stores.sql.migrations.trace_values import assessed, cost, json_object, model_of_span, token_count
from kirok.stores.sql.migrations.work import Work, cost_of
from kirok.stores.sql.schema import HEAD


def test_the_steps_are_mlflows_revisions_in_their_order(mlflow: Any) -> None:
    from alembic.script import ScriptDirectory
    from mlflow.store.db.utils import _get_alembic_config

    chain = ScriptDirectory.from_config(_get_alembic_config("")).walk_revisions()
    assert [step.revision for step in STEPS] == [script.revision for script in chain][::-1]
    assert STEPS[-1].revision == HEAD


def test_steps_are_left_after_a_revision() -> None:
    assert steps_after(None) == STEPS
    assert steps_after(HEAD) == ()
    assert [step.revision for step in steps_after("b7e2c1a4d9f3")] == ["75868b020152", HEAD]
    assert is_known(HEAD)
    assert not is_known("feedfacefeed")


def test_the_docstring_of_each_step_names_its_revision() -> None:
    assert [step.revision for step in STEPS if not (step.apply.__doc__ or "").startswith(step.revision)] == []


@pytest.mark.parametrize("kind", ["sqlite", "postgresql", "mysql"])
def test_every_kind_of_work_has_its_cost(kind: str) -> None:
    assert all(cost_of(work, kind).rows_per_second > 0 for work in Work)


@pytest.mark.parametrize(
    ("value", "count"),
    [(7.0, 7), ("12", 12), (1.5, None), (True, None), (None, None), (math.nan, None), (2**63, None), ("x", None)],
)
def test_tokens_are_whole_numbers(value: object, count: int | None) -> None:
    assert token_count(value) == count


@pytest.mark.parametrize(
    ("value", "number"), [(0.5, 0.5), ("0.25", 0.25), (3, 3.0), (True, None), (math.inf, None), ("x", None), ([], None)]
)
def test_costs_are_finite_numbers(value: object, number: float | None) -> None:
    assert cost(value) == number


@pytest.mark.parametrize(("text", "found"), [('{"a": 1}', {"a": 1}), ("[1]", {}), ("{", {}), (None, {})])
def test_what_is_no_object_holds_nothing(text: object, found: dict[str, int]) -> None:
    assert json_object(text) == found


@pytest.mark.parametrize(
    ("value", "counts"),
    [
        ("true", (1.0, False)),
        ("false", (0.0, False)),
        ("2", (2.0, True)),
        ('" Yes "', (1.0, False)),
        ("no", (0.0, False)),
        ('"maybe"', (None, False)),
        ("[1]", (None, False)),
        ("1" + "0" * 400, (None, False)),
    ],
)
def test_an_assessment_counts_by_what_it_says(value: str, counts: tuple[float | None, bool]) -> None:
    assert assessed(value) == counts


def test_a_model_is_cut_to_its_column_and_anything_else_is_told() -> None:
    span = ("tr-1", "s-1")
    assert model_of_span(None, span) == model_of_span("null", span) == (None, None)
    assert model_of_span('{"mlflow.llm.model": "gpt", "mlflow.llm.provider": null}', span) == ("gpt", None)
    assert model_of_span({"mlflow.llm.provider": "p" * 600}, span) == (None, "p" * 500)
    for unknown in ("{", "[1]", '{"colour": "red"}', '{"mlflow.llm.model": 4}'):
        with pytest.raises(InvalidState, match=r"dimension_attributes of span 's-1' of trace 'tr-1' holds"):
            model_of_span(unknown, span)
