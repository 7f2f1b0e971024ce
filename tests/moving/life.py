"""A store with everything in it, as the real MLflow writes it: `python life.py <tracking URI> [<artifacts folder>]`.

What there is for a store that cannot hold all of it (folders have no scorers) is left out there.
"""

import math
import sys
import tempfile
import warnings
from pathlib import Path
from typing import Any

LONG_SERIES = 3_200


def live(uri: str, artifacts: Path | None = None) -> None:
    """Fill the empty store at `uri`."""
    warnings.simplefilter("ignore")
    import mlflow

    mlflow.set_tracking_uri(uri)
    mlflow.set_registry_uri(uri)
    client = mlflow.MlflowClient()
    location = None if artifacts is None else artifacts.as_uri()
    churn = client.create_experiment("churn 제주", artifact_location=location, tags={"team": "fruit", "a/b": "c"})
    client.set_experiment_tag("0", "note", "the default one")
    first = _training(mlflow, churn)
    _model(mlflow, churn)
    _traces(mlflow, churn)
    _registry(client, first)
    gone = client.create_experiment("gone")
    client.create_run(gone, run_name="in a deleted experiment")
    client.delete_experiment(gone)
    in_default = client.create_run("0", run_name="in default")
    client.log_metric(in_default.info.run_id, "loss", 0.25)
    client.set_terminated(in_default.info.run_id, "FAILED", end_time=1_700_000_000_123)


def _training(mlflow: Any, experiment_id: str) -> str:
    """Runs: nested, deleted, with long and odd series, texts of every kind, datasets and files. The first one's id."""
    from mlflow.entities import Metric, Param, RunTag

    client = mlflow.MlflowClient()
    mlflow.set_experiment(experiment_id=experiment_id)
    with mlflow.start_run(run_name="first", tags={"stage": "one", "deep/er": "tag", "empty": ""}) as run:
        mlflow.log_params({"lr": 0.1, "nested/param": "x y\nz", "empty": "", "unicode": "값"})
        for begin in range(0, LONG_SERIES, 800):
            points = [
                Metric("loss", 1 / (step + 1), 1_700_000_000_000 + step, step) for step in range(begin, begin + 800)
            ]
            client.log_batch(run.info.run_id, metrics=points)
        odd = [math.nan, math.inf, -math.inf, -0.5, 1e-300, 5.0, 5.0]
        client.log_batch(
            run.info.run_id,
            metrics=[Metric("odd/values", value, 1_700_000_000_000, step) for step, value in enumerate(odd)],
            params=[Param("batch", "1")],
            tags=[RunTag("mlflow.note.content", "# A *note*")],
        )
        dataset = _dataset(mlflow)
        mlflow.log_input(dataset, context="training", tags={"split": "all"})
        mlflow.log_text("hello", "notes/hello.txt")
        mlflow.log_text("", "empty.txt")
        with mlflow.start_run(run_name="child", nested=True):
            mlflow.log_metric("loss", 2.0, step=3, timestamp=1_700_000_000_777)
            mlflow.log_input(dataset, context="evaluation")
    deleted = client.create_run(experiment_id, run_name="deleted", start_time=1_600_000_000_000)
    client.log_param(deleted.info.run_id, "lr", "0.2")
    client.delete_run(deleted.info.run_id)
    first: str = run.info.run_id
    return first


def _dataset(mlflow: Any) -> Any:
    import pandas

    return mlflow.data.from_pandas(pandas.DataFrame({"x": [1, 2, 3]}), source="numbers.csv", name="numbers")


def _model(mlflow: Any, experiment_id: str) -> None:
    """A logged model that one run made and another read."""
    from mlflow.entities import LoggedModelInput, LoggedModelOutput, LoggedModelStatus

    client = mlflow.MlflowClient()
    maker = client.create_run(experiment_id, run_name="maker")
    model = client.create_logged_model(
        experiment_id,
        name="forest",
        source_run_id=maker.info.run_id,
        tags={"kind": "tree"},
        params={"depth": "7"},
        model_type="classifier",
    )
    client.finalize_logged_model(model.model_id, LoggedModelStatus.READY)
    client.log_outputs(maker.info.run_id, [LoggedModelOutput(model.model_id, step=4)])
    client.log_metric(maker.info.run_id, "auc", 0.9, step=1, timestamp=1_700_000_000_000, model_id=model.model_id)
    client.log_inputs(
        client.create_run(experiment_id, run_name="reader").info.run_id, models=[LoggedModelInput(model.model_id)]
    )
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "MLmodel").write_text("flavors: {}\n")
        client.log_model_artifacts(model.model_id, folder)
    thrown_away = client.create_logged_model(experiment_id, name="stump")
    client.delete_logged_model(thrown_away.model_id)


def _traces(mlflow: Any, experiment_id: str) -> None:
    """Traces with spans, feedback and expectations; one that failed."""
    from mlflow.entities import AssessmentSource

    mlflow.set_experiment(experiment_id=experiment_id)
    source = AssessmentSource(source_type="HUMAN", source_id="me")
    for number in range(2):
        with mlflow.start_span("root", span_type="CHAIN") as root:
            root.set_inputs({"question": f"왜 {number}?"})
            with mlflow.start_span("tool", span_type="TOOL") as tool:
                tool.set_inputs({"n": number})
                tool.set_outputs([1, 2.5, None, "x"])
            root.set_outputs("because")
            mlflow.update_current_trace(tags={"kind": "good"}, metadata={"mlflow.trace.session": f"s{number}"})
    trace_id = mlflow.get_last_active_trace_id()
    mlflow.flush_trace_async_logging()
    mlflow.log_feedback(trace_id=trace_id, name="good", value=True, rationale="it is", source=source)
    mlflow.log_feedback(trace_id=trace_id, name="score", value=0.75, source=source, metadata={"by": "hand"})
    mlflow.log_expectation(trace_id=trace_id, name="answer", value={"text": "because"}, source=source)
    try:
        with mlflow.start_span("failing"):
            raise ValueError("boom")
    except ValueError:
        pass


def _registry(client: Any, run_id: str) -> None:
    """Registered models with versions, one deleted, aliases and tags."""
    client.create_registered_model("forest", tags={"owner": "me"}, description="A forest")
    for _ in range(3):
        client.create_model_version("forest", source=f"runs:/{run_id}/notes", run_id=run_id, tags={"a": "b"})
    client.delete_model_version("forest", "2")
    client.update_model_version("forest", "3", description="the third")
    client.set_registered_model_alias("forest", "champion", "3")
    client.transition_model_version_stage("forest", "1", "Staging")
    client.create_registered_model("empty one")


if __name__ == "__main__":
    live(sys.argv[1], Path(sys.argv[2]) if len(sys.argv) > 2 else None)
