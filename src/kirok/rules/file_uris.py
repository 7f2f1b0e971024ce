"""Folders written as paths or `file:` URIs, and the path they name. The answer is the same on every operating system:
a location may stand in a row or file that another machine wrote.
"""

import re
from pathlib import PurePosixPath, PureWindowsPath
from urllib.parse import unquote

from msgspec import Struct

from kirok.base.errors import InvalidParameter

# One letter before a colon is a Windows drive; schemes have more.
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.\-]+):")
_DRIVE = re.compile(r"/?([A-Za-z]:)[\\/]")
_SHARE = re.compile(r"\\\\[^\\/]")


class WrittenFolder(Struct, frozen=True):
    """A folder as somebody wrote it down."""

    path: str
    """With forward slashes where it is a Windows machine's; may be relative where it is nobody's in particular."""
    is_windows: bool
    """Whether only Windows has such places: a drive (`E:/x`) or a share (`//host/x`)."""

    def path_here(self, location: str, *, on_windows: bool) -> str:
        """The path, for the machine that asks. `location` is how messages name it.

        InvalidParameter for a drive or share anywhere but on Windows, where it would become a name in this folder.
        """
        if self.is_windows and not on_windows:
            raise InvalidParameter(
                f"{location!r} is a folder of a Windows machine ({self.path}), written there; this machine has no "
                "drives or shares of that name. Give the path under which this machine sees the folder, with forward "
                "slashes: file:///path for a folder, a plain path as well."
            )
        return self.path


def scheme(location: str) -> str:
    """The scheme of a URI in lower case; "" for a path."""
    found = _SCHEME.match(location)
    return found[1].lower() if found else ""


def written_folder(location: str) -> WrittenFolder | None:
    """The folder that a path or `file:` URI names; None for a URI of another scheme.

    `E:\\x`, `E:/x`, `file:///E:/x`, `file://E:/x` and `file:E:/x` are one folder, as are `\\\\host\\x` and
    `file://host/x`. Escapes such as %20 count in URIs alone. InvalidParameter for a NUL, which no path can hold.
    """
    kind = scheme(location)
    if kind not in ("", "file"):
        return None
    if kind == "file":
        folder = _of_uri(location[len("file:") :])
    elif _DRIVE.match(location) or _SHARE.match(location):
        folder = WrittenFolder(location.removeprefix("/").replace("\\", "/"), is_windows=True)
    else:
        folder = WrittenFolder(location, is_windows=False)
    if "\0" in folder.path:
        raise InvalidParameter(f"{location!r} names no folder: a path cannot hold a NUL character.")
    return folder


def _of_uri(rest: str) -> WrittenFolder:
    """What follows `file:`; a query or fragment is no part of the path."""
    rest = re.split("[?#]", rest, maxsplit=1)[0]
    host = ""
    if rest.startswith("//"):
        host, slash, rest = rest[2:].partition("/")
        rest = slash + rest
        if _DRIVE.match(host + slash) or _DRIVE.match(unquote(host)):  # two slashes where there should be three
            host, rest = "", host + rest
    path = unquote(rest)
    drive = _DRIVE.match(path)
    if drive:
        return WrittenFolder(path.removeprefix("/").replace("\\", "/"), is_windows=True)
    if host not in ("", "localhost"):
        return WrittenFolder(f"//{unquote(host)}{path}".replace("\\", "/"), is_windows=True)
    return WrittenFolder(path, is_windows=False)


def folder_uri(path: str, *, is_windows: bool) -> str:
    """The `file:///` URI of an absolute path, as MLflow writes it into its records."""
    return (PureWindowsPath(path) if is_windows else PurePosixPath(path)).as_uri()
