"""The last name of a place, and what it stands in."""

from msgspec.structs import replace

from kirok.rules.uris.buckets import ObjectLocation
from kirok.rules.uris.parse import Place
from kirok.rules.uris.paths import LocalPath, path_of
from kirok.rules.uris.proxied import Proxied


def split_name(place: Place) -> tuple[Place, str]:
    """(what holds a file or folder, its name therein); the place itself and "" where there is nothing above."""
    match place:
        case LocalPath():
            above, slash, name = place.path.rpartition("/")
            if not name:
                return place, ""
            if not slash:
                return path_of("."), name
            is_root = not above.strip("/") or above.endswith(":")  # `/`, or that of a drive
            return replace(place, path=f"{above}/") if is_root else replace(place, path=above), name
        case Proxied():
            above, _, name = place.path.rpartition("/")
            return replace(place, path=above.rstrip("/")), name
        case ObjectLocation():
            above, _, name = place.key.rpartition("/")
            return replace(place, key=above.rstrip("/")), name
    return place, ""
