"""What `kirok server` says of the store it opened, and of others that lie beside it."""

import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from kirok.artifact_stores.locations import local_folder, scheme
from kirok.cli.printing import printable
from kirok.cli.sizes import counted

if TYPE_CHECKING:
    from kirok.stores.holdings import Holdings


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

    kind = scheme(backend).partition("+")[0]
    store = _place(backend, kind)
    if not held.is_nothing and kind not in {"", "file"}:
        return
    for place in neighbours(store, folder):
        uri = str(place) if place.is_dir() else f"sqlite:///{place.as_posix()}"
        yield (
            f"{printable(str(place))} holds runs too, which this server does not show. To serve them instead: "
            f"kirok server --backend-store-uri {shlex.quote(uri)}. To bring them here: "
            f"kirok copy {shlex.quote(uri)} {shlex.quote(shown)}"
        )


def _place(backend: str, kind: str) -> Path | None:
    if kind == "sqlite":
        from kirok.stores.open import sqlite_path

        return sqlite_path(backend)
    return local_folder(backend) if kind in {"", "file"} else None
