"""What lies around: versions, other stores that could be taken for the one that is used, files of settings."""

import platform
import shlex
import sys
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from urllib.parse import quote

from kirok.base.errors import KirokError
from kirok.client.doctor.address import use
from kirok.client.doctor.case import DEFAULT, Case
from kirok.client.doctor.findings import Finding, ok, warning
from kirok.client.doctor.local_store import credentials_file_fix, place_of
from kirok.rules.passwords import without_password
from kirok.rules.uris.databases import sqlite_uri
from kirok.stores.neighbours import neighbours, newest_run
from kirok.wire import endpoints

_DRIVERS = ("psycopg", "PyMySQL", "boto3", "obstore", "urllib3")
_SETTINGS_FILES = (".env", ".envrc", "mlflow.env", "kirok.env")


def check_versions(_: Case) -> Finding:
    """What is installed here."""
    mlflow = _installed("mlflow") or _installed("mlflow-skinny")
    found = [f"kirok {version('kirok')}", f"Python {platform.python_version()}"]
    if mlflow:
        found.append(f"mlflow {mlflow}")
    drivers = [f"{name} {installed}" for name in _DRIVERS if (installed := _installed(name))]
    return ok(", ".join(found), f"on {platform.platform()}, {sys.executable}", f"with {', '.join(drivers)}")


def _installed(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def check_neighbours(case: Case) -> list[Finding]:
    """Stores in the working directory that are not the one in use, and yet hold runs."""
    store = None if case.target.is_server else _place(case)
    shown = shlex.quote(without_password(case.target.uri))
    findings = []
    for place in neighbours(store, case.surroundings.folder):
        if case.target.is_server and _is_served(case, place):
            continue
        uri = str(place) if place.is_dir() else sqlite_uri(place.as_posix())
        findings.append(
            warning(
                f"{place} holds runs that are not in {without_password(case.target.uri)}: they were tracked while "
                "something else, or nothing, said where",
                f"kirok copy {shlex.quote(uri)} {shown}",
                f"To look at them: {use(case, uri)}",
            )
        )
    if case.target.source == DEFAULT:
        findings.append(
            warning(
                f"nothing says where runs go, so they go to {case.target.uri}, which depends on the working directory",
                "set MLFLOW_TRACKING_URI",
            )
        )
    return findings or [ok("no other store in the working directory")]


def _is_served(case: Case, place: Path) -> bool:
    """Whether the server has the newest run of a store: it was started in this folder, or has a copy."""
    try:
        run_id = newest_run(place)
        return run_id is not None and case.ask(f"{endpoints.GET_RUN.api_path}?run_id={quote(run_id)}").status == 200
    except (KirokError, OSError, ValueError):  # what is wrong with the address, the checks of the network say
        return False


def _place(case: Case) -> Path | None:
    try:
        return place_of(case.target.uri)
    except KirokError:
        return None


def check_settings_files(case: Case) -> list[Finding]:
    """Files of settings that nobody reads by themselves, and a file of passwords that others can read."""
    findings = []
    for name in _SETTINGS_FILES:
        file = case.surroundings.folder / name
        named = _settings_in(file)
        unlike = [key for key, value in named.items() if case.env.get(key) != value]
        if unlike:
            findings.append(
                warning(
                    f"{name} in the working directory names {', '.join(unlike)}, and this process has other values: "
                    "such files are read only where somebody says so",
                    f"kirok --env-file {name} doctor   (scripts: set -a; . ./{name})",
                )
            )
    credentials = case.surroundings.home / ".mlflow" / "credentials"
    try:
        mode = credentials.stat().st_mode
    except OSError:
        return findings
    if sys.platform != "win32" and mode & 0o077:
        findings.append(
            warning(
                f"other users of this machine may read the password in {credentials}",
                f"chmod 600 {credentials}",
                fix=credentials_file_fix(credentials),
            )
        )
    return findings


def _settings_in(file: Path) -> dict[str, str]:
    """The variables of MLflow and kirok that a file names; none where it cannot be read."""
    found = {}
    try:
        lines = file.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        return {}
    for line in lines:
        name, equals, value = line.strip().removeprefix("export ").partition("=")
        if equals and name.strip().startswith(("MLFLOW_", "KIROK_")):
            found[name.strip()] = value.strip().strip("\"'")
    return found
