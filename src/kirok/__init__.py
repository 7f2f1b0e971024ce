"""Experiment tracking that speaks MLflow: `import kirok as mlflow`.

Everything is loaded on first use, so that the import itself costs next to nothing. The functions are in
`kirok.client`; MLflow's module names (`kirok.exceptions`, `kirok.data`, …) are the files of `kirok/api`.
Type checkers and editors read `__init__.pyi`, which a test keeps equal to the names here.
"""

import importlib
import os
from typing import Any

# `import kirok.exceptions` finds kirok/api/exceptions.py: the public names need no second place beside the floors,
# and the floors' own packages, which come first, cannot be hidden by one.
__path__.append(os.path.join(os.path.dirname(__file__), "api"))

_HOMES = {
    "kirok.client.active_run": "ActiveRun",
    "kirok.client.delivery": "RunOperations",
    "kirok.client.fluent.artifacts": """
        get_artifact_uri load_table log_artifact log_artifacts log_dict log_figure log_image log_stream
        log_table log_text""",
    "kirok.client.fluent.experiments": """
        create_experiment delete_experiment delete_experiment_tag get_experiment get_experiment_by_name
        restore_experiment search_experiments set_experiment set_experiment_tag set_experiment_tags""",
    "kirok.client.fluent.records": """
        delete_tag log_input log_inputs log_metric log_metrics log_outputs log_param log_params set_tag
        set_tags""",
    "kirok.client.fluent.runs": """
        active_run delete_run end_run get_parent_run get_run last_active_run restore_run search_runs
        start_run""",
    "kirok.client.fluent.settings": """
        flush_artifact_async_logging flush_async_logging get_registry_uri get_tracking_uri
        is_tracking_uri_set set_registry_uri set_tracking_uri""",
    "kirok.client.images": "Image",
    "kirok.client.mlflow_client": "MlflowClient",
}
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names.split()}
_MODULES = ("artifacts", "client", "config", "data", "entities", "exceptions", "tracking", "utils")


def __getattr__(name: str) -> Any:
    if name in _HOME_OF:
        value = getattr(importlib.import_module(_HOME_OF[name]), name)
    elif name in _MODULES:
        return importlib.import_module(f"kirok.{name}")
    elif name == "MlflowException":
        value = importlib.import_module("kirok.base.errors").KirokError
    elif name == "__version__":
        value = importlib.import_module("importlib.metadata").version("kirok")
    else:
        if not name.startswith("_"):
            importlib.import_module("kirok.client.absent").refuse_absent(f"kirok.{name}", name)
        raise AttributeError(f"module 'kirok' has no attribute {name!r}")
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted([*_HOME_OF, *_MODULES, "MlflowException", "__version__"])
