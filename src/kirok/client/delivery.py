"""The one way from logging calls to a store: whatever a training process writes about its runs goes through a Delivery.

`Immediate` writes before it returns. A journal that appends locally and sends later takes its place by keeping
the same promises.
"""

from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future
from typing import Protocol

from kirok.base.errors import KirokError
from kirok.entities.datasets import DatasetInput
from kirok.entities.metrics import Metric
from kirok.entities.models import LoggedModelInput, LoggedModelOutput
from kirok.entities.runs import Param, Run, RunInfo, RunTag
from kirok.entities.views import RunStatus
from kirok.rules.batches import MAX_METRICS, MAX_PARAMS, MAX_TAGS, MAX_TOTAL
from kirok.stores.protocols import RunStore


class RunOperations:
    """What `synchronous=False` returns: writes under way."""

    def __init__(self, futures: Iterable["Future[None]"]) -> None:
        self._futures = list(futures)

    def wait(self) -> None:
        """Until every write is kept. KirokError naming those that were refused."""
        failures = [error for error in (future.exception() for future in self._futures) if error is not None]
        if failures:
            raise KirokError(f"These writes failed: {'; '.join(str(error) for error in failures)}")


class Delivery(Protocol):
    """Takes what a process writes. After `flush` a reader sees all of it."""

    def create_run(
        self, experiment_id: str, *, user_id: str, run_name: str | None, start_time: int, tags: Sequence[RunTag]
    ) -> Run:
        """As RunStore.create_run."""

    def update_run(
        self,
        run_id: str,
        *,
        status: RunStatus | None = None,
        end_time: int | None = None,
        run_name: str | None = None,
    ) -> RunInfo:
        """As RunStore.update_run."""

    def log_batch(
        self,
        run_id: str,
        *,
        metrics: Sequence[Metric] = (),
        params: Sequence[Param] = (),
        tags: Sequence[RunTag] = (),
    ) -> None:
        """As RunStore.log_batch, of any size. What breaks a rule is refused at once, before anything is sent."""

    def log_batch_later(
        self,
        run_id: str,
        *,
        metrics: Sequence[Metric] = (),
        params: Sequence[Param] = (),
        tags: Sequence[RunTag] = (),
    ) -> RunOperations:
        """As `log_batch`, without waiting: a refusal comes out of `RunOperations.wait`."""

    def delete_tag(self, run_id: str, key: str) -> None:
        """As RunStore.delete_tag."""

    def log_inputs(
        self, run_id: str, *, datasets: Sequence[DatasetInput] = (), models: Sequence[LoggedModelInput] = ()
    ) -> None:
        """As RunStore.log_inputs."""

    def log_outputs(self, run_id: str, models: Sequence[LoggedModelOutput]) -> None:
        """As RunStore.log_outputs."""

    def flush(self) -> None:
        """Until everything taken so far is in the store."""


class Immediate:
    """Writes before it returns, as MLflow does unless told otherwise."""

    def __init__(self, runs: RunStore) -> None:
        self._runs = runs

    def create_run(
        self, experiment_id: str, *, user_id: str, run_name: str | None, start_time: int, tags: Sequence[RunTag]
    ) -> Run:
        return self._runs.create_run(
            experiment_id, user_id=user_id, run_name=run_name, start_time=start_time, tags=tags
        )

    def update_run(
        self,
        run_id: str,
        *,
        status: RunStatus | None = None,
        end_time: int | None = None,
        run_name: str | None = None,
    ) -> RunInfo:
        return self._runs.update_run(run_id, status=status, end_time=end_time, run_name=run_name)

    def log_batch(
        self,
        run_id: str,
        *,
        metrics: Sequence[Metric] = (),
        params: Sequence[Param] = (),
        tags: Sequence[RunTag] = (),
    ) -> None:
        for some_metrics, some_params, some_tags in fitting_batches(metrics, params, tags):
            self._runs.log_batch(run_id, metrics=some_metrics, params=some_params, tags=some_tags)

    def log_batch_later(
        self,
        run_id: str,
        *,
        metrics: Sequence[Metric] = (),
        params: Sequence[Param] = (),
        tags: Sequence[RunTag] = (),
    ) -> RunOperations:
        done: Future[None] = Future()
        try:
            self.log_batch(run_id, metrics=metrics, params=params, tags=tags)
        except KirokError as refusal:
            done.set_exception(refusal)
        else:
            done.set_result(None)
        return RunOperations([done])

    def delete_tag(self, run_id: str, key: str) -> None:
        self._runs.delete_tag(run_id, key)

    def log_inputs(
        self, run_id: str, *, datasets: Sequence[DatasetInput] = (), models: Sequence[LoggedModelInput] = ()
    ) -> None:
        self._runs.log_inputs(run_id, datasets=datasets, models=models)

    def log_outputs(self, run_id: str, models: Sequence[LoggedModelOutput]) -> None:
        self._runs.log_outputs(run_id, models)

    def flush(self) -> None:
        """Nothing waits."""


def fitting_batches(
    metrics: Sequence[Metric], params: Sequence[Param], tags: Sequence[RunTag]
) -> Iterator[tuple[Sequence[Metric], Sequence[Param], Sequence[RunTag]]]:
    """Any amount of logging as batches that the rules let pass, params first; nothing for nothing."""
    while metrics or params or tags:
        some_params, params = params[:MAX_PARAMS], params[MAX_PARAMS:]
        some_tags, tags = tags[:MAX_TAGS], tags[MAX_TAGS:]
        room = min(MAX_METRICS, MAX_TOTAL - len(some_params) - len(some_tags))
        some_metrics, metrics = metrics[:room], metrics[room:]
        yield some_metrics, some_params, some_tags
