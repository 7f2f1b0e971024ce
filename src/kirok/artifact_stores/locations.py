"""What an artifact location is written like: a folder of this machine, or a URI of something else."""

import os
from pathlib import Path

from kirok.rules.file_uris import scheme, written_folder

__all__ = ["local_folder", "scheme"]


def local_folder(location: str) -> Path | None:
    """The folder that a path or `file:` URI names, None where it names something else.

    A relative path is relative to the working directory. InvalidParameter for a drive or share anywhere but on Windows.
    """
    folder = written_folder(location)
    if folder is None:
        return None
    return Path(folder.path_here(location, on_windows=os.name == "nt")).absolute()
