"""Artifacts that records tell of and that are not there."""

from collections.abc import Iterator

from kirok.base.errors import KirokError
from kirok.entities.artifacts import ArtifactPath
from kirok.services.artifact_removal import ArtifactRemoval
from kirok.stores.checkups import Checkup, Finding

_EXAMPLES = 3


def missing_artifacts(checkup: Checkup, places: ArtifactRemoval) -> Iterator[Finding]:
    """Runs and logged models whose artifacts cannot be listed, or of which models that they logged are gone.

    One listing or more for each, so it may take long on an object store.
    """
    unreachable: list[str] = []
    gone: list[str] = []
    count_unreachable = count_gone = 0
    for owner in checkup.artifact_owners():
        try:
            store, root = places.locate(owner.id, owner.artifact_uri)
            missing = [path for path in owner.folders if not store.list(ArtifactPath.of(root, path))]
            if not owner.folders:
                store.list(root)
        except KirokError as error:
            count_unreachable += 1
            if len(unreachable) < _EXAMPLES:
                unreachable.append(f"{owner.what} {owner.id}: {error.message}")
            continue
        count_gone += len(missing)
        gone += [f"{owner.what} {owner.id}: {path or owner.artifact_uri}" for path in missing][: _EXAMPLES - len(gone)]
    if count_unreachable:
        yield Finding(
            "runs and logged models whose artifacts cannot be listed",
            count_unreachable,
            tuple(unreachable),  # each says what to do about it
        )
    if count_gone:
        yield Finding(
            "models that were logged and are not there",
            count_gone,
            tuple(gone),
            advice="Where they moved, say so by `kirok artifacts relocate OLD NEW`. Else restore the files from a "
            "backup, or delete the runs and models.",
        )
