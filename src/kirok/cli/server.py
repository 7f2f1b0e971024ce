"""`kirok server`: options and environment into settings, then the server."""

import os
import sys
from pathlib import Path
from tempfile import TemporaryFile
from typing import TYPE_CHECKING

import click

from kirok.artifact_stores.locations import local_folder, scheme
from kirok.base.errors import InvalidParameter
from kirok.base.settings import ArtifactSettings, ServerSettings, switch
from kirok.cli import later
from kirok.cli.later import names
from kirok.cli.printing import printable
from kirok.cli.start_report import neighbour_warnings, told
from kirok.client.tracking_uri import holds_folder_runs
from kirok.rules.locations import LOCAL_ARTIFACT_ROOT
from kirok.rules.passwords import without_password

if TYPE_CHECKING:
    from kirok.stores.holdings import Holdings

_FRAME_OPTIONS = ("SAMEORIGIN", "DENY", "NONE")
_LARGEST_PORT = 65_535


@click.command("server", short_help="Run the tracking server (API and pages).")
@click.option(
    "--backend-store-uri",
    envvar=names("BACKEND_STORE_URI"),
    metavar="URI",
    help="Database, or folder, of experiments and runs.  [default: ./mlruns where it holds runs, else "
    "sqlite:///mlflow.db]",
)
@click.option(
    "--registry-store-uri",
    envvar=names("REGISTRY_STORE_URI"),
    metavar="URI",
    help="Accepted where it equals --backend-store-uri; a registry of its own is not in this version.",
)
@click.option(
    "--default-artifact-root",
    envvar=names("DEFAULT_ARTIFACT_ROOT"),
    metavar="URI",
    help="Where clients write artifacts of new experiments. "
    "[default: mlflow-artifacts:/, which is this server; with --no-serve-artifacts the folder of runs, else ./mlruns]",
)
@click.option(
    "--serve-artifacts/--no-serve-artifacts",
    envvar=names("SERVE_ARTIFACTS"),
    default=True,
    show_default=True,
    help="Whether clients may store and fetch artifacts through this server.",
)
@click.option(
    "--artifacts-only",
    envvar=names("ARTIFACTS_ONLY"),
    is_flag=True,
    help="Serve artifacts and nothing else; the database is not opened.",
)
@click.option(
    "--artifacts-destination",
    envvar=names("ARTIFACTS_DESTINATION"),
    metavar="URI",
    default="./mlartifacts",
    show_default=True,
    help="Where served artifacts lie: a folder, or s3://, gs://, wasbs://, abfss://.",
)
@click.option(
    "--artifact-roots",
    envvar=names("ARTIFACT_ROOTS"),
    metavar="URIS",
    help="Comma-separated further folders and URIs below which artifacts of runs may be shown, where clients keep them "
    "without this server.",
)
@click.option(
    "--host",
    "-h",
    envvar=names("HOST"),
    default="127.0.0.1",
    show_default=True,
    help="Network interface to listen on; 0.0.0.0 for all. Which names it answers to is --allowed-hosts.",
)
@click.option(
    "--port",
    "-p",
    envvar=names("PORT"),
    type=click.IntRange(0, _LARGEST_PORT),
    default=5000,
    show_default=True,
    help="Port to listen on; 0 for any free one.",
)
@click.option(
    "--workers",
    "-w",
    envvar=names("WORKERS"),
    type=click.IntRange(min=1),
    help="Processes that serve, on PostgreSQL and MySQL; one process serves a SQLite database or a folder.",
)
@click.option(
    "--static-prefix",
    envvar=names("STATIC_PREFIX"),
    metavar="PATH",
    default="",
    help="Put before every path, as a proxy may ask: begins with a slash, does not end with one.",
)
@click.option(
    "--allowed-hosts",
    envvar=names("SERVER_ALLOWED_HOSTS"),
    metavar="NAMES",
    help="Host headers to answer, separated by commas, * as wildcard. [default: localhost and private addresses]",
)
@click.option(
    "--cors-allowed-origins",
    envvar=names("SERVER_CORS_ALLOWED_ORIGINS"),
    metavar="ORIGINS",
    help="Other sites whose pages may call this server, separated by commas. [default: pages of this machine]",
)
@click.option(
    "--x-frame-options",
    envvar=names("SERVER_X_FRAME_OPTIONS"),
    type=click.Choice(_FRAME_OPTIONS, case_sensitive=False),
    default="SAMEORIGIN",
    show_default=True,
    help="Which pages may show this server's pages in a frame.",
)
@click.option(
    "--disable-security-middleware",
    envvar=names("SERVER_DISABLE_SECURITY_MIDDLEWARE"),
    is_flag=True,
    help="Check neither Host nor Origin. Any web page can then read and change your runs.",
)
@later.server_options
def command(
    backend_store_uri: str | None,
    registry_store_uri: str | None,
    default_artifact_root: str | None,
    serve_artifacts: bool,
    artifacts_only: bool,
    artifacts_destination: str,
    artifact_roots: str | None,
    host: str,
    port: int,
    workers: int | None,
    static_prefix: str,
    allowed_hosts: str | None,
    cors_allowed_origins: str | None,
    x_frame_options: str,
    disable_security_middleware: bool,
) -> None:
    """Run the tracking server: the API that MLflow clients speak, and pages to look at.

    \b
    On your own machine:   kirok server
    For a team:            kirok server --host 0.0.0.0 --allowed-hosts ml.example.org
    Artifacts elsewhere:   kirok server --artifacts-destination s3://bucket/folder

    Each option has an environment twin: --port is KIROK_PORT or MLFLOW_PORT, --allowed-hosts is
    KIROK_SERVER_ALLOWED_HOSTS or MLFLOW_SERVER_ALLOWED_HOSTS.
    """
    if artifacts_only and not serve_artifacts:
        raise click.UsageError("--artifacts-only and --no-serve-artifacts together leave nothing to serve.")
    _check_registry(registry_store_uri, backend_store_uri)
    backend = _backend(backend_store_uri, artifacts_only)
    settings = ServerSettings(
        backend_store_uri=backend,
        default_artifact_root=artifact_root(default_artifact_root, serve_artifacts, backend),
        serve_artifacts=serve_artifacts,
        artifacts_only=artifacts_only,
        artifacts_destination=artifacts_destination,
        artifact_roots=listed(artifact_roots),
        artifacts=ArtifactSettings.read(os.environ),
        host=host,
        port=port,
        workers=_possible_workers(workers or 1, backend, artifacts_only),
        static_prefix=checked_prefix(static_prefix),
        allowed_hosts=listed(allowed_hosts),
        cors_allowed_origins=listed(cors_allowed_origins),
        x_frame_options=x_frame_options,
        check_requests=not disable_security_middleware,
        truncate_long_values=switch(os.environ, "TRUNCATE_LONG_VALUES", True),
    )
    for warning in exposures(settings):
        _warn(warning)
    if serve_artifacts:
        check_destination(artifacts_destination)

    from kirok.server.serve import serve

    def announce(address: str, held: "Holdings | None") -> None:
        click.echo(greeting(settings, address, held))
        for warning in neighbour_warnings(backend, without_password(backend), held, Path.cwd()) if held else ():
            _warn(warning)

    serve(settings, announce)


def _possible_workers(wanted: int, uri: str, artifacts_only: bool) -> int:
    """How many processes may serve; a warning says so where it is fewer than wanted."""
    from kirok.stores.open import takes_several_servers

    takes_several = artifacts_only or takes_several_servers(uri)
    if wanted == 1 or (takes_several and sys.platform != "win32"):
        return wanted
    reason = (
        "on Windows a port is served by one process"
        if takes_several
        else "a SQLite file or a folder has one writer, and kirok commits for all clients together"
    )
    _warn(f"one process serves {without_password(uri)}, not {wanted}: {reason}.")
    return 1


def artifact_root(given: str | None, serve_artifacts: bool, backend: str) -> str:
    """Where new experiments keep artifacts: `given`, else this server, else the folder of runs that is the `backend`,
    else `./mlruns` in the working directory.

    Folders are made absolute: clients read them from the experiment, each in a working directory of its own.
    """
    if given is None and serve_artifacts:
        given = "mlflow-artifacts:/"
    elif given is None:
        runs = local_folder(backend)
        given = LOCAL_ARTIFACT_ROOT if runs is None else runs.absolute().as_uri()
    return given if scheme(given) else str(Path(given).absolute())


def check_destination(location: str) -> None:
    """Refuse an artifacts destination of unknown kind, or a folder that cannot be written, before anybody uploads.

    A missing folder is made. Object stores are not contacted.
    """
    from kirok.artifact_stores.open import open_artifact_store

    open_artifact_store(location)
    folder = local_folder(location)
    if folder is None:
        return
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise InvalidParameter(
            f"Artifacts cannot be written to {str(folder)!r}: {error.strerror or error}. Choose another folder by "
            "--artifacts-destination, or leave artifacts to the clients by --no-serve-artifacts."
        ) from error


def checked_prefix(prefix: str) -> str:
    """A --static-prefix that can stand before every path; UsageError says what is wrong with another."""
    if prefix and not prefix.startswith("/"):
        raise click.UsageError(f"--static-prefix must begin with a '/': {prefix!r} does not.")
    if prefix.endswith("/"):
        raise click.UsageError(f"--static-prefix should not end with a '/': {prefix!r} does.")
    if not set(prefix).isdisjoint("{}?#\\ "):
        raise click.UsageError(f"--static-prefix must not contain braces, '?', '#', '\\' or spaces: {prefix!r} does.")
    return prefix


def listed(text: str | None) -> tuple[str, ...]:
    """The items of a comma-separated list."""
    return tuple(item.strip() for item in (text or "").split(",") if item.strip())


def greeting(settings: ServerSettings, address: str, held: "Holdings | None" = None) -> str:
    """What a server says once it answers: where to look, and where it keeps what it is given and has."""
    places = [f"in {_place(settings.artifacts_destination)}" if settings.serve_artifacts else "not served here"]
    if not settings.default_artifact_root.startswith("mlflow-artifacts:") and not settings.artifacts_only:
        places.append(f"of new experiments in {_place(settings.default_artifact_root)}, written by the clients")
    lines = [f"kirok is at {address}   (Ctrl-C stops it)"]
    if not settings.artifacts_only:
        holds = f": {told(held)}" if held else ""
        lines.append(f"  runs       in {_database(settings.backend_store_uri)}{holds}")
    lines.append(f"  artifacts  {'; '.join(places)}")
    return "\n".join(printable(line) for line in lines)


def exposures(settings: ServerSettings) -> list[str]:
    """A sentence for each setting that opens the server wider than its defaults."""
    if not settings.check_requests:
        return ["Host and Origin are not checked: any web page can read and change what this server keeps."]
    found = []
    if "*" in settings.allowed_hosts:
        found.append("--allowed-hosts=* answers to any name, which lets a web page reach this server by DNS rebinding.")
    if "*" in settings.cors_allowed_origins:
        found.append("--cors-allowed-origins=* lets any web page call this server in its visitors' name.")
    return found


def _backend(given: str | None, artifacts_only: bool) -> str:
    default = ServerSettings().backend_store_uri
    if artifacts_only and given not in {None, default}:
        raise click.UsageError(
            f"--artifacts-only serves no experiments, so --backend-store-uri={without_password(given or '')} would "
            "have no effect: leave one of them out."
        )
    if given is not None or artifacts_only:
        return given or default
    if holds_folder_runs(Path("mlruns")):
        return LOCAL_ARTIFACT_ROOT
    return default


def _place(location: str) -> str:
    """A folder in full, so that nobody has to know the working directory; a URI without its password."""
    folder = local_folder(location)
    return without_password(location) if folder is None else str(folder)


def _database(uri: str) -> str:
    kind, mark, file = uri.partition(":///")
    if mark and kind.partition("+")[0] == "sqlite":
        return str(Path(file.partition("?")[0]).absolute())
    return _place(uri)


def _check_registry(registry: str | None, backend: str | None) -> None:
    if registry is None:
        return
    if registry != (backend or ServerSettings().backend_store_uri):
        raise click.ClickException(
            "--registry-store-uri with a database of its own is not in this version of kirok yet: leave it out."
        )
    _warn("--registry-store-uri has no effect: this version has no model registry yet.")


def _warn(text: str) -> None:
    click.echo(f"Warning: {text}", err=True)
