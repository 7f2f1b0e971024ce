"""What `kirok server` says of the store it opened, and of others that lie beside it."""

import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from kirok.base.settings import ServerSettings
from kirok.cli.existing_stores import place_of
from kirok.cli.printing import printable
from kirok.cli.sizes import counted
from kirok.rules.passwords import without_password
from kirok.rules.uris.databases import sqlite_uri
from kirok.rules.uris.here import local_folder
from kirok.rules.uris.parse import parse
from kirok.rules.uris.paths import LocalPath
from kirok.rules.uris.proxied import Proxied

if TYPE_CHECKING:
    from kirok.stores.holdings import Holdings


def greeting(settings: ServerSettings, address: str, held: "Holdings | None" = None) -> str:
    """What a server says once it answers: where to look, and where it keeps what it is given and has."""
    places = [f"in {_shown(settings.artifacts_destination)}" if settings.serve_artifacts else "not served here"]
    if not isinstance(parse(settings.default_artifact_root), Proxied) and not settings.artifacts_only:
        places.append(f"of new experiments in {_shown(settings.default_artifact_root)}, written by the clients")
    lines = [f"kirok is at {address}   (Ctrl-C stops it)"]
    if not settings.artifacts_only:
        holds = f": {told(held)}" if held else ""
        lines.append(f"  runs       in {_database(settings.backend_store_uri)}{holds}")
    lines.append(f"  artifacts  {'; '.join(places)}")
    return "\n".join(printable(line) for line in lines)


def told(held: "Holdings") -> str:
    """How much a store holds, in a few words."""
    if held.is_nothing:
        return "nothing yet"
    least = "at least " if held.is_cut_off else ""
    experiments = counted(held.experiments, "experiment")
    runs = counted(held.runs, "run")
    deleted = held.deleted_experiments + held.deleted_runs
    return f"{experiments}, {least}{runs}" + (f" ({deleted:,} in the bin)" if deleted else "")


def neighbour_warnings(backend: str, shown: str, held: "Holdings", folder: Path) -> Iterator[str]:
    """A sentence for each store with somebody's work in it that lies beside one without, and for a database that lies
    beside a folder of runs: which of the two is meant is anybody's guess. `shown` is the backend without its password.
    """
    from kirok.stores.neighbours import neighbours

    if not held.is_nothing and not isinstance(parse(backend), LocalPath):
        return
    for place in neighbours(place_of(backend), folder):
        uri = str(place) if place.is_dir() else sqlite_uri(place.as_posix())
        yield (
            f"{printable(str(place))} holds runs too, which this server does not show. To serve them instead: "
            f"kirok server --backend-store-uri {shlex.quote(uri)}. To bring them here: "
            f"kirok copy {shlex.quote(uri)} {shlex.quote(shown)}"
        )


def artifact_warnings(settings: ServerSettings) -> Iterator[str]:
    """A sentence where artifacts lie beside the store and this server, started elsewhere, keeps them in a new folder:
    nobody named one, so it is `mlartifacts` in the working directory.
    """
    from kirok.stores.neighbours import artifacts_beside

    store = place_of(settings.backend_store_uri)
    destination = local_folder(settings.artifacts_destination)
    is_default = settings.artifacts_destination == ServerSettings().artifacts_destination
    if not (is_default and settings.serve_artifacts) or settings.artifacts_only or store is None or destination is None:
        return
    beside = artifacts_beside(store, destination)
    if beside is not None:
        yield (
            f"{printable(str(beside))} holds artifacts, and {printable(str(destination))}, where this server keeps "
            "them, holds none: those of earlier runs are not found. To serve them: kirok server "
            f"--artifacts-destination {shlex.quote(str(beside))}, with the other options as they are."
        )


def _shown(location: str) -> str:
    """A folder in full, so that nobody has to know the working directory; a URI without its password."""
    folder = local_folder(location)
    return without_password(location) if folder is None else str(folder)


def _database(uri: str) -> str:
    place = place_of(uri)
    return without_password(uri) if place is None else str(place)
