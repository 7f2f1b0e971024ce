"""From text to the place that it names.

In a URI (what begins with a scheme of two letters or more) percent escapes count, and `?` and `#` end the path. In a
plain path they are characters like others, as the file system has them. One letter before a colon is a Windows drive.
"""

import re
from collections.abc import Callable

from msgspec import Struct

from kirok.rules.uris.buckets import PROVIDERS, ObjectLocation, object_location
from kirok.rules.uris.databases import DIALECTS, Database, database
from kirok.rules.uris.escapes import checked
from kirok.rules.uris.paths import LocalPath, path_of, path_of_uri
from kirok.rules.uris.proxied import SCHEME, HttpUrl, Proxied, http_place, proxied
from kirok.rules.uris.records import LoggedModelFiles, ModelFiles, RunFiles, model_files, run_files

_READERS: dict[str, Callable[[str], "Place"]] = {
    "file": path_of_uri,
    "http": http_place,
    "https": http_place,
    "runs": run_files,
    "models": model_files,
    SCHEME: proxied,
    **dict.fromkeys(PROVIDERS, object_location),
    **dict.fromkeys(DIALECTS, database),
}
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.\-]+):")


class Unknown(Struct, frozen=True):
    """A URI of a scheme that means nothing here."""

    scheme: str
    uri: str


Place = LocalPath | ObjectLocation | Proxied | HttpUrl | RunFiles | LoggedModelFiles | ModelFiles | Database | Unknown
"""Each has a `uri` that `parse` reads as the same place."""


def scheme(text: str) -> str:
    """The scheme of a URI in lower case; "" for a path."""
    found = _SCHEME.match(text)
    return found[1].lower() if found else ""


def parse(text: str) -> Place:
    """What a path or URI names, alike on every operating system and without looking at any.

    InvalidParameter where the scheme is known and what follows is not of its form, and for text that can name nothing.
    """
    text = checked(text, text)
    kind = scheme(text)
    if not kind:
        return path_of(text)
    dialect = kind.partition("+")[0]  # `postgresql+psycopg`: a driver may follow
    reads = _READERS.get(dialect if dialect in DIALECTS else kind)
    return Unknown(kind, text) if reads is None else reads(text)
