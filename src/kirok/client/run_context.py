"""The tags every run is given: who started it, from which program, at which commit."""

import getpass
import json
import logging
import os
import sys
from collections.abc import Mapping
from typing import Any

from kirok.base.settings import TransportSettings, setting
from kirok.client import tags as tag_keys
from kirok.client.git import git_state
from kirok.entities.views import SourceType

_log = logging.getLogger("kirok")


def context_tags(env: Mapping[str, str]) -> dict[str, str]:
    """Tags of this process, in the order MLflow resolves them: a later source overrides an earlier one."""
    return {**program_tags(env), **git_tags(), **notebook_tags(env), **environment_tags(env)}


def program_tags(env: Mapping[str, str]) -> dict[str, str]:
    """The user and the program."""
    return {
        tag_keys.USER: TransportSettings.read(env).username or _system_user(),
        tag_keys.SOURCE_NAME: main_file() or "<console>",
        tag_keys.SOURCE_TYPE: SourceType.LOCAL.value,
    }


def git_tags() -> dict[str, str]:
    """Commit, branch and remote of the work tree that the program's main file is in; nothing outside of one."""
    file = main_file()
    state = git_state(file) if file else None
    if state is None:
        return {}
    tags = {
        tag_keys.GIT_COMMIT: state.commit,
        tag_keys.GIT_BRANCH: state.branch,
        tag_keys.GIT_REPO_URL: state.repo_url,
    }
    return {key: value for key, value in tags.items() if value}


def notebook_tags(env: Mapping[str, str]) -> dict[str, str]:
    """That this is a Jupyter notebook, and its file name where the front end tells; nothing elsewhere."""
    shell = _notebook_shell()
    if shell is None:
        return {}
    tags = {tag_keys.SOURCE_TYPE: SourceType.NOTEBOOK.value}
    # VS Code leaves the path in the notebook's variables, others in the environment.
    path = shell.user_ns.get("__vsc_ipynb_file__") or env.get("IPYNB_FILE") or env.get("JPY_SESSION_NAME")
    if path:
        tags[tag_keys.SOURCE_NAME] = os.path.basename(path)
    return tags


def environment_tags(env: Mapping[str, str]) -> dict[str, str]:
    """The JSON object of MLFLOW_RUN_CONTEXT; a warning, not an error, where it is none: training goes on."""
    text = setting(env, "RUN_CONTEXT")
    if text is None:
        return {}
    try:
        return {str(key): str(value) for key, value in json.loads(text).items()}
    except (ValueError, AttributeError):
        _log.warning("MLFLOW_RUN_CONTEXT is not a JSON object of tags and is left out: %.200s", text)
        return {}


def main_file() -> str | None:
    """The program as it was called; None in an interactive session."""
    return sys.argv[0] if getattr(sys, "argv", None) and sys.argv[0] else None


def _system_user() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):  # a container's user id without a name; Windows without pwd
        return "unknown"


def is_notebook() -> bool:
    """Whether this is a Jupyter kernel."""
    return "IPython" in sys.modules and _notebook_shell() is not None


def _notebook_shell() -> Any | None:
    """IPython's shell where it belongs to a Jupyter kernel; IPython is never imported for it."""
    ipython = sys.modules.get("IPython")
    shell = None if ipython is None else ipython.get_ipython()
    is_kernel = shell is not None and (type(shell).__name__ == "ZMQInteractiveShell" or hasattr(shell, "kernel"))
    return shell if is_kernel else None
