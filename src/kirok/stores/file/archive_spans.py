"""Spans of a trace in a folder: one JSON file, read as the rows of MLflow's table of spans."""

import base64
import binascii
import json
import os
from collections.abc import Iterator
from typing import Any

from kirok.stores.file.archive_files import Cells
from kirok.stores.file.archive_places import experiment_of

SPANS_FILE = "traces.json"

_STATUSES = {"STATUS_CODE_OK": "OK", "STATUS_CODE_ERROR": "ERROR"}


def read_spans(folder: str, place: str) -> Iterator[Cells]:
    """The spans in `folder` of the trace at `place`. None of a file that MLflow 2 wrote: it stays the file it is."""
    try:
        with open(os.path.join(folder, SPANS_FILE), "rb") as file:
            told = json.load(file)
    except (FileNotFoundError, ValueError):
        return
    for span in told.get("spans", ()) if isinstance(told, dict) else ():
        if "start_time_unix_nano" in span and "span_id" in span:
            yield _row(span, place)


def _row(span: dict[str, Any], place: str) -> Cells:
    attributes = span.get("attributes") or {}
    cost = _attribute(attributes, "mlflow.llm.cost")
    costs = cost if isinstance(cost, dict) else {}
    code = (span.get("status") or {}).get("code")
    return {
        "trace_id": os.path.basename(place),
        "experiment_id": experiment_of(place),
        "span_id": _hexadecimal(span["span_id"]),
        "parent_span_id": _hexadecimal(span["parent_span_id"]) if span.get("parent_span_id") else None,
        "name": span.get("name"),
        "type": _text(_attribute(attributes, "mlflow.spanType")),
        "status": _STATUSES.get(str(code), "UNSET"),
        "start_time_unix_nano": int(span["start_time_unix_nano"]),
        "end_time_unix_nano": span.get("end_time_unix_nano"),
        "content": json.dumps(span, ensure_ascii=False),
        **{name: _number(costs.get(name)) for name in ("input_cost", "output_cost", "total_cost")},
        "model_name": _text(_attribute(attributes, "mlflow.llm.model")),
        "model_provider": _text(_attribute(attributes, "mlflow.llm.provider")),
    }


def _attribute(attributes: dict[str, Any], name: str) -> Any:
    """An attribute's value, which MLflow keeps as JSON text."""
    value = attributes.get(name)
    try:
        return json.loads(value) if isinstance(value, str) else value
    except ValueError:
        return value


def _text(value: object) -> str | None:
    return value[:500] if isinstance(value, str) else None


def _number(value: object) -> float | None:
    return float(value) if isinstance(value, int | float) else None


def _hexadecimal(told: str) -> str:
    """A span's id: 16 hexadecimal digits, or 8 bytes in base64."""
    try:
        return base64.b64decode(told, validate=True).hex() if len(told) != 16 else told
    except binascii.Error:
        return told
