"""Logging to the active run. Where no run is active, one is started."""

from typing import TYPE_CHECKING, Any

from kirok.base.clock import now_ms
from kirok.base.errors import InvalidParameter
from kirok.client import tags as tag_keys
from kirok.client.active_run import target
from kirok.client.delivery import RunOperations
from kirok.client.values import metric_value
from kirok.entities.datasets import Dataset as DatasetRecord
from kirok.entities.datasets import DatasetInput, InputTag
from kirok.entities.metrics import Metric
from kirok.entities.models import LoggedModelInput, LoggedModelOutput
from kirok.entities.runs import Param, RunTag

if TYPE_CHECKING:
    from kirok.client.datasets.records import Dataset


def log_param(key: str, value: Any, synchronous: bool | None = None) -> Any:
    """Log a parameter of the active run, kept as `str(value)`; returns `value`.

    InvalidParameter where the run has another value for it: a param is written once.
    """
    active_id, client = target()
    return client.log_param(active_id, key, value, synchronous)


def log_params(
    params: dict[str, Any], synchronous: bool | None = None, run_id: str | None = None
) -> RunOperations | None:
    """Log any number of parameters."""
    target_id, client = target(run_id)
    return client.log_batch(
        target_id, params=[Param(key, str(value)) for key, value in params.items()], synchronous=synchronous
    )


def log_metric(
    key: str,
    value: float,
    step: int | None = None,
    synchronous: bool | None = None,
    timestamp: int | None = None,
    run_id: str | None = None,
    model_id: str | None = None,
    dataset: "Dataset | DatasetRecord | None" = None,
) -> RunOperations | None:
    """Log one point of a series: at `step` (0 unless given) and `timestamp` (milliseconds since the epoch, else now).

    `value` is a number or what turns into one: numeric text, an array or tensor of one element. `dataset` says what
    it was measured on, and is recorded as the run's input.
    """
    return log_metrics({key: value}, step, synchronous, run_id, timestamp, model_id, dataset)


def log_metrics(
    metrics: dict[str, float],
    step: int | None = None,
    synchronous: bool | None = None,
    run_id: str | None = None,
    timestamp: int | None = None,
    model_id: str | None = None,
    dataset: "Dataset | DatasetRecord | None" = None,
) -> RunOperations | None:
    """Log one point of each of several series, all at one step and time. See `log_metric`."""
    target_id, client = target(run_id)
    record = None if dataset is None else dataset_record(dataset)
    if record is not None:
        client.log_measured_on(target_id, record)
    at = timestamp or now_ms()
    name, digest = (None, None) if record is None else (record.name, record.digest)
    points = [
        Metric(key, metric_value(value, key), at, step or 0, model_id, name, digest) for key, value in metrics.items()
    ]
    return client.log_batch(target_id, metrics=points, synchronous=synchronous)


def set_tag(key: str, value: Any, synchronous: bool | None = None) -> RunOperations | None:
    """Tag the active run; `value` is kept as `str(value)`. Again overwrites."""
    active_id, client = target()
    return client.set_tag(active_id, key, value, synchronous)


def set_tags(tags: dict[str, Any], synchronous: bool | None = None) -> RunOperations | None:
    """Tag the active run with each of `tags`."""
    active_id, client = target()
    return client.log_batch(
        active_id, tags=[RunTag(key, str(value)) for key, value in tags.items()], synchronous=synchronous
    )


def delete_tag(key: str) -> None:
    """Remove a tag from the active run. NotFound where there is none."""
    active_id, client = target()
    client.delete_tag(active_id, key)


def log_input(
    dataset: "Dataset | DatasetRecord | None" = None,
    context: str | None = None,
    tags: dict[str, str] | None = None,
    model: LoggedModelInput | None = None,
) -> None:
    """Record a dataset (see `kirok.data`) that the active run read, and for what: `context="training"`."""
    active_id, client = target()
    client.log_inputs(
        active_id,
        [] if dataset is None else [_dataset_input(dataset, context, tags)],
        [] if model is None else [model],
    )


def log_inputs(
    datasets: "list[Dataset | DatasetRecord | None] | None" = None,
    contexts: list[str | None] | None = None,
    tags_list: list[dict[str, str] | None] | None = None,
    models: list[LoggedModelInput | None] | None = None,
) -> None:
    """Record several datasets at once; the first three lists go together and are equally long."""
    active_id, client = target()
    given = datasets or [], contexts or [], tags_list or []
    if len({len(part) for part in given}) > 1:
        raise InvalidParameter(
            "`mlflow.log_inputs` requires `datasets`, `contexts`, `tags_list` to have the same length."
        )
    client.log_inputs(
        active_id,
        [
            _dataset_input(dataset, context, tags)
            for dataset, context, tags in zip(*given, strict=True)
            if dataset is not None or context or tags
        ],
        [model for model in models or [] if model is not None],
    )


def log_outputs(models: list[LoggedModelOutput] | None = None) -> None:
    """Record models that the active run produced."""
    active_id, client = target()
    client.log_outputs(active_id, models or [])


def dataset_record(dataset: "Dataset | DatasetRecord") -> DatasetRecord:
    """A dataset as stores keep it."""
    return dataset if isinstance(dataset, DatasetRecord) else dataset.to_record()


def _dataset_input(
    dataset: "Dataset | DatasetRecord | None", context: str | None, tags: dict[str, str] | None
) -> DatasetInput:
    if dataset is None:
        raise InvalidParameter("`dataset` must be specified if `context` or `tags` is specified.")
    labels = [InputTag(key, str(value)) for key, value in (tags or {}).items()]
    if context:
        labels.append(InputTag(tag_keys.DATASET_CONTEXT, context))
    return DatasetInput(dataset_record(dataset), tuple(labels))
