"""A store written by one client and gone on with by the other, and all that either sees in it."""

from pathlib import Path
from typing import Any

from interop.story import CHAPTERS, number, tell


def live(client: Any, uri: str, folder: Path) -> None:
    """Everything that users do, in a new store."""
    for chapter in CHAPTERS:
        tell(chapter, client, uri, folder / "files" / chapter.__name__)


def go_on(client: Any, uri: str) -> None:
    """Go on where the other stopped: write to its runs, bin one, and start new ones."""
    client.set_tracking_uri(uri)
    tracking = client.MlflowClient()
    runs = client.search_runs(search_all_experiments=True, output_format="list")
    client.set_experiment(experiment_id=runs[0].info.experiment_id)
    with client.start_run(run_id=runs[0].info.run_id):
        client.log_metric("later", 2.0, step=7)
        client.log_param("later", "x")
        client.set_tag("stage", "changed")
    tracking.delete_run(runs[1].info.run_id)
    tracking.delete_experiment(runs[-1].info.experiment_id)
    client.set_experiment("afterwards")
    with client.start_run(run_name="new"):
        client.log_metrics({"a": 1.5, "b": float("nan")})


def everything(client: Any, uri: str) -> dict[str, object]:
    """All that a client sees in a database: experiments and runs in every stage, whole, with all series."""
    client.set_tracking_uri(uri)
    tracking = client.MlflowClient()
    experiments = tracking.search_experiments(view_type=3, max_results=1000)
    ids = [experiment.experiment_id for experiment in experiments]
    found = tracking.search_runs(ids, run_view_type=3, max_results=1000, order_by=["attributes.start_time", "run_id"])
    runs = [tracking.get_run(run.info.run_id) for run in found]
    return {
        "experiments": [
            (one.experiment_id, one.name, one.artifact_location, one.lifecycle_stage, one.creation_time, one.tags)
            for one in experiments
        ],
        "runs": [_run(run) for run in runs],
        "searched": [_run(run) for run in found],
        "series": {
            (run.info.run_id, key): [
                (point.step, point.timestamp, number(point.value))
                for point in tracking.get_metric_history(run.info.run_id, key)
            ]
            for run in runs
            for key in run.data.metrics
        },
    }


def _run(run: Any) -> dict[str, object]:
    info = run.info
    return {
        "info": (info.run_id, info.experiment_id, info.run_name, info.user_id, info.status, info.lifecycle_stage),
        "place and times": (info.artifact_uri, info.start_time, info.end_time),
        "params": dict(run.data.params),
        "tags": dict(run.data.tags),
        "metrics": {key: number(value) for key, value in run.data.metrics.items()},
        "inputs": sorted(
            (
                *(given.dataset.name, given.dataset.digest, given.dataset.source_type, given.dataset.source),
                *(given.dataset.schema, given.dataset.profile),
                sorted((tag.key, tag.value) for tag in given.tags),
            )
            for given in run.inputs.dataset_inputs
        ),
    }
