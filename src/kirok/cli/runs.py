"""`kirok runs`: list, show, make and bin runs."""

import json
import sys
from contextlib import redirect_stdout
from datetime import datetime
from typing import Any

import click

from kirok.cli.connection import client, every
from kirok.cli.later import names
from kirok.cli.printing import printable, table
from kirok.cli.views import VIEW
from kirok.cli.why_not import command as why_not
from kirok.entities.runs import Run
from kirok.entities.views import ViewType

_ENDS = ["FINISHED", "FAILED", "KILLED"]

_id_option = click.option("--run-id", required=True, help="Id of the run.")


@click.group("runs")
def group() -> None:
    """Manage runs of the server or database that MLFLOW_TRACKING_URI names."""


group.add_command(why_not)


@group.command("list")
@click.option("--experiment-id", envvar=names("EXPERIMENT_ID"), required=True, help="Id of the experiment.")
@VIEW
def list_runs(experiment_id: str, view: ViewType) -> None:
    """List the runs of an experiment, newest first."""
    tracking = client()
    runs = every(
        lambda size, token: tracking.search_runs([experiment_id], "", view, max_results=size, page_token=token)
    )
    rows = [[_date(run.info.start_time), run.info.run_name, run.info.run_id] for run in runs]
    click.echo(table(["Date", "Name", "ID"], sorted(rows, reverse=True)))


@group.command()
@_id_option
def describe(run_id: str) -> None:
    """Show everything about a run, as JSON."""
    click.echo(json.dumps(_record(client().get_run(run_id)), indent=4))


@group.command()
@_id_option
def delete(run_id: str) -> None:
    """Put a run into the bin; `restore` takes it out."""
    client().delete_run(run_id)
    click.echo(f"Run with ID {printable(run_id)} has been deleted.")


@group.command()
@_id_option
def restore(run_id: str) -> None:
    """Take a run out of the bin."""
    client().restore_run(run_id)
    click.echo(f"Run with id {printable(run_id)} has been restored.")


@group.command()
@click.option("--experiment-id", envvar=names("EXPERIMENT_ID"), help="Id of its experiment.")
@click.option("--experiment-name", envvar=names("EXPERIMENT_NAME"), help="Name of its experiment, made if missing.")
@click.option("--run-name", help="Its name. [default: one is made up]")
@click.option("--description", help="What it is, in Markdown.")
@click.option("--tags", "-t", multiple=True, metavar="KEY=VALUE", help="A tag; may be given several times.")
@click.option(
    "--status",
    type=click.Choice(_ENDS, case_sensitive=False),
    default="FINISHED",
    show_default=True,
    help="How it ended.",
)
@click.option("--parent-run-id", help="Id of the run it is nested in.")
def create(
    experiment_id: str | None,
    experiment_name: str | None,
    run_name: str | None,
    description: str | None,
    tags: tuple[str, ...],
    status: str,
    parent_run_id: str | None,
) -> None:
    """Make a run that has ended already, for something that was done elsewhere."""
    if (experiment_id is None) == (experiment_name is None):
        raise click.UsageError("Must specify exactly one of --experiment-id or --experiment-name.")
    from kirok.client.fluent.experiments import set_experiment
    from kirok.client.fluent.runs import end_run, start_run

    given = _tags(tags)
    if experiment_name is not None:
        experiment_id = set_experiment(experiment_name).experiment_id
    run = start_run(
        experiment_id=experiment_id,
        run_name=run_name,
        nested=parent_run_id is not None,
        parent_run_id=parent_run_id,
        tags=given,
        description=description,
    )
    with redirect_stdout(sys.stderr):  # the links to the page, so that stdout is JSON alone
        end_run(status.upper())
    made = {
        "run_id": run.info.run_id,
        "experiment_id": run.info.experiment_id,
        "status": status.upper(),
        "run_name": run.info.run_name,
    }
    click.echo(json.dumps(made, indent=2))


def _tags(texts: tuple[str, ...]) -> dict[str, str]:
    found: dict[str, str] = {}
    for text in texts:
        key, equals, value = text.partition("=")
        if not equals:
            raise click.UsageError(f"Invalid tag format: '{text}'. Tags must be in key=value format.")
        if key in found:
            raise click.UsageError(f"Duplicate tag key: '{key}'")
        found[key] = value
    return found


def _date(time_ms: int | None) -> str:
    """A time as people on this machine read it."""
    if time_ms is None:
        return ""
    return f"{datetime.fromtimestamp(time_ms / 1000).astimezone():%Y-%m-%d %H:%M:%S %Z}"


def _record(run: Run) -> dict[str, Any]:
    """A run in the shape of MLflow's `to_dictionary`."""
    info = run.info
    return {
        "info": {
            "artifact_uri": info.artifact_uri,
            "end_time": info.end_time,
            "experiment_id": info.experiment_id,
            "lifecycle_stage": info.lifecycle_stage,
            "run_id": info.run_id,
            "run_name": info.run_name,
            "start_time": info.start_time,
            "status": info.status,
            "user_id": info.user_id,
        },
        "data": {"metrics": run.data.metrics, "params": run.data.params, "tags": run.data.tags},
        "inputs": {
            "model_inputs": [{"model_id": model.model_id} for model in run.inputs.model_inputs],
            "dataset_inputs": [
                {
                    "dataset": {name: getattr(given.dataset, name) for name in given.dataset.__struct_fields__},
                    "tags": {tag.key: tag.value for tag in given.tags},
                }
                for given in run.inputs.dataset_inputs
            ],
        },
        "outputs": {
            "model_outputs": [{"model_id": model.model_id, "step": model.step} for model in run.outputs.model_outputs]
        },
    }
