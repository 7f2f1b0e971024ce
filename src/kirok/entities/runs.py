"""A run: who did what, when, with which parameters, and what came of it."""

from typing import Any

from msgspec import Struct, to_builtins

from kirok.entities.datasets import DatasetInput
from kirok.entities.metrics import Metric
from kirok.entities.models import LoggedModelInput, LoggedModelOutput
from kirok.entities.views import LifecycleStage, RunStatus


class Param(Struct, frozen=True, gc=False):
    """A parameter: written once, text."""

    key: str
    value: str


class RunTag(Struct, frozen=True, gc=False):
    """A tag of a run: text, may be overwritten."""

    key: str
    value: str


class RunInfo(Struct, frozen=True):
    """What is known of a run besides its data. Times in milliseconds since the epoch."""

    run_id: str
    experiment_id: str
    run_name: str
    user_id: str
    status: RunStatus
    start_time: int | None
    end_time: int | None
    artifact_uri: str
    lifecycle_stage: LifecycleStage

    @property
    def run_uuid(self) -> str:
        """The run id under its older name."""
        return self.run_id


class RunData(Struct, frozen=True):
    """Parameters, tags and the latest point of each metric."""

    latest_metrics: tuple[Metric, ...] = ()
    params: dict[str, str] = {}
    tags: dict[str, str] = {}

    @property
    def metrics(self) -> dict[str, float]:
        """The latest value of each metric: the one of the greatest (step, timestamp, value)."""
        return {metric.key: metric.value for metric in self.latest_metrics}


class RunInputs(Struct, frozen=True):
    """What a run read."""

    dataset_inputs: tuple[DatasetInput, ...] = ()
    model_inputs: tuple[LoggedModelInput, ...] = ()


class RunOutputs(Struct, frozen=True):
    """What a run produced, besides artifacts."""

    model_outputs: tuple[LoggedModelOutput, ...] = ()


class Run(Struct, frozen=True):
    """A run, whole. Keys inside `data` come in the order of their names."""

    info: RunInfo
    data: RunData = RunData()
    inputs: RunInputs = RunInputs()
    outputs: RunOutputs = RunOutputs()

    def to_dictionary(self) -> dict[str, Any]:
        """The run as plain dictionaries and lists, in the shape of MLflow's method of this name."""
        data = self.data
        return {
            "info": to_builtins(self.info),
            "data": {"metrics": data.metrics, "params": dict(data.params), "tags": dict(data.tags)},
            "inputs": to_builtins(self.inputs),
            "outputs": to_builtins(self.outputs),
        }
