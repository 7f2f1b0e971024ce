"""Where the units that can be copied stand in a folder of runs."""

import os
import time
from collections.abc import Iterator, Mapping
from typing import Any

from kirok.stores.archive_kinds import Noun
from kirok.stores.file.layout import META, MODELS, REGISTRY, TRACES, Layout
from kirok.stores.file.meta import Unreadable, Warnings, read_meta
from kirok.stores.file.scans import Stamp

TRACE_INFO = "trace_info.yaml"

_MOST_KEPT = 512
_FRESH_S = 30.0
_FOLDERS = {"logged_models": MODELS, "traces": TRACES}


class Places:
    """The places of units by their ids, found by a look through the folder now and then, and their records.

    What others add is seen at the next look; what is written through `add` at once.
    """

    def __init__(self, layout: Layout) -> None:
        self.layout = layout
        self._warnings = Warnings()
        self._found: dict[str, dict[str, str]] = {}
        self._looked: dict[str, float] = {}
        self._records: dict[str, dict[str, Any] | None] = {}
        self.edges: dict[str, str] = {}
        """The folders of edges between runs and datasets or models that were met last, by the edges' ids."""

    def of(self, noun: Noun) -> Mapping[str, str]:
        """The place of each unit of a noun, by its id."""
        if noun.name not in self._found or time.monotonic() > self._looked.get(noun.name, 0.0) + _FRESH_S:
            self._found[noun.name] = dict(sorted(self._look(noun)))
            self._looked[noun.name] = time.monotonic()
            self._records.clear()
        return self._found[noun.name]

    def add(self, noun: Noun, unit_id: str, place: str) -> None:
        """A unit stands at a place from now on."""
        self.of(noun)
        self._found[noun.name][unit_id] = place
        self.forget(place)

    def moved(self, old: str, new: str) -> None:
        """An experiment stands elsewhere from now on, with all that is in it."""
        for found in self._found.values():
            for unit_id, place in found.items():
                if place == old or place.startswith(f"{old}/"):
                    found[unit_id] = new + place[len(old) :]
        self._records.clear()
        self.edges.clear()

    def forget(self, place: str) -> None:
        """The record at a place has changed."""
        self._records.pop(place, None)

    def record(self, noun: Noun, place: str) -> dict[str, Any] | None:
        """The record of a unit, None where it cannot be read: then nothing of the unit can be copied."""
        if place not in self._records:
            if len(self._records) >= _MOST_KEPT:
                self._records.clear()
            self._records[place] = self._read(record_path(self.layout, noun, place))
        return self._records[place]

    def _read(self, path: str) -> dict[str, Any] | None:
        try:
            stamp = Stamp.of(os.stat(path))
            return read_meta(path)
        except FileNotFoundError:
            return None
        except Unreadable as error:
            self._warnings.skip(path, stamp, error)
            return None

    def _look(self, noun: Noun) -> Iterator[tuple[str, str]]:
        layout = self.layout
        if noun.name == "registered_models":
            for name in folders_in(layout.path(REGISTRY)):
                if os.path.isfile(layout.path(REGISTRY, name, META)):
                    yield name, f"{REGISTRY}/{name}"
            return
        for experiment in layout.experiment_places():
            if noun.name == "experiments":
                if os.path.isfile(layout.path(experiment, META)):
                    yield os.path.basename(experiment), experiment
            elif noun.name == "runs":
                for run in layout.run_places(experiment):
                    if os.path.isfile(layout.path(run, META)):
                        yield os.path.basename(run), run
            elif noun.name in _FOLDERS:
                below = _FOLDERS[noun.name]
                for name in folders_in(layout.path(experiment, below)):
                    if os.path.isfile(record_path(layout, noun, f"{experiment}/{below}/{name}")):
                        yield name, f"{experiment}/{below}/{name}"


def record_path(layout: Layout, noun: Noun, place: str) -> str:
    """The file that a unit's own record is kept in."""
    return layout.path(place, TRACE_INFO if noun.name == TRACES else META)


def experiment_of(place: str) -> str:
    """The id of the experiment that a run, logged model or trace stands in."""
    parts = place.split("/")
    return parts[1] if parts[0] == ".trash" else parts[0]


def folders_in(path: str) -> list[str]:
    """The names of the folders in a folder; none where it is missing."""
    try:
        with os.scandir(path) as entries:
            return sorted(entry.name for entry in entries if entry.is_dir())
    except (FileNotFoundError, NotADirectoryError):
        return []
