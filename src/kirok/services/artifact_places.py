"""Where artifacts are now, whatever was true when their rows were written: below roots that somebody renamed, and in
folders that moved along with their store.
"""

import os
from collections.abc import Iterator
from contextlib import suppress
from itertools import islice
from pathlib import Path

from kirok.base.errors import InvalidParameter
from kirok.base.settings import ArtifactSettings
from kirok.entities.artifacts import ArtifactPath
from kirok.rules.aliases import Aliases, Place, parse_aliases, place_of
from kirok.rules.uris.parse import scheme
from kirok.stores.protocols import Stores

_ARTIFACTS, _MODELS, _BIN = "artifacts", "models", ".trash"
# Runs of an experiment that are looked at for files, where its name alone does not tell whose it is.
_LOOKED_AT = 50


class ArtifactPlaces:
    """Finds the places of what one store's rows tell of.

    `home` is the folder of artifacts that moves along with the store: the folder of runs, or `mlruns` beside a
    database. A recorded folder that is not there any more is looked for in it, by the ids it ends with.
    """

    def __init__(self, aliases: Aliases, home: str | None = None) -> None:
        self._aliases, self._home = aliases, home
        self._in_home = () if home is None else (f"{home}{os.sep}", f"{Path(home).as_uri()}/")

    @classmethod
    def of(cls, stores: Stores, settings: ArtifactSettings) -> "ArtifactPlaces":
        """The places of a store. InvalidParameter for aliases that cannot be used."""
        home = stores.artifact_home
        return cls(parse_aliases(settings.root_aliases), home if home is not None and os.path.isdir(home) else None)

    @property
    def has_aliases(self) -> bool:
        """Whether roots were renamed."""
        return bool(self._aliases)

    @property
    def may_differ(self) -> bool:
        """Whether anything can be elsewhere than its row says."""
        return self.has_aliases or self._home is not None

    def of_files(self, uri: str) -> str:
        """Where the artifacts of a run or logged model are, by the root that its row has."""
        renamed = self._aliases.resolve(uri)
        place = self._folder(renamed) if renamed == uri else None
        if place is None or self._home is None or len(place.segments) < 4 or place.segments[-1] != _ARTIFACTS:
            return renamed
        width = 4 if place.segments[-3] == _MODELS else 3
        here, own = _path_here(place), self._own(place.segments[-width:])
        if own is None or here == own or (here is not None and os.path.isdir(here)):
            return uri
        if _holds_files(own):
            return _spelled_as(uri, own)
        binned = os.path.join(self._home, _BIN, *place.segments[-width:])
        if _holds_files(binned):
            return _spelled_as(uri, binned)
        experiment = Place(place.root, place.segments[: 1 - width], place.is_windows)
        return _spelled_as(uri, own) if self._has_moved(experiment) else uri

    def of_experiment(self, location: str) -> str:
        """Where new runs of an experiment put their artifacts, by the location that its row has."""
        renamed = self._aliases.resolve(location)
        place = self._folder(renamed) if renamed == location else None
        own = None if place is None else self._own(place.segments[-1:])
        if place is None or own is None or _path_here(place) == own or not self._has_moved(place):
            return renamed
        return _spelled_as(location, own)

    def _folder(self, location: str) -> Place | None:
        if self._home is None or location.startswith(self._in_home):
            return None
        place = place_of(location)
        if place is None or not place.is_folder or not place.segments or place.root == ".":
            return None
        # To look at a share is to sign in to whatever host a row names.
        return None if os.name == "nt" and place.root.startswith("//") else place

    def _own(self, tail: tuple[str, ...]) -> str | None:
        """The place in the store's own folder; None for a name that may lead out of it."""
        try:
            return os.path.join(self._home or "", *ArtifactPath.parse("/".join(tail)).split("/"))
        except InvalidParameter:
            return None

    def _has_moved(self, experiment: Place) -> bool:
        """Whether an experiment's folder, gone from where it was, is the one that the store has of its own.

        The folder it lay in has the same name and is gone as a whole, or it is there without this one, which is here;
        or files of runs are here. A disk that is not mounted for the moment has moved nowhere.
        """
        here, own = _path_here(experiment), self._own(experiment.segments[-1:])
        if own is None or self._home is None or (here is not None and os.path.isdir(here)):
            return False
        root = experiment.segments[-2] if len(experiment.segments) > 1 else ""
        if root.casefold() == os.path.basename(self._home).casefold():
            return here is None or not os.path.isdir(os.path.dirname(here)) or os.path.isdir(own)
        return any(_holds_files(os.path.join(run, _ARTIFACTS)) for run in islice(_folders(own), _LOOKED_AT))


def _path_here(place: Place) -> str | None:
    """The path of a folder on this machine; None for one of Windows anywhere else."""
    if place.is_windows:
        return os.path.join(place.root + os.sep, *place.segments) if os.name == "nt" else None
    return "/" + "/".join(place.segments)


def _spelled_as(location: str, path: str) -> str:
    """The path, as a URI where `location` is one."""
    return Path(path).as_uri() if scheme(location) else path


def _holds_files(folder: str) -> bool:
    with suppress(OSError), os.scandir(folder) as entries:
        return next(entries, None) is not None
    return False


def _folders(folder: str) -> Iterator[str]:
    with suppress(OSError), os.scandir(folder) as entries:
        for entry in entries:
            if entry.is_dir():
                yield entry.path
