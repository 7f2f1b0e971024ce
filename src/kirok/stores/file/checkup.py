"""Looking a folder of runs over."""

import json
import os
import time
from collections.abc import Iterator
from contextlib import suppress

from kirok.entities.views import LifecycleStage
from kirok.rules.lifecycle import LOGGED_MODELS_TAG
from kirok.stores.checkups import ArtifactOwner, Finding
from kirok.stores.file.experiment_records import read_experiment
from kirok.stores.file.folder import Folder
from kirok.stores.file.layout import ARTIFACTS, META, METRICS, MODELS, PARAMS, TRASH, keys_below
from kirok.stores.file.locks import locked
from kirok.stores.file.meta import Unreadable, read_meta
from kirok.stores.file.metric_lines import parse_ranks
from kirok.stores.file.run_records import run_info
from kirok.stores.file.scans import Stamp

_EXAMPLES = 3
_READY = 2  # LoggedModelStatus of MLflow
_WITHOUT_THEM_MLFLOW_SEES_NO_RUN = (METRICS, PARAMS, ARTIFACTS)


class _Tally:
    """A finding in the making."""

    def __init__(self, what: str, advice: str = "") -> None:
        self._what, self._advice = what, advice
        self._count = 0
        self._examples: list[str] = []

    def add(self, example: str) -> None:
        """One more."""
        self._count += 1
        if len(self._examples) < _EXAMPLES:
            self._examples.append(example)

    def finding(self, *, mended: bool = False) -> Iterator[Finding]:
        """What it came to, where it came to anything."""
        if self._count:
            yield Finding(self._what, self._count, tuple(self._examples), mended, "" if mended else self._advice)


class FileCheckup:
    """A Checkup of a folder."""

    def __init__(self, folder: Folder) -> None:
        self._layout = folder.layout

    def findings(self, *, fix: bool) -> Iterator[Finding]:
        """As Checkup."""
        damaged = _Tally("meta.yaml that cannot be read, or contradict the name of their folder", "Mend the files.")
        doubles = _Tally("experiments that are both in use and in the bin", "Rename one folder and its experiment_id.")
        places = list(self._layout.experiment_places())
        for place in places:
            if place.startswith(TRASH) and place.removeprefix(f"{TRASH}/") in places:
                doubles.add(self._layout.path(place))
            try:
                read_experiment(self._layout.path(place))
            except (Unreadable, FileNotFoundError) as error:
                if isinstance(error, Unreadable) or self._has_runs(place):
                    damaged.add(str(error))
        incomplete = _Tally("folders that are missing, without which MLflow does not see a run")
        broken = _Tally("files of metrics with lines that are no points", "Remove those lines; they are overlooked.")
        torn = _Tally("files of metrics that are cut off in a line")
        for place in places:
            for run in self._layout.run_places(place):
                path = self._layout.path(run)
                with suppress(FileNotFoundError, NotADirectoryError):
                    try:
                        run_info(path, read_meta(os.path.join(path, META)))
                    except Unreadable as error:
                        damaged.add(str(error))
                    for name in _WITHOUT_THEM_MLFLOW_SEES_NO_RUN:
                        if not os.path.isdir(os.path.join(path, name)):
                            incomplete.add(os.path.join(path, name))
                            if fix:
                                os.makedirs(os.path.join(path, name), exist_ok=True)
                    _look_at_series(path, broken, torn, fix)
        yield from damaged.finding()
        yield from doubles.finding()
        yield from incomplete.finding(mended=fix)
        yield from broken.finding()
        yield from torn.finding(mended=fix)

    def artifact_owners(self) -> Iterator[ArtifactOwner]:
        """As Checkup."""
        for place in self._layout.experiment_places():
            if place.startswith(TRASH):
                continue
            for run in self._layout.run_places(place):
                path = self._layout.path(run)
                with suppress(FileNotFoundError, Unreadable):
                    info = run_info(path, read_meta(os.path.join(path, META)))
                    if info.lifecycle_stage is LifecycleStage.ACTIVE:
                        yield ArtifactOwner("run", info.run_id, info.artifact_uri, _model_folders(path))
            models = self._layout.path(place, MODELS)
            for model_id in sorted(os.listdir(models)) if os.path.isdir(models) else ():
                with suppress(FileNotFoundError, NotADirectoryError, Unreadable):
                    meta = read_meta(os.path.join(models, model_id, META))
                    if meta.get("status") == _READY and meta.get("lifecycle_stage") != LifecycleStage.DELETED:
                        yield ArtifactOwner("logged model", model_id, str(meta.get("artifact_location")), ("",))

    def _has_runs(self, place: str) -> bool:
        return any(os.path.isfile(self._layout.path(run, META)) for run in self._layout.run_places(place))


def _look_at_series(run: str, broken: _Tally, torn: _Tally, fix: bool) -> None:
    for _, path in keys_below(os.path.join(run, METRICS)):
        with open(path, "rb") as file:
            content = file.read()
        if parse_ranks(content)[1]:
            broken.add(path)
        if not content.endswith(b"\n") and content and Stamp.of(os.stat(path)).is_settled(time.time_ns()):
            torn.add(path)
            if fix:
                _cut_off(run, path)


def _cut_off(run: str, path: str) -> None:
    """Take away what stands behind the last whole line: its writer died, and nobody was told that it was kept."""
    with locked(run), open(path, "r+b") as file:
        content = file.read()
        file.truncate(content.rfind(b"\n") + 1)


def _model_folders(run: str) -> tuple[str, ...]:
    """Where clients before MLflow 3 noted that they put models."""
    try:
        with open(os.path.join(run, "tags", LOGGED_MODELS_TAG), "rb") as file:
            models = json.loads(file.read())
        return tuple(str(model["artifact_path"]) for model in models)
    except (OSError, ValueError, TypeError, KeyError):
        return ()
