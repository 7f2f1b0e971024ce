"""A run's files as one record, and `meta.yaml` as it is changed."""

import os
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

import msgspec
from msgspec import Struct

from kirok.entities.datasets import Dataset, DatasetInput
from kirok.entities.metrics import Metric
from kirok.entities.models import LoggedModelInput, LoggedModelOutput
from kirok.entities.runs import Run, RunData, RunInfo, RunInputs, RunOutputs
from kirok.entities.views import LifecycleStage, RunStatus
from kirok.rules.lifecycle import RUN_NAME_TAG
from kirok.stores.file.layout import META, METRICS, PARAMS, TAGS, keys_below
from kirok.stores.file.meta import Unreadable, Warnings, meta_content, read_meta
from kirok.stores.file.run_edges import DatasetUse, read_inputs, read_outputs
from kirok.stores.file.series_records import SeriesRecord, read_series
from kirok.stores.file.writing import Changes

_LOCAL = 4
"""MLflow's number for a source of type LOCAL, which is what its file store writes whatever the tags say."""


class RunRecord(Struct, frozen=True, array_like=True):
    """A run but for the descriptions of its datasets, which it shares with others."""

    info: RunInfo
    params: dict[str, str]
    tags: dict[str, str]
    series: dict[str, SeriesRecord]
    """By metric; in the order of the keys, as are the two above."""
    dataset_uses: tuple[DatasetUse, ...]
    model_inputs: tuple[LoggedModelInput, ...]
    model_outputs: tuple[LoggedModelOutput, ...]

    def run(self, datasets: Mapping[str, Dataset]) -> Run:
        """The run, with the datasets of these ids; unknown ones are left out, as by MLflow."""
        used = (DatasetInput(datasets[one.dataset_id], one.tags) for one in self.dataset_uses
                if one.dataset_id in datasets)  # fmt: skip
        return Run(
            self.info,
            RunData(tuple(_latest(key, one) for key, one in self.series.items()), self.params, self.tags),
            RunInputs(tuple(used), self.model_inputs),
            RunOutputs(self.model_outputs),
        )


def _latest(key: str, record: SeriesRecord) -> Metric:
    last = record.statistics.last
    return Metric(key, last.value, last.timestamp, last.step)


def read_run(path: str, known: RunRecord | None, at_ns: int, warnings: Warnings) -> RunRecord:
    """The record of the run in folder `path`. Of what is `known`, series whose files have not changed are kept.

    Unreadable where `meta.yaml` is no record of this run; FileNotFoundError where there is none.
    """
    info = run_info(path, read_meta(os.path.join(path, META)))
    tags = read_values(os.path.join(path, TAGS))
    if not info.run_name and tags.get(RUN_NAME_TAG):
        info = msgspec.structs.replace(info, run_name=tags[RUN_NAME_TAG])
    uses, model_inputs = read_inputs(path, warnings)
    return RunRecord(
        info=info,
        params=read_values(os.path.join(path, PARAMS)),
        tags=tags,
        series=_read_series(os.path.join(path, METRICS), known.series if known else {}, at_ns, warnings),
        dataset_uses=uses,
        model_inputs=model_inputs,
        model_outputs=read_outputs(path, warnings),
    )


def run_info(path: str, meta: Mapping[str, Any]) -> RunInfo:
    """What `meta.yaml` in folder `path` says, in the words of any of MLflow's releases; Unreadable where it is about
    another run than the folder.
    """
    experiment, run_id = os.path.basename(os.path.dirname(path)), os.path.basename(path)
    told = str(meta.get("experiment_id")), meta.get("run_id") or meta.get("run_uuid")
    if told != (experiment, run_id):
        raise Unreadable(f"{os.path.join(path, META)} is about run {told[1]!r} of experiment {told[0]!r}")
    try:
        return RunInfo(
            run_id=run_id,
            experiment_id=experiment,
            run_name=str(meta.get("run_name") or meta.get("name") or ""),
            user_id=str(meta.get("user_id") or ""),
            status=RunStatus.of(meta.get("status", RunStatus.RUNNING.number)),
            start_time=_time(meta.get("start_time")),
            end_time=_time(meta.get("end_time")),
            artifact_uri=str(meta.get("artifact_uri") or ""),
            lifecycle_stage=LifecycleStage(meta.get("lifecycle_stage", LifecycleStage.ACTIVE)),
        )
    except (ValueError, TypeError) as error:
        raise Unreadable(f"{os.path.join(path, META)} holds what no run has: {error}") from None


def _time(value: object) -> int | None:
    return None if value is None else int(value)  # type: ignore[call-overload]  # a TypeError is what is wanted


def new_run_meta(info: RunInfo) -> bytes:
    """`meta.yaml` of a run that begins, as MLflow writes it."""
    return meta_content(
        {
            "artifact_uri": info.artifact_uri,
            "deleted_time": None,
            "end_time": info.end_time,
            "entry_point_name": "",
            "experiment_id": info.experiment_id,
            "lifecycle_stage": info.lifecycle_stage.value,
            "run_id": info.run_id,
            "run_name": info.run_name,
            "source_name": "",
            "source_type": _LOCAL,
            "source_version": "",
            "start_time": info.start_time,
            "status": info.status.number,
            "tags": [],
            "user_id": info.user_id,
        }
    )


def change_run(changes: Changes, path: str, *, deleted_time: int | None = None, **fields: object) -> RunInfo:
    """Have the run in folder `path` take on new values of fields of its info; the info as it is then.

    What else stands in `meta.yaml` stays, known to us or not, but the time of deletion, which goes with a restored run.
    """
    meta = read_meta(os.path.join(path, META))
    info = msgspec.structs.replace(run_info(path, meta), **fields)
    if info.lifecycle_stage is LifecycleStage.ACTIVE:
        meta.pop("deleted_time", None)
    elif deleted_time is not None:
        meta["deleted_time"] = deleted_time
    meta |= {
        "run_id": info.run_id,
        "experiment_id": info.experiment_id,
        "run_name": info.run_name,
        "status": info.status.number,
        "end_time": info.end_time,
        "lifecycle_stage": info.lifecycle_stage.value,
    }
    changes.replace(os.path.join(path, META), meta_content(meta))
    return info


def read_values(folder: str) -> dict[str, str]:
    """The values of the params or tags in a folder, by key, in the order of the keys."""
    found = {}
    for key, path in keys_below(folder):
        try:
            with open(path, "rb") as file:
                found[key] = file.read().decode(errors="replace")
        except FileNotFoundError:
            continue  # deleted meanwhile
    return dict(sorted(found.items()))


def _read_series(
    folder: str, known: Mapping[str, SeriesRecord], at_ns: int, warnings: Warnings
) -> dict[str, SeriesRecord]:
    found = {}
    for key, path in keys_below(folder):
        with suppress(FileNotFoundError):  # deleted meanwhile
            record = read_series(path, known.get(key), at_ns, warnings)
            if record is not None:
                found[key] = record
    return dict(sorted(found.items()))
