"""The bin of a folder of runs: what `meta.yaml` calls deleted, and experiments in `.trash`."""

import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import Any

from kirok.base.errors import InvalidParameter, InvalidState, NotFound, NotSupported
from kirok.entities.views import LifecycleStage
from kirok.rules.keys import experiment_number
from kirok.rules.uris.paths import path_of
from kirok.stores.bins import BinKind, Discarded
from kirok.stores.file.faults import on_files
from kirok.stores.file.folder import Folder
from kirok.stores.file.layout import ARTIFACTS, META, MODELS, is_id
from kirok.stores.file.locks import locked
from kirok.stores.file.meta import Unreadable, read_meta

_DELETED = LifecycleStage.DELETED


class FileBin:
    """A Bin in a folder."""

    def __init__(self, folder: Folder) -> None:
        self._folder = folder
        self.root = folder.layout.root

    def contents(self, kind: BinKind, *, experiment_ids: Sequence[str] | None = None) -> Iterator[Discarded]:
        """As Bin."""
        if kind is BinKind.EXPERIMENT:
            for experiment in list(self._folder.experiments().values()):
                if experiment.lifecycle_stage is _DELETED:
                    yield Discarded(
                        kind,
                        experiment.experiment_id,
                        experiment.experiment_id,
                        experiment.artifact_location,
                        experiment.last_update_time,
                    )
            return
        places = (
            list(self._folder.layout.experiment_places())
            if experiment_ids is None
            else list(self._folder.places_of(experiment_ids))
        )
        of_kind = self._runs if kind is BinKind.RUN else self._models
        for place in places:
            yield from (thing for thing, stage in of_kind(place) if stage is _DELETED)

    def parts(self, experiment_id: str) -> Iterator[Discarded]:
        """As Bin."""
        yield from self.contents(BinKind.RUN, experiment_ids=[experiment_id])
        for place in self._folder.places_of([experiment_id]):
            for model, _ in self._models(place):
                yield Discarded(model.kind, model.id, model.experiment_id, model.artifact_uri)

    @on_files
    def find(self, kind: BinKind, thing_id: str) -> Discarded:
        """As Bin."""
        if kind is BinKind.EXPERIMENT:
            _, experiment = self._folder.experiment(thing_id)
            found = Discarded(kind, thing_id, thing_id, experiment.artifact_location, experiment.last_update_time)
            is_in_bin = experiment.lifecycle_stage is _DELETED
        else:
            place = self._place(kind, thing_id)
            if place is None:
                raise NotFound(f"There is no {kind} with id {thing_id}.")
            found, stage = self._described(kind, place)
            is_in_bin = stage is _DELETED or (kind is BinKind.LOGGED_MODEL and self._is_binned(found.experiment_id))
        if not is_in_bin:
            raise InvalidParameter(
                f"The {kind} {thing_id} is not in `deleted` lifecycle stage. Only what is deleted can be deleted for "
                "good."
            )
        return found

    @on_files
    def delete(self, thing: Discarded) -> None:
        """As Bin. `meta.yaml` goes last, so that what was begun is still in the bin."""
        if thing.kind is BinKind.EXPERIMENT:
            with suppress(NotFound), locked(self.root):
                self.find(thing.kind, thing.id)
                self._delete_experiment(thing.id)
            return
        place = self._place(thing.kind, thing.id)
        if place is not None:
            self.find(thing.kind, thing.id)
            _remove_record(self._folder.layout.path(place))

    def delete_jobs(self, *, began_before: int, job_ids: Sequence[str] | None = None) -> list[str]:  # noqa: ARG002
        """As Bin; MLflow keeps none in folders."""
        return []

    def used_bytes(self) -> int | None:
        """As Bin."""
        return None

    def compact(self) -> int:
        """As Bin."""
        raise NotSupported("A folder of runs takes no more space than its files: leave out --vacuum.")

    def _delete_experiment(self, experiment_id: str) -> None:
        (place,) = self._folder.places_of([experiment_id])
        layout = self._folder.layout
        left = sum(os.path.isfile(layout.path(run, META)) for run in layout.run_places(place))
        if left or next(self._models(place), None):
            raise InvalidState(
                f"Experiment {experiment_id} has runs or logged models left, so it stays. Delete or restore them first."
            )
        path = layout.path(place)
        for entry in list(os.scandir(path)):
            if entry.name == MODELS:
                _prune(entry.path)
            elif entry.is_dir(follow_symlinks=False) and not os.path.isdir(os.path.join(entry.path, ARTIFACTS)):
                shutil.rmtree(entry.path)  # tags, datasets, traces
        _remove_record(path)

    def _runs(self, place: str) -> Iterator[tuple[Discarded, LifecycleStage]]:
        for run_place, record in self._folder.records(place).items():
            if record.info.lifecycle_stage is _DELETED:
                with suppress(FileNotFoundError, Unreadable):
                    yield self._described(BinKind.RUN, run_place)

    def _models(self, place: str) -> Iterator[tuple[Discarded, LifecycleStage]]:
        try:
            names = os.listdir(self._folder.layout.path(place, MODELS))
        except (FileNotFoundError, NotADirectoryError):
            return
        for name in names:
            with suppress(FileNotFoundError, NotADirectoryError, Unreadable):
                yield self._described(BinKind.LOGGED_MODEL, f"{place}/{MODELS}/{name}")

    def _described(self, kind: BinKind, place: str) -> tuple[Discarded, LifecycleStage]:
        """A run or logged model and its stage. Unreadable or FileNotFoundError where it cannot be read."""
        meta = read_meta(self._folder.layout.path(place, META))
        is_run = kind is BinKind.RUN
        names = place.split("/")
        experiment_id = names[-2] if is_run else names[-3]
        uri = str(meta.get("artifact_uri" if is_run else "artifact_location") or "")
        deleted = meta.get("deleted_time" if is_run else "last_updated_timestamp")
        stage = LifecycleStage(meta.get("lifecycle_stage", LifecycleStage.ACTIVE))
        thing = Discarded(kind, names[-1], experiment_id, self._artifacts(uri, place), _time(deleted))
        return thing, stage

    def _artifacts(self, uri: str, place: str) -> str:
        """The artifact root, also where it moved into the bin with its experiment and the record was left behind."""
        path = self._folder.layout.path
        before = path(*place.removeprefix(".trash/").split("/"), ARTIFACTS)
        moved = uri in (before, path_of(before).uri)
        return path(*place.split("/"), ARTIFACTS) if moved else uri

    def _place(self, kind: BinKind, thing_id: str) -> str | None:
        layout = self._folder.layout
        if kind is BinKind.RUN:
            try:
                return layout.run_place(thing_id)
            except NotFound:
                return None
        if not is_id(thing_id):
            return None
        places = (f"{place}/{MODELS}/{thing_id}" for place in layout.experiment_places())
        return next((place for place in places if os.path.isfile(layout.path(place, META))), None)

    def _is_binned(self, experiment_id: str) -> bool:
        place = self._folder.layout.experiment_place(experiment_number(experiment_id))
        return place is not None and self._folder.experiment(experiment_id)[1].lifecycle_stage is _DELETED


def _time(value: Any) -> int | None:
    return value if isinstance(value, int) else None


def _remove_record(path: str) -> None:
    """Remove a folder with a `meta.yaml`; artifacts that are left in it stay, as a folder without a record."""
    for entry in list(os.scandir(path)):
        if entry.name == ARTIFACTS:
            _prune(entry.path)
        elif entry.is_dir(follow_symlinks=False) and not os.path.isdir(os.path.join(entry.path, ARTIFACTS)):
            shutil.rmtree(entry.path)
        elif not entry.is_dir(follow_symlinks=False) and entry.name != META:
            os.remove(entry.path)
    os.remove(os.path.join(path, META))
    _prune(path)


def _prune(path: str) -> None:
    """Remove folders in which no file is."""
    for parent, _, _ in os.walk(path, topdown=False):
        with suppress(OSError):
            os.rmdir(parent)
