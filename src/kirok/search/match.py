"""A filter asked of one record in memory. This is what a filter means; SQL must agree with it.

A field has the values that the record stores under it: none where the key is absent, one for most, several for the
datasets of a run. A comparison holds where it holds for one of them; so what is absent matches only IS NULL, and a NaN
matches only `!=`, as in MLflow.
"""

import operator
import re
from collections.abc import Callable, Iterable
from typing import Any, TypeVar

from kirok.entities.experiments import Experiment
from kirok.entities.runs import Run
from kirok.search.expression import And, Comparator, Comparison, Entity, Expression, Not, Or
from kirok.search.fields import DATASET_CONTEXT_TAG, RUN_NAME_TAG
from kirok.search.numbers import metric_number, text_number

Record = TypeVar("Record")
Predicate = Callable[[Record], bool]
Values = Callable[[Record], Iterable[Any]]


def run_matcher(expression: Expression | None) -> Predicate[Run]:
    """Whether a run matches a filter made by `parse_run_filter`; without one, all do."""
    return _matcher(expression, _run_values)


def experiment_matcher(expression: Expression | None) -> Predicate[Experiment]:
    """Whether an experiment matches a filter made by `parse_experiment_filter`; without one, all do."""
    return _matcher(expression, _experiment_values)


def holds(comparator: Comparator, literal: Any) -> Callable[[Any], bool]:
    """Whether one stored value stands to `literal` as `comparator` says."""
    match comparator:
        case Comparator.LIKE:
            return like(literal)
        case Comparator.ILIKE:
            pattern = like(ascii_lower(literal))
            return lambda stored: pattern(ascii_lower(stored))
        case Comparator.IN:
            return frozenset(literal).__contains__
        case Comparator.NOT_IN:
            excluded = frozenset(literal)
            return lambda stored: stored not in excluded
        case _:
            compare = _OPERATORS[comparator]
            return lambda stored: bool(compare(stored, literal))


def like(pattern: str) -> Callable[[str], bool]:
    """SQL's LIKE: `%` stands for any characters, `_` for one, nothing escapes them; case counts."""
    parts = {"%": ".*", "_": "."}
    regex = re.compile("".join(parts.get(character) or re.escape(character) for character in pattern), re.DOTALL)
    return lambda stored: regex.fullmatch(stored) is not None


def ascii_lower(text: str) -> str:
    """`text` with A to Z in lower case and no other letter changed: what ILIKE folds in MLflow on SQLite."""
    return text.translate(_ASCII_FOLD)


_ASCII_FOLD = {upper: upper + 32 for upper in range(ord("A"), ord("Z") + 1)}

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


def _run_values(  # noqa: PLR0911 - one return for each kind of field
    comparison: Comparison,
) -> Values[Run]:
    key = comparison.key
    match comparison.entity:
        case Entity.METRIC:
            return lambda run: (metric_number(one.value) for one in run.data.latest_metrics if one.key == key)
        case Entity.PARAM if isinstance(comparison.value, float):
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
        case _:
            return lambda run: _present(getattr(run.info, key))


def _experiment_values(comparison: Comparison) -> Values[Experiment]:
    key = comparison.key
    if comparison.entity is Entity.TAG:
        return lambda experiment: _get(experiment.tags, key)
    return lambda experiment: _present(getattr(experiment, key))


def _get(texts: dict[str, str], key: str) -> tuple[str, ...]:
    return (texts[key],) if key in texts else ()


def _present(value: Any) -> tuple[Any, ...]:
    return () if value is None else (value,)
