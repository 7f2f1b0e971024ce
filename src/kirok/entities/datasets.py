"""Data that a run read."""

from msgspec import Struct


class Dataset(Struct, frozen=True):
    """A dataset as MLflow describes it: `schema` and `profile` are JSON text, `source` how to find it again."""

    name: str
    digest: str
    source_type: str
    source: str
    schema: str | None = None
    profile: str | None = None


class InputTag(Struct, frozen=True):
    """A tag on the edge between a run and a dataset, such as `mlflow.data.context` = `training`."""

    key: str
    value: str


class DatasetInput(Struct, frozen=True):
    """A dataset as one run used it."""

    dataset: Dataset
    tags: tuple[InputTag, ...] = ()


class DatasetSummary(Struct, frozen=True):
    """One line of the list of datasets that an experiment's runs used."""

    experiment_id: str
    name: str
    digest: str
    context: str | None = None
