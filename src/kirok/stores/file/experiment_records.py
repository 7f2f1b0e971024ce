"""An experiment's files as one record, and `meta.yaml` as it is made and changed."""

import os
from collections.abc import Mapping
from typing import Any

from kirok.entities.experiments import Experiment
from kirok.entities.views import LifecycleStage
from kirok.stores.file.layout import META, TAGS, TRASH
from kirok.stores.file.meta import Unreadable, meta_content, read_meta
from kirok.stores.file.run_records import read_values


def read_experiment(path: str) -> Experiment:
    """The experiment in folder `path`; what lies in the bin is deleted whatever its record says.

    Unreadable where `meta.yaml` is no record of this experiment; FileNotFoundError where there is none.
    """
    file, name = os.path.join(path, META), os.path.basename(path)
    meta = read_meta(file)
    told = str(meta.get("experiment_id"))
    if told != name:
        raise Unreadable(f"{file} is about experiment {told!r}")
    is_in_bin = os.path.basename(os.path.dirname(path)) == TRASH
    try:
        stage = LifecycleStage(meta.get("lifecycle_stage", LifecycleStage.ACTIVE))
        return Experiment(
            experiment_id=name,
            name=str(meta["name"]),
            artifact_location=str(meta.get("artifact_location") or ""),
            lifecycle_stage=LifecycleStage.DELETED if is_in_bin else stage,
            creation_time=_time(meta.get("creation_time")),
            last_update_time=_time(meta.get("last_update_time")),
            tags=read_values(os.path.join(path, TAGS)),
            workspace=str(meta.get("workspace") or "default"),
        )
    except (KeyError, ValueError, TypeError) as error:
        raise Unreadable(f"{file} holds what no experiment has: {error!r}") from None


def _time(value: object) -> int | None:
    return None if value is None else int(value)  # type: ignore[call-overload]  # a TypeError is what is wanted


def new_experiment_meta(experiment: Experiment) -> bytes:
    """`meta.yaml` of a new experiment, as MLflow writes it; its tags are files."""
    return meta_content(
        {
            "artifact_location": experiment.artifact_location,
            "creation_time": experiment.creation_time,
            "effective_trace_archival_retention": None,
            "experiment_id": experiment.experiment_id,
            "last_update_time": experiment.last_update_time,
            "lifecycle_stage": experiment.lifecycle_stage.value,
            "name": experiment.name,
            "trace_location": None,
            "workspace": experiment.workspace,
        }
    )


def changed_experiment_meta(meta: Mapping[str, Any], **changes: object) -> bytes:
    """`meta.yaml` with some values changed; everything else stays, known to us or not."""
    return meta_content({**meta, **changes})
