"""Places of files in a folder's records, made to name another one."""

import os
from collections.abc import Iterator, Mapping
from contextlib import suppress

from kirok.rules.aliases import Alias
from kirok.stores.file.archive_places import folders_in
from kirok.stores.file.faults import on_files
from kirok.stores.file.folder import Folder
from kirok.stores.file.layout import META, MODELS, REGISTRY, TAGS, TRACES, key_path
from kirok.stores.file.locks import locked
from kirok.stores.file.meta import Unreadable, meta_content, read_meta
from kirok.stores.file.writing import Changes
from kirok.stores.relocations import LOCATIONS, TRACE_LOCATIONS, Relocated


class FileRelocations:
    """Relocations in a folder: each record under its own lock, replaced as a whole."""

    def __init__(self, folder: Folder) -> None:
        self._folder = folder
        self.root = folder.layout.root

    @on_files
    def relocate(self, alias: Alias, *, write: bool) -> list[Relocated]:
        """As Relocations. Experiments come first: runs that begin meanwhile are to go to the new place."""
        experiments = Relocated("experiments")
        places = [self._folder.layout.path(place) for place in self._folder.layout.experiment_places()]
        for path in places:
            self._record(path, self.root, LOCATIONS["experiments"], alias, experiments, write=write)
        runs, models, traces = Relocated("runs"), Relocated("logged models"), Relocated("traces")
        for path in places:
            for run in self._runs(path):
                self._record(run, run, LOCATIONS["runs"], alias, runs, write=write)
            for model in _inside(path, MODELS):
                self._record(model, model, LOCATIONS["logged_models"], alias, models, write=write)
            for trace in _inside(path, TRACES):
                self._tags(trace, alias, traces, write=write)
        versions = Relocated("model versions")
        for registered in _inside(self.root, REGISTRY):
            for version in _inside(registered):
                self._record(version, registered, LOCATIONS["model_versions"], alias, versions, write=write)
        return [experiments, runs, models, versions, traces]

    def _runs(self, experiment: str) -> Iterator[str]:
        layout = self._folder.layout
        for place in layout.run_places(os.path.relpath(experiment, self.root).replace(os.sep, "/")):
            yield layout.path(place)

    def _record(
        self, path: str, lock: str, fields: tuple[str, ...], alias: Alias, tally: Relocated, *, write: bool
    ) -> None:
        """The record in a folder. One that is damaged or goes meanwhile is left: nothing opens it either."""
        file = os.path.join(path, META)
        with suppress(FileNotFoundError, NotADirectoryError, Unreadable):
            meta = read_meta(file)
            if write and any(alias.renamed(old) is not None for old in _named(meta, fields).values()):
                with locked(lock):
                    meta = read_meta(file)
                    renamed = {field: alias.renamed(old) or old for field, old in _named(meta, fields).items()}
                    self._replace(lock, file, meta_content({**meta, **renamed}))
            for old in _named(meta, fields).values():
                tally.add(os.path.basename(path), old, alias.renamed(old))

    def _tags(self, trace: str, alias: Alias, tally: Relocated, *, write: bool) -> None:
        for tag in TRACE_LOCATIONS:
            file = key_path(os.path.join(trace, TAGS), tag)
            with suppress(FileNotFoundError, NotADirectoryError):
                with open(file, "rb") as content:
                    old = content.read().decode(errors="replace")
                new = alias.renamed(old)
                if new is not None and write:
                    with locked(trace):
                        self._replace(trace, file, new.encode())
                tally.add(os.path.basename(trace), old, new)

    def _replace(self, workplace: str, file: str, content: bytes) -> None:
        changes = Changes(workplace, durable=self._folder.settings.durable)
        changes.replace(file, content)
        changes.commit()


def _named(meta: Mapping[str, object], fields: tuple[str, ...]) -> dict[str, str]:
    """The places that a record names, by field."""
    return {field: str(meta[field]) for field in fields if meta.get(field)}


def _inside(path: str, *names: str) -> Iterator[str]:
    folder = os.path.join(path, *names)
    return (os.path.join(folder, name) for name in folders_in(folder))
