"""`kirok db upgrade`: an older MLflow database, brought to the schema that this version speaks."""

import shlex
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import click

from kirok.base.errors import InvalidState, KirokError
from kirok.cli.existing_stores import place_of
from kirok.cli.printing import printable
from kirok.cli.sizes import counted
from kirok.rules.passwords import without_password

if TYPE_CHECKING:
    from kirok.stores.sql.migrations.old_database import OldDatabase, PlannedStep
    from kirok.stores.sql.migrations.steps import Step

_DUMPS = {
    "postgresql": "pg_dump --format=custom --file=before-upgrade.dump DATABASE",
    "mysql": "mysqldump --single-transaction --routines --triggers DATABASE > before-upgrade.sql",
}


@click.command("upgrade")
@click.argument("url")
@click.option(
    "--plan", is_flag=True, help="Print each step, what it locks and about how long it takes. Change nothing."
)
@click.option("--yes", is_flag=True, help="Do not ask whether there is a dump (PostgreSQL and MySQL).")
@click.option("--no-snapshot", is_flag=True, help="Make no copy of a SQLite file first: there is a backup already.")
def command(url: str, plan: bool, yes: bool, no_snapshot: bool) -> None:
    """Bring an older database to this version's schema.

    That is the schema of MLflow 3.17.2; URL names the database, such as sqlite:///mlflow.db.

    One step a revision of MLflow, from 0.9 on, each of them whole or not at all: stopped half way, the same command
    goes on, and so does MLflow's. A SQLite file is copied first. Stop every server of the database before.
    """
    from kirok.stores.open import has_schema, lock_for_serving, old_database, schema_state
    from kirok.stores.sql.schema import HEAD, SchemaState

    shown = printable(without_password(url))
    state = schema_state(url)
    if state is SchemaState.EMPTY:
        # No error: containers begin with `db upgrade`, also where the database is new.
        file = place_of(url)
        if file is not None and not file.exists():
            click.echo(f"Warning: there is no {printable(str(file))}. If it is not new, check the spelling.", err=True)
        click.echo(f"{shown} has no tables yet. `kirok server` makes them, at schema revision {HEAD}, when it starts.")
        return
    if state is not SchemaState.OLDER and has_schema(url):  # which refuses a revision that is not known
        click.echo(f"{shown} is at schema revision {HEAD} already, the one this version speaks. Nothing to do.")
        if plan:
            with old_database(url) as database:
                _verify(database)
        return
    if plan:
        with old_database(url) as database:
            _print_plan(shown, database)
        return
    with lock_for_serving(url), old_database(url) as database:
        way_back = _prepare_way_back(url, database, yes=yes, no_snapshot=no_snapshot)
        _upgrade(shown, database, way_back)
        _verify(database)
    click.echo(f"{shown} is at schema revision {HEAD} now. {way_back}")


def _print_plan(shown: str, database: "OldDatabase") -> None:
    steps = database.plan()
    click.echo(f"{shown} is at {_said(database.revision)}. {len(steps)} steps lead to the head:")
    for number, planned in enumerate(steps, 1):
        click.echo(f"{number:3}. {planned.step.revision:13} {planned.step.title}")
        for work in planned.work:
            click.echo(f"       {work.table}: {work.said}, about {counted(work.rows, 'row')}{_about(work.seconds)}")
    if database.kind == "sqlite":
        click.echo("While a step runs, nobody else can write to the file. It is copied first.")
    else:
        click.echo(f"No copy is made of it. Take a dump first: {_DUMPS[database.kind]}")
    click.echo(f"About {_duration(_total(steps))} in all, more on a slow disk. Nothing was changed.")


def _prepare_way_back(url: str, database: "OldDatabase", *, yes: bool, no_snapshot: bool) -> str:
    """A sentence that says how to go back."""
    if database.kind == "sqlite":
        from kirok.stores.open import sqlite_path
        from kirok.stores.sql.sqlite.upgrading import check_room, snapshot_before_upgrade

        file = sqlite_path(url)
        if no_snapshot:
            check_room(file)
            return "To go back, put your backup in its place."
        copy = snapshot_before_upgrade(file, database.revision)
        click.echo(f"The database as it is was copied to {printable(str(copy))}.")
        return f"To go back, stop its servers and: mv {_quoted(copy)} {_quoted(file)}"
    dump = f"Take a dump of the database before, as the way back: {_DUMPS[database.kind]}"
    click.echo(dump)
    if not yes and sys.stdin.isatty():
        click.confirm("Is there a dump? Upgrade now?", abort=True)
    return "To go back, restore the dump."


def _upgrade(shown: str, database: "OldDatabase", way_back: str) -> None:
    total = len(database.plan())
    begun = time.monotonic()
    number = 0

    def tell(step: "Step") -> None:
        nonlocal number
        number += 1
        passed = time.monotonic() - begun
        so_far = f" ({_duration(passed)} so far)" if passed >= 1 else ""
        click.echo(f"{number:3}/{total} {step.revision:13} {step.title}{so_far}")

    try:
        database.upgrade(tell)
    except KirokError as error:
        raise InvalidState(
            f"{error.message} {shown} stays at {_said(database.revision)}, whole and usable by the MLflow of that "
            f"revision; the same command goes on from there once the cause is mended. {way_back}"
        ) from error


def _verify(database: "OldDatabase") -> None:
    differences = database.differences()
    if differences:
        raise InvalidState(
            f"The schema is not what it should be at this revision: {' '.join(differences)} Somebody changed it by "
            "hand, or an upgrade of another program broke off. Set these right, then run `kirok db upgrade --plan`, "
            "which checks again."
        )
    click.echo("The schema was compared with this version's: it is right.")


def _said(revision: str | None) -> str:
    return f"revision {revision}" if revision else "a schema from before revisions were recorded (MLflow 0.9)"


def _total(steps: "tuple[PlannedStep, ...]") -> float:
    return sum(planned.seconds for planned in steps)


def _about(seconds: float) -> str:
    return f", {_duration(seconds)}" if seconds >= 1 else ""


def _duration(seconds: float) -> str:
    if seconds < 120:
        return f"{max(1, round(seconds))} s"
    return f"{round(seconds / 60)} min" if seconds < 7200 else f"{seconds / 3600:.1f} h"


def _quoted(path: Path) -> str:
    return printable(shlex.quote(str(path)))
