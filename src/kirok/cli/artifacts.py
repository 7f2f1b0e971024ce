"""`kirok artifacts`: store, list, fetch and delete files of runs."""

import json
import os
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from kirok.base.settings import ArtifactSettings
from kirok.cli import relocate
from kirok.cli.connection import client
from kirok.cli.printing import printable, table
from kirok.entities.artifacts import ArtifactPath, FileInfo

if TYPE_CHECKING:
    from kirok.artifact_stores.protocols import ArtifactStore

_run_option = click.option("--run-id", "-r", required=True, help="Id of the run.")


def _place_options(what: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """The options that name a place: of a run, or a URI."""

    def added(command: Callable[..., Any]) -> Callable[..., Any]:
        for option in (
            click.option("--artifact-uri", "-u", help=f"{what}, as a URI such as runs:/<run id>/model."),
            click.option("--artifact-path", "-a", help=f"With --run-id: {what[0].lower()}{what[1:]} in the run."),
            click.option("--run-id", "-r", help="Id of the run."),
        ):
            command = option(command)
        return command

    return added


@click.group("artifacts")
def group() -> None:
    """Store, list, fetch and delete files of runs, on the server or database that MLFLOW_TRACKING_URI names."""


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


@group.command()
@click.argument("file_or_folder", type=click.Path(exists=True, path_type=Path))
@_place_options("The folder to put it in")
def upload(file_or_folder: Path, run_id: str | None, artifact_path: str | None, artifact_uri: str | None) -> None:
    """Store FILE_OR_FOLDER under its own name: with a run, or anywhere that a URI names."""
    from kirok.client import artifact_trees

    store, folder = _place(run_id, artifact_path, artifact_uri)
    target = ArtifactPath.of(folder, file_or_folder.resolve().name)
    artifact_trees.upload(store, file_or_folder, target, ArtifactSettings.read(os.environ))
    click.echo(f"Stored {printable(str(file_or_folder))} as {printable(target)} in {printable(store.uri)}.", err=True)


@group.command("list")
@_place_options("The folder to list")
@click.option("--long", "-l", "is_long", is_flag=True, help="A table with sizes in bytes and times of the last change.")
@click.option(
    "--recursive", "-R", is_flag=True, help="All files below the folder, rather than what lies directly in it."
)
def list_artifacts(
    run_id: str | None, artifact_path: str | None, artifact_uri: str | None, is_long: bool, recursive: bool
) -> None:
    """List a folder of a run, or one that a URI names, as JSON. [default: the run's top folder]"""
    store, path = _place(run_id, artifact_path, artifact_uri)
    found = list(_all_below(store, path)) if recursive else store.list(path)
    if is_long:
        click.echo(table(["Size", "Modified", "Path"], [_row(file) for file in found]))
    else:
        click.echo("[" + ", ".join(json.dumps(_record(file), indent=2) for file in found) + "]")


@group.command()
@_place_options("The file or folder to delete")
@click.option("--yes", "-y", is_flag=True, help="Do not ask first.")
def delete(run_id: str | None, artifact_path: str | None, artifact_uri: str | None, yes: bool) -> None:
    """Delete a file, or a folder with all in it, for good."""
    from kirok.base.errors import NotFound

    store, path = _place(run_id, artifact_path, artifact_uri)
    if not path:
        raise click.UsageError("Name what to delete in the run: --artifact-path.")
    shown = printable(path)
    inside = list(_all_below(store, path))
    if not inside and not any(info.path == path for info in store.list(path.parent)):
        raise NotFound(f"No such artifact: {shown!r}. `kirok artifacts list` shows what there is.")
    if not yes:
        size = sum(info.file_size or 0 for info in inside)
        count = f"{len(inside)} file{'' if len(inside) == 1 else 's'}"
        what = f"the folder {shown} with {count}, {size} bytes" if inside else f"the file {shown}"
        click.confirm(f"Delete {what}, in {printable(store.uri)}?", abort=True, err=True)
    store.delete(path)
    click.echo(f"Deleted {shown} in {printable(store.uri)}.", err=True)


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


def _place(
    run_id: str | None, artifact_path: str | None, artifact_uri: str | None
) -> "tuple[ArtifactStore, ArtifactPath]":
    if (run_id is None) == (artifact_uri is None):
        raise click.UsageError("Give either --run-id or --artifact-uri.")
    if artifact_uri is not None and artifact_path is not None:
        raise click.UsageError("--artifact-path goes with --run-id; --artifact-uri is whole.")
    from kirok.client.artifact_uris import place_of

    return place_of(artifact_uri, run_id, artifact_path, None)


def _all_below(store: "ArtifactStore", path: ArtifactPath) -> Iterator[FileInfo]:
    from kirok.artifact_stores.walks import files_below

    for files in files_below(store, path):
        yield from files


def _row(file: FileInfo) -> list[str]:
    size = "" if file.file_size is None else str(file.file_size)
    return [size, _when(file.modified_ms), f"{file.path}/" if file.is_dir else file.path]


def _when(time_ms: int | None) -> str:
    if time_ms is None:
        return ""
    return f"{datetime.fromtimestamp(time_ms / 1000).astimezone():%Y-%m-%d %H:%M:%S %Z}"


def _record(file: FileInfo) -> dict[str, object]:
    record: dict[str, object] = {"path": file.path, "is_dir": file.is_dir}
    return record if file.is_dir else {**record, "file_size": file.file_size}


def _folder(artifact_path: str | None) -> str:
    return f"folder {printable(artifact_path)}" if artifact_path else "top folder"
