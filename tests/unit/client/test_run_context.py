"""The tags every run is given."""

import sys
from types import ModuleType

import pytest

from kirok.client import run_context
from kirok.client.run_context import context_tags


@pytest.fixture(autouse=True)
def _a_script_outside_of_git(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["train.py", "--fast"])
    monkeypatch.setattr(run_context, "git_state", lambda file: None)


def test_a_script_is_told_by_user_and_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOGNAME", "ada")
    assert context_tags({"MLFLOW_TRACKING_USERNAME": "grace"}) == {
        "mlflow.user": "grace",
        "mlflow.source.name": "train.py",
        "mlflow.source.type": "LOCAL",
    }
    assert context_tags({})["mlflow.user"] == "ada"


def test_an_interactive_session_is_the_console(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", [""])
    assert context_tags({})["mlflow.source.name"] == "<console>"


def test_a_user_id_without_a_name_is_unknown(monkeypatch: pytest.MonkeyPatch) -> None:
    def nobody() -> str:
        raise KeyError("getpwuid(): uid not found: 4242")

    monkeypatch.setattr("getpass.getuser", nobody)
    assert context_tags({})["mlflow.user"] == "unknown"


def test_the_environments_tags_win_over_those_found_out() -> None:
    tags = context_tags({"MLFLOW_RUN_CONTEXT": '{"mlflow.user": "ci", "build": 7}'})
    assert tags["mlflow.user"] == "ci"
    assert tags["build"] == "7"


@pytest.mark.parametrize("text", ["{", "[1]", '"x"'])
def test_a_malformed_context_is_left_out_with_a_warning(text: str, caplog: pytest.LogCaptureFixture) -> None:
    assert context_tags({"MLFLOW_RUN_CONTEXT": text})["mlflow.source.name"] == "train.py"
    assert "MLFLOW_RUN_CONTEXT" in caplog.text


def pretend_ipython(monkeypatch: pytest.MonkeyPatch, shell: object) -> None:
    module = ModuleType("IPython")
    module.get_ipython = lambda: shell  # type: ignore[attr-defined]  # as much of it as is looked at
    monkeypatch.setitem(sys.modules, "IPython", module)


class ZMQInteractiveShell:
    """Jupyter's shell, by which it is known."""

    def __init__(self, **variables: str) -> None:
        self.user_ns = variables


class TerminalInteractiveShell(ZMQInteractiveShell):
    """IPython's in a terminal."""


def test_a_notebook_is_told_by_its_file_name(monkeypatch: pytest.MonkeyPatch) -> None:
    pretend_ipython(monkeypatch, ZMQInteractiveShell(__vsc_ipynb_file__="/notebooks/study.ipynb"))
    tags = context_tags({})
    assert tags["mlflow.source.type"] == "NOTEBOOK"
    assert tags["mlflow.source.name"] == "study.ipynb"


def test_ipython_in_a_terminal_is_no_notebook(monkeypatch: pytest.MonkeyPatch) -> None:
    pretend_ipython(monkeypatch, TerminalInteractiveShell())
    assert context_tags({})["mlflow.source.type"] == "LOCAL"
