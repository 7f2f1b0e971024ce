"""Whether files lie where relocated records say: a look at some of them."""

from collections.abc import Callable, Iterable

from msgspec import Struct

from kirok.artifact_stores.protocols import ArtifactStore
from kirok.base.errors import KirokError
from kirok.entities.artifacts import ArtifactPath
from kirok.stores.relocations import Changed, Relocated

_KINDS = ("runs", "logged models")


class Look(Struct):
    """What was found of those looked at."""

    looked_at: int = 0
    there: int = 0
    """With files at the new place."""
    left_behind: list[Changed] = []
    """With files at the old place and none at the new one."""
    empty: list[Changed] = []
    """Without files at either."""
    unreached: str = ""
    """Why a place could not be looked at; the rest was left then."""


def look_at(relocated: Iterable[Relocated], open_place: Callable[[str], ArtifactStore]) -> Look:
    """Look at the runs and logged models among the examples."""
    look = Look()
    for kind in relocated:
        for changed in kind.examples if kind.what in _KINDS else ():
            try:
                is_there = bool(open_place(changed.new).list(ArtifactPath("")))
            except KirokError as error:
                look.unreached = error.message
                return look
            look.looked_at += 1
            if is_there:
                look.there += 1
            elif _holds_files(changed.old, open_place):
                look.left_behind.append(changed)
            else:
                look.empty.append(changed)
    return look


def _holds_files(location: str, open_place: Callable[[str], ArtifactStore]) -> bool:
    try:
        return bool(open_place(location).list(ArtifactPath("")))
    except KirokError:
        return False  # a place that is away, or another machine's
