"""What one batch of logging may hold."""

from collections.abc import Iterable, Sequence

from kirok.base.errors import InvalidParameter
from kirok.entities.datasets import DatasetInput
from kirok.entities.metrics import Metric
from kirok.entities.runs import Param, RunTag
from kirok.rules.keys import check_key, check_length
from kirok.rules.values import (
    MAX_DATASET_DIGEST,
    MAX_DATASET_NAME,
    MAX_DATASET_PROFILE,
    MAX_DATASET_SCHEMA,
    MAX_DATASET_SOURCE,
    MAX_INPUT_TAG_KEY,
    MAX_INPUT_TAG_VALUE,
    check_timestamp,
)

MAX_METRICS = 1000
MAX_PARAMS = 100
MAX_TAGS = 100
MAX_TOTAL = 1000


def check_batch(metrics: Sequence[Metric], params: Sequence[Param], tags: Sequence[RunTag]) -> None:
    """Refuse a batch that is too large, names a key wrongly or gives one param twice."""
    _check_count(metrics, MAX_METRICS, "metrics")
    _check_count(params, MAX_PARAMS, "params")
    _check_count(tags, MAX_TAGS, "tags")
    total = len(metrics) + len(params) + len(tags)
    if total > MAX_TOTAL:
        raise InvalidParameter(_too_many("metrics, params, and tags", MAX_TOTAL, total))
    checked: set[str] = set()  # a batch mostly repeats its few metric names
    for i, metric in enumerate(metrics):
        if metric.key not in checked:
            check_key(metric.key, "Metric name" if len(metrics) == 1 else f"metrics[{i}].name")
            checked.add(metric.key)
        if metric.timestamp < 0:
            check_timestamp(metric.timestamp, "timestamp" if len(metrics) == 1 else f"metrics[{i}].timestamp")
    for i, param in enumerate(params):
        check_key(param.key, "Param key" if len(params) == 1 else f"params[{i}].key")
    for i, tag in enumerate(tags):
        check_key(tag.key, "key" if len(tags) == 1 else f"tags[{i}].key")
    check_unique_params(params)


def check_unique_params(params: Sequence[Param]) -> None:
    """Refuse one param key twice in one request, even with equal values, as MLflow does."""
    keys = [param.key for param in params]
    if len(set(keys)) == len(keys):
        return
    repeated = sorted({key for key in keys if keys.count(key) > 1})
    raise InvalidParameter(
        f"Duplicate parameter keys have been submitted: {repeated}. Please ensure the request contains only one "
        "param value per param key."
    )


def check_unchanged_params(run_id: str, known: dict[str, str], params: Iterable[Param]) -> list[Param]:
    """The params that are new; InvalidParameter where one has another value than in `known`."""
    new: list[Param] = []
    changed: list[tuple[str, str, str]] = []
    for param in params:
        old = known.get(param.key)
        if old is None:
            new.append(param)
        elif old != param.value:
            changed.append((param.key, old, param.value))
    if len(changed) == 1:
        key, old, value = changed[0]
        raise InvalidParameter(
            f"Changing param values is not allowed. Param with key='{key}' was already logged with value='{old}' "
            f"for run ID='{run_id}'. Attempted logging new value '{value}'."
        )
    if changed:
        listed = [{"key": key, "old_value": old, "new_value": value} for key, old, value in changed]
        raise InvalidParameter(
            f"Changing param values is not allowed. Params were already logged='{listed}' for run ID='{run_id}'."
        )
    return new


def check_dataset_inputs(datasets: Sequence[DatasetInput]) -> None:
    """Refuse datasets whose descriptions do not fit MLflow's columns."""
    for given in datasets:
        dataset = given.dataset
        check_length(dataset.name, MAX_DATASET_NAME, "name")
        check_length(dataset.digest, MAX_DATASET_DIGEST, "digest")
        check_length(dataset.source, MAX_DATASET_SOURCE, "source")
        check_length(dataset.schema or "", MAX_DATASET_SCHEMA, "schema")
        check_length(dataset.profile or "", MAX_DATASET_PROFILE, "profile")
        for tag in given.tags:
            check_length(tag.key, MAX_INPUT_TAG_KEY, "tag key")
            check_length(tag.value, MAX_INPUT_TAG_VALUE, "tag value")


def _check_count(items: Sequence[object], limit: int, what: str) -> None:
    if len(items) > limit:
        raise InvalidParameter(_too_many(what, limit, len(items)))


def _too_many(what: str, limit: int, count: int) -> str:
    return (
        f"A batch logging request can contain at most {limit} {what}. Got {count} {what}. "
        f"Please split up {what} across multiple requests and try again."
    )
