"""Experiment tracking that speaks MLflow: `import kirok as mlflow`.

Everything is loaded on first use, so that the import itself costs next to nothing. The functions are in
`kirok.client`; MLflow's module names (`kirok.exceptions`, `kirok.data`, …) are the files of `kirok/api`.
"""

import importlib
import os
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from kirok import artifacts as artifacts
    from kirok import config as config
    from kirok import data as data
    from kirok import exceptions as exceptions
    from kirok import tracking as tracking
    from kirok.api.exceptions import MlflowException as MlflowException
    from kirok.client.active_run import ActiveRun as ActiveRun
    from kirok.client.delivery import RunOperations as RunOperations
    from kirok.client.fluent.artifacts import (
        get_artifact_uri as get_artifact_uri,
    )
    from kirok.client.fluent.artifacts import (
        load_table as load_table,
    )
    from kirok.client.fluent.artifacts import (
        log_artifact as log_artifact,
    )
    from kirok.client.fluent.artifacts import (
        log_artifacts as log_artifacts,
    )
    from kirok.client.fluent.artifacts import (
        log_dict as log_dict,
    )
    from kirok.client.fluent.artifacts import (
        log_figure as log_figure,
    )
    from kirok.client.fluent.artifacts import (
        log_image as log_image,
    )
    from kirok.client.fluent.artifacts import (
        log_stream as log_stream,
    )
    from kirok.client.fluent.artifacts import (
        log_table as log_table,
    )
    from kirok.client.fluent.artifacts import (
        log_text as log_text,
    )
    from kirok.client.fluent.experiments import (
        create_experiment as create_experiment,
    )
    from kirok.client.fluent.experiments import (
        delete_experiment as delete_experiment,
    )
    from kirok.client.fluent.experiments import (
        delete_experiment_tag as delete_experiment_tag,
    )
    from kirok.client.fluent.experiments import (
        get_experiment as get_experiment,
    )
    from kirok.client.fluent.experiments import (
        get_experiment_by_name as get_experiment_by_name,
    )
    from kirok.client.fluent.experiments import (
        restore_experiment as restore_experiment,
    )
    from kirok.client.fluent.experiments import (
        search_experiments as search_experiments,
    )
    from kirok.client.fluent.experiments import (
        set_experiment as set_experiment,
    )
    from kirok.client.fluent.experiments import (
        set_experiment_tag as set_experiment_tag,
    )
    from kirok.client.fluent.experiments import (
        set_experiment_tags as set_experiment_tags,
    )
    from kirok.client.fluent.records import (
        delete_tag as delete_tag,
    )
    from kirok.client.fluent.records import (
        log_input as log_input,
    )
    from kirok.client.fluent.records import (
        log_inputs as log_inputs,
    )
    from kirok.client.fluent.records import (
        log_metric as log_metric,
    )
    from kirok.client.fluent.records import (
        log_metrics as log_metrics,
    )
    from kirok.client.fluent.records import (
        log_outputs as log_outputs,
    )
    from kirok.client.fluent.records import (
        log_param as log_param,
    )
    from kirok.client.fluent.records import (
        log_params as log_params,
    )
    from kirok.client.fluent.records import (
        set_tag as set_tag,
    )
    from kirok.client.fluent.records import (
        set_tags as set_tags,
    )
    from kirok.client.fluent.runs import (
        active_run as active_run,
    )
    from kirok.client.fluent.runs import (
        delete_run as delete_run,
    )
    from kirok.client.fluent.runs import (
        end_run as end_run,
    )
    from kirok.client.fluent.runs import (
        get_parent_run as get_parent_run,
    )
    from kirok.client.fluent.runs import (
        get_run as get_run,
    )
    from kirok.client.fluent.runs import (
        last_active_run as last_active_run,
    )
    from kirok.client.fluent.runs import (
        restore_run as restore_run,
    )
    from kirok.client.fluent.runs import (
        search_runs as search_runs,
    )
    from kirok.client.fluent.runs import (
        start_run as start_run,
    )
    from kirok.client.fluent.settings import (
        flush_artifact_async_logging as flush_artifact_async_logging,
    )
    from kirok.client.fluent.settings import (
        flush_async_logging as flush_async_logging,
    )
    from kirok.client.fluent.settings import (
        get_registry_uri as get_registry_uri,
    )
    from kirok.client.fluent.settings import (
        get_tracking_uri as get_tracking_uri,
    )
    from kirok.client.fluent.settings import (
        is_tracking_uri_set as is_tracking_uri_set,
    )
    from kirok.client.fluent.settings import (
        set_registry_uri as set_registry_uri,
    )
    from kirok.client.fluent.settings import (
        set_tracking_uri as set_tracking_uri,
    )
    from kirok.client.images import Image as Image
    from kirok.client.mlflow_client import MlflowClient as MlflowClient

    __version__: str

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
    elif name in ("__version__", "VERSION"):
        value = importlib.import_module("importlib.metadata").version("kirok")
    else:
        if not name.startswith("_"):
            importlib.import_module("kirok.client.absent").refuse_absent(f"kirok.{name}", name)
        raise AttributeError(f"module 'kirok' has no attribute {name!r}")
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted([*globals(), *_HOME_OF, *_MODULES, "MlflowException", "__version__"])
