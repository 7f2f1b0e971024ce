"""Experiments as JSON: requests, responses, and the record they turn into."""

from msgspec import Struct

from kirok.entities import experiments as entities
from kirok.entities.datasets import DatasetSummary
from kirok.entities.views import LifecycleStage
from kirok.wire.numbers import Int64


class KeyValue(Struct, omit_defaults=True, gc=False):
    """A tag or param. An absent value is the empty text, as in MLflow."""

    key: str
    value: str | None = None

    @property
    def text(self) -> str:
        """The value, "" where absent."""
        return self.value or ""


class Experiment(Struct, omit_defaults=True):
    """An experiment in a response."""

    experiment_id: str
    name: str
    artifact_location: str
    lifecycle_stage: str
    last_update_time: int | None = None
    creation_time: int | None = None
    tags: list[KeyValue] = []
    workspace: str | None = None

    @classmethod
    def of(cls, experiment: entities.Experiment) -> "Experiment":
        """The JSON form of a record."""
        return cls(
            experiment_id=experiment.experiment_id,
            name=experiment.name,
            artifact_location=experiment.artifact_location,
            lifecycle_stage=experiment.lifecycle_stage,
            last_update_time=experiment.last_update_time,
            creation_time=experiment.creation_time,
            tags=[KeyValue(key, value) for key, value in experiment.tags.items()],
            workspace=experiment.workspace,
        )

    def record(self) -> entities.Experiment:
        """The record of a JSON form."""
        return entities.Experiment(
            experiment_id=self.experiment_id,
            name=self.name,
            artifact_location=self.artifact_location,
            lifecycle_stage=LifecycleStage(self.lifecycle_stage),
            creation_time=self.creation_time,
            last_update_time=self.last_update_time,
            tags={tag.key: tag.text for tag in self.tags},
            workspace=self.workspace or "default",
        )


class CreateExperiment(Struct, omit_defaults=True):
    name: str
    artifact_location: str | None = None
    tags: list[KeyValue] = []


class CreatedExperiment(Struct):
    experiment_id: str


class GetExperiment(Struct):
    experiment_id: str


class GetExperimentByName(Struct):
    experiment_name: str


class OneExperiment(Struct):
    experiment: Experiment


class SearchExperiments(Struct, omit_defaults=True):
    # MLflow reads an absent max_results as 0 and refuses it; so does the rule this reaches.
    max_results: Int64 = 0
    page_token: str | None = None
    filter: str | None = None
    order_by: list[str] = []
    view_type: str | int | None = None


class ExperimentsPage(Struct, omit_defaults=True):
    experiments: list[Experiment] = []
    next_page_token: str | None = None


class DeleteExperiment(Struct):
    experiment_id: str


class RestoreExperiment(Struct):
    experiment_id: str


class UpdateExperiment(Struct):
    experiment_id: str
    new_name: str


class SetExperimentTag(Struct, omit_defaults=True):
    experiment_id: str
    key: str
    value: str | None = None


class DeleteExperimentTag(Struct):
    experiment_id: str
    key: str


class SearchDatasets(Struct):
    experiment_ids: list[str]


class DatasetLine(Struct, omit_defaults=True):
    experiment_id: str
    name: str
    digest: str
    context: str | None = None

    @classmethod
    def of(cls, summary: DatasetSummary) -> "DatasetLine":
        """The JSON form of a record."""
        return cls(summary.experiment_id, summary.name, summary.digest, summary.context)

    def record(self) -> DatasetSummary:
        """The record of a JSON form."""
        return DatasetSummary(self.experiment_id, self.name, self.digest, self.context)


class DatasetLines(Struct, omit_defaults=True):
    dataset_summaries: list[DatasetLine] = []


class Empty(Struct):
    """A response that says nothing but that it was done: `{}`."""
