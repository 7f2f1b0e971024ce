"""The files of a run, found from its row and never from a path or URL that came in a request."""

import os
from collections.abc import Iterable
from typing import Protocol

from kirok.artifact_stores.open import open_artifact_store
from kirok.artifact_stores.protocols import StreamedArtifactStore
from kirok.artifact_stores.subtrees import Subtree
from kirok.base.errors import PermissionDenied, Unavailable
from kirok.base.settings import ArtifactSettings
from kirok.entities.artifacts import ArtifactPath
from kirok.entities.runs import Run
from kirok.rules.uris.buckets import ObjectLocation
from kirok.rules.uris.here import path_here
from kirok.rules.uris.parse import parse
from kirok.rules.uris.paths import LocalPath
from kirok.rules.uris.proxied import Proxied


class ReadsRuns(Protocol):
    """As much of a RunStore as is needed to find a run's files."""

    def get_run(self, run_id: str) -> Run:
        """As RunStore.get_run."""


class RunArtifacts:
    """Opens the artifact root of a run, where that lies below one of the roots this process answers for.

    A row's artifact root is whatever its creator wrote there, `file:///etc` included. Clients write to such places
    with their own rights; this process lends nobody its own.
    """

    def __init__(
        self,
        runs: ReadsRuns,
        destination: StreamedArtifactStore | None,
        roots: Iterable[str],
        settings: ArtifactSettings = ArtifactSettings(),
    ) -> None:
        self._runs, self._settings = runs, settings
        self._destination = destination
        self._roots = [root for root in roots if not isinstance(parse(root), Proxied)]

    def root_of(self, run_id: str) -> tuple[str, StreamedArtifactStore]:
        """(artifact URI as its row has it, the files below it).

        NotFound for an unknown run; PermissionDenied where its files lie outside the roots; Unavailable where they
        were proxied but this process serves none.
        """
        uri = self._runs.get_run(run_id).info.artifact_uri
        place = parse(uri)
        if isinstance(place, Proxied):
            return uri, self._proxied(uri, place)
        for root in self._roots:
            inner = _path_within(root, uri)
            if inner is not None:
                return uri, Subtree(open_artifact_store(root, self._settings), inner)
        raise PermissionDenied(
            f"The artifacts of run {run_id} lie at {uri!r}, which this server does not serve: it opens only what is "
            f"below {', '.join(repr(root) for root in self._roots)}. Add the folder or bucket to --artifact-roots (or "
            "KIROK_ARTIFACT_ROOTS) to have them shown; where they moved, say so by --artifact-root-alias OLD=NEW."
        )

    def _proxied(self, uri: str, place: Proxied) -> StreamedArtifactStore:
        if self._destination is None:
            raise Unavailable(
                f"The artifacts at {uri!r} are kept by an artifact-serving server, and this one runs with "
                "--no-serve-artifacts. Start it with --serve-artifacts and the same --artifacts-destination."
            )
        return Subtree(self._destination, place.inner)


def _path_within(root: str, uri: str) -> ArtifactPath | None:
    """The path of `uri` below `root`, None where it is not below it."""
    outer, inner = parse(root), parse(uri)
    if isinstance(outer, LocalPath) and isinstance(inner, LocalPath):
        folder, named = path_here(outer, root), path_here(inner, uri)
        if named.drive.casefold() != folder.drive.casefold():
            return None  # to resolve a share is to sign in to whatever host a row names
        above, below = os.path.realpath(folder), os.path.realpath(named)
        if below != above and not below.startswith(above.rstrip(os.sep) + os.sep):
            return None
        return ArtifactPath.parse(os.path.relpath(below, above).replace(os.sep, "/"))
    if isinstance(outer, ObjectLocation) and isinstance(inner, ObjectLocation) and inner.is_within(outer):
        return ArtifactPath.parse(inner.key[len(outer.key) :].strip("/"))
    return None
