"""Folders that a run's row names and that only the server's machine has: MLflow's commonest trap.

A server without a place for artifacts of its own writes a folder of its disk into each run. A client on another machine
would make that folder on its own disk, where nobody looks for it, and the server would show nothing.
"""

import socket
from pathlib import Path
from urllib.parse import urlsplit

from kirok.base.errors import InvalidParameter
from kirok.base.settings import ArtifactSettings
from kirok.rules.aliases import parse_aliases
from kirok.rules.uris.here import local_folder

# <root>/<experiment>/<run>/artifacts
_LEVELS_BELOW_ROOT = 3


def refuse_foreign_folder(artifact_uri: str, server: str, settings: ArtifactSettings) -> None:
    """InvalidParameter where `artifact_uri`, of a run of the tracking server at URL `server`, names a folder that this
    machine seems not to have: neither the run's folder nor the root it lies in is here.

    The server may be on this machine and its root yet to be made: then the folder around the root tells.
    """
    folder = local_folder(parse_aliases(settings.root_aliases).resolve(artifact_uri))
    if folder is None or folder.exists():
        return
    root = folder.parents[min(_LEVELS_BELOW_ROOT, len(folder.parents)) - 1]
    if root.exists() and root != Path(root.anchor):
        return
    if _is_this_machine(server) and _could_be_made(root):
        return
    raise InvalidParameter(
        f"The artifacts of this run lie in {str(folder)!r}, a folder of the tracking server's machine: this one has no "
        f"{str(root)!r}, and what were written there would be on this machine alone. Start the server with "
        "--serve-artifacts and without --default-artifact-root: new experiments then keep files through the server, "
        "and `kirok artifacts relocate` on the server brings this one's along. If all machines share that folder, "
        f"mount or make it here; where it has another name here, set KIROK_ARTIFACT_ROOT_ALIASES={root}=/its/name/here."
    )


def _could_be_made(root: Path) -> bool:
    """Whether a folder that is not there may still be one of this machine's: that it would lie in is there. Directly
    below `/` nobody keeps files on purpose, but servers in containers do.
    """
    return root.parent != Path(root.anchor) and root.parent.exists()


def _is_this_machine(server: str) -> bool:
    host = urlsplit(server).hostname or ""
    return host in ("localhost", "::1", socket.gethostname().lower()) or host.startswith("127.")
