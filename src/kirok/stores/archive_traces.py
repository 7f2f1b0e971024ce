"""What MLflow's JSON and YAML tell of traces, as cells of the rows of its tables."""

import base64
import binascii
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

Cells = dict[str, Any]
"""Part of a row, by columns."""

NAME_TAG, SESSION = "mlflow.traceName", "mlflow.trace.session"
"""What MLflow's tables keep in columns of the trace's row, besides `NUMBERS`, instead of among tags and metadata."""

NUMBERS = {
    "mlflow.trace.tokenUsage": (
        "input_tokens",
        "output_tokens",
        "total_tokens",
        "cache_read_input_tokens",
        "cache_creation_input_tokens",
        "cache_creation_input_tokens_above_1hr",
    ),
    "mlflow.trace.cost": ("input_cost", "output_cost", "total_cost"),
}
"""Metadata whose JSON holds the numbers of these columns."""

_STATUSES = {"STATUS_CODE_OK": "OK", "STATUS_CODE_ERROR": "ERROR"}


def promoted(tags: Mapping[str, str], metadata: Mapping[str, str]) -> Cells:
    """The columns of `trace_info` that are told as tags and metadata."""
    found: Cells = {"trace_name": tags.get(NAME_TAG), "session_id": metadata.get(SESSION)}
    for key, columns in NUMBERS.items():
        told = _parsed(metadata.get(key) or "{}")
        for column in columns:
            value = told.get(column) if isinstance(told, dict) else None
            if not isinstance(value, int | float) or isinstance(value, bool):
                found[column] = None
            else:
                found[column] = float(value) if column.endswith("cost") else int(value)
    return found


def is_promoted(key: str) -> bool:
    """Whether metadata of this key stands in columns of the trace's row."""
    return key in NUMBERS or key == SESSION


def assessment_cells(told: Mapping[str, Any]) -> Cells | None:
    """The columns of an assessment but for those of its trace; None where it says nothing."""
    kind = next((each for each in ("feedback", "expectation", "issue") if told.get(each)), None)
    if kind is None:
        return None
    said = told[kind]
    if kind == "issue":
        value = said.get("issue_name")
    elif said.get("serialized_value"):  # how MLflow writes what is no scalar
        value = _parsed(said["serialized_value"]["value"])
    else:
        value = said.get("value")
    source = told.get("source") or {}
    aggregate, is_numeric = _aggregate(value)
    return {
        "name": str(told.get("assessment_name") or ""),
        "assessment_type": kind,
        "value": json.dumps(value),
        "error": json.dumps(said["error"]) if said.get("error") else None,
        "created_timestamp": milliseconds(told.get("create_time")),
        "last_updated_timestamp": milliseconds(told.get("last_update_time") or told.get("create_time")),
        "source_type": str(source.get("source_type") or "CODE"),
        "source_id": source.get("source_id"),
        "span_id": told.get("span_id"),
        "rationale": told.get("rationale"),
        "overrides": told.get("overrides"),
        "valid": bool(told.get("valid", True)),
        "assessment_metadata": json.dumps(told["metadata"]) if told.get("metadata") else None,
        "aggregate_value": aggregate,
        "is_numeric_value": is_numeric,
    }


def span_cells(span: Mapping[str, Any]) -> Cells:
    """The columns of a span, as `traces.json` has it, but for those of its trace."""
    attributes = span.get("attributes") or {}
    cost = _parsed(attributes.get("mlflow.llm.cost"))
    costs = cost if isinstance(cost, dict) else {}
    return {
        "span_id": hexadecimal(span["span_id"]),
        "parent_span_id": hexadecimal(span["parent_span_id"]) if span.get("parent_span_id") else None,
        "name": span.get("name"),
        "type": _text(_parsed(attributes.get("mlflow.spanType"))),
        "status": _STATUSES.get(str((span.get("status") or {}).get("code")), "UNSET"),
        "start_time_unix_nano": int(span["start_time_unix_nano"]),
        "end_time_unix_nano": span.get("end_time_unix_nano"),
        "content": json.dumps(span, ensure_ascii=False),
        **{name: _cost(costs.get(name)) for name in NUMBERS["mlflow.trace.cost"]},
        "model_name": _text(_parsed(attributes.get("mlflow.llm.model"))),
        "model_provider": _text(_parsed(attributes.get("mlflow.llm.provider"))),
    }


def milliseconds(told: object) -> int:
    """A time, RFC 3339 or milliseconds; 0 for none."""
    if isinstance(told, int):
        return told
    if isinstance(told, datetime):
        moment = told
    elif isinstance(told, str) and told:
        moment = datetime.fromisoformat(told)
    else:
        return 0
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return round(moment.timestamp() * 1000)


def hexadecimal(told: str) -> str:
    """A span's id: 16 hexadecimal digits, or 8 bytes in base64."""
    try:
        return base64.b64decode(told, validate=True).hex() if len(told) != 16 else told
    except binascii.Error:
        return told


def _parsed(value: object) -> Any:
    """What JSON text says; another value, or a text that is no JSON, as it is."""
    try:
        return json.loads(value) if isinstance(value, str) else value
    except ValueError:
        return value


def _aggregate(value: object) -> tuple[float | None, bool]:
    """(the number that MLflow's charts of assessments take a value for, whether it is one)."""
    if isinstance(value, bool):
        return float(value), False
    if isinstance(value, int | float):
        return float(value), True
    if isinstance(value, str) and value.strip().lower() in ("yes", "no"):
        return float(value.strip().lower() == "yes"), False
    return None, False


def _text(value: object) -> str | None:
    return value[:500] if isinstance(value, str) else None


def _cost(value: object) -> float | None:
    return float(value) if isinstance(value, int | float) else None
