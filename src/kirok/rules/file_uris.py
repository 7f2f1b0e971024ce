"""Folders written as paths or `file:` URIs, for callers that have not followed to `rules.uris` yet."""

import os

from msgspec import Struct

from kirok.rules.uris.here import path_here
from kirok.rules.uris.parse import parse, scheme
from kirok.rules.uris.paths import LocalPath, Machine

__all__ = ["WrittenFolder", "scheme", "written_folder"]


class WrittenFolder(Struct, frozen=True):
    """A folder as somebody wrote it down."""

    path: str
    is_windows: bool
    place: LocalPath

    def path_here(self, location: str, *, on_windows: bool) -> str:
        """As `rules.uris.here.path_here`, for the machine that asks."""
        return str(path_here(self.place, location)) if on_windows == (os.name == "nt") else self.path


def written_folder(location: str) -> WrittenFolder | None:
    """The folder that a path or `file:` URI names; None for a URI of another scheme."""
    if scheme(location) not in ("", "file"):
        return None
    place = parse(location)
    return WrittenFolder(place.path, place.machine is Machine.WINDOWS, place) if isinstance(place, LocalPath) else None
