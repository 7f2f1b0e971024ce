"""`kirok db detach`: a database as MLflow made it."""

import click

from kirok.cli.existing_stores import refuse_absent
from kirok.cli.printing import printable
from kirok.rules.passwords import without_password


@click.command("detach")
@click.argument("uri")
def command(uri: str) -> None:
    """Remove kirok's own tables and indexes from a database.

    URI names it, such as sqlite:///mlflow.db.

    What MLflow keeps there stays as it is: experiments, runs, metrics. Gone are statistics and charts of series, and
    indexes that searches use; kirok makes them anew when it next opens the database. Stop kirok's servers first; the
    command refuses a SQLite file that one of them is serving.
    """
    from kirok.stores.open import detach

    refuse_absent(uri)
    removed = detach(uri)
    shown = printable(without_password(uri))
    if not removed:
        click.echo(f"{shown} holds no tables and indexes of kirok's. Nothing to do.")
        return
    for name in removed:
        click.echo(f"removed {printable(name)}")
    click.echo(f"{shown} is as MLflow made it.")
