"""What the command says as a whole."""

from importlib.metadata import version
from pathlib import Path

import pytest

from cli.conftest import Command

PARTS = ["server", "ui", "experiments", "runs", "artifacts", "db"]


def test_help_lists_the_commands(kirok: Command) -> None:
    shown = kirok("--help")
    assert shown.returncode == 0
    listed = {line.split()[0] for line in shown.stdout.split("Commands:")[1].splitlines() if line.strip()}
    assert listed >= set(PARTS)


@pytest.mark.parametrize("part", PARTS)
def test_each_command_explains_itself(kirok: Command, part: str) -> None:
    shown = kirok(part, "--help")
    assert shown.returncode == 0
    assert shown.stdout.startswith("Usage: kirok ")


def test_the_version_names_kirok_and_the_mlflow_it_speaks(kirok: Command) -> None:
    assert kirok("--version").stdout == f"kirok, version {version('kirok')} (speaks MLflow 3.17.2)\n"


@pytest.mark.parametrize("name", ["run", "models", "traces"])
def test_a_command_that_only_mlflow_has_is_answered_in_one_line(kirok: Command, name: str) -> None:
    answer = kirok(name, "--anything", "x")
    assert answer.returncode == 1
    (line,) = answer.stderr.splitlines()
    assert f"`kirok {name}` is not in this version yet" in line


def test_an_unknown_command_is_a_usage_error(kirok: Command) -> None:
    answer = kirok("experimnts")
    assert answer.returncode == 2
    assert "Traceback" not in answer.stderr


def test_an_env_file_sets_what_is_not_set(kirok: Command, tmp_path: Path) -> None:
    file = tmp_path / "settings.env"
    file.write_text("MLFLOW_TRACKING_URI=sqlite:///from-file.db\nMLFLOW_EXPERIMENT_ID=0\n", encoding="utf-8")
    assert kirok("--env-file", str(file), "runs", "list").returncode == 0
    assert (tmp_path / "from-file.db").is_file()
    answer = kirok(
        "--env-file", str(file), "experiments", "search", MLFLOW_TRACKING_URI="sqlite:///from-environment.db"
    )
    assert answer.returncode == 0
    assert (tmp_path / "from-environment.db").is_file()


def test_a_missing_env_file_is_named(kirok: Command) -> None:
    answer = kirok("--env-file", "absent.env", "experiments", "search")
    assert answer.returncode == 2
    assert "absent.env" in answer.stderr


def test_the_twin_of_a_setting_wins(kirok: Command, tmp_path: Path) -> None:
    kirok(
        *("experiments", "search"),
        MLFLOW_TRACKING_URI="sqlite:///mlflows.db",
        KIROK_TRACKING_URI="sqlite:///kiroks.db",
    )
    assert (tmp_path / "kiroks.db").is_file()
    assert not (tmp_path / "mlflows.db").exists()


@pytest.mark.parametrize(
    ("uri", "said"),
    [
        ("sqlite:///no/such/folder/x.db", "no/such/folder"),
        ("nonsense://x", "nonsense"),
        ("http://127.0.0.1:1", "127.0.0.1:1"),
    ],
)
def test_a_place_that_cannot_be_opened_is_one_line_without_a_traceback(kirok: Command, uri: str, said: str) -> None:
    answer = kirok("experiments", "search", MLFLOW_TRACKING_URI=uri, MLFLOW_HTTP_REQUEST_MAX_RETRIES="0")
    assert answer.returncode == 1
    (line,) = answer.stderr.splitlines()
    assert line.startswith("Error: ")
    assert said in line


def test_runs_of_the_folder_format_are_not_hidden(kirok: Command, tmp_path: Path) -> None:
    assert kirok("experiments", "create", "-n", "in a folder", MLFLOW_TRACKING_URI="./mlruns").returncode == 0
    answer = kirok("experiments", "search")
    assert answer.returncode == 0, answer.stderr
    assert "in a folder" in answer.stdout
    assert not (tmp_path / "mlflow.db").exists()
