"""Logged models and the model registry of a folder as rows, and back."""

import math
import os
from collections.abc import Iterator, Sequence

from kirok.stores.archive_kinds import EXPERIMENTS, LOGGED_MODELS, REGISTERED_MODELS
from kirok.stores.file.archive_files import Cells, checked_name, merge_record, put, records_in, write_values
from kirok.stores.file.archive_places import Places, experiment_of
from kirok.stores.file.layout import ARTIFACTS, METRICS, MODELS, PARAMS, REGISTRY, TAGS, key_path, keys_below
from kirok.stores.file.run_records import read_values

ALIASES = "aliases"
_VERSION = "version-"
_STATUSES = {"LOGGED_MODEL_PENDING": 1, "LOGGED_MODEL_READY": 2, "LOGGED_MODEL_UPLOAD_FAILED": 3}

# The columns of a version that its record has under their own names; the times have other ones.
_VERSION_FIELDS = (
    "description user_id current_stage source run_id status status_message run_link storage_location"
).split()


def read_logged_models(places: Places, place: str) -> Iterator[Cells]:
    """The logged model at a place."""
    meta = places.record(LOGGED_MODELS, place) or {}
    status = meta.get("status", 1)
    yield {
        "model_id": os.path.basename(place),
        "experiment_id": experiment_of(place),
        "name": str(meta.get("name") or ""),
        "artifact_location": str(meta.get("artifact_location") or ""),
        "creation_timestamp_ms": int(meta.get("creation_timestamp") or 0),
        "last_updated_timestamp_ms": int(meta.get("last_updated_timestamp") or 0),
        "status": _STATUSES.get(status, 1) if isinstance(status, str) else int(status),
        "lifecycle_stage": str(meta.get("lifecycle_stage") or "active"),
        "model_type": meta.get("model_type"),
        "source_run_id": meta.get("source_run_id"),
        "status_message": meta.get("status_message"),
    }


def read_model_params(places: Places, place: str) -> Iterator[Cells]:
    """Params of the logged model at a place."""
    yield from _values(places, place, PARAMS, "param")


def read_model_tags(places: Places, place: str) -> Iterator[Cells]:
    """Tags of the logged model at a place."""
    yield from _values(places, place, TAGS, "tag")


def _values(places: Places, place: str, part: str, word: str) -> Iterator[Cells]:
    for key, value in read_values(places.layout.path(place, part)).items():
        unit = {"model_id": os.path.basename(place), "experiment_id": experiment_of(place)}
        yield {**unit, f"{word}_key": key, f"{word}_value": value}


def read_model_metrics(places: Places, place: str) -> Iterator[Cells]:
    """Points of the logged model at a place: `<time> <value> <step> <run>[ <dataset> <digest>]` a line."""
    for key, path in sorted(keys_below(places.layout.path(place, METRICS))):
        found: dict[tuple[int, int, str], Cells] = {}
        with open(path, encoding="utf-8", errors="replace") as file:
            for line in file:
                fields = line.split()
                if len(fields) not in (4, 6) or not line.endswith("\n"):
                    continue
                value, dataset = float(fields[1]), fields[4:]
                row = {
                    "model_id": os.path.basename(place),
                    "metric_name": key,
                    "metric_timestamp_ms": int(fields[0]),
                    "metric_step": int(fields[2]),
                    "metric_value": None if math.isnan(value) else value,
                    "experiment_id": experiment_of(place),
                    "run_id": fields[3],
                    "dataset_name": dataset[0] if dataset else None,
                    "dataset_digest": dataset[1] if dataset else None,
                }
                found[int(fields[0]), int(fields[2]), fields[3]] = row  # a database has one value at one moment
        yield from found.values()


def write_logged_models(places: Places, rows: Sequence[Cells]) -> None:
    """Logged models."""
    for row in rows:
        model_id = checked_name(row["model_id"])
        place = places.of(LOGGED_MODELS).get(model_id)
        if place is None:
            place = f"{places.of(EXPERIMENTS)[row['experiment_id']]}/{MODELS}/{model_id}"
        path = places.layout.path(place)
        for part in (METRICS, PARAMS, TAGS, ARTIFACTS):
            os.makedirs(os.path.join(path, part), exist_ok=True)
        record = {name.removesuffix("_ms"): value for name, value in row.items()}
        if record["lifecycle_stage"] != "deleted":
            del record["lifecycle_stage"]  # which MLflow writes of deleted ones alone
        merge_record(path, {}, record)
        places.add(LOGGED_MODELS, model_id, place)


def write_model_params(places: Places, rows: Sequence[Cells]) -> None:
    """Params of logged models."""
    write_values(places, LOGGED_MODELS, "model_id", PARAMS, rows, ("param_key", "param_value"))


def write_model_tags(places: Places, rows: Sequence[Cells]) -> None:
    """Tags of logged models."""
    write_values(places, LOGGED_MODELS, "model_id", TAGS, rows, ("tag_key", "tag_value"))


def write_model_metrics(places: Places, rows: Sequence[Cells]) -> None:
    """Points of logged models, over those at the same moment."""
    by_file: dict[tuple[str, str], list[Cells]] = {}
    for row in rows:
        by_file.setdefault((places.of(LOGGED_MODELS)[row["model_id"]], row["metric_name"]), []).append(row)
    for (place, key), given in by_file.items():
        known = {_moment(row): row for row in read_model_metrics(places, place) if row["metric_name"] == key}
        known |= {_moment(row): row for row in given}
        lines = "".join(_line(row) for row in known.values())
        put(places.layout.path(place), {key_path(METRICS, key): lines.encode()})


def _moment(row: Cells) -> tuple[int, int, str]:
    return row["metric_timestamp_ms"], row["metric_step"], row["run_id"]


def _line(row: Cells) -> str:
    value = math.nan if row["metric_value"] is None else float(row["metric_value"])
    line = f"{row['metric_timestamp_ms']} {value!r} {row['metric_step']} {row['run_id']}"
    dataset = (row["dataset_name"] or "", row["dataset_digest"] or "")
    # MLflow splits at spaces: a dataset with one in its name would make the file unreadable.
    told = f" {' '.join(dataset)}" if all(text and text.split() == [text] for text in dataset) else ""
    return f"{line}{told}\n"


def read_registered_models(places: Places, place: str) -> Iterator[Cells]:
    """The registered model at a place."""
    meta = places.record(REGISTERED_MODELS, place) or {}
    yield {
        "name": os.path.basename(place),
        "creation_time": meta.get("creation_timestamp"),
        "last_updated_time": meta.get("last_updated_timestamp"),
        "description": meta.get("description"),
    }


def read_registered_tags(places: Places, place: str) -> Iterator[Cells]:
    """Tags of the registered model at a place."""
    for key, value in read_values(places.layout.path(place, TAGS)).items():
        yield {"key": key, "value": value, "name": os.path.basename(place)}


def read_versions(places: Places, place: str) -> Iterator[Cells]:
    """Versions of the registered model at a place, deleted ones included."""
    for meta, folder in records_in(places.layout.path(place)):
        if folder.startswith(_VERSION):
            yield {
                "name": os.path.basename(place),
                "version": int(meta.get("version") or folder.removeprefix(_VERSION)),
                "creation_time": meta.get("creation_timestamp"),
                "last_updated_time": meta.get("last_updated_timestamp"),
                **{field: meta.get(field) for field in _VERSION_FIELDS},
                "status": meta.get("status") or "READY",
                "current_stage": meta.get("current_stage") or "None",
            }


def read_version_tags(places: Places, place: str) -> Iterator[Cells]:
    """Tags of the versions of the registered model at a place."""
    for meta, folder in records_in(places.layout.path(place)):
        if folder.startswith(_VERSION):
            for key, value in read_values(places.layout.path(place, folder, TAGS)).items():
                number = int(meta.get("version") or folder.removeprefix(_VERSION))
                yield {"key": key, "value": value, "name": os.path.basename(place), "version": number}


def read_aliases(places: Places, place: str) -> Iterator[Cells]:
    """Aliases of the registered model at a place."""
    for alias, version in read_values(places.layout.path(place, ALIASES)).items():
        if version.strip().isdecimal():
            yield {"alias": alias, "version": int(version), "name": os.path.basename(place)}


def write_registered_models(places: Places, rows: Sequence[Cells]) -> None:
    """Registered models."""
    for row in rows:
        place = f"{REGISTRY}/{checked_name(row['name'])}"
        record = {"name": row["name"], "description": row["description"], **_times(row)}
        new = {"deployment_job_id": None, "deployment_job_state": None, "workspace": "default"}
        merge_record(places.layout.path(place), new, record)
        places.add(REGISTERED_MODELS, row["name"], place)


def write_registered_tags(places: Places, rows: Sequence[Cells]) -> None:
    """Tags of registered models."""
    write_values(places, REGISTERED_MODELS, "name", TAGS, rows)


def write_versions(places: Places, rows: Sequence[Cells]) -> None:
    """Versions of registered models."""
    for row in rows:
        path = places.layout.path(places.of(REGISTERED_MODELS)[row["name"]], f"{_VERSION}{row['version']}")
        record = {field: row[field] for field in ("name", "version", *_VERSION_FIELDS)} | _times(row)
        merge_record(path, {"deployment_job_state": None, "model_id": None, "workspace": "default"}, record)


def write_version_tags(places: Places, rows: Sequence[Cells]) -> None:
    """Tags of versions."""
    by_version: dict[str, dict[str, bytes]] = {}
    for row in rows:
        path = places.layout.path(places.of(REGISTERED_MODELS)[row["name"]], f"{_VERSION}{row['version']}")
        by_version.setdefault(path, {})[key_path(TAGS, row["key"])] = (row["value"] or "").encode()
    for path, files in by_version.items():
        put(path, files)


def write_aliases(places: Places, rows: Sequence[Cells]) -> None:
    """Aliases: a file each, which is what counts, and MLflow's list of them in the model's record."""
    by_model: dict[str, dict[str, int]] = {}
    for row in rows:
        by_model.setdefault(row["name"], {})[row["alias"]] = row["version"]
    for name, aliases in by_model.items():
        path = places.layout.path(places.of(REGISTERED_MODELS)[name])
        put(path, {key_path(ALIASES, alias): str(version).encode() for alias, version in aliases.items()})
        known = {row["alias"]: str(row["version"]) for row in read_aliases(places, places.of(REGISTERED_MODELS)[name])}
        merge_record(path, {}, {"aliases": known})
        places.forget(places.of(REGISTERED_MODELS)[name])


def _times(row: Cells) -> Cells:
    return {"creation_timestamp": row["creation_time"], "last_updated_timestamp": row["last_updated_time"]}
