"""MlflowClient's logging: metrics, params, tags, and what a run read and produced."""

from collections.abc import Sequence
from typing import Any

from msgspec.structs import replace

from kirok.base.clock import now_ms
from kirok.client.connected import Connected
from kirok.client.delivery import RunOperations
from kirok.client.session import SESSION
from kirok.client.values import metric_value
from kirok.entities.datasets import Dataset, DatasetInput
from kirok.entities.metrics import Metric
from kirok.entities.models import LoggedModelInput, LoggedModelOutput
from kirok.entities.runs import Param, RunTag


class RecordMethods(Connected):
    """Logging to a run by id.

    `synchronous=False`, or MLFLOW_ENABLE_ASYNC_LOGGING=true where it is left out, returns RunOperations:
    a refusal then comes out of its `wait()` instead of the call.
    """

    def log_metric(
        self,
        run_id: str,
        key: str,
        value: float,
        timestamp: int | None = None,
        step: int | None = None,
        synchronous: bool | None = None,
        dataset_name: str | None = None,
        dataset_digest: str | None = None,
        model_id: str | None = None,
    ) -> RunOperations | None:
        """One point of a series. `timestamp` in milliseconds since the epoch, now unless given; `step` 0 unless given.

        `value` may be whatever `metric_value` takes.
        """
        point = Metric(
            key,
            metric_value(value, key),
            now_ms() if timestamp is None else timestamp,
            step or 0,
            model_id,
            dataset_name,
            dataset_digest,
        )
        return self._log(run_id, synchronous, metrics=[point])

    def log_param(self, run_id: str, key: str, value: Any, synchronous: bool | None = None) -> Any:
        """A parameter, kept as `str(value)`; returns `value`.

        InvalidParameter where the run has another value for it: a param is written once.
        """
        operations = self._log(run_id, synchronous, params=[Param(key, str(value))])
        return value if operations is None else operations

    def set_tag(self, run_id: str, key: str, value: Any, synchronous: bool | None = None) -> RunOperations | None:
        """Insert or overwrite a tag, kept as `str(value)`. Tag `mlflow.runName` renames the run."""
        return self._log(run_id, synchronous, tags=[RunTag(key, str(value))])

    def delete_tag(self, run_id: str, key: str) -> None:
        """NotFound where there is no such tag."""
        self._delivery.delete_tag(run_id, key)

    def log_batch(
        self,
        run_id: str,
        metrics: Sequence[Metric] = (),
        params: Sequence[Param] = (),
        tags: Sequence[RunTag] = (),
        synchronous: bool | None = None,
    ) -> RunOperations | None:
        """Any number of metrics, params and tags; split into as few batches as the limits allow, params first."""
        return self._log(
            run_id,
            synchronous,
            metrics=[_with_number(point) for point in metrics],
            params=[Param(param.key, str(param.value)) for param in params],
            tags=[RunTag(tag.key, str(tag.value)) for tag in tags],
        )

    def log_inputs(
        self,
        run_id: str,
        datasets: Sequence[DatasetInput] | None = None,
        models: Sequence[LoggedModelInput] | None = None,
    ) -> None:
        """Datasets and models the run read. The same again is a no-op."""
        self._delivery.log_inputs(run_id, datasets=datasets or (), models=models or ())

    def log_outputs(self, run_id: str, models: list[LoggedModelOutput]) -> None:
        """Models the run produced. BadRequest for one already recorded with this run."""
        self._delivery.log_outputs(run_id, models)

    def log_measured_on(self, run_id: str, dataset: Dataset) -> None:
        """As `log_inputs` for a dataset that metrics name; costs nothing from the second time on."""
        known, key = self._connection.measured_on, (run_id, dataset.name, dataset.digest)
        if key not in known:
            self.log_inputs(run_id, [DatasetInput(dataset)])
            known.add(key)

    def _log(
        self,
        run_id: str,
        synchronous: bool | None,
        *,
        metrics: Sequence[Metric] = (),
        params: Sequence[Param] = (),
        tags: Sequence[RunTag] = (),
    ) -> RunOperations | None:
        delivery = self._delivery
        if waits(synchronous):
            delivery.log_batch(run_id, metrics=metrics, params=params, tags=tags)
            return None
        return delivery.log_batch_later(run_id, metrics=metrics, params=params, tags=tags)


def waits(synchronous: bool | None) -> bool:
    """Whether a logging call waits for the store: as its argument says, else as the environment does."""
    return not SESSION.switch("ENABLE_ASYNC_LOGGING", False) if synchronous is None else synchronous


def _with_number(point: Metric) -> Metric:
    if type(point.value) is float:
        return point
    return replace(point, value=metric_value(point.value, point.key))
