"""All that one call changes of a run, checked against what is there, then made at once."""

import os
from collections.abc import Sequence

from kirok.base.errors import BadRequest, InvalidParameter
from kirok.entities.datasets import DatasetInput
from kirok.entities.metrics import Metric
from kirok.entities.models import LoggedModelInput, LoggedModelOutput
from kirok.entities.runs import Param, RunInfo, RunTag
from kirok.rules.batches import check_unchanged_params
from kirok.rules.lifecycle import RUN_NAME_TAG
from kirok.stores.file.layout import DATASETS, META, METRICS, MODELS, PARAMS, TAGS, dataset_id, is_id, key_path
from kirok.stores.file.meta import Unreadable, read_meta
from kirok.stores.file.metric_lines import model_point_lines, point_lines
from kirok.stores.file.run_edges import (
    dataset_edge,
    dataset_edge_meta,
    dataset_meta,
    model_edge,
    model_edge_meta,
    output_edge,
    output_edge_meta,
    read_dataset,
)
from kirok.stores.file.run_records import change_run
from kirok.stores.file.writing import Changes


class Batch:
    """Changes of the run in one folder, whose lock is held. What is refused is refused before anything changes."""

    def __init__(self, path: str, info: RunInfo, *, durable: bool) -> None:
        self._path = path
        self._info = info
        self._run_id = os.path.basename(path)
        self._experiment = os.path.dirname(path)
        self._changes = Changes(path, durable=durable)
        self._fields: dict[str, object] = {}
        self._deleted_time: int | None = None

    def update(self, *, run_name: str | None = None, deleted_time: int | None = None, **fields: object) -> None:
        """New values of the run's info; None, and an empty name, change nothing. The name stands in its tag, too."""
        self._fields |= {name: value for name, value in fields.items() if value is not None}
        self._deleted_time = deleted_time
        if run_name:
            self._fields["run_name"] = run_name
            self._set_tag(RUN_NAME_TAG, run_name)

    def add_params(self, params: Sequence[Param]) -> None:
        """InvalidParameter where one has another value already."""
        known: dict[str, str] = {}
        for param in params:
            try:
                with open(self._file(PARAMS, param.key), "rb") as file:
                    known[param.key] = file.read().decode(errors="replace")
            except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
                continue
        for param in check_unchanged_params(self._run_id, known, params):
            self._changes.replace(self._file(PARAMS, param.key), param.value.encode())

    def add_tags(self, tags: Sequence[RunTag]) -> None:
        """Of one key twice the last counts; the one that holds the name renames the run."""
        for tag in tags:
            if tag.key == RUN_NAME_TAG:
                self.update(run_name=tag.value)
            else:
                self._set_tag(tag.key, tag.value)

    def add_metrics(self, metrics: Sequence[Metric]) -> None:
        """Points are kept with the logged model they belong to as well, where it exists."""
        series: dict[str, list[Metric]] = {}
        for metric in metrics:
            series.setdefault(metric.key, []).append(metric)
        for key, points in series.items():
            self._changes.append(self._file(METRICS, key), point_lines(points))
            models = {point.model_id for point in points if point.model_id}
            for model_id in models:
                folder = os.path.join(self._experiment, MODELS, model_id)
                if is_id(model_id) and os.path.isfile(os.path.join(folder, META)):
                    lines = model_point_lines((one for one in points if one.model_id == model_id), self._run_id)
                    self._changes.append(key_path(os.path.join(folder, METRICS), key), lines)

    def add_inputs(self, datasets: Sequence[DatasetInput], models: Sequence[LoggedModelInput]) -> None:
        """Those that are there already stay as they are."""
        for used in datasets:
            dataset = used.dataset
            known_as = dataset_id(dataset.name, dataset.digest)
            described = os.path.join(self._experiment, DATASETS, known_as)
            try:
                read_dataset(described)
            except (FileNotFoundError, Unreadable):
                self._changes.add_folder(described, dataset_meta(dataset))
            tags = {tag.key: tag.value for tag in used.tags}
            self._add_edge(dataset_edge(self._path, known_as), dataset_edge_meta(known_as, tags))
        for model in models:
            check_model_id(model.model_id)
            self._add_edge(model_edge(self._path, model.model_id), model_edge_meta(model.model_id))

    def add_outputs(self, models: Sequence[LoggedModelOutput]) -> None:
        """BadRequest for a model given twice, now or before."""
        ids = [model.model_id for model in models]
        for model_id in ids:
            check_model_id(model_id)
        repeated = sorted({each for each in ids if _has_record(output_edge(self._path, each)) or ids.count(each) > 1})
        if repeated:
            raise BadRequest(
                f"Models {repeated} are already recorded as outputs of run {self._run_id}; name each once."
            )
        for model in models:
            self._add_edge(output_edge(self._path, model.model_id), output_edge_meta(model.model_id, model.step))

    def commit(self) -> RunInfo:
        """Make the changes; the run's info after them."""
        info = self._info
        if self._fields:
            info = change_run(self._changes, self._path, deleted_time=self._deleted_time, **self._fields)
        self._changes.commit()
        return info

    def _set_tag(self, key: str, value: str) -> None:
        self._changes.replace(self._file(TAGS, key), value.encode())

    def _file(self, part: str, key: str) -> str:
        return key_path(os.path.join(self._path, part), key)

    def _add_edge(self, path: str, meta: bytes) -> None:
        if not _has_record(path):
            self._changes.add_folder(path, meta)


def check_model_id(model_id: str) -> None:
    """Refuse what could be no folder's name."""
    if not is_id(model_id):
        raise InvalidParameter(
            f"Invalid model ID: {model_id!r}. A model id has up to 256 letters, digits, dashes and underscores."
        )


def _has_record(path: str) -> bool:
    try:
        return bool(read_meta(os.path.join(path, META)))
    except (FileNotFoundError, NotADirectoryError, Unreadable):
        return False
