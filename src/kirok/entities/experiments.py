"""An experiment: a named collection of runs."""

from msgspec import Struct

from kirok.entities.views import LifecycleStage


class ExperimentTag(Struct, frozen=True):
    """A tag of an experiment: text, may be overwritten."""

    key: str
    value: str


class Experiment(Struct, frozen=True):
    """A named collection of runs. Times in milliseconds since the epoch; ids are decimal text on SQL stores."""

    experiment_id: str
    name: str
    artifact_location: str
    lifecycle_stage: LifecycleStage
    creation_time: int | None = None
    last_update_time: int | None = None
    tags: dict[str, str] = {}
    workspace: str = "default"
