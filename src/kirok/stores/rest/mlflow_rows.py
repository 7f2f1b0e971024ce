"""What MLflow's API tells, as rows."""

import json
from collections.abc import Iterator
from hashlib import md5
from typing import Any

from kirok.rules.values import stored_value
from kirok.stores.archive_traces import assessment_cells, is_promoted, milliseconds, promoted, span_cells
from kirok.stores.rest.mlflow_api import pairs

Cells = dict[str, Any]
Told = dict[str, Any]

_MODEL_STATUSES = {"LOGGED_MODEL_PENDING": 1, "LOGGED_MODEL_READY": 2, "LOGGED_MODEL_UPLOAD_FAILED": 3}
# What MLflow itself writes into columns that its API does not tell.
_RUN_CONSTANTS = {"source_type": "UNKNOWN", "source_name": "", "entry_point_name": "", "source_version": ""}


def derived_id(*parts: str) -> str:
    """An id for what has none in the API: always the same for the same thing."""
    return md5("\n".join(parts).encode(), usedforsecurity=False).hexdigest()


def experiment_cells(told: Told, experiment_id: str) -> Cells:
    """An experiment."""
    names = ("name", "artifact_location", "lifecycle_stage", "creation_time", "last_update_time")
    return {"experiment_id": experiment_id, **{name: told.get(name) for name in names}}


def dataset_cells(told: Told, experiment_id: str) -> Cells:
    """A dataset that a run of an experiment read."""
    return {
        "dataset_uuid": derived_id(experiment_id, told["name"], told["digest"]),
        "experiment_id": experiment_id,
        "name": told["name"],
        "digest": told["digest"],
        "dataset_source_type": told.get("source_type") or "",
        "dataset_source": told.get("source") or "",
        "dataset_schema": told.get("schema"),
        "dataset_profile": told.get("profile"),
    }


def run_cells(told: Told, run_id: str, experiment_id: str) -> Cells:
    """A run."""
    info = told["info"]
    names = ("user_id", "status", "start_time", "end_time", "lifecycle_stage", "artifact_uri")
    return {
        "run_uuid": run_id,
        "name": info.get("run_name"),
        "experiment_id": experiment_id,
        **_RUN_CONSTANTS,
        **{name: info.get(name) for name in names},
    }


def point_cells(told: Told, key: str, run_id: str) -> Cells:
    """A point of a series."""
    value, is_nan = stored_value(float(told.get("value", 0.0)))
    return {
        "key": key,
        "value": value,
        "timestamp": int(told.get("timestamp", 0)),
        "run_uuid": run_id,
        "step": int(told.get("step", 0)),
        "is_nan": bool(is_nan),
    }


def edges(told: Told, run_id: str, experiment_id: str) -> Iterator[tuple[Cells, dict[str, str]]]:
    """The edges of a run, each with its tags."""
    inputs, outputs = told.get("inputs") or {}, told.get("outputs") or {}
    for used in inputs.get("dataset_inputs", ()):
        dataset = derived_id(experiment_id, used["dataset"]["name"], used["dataset"]["digest"])
        yield _edge("DATASET", dataset, "RUN", run_id), pairs(used.get("tags"))
    for used in inputs.get("model_inputs", ()):
        yield _edge("RUN_INPUT", run_id, "MODEL_INPUT", used["model_id"]), {}
    for made in outputs.get("model_outputs", ()):
        yield _edge("RUN_OUTPUT", run_id, "MODEL_OUTPUT", made["model_id"], int(made.get("step") or 0)), {}


def _edge(source_type: str, source: str, destination_type: str, destination: str, step: int = 0) -> Cells:
    return {
        "input_uuid": derived_id(source_type, source, destination_type, destination),
        "source_type": source_type,
        "source_id": source,
        "destination_type": destination_type,
        "destination_id": destination,
        "step": step,
    }


def logged_model_cells(info: Told, experiment_id: str) -> Cells:
    """A logged model."""
    return {
        "model_id": info["model_id"],
        "experiment_id": experiment_id,
        "name": info.get("name") or "",
        "artifact_location": info.get("artifact_uri") or "",
        "creation_timestamp_ms": int(info.get("creation_timestamp_ms") or 0),
        "last_updated_timestamp_ms": int(info.get("last_updated_timestamp_ms") or 0),
        "status": _MODEL_STATUSES.get(str(info.get("status")), 1),
        "lifecycle_stage": "active",
        "model_type": info.get("model_type"),
        "source_run_id": info.get("source_run_id"),
        "status_message": info.get("status_message"),
    }


def model_point_cells(told: Told, model_id: str, experiment_id: str) -> Cells:
    """A point of a logged model."""
    name, digest = told.get("dataset_name"), told.get("dataset_digest")
    return {
        "model_id": model_id,
        "metric_name": told["key"],
        "metric_timestamp_ms": int(told.get("timestamp", 0)),
        "metric_step": int(told.get("step", 0)),
        "metric_value": float(told.get("value", 0.0)),
        "experiment_id": experiment_id,
        "run_id": told.get("run_id"),
        "dataset_name": name,
        "dataset_digest": digest,
    }


def trace_cells(told: Told, experiment_id: str) -> Cells:
    """A trace."""
    duration = told.get("execution_duration")
    return {
        "request_id": told["trace_id"],
        "experiment_id": experiment_id,
        "timestamp_ms": milliseconds(told.get("request_time")),
        "execution_time_ms": None if duration is None else round(float(duration.rstrip("s")) * 1000),
        "status": told.get("state") or "STATE_UNSPECIFIED",
        **{name: told.get(name) for name in ("client_request_id", "request_preview", "response_preview")},
        **promoted(told.get("tags") or {}, told.get("trace_metadata") or {}),
    }


def trace_values(told: Told, part: str) -> Iterator[Cells]:
    """The `tags` or `trace_metadata` of a trace, but for what stands in its columns."""
    for key, value in sorted((told.get(part) or {}).items()):
        if not is_promoted(key) and (part, key) != ("tags", "mlflow.traceName"):
            yield {"key": key, "value": value, "request_id": told["trace_id"]}


def trace_assessments(told: Told, experiment_id: str) -> Iterator[Cells]:
    """The assessments of a trace."""
    for said in told.get("assessments", ()):
        cells = assessment_cells(said)
        if cells is not None:
            yield {
                "assessment_id": said["assessment_id"],
                "trace_id": told["trace_id"],
                "experiment_id": experiment_id,
                "trace_timestamp_ms": milliseconds(told.get("request_time")),
                **cells,
            }


def span_row(told: Told, trace_id: str, experiment_id: str) -> Cells:
    """A span as OTLP's JSON tells it, turned into the JSON that MLflow keeps."""
    status = told.get("status") or {}
    kept = {
        "trace_id": told.get("trace_id"),
        "span_id": told["span_id"],
        "parent_span_id": told.get("parent_span_id") or None,
        "name": told.get("name"),
        "start_time_unix_nano": int(told["start_time_unix_nano"]),
        "end_time_unix_nano": int(told["end_time_unix_nano"]) if told.get("end_time_unix_nano") else None,
        "events": [
            {
                "name": event.get("name"),
                "time_unix_nano": int(event.get("time_unix_nano", 0)),
                "attributes": {one["key"]: _value(one.get("value")) for one in event.get("attributes", ())},
            }
            for event in told.get("events", ())
        ],
        "status": {"code": status.get("code", "STATUS_CODE_UNSET"), "message": status.get("message", "")},
        "attributes": {
            one["key"]: json.dumps(_value(one.get("value")), ensure_ascii=False) for one in told.get("attributes", ())
        },
        "links": [],
    }
    return {"trace_id": trace_id, "experiment_id": experiment_id, **span_cells(kept)}


def _value(told: Told | None) -> Any:
    """What an OTLP AnyValue holds."""
    for kind, held in (told or {}).items():
        match kind:
            case "array_value":
                return [_value(each) for each in held.get("values", ())]
            case "kvlist_value":
                return {each["key"]: _value(each.get("value")) for each in held.get("values", ())}
            case "int_value":
                return int(held)
            case "double_value":
                return float(held)
            case _:
                return held
    return None


def registered_model_cells(told: Told) -> Cells:
    """A registered model."""
    return {
        "name": told["name"],
        "creation_time": told.get("creation_timestamp"),
        "last_updated_time": told.get("last_updated_timestamp"),
        "description": told.get("description") or None,
    }


def version_cells(told: Told, source: str, run_id: str | None, storage: str | None) -> Cells:
    """A version of a registered model."""
    return {
        "name": told["name"],
        "version": int(told["version"]),
        "creation_time": told.get("creation_timestamp"),
        "last_updated_time": told.get("last_updated_timestamp"),
        "current_stage": told.get("current_stage") or "None",
        "source": source,
        "run_id": run_id,
        "storage_location": storage,
        # MLflow's API does not tell an empty text from none.
        **{name: told.get(name) or None for name in ("description", "user_id", "status", "status_message", "run_link")},
    }
