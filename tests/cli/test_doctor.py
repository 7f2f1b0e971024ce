"""`kirok doctor` as a command: lines, JSON, exit codes, fixes, colours."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from cli.conftest import Command, Seeded
from client.doctor.fronts import Reply, front
from running_servers import RunningServer, free_port, kirok_server, plain_environment


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    with kirok_server(tmp_path_factory.mktemp("server")) as running:
        yield running


def test_a_server_that_is_well_is_one_line_a_check(kirok: Command, server: RunningServer) -> None:
    answer = kirok("doctor", MLFLOW_TRACKING_URI=server.address)
    assert answer.returncode == 0, answer.stdout
    lines = answer.stdout.splitlines()
    assert [line.split()[1] for line in lines[:3]] == ["versions", "variables", "neighbours"]
    assert f"ok      address      {server.address} (MLFLOW_TRACKING_URI)" in lines
    assert lines[-1] == "All is well."
    assert "\x1b" not in answer.stdout


def test_a_failure_names_its_mend_and_what_was_not_tried(kirok: Command) -> None:
    port = free_port()
    answer = kirok("doctor", f"http://127.0.0.1:{port}")
    assert answer.returncode == 1
    told = answer.stdout.splitlines()
    at = next(number for number, line in enumerate(told) if line.startswith("FAILED  connection"))
    assert told[at + 1].strip() == f"-> kirok server --port {port}"
    assert told[at + 2].startswith("-       not checked because 'connection' failed: encryption, answer, ")
    assert told[-1] == "1 failure."


def test_warnings_alone_are_no_failure(kirok: Command, server: RunningServer) -> None:
    answer = kirok("doctor", server.address, MLFLOW_EXPERIMENT_NAME="a", MLFLOW_EXPERIMENT_ID="0")
    assert answer.returncode == 0
    assert answer.stdout.splitlines()[-1] == "1 warning."


def test_json_says_the_same(kirok: Command) -> None:
    answer = kirok("doctor", "--json", f"http://me:hunter2@127.0.0.1:{free_port()}")
    assert answer.returncode == 1
    report = json.loads(answer.stdout)
    assert report["uri"].startswith("http://me:***@127.0.0.1:")
    assert (report["named_by"], report["status"]) == ("the command line", "failed")
    by_name = {check["check"]: check for check in report["checks"]}
    assert set(by_name["connection"]) == {"check", "leg", "status", "text", "mend", "details", "fix"}
    assert by_name["connection"]["mend"].startswith("kirok server --port")
    assert by_name["artifacts"]["status"] == "not checked"
    assert "hunter2" not in answer.stdout + answer.stderr


def test_a_fix_is_told_done_and_checked(kirok: Command, tmp_path: Path) -> None:
    uri = f"sqlite:///{tmp_path.as_posix()}/new/mlflow.db"
    assert kirok("doctor", uri).returncode == 1
    assert not (tmp_path / "new").exists()
    answer = kirok("doctor", "--fix", uri)
    assert answer.returncode == 0
    assert answer.stderr == f"--fix: make the folder {tmp_path}/new\n"
    assert (tmp_path / "new").is_dir()


def test_nothing_to_fix_is_said(kirok: Command) -> None:
    answer = kirok("doctor", "--fix", f"http://127.0.0.1:{free_port()}")
    assert answer.returncode == 1
    assert answer.stderr == "There is nothing here that --fix may do.\n"


def test_a_database_is_examined_and_left_as_it_was(kirok: Command, seeded: Seeded) -> None:
    before = sorted(seeded.folder.rglob("*"))
    answer = kirok("doctor", "-v", "--mask-envs", MLFLOW_TRACKING_URI=seeded.uri)
    assert answer.returncode == 0, answer.stdout
    assert "ok      write        a row was written, read back and undone" in answer.stdout
    assert "obstore " in answer.stdout
    assert sorted(seeded.folder.rglob("*")) == before


def test_what_a_server_says_cannot_steer_the_terminal(kirok: Command) -> None:
    with front(lambda _: Reply(403, b"Keep out\x1b[2J\x07\n", {"Content-Type": "text/plain"})) as address:
        answer = kirok("doctor", address)
    assert "Keep out" in answer.stdout
    assert not set(answer.stdout) & {"\x1b", "\x07"}


@pytest.mark.skipif(sys.platform == "win32", reason="this system has no pseudo-terminals")
def test_a_terminal_gets_colours(tmp_path: Path) -> None:
    ours, theirs = os.openpty()
    command = [sys.executable, "-m", "kirok.cli", "doctor", f"http://127.0.0.1:{free_port()}"]
    subprocess.run(command, cwd=tmp_path, env=plain_environment(), stdout=theirs, timeout=60, check=False)
    os.close(theirs)
    shown = b""
    try:
        while piece := os.read(ours, 65536):
            shown += piece
    except OSError:  # what Linux says when the other end is closed
        pass
    os.close(ours)
    assert b"\x1b[31mFAILED" in shown


def test_an_error_at_run_time_points_here(kirok: Command) -> None:
    address = f"http://127.0.0.1:{free_port()}"
    answer = kirok(
        "copy",
        address,
        "sqlite:///copied.db",
        MLFLOW_HTTP_REQUEST_MAX_RETRIES="0",
        MLFLOW_TRACKING_URI="sqlite:///x.db",
    )
    assert answer.returncode == 1
    assert "Check the address, wherever it was given: a command" in answer.stderr
    assert f"`kirok doctor {address}` checks each step." in answer.stderr
