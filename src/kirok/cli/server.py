"""`kirok server`: options and environment into settings, then the server."""

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click
from msgspec import structs

from kirok.base.settings import ArtifactSettings, ServerSettings, switch
from kirok.cli import later
from kirok.cli.artifact_options import ArtifactOptions, artifact_options, artifact_root, check_options, doubts
from kirok.cli.later import names
from kirok.cli.network_options import NetworkOptions, exposures, network_options
from kirok.cli.printing import one_line
from kirok.cli.start_report import artifact_warnings, greeting, neighbour_warnings
from kirok.client.tracking_uri import holds_folder_runs
from kirok.rules.locations import LOCAL_ARTIFACT_ROOT
from kirok.rules.passwords import without_password
from kirok.rules.uris.parse import parse
from kirok.rules.uris.proxied import HttpUrl

if TYPE_CHECKING:
    from kirok.services.destination_check import Finding
    from kirok.stores.holdings import Holdings


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
@artifact_options
@network_options
@later.server_options
def command(
    backend_store_uri: str | None,
    registry_store_uri: str | None,
    artifacts: ArtifactOptions,
    network: NetworkOptions,
) -> None:
    """Run the tracking server: the API that MLflow clients speak, and pages to look at.

    \b
    On your own machine:   kirok server
    For a team:            kirok server --host 0.0.0.0 --allowed-hosts ml.example.org
    Artifacts elsewhere:   kirok server --artifacts-destination s3://bucket/folder

    Each option has an environment twin: --port is KIROK_PORT or MLFLOW_PORT, --allowed-hosts is
    KIROK_SERVER_ALLOWED_HOSTS or MLFLOW_SERVER_ALLOWED_HOSTS.
    """
    check_options(artifacts)
    _check_registry(registry_store_uri, backend_store_uri)
    backend = _backend(backend_store_uri, artifacts.artifacts_only)
    settings = ServerSettings(
        backend_store_uri=backend,
        default_artifact_root=artifact_root(artifacts.default_artifact_root, artifacts.serve_artifacts, backend),
        serve_artifacts=artifacts.serve_artifacts,
        artifacts_only=artifacts.artifacts_only,
        artifacts_destination=artifacts.destination,
        artifact_roots=artifacts.artifact_roots,
        check_artifacts=artifacts.check_artifacts,
        create_bucket=artifacts.create_bucket,
        artifacts=structs.replace(ArtifactSettings.read(os.environ), root_aliases=artifacts.root_aliases),
        host=network.host,
        port=network.port,
        workers=_possible_workers(network.workers, backend, artifacts.artifacts_only),
        static_prefix=network.static_prefix,
        allowed_hosts=network.allowed_hosts,
        cors_allowed_origins=network.cors_allowed_origins,
        x_frame_options=network.x_frame_options,
        check_requests=network.check_requests,
        truncate_long_values=switch(os.environ, "TRUNCATE_LONG_VALUES", True),
    )
    for warning in (*exposures(settings), *doubts(artifacts, settings.default_artifact_root, settings.host)):
        _warn(warning)

    from kirok.server.serve import serve

    def announce(address: str, held: "Holdings | None") -> None:
        click.echo(greeting(settings, address, held))
        for warning in neighbour_warnings(backend, without_password(backend), held, Path.cwd()) if held else ():
            _warn(warning)
        for warning in artifact_warnings(settings):
            _warn(warning)

    serve(settings, announce, _report)


def _report(finding: "Finding") -> None:
    if finding.is_well:
        click.echo(f"  artifacts  {one_line(finding.said)}")
    else:
        _warn(one_line(finding.said))


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


def _backend(given: str | None, artifacts_only: bool) -> str:
    default = ServerSettings().backend_store_uri
    if artifacts_only and given not in {None, default}:
        raise click.UsageError(
            f"--artifacts-only serves no experiments, so --backend-store-uri={without_password(given or '')} would "
            "have no effect: leave one of them out."
        )
    if given is not None and isinstance(parse(given), HttpUrl):
        raise click.UsageError(
            f"--backend-store-uri={without_password(given)} is a tracking server, and a server keeps its records "
            "itself: name a database or a folder. Clients connect to that server directly, by MLFLOW_TRACKING_URI; "
            "`kirok copy` brings its runs here."
        )
    if given is not None or artifacts_only:
        return given or default
    if holds_folder_runs(Path("mlruns")):
        return LOCAL_ARTIFACT_ROOT
    return default


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
