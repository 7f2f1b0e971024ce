"""Who is measured, how each is started, and what each cannot do."""

import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
import venv
from pathlib import Path
from typing import Literal

import msgspec


class Peer(msgspec.Struct, frozen=True):
    """A tracking server. `options` are filled with {port}, {store} (the path of a SQLite file) and {uri}."""

    name: str
    label: str
    program: str
    options: tuple[str, ...]
    requirement: str = ""  # what pip installs; empty for kirok, which is already here
    dependencies: bool = True
    drivers: tuple[str, ...] = ()  # what its environment needs besides
    lacks: frozenset[str] = frozenset()  # workloads and cases it has no working endpoint for
    backend: Literal["sqlite", "postgresql"] = "sqlite"
    only: frozenset[str] = frozenset()  # when not empty, the only workloads worth its time

    def runs(self, workload: str) -> bool:
        """Whether a workload or a case makes sense on this server."""
        return workload not in self.lacks and (not self.only or workload in self.only)


_MLFLOW_STYLE = ("server", "--backend-store-uri", "{uri}", "--host", "127.0.0.1", "--port", "{port}")

KIROK = Peer(name="kirok", label="kirok", program="kirok", options=_MLFLOW_STYLE)
FASTTRACKML = Peer(
    name="fasttrackml",
    label="fasttrackml 0.6.0",
    program="fml",
    options=("server", "--listen-address", "127.0.0.1:{port}", "--database-uri", "sqlite://{store}"),
    requirement="fasttrackml==0.6.0",
    # The server is one Go binary; what the package depends on (an old mlflow) is for its client.
    dependencies=False,
    # PUT to its artifact proxy answers 500 or resets the connection; bulk-interval is a 404.
    lacks=frozenset({"artifacts", "folders", "bucket", "history-interval", "history-chart"}),
)
MLFLOW = Peer(
    name="mlflow",
    label="mlflow 3.17.2",
    program="mlflow",
    options=_MLFLOW_STYLE,
    requirement="mlflow==3.17.2",
    lacks=frozenset({"history-chart", "bucket"}),
)
# With its default 4 workers mlflow delays small replies on a kept connection by 40 ms (Nagle against the
# delayed acknowledgement); with one worker it doesn't. Measured beside it so that the stall isn't taken for work.
MLFLOW_ONE_WORKER = Peer(
    name="mlflow-1-worker",
    label="mlflow, 1 worker",
    program="mlflow",
    options=(*_MLFLOW_STYLE, "--workers", "1"),
    requirement="mlflow==3.17.2",
    only=frozenset({"startup", "log-metric", "log-metric-1", "artifacts", "artifacts-files", "folders"}),
)
# The A/A control: how far two runs of one program differ tells how far to believe the other ratios.
FASTTRACKML_AGAIN = msgspec.structs.replace(FASTTRACKML, name="fasttrackml-again", label="fasttrackml, again")
# On one PostgreSQL, with its default settings.
_ON_A_DATABASE = frozenset({"startup", "artifacts", "artifacts-files", "folders", "bucket"})
KIROK_POSTGRESQL = msgspec.structs.replace(
    KIROK, name="kirok-postgresql", label="kirok on PostgreSQL", backend="postgresql", lacks=_ON_A_DATABASE
)
MLFLOW_POSTGRESQL = msgspec.structs.replace(
    MLFLOW,
    name="mlflow-postgresql",
    label="mlflow 3.17.2 on PostgreSQL",
    backend="postgresql",
    lacks=_ON_A_DATABASE | {"history-chart"},
    drivers=("psycopg[binary]",),
)
PEERS = {
    peer.name: peer
    for peer in (
        KIROK,
        FASTTRACKML,
        MLFLOW,
        MLFLOW_ONE_WORKER,
        FASTTRACKML_AGAIN,
        KIROK_POSTGRESQL,
        MLFLOW_POSTGRESQL,
    )
}


class MissingPeer(Exception):
    """A server that is neither installed nor installable; the message says what to set."""


def find_program(peer: Peer, cache: Path) -> Path:
    """The executable: from the environment, else from a virtual environment made under `cache` with pip."""
    variable = f"KIROK_BENCH_{(peer.requirement or peer.program).partition('==')[0].upper()}"
    if named := os.environ.get(variable):
        if not Path(named).is_file():
            raise MissingPeer(f"{variable}={named} is not a file; name the {peer.program} executable or unset it")
        return Path(named).absolute()
    if not peer.requirement:
        beside = Path(sys.executable).with_name(peer.program)
        found = beside if beside.is_file() else shutil.which(peer.program)
        if not found:
            raise MissingPeer(f"no {peer.program} command; run `pip install .` first, or set {variable}")
        return Path(found)
    home = cache / "-".join([peer.requirement.replace("==", "-"), *(["with-drivers"] if peer.drivers else [])])
    program = home / "bin" / peer.program
    if not program.is_file():
        _install(peer, home)
    return program


def _install(peer: Peer, home: Path) -> None:
    print(f"installing {peer.requirement} into {home}", file=sys.stderr)
    venv.create(home, clear=True, with_pip=True)
    command = [str(home / "bin" / "python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    command += [peer.requirement, *peer.drivers] if peer.dependencies else ["--no-deps", peer.requirement]
    if subprocess.run(command, check=False).returncode:
        shutil.rmtree(home, ignore_errors=True)
        raise MissingPeer(f"pip could not install {peer.requirement}; leave {peer.name} out with --peers")


def version_key(peer: Peer) -> str:
    """Names the stores a peer wrote; kirok's changes with its source, since its schema may have changed."""
    if peer.requirement:
        return peer.requirement.replace("==", "-")
    spec = importlib.util.find_spec(peer.program)
    digest = hashlib.sha256()
    for folder in (spec.submodule_search_locations or []) if spec else []:
        for file in sorted(Path(folder).rglob("*.py")):
            digest.update(file.read_bytes())
    return f"{peer.name}-{digest.hexdigest()[:12]}"
