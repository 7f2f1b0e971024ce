"""Which experiment of the destination an experiment of the source becomes."""

from collections.abc import Iterator, Sequence
from enum import StrEnum

from msgspec import Struct

from kirok.base.errors import NotFound
from kirok.rules.locations import below
from kirok.services.copy_report import PlacedExperiment
from kirok.stores.archive_kinds import EXPERIMENTS, KINDS, RUNS
from kirok.stores.archives import Archive, Row

COPIED_FROM = "kirok.copied_from"
"""The tag of what had to be given another id: the id it had at the source."""

_AT_ONCE = 500
_ROOT, _TAGS = EXPERIMENTS.root, KINDS["experiment_tags"]


class SameName(StrEnum):
    """What becomes of an experiment whose name another one bears at the destination."""

    MERGE = "merge"
    """Its runs go into that one, which stays as it is."""
    RENAME = "rename"
    """It becomes `<name> (<its id>)`."""


class Placement(Struct, frozen=True):
    """An experiment of the source, and the one it becomes."""

    source_id: str
    destination_id: str
    name: str
    source_location: str
    location: str
    was_there: bool
    differed: bool
    """Whether it was there, but other than it is to be."""
    is_merged: bool = False
    """Whether its runs join an experiment that has a life of its own."""
    note: str = ""

    def told(self) -> PlacedExperiment:
        """For the report."""
        return PlacedExperiment(self.source_id, self.destination_id, self.name, self.note)


class ExperimentRows:
    """The experiments of an archive, by what they are found by."""

    def __init__(self, archive: Archive, columns: Sequence[str]) -> None:
        self.columns = tuple(columns)
        self.by_id: dict[str, Row] = {}
        self.by_name: dict[str, str] = {}
        self.copies: dict[str, list[str]] = {}
        """By the id that an experiment was copied from: the ids that it has here."""
        ids = list(archive.units(EXPERIMENTS))
        for some in _slices(ids):
            for row in archive.rows(_ROOT, self.columns, some):
                self.add(row)
            for key, value, experiment_id in archive.rows(_TAGS, ("key", "value", "experiment_id"), some):
                if key == COPIED_FROM:
                    self.copies.setdefault(value, []).append(experiment_id)

    def add(self, row: Row) -> None:
        """Know this row, in place of one of its id."""
        experiment_id = self.of(row, "experiment_id")
        old = self.by_id.get(experiment_id)
        if old is not None:
            self.by_name.pop(self.of(old, "name"), None)
        self.by_id[experiment_id] = row
        self.by_name[self.of(row, "name")] = experiment_id

    def of(self, row: Row, column: str) -> str:
        """A cell as text; "" for none."""
        cell = row[self.columns.index(column)] if column in self.columns else None
        return "" if cell is None else str(cell)


class Placing:
    """Finds, and where need be makes, the experiments that those of the source become.

    In this order: the one of the same id, where the time of creation (the name, where no time is known) says that it is
    the same; the one that an earlier copy made of it under another id; one of the same name (merged or, if so asked,
    kept apart by a new name); else a new one, under its own id where that is free and fits.
    """

    def __init__(self, source: Archive, destination: Archive, same_name: SameName, artifact_root: str | None) -> None:
        both = set(source.columns(_ROOT)).intersection(destination.kept(_ROOT))
        self._columns = tuple(column for column in _ROOT.columns if column in both)
        self._ours = ExperimentRows(source, source.columns(_ROOT))
        self._theirs = ExperimentRows(destination, destination.columns(_ROOT))
        self._destination, self._same_name, self._artifact_root = destination, same_name, artifact_root

    def chosen(self, names_or_ids: Sequence[str]) -> list[str]:
        """The ids of the experiments meant, of all where none is named; NotFound for one that the source lacks."""
        if not names_or_ids:
            # Experiment 0 first: whether that of the destination is untouched shows before anything else is there.
            return sorted(self._ours.by_id, key=lambda each: each != "0")
        found: list[str] = []
        for each in names_or_ids:
            experiment_id = each if each in self._ours.by_id else self._ours.by_name.get(each)
            if experiment_id is None:
                raise NotFound(f"The source has no experiment {each!r}, neither by id nor by name.")
            found.append(experiment_id)
        return list(dict.fromkeys(found))

    def place(self, source_id: str, *, write: bool) -> Placement | None:
        """What an experiment becomes; None where it is not there yet and nothing is to be written."""
        row = self._ours.by_id[source_id]
        name, location = self._ours.of(row, "name"), self._ours.of(row, "artifact_location")
        there = self._known(source_id, row)
        named = self._theirs.by_name.get(name)
        # Every store has an experiment 0 of its own.
        if there is None and named is not None and (self._same_name is SameName.MERGE or source_id == "0"):
            standing = self._theirs.of(self._theirs.by_id[named], "artifact_location")
            note = f"its runs join the experiment {named} of that name"
            return Placement(
                source_id, named, name, location, standing, was_there=True, differed=False, is_merged=True, note=note
            )
        if there is None and not write:
            return None
        new_name = self._free_name(name, source_id, there)
        destination_id = self._destination.free_experiment_id(source_id, new_name) if there is None else there
        new_location = self._location(destination_id, location, known=there is not None)
        wanted = dict(zip(self._ours.columns, row, strict=True))
        wanted |= {"experiment_id": destination_id, "name": new_name, "artifact_location": new_location}
        made = tuple(wanted[column] for column in self._columns)
        old = self._theirs.by_id.get(destination_id)
        differs = old is None or tuple(old[self._theirs.columns.index(column)] for column in self._columns) != made
        if write and differs:
            self._destination.write(_ROOT, self._columns, [made])
            self._theirs.add(tuple(wanted.get(column) for column in self._theirs.columns))
        notes = []
        if destination_id != source_id:
            notes.append(f"it was {source_id} at the source")
            if write and destination_id not in self._theirs.copies.get(source_id, ()):
                tag = {"key": COPIED_FROM, "value": source_id, "experiment_id": destination_id}
                self._destination.write(_TAGS, tuple(tag), [tuple(tag.values())])
                self._theirs.copies.setdefault(source_id, []).append(destination_id)
        if new_name != name:
            notes.append(f"it was called {name!r} at the source")
        return Placement(
            source_id,
            destination_id,
            new_name,
            location,
            new_location,
            was_there=there is not None,
            differed=there is not None and differs,
            note="; ".join(notes),
        )

    def _known(self, source_id: str, row: Row) -> str | None:
        """The id at the destination of what is the same experiment."""
        there: str
        name, began = self._ours.of(row, "name"), self._ours.of(row, "creation_time")
        for there in (source_id, *self._theirs.copies.get(source_id, ())):
            other = self._theirs.by_id.get(there)
            if other is None:
                continue
            other_began = self._theirs.of(other, "creation_time") if "creation_time" in self._columns else ""
            if began and other_began:
                is_same = began == other_began or self._is_untouched(there)
            else:
                is_same = self._theirs.of(other, "name") in (name, _renamed(name, source_id))
            if is_same:
                return there
        return None

    def _is_untouched(self, there: str) -> bool:
        """Whether it is the experiment that a new store has of its own accord, and nothing else is there."""
        return there == "0" and len(self._theirs.by_id) == 1 and not self._has_runs(there)

    def _has_runs(self, there: str) -> bool:
        return next(self._destination.units(RUNS, [there]), None) is not None

    def _free_name(self, name: str, source_id: str, there: str | None) -> str:
        """`name`, or where another experiment bears it the one that this one has, or a new one."""
        if self._theirs.by_name.get(name) in (None, there):
            return name
        if there is not None:
            return self._theirs.of(self._theirs.by_id[there], "name")
        return _renamed(name, source_id)

    def _location(self, destination_id: str, location: str, *, known: bool) -> str:
        """An experiment that has runs already goes on writing where it did."""
        if known and self._has_runs(destination_id):
            return self._theirs.of(self._theirs.by_id[destination_id], "artifact_location")
        return location if self._artifact_root is None else below(self._artifact_root, destination_id)


def _renamed(name: str, source_id: str) -> str:
    return f"{name} ({source_id})"


def _slices(ids: Sequence[str]) -> Iterator[Sequence[str]]:
    return (ids[at : at + _AT_ONCE] for at in range(0, len(ids), _AT_ONCE))
