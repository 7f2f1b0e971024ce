"""`kirok backup`: a store in one file, and back."""

from pathlib import Path

import click

from kirok.cli.later import names
from kirok.cli.printing import printable
from kirok.cli.sizes import counted, size

_file = click.argument("file", type=click.Path(path_type=Path))
_artifacts = click.option(
    "--artifacts", type=click.Path(path_type=Path, file_okay=False), metavar="FOLDER", help="The folder of artifacts."
)
_force = click.option("--force", is_flag=True, help="Replace what is there.")


@click.group("backup")
def group() -> None:
    """Keep a SQLite database or a folder of runs in one file, check such a file, and put it back."""


@group.command()
@_file
@click.option(
    "--backend-store-uri",
    envvar=names("BACKEND_STORE_URI"),
    metavar="URI",
    help="What to back up. [default: sqlite:///mlflow.db, or ./mlruns where that holds runs]",
)
@_artifacts
@_force
def create(file: Path, backend_store_uri: str | None, artifacts: Path | None, force: bool) -> None:
    """Back up into FILE. Servers and training may go on meanwhile.

    \b
    kirok backup create nightly.zip
    kirok backup create nightly.zip --artifacts ./mlartifacts

    Everything acknowledged before the command began is in the backup. Artifacts are in it with --artifacts; those in a
    folder of runs always are. For PostgreSQL and MySQL it names the command of their own that does it.
    """
    from kirok.services.backups.create import create_backup

    manifest = create_backup(backend_store_uri or default_backend(), file, artifacts=artifacts, force=force, say=_say)
    click.echo(f"Backed up {_contents(manifest.counts)} ({size(manifest.size_bytes)}) in {printable(str(file))}.")


@group.command()
@_file
def verify(file: Path) -> None:
    """Check the backup in FILE.

    Every byte is checked by its SHA-256, the database by its own check and by its row counts.
    """
    from kirok.services.backups.verify import verify_backup

    verdict = verify_backup(file)
    manifest = verdict.manifest
    click.echo(
        f"{printable(str(file))} of {manifest.made_at}, by kirok {printable(manifest.kirok_version)}, from "
        f"{printable(manifest.source)}:\n  {_contents(manifest.counts)} ({size(manifest.size_bytes)})"
    )
    for problem in verdict.problems:
        click.echo(f"  wrong: {printable(problem)}", err=True)
    if verdict.problems:
        raise click.ClickException("The backup cannot be trusted. Make another one.")
    click.echo("  Everything is as it was stored.")


@group.command()
@_file
@click.option("--backend-store-uri", required=True, metavar="URI", help="Where to put the records.")
@_artifacts
@_force
def restore(file: Path, backend_store_uri: str, artifacts: Path | None, force: bool) -> None:
    """Verify the backup in FILE, then put it back.

    \b
    kirok backup restore nightly.zip --backend-store-uri sqlite:///mlflow.db --artifacts ./mlartifacts

    What is there is not replaced without --force, and never before the whole backup lies on the disk. Stop the server
    first.
    """
    from kirok.services.backups.restore import restore_backup

    manifest = restore_backup(file, backend_store_uri, artifacts=artifacts, force=force, say=_say)
    click.echo(f"Restored {_contents(manifest.counts)} of {manifest.made_at}.")


def default_backend() -> str:
    """The store that commands work on where none is named: that of a server started in this folder."""
    from kirok.client.tracking_uri import default_tracking_uri

    return default_tracking_uri(Path.cwd())


def _say(step: str) -> None:
    click.echo(printable(step), err=True)


def _contents(counts: dict[str, int]) -> str:
    things = ((name.replace("_", " ").removesuffix("s"), count) for name, count in counts.items() if count)
    return ", ".join(counted(count, name) for name, count in things) or "nothing"
