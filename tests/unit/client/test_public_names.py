"""`import kirok as mlflow`: what is there, what is not yet, and what the import costs."""

import ast
import json
import subprocess
import sys
from pathlib import Path

import pytest

import kirok
from kirok.client.absent import ABSENT

HEAVY = "sqlalchemy urllib3 obstore pandas numpy yaml click fastapi uvicorn pydantic PIL matplotlib msgspec".split()


def loaded_after(program: str) -> set[str]:
    """The modules of a new interpreter after `program`."""
    script = f"{program}\nimport json, sys; print(json.dumps(sorted(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", script], check=True, capture_output=True, text=True)
    return set(json.loads(done.stdout))


def test_importing_kirok_loads_nothing_heavy() -> None:
    assert loaded_after("import kirok").isdisjoint(HEAVY)


def test_looking_at_the_functions_loads_nothing_heavy_either() -> None:
    heavy = set(HEAVY) - {"msgspec"}
    assert loaded_after("import kirok; kirok.start_run, kirok.MlflowClient, kirok.data, kirok.entities").isdisjoint(
        heavy
    )


def test_every_name_that_is_promised_can_be_had() -> None:
    for name in dir(kirok):
        assert getattr(kirok, name) is not None


def test_the_type_checkers_view_has_the_same_names() -> None:
    stub = Path(kirok.__file__).with_suffix(".pyi").read_text(encoding="utf-8")
    assigned = [node for node in ast.parse(stub).body if isinstance(node, ast.Assign)]
    assert sorted(ast.literal_eval(assigned[0].value)) == dir(kirok)


def test_what_mlflow_has_and_kirok_has_not_yet_says_so() -> None:
    for name in ("sklearn", "log_model", "register_model", "trace"):
        with pytest.raises(AttributeError, match=rf"kirok\.{name} is not there yet"):
            getattr(kirok, name)
    with pytest.raises(AttributeError, match=r"MlflowClient\.create_registered_model is not there yet"):
        getattr(kirok.MlflowClient("sqlite:///unused.db"), "create_registered_model")  # noqa: B009 - no such attribute


def test_a_name_of_nobodys_is_a_plain_mistake() -> None:
    with pytest.raises(AttributeError, match="has no attribute 'strat_run'"):
        getattr(kirok, "strat_run")  # noqa: B009 - no such attribute
    assert not hasattr(kirok.MlflowClient("sqlite:///unused.db"), "nonsense")


def test_no_name_is_both_there_and_absent() -> None:
    assert set(dir(kirok)).isdisjoint(ABSENT)
    assert set(dir(kirok.MlflowClient)).isdisjoint(ABSENT)


@pytest.mark.parametrize(
    "line",
    [
        "from kirok.exceptions import MlflowException, RestException",
        "from kirok.entities import Experiment, Metric, Param, Run, RunStatus, RunTag, ViewType",
        "from kirok.tracking import MlflowClient, get_tracking_uri",
        "from kirok.tracking.client import MlflowClient",
        "from kirok.tracking.fluent import start_run, log_metric",
        "from kirok.client import MlflowClient",
        "from kirok.artifacts import download_artifacts",
        "from kirok.data import from_pandas, from_numpy",
        "from kirok.config import enable_async_logging",
        "from kirok.utils.mlflow_tags import MLFLOW_PARENT_RUN_ID, MLFLOW_RUN_NAME, MLFLOW_USER",
        "import kirok as mlflow; mlflow.artifacts.load_dict; mlflow.entities.Metric; mlflow.exceptions.MlflowException",
    ],
)
def test_mlflows_imports_work_under_kiroks_name(line: str) -> None:
    assert "kirok" in loaded_after(line)
