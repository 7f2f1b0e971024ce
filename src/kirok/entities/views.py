"""The closed sets of values that records and requests speak in."""

from enum import IntEnum, StrEnum

from kirok.base.errors import InvalidParameter


class LifecycleStage(StrEnum):
    """Whether an experiment or run is in use or in the bin."""

    ACTIVE = "active"
    DELETED = "deleted"


class ViewType(IntEnum):
    """Which life-cycle stages a search looks at (the numbers are MLflow's)."""

    ACTIVE_ONLY = 1
    DELETED_ONLY = 2
    ALL = 3

    @property
    def stages(self) -> tuple[LifecycleStage, ...]:
        """The stages this view shows."""
        if self is ViewType.ALL:
            return (LifecycleStage.ACTIVE, LifecycleStage.DELETED)
        return (LifecycleStage.ACTIVE if self is ViewType.ACTIVE_ONLY else LifecycleStage.DELETED,)

    @classmethod
    def to_string(cls, view_type: int) -> str:
        """MLflow's word for a view: `active_only`, `deleted_only` or `all`. ValueError for no view."""
        return cls(view_type).name.lower()

    @classmethod
    def from_string(cls, view_str: str) -> "ViewType":
        """The view MLflow's word names. ValueError for another word."""
        try:
            return cls[view_str.upper()]
        except KeyError:
            raise ValueError(f"No view is called {view_str!r}: use one of {[v.name.lower() for v in cls]}.") from None


class RunStatus(StrEnum):
    """What a run is doing, or how it ended. Compares equal to its name, as `run.info.status` is read."""

    RUNNING = "RUNNING"
    SCHEDULED = "SCHEDULED"
    FINISHED = "FINISHED"
    FAILED = "FAILED"
    KILLED = "KILLED"

    @property
    def number(self) -> int:
        """MLflow's number for the status (RUNNING is 1), as requests and `mlruns` folders may write it."""
        return list(RunStatus).index(self) + 1

    @classmethod
    def of(cls, given: "str | int") -> "RunStatus":
        """The status a name or MLflow's number stands for. InvalidParameter for anything else."""
        for status in cls:
            if given in (status.value, status.number):
                return status
        raise InvalidParameter(f"No run status is called {given!r}: use one of {[s.value for s in cls]}.")

    def is_terminated(self) -> bool:
        """Whether the run has ended; as `RunStatus.is_terminated(status)` it takes names and numbers, as MLflow's."""
        return RunStatus.of(self) in (RunStatus.FINISHED, RunStatus.FAILED, RunStatus.KILLED)

    @staticmethod
    def from_string(status_str: str) -> "RunStatus":
        """The status of that name. InvalidParameter for another name."""
        return RunStatus.of(status_str)

    @staticmethod
    def to_string(status: "str | int") -> str:
        """The name of a status, given as such or by MLflow's number. InvalidParameter for anything else."""
        return RunStatus.of(status).value

    @staticmethod
    def all_status() -> "list[RunStatus]":
        """Every status there is."""
        return list(RunStatus)


class SourceType(StrEnum):
    """What started a run, as tag `mlflow.source.type` says."""

    NOTEBOOK = "NOTEBOOK"
    JOB = "JOB"
    PROJECT = "PROJECT"
    LOCAL = "LOCAL"
    RECIPE = "RECIPE"
    UNKNOWN = "UNKNOWN"
