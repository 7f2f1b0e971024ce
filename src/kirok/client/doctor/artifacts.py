"""Files: whether they can be stored, read, listed and deleted, by each of the ways that this client's runs use."""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from kirok.artifact_stores.foreign_folders import refuse_foreign_folder
from kirok.artifact_stores.open import open_run_artifacts
from kirok.artifact_stores.protocols import ArtifactStore
from kirok.base.errors import InvalidParameter, KirokError, NotFound, PermissionDenied
from kirok.client.doctor.case import Case
from kirok.client.doctor.findings import Finding, Status, failed, ok, skipped, warning
from kirok.client.doctor.store import used_experiment
from kirok.client.doctor.time_limits import within
from kirok.entities.artifacts import ArtifactPath
from kirok.entities.experiments import Experiment
from kirok.rules.aliases import parse_aliases
from kirok.rules.locations import below, run_artifact_uri
from kirok.rules.passwords import without_password
from kirok.rules.uris.buckets import ObjectLocation
from kirok.rules.uris.here import local_folder
from kirok.rules.uris.parse import parse
from kirok.rules.uris.paths import LocalPath
from kirok.rules.uris.proxied import Proxied
from kirok.transport import ConnectionFailed

CONTENT = b"kirok doctor writes, reads and deletes this.\n"
_NAME = ArtifactPath("tried.txt")

# The variables, each alone enough, and the files that hold credentials for a kind of object store.
_CREDENTIALS = {
    "s3": (
        ("AWS_ACCESS_KEY_ID", "AWS_PROFILE", "AWS_WEB_IDENTITY_TOKEN_FILE", "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"),
        (".aws/credentials", ".aws/config"),
    ),
    "gcs": (("GOOGLE_APPLICATION_CREDENTIALS",), (".config/gcloud/application_default_credentials.json",)),
    "azure": (("AZURE_STORAGE_CONNECTION_STRING", "AZURE_STORAGE_ACCESS_KEY", "AZURE_CLIENT_ID"), (".azure",)),
}
_NEEDED = {
    "s3": "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY",
    "gcs": "GOOGLE_APPLICATION_CREDENTIALS=/path/to/key.json",
    "azure": "AZURE_STORAGE_CONNECTION_STRING",
}


def way_of(location: str) -> str:
    """How the files of a location travel: `proxied`, `folder`, `s3`, `gcs`, `azure`, else `unknown`."""
    try:
        place = parse(location)
    except InvalidParameter:
        return "unknown"
    match place:
        case Proxied():
            return "proxied"
        case LocalPath():
            return "folder"
        case ObjectLocation():
            return place.provider
    return "unknown"


def resolved(case: Case, experiment: Experiment) -> str:
    """Where an experiment's files lie, once this client's aliases of roots are put in."""
    return parse_aliases(case.settings.artifacts.root_aliases).resolve(experiment.artifact_location)


def ways_in_use(case: Case) -> dict[str, Experiment]:
    """An experiment for each way in use: the one that runs go to here, else the newest."""
    first = used_experiment(case)
    found: dict[str, Experiment] = {}
    for experiment in [first, *case.experiments] if first else case.experiments:
        found.setdefault(way_of(experiment.artifact_location), experiment)
    return found


def check_credentials(case: Case) -> list[Finding]:
    """Whether credentials for object stores are there exactly where they are needed."""
    findings, used = [], {way: resolved(case, experiment) for way, experiment in ways_in_use(case).items()}
    for kind, (variables, files) in _CREDENTIALS.items():
        here = next((name for name in variables if case.env.get(name)), None)
        here = here or next((f"~/{file}" for file in files if (case.surroundings.home / file).exists()), None)
        if kind in used and here is None:
            findings.append(
                warning(
                    f"this client writes to {without_password(used[kind])} itself and has no credentials for it",
                    f"set {_NEEDED[kind]}",
                    "Or keep them to the server: start it with --serve-artifacts and --artifacts-destination, and make "
                    "new experiments.",
                )
            )
        elif kind in used:
            findings.append(ok(f"this client writes to {without_password(used[kind])} itself, by {here}"))
        elif here is not None:
            findings.append(ok(f"{here} is there and not needed: no experiment keeps its files in {kind}"))
    return findings or [ok("none are needed here: no experiment has its files in an object store that clients reach")]


def check_files(case: Case) -> list[Finding]:
    """A file stored, read, listed and deleted by each way in use."""
    findings = []
    for way, experiment in ways_in_use(case).items():
        if _can_be_tried(case, way, experiment):
            findings += _tried(case, way, experiment)
    case.are_files_refused = any(finding.status is Status.FAILED for finding in findings)
    return findings or [skipped("no experiment has its files where this client could reach them")]


def elsewhere(case: Case, experiment: Experiment) -> str | None:
    """Why an experiment's files lie in a folder of the server's machine that this one does not have; None where they
    do not. InvalidParameter for a folder of another kind of machine.
    """
    if not case.target.is_server:
        return None
    location = resolved(case, experiment)
    local_folder(location)
    try:
        refuse_foreign_folder(run_artifact_uri(location, "run"), case.base, case.settings.artifacts)
    except InvalidParameter as error:
        return error.message
    return None


def _can_be_tried(case: Case, way: str, experiment: Experiment) -> bool:
    """Whether a trial would do no harm. Where it cannot, `locations` says what to do about it."""
    if way == "unknown" or (way == "proxied" and not case.target.is_server):
        return False
    try:
        return way != "folder" or elsewhere(case, experiment) is None
    except InvalidParameter:
        return False


def _tried(case: Case, way: str, experiment: Experiment) -> list[Finding]:
    shown = f"{_WORDS.get(way, way)}, {without_password(experiment.artifact_location)}"
    try:
        return [within(4 * case.timeout_s, lambda: _try(case, shown, way, experiment))]
    except TimeoutError as error:
        return [failed(f"{shown}: {error}", _NOT_ANSWERING.get(way, "see that the store can be reached from here"))]
    except (KirokError, OSError) as error:
        return [_refused(case, way, f"{shown}: {error}", error)]


_WORDS = {"proxied": "through the server", "folder": "a folder of this machine"}
_NOT_ANSWERING = {"s3": "MLFLOW_S3_ENDPOINT_URL=http://the-object-store", "gcs": "GOOGLE_APPLICATION_CREDENTIALS"}


def _try(case: Case, shown: str, way: str, experiment: Experiment) -> Finding:
    transport = case.transport if case.target.is_server else None
    store = open_run_artifacts(experiment.artifact_location, transport, case.settings.artifacts)
    place = ArtifactPath(f"kirok-doctor-{secrets.token_hex(8)}")
    path = ArtifactPath.of(place, _NAME)
    with _folder_as_before(resolved(case, experiment)):
        with TemporaryDirectory(prefix="kirok-doctor-") as folder:
            local = Path(folder) / _NAME
            local.write_bytes(CONTENT)
            store.upload(local, path)
        try:
            wrong = _read_back(store, place, path)
        finally:
            refusal = _delete(store, place)
    if wrong is not None:
        return failed(f"{shown}: {wrong}", _mend(case, way))
    if refusal is not None:
        return warning(
            f"{shown}: files can be stored and read, but not deleted: {refusal}",
            "grant the right to delete (s3:DeleteObject), which `kirok gc` needs",
            f"left behind: {below(experiment.artifact_location, path)}",
        )
    return ok(f"{shown}: a file was stored, listed, read and deleted")


def _read_back(store: ArtifactStore, place: ArtifactPath, path: ArtifactPath) -> str | None:
    """What went wrong with a file that was stored; None where nothing did."""
    if path not in [info.path for info in store.list(place)]:
        return "a file that was stored is not listed"
    file = store.open(path)
    try:
        content = b"".join(file.read())
    finally:
        file.close()
    return None if content == CONTENT else "a file came back other than it was stored: something in between changes it"


def _delete(store: ArtifactStore, place: ArtifactPath) -> str | None:
    """Remove what was stored; why that was refused, None where it was not."""
    try:
        store.delete(place)
    except PermissionDenied as error:
        return error.message
    return None


@contextmanager
def _folder_as_before(location: str) -> Iterator[None]:
    """Takes away the folders that a trial made, where they are empty."""
    folder = local_folder(location)
    made = [place for place in (folder, *folder.parents) if not place.exists()] if folder is not None else []
    try:
        yield
    finally:
        for place in made:
            try:
                place.rmdir()
            except OSError:
                break


def _refused(case: Case, way: str, text: str, error: Exception) -> Finding:
    if isinstance(error, NotFound) and way in _NEEDED:
        return failed(
            text,
            "make the bucket, or start the server once with --create-bucket",
            "If it has another name now: kirok artifacts relocate OLD NEW, or KIROK_ARTIFACT_ROOT_ALIASES=OLD=NEW",
        )
    if isinstance(error, PermissionDenied) and way in _NEEDED:
        return failed(text, _NEEDED[way])
    if isinstance(error, ConnectionFailed) and way == "proxied":
        return failed(text, "start the server that keeps the artifacts, or let this machine reach it")
    return failed(text, _mend(case, way))


def _mend(case: Case, way: str) -> str:
    if way == "proxied":
        return f"mend that for `{case.identity.command}`, not here: its --artifacts-destination names the place"
    if way == "folder":
        return "let this account write to that folder"
    return _NOT_ANSWERING.get(way, "see that the store can be reached from here")
