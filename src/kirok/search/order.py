"""The order of what a search finds.

A record lacking the key comes last in both directions; of metrics, NaN comes before those and after every number. Text
goes by code point, so "10" < "9". Ties are broken as MLflow breaks them, so that pages never overlap.
"""

from collections.abc import Callable, Sequence
from functools import partial, total_ordering
from typing import Any, TypeVar

from msgspec import Struct

from kirok.base.errors import InvalidParameter
from kirok.entities.experiments import Experiment
from kirok.entities.runs import Run
from kirok.search.expression import Entity, Function
from kirok.search.facts import Facts, attribute_value, needed, series_number
from kirok.search.fields import EXPERIMENT_FIELDS, RUN_FIELDS, Fields
from kirok.search.names import is_name, read_name
from kirok.search.numbers import metric_number
from kirok.search.refusals import printable, refusal
from kirok.search.tokens import TokenKind, quoting_hint, tokenize

Record = TypeVar("Record")

MAX_ORDER_CLAUSES = 30


class OrderBy(Struct, frozen=True):
    """One clause of an order: a metric, param, tag or attribute, and the direction."""

    entity: Entity
    key: str
    ascending: bool = True
    function: Function | None = None
    """Of a metric alone; without one runs go by its latest value."""


def parse_run_order(clauses: Sequence[str] | None) -> tuple[OrderBy, ...]:
    """The whole order of runs: what was asked, then `start_time DESC`, then the run id.

    InvalidParameter for a clause that can't be read, and for a field asked twice (MLflow answers that with a 500,
    which its client then retries for minutes).
    """
    order = _parse(clauses, RUN_FIELDS)
    fields = [(one.entity, one.key, one.function) for one in order]
    if len(set(fields)) < len(fields):
        raise InvalidParameter(
            f"`order_by` contains duplicate fields: {[printable(one) for one in clauses or ()]}. Name each field once."
        )
    for tie_break in (
        OrderBy(Entity.ATTRIBUTE, "start_time", ascending=False),
        OrderBy(Entity.ATTRIBUTE, "run_id"),
    ):
        if (tie_break.entity, tie_break.key, None) not in fields:
            order.append(tie_break)
    return tuple(order)


def parse_experiment_order(clauses: Sequence[str] | None) -> tuple[OrderBy, ...]:
    """The whole order of experiments: what was asked (or newest first), then the id.

    As in MLflow, the id breaks ties downwards where an order was asked and upwards where none was, and a field may be
    asked twice.
    """
    order: list[OrderBy] = []
    for one in _parse(clauses, EXPERIMENT_FIELDS):
        if all(one.key != earlier.key for earlier in order):
            order.append(one)
    asked = bool(order)
    if not asked:
        order.append(OrderBy(Entity.ATTRIBUTE, "creation_time", ascending=False))
    if all(one.key != "experiment_id" for one in order):
        order.append(OrderBy(Entity.ATTRIBUTE, "experiment_id", ascending=not asked))
    return tuple(order)


def run_sort_key(order: Sequence[OrderBy], facts: Facts | None = None) -> Callable[[Run], Any]:
    """A key for `sorted` that puts runs in `order`; NotSupported as `run_matcher`."""
    return _sort_key(order, partial(_run_value, facts))


def experiment_sort_key(order: Sequence[OrderBy]) -> Callable[[Experiment], Any]:
    """A key for `sorted` that puts experiments in `order`; their ids go by number."""
    return _sort_key(order, _experiment_value)


def _parse(clauses: Sequence[str] | None, fields: Fields) -> list[OrderBy]:
    if clauses and len(clauses) > MAX_ORDER_CLAUSES:
        raise InvalidParameter(f"`order_by` has {len(clauses)} clauses; at most {MAX_ORDER_CLAUSES} are allowed.")
    return [_clause(text, fields) for text in clauses or ()]


def _clause(text: str, fields: Fields) -> OrderBy:
    unreadable = f"Invalid order_by clause '{printable(text)}'. Could not be parsed."
    tokens = tokenize(text, "order_by", unreadable)
    if len(tokens) == 1:
        raise InvalidParameter(f"{unreadable} Write a field and a direction, such as metrics.loss ASC.")
    if not is_name(tokens[0]):
        raise refusal(text, tokens[0].position, unreadable, "Write a field and a direction, such as metrics.loss ASC.")
    named = read_name(text, tokens, 0, fields, ordering=True)
    field, name, direction, rest = named.field, named.token, tokens[named.following], tokens[named.following + 1 :]
    if direction.kind is not TokenKind.END and not direction.is_word("ASC", "DESC"):
        if direction.kind is TokenKind.NAME and len(rest) == 1:
            sentence = f"Invalid ordering key in order_by clause '{printable(text)}'."
            raise refusal(text, direction.position, sentence, "The direction is ASC or DESC.")
        adjacent = direction.position == name.position + len(name.text)
        mend = (quoting_hint(text, name) if adjacent else "") or "Write a field and a direction: metrics.loss ASC."
        if direction.kind is TokenKind.COMMA:
            mend = "Give each clause as an item of its own."
        raise refusal(text, direction.position, unreadable, mend)
    if len(rest) > 1:
        raise refusal(text, rest[0].position, unreadable, "Give each clause as an item of its own.")
    if field.entity is Entity.DATASET:
        raise refusal(text, name.position, "Invalid identifier type 'dataset'", "Runs cannot be ordered by datasets.")
    if fields is EXPERIMENT_FIELDS and field.entity is Entity.TAG:
        raise refusal(text, name.position, "Invalid order_by entity: tag", "Order by name, experiment_id or a time.")
    return OrderBy(field.entity, field.key, not direction.is_word("DESC"), named.function)


@total_ordering
class _Descending:
    """A value that sorts the other way round."""

    __slots__ = ("value",)

    def __init__(self, value: Any) -> None:
        self.value = value

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Descending) and bool(self.value == other.value)

    def __lt__(self, other: "_Descending") -> bool:
        return bool(other.value < self.value)

    __hash__ = None  # type: ignore[assignment]  # a key for sorting, never for a dict


def _sort_key(order: Sequence[OrderBy], value_of: Callable[[Record, OrderBy], Any]) -> Callable[[Record], Any]:
    def place(record: Record, clause: OrderBy) -> tuple[int, Any]:
        value = value_of(record, clause)
        if value is None:
            return 2, 0
        if value != value:
            return 1, 0
        return 0, value if clause.ascending else _Descending(value)

    return lambda record: tuple(place(record, clause) for clause in order)


def _run_value(facts: Facts | None, run: Run, clause: OrderBy) -> Any:
    key = clause.key
    match clause.entity:
        case Entity.METRIC if clause.function is not None:
            return series_number(needed(facts), run, key, clause.function)
        case Entity.METRIC:
            return next((metric_number(one.value) for one in run.data.latest_metrics if one.key == key), None)
        case Entity.PARAM:
            return run.data.params.get(key)
        case Entity.TAG:
            return run.data.tags.get(key)
        case _:
            return _run_attribute(facts, run, key)


def _run_attribute(facts: Facts | None, run: Run, key: str) -> Any:
    if key == "experiment_id":
        return int(run.info.experiment_id)
    return attribute_value(facts, run, key)


def _experiment_value(experiment: Experiment, clause: OrderBy) -> Any:
    if clause.key == "experiment_id":
        return int(experiment.experiment_id)
    return getattr(experiment, clause.key)
