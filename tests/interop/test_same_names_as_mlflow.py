"""Code written for MLflow calls kirok: the same names, arguments in the same order, the same defaults."""

import inspect
from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest

import kirok
from kirok.client.absent import ABSENT

# Modules and helpers that lie open in mlflow's name space but are no API.
_NO_API = {
    "IS_TRACING_SDK_ONLY", "LazyLoader", "MLFLOW_CONFIGURE_LOGGING", "TYPE_CHECKING", "VERSION", "contextlib",
    "environment_variables", "error_classification", "legacy_databricks_cli", "maybe_hint_tracing_skill", "mismatch",
    "ml_package_versions", "mlflow", "protos", "pytest", "set_telemetry_client", "store", "telemetry", "version",
}  # fmt: skip

FUNCTIONS = [name for name in dir(kirok) if inspect.isfunction(getattr(kirok, name))]
_OUR_OWN = ("tracking_uri", "resume", "artifacts_of", "delete_artifacts", "log_measured_on")
_MORE_TO_A_RECORD = {"FileInfo": ["modified_ms"]}
METHODS = [name for name in dir(kirok.MlflowClient) if not name.startswith("_") and name not in _OUR_OWN]


def test_every_public_name_of_mlflow_is_there_or_announced(mlflow: Any) -> None:
    # A flavour that was loaded leaves its dotted name behind.
    public = {name for name in dir(mlflow) if name.isidentifier() and not name.startswith("_")} - _NO_API
    assert public - set(dir(kirok)) - set(ABSENT) == set()


def test_every_client_method_of_mlflow_is_there_or_announced(mlflow: Any) -> None:
    public = {name for name in dir(mlflow.MlflowClient) if not name.startswith("_")}
    assert public - set(dir(kirok.MlflowClient)) - set(ABSENT) == set()


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_function_takes_what_mlflows_takes(mlflow: Any, name: str) -> None:
    assert arguments(getattr(kirok, name)) == arguments(getattr(mlflow, name))


@pytest.mark.parametrize("name", METHODS)
def test_a_client_method_takes_what_mlflows_takes(mlflow: Any, name: str) -> None:
    assert arguments(getattr(kirok.MlflowClient, name)) == arguments(getattr(mlflow.MlflowClient, name))


@pytest.mark.parametrize("module", ["artifacts", "config", "data", "exceptions", "tracking"])
def test_functions_of_public_modules_take_what_mlflows_take(mlflow: Any, module: str) -> None:
    ours: ModuleType = getattr(kirok, module)
    for name in ours.__all__:
        if inspect.isfunction(getattr(ours, name)):
            assert arguments(getattr(ours, name)) == arguments(getattr(getattr(mlflow, module), name)), name


@pytest.mark.parametrize("record", ["Metric", "Param", "RunTag", "ExperimentTag", "InputTag", "Dataset", "FileInfo"])
def test_records_take_what_mlflows_take(mlflow: Any, record: str) -> None:
    theirs = arguments(getattr(mlflow.entities, record).__init__)[1:]
    ours = arguments(getattr(kirok.entities, record))
    assert [argument[0] for argument in ours[: len(theirs)]] == [argument[0] for argument in theirs]
    assert [argument[0] for argument in ours[len(theirs) :]] == _MORE_TO_A_RECORD.get(record, [])


def arguments(function: Callable[..., Any]) -> list[tuple[str, Any, Any]]:
    """(name, kind, default) of each argument."""
    return [
        (given.name, given.kind, _plain(given.default)) for given in inspect.signature(function).parameters.values()
    ]


def _plain(default: Any) -> Any:
    return int(default) if isinstance(default, int) and not isinstance(default, bool) else default
