"""`kirok db`: looking after the database of experiments and runs. One file per command."""

import click

from kirok.cli.db import check, detach, reindex, upgrade


@click.group("db")
def group() -> None:
    """Look after the database of experiments and runs."""


group.add_command(upgrade.command)
group.add_command(check.command)
group.add_command(reindex.command)
group.add_command(detach.command)
