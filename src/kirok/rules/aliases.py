"""Old roots of artifacts, and the new ones that stand for them: a folder that moved, a bucket of another name.

Only the beginning of a location is replaced, at the border of a path segment. All spellings of a folder are one place;
of drives and shares of Windows the case does not count.
"""

from collections.abc import Iterable
from functools import cache
from urllib.parse import quote

from msgspec import Struct

from kirok.base.errors import InvalidParameter
from kirok.rules.file_uris import scheme, written_folder
from kirok.rules.locations import below

_HOW = "It is written OLD=NEW, such as /mnt/old/mlruns=/data/mlruns, E:\\mlruns=/data/mlruns or s3://old=s3://new"
_NO_PLACES = ("runs", "models")


class Place(Struct, frozen=True):
    """A location as it can be compared: what it stands in, and the way from there."""

    root: str
    """Scheme and authority of a URI; `/`, a drive, a share's host; `.` for what is relative."""
    segments: tuple[str, ...]
    is_windows: bool = False
    query: str = ""

    @property
    def is_folder(self) -> bool:
        """Whether it is a folder, of this or another machine."""
        return self.is_windows or self.root in ("/", ".")

    def within(self, outer: "Place") -> tuple[str, ...] | None:
        """The way from `outer` to here, () where the two are one; None where this is not in it."""
        count = len(outer.segments)
        if self.root != outer.root or _folded(self, count) != _folded(outer, count):
            return None
        return self.segments[count:]


def _folded(place: Place, count: int) -> tuple[str, ...]:
    segments = place.segments[:count]
    return tuple(segment.casefold() for segment in segments) if place.is_windows else segments


def place_of(location: str) -> Place | None:
    """The place that a location names; None for `runs:` and `models:`, and where it cannot be told (`..`, a NUL)."""
    kind = scheme(location)
    if kind in _NO_PLACES:
        return None
    try:
        folder = written_folder(location)
    except InvalidParameter:
        return None
    query = ""
    if folder is None:
        path, mark, query = location[len(kind) + 1 :].partition("?")
        query = mark + query
        authority = ""
        if path.startswith("//"):
            authority, _, path = path[2:].partition("/")
        root = f"{kind}://{authority}"
    elif folder.path.startswith("//") and folder.is_windows:
        host, _, path = folder.path[2:].partition("/")
        root = f"//{host.casefold()}"
    elif folder.is_windows:
        drive, _, path = folder.path.partition("/")
        root = drive.casefold()
    else:
        path = folder.path
        root = "/" if path.startswith("/") else "."
    segments = tuple(segment for segment in path.split("/") if segment not in ("", "."))
    if ".." in segments:
        return None
    return Place(root, segments, is_windows=folder is not None and folder.is_windows, query=query)


class Alias(Struct, frozen=True):
    """One old root and what stands for it."""

    old: Place
    new: str
    text: str
    """As it was given."""

    @classmethod
    def of(cls, old: str, new: str) -> "Alias":
        """InvalidParameter where one of the two is no place, NEW is relative, or both are one."""
        text = f"{old}={new}"
        old_place, new_place = place_of(old), place_of(new)
        if not old or not new or old_place is None or new_place is None:
            raise InvalidParameter(
                f"The artifact root alias {text!r} names no two places. {_HOW}; '..', runs: and models: cannot be used."
            )
        if new_place.root == ".":
            raise InvalidParameter(
                f"The artifact root alias {text!r} leads to a relative path, which is another place in every working "
                f"directory. Give NEW in full. {_HOW}."
            )
        if old_place.within(new_place) == ():
            raise InvalidParameter(f"The artifact root alias {text!r} names one place twice. {_HOW}.")
        return cls(old_place, new, text)

    def renamed(self, location: str) -> str | None:
        """Where what lay at `location` is now; None where that stays."""
        place = place_of(location)
        return None if place is None else self.resolve(place)

    def resolve(self, place: Place) -> str | None:
        """Where what lay at `place` is now; None where that is not below OLD, or below NEW already."""
        tail = place.within(self.old)
        new_place = place_of(self.new)
        if tail is None or new_place is None:
            return None
        if new_place.within(self.old) is not None and place.within(new_place) is not None:
            return None  # NEW lies in OLD, and this was moved
        if scheme(self.new) == "file":
            tail = tuple(quote(segment, safe="!$&'()*+,;=:@~") for segment in tail)
        query = "" if new_place.is_folder or new_place.query else place.query
        return below(self.new, *tail) + query if tail else self.new + query


class Aliases(Struct, frozen=True):
    """Old roots and new ones, none of which another one replaces."""

    each: tuple[Alias, ...] = ()

    def __bool__(self) -> bool:
        """Whether there are any."""
        return bool(self.each)

    def resolve(self, location: str) -> str:
        """Where `location` is to be found: the longest OLD that it lies below decides. Another location stays."""
        place = place_of(location) if self.each and location else None
        if place is None:
            return location
        for alias in self.each:
            if place.within(alias.old) is not None:
                return alias.resolve(place) or location
        return location


@cache
def parse_aliases(texts: tuple[str, ...]) -> Aliases:
    """The aliases that are written OLD=NEW. The `=` is the first that an absolute path or URI follows.

    InvalidParameter, naming the one, where it cannot be read, an OLD has two NEW ones, or a NEW would itself be
    replaced: what is resolved once must not be resolved again.
    """
    aliases = [_parsed(text) for text in texts]
    for at, one in enumerate(aliases):
        for other in aliases[:at]:
            if one.old.within(other.old) == ():
                raise InvalidParameter(
                    f"Two artifact root aliases begin alike: {other.text!r} and {one.text!r}. Leave one of them out."
                )
        _check_ends(one, (other for other in aliases if other is not one))
    return Aliases(tuple(sorted(aliases, key=lambda alias: len(alias.old.segments), reverse=True)))


def _parsed(text: str) -> Alias:
    at = text.find("=")
    while at >= 0:
        new = place_of(text[at + 1 :])
        if at > 0 and new is not None and new.root != ".":
            return Alias.of(text[:at].strip(), text[at + 1 :].strip())
        at = text.find("=", at + 1)
    old, _, rest = text.partition("=")
    return Alias.of(old.strip(), rest.strip())


def _check_ends(one: Alias, others: Iterable[Alias]) -> None:
    new = place_of(one.new)
    for other in others:
        if new is not None and (new.within(other.old) is not None or other.old.within(new) is not None):
            raise InvalidParameter(
                f"The artifact root aliases {one.text!r} and {other.text!r} overlap: what the first leads to, the "
                "second replaces in part or whole. Let each lead to where the files are now."
            )
