"""`kirok experiments`: make, find, rename, bin and export experiments."""

import json
import sys
from pathlib import Path

import click

from kirok.base.errors import InvalidParameter, NotFound
from kirok.cli.connection import client, every
from kirok.cli.printing import printable, table
from kirok.cli.run_columns import write_runs
from kirok.cli.views import VIEW
from kirok.entities.experiments import Experiment
from kirok.entities.views import ViewType
from kirok.rules.uris.here import in_full

_id_option = click.option("--experiment-id", "-x", required=True, help="Id of the experiment.")


@click.group("experiments")
def group() -> None:
    """Manage experiments of the server or database that MLFLOW_TRACKING_URI names."""


@group.command()
@click.option("--experiment-name", "-n", required=True, help="Its name: unique among active and deleted ones.")
@click.option(
    "--artifact-location",
    "-l",
    help="Where its runs keep artifacts, each in <location>/<run id>/artifacts. [default: the server's choice]",
)
def create(experiment_name: str, artifact_location: str | None) -> None:
    """Make an experiment."""
    experiment_id = client().create_experiment(experiment_name, artifact_location)
    click.echo(f"Created experiment '{printable(experiment_name)}' with id {experiment_id}")


@group.command()
@VIEW
@click.option("--max-results", type=click.IntRange(min=0), help="List so many at most. [default: all]")
def search(view: ViewType, max_results: int | None) -> None:
    """List experiments with their artifact locations."""
    tracking = client()
    found = every(
        lambda size, token: tracking.search_experiments(view_type=view, max_results=size, page_token=token), max_results
    )
    rows = [[one.experiment_id, one.name, _location(one.artifact_location)] for one in sorted(found, key=_by_number)]
    click.echo(table(["Experiment Id", "Name", "Artifact Location"], rows))


group.add_command(search, "list")


@group.command()
@click.option("--experiment-id", "-x", help="Id of the experiment.")
@click.option("--experiment-name", "-n", help="Name of the experiment.")
@click.option("--output", type=click.Choice(["table", "json"]), default="table", show_default=True, help="Format.")
def get(experiment_id: str | None, experiment_name: str | None, output: str) -> None:
    """Show one experiment, deleted or not."""
    if (experiment_id is None) == (experiment_name is None):
        raise click.UsageError("Must specify exactly one of --experiment-id or --experiment-name.")
    tracking = client()
    if experiment_name is not None:
        found = tracking.get_experiment_by_name(experiment_name)
        if found is None:
            raise NotFound(f"Experiment with name '{experiment_name}' does not exist.")
    else:
        found = tracking.get_experiment(experiment_id or "")
    click.echo(json.dumps(_record(found), indent=2) if output == "json" else _described(found))


@group.command()
@_id_option
def delete(experiment_id: str) -> None:
    """Put an experiment and its runs into the bin; `restore` takes them out."""
    client().delete_experiment(experiment_id)
    click.echo(f"Experiment with ID {printable(experiment_id)} has been deleted.")


@group.command()
@_id_option
def restore(experiment_id: str) -> None:
    """Take an experiment and all its runs out of the bin."""
    client().restore_experiment(experiment_id)
    click.echo(f"Experiment with id {printable(experiment_id)} has been restored.")


@group.command()
@_id_option
@click.option("--new-name", required=True, help="Its new name.")
def rename(experiment_id: str, new_name: str) -> None:
    """Rename an active experiment."""
    client().rename_experiment(experiment_id, new_name)
    click.echo(f"Experiment with id {printable(experiment_id)} has been renamed to '{printable(new_name)}'.")


@group.command()
@_id_option
@click.option("--filename", "-o", type=click.Path(path_type=Path), help="Write there. [default: print]")
def csv(experiment_id: str, filename: Path | None) -> None:
    """Write an experiment's active runs as CSV: one column for each metric, param and tag."""
    tracking = client()
    runs = list(
        every(lambda size, token: tracking.search_runs([experiment_id], max_results=size, page_token=token)),
    )
    if filename is None:
        write_runs(sys.stdout, runs, escape=sys.stdout.isatty())
        return
    with filename.open("w", encoding="utf-8", newline="") as file:
        write_runs(file, runs)
    click.echo(
        f"Experiment with ID {printable(experiment_id)} has been exported as a CSV to file: {printable(str(filename))}."
    )


def _by_number(experiment: Experiment) -> tuple[bool, int, str]:
    """Ids of SQL stores in the order of their numbers, others after them by text."""
    is_number = experiment.experiment_id.isdecimal()
    return not is_number, int(experiment.experiment_id) if is_number else 0, experiment.experiment_id


def _location(location: str) -> str:
    try:
        return in_full(location)
    except InvalidParameter:  # another machine's, or nothing that can be read
        return location


def _record(experiment: Experiment) -> dict[str, object]:
    """The fields of MLflow's own JSON, those of traces (which kirok does not archive) null."""
    return {
        "artifact_location": experiment.artifact_location,
        "creation_time": experiment.creation_time,
        "effective_trace_archival_retention": None,
        "experiment_id": experiment.experiment_id,
        "last_update_time": experiment.last_update_time,
        "lifecycle_stage": experiment.lifecycle_stage,
        "name": experiment.name,
        "tags": experiment.tags,
        "trace_location": None,
        "workspace": experiment.workspace,
    }


def _described(experiment: Experiment) -> str:
    fields = {
        "Experiment ID": experiment.experiment_id,
        "Name": experiment.name,
        "Artifact Location": experiment.artifact_location,
        "Lifecycle Stage": experiment.lifecycle_stage,
        "Creation Time": str(experiment.creation_time or "N/A"),
        "Last Update Time": str(experiment.last_update_time or "N/A"),
        "Tags": ", ".join(f"{key}={value}" for key, value in experiment.tags.items()),
    }
    width = max(map(len, fields)) + 2
    return "\n".join(f"{name.ljust(width)}: {printable(value)}" for name, value in fields.items())
