"""`kirok copy` and `kirok migrate-filestore`: everything from one store into another."""

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import click

from kirok.cli.existing_stores import place_of
from kirok.cli.fidelity import shortfall, told
from kirok.cli.printing import printable
from kirok.cli.progress import ProgressBar
from kirok.rules.passwords import without_password
from kirok.rules.uris.here import in_full

if TYPE_CHECKING:
    from kirok.services.artifact_places import ArtifactPlaces
    from kirok.services.copy_artifacts import ArtifactTrees, Opener
    from kirok.services.copy_report import Report
    from kirok.services.copy_store import CopyPlan
    from kirok.stores.archives import Archive


class OpenedStore(NamedTuple):
    """One side of a copy."""

    archive: "Archive"
    places: "ArtifactPlaces"
    """Where the files are that its rows tell of."""


_progress = click.option("--progress/--no-progress", default=None, help="Draw a bar. [default: on a terminal]")


@click.command("copy")
@click.argument("source")
@click.argument("destination")
@click.option("--experiment", "-x", "experiments", multiple=True, metavar="NAME_OR_ID", help="Only this; repeatable.")
@click.option(
    "--registry/--no-registry",
    default=None,
    help="Take along what belongs to no experiment: registered models, evaluation datasets, webhooks. [default: unless "
    "experiments are chosen]",
)
@click.option(
    "--artifacts/--no-artifacts",
    default=None,
    help="Copy files, or leave them where they are. [default: copy them into a folder, to a server, or where "
    "--artifact-root says]",
)
@click.option(
    "--artifact-root",
    metavar="PLACE",
    help="Where copied experiments keep files: a folder or an object store's URI.",
)
@click.option(
    "--source-artifacts",
    metavar="PLACE",
    help="What `mlflow-artifacts:` means in a source that is no server: its server's --artifacts-destination.",
)
@click.option(
    "--same-name",
    type=click.Choice(["merge", "rename"]),
    default="merge",
    show_default=True,
    help="Of two experiments with one name: runs join the one that is there, or the new one is called `name (id)`.",
)
@click.option(
    "--compare-content",
    is_flag=True,
    help="Read files of equal size on both sides. [default: where the one at the source is younger]",
)
@click.option("--verify", is_flag=True, help="Compare both sides afterwards, row by row.")
@click.option("--dry-run", is_flag=True, help="Compare only, and change nothing.")
@_progress
def command(
    source: str,
    destination: str,
    experiments: tuple[str, ...],
    registry: bool | None,
    artifacts: bool | None,
    artifact_root: str | None,
    source_artifacts: str | None,
    same_name: str,
    compare_content: bool,
    verify: bool,
    dry_run: bool,
    progress: bool | None,
) -> None:
    """Copy everything from SOURCE into DESTINATION: each a folder, a database or a server.

    \b
    kirok copy ./mlruns sqlite:///mlflow.db
    kirok copy sqlite:///mlflow.db postgresql://me@db/mlflow --verify
    kirok copy http://old:5000 http://new:5000 -x churn -x "price model"

    Ids, times, deleted runs, the model registry and traces are kept as far as the destination can hold them, and the
    report names what it cannot. An interrupted copy goes on where it was when the command is given again; once all is
    there, the command changes nothing.
    """
    from kirok.services.copy_artifacts import ArtifactTrees
    from kirok.services.copy_experiments import SameName
    from kirok.services.copy_store import CopyPlan

    with opened(source, is_source=True) as origin, opened(destination, artifact_root=artifact_root) as target:
        root = artifact_root if artifact_root is not None else target.archive.default_artifact_root
        moves_files = root is not None if artifacts is None else artifacts
        if moves_files and root is None:
            raise click.UsageError("--artifacts needs --artifact-root: a database has no place for files of its own.")
        plan = CopyPlan(
            experiments=experiments,
            with_registry=not experiments if registry is None else registry,
            same_name=SameName(same_name),
            artifact_root=in_full(root) if root and (moves_files or artifact_root is not None) else None,
        )
        trees = None
        if moves_files:
            openers = _opener(source, source_artifacts, origin.places), _opener(destination, None, target.places)
            trees = ArtifactTrees(*openers, compare_content=compare_content)
        carry_out(origin.archive, target.archive, plan, trees, verify=verify, dry_run=dry_run, progress=progress)


@click.command("migrate-filestore")
@click.option(
    "--source",
    required=True,
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="The folder of runs, or the one that holds it as `mlruns`.",
)
@click.option("--target", required=True, metavar="URI", help="The database, such as sqlite:///mlflow.db.")
@_progress
def migrate_filestore(source: Path, target: str, progress: bool | None) -> None:
    """Copy a folder of runs into a database, as MLflow's command of this name does; files stay where they are.

    It is `kirok copy` under the name MLflow gave it: the database may hold something already, and need not be SQLite.
    """
    from kirok.services.copy_store import CopyPlan

    inner = source / "mlruns"
    folder = inner if inner.is_dir() else source
    with opened(str(folder), is_source=True) as origin, opened(target) as destination:
        carry_out(origin.archive, destination.archive, CopyPlan(), None, verify=False, dry_run=False, progress=progress)


def carry_out(
    origin: "Archive",
    target: "Archive",
    plan: "CopyPlan",
    trees: "ArtifactTrees | None",
    *,
    verify: bool,
    dry_run: bool,
    progress: bool | None,
) -> None:
    """Copy, or compare, or both; print what came of it. Ends with status 1 where the two are not alike after."""
    from kirok.services.copy_store import StoreCopy

    reports: list[Report] = []
    with ProgressBar(shown=progress) as bar:
        job = StoreCopy(origin, target, plan, trees, bar)
        if not dry_run:
            reports.append(job.copy())
        if verify or dry_run:
            reports.append(job.verify())
    for report in reports:
        click.echo(told(report))
    last = reports[-1]
    if not last.is_faithful:
        raise click.ClickException(shortfall(last))
    if last.wrote:
        click.echo(f"Copied: {last.written:,} rows written." if last.written else "Nothing to copy: all is there.")
    else:
        click.echo("Both sides are the same, in all that the destination can hold.")


@contextlib.contextmanager
def opened(uri: str, *, is_source: bool = False, artifact_root: str | None = None) -> "Iterator[OpenedStore]":
    """The archive of the store at `uri`. UsageError for a source that is not there, or a store that is no archive."""
    from kirok.base.settings import ArtifactSettings
    from kirok.services.artifact_places import ArtifactPlaces
    from kirok.stores.open import open_stores

    shown = printable(without_password(uri))
    if is_source:
        place = place_of(uri)
        if place is not None and not place.exists():
            raise click.UsageError(f"There is nothing to copy at {shown}.")
    stores = open_stores(uri, artifact_root=None if artifact_root is None else in_full(artifact_root))
    try:
        if stores.archive is None:
            raise click.UsageError(f"Nothing can be copied from or to {shown}: it ends with its process.")
        yield OpenedStore(stores.archive(), ArtifactPlaces.of(stores, ArtifactSettings.read(os.environ)))
    finally:
        stores.close()


def _opener(uri: str, proxied: str | None, places: "ArtifactPlaces") -> "Opener":
    """How files of the store at `uri` are reached; `proxied` is what `mlflow-artifacts:` means without a server."""
    from kirok.artifact_stores.open import open_artifact_store, open_run_artifacts
    from kirok.artifact_stores.protocols import ArtifactStore, StreamedArtifactStore
    from kirok.artifact_stores.subtrees import Subtree
    from kirok.base.errors import InvalidParameter
    from kirok.base.settings import ArtifactSettings, TransportSettings
    from kirok.rules.uris.parse import parse
    from kirok.rules.uris.proxied import HttpUrl, Proxied
    from kirok.transport import Transport

    is_server = isinstance(parse(uri), HttpUrl)
    transport = Transport(uri, TransportSettings.read(os.environ)) if is_server else None
    settings = ArtifactSettings.read(os.environ)

    def open_place(location: str) -> ArtifactStore | StreamedArtifactStore:
        location = places.of_files(location)
        place = parse(location)
        if isinstance(place, Proxied) and not is_server:
            if proxied is None:
                raise InvalidParameter(
                    "A server keeps these files. Name its --artifacts-destination by --source-artifacts, copy from the "
                    "server itself, or leave files where they are with --no-artifacts."
                )
            return Subtree(open_artifact_store(proxied, settings), place.inner)
        return open_run_artifacts(location, transport, settings)

    return open_place
