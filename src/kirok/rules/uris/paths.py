"""Paths of files and folders, plain or as `file:` URIs. The answer is the same on every operating system: a location
may stand in a row or file that another machine wrote.
"""

import ntpath
import posixpath
import re
from enum import StrEnum

from msgspec import Struct

from kirok.base.errors import InvalidParameter
from kirok.rules.uris.escapes import decoded, encoded

# Before the end or a slash, so that `a:b` stays a name.
_DRIVE = re.compile(r"[\\/]*([A-Za-z]):(?:[\\/](.*))?", re.DOTALL)
_SHARE = re.compile(r"(?=/*\\)[\\/]{2,}([^\\/].*)", re.DOTALL)
# What Windows puts before paths longer than 260 characters.
_LONG = re.compile(r"\\\\\?\\(UNC\\)?")
# Older browsers wrote a bar for the colon.
_BAR = re.compile(r"^(/*[A-Za-z])\|(?=[\\/]|$)")
_BY_WINDOWS = ("\\", ".\\", "..\\", "~\\")
_LOCAL_HOSTS = ("", "localhost", "127.0.0.1")


class Machine(StrEnum):
    """Where a path means something."""

    ANY = "any"
    """A relative path; also `//x/y`, a share on Windows and a folder elsewhere."""
    POSIX = "posix"
    """Linux, macOS and their kin: `/data`."""
    WINDOWS = "windows"
    """A drive (`E:/x`), a share (`\\\\host\\x`), or a relative path that begins with a backslash or `.\\`."""


class LocalPath(Struct, frozen=True):
    """A file or folder on the disk of some machine."""

    path: str
    """With forward slashes where it is absolute, none of them doubled or at the end, and the drive's letter in upper
    case. Relative ones are as they were written; the `~` of a home is still there.
    """
    machine: Machine

    @property
    def is_relative(self) -> bool:
        """Whether where it lies depends on the working directory, the drive, or who asks (`~`)."""
        return not self.path.startswith("/") and not _DRIVE.fullmatch(self.path)

    @property
    def uri(self) -> str:
        """As a `file:` URI, `file:///` for an absolute path: what MLflow writes into its records."""
        if self.is_relative:
            return f"file:{encoded(self.path)}"
        if _DRIVE.fullmatch(self.path):
            return f"file:///{self.path[:2]}{encoded(self.path[2:])}"
        if self.machine is not Machine.WINDOWS:
            return f"file://{encoded(self.path)}"
        host = self.path[2:].partition("/")[0]
        is_plain = host.lower() not in _LOCAL_HOSTS and host[0] not in ".~"
        return "file:" + encoded(self.path if is_plain else self.path.replace("/", "\\"))

    def on(self, *, windows: bool, cwd: str, home: str, written: str) -> str:
        """The absolute path, for a machine that is a Windows one or not, from its working directory and home.

        `written` is how messages name it. InvalidParameter for another kind of machine's path, which would become a
        name in the working directory, and for a path that is empty.
        """
        if not self.path:
            raise InvalidParameter(f"{written!r} names no folder. Give a path, or file:///path.")
        if self.machine is not Machine.ANY and (self.machine is Machine.WINDOWS) != windows:
            raise InvalidParameter(self._of_another_machine(written))
        join = ntpath.join if windows else posixpath.join
        if not self.is_relative:
            return self.path if windows else "/" + self.path.lstrip("/")
        first, slash, rest = self.path.replace("\\", "/").partition("/") if windows else self.path.partition("/")
        if first == "~":
            return join(home, rest) if slash else home
        return join(cwd, self.path)

    def _of_another_machine(self, written: str) -> str:
        if self.machine is Machine.POSIX:
            kind, lacks, new = "a Linux or macOS machine", "a Windows machine has no such place", "E:/x"
        else:
            kind, lacks, new = "a Windows machine", "this machine has no drives or shares of that name", "/mnt/x"
        said = (
            f"{written!r} lies on {kind} ({self.path}), where it was written down; {lacks}. Give the path under which "
            "this machine sees it, with forward slashes: file:///path for a folder, a plain path as well."
        )
        if self.is_relative:
            return said
        return (
            f"{said} Where records of runs name it so, map it: --artifact-root-alias {_top(self.path)}={new} for a "
            "server, KIROK_ARTIFACT_ROOT_ALIASES for a client."
        )


def path_of(text: str) -> LocalPath:
    """What a plain path names: no escapes, and `?` and `#` are characters like others."""
    text = _LONG.sub(lambda found: "\\\\" if found[1] else "", text, count=1) if text.startswith("\\\\?\\") else text
    if drive := _DRIVE.fullmatch(text):
        return LocalPath(f"{drive[1].upper()}:/{_tidy(drive[2] or '')}", Machine.WINDOWS)
    if share := _SHARE.fullmatch(text):
        return LocalPath("//" + _tidy(share[1]), Machine.WINDOWS)
    if text.startswith(_BY_WINDOWS):
        return LocalPath(text, Machine.WINDOWS)
    text = _one_slash(text)
    if text.startswith("//"):
        return LocalPath(text, Machine.ANY)
    return LocalPath(text, Machine.POSIX if text.startswith("/") else Machine.ANY)


def path_of_uri(uri: str) -> LocalPath:
    """What a `file:` URI names, however many slashes it has; a query or fragment is no part of the path.

    `file:E:/x`, `file://E:/x` and `file:///E:/x` are one folder; another host than this is a Windows share.
    InvalidParameter for `file://./x` and `file://~/x`, where the folder would be taken for a host.
    """
    rest = _BAR.sub(r"\1:", re.split("[?#]", uri[len("file:") :], maxsplit=1)[0], count=1)
    host = ""
    if rest.startswith("//"):
        host, slash, path = rest[2:].partition("/")
        rest = slash + path
        if _DRIVE.fullmatch(decoded(host, uri)) or _DRIVE.fullmatch(host.partition("\\")[0]):
            host, rest = "", host + rest  # two slashes where there should be three
    path, host = decoded(rest, uri), decoded(host, uri)
    if host.startswith((".", "~")):
        raise InvalidParameter(
            f"{uri!r} names the host {host!r}, not a folder: write file:{host}{rest} where that is meant, or "
            "file:///path in full."
        )
    if host.lower() not in _LOCAL_HOSTS:
        return path_of(f"\\\\{host}{path}")
    return path_of(re.sub("^/{3,}", "//", path))


def _tidy(path: str) -> str:
    """What follows a drive or the two slashes of a share."""
    return re.sub(r"[\\/]+", "/", path).strip("/")


def _one_slash(path: str) -> str:
    """`path` without slashes that mean nothing. Two at the start may mean something, more do not."""
    start = "//" if re.match("//(?!/)", path) else path[:1] if path.startswith("/") else ""
    names = re.sub("/+", "/", path).strip("/")
    return start + names if names else start[:1]


def _top(path: str) -> str:
    """The drive and its first folder, the host and its share, or the first folder: what moves as a whole."""
    names = path.strip("/").split("/")
    kept = "/".join(names[:2] if path.startswith("//") or ":" in names[0] else names[:1])
    return ("//" if path.startswith("//") else "/" if path.startswith("/") else "") + kept
