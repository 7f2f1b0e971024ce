"""Servers that cannot start: what they say."""

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from databases import PASSWORD
from running_servers import free_port, plain_environment


def said_at_start(folder: Path, uri: str, prefix: Sequence[str] = ()) -> str:
    """What a server on this database says; it ends by itself, with one error and neither a traceback nor a password."""
    command = [sys.executable, "-m", "kirok.cli", "server", "--port", str(free_port()), "--backend-store-uri", uri]
    ended = subprocess.run(
        [*prefix, *command],
        cwd=folder,
        env=plain_environment(),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    said = ended.stdout + ended.stderr
    assert ended.returncode == 1
    assert "Traceback" not in said
    assert PASSWORD not in said
    assert [line for line in said.splitlines() if "Error" in line] == [said.strip().splitlines()[-1]]
    return said
