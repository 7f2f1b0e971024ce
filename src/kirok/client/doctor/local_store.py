"""Stores without a server: a database or a folder of runs that this process opens itself."""

import os
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec.structs import replace

from kirok.base.errors import KirokError, PermissionDenied, Unavailable
from kirok.base.settings import DatabaseSettings
from kirok.client.doctor.address import mistaken, use
from kirok.client.doctor.case import Case
from kirok.client.doctor.findings import Finding, Fix, failed, ok, skipped, warning
from kirok.client.doctor.time_limits import within
from kirok.rules.aliases import parse_aliases
from kirok.rules.passwords import without_password
from kirok.services.artifact_places import ArtifactPlaces
from kirok.stores import open as opening

if TYPE_CHECKING:
    from kirok.stores.sql.schema import SchemaState

_LITTLE_BYTES = 1 << 30
_TOO_LITTLE_BYTES = 16 << 20
_LOCK_TIMEOUT_S = 2.0


def check_address(case: Case) -> Finding:
    """Whether the URI is one of a store that kirok knows."""
    shown = without_password(case.target.uri)
    meant = mistaken(case.target.uri)
    if meant is not None:
        return failed(f"{shown!r} cannot be used as it is written", use(case, without_password(meant)))
    try:
        if opening.kind_of(case.target.uri) == "memory":
            return skipped(f"{shown} ends with the process that uses it")
        file = place_of(case.target.uri)
        if file is None:
            opening.database_server(case.target.uri, DatabaseSettings.read(case.env))
    except KirokError as error:
        if isinstance(error.__cause__, ImportError):
            extra = "mysql" if case.target.uri.startswith(("mysql", "mariadb")) else "postgres"
            return failed(error.message, f"pip install 'kirok[{extra}]'")
        return failed(error.message, use(case, "sqlite:///mlflow.db"))
    return ok(f"{shown} ({case.target.source})")


def place_of(uri: str) -> Path | None:
    """The file or folder of a local store; None for a database on a server. Raises KirokError for any other URI."""
    kind = opening.kind_of(uri)
    if kind == "sqlite":
        return opening.sqlite_path(uri)
    return Path(opening.folder_path(uri)) if kind == "file" else None


def check_place(case: Case) -> Finding:
    """Whether the file, folder or database is there, and of a schema that can be used."""
    uri, file = case.target.uri, place_of(case.target.uri)
    if file is not None and not file.exists():
        return _absent(file, is_folder=opening.kind_of(uri) == "file")
    if file is not None and opening.kind_of(uri) == "file":
        if not file.is_dir():
            return failed(f"{str(file)!r} is a file, not a folder of runs", use(case, f"sqlite:///{file}"))
        return ok(f"{str(file)!r} is a folder of runs")
    try:
        return _of_schema(uri, within(2 * case.timeout_s, lambda: opening.schema_state(uri)))
    except KirokError as error:
        return failed(error.message, _other_database(case) if file is None else _mend_of(case, error))
    except TimeoutError as error:
        return failed(f"{without_password(uri)}: {error}", _other_database(case))


def _absent(file: Path, *, is_folder: bool) -> Finding:
    if is_folder or file.parent.exists():
        return skipped(f"nothing was tracked there yet: {str(file)!r} will be made by the first run")
    return failed(
        f"there is no folder {str(file.parent)!r} for the database",
        f"mkdir -p {file.parent}",
        fix=Fix(f"make the folder {file.parent}", lambda: file.parent.mkdir(parents=True, exist_ok=True)),
    )


def _of_schema(uri: str, state: "SchemaState") -> Finding:
    match state.name:
        case "EMPTY":
            return skipped("the database is empty: its tables will be made by the first run")
        case "OLDER":
            return failed(f"its schema is {state.value}", f"kirok db upgrade {without_password(uri)}")
        case "UNKNOWN":
            return failed(f"its schema is {state.value}", "pip install -U kirok")
    return ok("its schema is this version's")


def check_room(case: Case) -> list[Finding]:
    """Whether the disk has room and is this machine's own; nothing for a database on a server."""
    from kirok.stores.sql.sqlite.engine import is_on_network

    file = place_of(case.target.uri)
    if file is None:
        return []
    there = next(place for place in (file, *file.parents) if place.exists())
    found = []
    try:
        free = shutil.disk_usage(there).free
    except OSError as error:
        return [failed(f"the disk of {str(there)!r} cannot be asked: {error.strerror}", "see that it is mounted")]
    said = f"{free >> 20:,} MiB are free on the disk of {str(there)!r}"
    if free < _TOO_LITTLE_BYTES:
        found.append(failed(f"only {said}", "make room on that disk"))
    elif free < _LITTLE_BYTES:
        found.append(warning(f"only {said}", "make room on that disk"))
    else:
        found.append(ok(said))
    if is_on_network(file):
        found.append(
            warning(
                f"{str(file)!r} lies on a network file system, where locks may fail and writes are slow",
                "kirok server   (on the machine that holds the disk, and its address here)",
            )
        )
    return found


def check_write(case: Case) -> Finding:
    """Write, read back, and undo it in the same transaction."""
    uri = case.target.uri
    try:
        within(3 * case.timeout_s, lambda: opening.rehearse_write(uri, timeout_s=min(case.timeout_s, _LOCK_TIMEOUT_S)))
    except KirokError as error:
        return failed(f"nothing can be written: {error.message}", _mend_of(case, error))
    except TimeoutError as error:
        return failed(f"nothing can be written: {error}", "end what keeps the database busy")
    if opening.kind_of(uri) == "file":
        return ok("a file was written and removed")
    return ok("a row was written, read back and undone")


def _mend_of(case: Case, error: KirokError) -> str:
    file = place_of(case.target.uri)
    if isinstance(error, PermissionDenied) and file is not None:
        return f"chmod u+rw {file}" if file.is_file() else f"chmod u+rwx {file if file.is_dir() else file.parent}"
    if isinstance(error, Unavailable) and file is not None:
        return f"fuser -v {file}   (and end the process that it names)"
    if isinstance(error, PermissionDenied):
        return "grant INSERT, UPDATE and DELETE on MLflow's tables to the account in the URI"
    return _other_database(case)


def _other_database(case: Case) -> str:
    return use(case, f"{case.target.uri.partition(':')[0]}://USER:PASSWORD@HOST:PORT/DATABASE")


def check_experiments(case: Case) -> Finding:
    """Read the list of experiments."""
    found = opening.experiments_at(case.target.uri)
    place = place_of(case.target.uri)
    home = None if place is None else (place if place.is_dir() else place.parent / "mlruns").absolute()
    moved = ArtifactPlaces(parse_aliases(()), str(home) if home is not None and home.is_dir() else None)
    case.experiments = [
        replace(experiment, artifact_location=moved.of_experiment(experiment.artifact_location))
        for experiment, _ in found
    ]
    runs = {experiment.experiment_id: count for experiment, count in found}

    def count_runs(experiment_ids: Sequence[str]) -> int:
        return sum(runs.get(each, 0) for each in experiment_ids)

    case.count_runs = count_runs
    many = sum(runs.values())
    return ok(f"{len(found):,} in use, with {many:,} {'run' if many == 1 else 'runs'}")


def credentials_file_fix(path: Path) -> Fix:
    """Keeps a file of passwords to its owner."""
    return Fix(f"chmod 600 {path}", lambda: os.chmod(path, 0o600))
