"""Random runs, experiments, filters and orders, in which keys repeat and odd values are common."""

import math
from collections.abc import Callable

from hypothesis import strategies as st

from kirok.entities.datasets import Dataset, DatasetInput, InputTag
from kirok.entities.experiments import Experiment
from kirok.entities.metrics import Metric
from kirok.entities.runs import Run, RunData, RunInfo, RunInputs
from kirok.entities.views import LifecycleStage, RunStatus
from kirok.search.expression import Comparator, Comparison, Entity, Expression, Not, Value, all_of, any_of
from kirok.search.fields import COMPARATORS, NUMERIC_COMPARATORS, FieldKind

KEYS = ("m", "a.b", "val loss", "train/acc-1", "손실", "Ü")
EXPERIMENT_IDS = ("0", "1", "2", "10")

texts = st.one_of(
    st.sampled_from(["", "a", "A", "ab", "aB", "é", "É", "50%", "a_b", "10", "9", "line\nbreak", "'", '"', "\\"]),
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


@st.composite
def runs(draw: st.DrawFn, number: int) -> Run:
    """A run whose id comes from `number`, because drawn ids would repeat."""
    name = draw(names)
    tags = draw(st.dictionaries(st.sampled_from(KEYS), texts, max_size=3))
    if draw(st.booleans()):
        tags["mlflow.runName"] = name
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
    """Up to 20 runs."""
    return [draw(runs(number)) for number in range(draw(st.integers(0, 20)))]


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


def _values(kind: FieldKind, comparator: Comparator) -> st.SearchStrategy[Value]:
    if comparator in (Comparator.IS_NULL, Comparator.IS_NOT_NULL):
        return st.none()
    if comparator in (Comparator.IN, Comparator.NOT_IN):
        one = st.integers(0, 12).map(str) if kind is FieldKind.WHOLE_ID else literal_texts
        return st.lists(one, min_size=1, max_size=3).map(tuple)
    if comparator in (Comparator.LIKE, Comparator.ILIKE):
        return patterns
    return {
        FieldKind.NUMBER: numbers,
        FieldKind.TIME: time_literals,
        FieldKind.WHOLE_TIME: whole_times,
        FieldKind.WHOLE_ID: st.integers(0, 12).map(str),
    }.get(kind, literal_texts)


literal_texts = st.one_of(
    texts, names, st.sampled_from([*RunStatus, "iris", "train", "d1", "ann", f"{7:032x}"]).map(str)
)


def _comparisons(entity: Entity, keys: st.SearchStrategy[str], kind: FieldKind) -> st.SearchStrategy[Comparison]:
    return st.sampled_from(COMPARATORS[kind]).flatmap(
        lambda comparator: st.builds(Comparison, st.just(entity), keys, st.just(comparator), _values(kind, comparator))
    )


_keys = st.sampled_from(KEYS)

run_comparisons = st.one_of(
    _comparisons(Entity.METRIC, _keys, FieldKind.NUMBER),
    _comparisons(Entity.PARAM, _keys, FieldKind.NUMBER_TEXT),
    st.builds(Comparison, st.just(Entity.PARAM), _keys, st.sampled_from(NUMERIC_COMPARATORS), numbers),
    _comparisons(Entity.TAG, _keys, FieldKind.TEXT),
    _comparisons(Entity.ATTRIBUTE, st.sampled_from(["run_name", "user_id", "status", "artifact_uri"]), FieldKind.NAME),
    _comparisons(Entity.ATTRIBUTE, st.just("run_id"), FieldKind.ID),
    _comparisons(Entity.ATTRIBUTE, st.sampled_from(["start_time", "end_time"]), FieldKind.TIME),
    _comparisons(Entity.DATASET, st.sampled_from(["name", "digest", "context"]), FieldKind.DATASET),
)
experiment_comparisons = st.one_of(
    _comparisons(Entity.TAG, _keys, FieldKind.TEXT),
    _comparisons(Entity.ATTRIBUTE, st.just("name"), FieldKind.NAME),
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
