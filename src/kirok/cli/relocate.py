"""`kirok artifacts relocate`: records made to name the place where their files lie now."""

import os
import shlex
from collections.abc import Sequence
from contextlib import closing, nullcontext
from typing import TYPE_CHECKING

import click

from kirok.base.errors import InvalidParameter
from kirok.cli.backup import default_backend
from kirok.cli.connection import transport_to
from kirok.cli.existing_stores import refuse_absent
from kirok.cli.later import names
from kirok.cli.printing import printable, table
from kirok.cli.sizes import counted
from kirok.rules.aliases import Alias
from kirok.rules.passwords import without_password
from kirok.rules.uris.here import in_full
from kirok.rules.uris.parse import parse, scheme
from kirok.rules.uris.paths import LocalPath

if TYPE_CHECKING:
    from kirok.services.relocated_files import Look
    from kirok.stores.relocations import Relocated

_SHOWN = 3
_MOST_PASSES = 3


@click.command("relocate", short_help="Tell the records that their files lie elsewhere now.")
@click.argument("old")
@click.argument("new")
@click.option("--dry-run", is_flag=True, help="Say what would change; change nothing.")
@click.option(
    "--backend-store-uri",
    envvar=names("BACKEND_STORE_URI"),
    metavar="URI",
    help="Database or folder of runs. [default: sqlite:///mlflow.db, or ./mlruns where that holds runs]",
)
@click.option(
    "--tracking-uri", envvar=names("TRACKING_URI"), metavar="URI", help="A server that keeps artifacts, to look there."
)
def command(old: str, new: str, dry_run: bool, backend_store_uri: str | None, tracking_uri: str | None) -> None:
    """Have records that place their files below OLD place them below NEW.

    \b
    kirok artifacts relocate /mnt/old/mlruns /data/mlruns --dry-run
    kirok artifacts relocate s3://old-bucket s3://new-bucket/mlflow
    kirok artifacts relocate 'E:\\mlruns' /mnt/e/mlruns --backend-store-uri sqlite:///mlflow.db

    Experiments, runs, logged models, versions of registered models and traces are changed, those in the bin included;
    a path and a file: URI of one folder are one. Files are NOT moved: move or copy them yourself, before or after
    (`cp -a`, `aws s3 sync`, `gcloud storage rsync`, `azcopy`), or copy records and files together by `kirok copy`.
    The command looks at some of the new places and says what it found there.

    A database changes as a whole or not at all. In a folder of runs one record changes after the other; an interrupted
    command is simply given again. OLD and NEW the other way round undo it.
    """
    from kirok.stores.open import lock_for_serving, open_stores

    try:
        alias = Alias.of(old, in_full(new) if new else new)
    except InvalidParameter as error:
        raise click.UsageError(error.message) from error
    uri = backend_store_uri or default_backend()
    shown = printable(without_password(uri))
    if scheme(uri) in ("http", "https"):
        raise click.UsageError(f"{shown} is a server: name the store that it runs on by --backend-store-uri.")
    refuse_absent(uri)
    # A server keeps answers in memory, and would go on writing to the old place.
    with nullcontext() if dry_run else lock_for_serving(uri), closing(open_stores(uri)) as stores:
        if stores.relocations is None:
            raise click.ClickException(f"{shown} keeps nothing that could be relocated.")
        found = stores.relocations.relocate(alias, write=not dry_run)
        _tell(found, old, dry_run=dry_run)
        if not dry_run:
            for _ in range(_MOST_PASSES - 1):  # what servers of a shared database wrote meanwhile
                more = stores.relocations.relocate(alias, write=True)
                late = sum(kind.count for kind in more)
                if not late:
                    break
                click.echo(f"And {counted(late, 'record')} more, written meanwhile.")
    if any(kind.count for kind in found):
        _tell_of_files(found, alias.new, old, tracking_uri)


def _tell(found: "Sequence[Relocated]", old: str, *, dry_run: bool) -> None:
    total = sum(kind.count for kind in found)
    if not total:
        elsewhere = next((kind.other_example for kind in found if kind.other_example), "")
        hint = f" Records name places such as {printable(elsewhere)}." if elsewhere else " No record names a place."
        click.echo(f"No record names a place below {printable(old)}.{hint}")
        return
    rows = [[kind.what, f"{kind.count:,}", f"{kind.others:,}"] for kind in found if kind.count or kind.others]
    click.echo(table(["Records", "Would change" if dry_run else "Changed", "Lie elsewhere"], rows))
    for kind in found:
        for changed in kind.examples[:_SHOWN]:
            click.echo(f"  {printable(changed.old)}\n    -> {printable(changed.new)}")
    if dry_run:
        click.echo("Nothing was changed.")


def _tell_of_files(found: "Sequence[Relocated]", new: str, old: str, tracking_uri: str | None) -> None:
    from kirok.artifact_stores.open import open_run_artifacts
    from kirok.base.settings import ArtifactSettings
    from kirok.services.relocated_files import look_at

    settings = ArtifactSettings.read(os.environ)
    tracking = transport_to(tracking_uri)
    look = look_at(found, lambda place: open_run_artifacts(place, tracking, settings))
    click.echo(printable(_seen(look, old, new)))


def _seen(look: "Look", old: str, new: str) -> str:
    """What the look at the new places came to, and what to do."""
    if look.unreached:
        return f"The new places could not be looked at from here: {look.unreached}"
    if look.left_behind:
        which = look.left_behind[0]
        return (
            f"The files of {len(look.left_behind)} of {look.looked_at} runs and logged models looked at are not at the "
            f"new place, and still at the old one, such as those of {which.id}. This command moves no files. "
            f"{_how_to_copy(old, new)}"
        )
    if look.there:
        return f"Files are at the new place of {look.there} of {look.looked_at} runs and logged models looked at."
    if look.empty:
        return (
            f"None of the {look.looked_at} runs and logged models looked at has a file at its new place, such as "
            f"{look.empty[0].new}. If they had any, move the files there: this command moves none."
        )
    return "This command moves no files."


def _path(folder: str) -> str:
    place = parse(folder)
    return (place.path if isinstance(place, LocalPath) else folder).rstrip("/")


def _how_to_copy(old: str, new: str) -> str:
    """The command that brings the files from one place to the other."""
    kinds = {scheme(place) for place in (old, new)}
    if kinds <= {"", "file"}:
        source, target = (shlex.quote(f"{_path(place)}/") for place in (old, new))
        return f"Copy them: cp -a {source}. {target}"
    if "s3" in kinds and kinds <= {"", "file", "s3"}:
        return f"Copy them: aws s3 sync {shlex.quote(old)} {shlex.quote(new)}"
    if "gs" in kinds and kinds <= {"", "file", "s3", "gs"}:
        return f"Copy them: gcloud storage rsync --recursive {shlex.quote(old)} {shlex.quote(new)}"
    return "Copy them by a tool of your object store, such as rclone sync or azcopy, with what lies below OLD and NEW."
