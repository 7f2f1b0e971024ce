"""`kirok db check`: whether all in a store is as it should be."""

import os
from collections.abc import Iterator
from contextlib import closing
from typing import TYPE_CHECKING

import click

from kirok.base.settings import ArtifactSettings
from kirok.cli.connection import transport_to
from kirok.cli.existing_stores import refuse_absent
from kirok.cli.later import names
from kirok.cli.printing import one_line, printable
from kirok.rules.passwords import without_password
from kirok.rules.uris.databases import Database
from kirok.rules.uris.parse import parse

if TYPE_CHECKING:
    from kirok.stores.checkups import Finding


@click.command("check")
@click.argument("uri")
@click.option("--fix", is_flag=True, help="Mend what can be derived from the rest.")
@click.option("--artifacts", is_flag=True, help="Also look for the artifacts of every run. Slow on object stores.")
@click.option(
    "--artifacts-destination",
    envvar=names("ARTIFACTS_DESTINATION"),
    metavar="URI",
    help="With --artifacts: where the server keeps those whose location begins with mlflow-artifacts:.",
)
@click.option(
    "--tracking-uri", envvar=names("TRACKING_URI"), metavar="URI", help="With --artifacts: a server that keeps them."
)
def command(uri: str, fix: bool, artifacts: bool, artifacts_destination: str | None, tracking_uri: str | None) -> None:
    """Look over a database or folder of runs.

    URI names it, such as sqlite:///mlflow.db or ./mlruns.

    Finds damaged pages of a SQLite file; rows of runs, experiments and others that do not exist; latest values that are
    not those of the points; runs whose name and tag differ; statistics that differ from the points. In a folder:
    records that cannot be read or contradict their folder's name, series that are cut off, missing subfolders.

    --fix mends what can be derived from the rest, each in a transaction: it deletes rows that belong to nothing, and
    computes latest values and statistics anew. Servers may go on meanwhile. The exit code is 1 where something is left.
    """
    left = 0
    for finding in _findings(uri, fix, artifacts, artifacts_destination, tracking_uri):
        left += not finding.mended
        click.echo(f"{finding.count:,} {finding.what}{': mended' if finding.mended else ''}")
        for example in finding.examples:
            click.echo(f"    such as {one_line(example)}")
        if finding.advice:
            click.echo(f"    {finding.advice}")
    shown = printable(without_password(uri))
    if left:
        hint = "" if fix else " --fix mends what can be derived from the rest."
        raise click.ClickException(f"{shown} is not as it should be.{hint}")
    click.echo(f"{shown} is as it should be.")


def _findings(
    uri: str, fix: bool, artifacts: bool, destination: str | None, tracking_uri: str | None
) -> "Iterator[Finding]":
    from kirok.services.artifact_places import ArtifactPlaces
    from kirok.services.artifact_removal import ArtifactRemoval
    from kirok.services.missing_artifacts import missing_artifacts
    from kirok.stores.open import open_stores

    damage = _damage(uri)
    if damage is not None:  # nothing that is read from such a file can be relied on
        yield damage
        return
    with closing(open_stores(uri)) as stores:
        if stores.checkup is None:
            shown = printable(without_password(uri))
            raise click.ClickException(f"{shown} cannot be looked over: name the database or folder of runs itself.")
        yield from stores.checkup.findings(fix=fix)
        if artifacts:
            places = ArtifactPlaces.of(stores, ArtifactSettings.read(os.environ))
            removal = ArtifactRemoval(places, transport_to(tracking_uri), destination)
            yield from missing_artifacts(stores.checkup, removal)


def _damage(uri: str) -> "Finding | None":
    """What SQLite finds wrong with its file; NotFound where there is no store, so that none is made."""
    from kirok.stores.checkups import Finding
    from kirok.stores.open import sqlite_path

    refuse_absent(uri)
    store = parse(uri)
    if not isinstance(store, Database) or not store.is_sqlite:
        return None
    from kirok.stores.sql.sqlite.snapshot import damages

    found = damages(sqlite_path(uri))
    advice = "Stop the server and restore a backup; without one, try `sqlite3 FILE .recover`."
    return Finding("damages of the file", len(found), tuple(found[:3]), advice=advice) if found else None
