"""`kirok`: the commands, and the one place where an error becomes one line on stderr."""

import errno
import os
import shlex
from pathlib import Path
from typing import Any

import click

from kirok.base.errors import KirokError
from kirok.cli import artifacts, backup, copy, db, doctor, experiments, gc, later, runs, server
from kirok.cli.env_files import read_env_file
from kirok.cli.printing import one_line, survive_narrow_encodings


class _Commands(click.Group):
    """A group that knows which commands only MLflow has, and tells errors without a traceback."""

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name in later.COMMANDS:
            raise later.refusal(cmd_name)
        return super().get_command(ctx, cmd_name)

    def invoke(self, ctx: click.Context) -> Any:
        survive_narrow_encodings()
        try:
            return super().invoke(ctx)
        except KirokError as error:
            raise click.ClickException(one_line(_told(error))) from error
        except OSError as error:
            if error.errno == errno.EPIPE:  # a reader such as `head` had enough; click ends quietly
                raise
            raise click.ClickException(one_line(_told(error))) from error


def _told(error: Exception) -> str:
    """Its message, and what was noted of the moment at which it came up."""
    return " ".join([str(error), *getattr(error, "__notes__", [])])


def _load_env_file(_ctx: click.Context, _option: click.Parameter, path: Path | None) -> None:
    if path is None:
        return
    try:
        os.environ.update(read_env_file(path, os.environ))
    except KirokError as error:
        raise click.BadParameter(one_line(error.message)) from error
    click.echo(f"Loaded environment variables from: {shlex.quote(str(path))}", err=True)


def _print_version(ctx: click.Context, _option: click.Parameter, wanted: bool) -> None:
    if not wanted:
        return
    from importlib.metadata import version

    from kirok.wire.endpoints import MLFLOW_VERSION

    click.echo(f"kirok, version {version('kirok')} (speaks MLflow {MLFLOW_VERSION})")
    ctx.exit()


@click.group(cls=_Commands, context_settings={"help_option_names": ["--help"], "max_content_width": 100})
@click.option(
    "--version", is_flag=True, is_eager=True, expose_value=False, callback=_print_version, help="Print the version."
)
@click.option(
    "--env-file",
    type=click.Path(path_type=Path),
    is_eager=True,
    expose_value=False,
    callback=_load_env_file,
    help="Read environment variables from a file of NAME=value lines; those already set stay as they are.",
)
def kirok() -> None:
    """Experiment tracking that speaks MLflow.

    \b
    Start here:
      kirok server                      serve http://127.0.0.1:5000 from ./mlflow.db
      export MLFLOW_TRACKING_URI=http://127.0.0.1:5000
      python train.py                   runs appear in the browser as they log

    The commands other than `server` work on what MLFLOW_TRACKING_URI names: a server or a database.
    Every variable MLFLOW_X has a twin KIROK_X, which wins where both are set.
    """


kirok.add_command(server.command, "server")
kirok.add_command(server.command, "ui")
kirok.add_command(experiments.group)
kirok.add_command(runs.group)
kirok.add_command(artifacts.group)
kirok.add_command(doctor.command)
kirok.add_command(db.group)
kirok.add_command(backup.group)
kirok.add_command(gc.command)
kirok.add_command(copy.command)
kirok.add_command(copy.migrate_filestore)
