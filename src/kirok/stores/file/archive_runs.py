"""Experiments and runs of a folder as rows, and back."""

import os
from collections.abc import Iterator, Sequence
from itertools import groupby

from kirok.base.errors import InvalidParameter
from kirok.entities.metrics import Metric
from kirok.entities.views import RunStatus
from kirok.rules.series import Rank
from kirok.rules.values import restored_value
from kirok.stores.archive_kinds import EXPERIMENTS, RUNS
from kirok.stores.file.archive_files import Cells, checked_name, merge_record, put, records_in, write_values
from kirok.stores.file.archive_places import Places, experiment_of
from kirok.stores.file.layout import (
    ARTIFACTS,
    DATASETS,
    INPUTS,
    META,
    METRICS,
    OUTPUTS,
    PARAMS,
    TAGS,
    TRASH,
    dataset_id,
    input_id,
    is_experiment_name,
    key_path,
    keys_below,
)
from kirok.stores.file.locks import locked
from kirok.stores.file.meta import meta_content, read_meta
from kirok.stores.file.metric_lines import point_lines, read_ranks
from kirok.stores.file.run_records import read_values
from kirok.stores.file.writing import Changes

_SOURCE_TYPES = {1: "NOTEBOOK", 2: "JOB", 3: "PROJECT", 4: "LOCAL", 1000: "UNKNOWN"}
_SOURCE_NUMBERS = {name: number for number, name in _SOURCE_TYPES.items()}
_MOST_EDGES = 100_000
_RUN_FIELDS = ("source_name", "entry_point_name", "user_id", "start_time", "end_time", "source_version")


def read_experiments(places: Places, place: str) -> Iterator[Cells]:
    """The experiment at a place."""
    meta = places.record(EXPERIMENTS, place) or {}
    is_in_bin = place.startswith(f"{TRASH}/")
    yield {
        "experiment_id": os.path.basename(place),
        "name": str(meta.get("name") or f"experiment_{os.path.basename(place)}"),
        "artifact_location": meta.get("artifact_location"),
        "lifecycle_stage": "deleted" if is_in_bin else str(meta.get("lifecycle_stage") or "active"),
        "creation_time": meta.get("creation_time"),
        "last_update_time": meta.get("last_update_time"),
    }


def read_experiment_tags(places: Places, place: str) -> Iterator[Cells]:
    """Tags of the experiment at a place."""
    for key, value in read_values(places.layout.path(place, TAGS)).items():
        yield {"key": key, "value": value, "experiment_id": os.path.basename(place)}


def read_datasets(places: Places, place: str) -> Iterator[Cells]:
    """Datasets of the experiment at a place."""
    experiment_id = os.path.basename(place)
    for meta, _ in records_in(places.layout.path(place, DATASETS)):
        yield {
            "dataset_uuid": _dataset_uuid(meta, experiment_id),
            "experiment_id": experiment_id,
            "name": str(meta.get("name") or ""),
            "digest": str(meta.get("digest") or ""),
            "dataset_source_type": str(meta.get("source_type") or ""),
            "dataset_source": str(meta.get("source") or ""),
            "dataset_schema": meta.get("schema"),
            "dataset_profile": meta.get("profile"),
        }


def _dataset_uuid(meta: Cells, experiment_id: str) -> str:
    """The id of a dataset outside the folder. MLflow's own is the same in each experiment, unlike a database's."""
    return str(meta.get("dataset_uuid") or input_id(dataset_id(str(meta["name"]), str(meta["digest"])), experiment_id))


def read_runs(places: Places, place: str) -> Iterator[Cells]:
    """The run at a place."""
    meta = places.record(RUNS, place) or {}
    source, name = meta.get("source_type"), meta.get("run_name") or meta.get("name")
    if not name:
        name = read_values(places.layout.path(place, TAGS)).get("mlflow.runName")
    yield {
        "run_uuid": os.path.basename(place),
        "name": name,
        "source_type": source if isinstance(source, str) else _SOURCE_TYPES.get(source or 4, "LOCAL"),
        "status": RunStatus.of(meta.get("status", RunStatus.RUNNING.number)).value,
        "lifecycle_stage": str(meta.get("lifecycle_stage") or "active"),
        "artifact_uri": meta.get("artifact_uri"),
        "experiment_id": experiment_of(place),
        "deleted_time": meta.get("deleted_time"),
        **{field: meta.get(field) for field in _RUN_FIELDS},
    }


def read_params(places: Places, place: str) -> Iterator[Cells]:
    """Params of the run at a place."""
    for key, value in read_values(places.layout.path(place, PARAMS)).items():
        yield {"key": key, "value": value, "run_uuid": os.path.basename(place)}


def read_tags(places: Places, place: str) -> Iterator[Cells]:
    """Tags of the run at a place."""
    for key, value in read_values(places.layout.path(place, TAGS)).items():
        yield {"key": key, "value": value, "run_uuid": os.path.basename(place)}


def read_metrics(places: Places, place: str) -> Iterator[Cells]:
    """Points of the run at a place, each once: a folder may hold the same line twice, which a database does not."""
    run_id = os.path.basename(place)
    for key, path in sorted(keys_below(places.layout.path(place, METRICS))):
        for step, timestamp, value, is_nan in dict.fromkeys(read_ranks(path)[0]):
            yield {
                "key": key,
                "value": value,
                "timestamp": timestamp,
                "run_uuid": run_id,
                "step": step,
                "is_nan": bool(is_nan),
            }


def read_inputs(places: Places, place: str) -> Iterator[Cells]:
    """The edges of the run at a place."""
    for edge, _ in _edges(places, place):
        yield edge


def read_input_tags(places: Places, place: str) -> Iterator[Cells]:
    """Tags of the edges of the run at a place."""
    for edge, tags in _edges(places, place):
        for name, value in sorted(tags.items()):
            yield {"input_uuid": edge["input_uuid"], "name": str(name), "value": str(value)}


def _edges(places: Places, place: str) -> Iterator[tuple[Cells, dict[str, str]]]:
    run_id = os.path.basename(place)
    if len(places.edges) > _MOST_EDGES:
        places.edges.clear()
    for meta, name in records_in(places.layout.path(place, INPUTS)):
        source, tags = str(meta.get("source_id")), meta.get("tags") or {}
        edge: Cells = {"input_uuid": str(meta.get("input_uuid") or name), "step": 0}
        if meta.get("source_type") == "MODEL":
            ends = ("RUN_INPUT", run_id, "MODEL_INPUT", source)
        else:
            dataset = os.path.join(places.layout.path(os.path.dirname(place), DATASETS), source, META)
            try:
                described = read_meta(dataset)
            except FileNotFoundError:
                continue  # MLflow leaves such an edge out as well
            ends = ("DATASET", _dataset_uuid(described, experiment_of(place)), "RUN", run_id)
        places.edges[edge["input_uuid"]] = places.layout.path(place, INPUTS, name)
        yield _ended(edge, ends), tags
    for meta, name in records_in(places.layout.path(place, OUTPUTS)):
        model = str(meta.get("destination_id") or name)
        edge = {
            "input_uuid": str(meta.get("input_uuid") or input_id(f"output {model}", run_id)),
            "step": int(meta.get("step") or 0),
        }
        places.edges[edge["input_uuid"]] = places.layout.path(place, OUTPUTS, name)
        yield _ended(edge, ("RUN_OUTPUT", run_id, "MODEL_OUTPUT", model)), meta.get("tags") or {}


def _ended(edge: Cells, ends: tuple[str, str, str, str]) -> Cells:
    return edge | dict(zip(("source_type", "source_id", "destination_type", "destination_id"), ends, strict=True))


def write_experiments(places: Places, rows: Sequence[Cells]) -> None:
    """Experiments, into the bin where they are deleted."""
    for row in rows:
        experiment_id = row["experiment_id"]
        if not is_experiment_name(experiment_id):
            raise InvalidParameter(f"No experiment of a folder of runs has the id {experiment_id!r}.")
        place = f"{TRASH}/{experiment_id}" if row["lifecycle_stage"] == "deleted" else experiment_id
        old = places.of(EXPERIMENTS).get(experiment_id)
        layout = places.layout
        if old is not None and old != place:
            os.makedirs(os.path.dirname(layout.path(place)), exist_ok=True)
            os.rename(layout.path(old), layout.path(place))
            places.moved(old, place)
        os.makedirs(layout.path(place), exist_ok=True)
        record = {"effective_trace_archival_retention": None, "trace_location": None, "workspace": "default"}
        merge_record(layout.path(place), record, row)
        places.add(EXPERIMENTS, experiment_id, place)


def write_experiment_tags(places: Places, rows: Sequence[Cells]) -> None:
    """Tags of experiments."""
    write_values(places, EXPERIMENTS, "experiment_id", TAGS, rows)


def write_datasets(places: Places, rows: Sequence[Cells]) -> None:
    """Datasets of experiments."""
    for row in rows:
        place = places.of(EXPERIMENTS)[row["experiment_id"]]
        parent = places.layout.path(place, DATASETS, dataset_id(row["name"], row["digest"]))
        os.makedirs(parent, exist_ok=True)
        fields = ("name", "digest", "source_type", "source", "schema", "profile")
        meta = {field: row[field if field in row else f"dataset_{field}"] for field in fields}
        if row["dataset_uuid"] != _dataset_uuid(meta, row["experiment_id"]):
            meta["dataset_uuid"] = row["dataset_uuid"]  # a key more, which MLflow overlooks
        put(parent, {META: meta_content(meta)})


def write_runs(places: Places, rows: Sequence[Cells]) -> None:
    """Runs, with the folders without which MLflow would not see them."""
    for row in rows:
        run_id = checked_name(row["run_uuid"])
        place = places.of(RUNS).get(run_id) or f"{places.of(EXPERIMENTS)[row['experiment_id']]}/{run_id}"
        path = places.layout.path(place)
        for part in (METRICS, PARAMS, TAGS, ARTIFACTS):
            os.makedirs(os.path.join(path, part), exist_ok=True)
        record = {
            "artifact_uri": row["artifact_uri"],
            "experiment_id": row["experiment_id"],
            "lifecycle_stage": row["lifecycle_stage"],
            "run_id": run_id,
            "run_name": row["name"] or "",
            "source_type": _SOURCE_NUMBERS.get(row["source_type"] or "LOCAL", 4),
            "status": RunStatus.of(row["status"] or "RUNNING").number,
            "deleted_time": row["deleted_time"],
            **{field: row[field] for field in _RUN_FIELDS},
        }
        merge_record(path, {"tags": []}, record)
        places.add(RUNS, run_id, place)


def write_params(places: Places, rows: Sequence[Cells]) -> None:
    """Params of runs."""
    write_values(places, RUNS, "run_uuid", PARAMS, rows)


def write_tags(places: Places, rows: Sequence[Cells]) -> None:
    """Tags of runs."""
    write_values(places, RUNS, "run_uuid", TAGS, rows)


class SeriesFiles:
    """Appends points to metric files, each once. Remembers the file it wrote last: long series come in portions."""

    def __init__(self) -> None:
        self._path, self._known = "", set[Rank]()

    def write(self, places: Places, rows: Sequence[Cells]) -> None:
        """Points of runs."""
        for (run_id, key), points in groupby(rows, lambda row: (row["run_uuid"], row["key"])):
            run = places.layout.path(places.of(RUNS)[run_id])
            path = key_path(os.path.join(run, METRICS), key)
            if path != self._path:
                self._path = path
                self._known = set(read_ranks(path)[0]) if os.path.isfile(path) else set()
            new: list[Metric] = []
            for point in points:
                rank = (point["step"], point["timestamp"], point["value"], int(point["is_nan"]))
                if rank not in self._known:
                    self._known.add(rank)
                    new.append(Metric(key, restored_value(rank[2], rank[3]), rank[1], rank[0]))
            if new:
                with locked(run):
                    changes = Changes(run, durable=False)
                    changes.append(path, point_lines(new))
                    changes.commit()


def write_inputs(places: Places, rows: Sequence[Cells]) -> None:
    """Edges of runs to datasets and models."""
    for row in rows:
        kind = row["source_type"]
        run_id = row["destination_id"] if kind == "DATASET" else row["source_id"]
        place = places.of(RUNS)[run_id]
        path = places.layout.path(place)
        if kind == "DATASET":
            source = _folder_of_dataset(places, place, row["source_id"])
            # MLflow writes the source's id as that of the destination, too.
            meta = {"source_type": "DATASET", "source_id": source, "destination_type": "RUN", "destination_id": source}
            name, folder = input_id(source, run_id), INPUTS
        elif kind == "RUN_INPUT":
            model = row["destination_id"]
            meta = {"source_type": "MODEL", "source_id": model, "destination_type": "RUN", "destination_id": model}
            name, folder = input_id(model, run_id), INPUTS
        else:
            name, folder = checked_name(row["destination_id"]), OUTPUTS
            meta = {"source_type": "RUN_OUTPUT", "source_id": name, "destination_type": "MODEL_OUTPUT"}
            meta |= {"destination_id": name, "step": row["step"]}
        parent = os.path.join(path, folder, name)
        merge_record(parent, {"tags": {}}, meta | {"input_uuid": row["input_uuid"]})
        places.edges[row["input_uuid"]] = parent


def write_input_tags(places: Places, rows: Sequence[Cells]) -> None:
    """Tags of edges, which were read or written just before."""
    by_edge: dict[str, dict[str, str]] = {}
    for row in rows:
        by_edge.setdefault(row["input_uuid"], {})[row["name"]] = row["value"]
    for edge, tags in by_edge.items():
        folder = places.edges[edge]
        before = read_meta(os.path.join(folder, META)).get("tags") or {}
        merge_record(folder, {}, {"tags": {**before, **tags}})


def _folder_of_dataset(places: Places, run_place: str, dataset_uuid: str) -> str:
    parent = places.layout.path(os.path.dirname(run_place), DATASETS)
    for meta, name in records_in(parent):
        if _dataset_uuid(meta, experiment_of(run_place)) == dataset_uuid:
            return name
    raise InvalidParameter(f"The run {os.path.basename(run_place)} read the dataset {dataset_uuid}, which is missing.")
