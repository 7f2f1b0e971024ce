"""The `kirok` command as a process, and a database with something in it."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from running_servers import plain_environment

Command = Callable[..., "subprocess.CompletedProcess[str]"]


class Seeded(NamedTuple):
    """A database that kirok's client wrote: two runs in experiment `실험 one`."""

    uri: str
    folder: Path
    experiment_id: str
    run_id: str


@pytest.fixture
def kirok(tmp_path: Path) -> Command:
    """Runs `kirok` with arguments in an empty folder; settings are environment variables."""

    def run(*arguments: str, **settings: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [sys.executable, "-m", "kirok.cli", *arguments],
            cwd=tmp_path,
            env=plain_environment(PYTHONIOENCODING="utf-8", **settings),
            capture_output=True,
            text=True,
            encoding="utf-8",
            timeout=60,
            check=False,
        )

    return run


@pytest.fixture
def kirok_in_process(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Command:
    """As `kirok`, for tests that run many commands: in this process, without the time that a new one takes to start."""
    from click.testing import CliRunner

    from kirok.cli.root import kirok as commands

    monkeypatch.chdir(tmp_path)
    for name in [name for name in os.environ if name.startswith(("MLFLOW_", "KIROK_"))]:
        monkeypatch.delenv(name)

    def run(*arguments: str, **settings: str) -> "subprocess.CompletedProcess[str]":
        result = CliRunner().invoke(commands, arguments, env=settings, prog_name="kirok")
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return subprocess.CompletedProcess(arguments, result.exit_code, result.stdout, result.stderr)

    return run


@pytest.fixture
def seeded(tmp_path: Path) -> Seeded:
    """A new database for each test: commands change it."""
    from kirok.client.mlflow_client import MlflowClient
    from kirok.client.session import SESSION

    folder = tmp_path / "data"
    folder.mkdir()
    uri = f"sqlite:///{(folder / 'kirok.db').as_posix()}"
    client = MlflowClient(uri)
    experiment_id = client.create_experiment("실험 one", artifact_location=str(folder / "artifacts"))
    run = client.create_run(experiment_id, run_name="first\x1b[31m", start_time=1_700_000_000_000, tags={"t": "x,y"})
    run_id = run.info.run_id
    client.log_param(run_id, "lr", 0.1)
    client.log_metric(run_id, "loss", 0.25, timestamp=1_700_000_000_500, step=1)
    client.log_text(run_id, "hello", "notes/a.txt")
    client.log_text(run_id, "top", "b.txt")
    client.set_terminated(run_id, end_time=1_700_000_001_250)
    client.create_run(experiment_id, run_name="second", start_time=1_700_000_002_000)
    SESSION.close()  # one whole file, as a process leaves it
    return Seeded(uri, folder, experiment_id, run_id)
