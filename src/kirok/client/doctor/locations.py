"""Where the files of existing experiments lie, and which of these places this client cannot reach."""

import os
from collections.abc import Iterable
from pathlib import Path
from urllib.parse import urlsplit

from msgspec import Struct

from kirok.artifact_stores.locations import local_folder, scheme
from kirok.artifact_stores.open import open_run_artifacts
from kirok.base.errors import InvalidParameter, KirokError
from kirok.client.doctor.artifacts import way_of, ways_in_use
from kirok.client.doctor.case import MOST_COUNTED, TIMEOUT_S, Case
from kirok.client.doctor.findings import Finding, Status, failed, ok, warning
from kirok.client.doctor.time_limits import within
from kirok.entities.artifacts import ArtifactPath
from kirok.entities.experiments import Experiment
from kirok.rules.file_uris import written_folder
from kirok.rules.passwords import without_password

_MOST_PLACES_TRIED = 8


class _Root(Struct, frozen=True):
    """What the locations of several experiments begin with."""

    location: str
    experiments: tuple[Experiment, ...]


def check_locations(case: Case) -> list[Finding]:
    """A finding for each place that cannot be reached, or one that says that all can be."""
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
    return [ok(f"every place where files of {len(case.experiments):,} experiments lie can be reached from here")]


def _roots(experiments: Iterable[Experiment]) -> list[_Root]:
    """Experiments by the folder or bucket that theirs lies in."""
    groups: dict[str, list[Experiment]] = {}
    for experiment in experiments:
        location = experiment.artifact_location
        parts = urlsplit(location.replace("\\", "/"))
        if way_of(location) == "folder" or not parts.netloc:
            root = location.replace("\\", "/").rstrip("/").rpartition("/")[0] or location
        else:
            root = f"{parts.scheme}://{parts.netloc}"
        groups.setdefault(root, []).append(experiment)
    return [_Root(location, tuple(found)) for location, found in groups.items()]


def _unreachable(case: Case, root: _Root) -> Finding | None:
    """Why nothing can be read there, by the location alone; None where something may be."""
    location = root.experiments[0].artifact_location
    way = way_of(location)
    if way == "folder":
        return _folder_elsewhere(case, root, location)
    try:
        open_run_artifacts(location, case.transport if case.target.is_server else None, case.settings.artifacts)
    except InvalidParameter as error:
        said = f"{_counted(case, root)}: {error.message}"
        if way == "proxied" and not case.target.is_server:
            return warning(said, "MLFLOW_TRACKING_URI=http://the-server-that-keeps-them")
        if way == "proxied":
            host = urlsplit(location).netloc
            return failed(said, f"kirok artifacts relocate {scheme(location)}://{host}/ mlflow-artifacts:/")
        return failed(said, _relocate(root.location))
    return None


def _folder_elsewhere(case: Case, root: _Root, location: str) -> Finding | None:
    written = written_folder(location)
    shown = without_password(root.location)
    if written is not None and written.is_windows != (os.name == "nt") and (written.is_windows or ":" in location):
        machine = "a Windows machine" if written.is_windows else "a machine that is not Windows"
        return failed(f"{_counted(case, root)} in {shown}, a folder of {machine}", _alias(shown))
    folder = local_folder(location)
    is_new_here = folder is not None and folder.parent != Path(folder.anchor) and folder.parent.exists()
    if folder is None or folder.exists() or is_new_here:
        return None
    if case.target.is_server:
        return failed(
            f"{_counted(case, root)} in {shown}, a folder of the server's machine that this one does not have",
            f"kirok artifacts relocate {shown} mlflow-artifacts:/   (on the server, started with --serve-artifacts "
            "and --artifacts-destination naming that folder)",
            "A run that logs a file here would make that folder on this machine, where nobody looks for it.",
        )
    return warning(f"{_counted(case, root)} in {shown}, which is not there: moved, or another machine's", _alias(shown))


def _refusing(case: Case, root: _Root) -> Finding | None:
    """Why a bucket cannot be listed; None where it can."""
    location = root.experiments[0].artifact_location
    shown = f"{_counted(case, root)} in {without_password(root.location)}"

    def look() -> object:
        return open_run_artifacts(location, None, case.settings.artifacts).list(ArtifactPath(""))

    try:
        within(3 * TIMEOUT_S, look)
    except KirokError as error:
        return failed(f"{shown}, which cannot be read: {error.message}", _relocate(root.location))
    except TimeoutError as error:
        return failed(f"{shown}: {error}", _relocate(root.location))
    return None


def _counted(case: Case, root: _Root) -> str:
    """How much lies there, as the beginning of a sentence."""
    ids = [experiment.experiment_id for experiment in root.experiments]
    try:
        runs = case.count_runs(ids)
    except KirokError:
        runs = 0
    named = f"{len(ids):,} experiments" if len(ids) > 1 else f"experiment {root.experiments[0].name!r}"
    many = f"{'at least ' if runs == MOST_COUNTED else ''}{runs:,} {'run' if runs == 1 else 'runs'}"
    return f"{named} with {many} {'have' if len(ids) > 1 else 'has'} files"


def _alias(location: str) -> str:
    return f"KIROK_ARTIFACT_ROOT_ALIASES={location}=/where/it/is/here"


def _relocate(location: str) -> str:
    return f"kirok artifacts relocate {without_password(location)} NEW"
