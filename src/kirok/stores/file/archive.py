"""A folder of runs to copy out of and into."""

import time
from collections.abc import Iterator, Sequence
from functools import partial

from kirok.stores.archive_kinds import EXPERIMENTS, NOUNS, Kind, Noun
from kirok.stores.archives import Fingerprint, Row, canonical_document, fingerprint_of
from kirok.stores.file import archive_models as models
from kirok.stores.file import archive_runs as runs
from kirok.stores.file import archive_traces as traces
from kirok.stores.file.archive_files import Cells, Reader, Writer
from kirok.stores.file.archive_places import Places, experiment_of
from kirok.stores.file.faults import on_files, refusal
from kirok.stores.file.layout import is_experiment_name

# What MLflow's files have no place for.
_LOST = {
    "logged_model_metrics": ("dataset_uuid",),
    "assessments": ("run_id",),
}


class FileArchive:
    """An Archive on MLflow's folders."""

    def __init__(self, places: Places, artifact_root: str) -> None:
        self.default_artifact_root: str | None = artifact_root
        self._places = places
        self._readers: dict[str, Reader] = {
            "experiments": runs.read_experiments,
            "experiment_tags": runs.read_experiment_tags,
            "datasets": runs.read_datasets,
            "runs": runs.read_runs,
            "params": runs.read_params,
            "tags": runs.read_tags,
            "metrics": runs.read_metrics,
            "inputs": runs.read_inputs,
            "input_tags": runs.read_input_tags,
            "logged_models": models.read_logged_models,
            "logged_model_params": models.read_model_params,
            "logged_model_tags": models.read_model_tags,
            "logged_model_metrics": models.read_model_metrics,
            "trace_info": traces.read_trace_info,
            "trace_tags": traces.read_trace_tags,
            "trace_request_metadata": traces.read_trace_metadata,
            "spans": traces.read_trace_spans,
            "assessments": traces.read_assessments,
            "registered_models": models.read_registered_models,
            "registered_model_tags": models.read_registered_tags,
            "model_versions": models.read_versions,
            "model_version_tags": models.read_version_tags,
            "registered_model_aliases": models.read_aliases,
        }
        self._writers: dict[str, Writer] = {
            "experiments": runs.write_experiments,
            "experiment_tags": runs.write_experiment_tags,
            "datasets": runs.write_datasets,
            "runs": runs.write_runs,
            "params": runs.write_params,
            "tags": runs.write_tags,
            "metrics": runs.SeriesFiles().write,
            "inputs": runs.write_inputs,
            "input_tags": runs.write_input_tags,
            "logged_models": models.write_logged_models,
            "logged_model_params": models.write_model_params,
            "logged_model_tags": models.write_model_tags,
            "logged_model_metrics": models.write_model_metrics,
            "trace_info": traces.write_trace_info,
            "trace_tags": traces.write_trace_tags,
            "trace_request_metadata": traces.write_trace_metadata,
            "spans": traces.write_spans,
            "assessments": traces.write_assessments,
            "registered_models": models.write_registered_models,
            "registered_model_tags": models.write_registered_tags,
            "model_versions": models.write_versions,
            "model_version_tags": models.write_version_tags,
            "registered_model_aliases": models.write_aliases,
        }

    @property
    def root(self) -> str:
        """The folder of runs."""
        return self._places.layout.root

    def columns(self, kind: Kind) -> tuple[str, ...]:
        """As Archive."""
        if kind.name not in self._readers:
            return ()
        return tuple(column for column in kind.columns if column not in _LOST.get(kind.name, ()))

    def kept(self, kind: Kind) -> tuple[str, ...]:
        """As Archive: what can be told."""
        return self.columns(kind)

    def takes(self, kind: Kind, columns: Sequence[str], row: Row) -> bool:  # noqa: ARG002 - any
        """As Archive: any."""
        return True

    @on_files
    def units(self, noun: Noun, experiment_ids: Sequence[str] | None = None) -> Iterator[str]:
        """As Archive, in the order of ids."""
        wanted = None if experiment_ids is None else frozenset(experiment_ids)
        return iter(
            [
                unit_id
                for unit_id, place in self._places.of(noun).items()
                if wanted is None or experiment_of(place) in wanted
            ]
        )

    def rows(self, kind: Kind, columns: Sequence[str], ids: Sequence[str]) -> Iterator[Row]:
        """As Archive."""
        noun, reader = _noun_of(kind), self._readers[kind.name]
        found = self._places.of(noun)
        for unit_id in ids:
            place = found.get(unit_id)
            if place is not None and self._places.record(noun, place) is not None:
                try:
                    for cells in reader(self._places, place):
                        yield tuple(
                            canonical_document(cells[column]) if column in kind.documents else cells[column]
                            for column in columns
                        )
                except OSError as error:
                    raise refusal(error, self.root) from error

    def fingerprint(self, kind: Kind, columns: Sequence[str], ids: Sequence[str]) -> Fingerprint:
        """As Archive."""
        return fingerprint_of(self.rows(kind, columns, ids))

    @on_files
    def write(self, kind: Kind, columns: Sequence[str], rows: Sequence[Row]) -> None:
        """As Archive; what a source does not know is left out."""
        unknown: Cells = dict.fromkeys(kind.columns)
        named = partial(zip, columns, strict=True)
        self._writers[kind.name](self._places, [{**unknown, **dict(named(row))} for row in rows])

    def free_experiment_id(self, wanted: str, name: str) -> str:  # noqa: ARG002 - others name it
        """As Archive. An id of the folder's own has 18 digits, as MLflow's there."""
        found = self._places.of(EXPERIMENTS)
        if is_experiment_name(wanted) and wanted not in found:
            return wanted
        while (made := str(time.time_ns() // 10)) in found:
            pass
        return made

    def finish(self) -> None:
        """As Archive: nothing waits."""


def _noun_of(kind: Kind) -> Noun:
    return next(noun for noun in NOUNS if kind in noun.kinds)
