"""Clears away, in the background, what uploads left behind whose process was killed."""

import logging
import secrets
import threading
from pathlib import Path

from kirok.artifact_stores.local.leftovers import sweep
from kirok.base.settings import ServerSettings
from kirok.rules.uris.here import local_folder

_log = logging.getLogger("kirok.server")

_FIRST_AFTER_S = 600.0
_EVERY_S = 24 * 3600.0


class LeftoverSweeper:
    """Sweeps the place where a server keeps artifacts, if that is a folder: minutes after its start, and then daily.

    Workers begin at different times. Leaving the block waits for nothing.
    """

    def __init__(
        self, settings: ServerSettings, *, first_after_s: float = _FIRST_AFTER_S, every_s: float = _EVERY_S
    ) -> None:
        self._folder = local_folder(settings.artifacts_destination) if settings.serve_artifacts else None
        self._first_after_s, self._every_s = first_after_s * (1 + secrets.randbelow(100) / 100), every_s
        self._ended = threading.Event()

    def __enter__(self) -> "LeftoverSweeper":
        """Begin, if there is anything to sweep."""
        if self._folder is not None:
            threading.Thread(target=self._work, args=(self._folder,), name="kirok-leftovers", daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        """Let go."""
        self._ended.set()

    def _work(self, folder: Path) -> None:
        wait_s = self._first_after_s
        while not self._ended.wait(wait_s):
            removed = sweep(folder)
            if removed:
                _log.info("%d leftovers of interrupted uploads were removed from %s.", removed, folder)
            wait_s = self._every_s
