"""Runs as JSON: requests, responses, and the record they turn into."""

from msgspec import Struct, field

from kirok.entities import datasets, models
from kirok.entities import runs as entities
from kirok.entities.views import LifecycleStage, RunStatus
from kirok.wire.experiments import KeyValue
from kirok.wire.metrics import LoggedMetric, Metric
from kirok.wire.names import NamesRun
from kirok.wire.numbers import Int64


class RunInfo(Struct, omit_defaults=True):
    """What is known of a run besides its data. Both ids are always sent: older clients read `run_uuid`."""

    run_uuid: str
    run_id: str
    experiment_id: str
    run_name: str
    user_id: str
    status: str
    start_time: int | None = None
    end_time: int | None = None
    artifact_uri: str | None = None
    lifecycle_stage: str | None = None

    @classmethod
    def of(cls, info: entities.RunInfo) -> "RunInfo":
        """The JSON form of a record."""
        return cls(
            run_uuid=info.run_id,
            run_id=info.run_id,
            experiment_id=info.experiment_id,
            run_name=info.run_name,
            user_id=info.user_id,
            status=info.status,
            start_time=info.start_time,
            end_time=info.end_time,
            artifact_uri=info.artifact_uri,
            lifecycle_stage=info.lifecycle_stage,
        )

    def record(self) -> entities.RunInfo:
        """The record of a JSON form."""
        return entities.RunInfo(
            run_id=self.run_id,
            experiment_id=self.experiment_id,
            run_name=self.run_name,
            user_id=self.user_id,
            status=RunStatus(self.status),
            start_time=self.start_time,
            end_time=self.end_time,
            artifact_uri=self.artifact_uri or "",
            lifecycle_stage=LifecycleStage(self.lifecycle_stage or LifecycleStage.ACTIVE),
        )


class Dataset(Struct, omit_defaults=True):
    """A dataset. MLflow does not insist on any of these over REST; what is absent is the empty text."""

    name: str | None = None
    digest: str | None = None
    source_type: str | None = None
    source: str | None = None
    schema: str | None = None
    profile: str | None = None

    @classmethod
    def of(cls, dataset: datasets.Dataset) -> "Dataset":
        """The JSON form of a record."""
        return cls(dataset.name, dataset.digest, dataset.source_type, dataset.source, dataset.schema, dataset.profile)

    def record(self) -> datasets.Dataset:
        """The record of a JSON form."""
        return datasets.Dataset(
            self.name or "",
            self.digest or "",
            self.source_type or "",
            self.source or "",
            self.schema,
            self.profile,
        )


class DatasetInput(Struct, omit_defaults=True):
    """A dataset as one run used it."""

    dataset: Dataset
    tags: list[KeyValue] = []

    @classmethod
    def of(cls, given: datasets.DatasetInput) -> "DatasetInput":
        """The JSON form of a record."""
        return cls(Dataset.of(given.dataset), [KeyValue(tag.key, tag.value) for tag in given.tags])

    def record(self) -> datasets.DatasetInput:
        """The record of a JSON form."""
        return datasets.DatasetInput(
            self.dataset.record(), tuple(datasets.InputTag(tag.key, tag.text) for tag in self.tags)
        )


class ModelInput(Struct):
    model_id: str


class ModelOutput(Struct):
    """A logged model that a run produced; `step` is always sent."""

    model_id: str
    step: Int64 = 0


class RunData(Struct, omit_defaults=True):
    metrics: list[Metric] = []
    params: list[KeyValue] = []
    tags: list[KeyValue] = []


class RunInputs(Struct, omit_defaults=True):
    dataset_inputs: list[DatasetInput] = []
    model_inputs: list[ModelInput] = []


class RunOutputs(Struct, omit_defaults=True):
    model_outputs: list[ModelOutput] = []


class Run(Struct, omit_defaults=True):
    """A run, whole."""

    info: RunInfo
    data: RunData = field(default_factory=RunData)
    inputs: RunInputs = field(default_factory=RunInputs)
    outputs: RunOutputs = field(default_factory=RunOutputs)

    @classmethod
    def of(cls, run: entities.Run) -> "Run":
        """The JSON form of a record."""
        return cls(
            info=RunInfo.of(run.info),
            data=RunData(
                metrics=[Metric.of(metric) for metric in run.data.latest_metrics],
                params=[KeyValue(key, value) for key, value in run.data.params.items()],
                tags=[KeyValue(key, value) for key, value in run.data.tags.items()],
            ),
            inputs=RunInputs(
                [DatasetInput.of(given) for given in run.inputs.dataset_inputs],
                [ModelInput(model.model_id) for model in run.inputs.model_inputs],
            ),
            outputs=RunOutputs([ModelOutput(m.model_id, m.step) for m in run.outputs.model_outputs]),
        )

    def record(self) -> entities.Run:
        """The record of a JSON form."""
        return entities.Run(
            info=self.info.record(),
            data=entities.RunData(
                latest_metrics=tuple(metric.record() for metric in self.data.metrics),
                params={param.key: param.text for param in self.data.params},
                tags={tag.key: tag.text for tag in self.data.tags},
            ),
            inputs=entities.RunInputs(
                tuple(given.record() for given in self.inputs.dataset_inputs),
                tuple(models.LoggedModelInput(model.model_id) for model in self.inputs.model_inputs),
            ),
            outputs=entities.RunOutputs(
                tuple(models.LoggedModelOutput(m.model_id, m.step) for m in self.outputs.model_outputs)
            ),
        )


class CreateRun(Struct, omit_defaults=True):
    # Needed, but found under `experimentId` too, unlike the fields that MLflow checks for; so the handler asks for it.
    experiment_id: str | None = None
    user_id: str | None = None
    run_name: str | None = None
    start_time: Int64 | None = None
    tags: list[KeyValue] = []


class OneRun(Struct):
    run: Run


class UpdateRun(NamesRun, omit_defaults=True, kw_only=True):
    status: str | int | None = None
    end_time: Int64 | None = None
    run_name: str | None = None


class UpdatedRun(Struct):
    run_info: RunInfo


class GetRun(NamesRun, omit_defaults=True):
    pass


class DeleteRun(Struct):
    run_id: str


class RestoreRun(Struct):
    run_id: str


class SearchRuns(Struct, omit_defaults=True):
    experiment_ids: list[str] = []
    filter: str | None = None
    run_view_type: str | int | None = None
    max_results: Int64 = 1000
    order_by: list[str] = []
    page_token: str | None = None


class RunsPage(Struct, omit_defaults=True):
    runs: list[Run] = []
    next_page_token: str | None = None


class LogParam(NamesRun, omit_defaults=True, kw_only=True):
    key: str
    value: str | None = None


class SetTag(NamesRun, omit_defaults=True, kw_only=True):
    key: str
    value: str | None = None


class DeleteTag(Struct):
    run_id: str
    key: str


class LogBatch(Struct, omit_defaults=True):
    run_id: str
    metrics: list[LoggedMetric] = []
    params: list[KeyValue] = []
    tags: list[KeyValue] = []


class LogInputs(Struct, omit_defaults=True):
    run_id: str
    datasets: list[DatasetInput] = []
    models: list[ModelInput] = []


class LogOutputs(Struct):
    run_id: str
    models: list[ModelOutput]


class LogModel(Struct):
    """A logged model as clients before MLflow 3 record it: JSON text."""

    run_id: str
    model_json: str
