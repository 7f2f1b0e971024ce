"""The closed sets of values that records and requests speak in."""

from enum import IntEnum, StrEnum


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

    @property
    def is_terminated(self) -> bool:
        """Whether the run has ended."""
        return self in (RunStatus.FINISHED, RunStatus.FAILED, RunStatus.KILLED)
