"""Where the files of existing experiments lie, and which of these places this client cannot reach."""

import os
import re
import shlex
from collections.abc import Iterable
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from kirok.artifact_stores.open import open_run_artifacts
from kirok.base.errors import InvalidParameter, KirokError
from kirok.client.doctor.address import use
from kirok.client.doctor.artifacts import elsewhere, resolved, way_of, ways_in_use
from kirok.client.doctor.case import MOST_COUNTED, Case
from kirok.client.doctor.findings import Finding, Status, failed, ok, warning
from kirok.client.doctor.time_limits import within
from kirok.entities.artifacts import ArtifactPath
from kirok.entities.experiments import Experiment
from kirok.rules.passwords import without_password
from kirok.rules.uris.buckets import ObjectLocation
from kirok.rules.uris.here import path_here
from kirok.rules.uris.parse import parse
from kirok.rules.uris.paths import LocalPath, Machine
from kirok.rules.uris.proxied import Proxied

_MOST_PLACES_TRIED = 8
_LAST_NAME = re.compile(r"[\\/]+[^\\/]*[\\/]*$")


class _Root(Struct, frozen=True):
    """What the locations of several experiments begin with."""

    location: str
    experiments: tuple[Experiment, ...]


def check_locations(case: Case) -> list[Finding]:
    """A finding for each place that cannot be reached, or one that says that all can be; none where `artifacts` has
    named those that cannot.
    """
    tried_already = {experiment.experiment_id for experiment in ways_in_use(case).values()}
    found, tried = [], 0
    roots = _roots(case.experiments)
    for root in roots:
        finding = _unreachable(case, root)
        if finding is None and way_of(root.location) not in ("proxied", "folder"):
            if any(each.experiment_id in tried_already for each in root.experiments) or tried >= _MOST_PLACES_TRIED:
                continue  # `artifacts` has tried it, or nobody waits for so many
            tried += 1
            finding = _refusing(case, root)
        if finding is not None:
            found.append(finding)
    if any(finding.status is not Status.OK for finding in found):
        return found
    if case.are_files_refused:
        return []
    return [ok("files of every experiment lie where this client reaches them")]


def _roots(experiments: Iterable[Experiment]) -> list[_Root]:
    """Experiments by the folder or bucket that theirs lies in."""
    groups: dict[str, list[Experiment]] = {}
    for experiment in experiments:
        groups.setdefault(_root_of(experiment.artifact_location), []).append(experiment)
    return [_Root(location, tuple(found)) for location, found in groups.items()]


def _root_of(location: str) -> str:
    """The folder or bucket that an experiment shares with others."""
    try:
        place = parse(location)
    except InvalidParameter:
        return location
    match place:
        case LocalPath():
            return _LAST_NAME.sub("", location) or location
        case ObjectLocation():
            return replace(place, key="", query="").uri
        case Proxied():
            return replace(place, path="").uri
    return location


def _unreachable(case: Case, root: _Root) -> Finding | None:
    """Why nothing can be read there, by the location alone; None where something may be."""
    try:
        location = resolved(case, root.experiments[0])
        place = parse(location)
        if isinstance(place, LocalPath):
            return _folder_elsewhere(case, root, place)
        open_run_artifacts(location, case.transport if case.target.is_server else None, case.settings.artifacts)
    except InvalidParameter as error:
        said = f"{_counted(case, root)} that cannot be reached: {error.message}"
        if way_of(root.experiments[0].artifact_location) != "proxied":
            return failed(said, _relocate(root.location))
        if not case.target.is_server:
            return warning(said, use(case, "http://the-server-that-keeps-them"))
        return failed(said, f"kirok artifacts relocate {without_password(root.location)} mlflow-artifacts:/")
    return None


def _folder_elsewhere(case: Case, root: _Root, path: LocalPath) -> Finding | None:
    shown = without_password(root.location)
    if path.machine is not Machine.ANY and (path.machine is Machine.WINDOWS) != (os.name == "nt"):
        kind = "a Windows machine" if path.machine is Machine.WINDOWS else "a Linux or macOS machine"
        return failed(f"{_counted(case, root)} in {shown}, a folder of {kind}", _alias(shown))
    foreign = elsewhere(case, root.experiments[0])
    if foreign is not None:
        return failed(
            f"{_counted(case, root)} in {shown}, a folder of the server's machine that this one does not have",
            f"kirok artifacts relocate {shown} mlflow-artifacts:/   (there; its server started with --serve-artifacts "
            f"--artifacts-destination {shown})",
            f"Where all machines share that folder: mount it here, or {_alias(shown)}",
        )
    if case.target.is_server:
        return None
    # The folder of an experiment, and the one that holds them all, are made with the first file.
    folder = path_here(path, root.location)
    around = folder.parent.parent
    if folder.exists() or (around != Path(folder.anchor) and around.exists()):
        return None
    return warning(f"{_counted(case, root)} in {shown}, which is not there: moved, or another machine's", _alias(shown))


def _refusing(case: Case, root: _Root) -> Finding | None:
    """Why a bucket cannot be listed; None where it can."""
    shown = f"{_counted(case, root)} in {without_password(root.location)}"

    def look() -> object:
        return open_run_artifacts(root.experiments[0].artifact_location, None, case.settings.artifacts).list(
            ArtifactPath("")
        )

    try:
        within(3 * case.timeout_s, look)
    except KirokError as error:
        return failed(f"{shown}, which cannot be read: {error.message}", _relocate(root.location))
    except TimeoutError as error:
        return failed(f"{shown}: {error}", _relocate(root.location))
    return None


def _counted(case: Case, root: _Root) -> str:
    """How much lies there, as the beginning of a sentence."""
    ids = [experiment.experiment_id for experiment in root.experiments]
    named = f"{len(ids):,} experiments" if len(ids) > 1 else f"experiment {root.experiments[0].name!r}"
    try:
        runs = case.count_runs(ids)
    except KirokError:  # too many to be counted in a moment
        return f"{named} {'have' if len(ids) > 1 else 'has'} files"
    many = f"{'at least ' if runs == MOST_COUNTED else ''}{runs:,} {'run' if runs == 1 else 'runs'}"
    return f"{named} with {many} {'have' if len(ids) > 1 else 'has'} files"


def _alias(location: str) -> str:
    return f"KIROK_ARTIFACT_ROOT_ALIASES={shlex.quote(location + '=/where/it/is/here')}"


def _relocate(location: str) -> str:
    return f"kirok artifacts relocate {without_password(location)} NEW"
