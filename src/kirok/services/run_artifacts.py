"""The files of a run, found from its row and never from a path or URL that came in a request."""

import os
from collections.abc import Iterable
from typing import Protocol

from kirok.artifact_stores.locations import local_folder, scheme
from kirok.artifact_stores.open import open_artifact_store
from kirok.artifact_stores.protocols import StreamedArtifactStore
from kirok.artifact_stores.proxy import SCHEME as PROXIED
from kirok.artifact_stores.proxy import proxied_path
from kirok.artifact_stores.subtrees import Subtree
from kirok.base.errors import PermissionDenied, Unavailable
from kirok.base.settings import ArtifactSettings
from kirok.entities.artifacts import ArtifactPath
from kirok.entities.runs import Run


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
        self._roots = [root for root in roots if scheme(root) != PROXIED]

    def root_of(self, run_id: str) -> tuple[str, StreamedArtifactStore]:
        """(artifact URI as its row has it, the files below it).

        NotFound for an unknown run; PermissionDenied where its files lie outside the roots; Unavailable where they
        were proxied but this process serves none.
        """
        uri = self._runs.get_run(run_id).info.artifact_uri
        if scheme(uri) == PROXIED:
            return uri, self._proxied(uri)
        for root in self._roots:
            inner = _path_within(root, uri)
            if inner is not None:
                return uri, Subtree(open_artifact_store(root, self._settings), inner)
        raise PermissionDenied(
            f"The artifacts of run {run_id} lie at {uri!r}, which this server does not serve: it opens only what is "
            f"below {', '.join(repr(root) for root in self._roots)}. Add the folder or bucket to --artifact-roots (or "
            "KIROK_ARTIFACT_ROOTS) to have them shown."
        )

    def _proxied(self, uri: str) -> StreamedArtifactStore:
        if self._destination is None:
            raise Unavailable(
                f"The artifacts at {uri!r} are kept by an artifact-serving server, and this one runs with "
                "--no-serve-artifacts. Start it with --serve-artifacts and the same --artifacts-destination."
            )
        return Subtree(self._destination, proxied_path(uri))


def _path_within(root: str, uri: str) -> ArtifactPath | None:
    """The path of `uri` below `root`, None where it is not below it."""
    root_folder, folder = local_folder(root), local_folder(uri)
    if root_folder is not None and folder is not None:
        outer, inner = os.path.realpath(root_folder), os.path.realpath(folder)
        if inner != outer and not inner.startswith(outer.rstrip(os.sep) + os.sep):
            return None
        return ArtifactPath.parse(os.path.relpath(inner, outer).replace(os.sep, "/"))
    if root_folder is not None or folder is not None:
        return None
    outer = root.rstrip("/")
    return ArtifactPath.parse(uri[len(outer) :].strip("/")) if uri == outer or uri.startswith(outer + "/") else None
