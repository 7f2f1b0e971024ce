"""What a store promises of its bin: what was deleted lies there until it is restored or deleted for good."""

from collections.abc import Iterator, Sequence
from enum import StrEnum
from typing import Protocol

from msgspec import Struct


class BinKind(StrEnum):
    """What can lie in a bin; experiments first, as they hold the others."""

    EXPERIMENT = "experiment"
    RUN = "run"
    LOGGED_MODEL = "logged model"


class Discarded(Struct, frozen=True):
    """One thing in the bin. `deleted_time` in milliseconds since the epoch; None where nobody wrote it down."""

    kind: BinKind
    id: str
    experiment_id: str
    artifact_uri: str
    """The artifact root of a run or model, the artifact location of an experiment."""
    deleted_time: int | None = None


class Bin(Protocol):
    """The bin of one store. Nothing that is not in it can be deleted for good."""

    def contents(self, kind: BinKind, *, experiment_ids: Sequence[str] | None = None) -> Iterator[Discarded]:
        """All that was deleted of a kind, or of these experiments; as `parts`."""

    def parts(self, experiment_id: str) -> Iterator[Discarded]:
        """What an experiment in the bin holds and takes along: runs in the bin, and every logged model, since deleting
        an experiment leaves those as they are. In constant memory; what was yielded may be deleted meanwhile.
        """

    def find(self, kind: BinKind, thing_id: str) -> Discarded:
        """NotFound for an unknown id, InvalidParameter for what is not in the bin, itself or with its experiment."""

    def delete(self, thing: Discarded) -> None:
        """For good, with every record that hangs on it; gone already is no error. Artifacts are the caller's part.

        Killed in the middle, the thing is still in the bin, and a second call ends the work. InvalidParameter where it
        was restored meanwhile, InvalidState for an experiment that has runs or logged models left.
        """

    def delete_jobs(self, *, began_before: int, job_ids: Sequence[str] | None = None) -> list[str]:
        """Delete records of MLflow's background jobs that have ended and began before a time; their ids."""

    def used_bytes(self) -> int | None:
        """What records take in the store; None where that cannot be told."""

    def compact(self) -> int:
        """Give freed space back to the disk; how many bytes. NotSupported where the store does so by itself."""
