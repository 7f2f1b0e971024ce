"""`kirok db reindex`: what is kept beside MLflow's records, made anew."""

import sys
from collections.abc import Iterator
from contextlib import closing
from typing import TYPE_CHECKING

import click

from kirok.base.errors import NotSupported
from kirok.cli.existing_stores import refuse_absent
from kirok.cli.printing import printable
from kirok.rules.passwords import without_password

if TYPE_CHECKING:
    from kirok.stores.protocols import Reindexed


@click.command("reindex")
@click.argument("uri")
def command(uri: str) -> None:
    """Count the statistics of every series anew.

    They are counted from the points in the database at URI, such as sqlite:///mlflow.db.

    They keep themselves true; this is for whoever doubts it, or wants a database that MLflow alone has written to be
    ready before its first server starts. Servers may go on meanwhile, and it may be stopped and begun again.
    """
    from kirok.stores.open import open_stores

    shown = printable(without_password(uri))
    refuse_absent(uri)
    with closing(open_stores(uri)) as stores:
        if stores.reindex is None:
            raise NotSupported(f"{shown} keeps nothing that could be made anew: name a database.")
        last = _shown_while(stores.reindex())
    if last is None:
        click.echo(f"{shown} holds no runs.")
    else:
        click.echo(f"{shown}: {last.series:,} series of {last.points:,} points, in {last.runs:,} runs.")


def _shown_while(steps: "Iterator[Reindexed]") -> "Reindexed | None":
    """The last step, each having been shown on a terminal's line."""
    is_terminal = sys.stderr.isatty()
    last = None
    for last in steps:
        if is_terminal:
            line = f"{last.runs:,} of {last.all_runs:,} runs, {last.series:,} series, {last.points:,} points"
            click.echo(f"\r{line}\x1b[K", err=True, nl=False)
    if is_terminal:
        click.echo("\r\x1b[K", err=True, nl=False)
    return last
