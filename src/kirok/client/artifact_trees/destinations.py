"""The folder that a download writes into, and never out of."""

import os
import secrets
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Lock
from typing import BinaryIO

from kirok.artifact_stores.names import UPLOADING
from kirok.base.errors import InvalidParameter
from kirok.entities.artifacts import ArtifactPath
from kirok.rules.windows_names import check_windows_name


class Destination:
    """A local folder, made where it is absent; safe to use from several threads.

    Whatever names the far side gives and whatever links lie here, files are written inside it, or InvalidParameter is
    raised. A file is under its name once it is whole.
    """

    def __init__(self, root: Path) -> None:
        root.mkdir(parents=True, exist_ok=True)
        self._root = os.path.realpath(root)
        self._folders: dict[str, str] = {}
        self._ignores_case: bool | None = None
        self._names: dict[str, ArtifactPath] = {}
        self._lock = Lock()

    def folder(self, path: ArtifactPath) -> str:
        """The directory for `path`, made where it is absent."""
        known = self._folders.get(path)
        if known is not None:
            return known
        if os.name == "nt":
            for name in path.split("/") if path else []:
                check_windows_name(name)
        place = os.path.realpath(os.path.join(self._root, *path.split("/")))
        if place != self._root and not place.startswith(self._root.rstrip(os.sep) + os.sep):
            raise InvalidParameter(
                f"The download would leave its folder: {str(path)!r} below {self._root} is a link to {place}. "
                "Remove the link, or download to another folder."
            )
        os.makedirs(place, exist_ok=True)
        self._folders[path] = place
        return place

    @contextmanager
    def file(self, path: ArtifactPath) -> Iterator[BinaryIO]:
        """A new file that takes its place at `path` when the block ends, and vanishes when the block raises."""
        if os.name == "nt":
            check_windows_name(path.name)
        folder = self.folder(path.parent)
        passing = os.path.join(folder, UPLOADING + secrets.token_hex(8))
        try:
            with open(passing, "xb") as file:
                self._claim(path, passing)
                yield file
            os.replace(passing, os.path.join(folder, path.name))
        except BaseException:
            with suppress(FileNotFoundError):
                os.unlink(passing)
            raise

    def _claim(self, path: ArtifactPath, passing: str) -> None:
        """Refuse a second path that this file system takes for one already written."""
        with self._lock:
            if self._ignores_case is None:
                folder, name = os.path.split(passing)
                self._ignores_case = os.path.exists(os.path.join(folder, name.upper()))
            if not self._ignores_case:
                return
            other = self._names.setdefault(unicodedata.normalize("NFC", path).casefold(), path)
        if other != path:
            raise InvalidParameter(
                f"{str(other)!r} and {str(path)!r} are one name on this file system. Download them one at a time, to "
                "different folders."
            )
