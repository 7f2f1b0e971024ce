"""`kirok gc`: what lies in the bin, deleted for good."""

import os
import re
from collections.abc import Iterable
from contextlib import closing
from datetime import timedelta
from typing import TYPE_CHECKING

import click

from kirok.base.clock import now_ms
from kirok.base.errors import InvalidParameter, NotFound
from kirok.base.settings import ArtifactSettings
from kirok.cli.backup import default_backend
from kirok.cli.connection import transport_to
from kirok.cli.existing_stores import place_of
from kirok.cli.later import names
from kirok.cli.lists import listed
from kirok.cli.printing import one_line, printable
from kirok.cli.sizes import counted, size
from kirok.rules.locations import LOCAL_ARTIFACT_ROOT
from kirok.rules.passwords import without_password
from kirok.rules.uris.parse import parse
from kirok.rules.uris.proxied import HttpUrl

if TYPE_CHECKING:
    from kirok.services.artifact_removal import Footprint
    from kirok.services.delete_forever import Deleted, Kept
    from kirok.stores.bins import Bin

_AGE = re.compile(
    r"((?P<days>\d+\.?\d*|\.\d+)d)?((?P<hours>\d+\.?\d*|\.\d+)h)?((?P<minutes>\d+\.?\d*|\.\d+)m)?((?P<seconds>\d+\.?\d*|\.\d+)s)?"
)
_NAMES = {"run": "Run", "logged model": "Logged model", "experiment": "Experiment"}


@click.command("gc", short_help="Delete for good what lies in the bin.")
@click.option(
    "--older-than",
    metavar="AGE",
    help="Only what was deleted so long ago: days, hours, minutes, seconds as in 1d2h3m4s or 1.5d.",
)
@click.option(
    "--backend-store-uri",
    envvar=names("BACKEND_STORE_URI"),
    metavar="URI",
    help="Database or folder of runs. [default: --tracking-uri where that is no server, else sqlite:///mlflow.db, or "
    "./mlruns where that holds runs]",
)
@click.option(
    "--artifacts-destination",
    envvar=names("ARTIFACTS_DESTINATION"),
    metavar="URI",
    help="Where the server keeps artifacts whose location begins with mlflow-artifacts:. [default: they are deleted "
    "through the server at --tracking-uri]",
)
@click.option("--run-ids", metavar="IDS", help="Only these runs, separated by commas.")
@click.option(
    "--experiment-ids", metavar="IDS", help="Only these deleted experiments, with all their runs and logged models."
)
@click.option("--logged-model-ids", metavar="IDS", help="Only these logged models.")
@click.option(
    "--within",
    metavar="IDS",
    help="Of what is in the bin, only runs and logged models of these experiments, which stay.",
)
@click.option("--jobs", is_flag=True, help="Also records of MLflow's background jobs that have ended.")
@click.option("--job-ids", metavar="IDS", help="Only these records of jobs.")
@click.option("--tracking-uri", envvar=names("TRACKING_URI"), metavar="URI", help="A server that keeps artifacts.")
@click.option("--keep-artifacts", is_flag=True, help="Delete records only; leave artifacts where they are.")
@click.option("--dry-run", is_flag=True, help="Say what would go and how large it is; delete nothing.")
@click.option("--vacuum", is_flag=True, help="SQLite: then shrink the file. Writers wait meanwhile.")
@click.option("--workspace", metavar="NAME", help="Accepted where it is `default`, the one there is.")
@click.option("--all-workspaces", is_flag=True, help="Accepted without effect: there is one workspace.")
def command(
    older_than: str | None,
    backend_store_uri: str | None,
    artifacts_destination: str | None,
    run_ids: str | None,
    experiment_ids: str | None,
    logged_model_ids: str | None,
    within: str | None,
    jobs: bool,
    job_ids: str | None,
    tracking_uri: str | None,
    keep_artifacts: bool,
    dry_run: bool,
    vacuum: bool,
    workspace: str | None,
    all_workspaces: bool,  # noqa: ARG001 - all there are is one
) -> None:
    """Delete for good the runs, logged models and experiments that are in the bin, with their artifacts.

    \b
    kirok gc --dry-run                     what would go, and how large it is
    kirok gc --older-than 30d              what was deleted a month ago or earlier
    kirok gc --within 3,4 --older-than 7d  the deleted runs of two experiments

    With ids, only what they name goes; it must be in the bin. A run goes one after the other, its artifacts before its
    records, so an interrupted command is simply started again. Where artifacts cannot be deleted, the run stays in the
    bin, and the command ends with exit code 1.
    """
    from kirok.services.artifact_places import ArtifactPlaces
    from kirok.services.artifact_removal import ArtifactRemoval
    from kirok.services.delete_forever import Wanted, delete_forever
    from kirok.stores.open import open_stores

    if workspace not in {None, "default"}:
        raise click.UsageError(f"There is no workspace {workspace!r}: a kirok database has one, `default`.")
    age_ms = 0 if older_than is None else age(older_than)
    before = now_ms() - age_ms
    wanted = Wanted(
        run_ids=listed(run_ids),
        experiment_ids=listed(experiment_ids),
        logged_model_ids=listed(logged_model_ids),
        within=listed(within),
        deleted_before=None if older_than is None else before,
    )
    uri = _backend(backend_store_uri, tracking_uri)
    transport = transport_to(tracking_uri)
    with closing(open_stores(uri, artifact_root=LOCAL_ARTIFACT_ROOT)) as stores:
        places = ArtifactPlaces.of(stores, ArtifactSettings.read(os.environ))
        removal = None if keep_artifacts else ArtifactRemoval(places, transport, artifacts_destination)
        if stores.bin is None:
            raise click.ClickException(f"Nothing can be deleted for good at {printable(without_password(uri))}.")
        used = stores.bin.used_bytes()
        if vacuum and used is None:
            raise click.UsageError("--vacuum is for SQLite: other stores give space back by themselves.")
        only_jobs = bool(job_ids) and not (wanted.run_ids or wanted.experiment_ids or wanted.logged_model_ids or within)
        outcomes = () if only_jobs and not jobs else delete_forever(stores.bin, wanted, removal, dry_run=dry_run)
        freed, kept = _tell(outcomes, dry_run)
        if (jobs or job_ids) and not dry_run:
            for job_id in stores.bin.delete_jobs(began_before=before, job_ids=listed(job_ids) or None):
                click.echo(f"Job with ID {printable(job_id)} has been permanently deleted.")
        if artifacts_destination and not (dry_run or keep_artifacts):
            _sweep(artifacts_destination)
        _summarise(stores.bin, freed, used, dry_run=dry_run, vacuum=vacuum)
    if kept:
        outcome = "would stay" if dry_run else "could not be deleted"
        raise click.ClickException(f"{kept} {outcome}; the reasons are above. Mend them and run gc again.")


def _sweep(destination: str) -> None:
    from kirok.artifact_stores.local.leftovers import sweep
    from kirok.rules.uris.here import local_folder

    folder = local_folder(destination)
    removed = 0 if folder is None else sweep(folder)
    if removed:
        click.echo(f"{counted(removed, 'leftover')} of interrupted uploads removed.")


def age(text: str) -> int:
    """What `1d2h3m4s` comes to in milliseconds; InvalidParameter for anything else."""
    found = _AGE.fullmatch(text)
    if not text or found is None:
        raise InvalidParameter(
            f"Could not parse any time information from '{text}'. Examples of valid strings: '8h', '2d8h5m20s', '2m4s'"
        )
    parts = {name: float(number) for name, number in found.groupdict().items() if number}
    return int(timedelta(**parts).total_seconds() * 1000)


def _backend(given: str | None, tracking_uri: str | None) -> str:
    uri = given or (tracking_uri if tracking_uri and not _is_server(tracking_uri) else default_backend())
    if _is_server(uri):
        raise InvalidParameter(
            f"{without_password(uri)!r} is a server: name the store that it runs on by --backend-store-uri."
        )
    place = place_of(uri)
    if place is not None and not place.exists():
        raise NotFound(f"There is no store {str(place)!r}. Name one by --backend-store-uri.")
    return uri


def _is_server(uri: str) -> bool:
    return isinstance(parse(uri), HttpUrl)


def _tell(outcomes: "Iterable[Deleted | Kept]", dry_run: bool) -> "tuple[Footprint, int]":
    """Say what became of each thing; what its artifacts came to together, and how many stay."""
    from kirok.services.artifact_removal import Footprint
    from kirok.services.delete_forever import Deleted

    freed, kept = Footprint(), 0
    for outcome in outcomes:
        thing = outcome.thing
        named = f"{_NAMES[thing.kind]} with ID {printable(thing.id)}"
        if isinstance(outcome, Deleted):
            freed += outcome.artifacts
            files = outcome.artifacts
            did = (
                f"would be deleted: {counted(files.files, 'file')}, {size(files.size_bytes)}"
                if dry_run
                else ("has been permanently deleted")
            )
            click.echo(f"{named} {did}.")
        else:
            kept += 1
            click.echo(f"{named} stays: {one_line(outcome.reason)}", err=True)
    return freed, kept


def _summarise(bin_: "Bin", freed: "Footprint", used: int | None, *, dry_run: bool, vacuum: bool) -> None:
    artifacts = f"{size(freed.size_bytes)} of artifacts in {counted(freed.files, 'file')}"
    if dry_run:
        click.echo(f"Would free {artifacts}, and what the records take. Nothing was deleted.")
        return
    now = bin_.used_bytes()
    records = "" if used is None or now is None else f", {size(max(0, used - now))} of records"
    click.echo(f"Freed {artifacts}{records}.")
    if vacuum:
        click.echo(f"The database file is {size(max(0, bin_.compact()))} smaller.")
    elif records and used != now:
        click.echo("The database file keeps its size and fills the space again; --vacuum shrinks it.")
