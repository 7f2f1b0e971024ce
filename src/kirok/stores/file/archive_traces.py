"""Traces of a folder as rows, and back."""

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from kirok.stores.archive_kinds import EXPERIMENTS, TRACES
from kirok.stores.archive_traces import (
    NAME_TAG,
    NUMBERS,
    SESSION,
    assessment_cells,
    is_promoted,
    milliseconds,
    promoted,
    span_cells,
)
from kirok.stores.file.archive_files import Cells, checked_name, merge_record, put, write_values
from kirok.stores.file.archive_places import TRACE_INFO, Places, experiment_of
from kirok.stores.file.layout import ARTIFACTS, TAGS
from kirok.stores.file.layout import TRACES as TRACES_FOLDER
from kirok.stores.file.meta import Unreadable, meta_content, read_meta
from kirok.stores.file.run_records import read_values

METADATA, ASSESSMENTS = "request_metadata", "assessments"
SPANS_FILE = f"{ARTIFACTS}/traces.json"

_SPANS_LOCATION, _IN_STORE = "mlflow.trace.spansLocation", "TRACKING_STORE"


def read_trace_info(places: Places, place: str) -> Iterator[Cells]:
    """The trace at a place, as MLflow 3 or 2 wrote it."""
    meta = places.record(TRACES, place) or {}
    tags = read_values(places.layout.path(place, TAGS))
    metadata = read_values(places.layout.path(place, METADATA))
    duration = meta.get("execution_duration_ms", meta.get("execution_time_ms"))
    yield {
        "request_id": os.path.basename(place),
        "experiment_id": experiment_of(place),
        "timestamp_ms": _began(meta),
        "execution_time_ms": None if duration is None else int(duration),
        "status": str(meta.get("state") or meta.get("status") or "STATE_UNSPECIFIED"),
        "client_request_id": meta.get("client_request_id"),
        "request_preview": meta.get("request_preview"),
        "response_preview": meta.get("response_preview"),
        **promoted(tags, metadata),
    }


def read_trace_tags(places: Places, place: str) -> Iterator[Cells]:
    """Tags of the trace at a place. Its spans are at hand as those of a database are, so it is tagged as one of it."""
    tags = read_values(places.layout.path(place, TAGS))
    tags.pop(NAME_TAG, None)
    if next(_spans(places, place), None) is not None:
        tags[_SPANS_LOCATION] = _IN_STORE
    for key, value in sorted(tags.items()):
        yield {"key": key, "value": value, "request_id": os.path.basename(place)}


def read_trace_metadata(places: Places, place: str) -> Iterator[Cells]:
    """Metadata of the trace at a place."""
    for key, value in read_values(places.layout.path(place, METADATA)).items():
        if not is_promoted(key):
            yield {"key": key, "value": value, "request_id": os.path.basename(place)}


def read_trace_spans(places: Places, place: str) -> Iterator[Cells]:
    """Spans of the trace at a place."""
    yield from _spans(places, place)


def read_assessments(places: Places, place: str) -> Iterator[Cells]:
    """Assessments of the trace at a place."""
    began = _began(places.record(TRACES, place) or {})
    folder = places.layout.path(place, ASSESSMENTS)
    for name in sorted(os.listdir(folder)) if os.path.isdir(folder) else ():
        try:
            meta = read_meta(os.path.join(folder, name))
        except Unreadable:
            continue
        cells = assessment_cells(meta)
        if cells is not None:
            yield {
                "assessment_id": str(meta.get("assessment_id") or name.removesuffix(".yaml")),
                "trace_id": os.path.basename(place),
                "experiment_id": experiment_of(place),
                "trace_timestamp_ms": began,
                **cells,
            }


def _spans(places: Places, place: str) -> Iterator[Cells]:
    """The spans of the trace at a place. None of a file that MLflow 2 wrote: it stays the file it is."""
    try:
        with open(places.layout.path(place, SPANS_FILE), "rb") as file:
            told = json.load(file)
    except (FileNotFoundError, ValueError):
        return
    for span in told.get("spans", ()) if isinstance(told, dict) else ():
        if "start_time_unix_nano" in span and "span_id" in span:
            unit = {"trace_id": os.path.basename(place), "experiment_id": experiment_of(place)}
            yield unit | span_cells(span)


def write_trace_info(places: Places, rows: Sequence[Cells]) -> None:
    """Traces, with what of their tags and metadata a database keeps in columns."""
    for row in rows:
        trace_id = checked_name(row["request_id"])
        place = places.of(TRACES).get(trace_id)
        if place is None:
            place = f"{places.of(EXPERIMENTS)[row['experiment_id']]}/{TRACES_FOLDER}/{trace_id}"
        path = places.layout.path(place)
        record = {
            "trace_id": trace_id,
            "trace_location": {
                "type": "MLFLOW_EXPERIMENT",
                "mlflow_experiment": {"experiment_id": row["experiment_id"]},
            },
            "request_time": _written(row["timestamp_ms"]),
            "execution_duration_ms": row["execution_time_ms"],
            "state": row["status"],
        }
        told = ("client_request_id", "request_preview", "response_preview")
        record |= {name: row[name] for name in told if row[name] is not None}
        for part in (METADATA, TAGS):
            os.makedirs(os.path.join(path, part), exist_ok=True)
        files = {f"{TAGS}/{NAME_TAG}": row["trace_name"], f"{METADATA}/{SESSION}": row["session_id"]}
        for key, columns in NUMBERS.items():
            numbers = {column: row[column] for column in columns if row[column] is not None}
            files[f"{METADATA}/{key}"] = json.dumps(numbers) if numbers else None
        put(path, {name: value.encode() for name, value in files.items() if value is not None})
        merge_record(path, {}, record, TRACE_INFO)
        places.add(TRACES, trace_id, place)


def write_trace_tags(places: Places, rows: Sequence[Cells]) -> None:
    """Tags of traces; where spans lie is plain in a folder."""
    told = [row for row in rows if (row["key"], row["value"]) != (_SPANS_LOCATION, _IN_STORE)]
    write_values(places, TRACES, "request_id", TAGS, told)


def write_trace_metadata(places: Places, rows: Sequence[Cells]) -> None:
    """Metadata of traces."""
    write_values(places, TRACES, "request_id", METADATA, rows)


def write_spans(places: Places, rows: Sequence[Cells]) -> None:
    """Spans, into the file that MLflow reads them from."""
    by_trace: dict[str, list[Cells]] = {}
    for row in rows:
        by_trace.setdefault(row["trace_id"], []).append(row)
    for trace_id, given in by_trace.items():
        place = places.of(TRACES)[trace_id]
        known = {row["span_id"]: row for row in _spans(places, place)}
        known |= {row["span_id"]: row for row in given}
        spans = [json.loads(row["content"]) for row in known.values()]
        content = json.dumps({"spans": spans}, ensure_ascii=False).encode()
        put(places.layout.path(place), {SPANS_FILE: content})


def write_assessments(places: Places, rows: Sequence[Cells]) -> None:
    """Assessments, a file each."""
    for row in rows:
        path = places.layout.path(places.of(TRACES)[row["trace_id"]])
        value, kind = json.loads(row["value"]), row["assessment_type"]
        record: Cells = {
            "assessment_id": row["assessment_id"],
            "assessment_name": row["name"],
            "trace_id": row["trace_id"],
            "source": {"source_type": row["source_type"], "source_id": row["source_id"]},
            "create_time": _written(row["created_timestamp"]),
            "last_update_time": _written(row["last_updated_timestamp"]),
            "valid": bool(row["valid"]),
            kind: _assessment(value, kind),
        }
        if row["error"]:
            record[kind]["error"] = json.loads(row["error"])
        if row["assessment_metadata"]:
            record["metadata"] = json.loads(row["assessment_metadata"])
        record |= {name: row[name] for name in ("span_id", "rationale", "overrides") if row[name] is not None}
        name = f"{ASSESSMENTS}/{checked_name(row['assessment_id'])}.yaml"
        put(path, {name: meta_content(record)})


def _assessment(value: Any, kind: str) -> Cells:
    if kind == "issue":
        return {"issue_name": value}
    if kind == "expectation" and isinstance(value, list | dict):
        return {"serialized_value": {"serialization_format": "JSON_FORMAT", "value": json.dumps(value)}}
    return {"value": value}


def _began(meta: Mapping[str, Any]) -> int:
    if meta.get("timestamp_ms") is not None:
        return int(meta["timestamp_ms"])
    return milliseconds(meta.get("request_time"))


def _written(milliseconds: int) -> str:
    moment = datetime.fromtimestamp(milliseconds // 1000, UTC)
    rest = milliseconds % 1000
    return f"{moment:%Y-%m-%dT%H:%M:%S}{f'.{rest:03}' if rest else ''}Z"
