"""What the memory store keeps, and the one lock that makes each call on it whole."""

from collections.abc import Callable
from functools import wraps
from threading import RLock
from typing import Concatenate, ParamSpec, Protocol, TypeVar

import msgspec

from kirok.base.clock import Clock
from kirok.base.errors import NotFound
from kirok.entities.datasets import Dataset, DatasetInput, InputTag
from kirok.entities.experiments import Experiment
from kirok.entities.metrics import Metric
from kirok.entities.models import LoggedModelInput, LoggedModelOutput
from kirok.entities.runs import Run, RunData, RunInfo, RunInputs, RunOutputs
from kirok.entities.views import LifecycleStage
from kirok.rules.keys import experiment_number
from kirok.rules.locations import below
from kirok.rules.values import restored_value, stored_value

Rank = tuple[int, int, float, bool]
"""(step, timestamp, stored value, is_nan): points of one series that agree in all four are one point."""


class RunRecord:
    """A run and all it logged."""

    def __init__(self, info: RunInfo, tags: dict[str, str]) -> None:
        self.info = info
        self.tags = tags
        self.params: dict[str, str] = {}
        self.series: dict[str, set[Rank]] = {}
        self.datasets: dict[tuple[str, str], tuple[InputTag, ...]] = {}
        self.model_inputs: dict[str, LoggedModelInput] = {}
        self.model_outputs: dict[str, LoggedModelOutput] = {}

    def change(self, **fields: object) -> None:
        """Replace fields of `info`."""
        self.info = msgspec.structs.replace(self.info, **fields)


class Records:
    """Everything in one memory store. Datasets belong to an experiment: its runs share one of a name and digest."""

    def __init__(self, artifact_root: str, *, truncate_long_values: bool, clock: Clock) -> None:
        self.lock = RLock()
        self.artifact_root = artifact_root
        self.truncate_long_values = truncate_long_values
        self.clock = clock
        self.experiments: dict[int, Experiment] = {}
        self.runs: dict[str, RunRecord] = {}
        self.datasets: dict[tuple[str, str, str], Dataset] = {}
        self.add_experiment("Default", None, {})  # number 0, as MLflow's stores begin

    def add_experiment(self, name: str, location: str | None, tags: dict[str, str]) -> str:
        """The id of a new experiment; numbers are not used twice."""
        experiment_id, now = str(len(self.experiments)), self.clock()
        self.experiments[len(self.experiments)] = Experiment(
            experiment_id=experiment_id,
            name=name,
            artifact_location=location or below(self.artifact_root, experiment_id),
            lifecycle_stage=LifecycleStage.ACTIVE,
            creation_time=now,
            last_update_time=now,
            tags=tags,
        )
        return experiment_id

    def experiment(self, experiment_id: str, *stages: LifecycleStage) -> Experiment:
        """An experiment in one of `stages` (any where none is given); NotFound otherwise."""
        number = experiment_number(experiment_id)
        found = self.experiments.get(number)
        if found is None or (stages and found.lifecycle_stage not in stages):
            raise NotFound(f"No Experiment with id={number} exists")
        return found

    def change_experiment(self, experiment: Experiment, **fields: object) -> None:
        """Replace fields of an experiment."""
        self.experiments[int(experiment.experiment_id)] = msgspec.structs.replace(experiment, **fields)

    def run(self, run_id: str) -> RunRecord:
        """The record of a run; NotFound for an unknown id."""
        try:
            return self.runs[run_id]
        except KeyError:
            raise NotFound(f"Run with id={run_id} not found") from None

    def whole_run(self, record: RunRecord) -> Run:
        """A run as its readers see it."""
        experiment_id = record.info.experiment_id
        return Run(
            info=record.info,
            data=RunData(
                latest_metrics=tuple(point(key, max(record.series[key])) for key in sorted(record.series)),
                params=dict(sorted(record.params.items())),
                tags=dict(sorted(record.tags.items())),
            ),
            inputs=RunInputs(
                tuple(
                    DatasetInput(self.datasets[experiment_id, name, digest], tags)
                    for (name, digest), tags in record.datasets.items()
                ),
                tuple(record.model_inputs.values()),
            ),
            outputs=RunOutputs(tuple(record.model_outputs.values())),
        )


def rank(metric: Metric) -> Rank:
    """Where a point stands in its series."""
    return (metric.step, metric.timestamp, *stored_value(metric.value))


def point(key: str, rank: Rank, run_id: str | None = None) -> Metric:
    """The point of series `key` that stands at `rank`."""
    step, timestamp, value, is_nan = rank
    return Metric(key, restored_value(value, is_nan), timestamp, step, run_id=run_id)


class HoldsRecords(Protocol):
    """A part of the memory store."""

    records: Records


Part = TypeVar("Part", bound=HoldsRecords)
Arguments = ParamSpec("Arguments")
Answer = TypeVar("Answer")


def whole(method: Callable[Concatenate[Part, Arguments], Answer]) -> Callable[Concatenate[Part, Arguments], Answer]:
    """One call at a time: whoever reads meanwhile sees all of a write or none of it."""

    @wraps(method)
    def locked(self: Part, /, *args: Arguments.args, **kwargs: Arguments.kwargs) -> Answer:
        with self.records.lock:
            return method(self, *args, **kwargs)

    return locked
