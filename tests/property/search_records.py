"""Random runs, experiments, filters and orders, in which keys repeat and odd values are common."""

import math
from collections.abc import Callable
from typing import Any

from hypothesis import strategies as st

from kirok.entities.datasets import Dataset, DatasetInput, InputTag
from kirok.entities.experiments import Experiment
from kirok.entities.metrics import Metric
from kirok.entities.runs import Run, RunData, RunInfo, RunInputs
from kirok.entities.series import SeriesPoint, SeriesStatistics
from kirok.entities.views import LifecycleStage, RunStatus
from kirok.search.expression import (
    Comparator,
    Comparison,
    Entity,
    Expression,
    Function,
    Not,
    all_of,
    any_of,
)
from kirok.search.fields import COMPARATORS, NUMERIC_COMPARATORS, FieldKind

KEYS = ("m", "a.b", "val loss", "train/acc-1", "손실", "Ü")
EXPERIMENT_IDS = ("0", "1", "2", "10")

texts = st.one_of(
    st.sampled_from(["", "a", "a ", "A", "ab", "aB", "é", "É", "50%", "a_b", "10", "9", "line\nbreak", "'", '"', "\\"]),
    st.sampled_from(["1e-3", "nan", "-inf", " 1 ", "0x10", "1_000", "True", "1.", ".5", "+7", "٣", "1\u00a0", "1e999"]),
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=4),
)
patterns = st.one_of(texts, st.text(st.sampled_from("%_aAbBéÉ1.\n"), max_size=5))
numbers = st.one_of(
    st.sampled_from([0.0, -0.0, 1.0, -1.0, 0.5, 10.0, math.inf, -math.inf, 1.7976931348623157e308, 5e-324]),
    st.floats(allow_nan=False),
)
measured = st.one_of(numbers, st.just(math.nan))
times = st.one_of(st.none(), st.integers(0, 5), st.sampled_from([2**53 + 1, 2**63 - 1]))
time_literals = st.one_of(
    st.integers(-1, 6), st.sampled_from([0.5, 2**53 + 0.0, 2**53 + 1, 2**63, -(10**19), math.inf])
)
whole_times = st.one_of(st.integers(-1, 6), st.sampled_from([2**53 + 1, 2**63, -(10**19)]))
names = st.sampled_from(["calm-owl", "Calm-owl", "x", ""])
words = st.lists(
    st.sampled_from(["a", "B", "owl", "50%", "_", "손", "É", "m", "user", "source", "local"]), min_size=1, max_size=3
).map(" ".join)
regexes = st.recursive(
    st.sampled_from(["a", "b", "B", "1", "%", "é", ".", "^", "$", "\\d", "\\W", "[a-c]", "[^a]", "[\\w-]", "", "\\."]),
    lambda inner: st.one_of(
        st.tuples(inner, inner).map("".join),
        st.tuples(inner, inner).map("|".join),
        st.tuples(inner, st.sampled_from(["*", "+", "?", "{2}", "{1,}", "{0,2}"])).map(
            lambda pair: f"({pair[0]}a){pair[1]}"
        ),
    ),
    max_leaves=5,
)


@st.composite
def runs(draw: st.DrawFn, number: int) -> Run:
    """A run whose id comes from `number`, because drawn ids would repeat."""
    name = draw(names)
    tags = draw(st.dictionaries(st.sampled_from(KEYS), texts, max_size=3))
    if draw(st.booleans()):
        tags["mlflow.runName"] = name
    for key in ("mlflow.parentRunId", "mlflow.note.content", "mlflow.user", "mlflow.other"):
        if draw(st.integers(0, 3)) == 0:
            tags[key] = draw(texts)
    return Run(
        RunInfo(
            run_id=f"{(number * 7) % 100:032x}",
            experiment_id=draw(st.sampled_from(EXPERIMENT_IDS)),
            run_name=name,
            user_id=draw(st.sampled_from(["", "ann", "Bob"])),
            status=draw(st.sampled_from(RunStatus)),
            start_time=draw(times),
            end_time=draw(times),
            artifact_uri=draw(st.sampled_from(["s3://b/x", "/tmp/x"])),
            lifecycle_stage=draw(st.sampled_from(LifecycleStage)),
        ),
        RunData(
            tuple(
                Metric(key, value, 1)
                for key, value in sorted(draw(st.dictionaries(st.sampled_from(KEYS), measured, max_size=4)).items())
            ),
            draw(st.dictionaries(st.sampled_from(KEYS), texts, max_size=4)),
            tags,
        ),
        RunInputs(tuple(draw(st.lists(dataset_inputs, max_size=2, unique_by=lambda used: used.dataset)))),
    )


def _input(name: str, digest: str, context: str | None) -> DatasetInput:
    tags = () if context is None else (InputTag("mlflow.data.context", context), InputTag("other", "eval"))
    return DatasetInput(Dataset(name, digest, "local", "{}"), tags)


dataset_inputs = st.builds(
    _input, st.sampled_from(["iris", "Iris"]), st.sampled_from(["d1", "d2"]), st.sampled_from([None, "train", "eval"])
)


@st.composite
def many_runs(draw: st.DrawFn) -> list[Run]:
    """Up to 12 runs."""
    return [draw(runs(number)) for number in range(draw(st.integers(0, 12)))]


@st.composite
def statistics(draw: st.DrawFn) -> SeriesStatistics:
    """Of one series, which need not go with any run's latest values."""
    minimum, maximum, mean = draw(st.one_of(st.tuples(numbers, numbers, measured), st.just((None, None, None))))
    return SeriesStatistics(
        count=draw(st.integers(1, 5)),
        numbers=0 if minimum is None else 1,
        minimum=minimum,
        minimum_step=None if minimum is None else 0,
        maximum=maximum,
        maximum_step=None if minimum is None else 0,
        mean=mean,
        first=SeriesPoint(0, 0, draw(measured)),
        last=SeriesPoint(1, 0, draw(measured)),
    )


all_statistics = st.dictionaries(
    st.tuples(st.integers(0, 11).map(lambda number: f"{(number * 7) % 100:032x}"), st.sampled_from(KEYS)),
    statistics(),
    max_size=12,
)
"""By run id and key."""

goals = st.dictionaries(
    st.sampled_from([f"kirok.goal.{key}" for key in KEYS]), st.sampled_from(["min", "max", "up"]), max_size=4
)


@st.composite
def experiments_of_runs(draw: st.DrawFn) -> dict[str, Experiment]:
    """Every experiment that a run may be in."""
    return {
        experiment_id: Experiment(
            experiment_id, f"{draw(names)}{experiment_id}", "", LifecycleStage.ACTIVE, 0, 0, draw(goals)
        )
        for experiment_id in EXPERIMENT_IDS
    }


@st.composite
def many_experiments(draw: st.DrawFn) -> list[Experiment]:
    """Up to 12 experiments; the ids sort differently as numbers and as text."""
    return [
        Experiment(
            experiment_id=str(number),
            name=f"{draw(names)}{number}",
            artifact_location="",
            lifecycle_stage=draw(st.sampled_from(LifecycleStage)),
            creation_time=draw(times),
            last_update_time=draw(times),
            tags=draw(st.dictionaries(st.sampled_from(KEYS), texts, max_size=3)),
        )
        for number in range(draw(st.integers(0, 12)))
    ]


def _numbers(kind: FieldKind) -> st.SearchStrategy[Any]:
    return {FieldKind.TIME: time_literals, FieldKind.WHOLE_TIME: whole_times}.get(kind, numbers)


def _values(kind: FieldKind, comparator: Comparator, *, numeric: bool) -> st.SearchStrategy[Any]:
    positive = comparator.negated or comparator
    if comparator in (Comparator.IS_NULL, Comparator.IS_NOT_NULL):
        return st.none()
    if positive is Comparator.BETWEEN:
        return st.tuples(_numbers(kind), _numbers(kind))
    if positive is Comparator.IN:
        one: st.SearchStrategy[Any] = _numbers(kind) if numeric else literal_texts
        return st.lists(st.integers(0, 12).map(str) if kind is FieldKind.WHOLE_ID else one, min_size=1, max_size=3).map(
            tuple
        )
    if numeric:
        return _numbers(kind)
    if kind is FieldKind.WHOLE_ID:
        return st.integers(0, 12).map(str)
    return {
        Comparator.LIKE: patterns,
        Comparator.ILIKE: patterns,
        Comparator.RLIKE: regexes,
        Comparator.CONTAINS: words,
    }.get(positive, literal_texts)


literal_texts = st.one_of(
    texts, names, st.sampled_from([*RunStatus, "iris", "train", "d1", "ann", f"{7:032x}"]).map(str)
)


_NUMERIC_KINDS = (FieldKind.NUMBER, FieldKind.TIME, FieldKind.WHOLE_TIME)


def _comparisons(
    entity: Entity,
    keys: st.SearchStrategy[str],
    kind: FieldKind,
    functions: st.SearchStrategy[Function | None] = st.none(),  # noqa: B008 - a strategy is a value
    *,
    numeric: bool = False,
) -> st.SearchStrategy[Comparison]:
    numeric |= kind in _NUMERIC_KINDS
    return st.sampled_from(
        NUMERIC_COMPARATORS if kind is FieldKind.NUMBER_TEXT and numeric else COMPARATORS[kind]
    ).flatmap(
        lambda comparator: st.builds(
            Comparison,
            st.just(entity),
            keys,
            st.just(comparator),
            _values(kind, comparator, numeric=numeric),
            functions,
        )
    )


_keys = st.sampled_from(KEYS)

run_comparisons = st.one_of(
    _comparisons(Entity.METRIC, _keys, FieldKind.NUMBER),
    _comparisons(Entity.METRIC, _keys, FieldKind.NUMBER, st.sampled_from(Function)),
    _comparisons(Entity.PARAM, _keys, FieldKind.NUMBER_TEXT),
    _comparisons(Entity.PARAM, _keys, FieldKind.NUMBER_TEXT, numeric=True),
    _comparisons(Entity.TAG, _keys, FieldKind.TEXT),
    _comparisons(
        Entity.ATTRIBUTE,
        st.sampled_from(
            ["run_id", "run_name", "user_id", "status", "artifact_uri", "experiment_name", "parent_run_id"]
        ),
        FieldKind.TEXT,
    ),
    _comparisons(Entity.ATTRIBUTE, st.just("experiment_id"), FieldKind.WHOLE_ID),
    _comparisons(Entity.ATTRIBUTE, st.sampled_from(["start_time", "end_time", "duration"]), FieldKind.TIME),
    _comparisons(Entity.ATTRIBUTE, st.just("text"), FieldKind.WORDS),
    _comparisons(Entity.DATASET, st.sampled_from(["name", "digest", "context"]), FieldKind.TEXT),
)
experiment_comparisons = st.one_of(
    _comparisons(Entity.TAG, _keys, FieldKind.TEXT),
    _comparisons(Entity.ATTRIBUTE, st.just("name"), FieldKind.TEXT),
    _comparisons(Entity.ATTRIBUTE, st.just("experiment_id"), FieldKind.WHOLE_ID),
    _comparisons(Entity.ATTRIBUTE, st.sampled_from(["creation_time", "last_update_time"]), FieldKind.WHOLE_TIME),
)


def _expressions(comparisons: st.SearchStrategy[Comparison]) -> st.SearchStrategy[Expression]:
    joints: tuple[Callable[[list[Expression]], Expression], ...] = (all_of, any_of)
    return st.recursive(
        comparisons,
        lambda inner: st.one_of(
            st.builds(Not, inner),
            *(st.lists(inner, min_size=2, max_size=3).map(joint) for joint in joints),
        ),
        max_leaves=6,
    )


run_filters = _expressions(run_comparisons)
experiment_filters = _expressions(experiment_comparisons)
