"""A filter asked of one record in memory. This is what a filter means; SQL must agree with it.

A field has the values that the record stores under it: none where the key is absent, one for most, several for the
datasets of a run. A comparison holds where it holds for one of them; so what is absent matches only IS NULL, and a NaN
matches `!=` as in MLflow, NOT IN, and nothing else.
"""

import operator
import re
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any, TypeVar

from kirok.entities.experiments import Experiment
from kirok.entities.runs import Run
from kirok.search.automaton import automaton
from kirok.search.expression import And, Comparator, Comparison, Entity, Expression, Not, Or
from kirok.search.facts import Facts, attribute_value, needed, series_number
from kirok.search.fields import DATASET_CONTEXT_TAG, RUN_NAME_TAG, TEXT
from kirok.search.numbers import metric_number, text_number
from kirok.search.words import ascii_lower, run_text, words_of

Record = TypeVar("Record")
Predicate = Callable[[Record], bool]
Values = Callable[[Record], Iterable[Any]]


def run_matcher(expression: Expression | None, facts: Facts | None = None) -> Predicate[Run]:
    """Whether a run matches a filter made by `parse_run_filter`; without one, all do.

    The predicate raises NotSupported where the filter asks for what `facts` would tell and there are none.
    """
    return _matcher(expression, partial(run_values, facts))


def experiment_matcher(expression: Expression | None) -> Predicate[Experiment]:
    """Whether an experiment matches a filter made by `parse_experiment_filter`; without one, all do."""
    return _matcher(expression, _experiment_values)


def holds(  # noqa: PLR0911 - one return for each kind of comparator
    comparator: Comparator, literal: Any
) -> Callable[[Any], bool]:
    """Whether one stored value stands to `literal` as `comparator` says."""
    if comparator is Comparator.NOT_BETWEEN:
        low, high = literal
        return lambda stored: bool(stored < low or stored > high)
    if comparator.negated is not None:
        inner = holds(comparator.negated, literal)
        return lambda stored: not inner(stored)
    match comparator:
        case Comparator.LIKE:
            return like(literal)
        case Comparator.ILIKE:
            pattern = like(ascii_lower(literal))
            return lambda stored: pattern(ascii_lower(stored))
        case Comparator.RLIKE:
            return automaton(literal).finds
        case Comparator.CONTAINS:
            words = words_of(literal)
            return lambda stored: _has_all(ascii_lower(stored), words)
        case Comparator.IN:
            return frozenset(literal).__contains__
        case Comparator.BETWEEN:
            low, high = literal
            return lambda stored: bool(low <= stored <= high)
        case _:
            compare = _OPERATORS[comparator]
            return lambda stored: bool(compare(stored, literal))


def like(pattern: str) -> Callable[[str], bool]:
    """SQL's LIKE: `%` stands for any characters, `_` for one, nothing escapes them; case counts."""
    first, *others = (
        "".join("." if character == "_" else re.escape(character) for character in part) for part in pattern.split("%")
    )
    *middle, last = others or [""]
    # A part is taken where it first occurs and never given back: what stands between two % may be anything, so no
    # later place could do better, and the time stays in bounds.
    parts = "".join(f"(?>.*?{part})" for part in middle)
    regex = re.compile(f"{first}{parts}{'.*' if others else ''}{last}", re.DOTALL)
    return lambda stored: regex.fullmatch(stored) is not None


def _has_all(text: str, words: tuple[str, ...]) -> bool:
    return all(word in text for word in words)


_OPERATORS: dict[Comparator, Callable[[Any, Any], Any]] = {
    Comparator.EQUAL: operator.eq,
    Comparator.NOT_EQUAL: operator.ne,
    Comparator.LESS: operator.lt,
    Comparator.LESS_OR_EQUAL: operator.le,
    Comparator.GREATER: operator.gt,
    Comparator.GREATER_OR_EQUAL: operator.ge,
}


def _matcher(expression: Expression | None, values_of: Callable[[Comparison], Values[Record]]) -> Predicate[Record]:
    match expression:
        case None:
            return lambda _: True
        case And(operands):
            parts = [_matcher(operand, values_of) for operand in operands]
            return lambda record: all(part(record) for part in parts)
        case Or(operands):
            parts = [_matcher(operand, values_of) for operand in operands]
            return lambda record: any(part(record) for part in parts)
        case Not(operand):
            inner = _matcher(operand, values_of)
            return lambda record: not inner(record)
        case Comparison():
            return _comparison(expression.comparator, expression.value, values_of(expression))


def _comparison(comparator: Comparator, literal: Any, values: Values[Record]) -> Predicate[Record]:
    if comparator is Comparator.IS_NULL:
        return lambda record: not any(True for _ in values(record))
    if comparator is Comparator.IS_NOT_NULL:
        return lambda record: any(True for _ in values(record))
    test = holds(comparator, literal)
    return lambda record: any(test(value) for value in values(record))


def run_values(  # noqa: PLR0911 - one return for each kind of field
    facts: Facts | None, comparison: Comparison
) -> Values[Run]:
    """The values that a comparison looks at: none where a run lacks the field."""
    key, function = comparison.key, comparison.function
    match comparison.entity:
        case Entity.METRIC if function is not None:
            return lambda run: _present(series_number(needed(facts), run, key, function))
        case Entity.METRIC:
            return lambda run: (metric_number(one.value) for one in run.data.latest_metrics if one.key == key)
        case Entity.PARAM if comparison.is_numeric:
            return lambda run: (
                number for text in _get(run.data.params, key) if (number := text_number(text)) is not None
            )
        case Entity.PARAM:
            return lambda run: _get(run.data.params, key)
        case Entity.TAG:
            return lambda run: _get(run.data.tags, key)
        case Entity.DATASET if key == "context":
            return lambda run: (
                tag.value for used in run.inputs.dataset_inputs for tag in used.tags if tag.key == DATASET_CONTEXT_TAG
            )
        case Entity.DATASET:
            return lambda run: (getattr(used.dataset, key) for used in run.inputs.dataset_inputs)
        case _ if key == "run_name":
            return lambda run: _get(run.data.tags, RUN_NAME_TAG)
        case _ if key == TEXT:
            return lambda run: (run_text(run),)
        case _:
            return lambda run: _present(attribute_value(facts, run, key))


def _experiment_values(comparison: Comparison) -> Values[Experiment]:
    key = comparison.key
    if comparison.entity is Entity.TAG:
        return lambda experiment: _get(experiment.tags, key)
    return lambda experiment: _present(getattr(experiment, key))


def _get(texts: dict[str, str], key: str) -> tuple[str, ...]:
    return (texts[key],) if key in texts else ()


def _present(value: Any) -> tuple[Any, ...]:
    return () if value is None else (value,)
