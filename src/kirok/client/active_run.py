"""Starting and ending the runs that are active, as nested `with start_run()` blocks make them."""

import atexit
import contextlib
import logging
import os
import sys
from types import TracebackType
from typing import Any, Literal, Self

from msgspec import Struct

from kirok.base.errors import BadRequest, InvalidParameter, KirokError
from kirok.client import tags as tag_keys
from kirok.client.active_experiment import current_experiment_id
from kirok.client.mlflow_client import MlflowClient
from kirok.client.run_context import context_tags
from kirok.client.session import SESSION
from kirok.client.task_local import TaskLocal
from kirok.entities.runs import Run, RunTag
from kirok.entities.views import LifecycleStage, RunStatus
from kirok.rules.keys import check_run_id

_log = logging.getLogger("kirok")


class ActiveRun(Run, frozen=True):
    """A run as `start_run` returns it: itself, and a block that ends it. Its data are those of the start."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> Literal[False]:
        """End the run, and any started inside that is still active: FINISHED, or FAILED when an exception escapes."""
        status = RunStatus.FINISHED if error is None else RunStatus.FAILED
        while any(entry.run.info.run_id == self.info.run_id for entry in _runs.get().active):
            end(status)
        return False


class Entry(Struct, frozen=True):
    """An active run with the client it was started through: a later `set_tracking_uri` is for later runs."""

    run: ActiveRun
    client: MlflowClient


class Stack(Struct, frozen=True):
    """The runs that are active, innermost last, and the one that ended last."""

    active: tuple[Entry, ...] = ()
    last: Entry | None = None


_runs: TaskLocal[Stack] = TaskLocal("kirok_runs", Stack())


def active_entry() -> Entry | None:
    """The innermost active run and its client; None where no run is active."""
    active = _runs.get().active
    return active[-1] if active else None


def running() -> Entry:
    """As `active_entry`; starts a run where none is active, as MLflow's logging does."""
    entry = active_entry()
    if entry is None:
        start()
        entry = active_entry()
    if entry is None:
        raise KirokError("The run that was started is not active in this thread or task.")
    return entry


def target(run_id: str | None = None) -> tuple[str, MlflowClient]:
    """The run that a logging call is for, and its client: the one named, else the active one, started if need be."""
    if run_id is not None:
        return run_id, MlflowClient()
    entry = running()
    return entry.run.info.run_id, entry.client


def last_run() -> Run | None:
    """The active run, else the one that ended last here, as it is now; None where there was none."""
    entry = active_entry()
    if entry is not None:
        return entry.run
    last = _runs.get().last
    return None if last is None else last.client.get_run(last.run.info.run_id)


def start(
    run_id: str | None = None,
    experiment_id: str | int | None = None,
    run_name: str | None = None,
    nested: bool = False,
    parent_run_id: str | None = None,
    tags: dict[str, Any] | None = None,
    description: str | None = None,
) -> ActiveRun:
    """Make a run the active one: a new one, or by `run_id` or MLFLOW_RUN_ID one that exists. See `fluent.start_run`."""
    if experiment_id is not None and not isinstance(experiment_id, (str, int)):
        raise InvalidParameter(
            f"Invalid experiment id: {experiment_id} of type {type(experiment_id)}. Must be one of str, int, or None."
        )
    entry = active_entry()
    if entry is not None and not nested:
        raise BadRequest(
            f"Run with UUID {entry.run.info.run_id} is already active. To start a new run, first end the "
            "current run with mlflow.end_run(). To start a nested run, call start_run with nested=True"
        )
    client = MlflowClient()
    resumed = run_id or SESSION.setting("RUN_ID")
    SESSION.export("RUN_ID", None)  # for this run alone: a nested one, or a child process, starts its own
    written = _with_note(tags, description)
    if resumed:
        run = _resumed(client, resumed, run_name, written)
    else:
        parent = _parent(client, parent_run_id, None if entry is None else entry.run.info.run_id)
        if parent is not None:
            written[tag_keys.PARENT_RUN_ID] = parent
        if run_name:
            written[tag_keys.RUN_NAME] = run_name
        run = client.create_run(
            str(experiment_id) if experiment_id is not None else current_experiment_id(client),
            tags={**context_tags(os.environ), **written},
            run_name=run_name,
        )
    active = ActiveRun(run.info, run.data, run.inputs, run.outputs)
    stack = _runs.get()
    _runs.set(Stack((*stack.active, Entry(active, client)), stack.last))
    SESSION.open_runs[run.info.run_id] = client.tracking_uri
    return active


def end(status: str = RunStatus.FINISHED) -> None:
    """End the innermost active run; nothing where none is active."""
    active = _runs.get().active
    if not active:
        return
    checked = RunStatus.of(status)
    entry = active[-1]
    _runs.set(Stack(active[:-1], entry))
    SESSION.export("RUN_ID", None)
    SESSION.open_runs.pop(entry.run.info.run_id, None)
    entry.client.set_terminated(entry.run.info.run_id, checked)


def _with_note(tags: dict[str, Any] | None, description: str | None) -> dict[str, Any]:
    written = dict(tags or {})
    if description:
        if tag_keys.NOTE in written:
            raise InvalidParameter(
                f"Description is already set via the tag {tag_keys.NOTE} in tags. Remove the key {tag_keys.NOTE} from "
                "the tags or omit the description."
            )
        written[tag_keys.NOTE] = description
    return written


def _resumed(client: MlflowClient, run_id: str, run_name: str | None, tags: dict[str, Any]) -> Run:
    check_run_id(run_id)
    run = client.get_run(run_id)
    if SESSION.experiment_id is not None and SESSION.experiment_id != run.info.experiment_id:
        raise InvalidParameter(
            f"Cannot start run with ID {run_id} because active experiment ID does not match environment run ID: the "
            f"run is in experiment {run.info.experiment_id}, set_experiment() chose {SESSION.experiment_id}. Make sure "
            "--experiment-name or --experiment-id matches experiment set with set_experiment(), or just use "
            "command-line arguments"
        )
    if run.info.lifecycle_stage == LifecycleStage.DELETED:
        raise InvalidParameter(
            f"Cannot start run with ID {run_id} because it is in the deleted state. restore_run({run_id!r}) brings it "
            "back."
        )
    client.resume(run_id, run_name)
    if tags:
        client.log_batch(run_id, tags=[RunTag(key, str(value)) for key, value in tags.items()], synchronous=True)
    return client.get_run(run_id)


def _parent(client: MlflowClient, asked: str | None, active: str | None) -> str | None:
    """The parent of a new run: the one asked for, which must be the active one where there is one, else that."""
    if asked is None:
        return active
    check_run_id(asked)
    if active is not None and asked != active:
        raise InvalidParameter(
            f"Current run with UUID {active} does not match the specified parent_run_id {asked}. To start a new nested "
            f"run under the parent run with UUID {active}, first end the current run with mlflow.end_run()."
        )
    if client.get_run(asked).info.lifecycle_stage == LifecycleStage.DELETED:
        raise InvalidParameter(
            f"Cannot start run under parent run with ID {asked} because it is in the deleted state. "
            f"restore_run({asked!r}) brings it back."
        )
    return asked


def _end_all() -> None:
    """At the interpreter's exit: end what this process left open, in every thread, and close the stores."""
    # The interpreter leaves the exception that ended a script here; at a prompt it is only the last mistake.
    crashed = getattr(sys, "last_value", None) is not None and not hasattr(sys, "ps1")
    status = RunStatus.FAILED if crashed else RunStatus.FINISHED
    for run_id, uri in reversed(list(SESSION.open_runs.items())):
        with contextlib.suppress(Exception):  # whatever fails now, nobody could handle it
            MlflowClient(uri).set_terminated(run_id, status)
    SESSION.open_runs.clear()
    with contextlib.suppress(Exception):
        SESSION.close()


atexit.register(_end_all)
