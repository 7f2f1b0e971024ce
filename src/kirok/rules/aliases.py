"""Old roots of artifacts, and the new ones that stand for them: a folder that moved, a bucket of another name.

Only the beginning of a location is replaced, at the border of a path segment. All spellings of a folder are one place;
of drives and shares of Windows the case does not count.
"""

from collections.abc import Iterable
from functools import cache

from msgspec import Struct, structs

from kirok.base.errors import InvalidParameter
from kirok.rules.locations import below
from kirok.rules.uris.buckets import ObjectLocation
from kirok.rules.uris.parse import Unknown, parse, scheme
from kirok.rules.uris.paths import LocalPath, Machine
from kirok.rules.uris.proxied import SCHEME as PROXIED
from kirok.rules.uris.proxied import Proxied

_HOW = "It is written OLD=NEW, such as /mnt/old/mlruns=/data/mlruns, E:\\mlruns=/data/mlruns or s3://old=s3://new"


class Place(Struct, frozen=True):
    """A location as it can be compared: what it stands in, and the way from there."""

    root: str
    """Scheme and bucket or server of a URI; `/`, a drive, a share's host; `.` for what is relative."""
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
    """The place that a location names; None for what is none of files, or not to be told (`..`, a NUL)."""
    try:
        named = parse(location)
    except InvalidParameter:
        return None
    is_windows, query = False, ""
    match named:
        case LocalPath(path=path, machine=machine):
            is_windows = machine is not Machine.POSIX and not named.is_relative
            root, path = _cut(path.replace("\\", "/") if machine is Machine.WINDOWS else path)
        case ObjectLocation(key=path, query=query):
            root = f"{named.scheme}://{named.bucket}@{named.host}"
        case Proxied(path=path):
            root = f"{PROXIED}://{named.server}"
        case Unknown(scheme=kind):
            root, path = f"{kind}:", location.partition(":")[2]
        case _:
            return None
    segments = tuple(segment for segment in path.split("/") if segment not in ("", "."))
    return None if ".." in segments else Place(root, segments, is_windows=is_windows, query=query)


def _cut(path: str) -> tuple[str, str]:
    """(drive, share's host, `/` or `.`; the rest) of a path. Two slashes are a share's, as people write it."""
    if path.startswith("//"):
        host, _, rest = path[2:].partition("/")
        return f"//{host.casefold()}", rest
    if path.startswith("/"):
        return "/", path[1:]
    if path[1:3] == ":/":
        return path[:2].casefold(), path[3:]
    return ".", path


def _below(location: str, tail: tuple[str, ...], query: str) -> str:
    """What lies at `tail` below a location, spelled as that is."""
    named, names = parse(location), "/".join(tail)
    match named:
        # A drive or share as a URI, which is what MLflow writes on Windows.
        case LocalPath(path=path, machine=machine) if scheme(location) or machine is Machine.WINDOWS:
            return LocalPath(f"{path.rstrip('/')}/{names}" if names else path, machine).uri
        case ObjectLocation(key=key):
            key = f"{key}/{names}" if key and names else key or names
            return structs.replace(named, key=key, query=named.query or query).uri
        case Proxied(path=path):
            return structs.replace(named, path=f"{path}/{names}" if path and names else path or names).uri
    return below(location, *tail) if names else location


class Alias(Struct, frozen=True):
    """One old root and what stands for it."""

    old: Place
    new: str
    text: str
    """As it was given."""

    @classmethod
    def of(cls, old: str, new: str, text: str = "") -> "Alias":
        """`text` is how messages name it. InvalidParameter where one is no place, NEW is relative, or both are one."""
        text = text or f"{old}={new}"
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
        return _below(self.new, tail, place.query)


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
            return Alias.of(text[:at].strip(), text[at + 1 :].strip(), text)
        at = text.find("=", at + 1)
    old, _, rest = text.partition("=")
    return Alias.of(old.strip(), rest.strip(), text)


def _check_ends(one: Alias, others: Iterable[Alias]) -> None:
    new = place_of(one.new)
    for other in others:
        if new is not None and (new.within(other.old) is not None or other.old.within(new) is not None):
            raise InvalidParameter(
                f"The artifact root aliases {one.text!r} and {other.text!r} overlap: what the first leads to, the "
                "second replaces in part or whole. Let each lead to where the files are now."
            )
