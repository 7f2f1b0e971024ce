"""`kirok artifacts`: store, list and fetch files of runs."""

import json

import click

from kirok.cli import relocate
from kirok.cli.connection import client
from kirok.cli.printing import printable
from kirok.entities.artifacts import FileInfo

_run_option = click.option("--run-id", "-r", required=True, help="Id of the run.")


@click.group("artifacts")
def group() -> None:
    """Store, list and fetch files of runs, on the server or database that MLFLOW_TRACKING_URI names."""


group.add_command(relocate.command)


@group.command("log-artifact")
@click.option("--local-file", "-l", required=True, help="The file to store.")
@_run_option
@click.option("--artifact-path", "-a", help="Folder of the run to put it in. [default: its root]")
def log_artifact(local_file: str, run_id: str, artifact_path: str | None) -> None:
    """Store a file with a run."""
    client().log_artifact(run_id, local_file, artifact_path)
    click.echo(f"Logged {printable(local_file)} to run {run_id}, {_folder(artifact_path)}.", err=True)


@group.command("log-artifacts")
@click.option("--local-dir", "-l", required=True, help="The folder whose content to store.")
@_run_option
@click.option("--artifact-path", "-a", help="Folder of the run to put it in. [default: its root]")
def log_artifacts(local_dir: str, run_id: str, artifact_path: str | None) -> None:
    """Store everything in a folder with a run."""
    client().log_artifacts(run_id, local_dir, artifact_path)
    click.echo(f"Logged the files in {printable(local_dir)} to run {run_id}, {_folder(artifact_path)}.", err=True)


@group.command("list")
@_run_option
@click.option("--artifact-path", "-a", help="Folder of the run to list. [default: its root]")
def list_artifacts(run_id: str, artifact_path: str | None) -> None:
    """List what lies directly in a folder of a run, as JSON."""
    found = client().list_artifacts(run_id, artifact_path)
    click.echo("[" + ", ".join(json.dumps(_record(file), indent=2) for file in found) + "]")


@group.command()
@click.option("--run-id", "-r", help="Id of the run.")
@click.option("--artifact-path", "-a", help="With --run-id: the file or folder to fetch. [default: all]")
@click.option(
    "--artifact-uri",
    "-u",
    help="The file or folder to fetch, as a URI such as runs:/<run id>/model; wins over the two.",
)
@click.option(
    "--dst-path",
    "-d",
    help="Folder to write into, made if missing. [default: a new one, or nothing is copied if already on this machine]",
)
def download(run_id: str | None, artifact_path: str | None, artifact_uri: str | None, dst_path: str | None) -> None:
    """Fetch a file or folder; prints where it is now."""
    if artifact_uri is None and run_id is None:
        raise click.UsageError("Either --artifact-uri or --run-id must be provided.")
    if artifact_uri is not None:
        from kirok.client.artifact_uris import download_artifacts

        place = download_artifacts(artifact_uri, dst_path=dst_path)
    else:
        place = client().download_artifacts(run_id or "", artifact_path or "", dst_path)
    click.echo(f"\n{printable(place)}")


def _record(file: FileInfo) -> dict[str, object]:
    record: dict[str, object] = {"path": file.path, "is_dir": file.is_dir}
    return record if file.is_dir else {**record, "file_size": file.file_size}


def _folder(artifact_path: str | None) -> str:
    return f"folder {printable(artifact_path)}" if artifact_path else "top folder"
