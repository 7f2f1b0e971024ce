"""Paths on this machine: the one place where its kind, working directory and home come in."""

import os
from pathlib import Path

from kirok.rules.uris.parse import parse, scheme
from kirok.rules.uris.paths import LocalPath


def path_here(path: LocalPath, written: str) -> Path:
    """The absolute path on this machine, `~` expanded; `written` is how messages name it.

    InvalidParameter for a path that only another kind of machine has, and an empty one.
    """
    cwd = os.getcwd() if path.is_relative else ""
    return Path(path.on(windows=os.name == "nt", cwd=cwd, home=os.path.expanduser("~"), written=written)).absolute()


def local_folder(location: str) -> Path | None:
    """The folder that a path or `file:` URI names on this machine, None for a URI of another kind. Raises as
    `path_here` and `parse`.
    """
    place = parse(location)
    return path_here(place, location) if isinstance(place, LocalPath) else None


def in_full(location: str) -> str:
    """`location`, a relative path in it made absolute: what one process writes down, others read elsewhere.

    A path becomes a path (on Windows a URI, as in MLflow) and a URI becomes a URI; all else stays as it was written.
    """
    place = parse(location)
    if not isinstance(place, LocalPath) or not place.is_relative:
        return location
    path = path_here(place, location)
    return path.as_uri() if scheme(location) or os.name == "nt" else str(path)
