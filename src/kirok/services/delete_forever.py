"""Emptying a store's bin: artifacts first, then records, one thing after the other.

Killed at any moment, what was begun is still in the bin, and the next time ends it.
"""

from collections.abc import Iterable, Iterator

from msgspec import Struct

from kirok.base.errors import InvalidParameter, KirokError
from kirok.services.artifact_removal import ArtifactRemoval, Footprint
from kirok.stores.bins import Bin, BinKind, Discarded


class Wanted(Struct, frozen=True, kw_only=True):
    """What to delete for good. Nothing given: everything in the bin. Ids given: these alone."""

    run_ids: tuple[str, ...] = ()
    experiment_ids: tuple[str, ...] = ()
    """With all their runs and logged models."""
    logged_model_ids: tuple[str, ...] = ()
    within: tuple[str, ...] = ()
    """Of what lies in the bin, only the runs and logged models of these experiments, which may be active."""
    deleted_before: int | None = None
    """Only what was deleted by then, in milliseconds since the epoch. What has no such time was deleted by an MLflow
    that did not note it, years ago.
    """


class Deleted(Struct, frozen=True):
    """One thing that is gone for good, or would be."""

    thing: Discarded
    artifacts: Footprint = Footprint()


class Kept(Struct, frozen=True):
    """One thing that stays in the bin, and why."""

    thing: Discarded
    reason: str


def delete_forever(
    bin_: Bin, wanted: Wanted, artifacts: ArtifactRemoval | None, *, dry_run: bool = False
) -> Iterator[Deleted | Kept]:
    """Delete what is wanted, telling of each thing once it is gone; `artifacts` None leaves artifacts where they are.

    What an error concerns stays in the bin, and the work goes on. NotFound or InvalidParameter, before anything is
    deleted, for ids that are unknown, not in the bin, or too young.
    """
    named = [
        _found(bin_, kind, thing_id, wanted)
        for kind, ids in (
            (BinKind.EXPERIMENT, wanted.experiment_ids),
            (BinKind.RUN, wanted.run_ids),
            (BinKind.LOGGED_MODEL, wanted.logged_model_ids),
        )
        for thing_id in dict.fromkeys(ids)
    ]
    yield from _all_deleted(bin_, named or _everything(bin_, wanted), wanted, artifacts, dry_run)


def _found(bin_: Bin, kind: BinKind, thing_id: str, wanted: Wanted) -> Discarded:
    thing = bin_.find(kind, thing_id)
    if not _is_old_enough(thing, wanted):
        raise InvalidParameter(f"The {kind} {thing_id} is not older than the required age: it was deleted later.")
    if wanted.within and thing.experiment_id not in wanted.within:
        raise InvalidParameter(f"The {kind} {thing_id} is of experiment {thing.experiment_id}, not of those named.")
    return thing


def _everything(bin_: Bin, wanted: Wanted) -> Iterator[Discarded]:
    """What is old enough; experiments first, since they take their runs and logged models along."""
    within = wanted.within or None
    kinds = [BinKind.RUN, BinKind.LOGGED_MODEL] if within else list(BinKind)
    for kind in kinds:
        for thing in bin_.contents(kind, experiment_ids=within):
            if _is_old_enough(thing, wanted):
                yield thing


def _all_deleted(
    bin_: Bin, things: Iterable[Discarded], wanted: Wanted, artifacts: ArtifactRemoval | None, dry_run: bool
) -> Iterator[Deleted | Kept]:
    told: set[str] = set()
    for thing in things:
        if thing.kind is not BinKind.EXPERIMENT:
            if thing.experiment_id not in told:
                yield _deleted(bin_, thing, artifacts, dry_run)
            continue
        told.add(thing.id)
        is_empty = True
        for part in bin_.parts(thing.id):
            outcome: Deleted | Kept = Kept(part, "it was deleted later than the required age")
            if _is_old_enough(part, wanted):
                outcome = _deleted(bin_, part, artifacts, dry_run)
            is_empty = is_empty and isinstance(outcome, Deleted)
            yield outcome
        if is_empty:
            yield _deleted(bin_, thing, None, dry_run)
        else:
            yield Kept(thing, "some of its runs or logged models stay")


def _deleted(bin_: Bin, thing: Discarded, artifacts: ArtifactRemoval | None, dry_run: bool) -> Deleted | Kept:
    """Delete one thing, or only say what that would come to."""
    try:
        if dry_run:
            return Deleted(thing, artifacts.measure(thing.id, thing.artifact_uri) if artifacts else Footprint())
        freed = Footprint()
        if artifacts is not None:
            bin_.find(thing.kind, thing.id)  # restored meanwhile, it keeps its artifacts
            freed = artifacts.remove(thing.id, thing.artifact_uri)
        bin_.delete(thing)
    except KirokError as error:
        return Kept(thing, error.message)
    return Deleted(thing, freed)


def _is_old_enough(thing: Discarded, wanted: Wanted) -> bool:
    before = wanted.deleted_before
    return before is None or thing.deleted_time is None or thing.deleted_time <= before
