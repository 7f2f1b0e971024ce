"""What each old database holds. Run by an old release of MLflow, so it speaks the Python and the MLflow of 2019.

    python old_release_story.py sqlite:///mlflow.db ARTIFACT_FOLDER

`make_old_databases.py` calls it. What a release lacks is left out; ids and times are whatever it makes.
"""

from __future__ import annotations

import inspect
import os
import sys
from typing import Any

import mlflow
from mlflow.entities import Metric
from mlflow.tracking import MlflowClient

VERSION = tuple(int(part) for part in mlflow.__version__.split(".")[:2])
SECOND_MS = 1000
START_MS = 1556000000000


def main(uri: str, artifacts: str) -> None:
    mlflow.set_tracking_uri(uri)
    client = MlflowClient()
    os.makedirs(artifacts, exist_ok=True)
    vision = create_experiment(client, "vision", artifacts)
    speech = create_experiment(client, "speech ☃", "s3://bucket/speech")
    thrown_away = create_experiment(client, "thrown away", "s3://bucket/away")
    runs = log_runs(client, vision)
    log_runs(client, speech)
    log_runs(client, thrown_away)
    client.delete_experiment(thrown_away)
    if VERSION >= (1, 2):
        client.set_experiment_tag(vision, "mlflow.note.content", "first *tries*")
        client.set_experiment_tag(vision, "owner", "한글")
    if VERSION >= (1, 4):
        register_models(client, runs)
    if VERSION >= (2, 4):
        log_inputs(client, runs)
    if VERSION >= (2, 14):
        log_traces(client, vision)
    if VERSION >= (3, 0):
        log_models(client, vision, runs)
    if VERSION >= (3, 5):
        grade(client, vision)


def create_experiment(client: Any, name: str, artifacts: str) -> str:
    experiment_id = client.create_experiment(name, artifact_location=artifacts)
    if experiment_id in (None, "None"):  # 0.9 does not say which it made
        (experiment_id,) = [each.experiment_id for each in client.list_experiments() if each.name == name]
    return str(experiment_id)


def log_runs(client: Any, experiment_id: str) -> list[str]:
    """Five runs: finished, failed, killed (where that is known), still running, deleted."""
    runs = [create_run(client, experiment_id, number) for number in range(5)]
    for number, run_id in enumerate(runs):
        client.log_param(run_id, "lr", 0.1 * (number + 1))
        client.log_param(run_id, "note", "x" * 250)
        client.set_tag(run_id, "team", "blue" if number % 2 else "red")
        log_points(
            client, run_id, "loss", [(step, START_MS + step * SECOND_MS, 1.0 / (step + 1)) for step in range(20)]
        )
        log_points(client, run_id, "accuracy", [(0, START_MS + number, 0.5 + number / 10.0)])
        # The latest is neither the last one logged nor the greatest: by step, then time, then value.
        log_points(client, run_id, "tied", [(-1, 9, 9.0), (3, 5, 0.25), (3, 7, 0.5), (3, 7, 0.75), (2, 8, 8.0)])
    if VERSION >= (1, 2):
        log_points(client, runs[0], "nan", [(0, 1, 1.0), (1, 2, float("nan"))])
        log_points(client, runs[0], "nan then number", [(0, 1, float("nan")), (1, 2, -1.0)])
        log_points(client, runs[1], "inf", [(0, 1, float("inf")), (1, 1, float("-inf"))])
    client.set_terminated(runs[0], "FINISHED", START_MS + 60 * SECOND_MS)
    client.set_terminated(runs[1], "FAILED", START_MS + 61 * SECOND_MS)
    if VERSION >= (1, 4):
        client.set_terminated(runs[2], "KILLED", START_MS + 62 * SECOND_MS)
    client.delete_run(runs[4])
    return runs


def create_run(client: Any, experiment_id: str, number: int) -> str:
    taken = inspect.signature(client.create_run).parameters
    arguments: dict[str, Any] = {"start_time": START_MS + number}
    if "run_name" in taken:
        arguments["run_name"] = f"run {number}"
    else:
        arguments["tags"] = {"mlflow.runName": f"run {number}"}
    if "user_id" in taken:
        arguments["user_id"] = f"user {number}"
    info = client.create_run(experiment_id, **arguments).info
    return str(info.run_id if VERSION >= (1, 0) else info.run_uuid)


def log_points(client: Any, run_id: str, key: str, points: list[tuple[int, int, float]]) -> None:
    if VERSION < (1, 0):  # metrics had no step, and their times were seconds
        for step, timestamp, value in points:
            client.log_metric(run_id, key, value, timestamp // SECOND_MS if timestamp > START_MS else timestamp + step)
    else:
        client.log_batch(run_id, [Metric(key, value, timestamp, step) for step, timestamp, value in points], [], [])


def register_models(client: Any, runs: list[str]) -> None:
    for name in ("classifier", "detector"):
        client.create_registered_model(name)
        for number, run_id in enumerate(runs[:3]):
            client.create_model_version(name, f"s3://bucket/models/{number}", run_id)
    client.transition_model_version_stage("classifier", "1", "Archived")
    client.transition_model_version_stage("classifier", "2", "Production")
    client.update_model_version("classifier", "1", description="the first")
    client.delete_model_version("detector", "3")
    if VERSION >= (1, 10):
        client.set_registered_model_tag("classifier", "task", "images")
        client.set_model_version_tag("classifier", "2", "approved by", "Ada")
    if VERSION >= (2, 3):
        client.set_registered_model_alias("classifier", "champion", "2")


def log_inputs(client: Any, runs: list[str]) -> None:
    from mlflow.entities import Dataset, DatasetInput, InputTag

    dataset = Dataset("digits", "0123abcd", "local", '{"uri": "digits.csv"}', '{"columns": []}', '{"rows": 3}')
    for run_id in runs[:2]:
        client.log_inputs(run_id, [DatasetInput(dataset, [InputTag("mlflow.data.context", "training")])])


def log_traces(client: Any, experiment_id: str) -> None:
    mlflow.set_experiment(experiment_id=experiment_id)
    if VERSION < (3, 0):
        for number in range(3):
            root = client.start_trace("answer", inputs={"question": number}, tags={"kind": "test"})
            span = client.start_span("look up", root.request_id, parent_id=root.span_id)
            client.end_span(root.request_id, span.span_id)
            client.end_trace(root.request_id, outputs={"answer": 42}, status="ERROR" if number == 2 else "OK")
        return
    for number in range(3):
        with mlflow.start_span("answer", span_type="CHAIN") as root:
            root.set_inputs({"question": number})
            with mlflow.start_span("ask the model", span_type="CHAT_MODEL") as span:
                span.set_attribute(
                    "mlflow.chat.tokenUsage", {"input_tokens": 7, "output_tokens": 5, "total_tokens": 12}
                )
                span.set_attribute("mlflow.llm.model", "gpt-4o")
                span.set_attribute("mlflow.llm.provider", "openai")
            mlflow.update_current_trace(
                tags={"kind": "test"}, metadata={"mlflow.trace.session": f"session {number % 2}"}
            )
            root.set_outputs({"answer": 42})
    if VERSION >= (3, 10):  # earlier ones wrote at once
        mlflow.flush_trace_async_logging()
    if VERSION >= (3, 2):
        trace_id = mlflow.get_last_active_trace_id()
        for value in (True, 0.5, "yes", "a word", {"nested": [1, 2]}):
            mlflow.log_feedback(trace_id=trace_id, name=f"grade {type(value).__name__}", value=value)


def log_models(client: Any, experiment_id: str, runs: list[str]) -> None:
    model = client.create_logged_model(
        experiment_id,
        name="net",
        source_run_id=runs[0],
        params={"layers": "3"},
        tags={"kind": "test"},
        model_type="net",
    )
    client.log_batch(runs[0], [Metric("score", 0.5, START_MS, 1, model_id=model.model_id)], [], [])
    client.finalize_logged_model(model.model_id, "READY")
    client.create_logged_model(experiment_id, name="pending")


def grade(client: Any, experiment_id: str) -> None:
    """What evaluations and webhooks leave."""
    from mlflow.entities.webhook import WebhookAction, WebhookEntity, WebhookEvent
    from mlflow.genai.datasets import create_dataset

    dataset = create_dataset("questions", experiment_id=experiment_id, tags={"kind": "test"})
    dataset.merge_records([{"inputs": {"question": 1}, "expectations": {"answer": 42}}])
    client.create_webhook(
        "bell", "https://1.1.1.1/bell", [WebhookEvent(WebhookEntity.MODEL_VERSION, WebhookAction.CREATED)]
    )


if __name__ == "__main__":
    main(*sys.argv[1:])
