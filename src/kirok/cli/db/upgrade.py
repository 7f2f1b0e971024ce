"""`kirok db upgrade`: whether a database has the schema this version speaks."""

import click

from kirok.cli.printing import printable
from kirok.cli.server import without_password


@click.command("upgrade")
@click.argument("url")
def command(url: str) -> None:
    """Make sure that the database at URL (such as sqlite:///mlflow.db) has this version's schema.

    This version speaks one schema, that of MLflow 3.17.2, and makes it in a new database by itself. It does not
    migrate: for an older database it says what to run, and changes nothing.
    """
    from kirok.stores.open import has_schema
    from kirok.stores.sql.schema import HEAD

    shown = printable(without_password(url))
    if has_schema(url):
        click.echo(f"{shown} is at schema revision {HEAD} already, the one this version speaks. Nothing to do.")
    else:
        click.echo(f"{shown} has no tables yet. `kirok server` makes them, at schema revision {HEAD}, when it starts.")
