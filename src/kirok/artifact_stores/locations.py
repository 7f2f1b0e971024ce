"""What an artifact location is written like: a folder of this machine, or a URI of something else."""

import os
import re
from pathlib import Path
from urllib.parse import unquote, urlsplit

from kirok.base.errors import InvalidParameter

# One letter before a colon is a Windows drive; schemes have more.
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.\-]+):")
_DRIVE = re.compile(r"/?([A-Za-z]:[\\/].*)", re.DOTALL)


def scheme(location: str) -> str:
    """The scheme in lower case; "" for a path."""
    found = _SCHEME.match(location)
    return found.group(1).lower() if found else ""


def local_folder(location: str) -> Path | None:
    """The folder that a path or `file:` URI names, None where it names something else.

    `E:\\x`, `E:/x`, `file:///E:/x` and `file://E:/x` are one folder; a relative path is relative to the working
    directory. InvalidParameter for a `file:` URI of another host.
    """
    kind = scheme(location)
    if kind == "":
        return Path(location).absolute()
    if kind != "file":
        return None
    rest = location[len("file:") :]
    drive = _DRIVE.fullmatch(unquote(rest.removeprefix("//")))
    if drive:
        return Path(drive.group(1))
    parts = urlsplit(location)
    if parts.netloc not in ("", "localhost"):
        if os.name == "nt":
            return Path(rf"\\{parts.netloc}{unquote(parts.path)}")
        raise InvalidParameter(
            f"The artifact location {location!r} names the host {parts.netloc!r}. A folder of this machine is written "
            "file:///path, with three slashes, or as a plain path."
        )
    return Path(unquote(parts.path)).absolute()
