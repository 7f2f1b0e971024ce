"""What somebody may have meant whose filter leaves a run out: keys and values that differ in little."""

import difflib
from collections.abc import Iterable, Iterator
from typing import Any

from kirok.base.errors import NotSupported
from kirok.entities.runs import Run
from kirok.search.expression import Comparator, Comparison, Entity, Function
from kirok.search.facts import Facts, needed
from kirok.search.fields import GOALS, TEXT, goal_tag
from kirok.search.match import holds, run_values
from kirok.search.numbers import text_number
from kirok.search.print import print_field
from kirok.search.words import ascii_lower, run_text, words_of

_SERIES = (Function.MIN, Function.MAX)


def near_misses(comparison: Comparison, run: Run, facts: Facts | None) -> Iterator[str]:
    """Sentences about a comparison that does not hold for `run`."""
    if comparison.entity is Entity.ATTRIBUTE and comparison.key == TEXT:
        yield from _words(comparison, run)
        return
    values = tuple(run_values(facts, comparison)(run))
    if comparison.comparator is Comparator.IS_NULL:
        return
    if not values:
        yield from _absent(comparison, run, facts)
    elif comparison.is_numeric:
        yield from _numbers(comparison, values, run, facts)
    elif isinstance(comparison.value, str):
        for value in values:
            yield from _texts(comparison, comparison.value, str(value))


def _absent(comparison: Comparison, run: Run, facts: Facts | None) -> Iterator[str]:
    entity, key = comparison.entity, comparison.key
    keys = _keys(run)
    if entity is Entity.ATTRIBUTE:
        if key in ("end_time", "duration") and run.info.end_time is None:
            yield "The run has not ended."
        return
    if key in keys.get(entity, ()):
        if entity is Entity.PARAM:
            yield f"The param is the text {run.data.params[key]!r}, which writes no number: compare it with a text."
        elif comparison.function is Function.BEST and _goal(run, key, facts) not in GOALS:
            yield f"The experiment does not say which values are good: set its tag '{goal_tag(key)}' to min or max."
        elif comparison.function is not None:
            yield "No point of the series is a number."
        return
    similar = [one for one in keys.get(entity, ()) if _plain(one) == _plain(key)]
    similar = similar or difflib.get_close_matches(key, keys.get(entity, ()), 2, 0.8)
    for one in similar:
        yield f"The run has no {entity} {key!r}, but it has {one!r}: {print_field(entity, one, comparison.function)}."
    for other, others in keys.items():
        if other is not entity and key in others:
            yield f"{key!r} is a {other} of the run: {print_field(other, key)}."


def _numbers(comparison: Comparison, values: Iterable[float], run: Run, facts: Facts | None) -> Iterator[str]:
    if any(value != value for value in values):
        yield "NaN matches != and NOT IN, and nothing else."
    if comparison.entity is Entity.METRIC and comparison.function is None:
        test = holds(comparison.comparator, comparison.value)
        for function in _SERIES:
            found = _series_value(comparison, function, run, facts)
            if found is not None and test(found):
                name = print_field(Entity.METRIC, comparison.key, function)
                yield f"The latest value is compared; {name} is {found!r}, which would match."


def _texts(comparison: Comparison, literal: str, value: str) -> Iterator[str]:
    if comparison.comparator in (Comparator.EQUAL, Comparator.LIKE):
        if holds(comparison.comparator, literal.casefold())(value.casefold()):
            yield f"{value!r} differs only in case; ILIKE takes A to Z and a to z for the same."
        elif holds(comparison.comparator, literal.strip())(value.strip()):
            yield f"{value!r} differs only in the blanks around it."
    if comparison.comparator is Comparator.LIKE and not set("%_") & set(literal) and literal in value:
        yield f"LIKE compares the whole text; '%{literal}%' finds a part of it."
    if comparison.comparator is Comparator.EQUAL:
        number = text_number(value)
        if number is not None and number == text_number(literal):
            without = " without quotes" if comparison.entity is Entity.PARAM else ""
            yield f"{value!r} and {literal!r} are the same number, but not the same text: write it{without} as {value}."


def _words(comparison: Comparison, run: Run) -> Iterator[str]:
    text = ascii_lower(run_text(run))
    for word in words_of(str(comparison.value)):
        if comparison.comparator is Comparator.CONTAINS and word not in text:
            yield f"{word!r} stands nowhere in the run's name, note, params or tags."
        if comparison.comparator is Comparator.NOT_CONTAINS:
            yield f"{word!r} stands in the run's name, note, params or tags."


def _keys(run: Run) -> dict[Entity, list[str]]:
    return {
        Entity.METRIC: [metric.key for metric in run.data.latest_metrics],
        Entity.PARAM: list(run.data.params),
        Entity.TAG: list(run.data.tags),
    }


def _plain(key: str) -> str:
    """What two keys have in common that differ only in case, blanks, and what joins words."""
    return "".join(character for character in key.casefold() if character.isalnum())


def _goal(run: Run, key: str, facts: Facts | None) -> str | None:
    return needed(facts).experiment(run.info.experiment_id).tags.get(goal_tag(key))


def _series_value(comparison: Comparison, function: Function, run: Run, facts: Facts | None) -> Any:
    asked = Comparison(Entity.METRIC, comparison.key, comparison.comparator, comparison.value, function)
    try:
        return next(iter(run_values(facts, asked)(run)), None)
    except NotSupported:  # a hint is no reason to refuse
        return None
