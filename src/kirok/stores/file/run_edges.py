"""What runs read and produced: folders with a `meta.yaml` each, below `inputs` and `outputs` of a run."""

import os
from collections.abc import Iterator, Mapping
from typing import Any

from msgspec import Struct

from kirok.entities.datasets import Dataset, InputTag
from kirok.entities.models import LoggedModelInput, LoggedModelOutput
from kirok.stores.file.layout import INPUTS, META, OUTPUTS, input_id, is_id
from kirok.stores.file.meta import Unreadable, Warnings, meta_content, read_meta
from kirok.stores.file.scans import Stamp

_DATASET, _MODEL, _RUN = "DATASET", "MODEL", "RUN"
_RUN_OUTPUT, _MODEL_OUTPUT = "RUN_OUTPUT", "MODEL_OUTPUT"


class DatasetUse(Struct, frozen=True, array_like=True):
    """That a run read a dataset of its experiment."""

    dataset_id: str
    tags: tuple[InputTag, ...]


def dataset_edge(run_path: str, dataset_id: str) -> str:
    """The folder that says that the run in `run_path` read a dataset; it can be written once only."""
    return os.path.join(run_path, INPUTS, input_id(dataset_id, os.path.basename(run_path)))


def model_edge(run_path: str, model_id: str) -> str:
    """The folder that says that the run in `run_path` read a model."""
    return os.path.join(run_path, INPUTS, input_id(model_id, os.path.basename(run_path)))


def output_edge(run_path: str, model_id: str) -> str:
    """The folder that says that the run in `run_path` produced a model."""
    return os.path.join(run_path, OUTPUTS, model_id)


def dataset_edge_meta(dataset_id: str, tags: Mapping[str, str]) -> bytes:
    """The record in `dataset_edge`. Like MLflow, which names the source where the destination belongs."""
    return _edge_meta(_DATASET, dataset_id, _RUN, tags=dict(tags))


def model_edge_meta(model_id: str) -> bytes:
    """The record in `model_edge`."""
    return _edge_meta(_MODEL, model_id, _RUN, tags={})


def output_edge_meta(model_id: str, step: int) -> bytes:
    """The record in `output_edge`."""
    return _edge_meta(_RUN_OUTPUT, model_id, _MODEL_OUTPUT, tags={}, step=step)


def _edge_meta(source_type: str, source_id: str, destination_type: str, **more: object) -> bytes:
    return meta_content(
        {
            "source_type": source_type,
            "source_id": source_id,
            "destination_type": destination_type,
            "destination_id": source_id,
            **more,
        }
    )


def read_inputs(run_path: str, warnings: Warnings) -> tuple[tuple[DatasetUse, ...], tuple[LoggedModelInput, ...]]:
    """The datasets and the models that a run read."""
    uses: list[DatasetUse] = []
    models: list[LoggedModelInput] = []
    for meta in _records(os.path.join(run_path, INPUTS), warnings):
        source = str(meta.get("source_id"))
        if meta.get("source_type") == _DATASET and is_id(source):
            tags = meta.get("tags") or {}
            uses.append(DatasetUse(source, tuple(InputTag(str(key), str(value)) for key, value in tags.items())))
        elif meta.get("source_type") == _MODEL:
            models.append(LoggedModelInput(source))
    return tuple(uses), tuple(models)


def read_outputs(run_path: str, warnings: Warnings) -> tuple[LoggedModelOutput, ...]:
    """The models that a run produced."""
    return tuple(
        LoggedModelOutput(str(meta.get("destination_id")), int(meta.get("step") or 0))
        for meta in _records(os.path.join(run_path, OUTPUTS), warnings)
        if meta.get("destination_type") == _MODEL_OUTPUT
    )


def read_dataset(path: str) -> Dataset:
    """The description of the dataset in a folder. Unreadable or FileNotFoundError where there is none."""
    meta = read_meta(os.path.join(path, META))
    return Dataset(
        name=str(meta.get("name") or ""),
        digest=str(meta.get("digest") or ""),
        source_type=str(meta.get("source_type") or ""),
        source=str(meta.get("source") or ""),
        schema=meta.get("schema"),
        profile=meta.get("profile"),
    )


def dataset_meta(dataset: Dataset) -> bytes:
    """The record that `read_dataset` reads."""
    return meta_content(
        {
            "digest": dataset.digest,
            "name": dataset.name,
            "profile": dataset.profile,
            "schema": dataset.schema,
            "source": dataset.source,
            "source_type": dataset.source_type,
        }
    )


def _records(folder: str, warnings: Warnings) -> Iterator[dict[str, Any]]:
    try:
        names = sorted(os.listdir(folder))
    except (FileNotFoundError, NotADirectoryError):
        return
    for name in names:
        path = os.path.join(folder, name, META)
        try:
            stamp = Stamp.of(os.stat(path))
            yield read_meta(path)
        except (FileNotFoundError, NotADirectoryError):
            continue
        except Unreadable as error:
            warnings.skip(path, stamp, error)
