"""All that the real MLflow tells about a store, as plain data: two stores that look alike to it are alike."""

import math
from typing import Any

LARGEST = 1.7976931348623157e308


def portrait(mlflow: Any, uri: str, *, with_places: bool = False) -> dict[str, Any]:
    """What MLflow's client reads at `uri`. `with_places`: where files lie, too."""
    client = mlflow.MlflowClient(tracking_uri=uri, registry_uri=uri)
    experiments = client.search_experiments(view_type=3)
    ids = [one.experiment_id for one in experiments]
    names = {one.experiment_id: one.name for one in experiments}
    runs = [run for one in ids for run in client.search_runs([one], run_view_type=3)]
    return {
        "experiments": {
            one.name: (
                one.lifecycle_stage,
                one.creation_time,
                {key: value for key, value in one.tags.items() if key != "kirok.copied_from"},
                one.artifact_location if with_places else None,
            )
            for one in experiments
        },
        "runs": {run.info.run_id: _run(client, run.info.run_id, names, with_places) for run in runs},
        "models": {model.model_id: _model(model, names) for model in client.search_logged_models(experiment_ids=ids)},
        "traces": {
            info.trace_id: _trace(client.get_trace(info.trace_id), names)
            for one in ids
            for info in [trace.info for trace in client.search_traces(locations=[one], include_spans=False)]
        },
        "registry": {model.name: _registered(client, model) for model in client.search_registered_models()},
    }


def _run(client: Any, run_id: str, names: dict[str, str], with_places: bool) -> dict[str, Any]:
    run = client.get_run(run_id)
    info = run.info
    return {
        "info": (info.run_name, names[info.experiment_id], info.status, info.start_time, info.end_time, info.user_id),
        "stage": info.lifecycle_stage,
        "place": info.artifact_uri if with_places else None,
        "params": run.data.params,
        "tags": run.data.tags,
        "latest": {key: _number(value) for key, value in run.data.metrics.items()},
        "series": {key: _series(client.get_metric_history(run_id, key)) for key in run.data.metrics},
        "datasets": sorted(
            (
                repr(sorted(used.dataset.to_dictionary().items())),
                repr(sorted((tag.key, tag.value) for tag in used.tags)),
            )
            for used in run.inputs.dataset_inputs
        ),
        "models read": sorted(each.model_id for each in run.inputs.model_inputs or ()),
        "models made": sorted((each.model_id, each.step) for each in getattr(run.outputs, "model_outputs", ())),
    }


def _series(points: list[Any]) -> list[Any]:
    """Each point once: a folder may hold one twice."""
    return sorted({(point.step, point.timestamp, _number(point.value)) for point in points}, key=repr)


def _model(model: Any, names: dict[str, str]) -> dict[str, Any]:
    return {
        "info": (model.name, names[model.experiment_id], model.model_type or None, model.source_run_id or None),
        "state": (str(model.status), model.creation_timestamp, model.last_updated_timestamp),
        "params": model.params,
        "tags": model.tags,
        "metrics": sorted((m.key, m.value, m.timestamp, m.step, m.run_id) for m in model.metrics or ()),
    }


def _trace(trace: Any, names: dict[str, str]) -> dict[str, Any]:
    info = trace.info
    left_out = ("mlflow.artifactLocation", "mlflow.trace.spansLocation")
    return {
        "info": (names[info.experiment_id], info.request_time, info.execution_duration, str(info.state)),
        "previews": (info.request_preview, info.response_preview),
        "tags": {key: value for key, value in info.tags.items() if key not in left_out},
        "metadata": dict(info.trace_metadata),
        "spans": sorted(
            (span.span_id, span.parent_id, span.name, span.span_type, span.start_time_ns, span.end_time_ns,
             repr(span.inputs), repr(span.outputs), str(span.status.status_code)) for span in trace.data.spans
        ),
        "assessments": sorted(
            (each.name, repr(each.value), each.rationale or "", repr(each.metadata or {}), each.source.source_id,
             each.create_time_ms) for each in info.assessments
        ),
    }  # fmt: skip


def _registered(client: Any, model: Any) -> dict[str, Any]:
    versions = client.search_model_versions(f"name = '{model.name}'")
    return {
        "info": (model.description or "", model.creation_timestamp, model.last_updated_timestamp),
        "tags": model.tags,
        "aliases": {alias: str(version) for alias, version in client.get_registered_model(model.name).aliases.items()},
        "versions": {
            str(one.version): (one.description or "", one.current_stage, one.source, one.run_id, one.status, one.tags,
                               one.creation_timestamp) for one in versions
        },
    }  # fmt: skip


def _number(value: float) -> float | str:
    """A value as a database keeps it: no infinity, and NaN equal to itself."""
    if math.isnan(value):
        return "NaN"
    return max(-LARGEST, min(LARGEST, value))
