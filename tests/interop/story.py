"""What users do, written once and lived through with either client against either server.

Each chapter takes the client's module (`mlflow` or `kirok`), an empty folder and a word that sets its experiments apart
from those of other tellings on the same server; it returns what the client was told, as plain data. Ids, times and
places that differ from one telling to the next are left out or made alike.
"""

import math
import re
import secrets
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

Chapter = Callable[[Any, Path, str], object]

_RUN_ID = re.compile(r"[0-9a-f]{32}")
_SHOWN_TAGS = ("mlflow.runName", "mlflow.parentRunId", "mlflow.note.content", "mlflow.user")


def tell(chapter: Chapter, client: Any, address: str, folder: Path) -> object:
    """One telling of a chapter, with run ids numbered in the order of their appearance."""
    study = f"story{secrets.token_hex(4)}"
    client.set_tracking_uri(address)
    try:
        return _alike(chapter(client, folder, study), {study: "story"})
    finally:
        while client.active_run() is not None:
            client.end_run()


def experiments(client: Any, folder: Path, study: str) -> object:
    """Experiments are made, tagged, renamed, binned and found."""
    tracking = client.MlflowClient()
    apples = client.create_experiment(f"{study} apples", tags={"team": "fruit"})
    pears = tracking.create_experiment(f"{study} pears", artifact_location=None)
    client.set_experiment(experiment_id=pears)
    client.set_experiment_tag("note", "from 제주")
    client.set_experiment_tags({"study": study, "a": 1, "b": 2.5})
    tracking.delete_experiment_tag(pears, "b")
    tracking.rename_experiment(pears, f"{study} quinces")
    tracking.delete_experiment(apples)
    ours = f"name LIKE '{study} %'"
    return {
        "unknown": client.get_experiment_by_name(f"{study} nothing"),
        "by id": _experiment(client.get_experiment(pears)),
        "by name": _experiment(client.get_experiment_by_name(f"{study} quinces")),
        "active": [_experiment(one) for one in client.search_experiments(filter_string=ours)],
        "deleted": [
            _experiment(one) for one in client.search_experiments(view_type=2, filter_string=f"name = '{study} apples'")
        ],
        "by tag": [one.name for one in tracking.search_experiments(filter_string=f"tags.study = '{study}'")],
        "pages": _pages(
            lambda token: tracking.search_experiments(
                view_type=3,
                max_results=1,
                filter_string=ours,
                order_by=["name DESC"],
                page_token=token,
            ),
            lambda one: one.name,
        ),
        "refused": [
            _refusal(lambda: client.create_experiment(f"{study} apples")),
            _refusal(lambda: client.create_experiment("")),
            _refusal(lambda: client.get_experiment("987654")),
            # A 500, which MLflow's client retries and then reports without its code.
            _refusal(lambda: tracking.rename_experiment(apples, f"{study} figs"))
            in {"INVALID_STATE", "INTERNAL_ERROR"},
            _refusal(lambda: tracking.delete_experiment(apples)),
            _refusal(lambda: client.search_experiments(filter_string="nonsense")),
        ],
        "restored": [tracking.restore_experiment(apples), tracking.get_experiment(apples).lifecycle_stage],
    }


def a_training(client: Any, folder: Path, study: str) -> object:
    """A model is trained; params, metrics by step, tags and a description are logged."""
    from sklearn.datasets import load_iris
    from sklearn.linear_model import SGDClassifier

    client.set_experiment(f"{study} training")
    data, labels = load_iris(return_X_y=True)
    model = SGDClassifier(loss="log_loss", random_state=1)
    with client.start_run(run_name="iris", description="three *kinds*", tags={"stage": "test"}) as run:
        client.log_params(model.get_params())
        client.log_param("note", "x" * 20)
        for epoch in range(4):
            model.partial_fit(data, labels, classes=[0, 1, 2])
            client.log_metric(
                "accuracy", float(model.score(data, labels)), step=epoch, timestamp=1_700_000_000_000 + epoch
            )
        client.log_metrics({"best/accuracy": 0.5, "loss": float("nan")}, step=3, timestamp=5)
        client.log_metric("loss", float("nan"), step=4, timestamp=6)
        client.log_metric("sum", float("inf"), step=1, timestamp=7)
        client.log_metric("sum", 3.25, step=0, timestamp=8)
        client.set_tags({"kind": "iris", "한글": "값"})
        client.set_tag("gone", "soon")
        client.delete_tag("gone")
    tracking = client.MlflowClient()
    seen = tracking.get_run(run.info.run_id)
    return {
        "run": _run(seen),
        "has times": (seen.info.start_time > 0, seen.info.end_time >= seen.info.start_time),
        "history": {
            key: [
                (point.step, point.timestamp, repr(point.value))
                for point in tracking.get_metric_history(run.info.run_id, key)
            ]
            for key in ("accuracy", "loss", "best/accuracy", "nothing")
        },
        "refused": [
            _refusal(lambda: tracking.log_param(run.info.run_id, "note", "changed")),
            _refusal(lambda: tracking.log_param(run.info.run_id, "bad*key", "1")),
            _refusal(lambda: tracking.log_metric(run.info.run_id, "../up", 1.0)),
            _refusal(lambda: tracking.get_run("0" * 32)),
            _refusal(lambda: tracking.delete_tag(run.info.run_id, "gone")),
        ],
        "same again": tracking.log_param(run.info.run_id, "note", "x" * 20),
    }


def nested_and_resumed_runs(client: Any, folder: Path, study: str) -> object:
    """Children know their parent; a run that ended goes on; a crash is recorded."""
    client.set_experiment(f"{study} nested")
    with client.start_run(run_name="parent") as parent:
        for i in range(2):
            with client.start_run(run_name=f"child {i}", nested=True):
                client.log_metric("i", i)
        active = client.active_run().info.run_id == parent.info.run_id
    with client.start_run(run_id=parent.info.run_id):
        client.log_param("resumed", True)
    try:
        with client.start_run(run_name="crash") as crashed:
            raise KeyError("no")
    except KeyError:
        pass
    killed = client.start_run(run_name="killed")
    client.end_run("KILLED")
    tracking = client.MlflowClient()
    children = client.search_runs(
        experiment_names=[f"{study} nested"],
        filter_string=f"tags.mlflow.parentRunId = '{parent.info.run_id}'",
        order_by=["metrics.i DESC"],
        output_format="list",
    )
    return {
        "parent is active again": active,
        "parent": _run(tracking.get_run(parent.info.run_id)),
        "children": [_run(child) for child in children],
        "parent of child": client.get_parent_run(children[0].info.run_id).info.run_id == parent.info.run_id,
        "crashed": tracking.get_run(crashed.info.run_id).info.status,
        "killed": tracking.get_run(killed.info.run_id).info.status,
        "last": client.last_active_run().info.run_name,
    }


def artifacts(client: Any, folder: Path, study: str) -> object:
    """Files of every kind go up, are listed, and come back byte for byte."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib.figure import Figure

    client.set_experiment(f"{study} artifacts")
    source = folder / "source"
    (source / "deep" / "er").mkdir(parents=True)
    (source / "a b.txt").write_text("spaces", encoding="utf-8")
    (source / "deep" / "er" / "데이터.bin").write_bytes(bytes(range(256)) * 300)
    (source / "empty").write_bytes(b"")
    figure = Figure()
    figure.subplots().plot([1, 2, 3])
    with client.start_run(run_name="files") as run:
        client.log_text("hello\n", "notes/hello.txt")
        client.log_text("<b>50% & more</b>", "notes/50% a+b.html")
        client.log_dict({"b": [1, 2], "a": "é"}, "config.json")
        client.log_dict({"k": {"n": 1}}, "config.yaml")
        client.log_figure(figure, "plots/line.png")
        client.log_table({"x": [1, 2], "y": ["a", "b"]}, "rows.json")
        client.log_table({"x": [3], "y": ["c"]}, "rows.json")
        client.log_artifact(str(source / "a b.txt"))
        client.log_artifact(str(source / "a b.txt"), "renamed")
        client.log_artifacts(str(source), "all")
    tracking = client.MlflowClient()
    run_id = run.info.run_id
    fetched = Path(tracking.download_artifacts(run_id, "all", str(_new(folder / "fetched"))))
    whole = Path(tracking.download_artifacts(run_id, "", str(_new(folder / "whole"))))
    one = Path(tracking.download_artifacts(run_id, "notes/50% a+b.html", str(_new(folder / "one"))))
    return {
        "has its own place": client.get_run(run_id).info.artifact_uri.endswith(f"/{run_id}/artifacts"),
        "top": _files(tracking.list_artifacts(run_id)),
        "folder": _files(tracking.list_artifacts(run_id, "all")),
        "deep": _files(tracking.list_artifacts(run_id, "all/deep/er")),
        "a file": _files(tracking.list_artifacts(run_id, "notes/hello.txt")),
        "nothing": _files(tracking.list_artifacts(run_id, "no/such/folder")),
        "fetched": _tree(fetched),
        "whole": sorted(name for name in _tree(whole)),
        "one": one.read_text(encoding="utf-8"),
        "hello": Path(tracking.download_artifacts(run_id, "notes/hello.txt")).read_text(encoding="utf-8"),
        "yaml": Path(tracking.download_artifacts(run_id, "config.yaml")).read_text(encoding="utf-8"),
        "table": client.load_table("rows.json", run_ids=[run_id]).to_dict("list"),
        "tables": tracking.get_run(run_id).data.tags["mlflow.loggedArtifacts"],
        # MLflow's own codes differ by the place files are kept in.
        "refused": [
            _refusal(lambda: tracking.list_artifacts(run_id, "../..")).startswith("not refused"),
            _refusal(lambda: tracking.log_text(run_id, "x", "../up.txt")).startswith("not refused"),
        ],
    }


def datasets(client: Any, folder: Path, study: str) -> object:
    """A run remembers the data it read."""
    import numpy as np
    import pandas as pd

    client.set_experiment(f"{study} datasets")
    frame = pd.DataFrame({"x": [1.0, 2.0, 3.5], "label": [0, 1, 1]})
    train = client.data.from_pandas(frame, source="https://example.org/train.csv", name="flowers", targets="label")
    test = client.data.from_numpy(np.arange(6.0).reshape(2, 3), source="https://example.org/test.npy", name="grid")
    with client.start_run(run_name="reads") as run:
        client.log_input(train, context="training", tags={"split": "0.8"})
        client.log_input(train, context="training")
        client.log_input(test)
    with client.start_run(run_name="reads nothing"):
        pass
    seen = client.MlflowClient().get_run(run.info.run_id)
    return {
        "inputs": sorted(
            (
                given.dataset.name,
                given.dataset.digest,
                given.dataset.source_type,
                given.dataset.source,
                given.dataset.schema,
                given.dataset.profile,
                sorted((tag.key, tag.value) for tag in given.tags),
            )
            for given in seen.inputs.dataset_inputs
        ),
        "found by name": _names(client, f"{study} datasets", "dataset.name = 'flowers'"),
        "found by context": _names(client, f"{study} datasets", "dataset.context = 'training'"),
        "found by digest": _names(client, f"{study} datasets", f"dataset.digest = '{test.digest}'"),
    }


def searching(client: Any, folder: Path, study: str) -> object:
    """Runs are filtered, ordered, paged and read as a table."""
    client.set_experiment(f"{study} search")
    tracking = client.MlflowClient()
    for i in range(7):
        with client.start_run(run_name=f"run {i}", tags={"odd": str(i % 2), "study": study}):
            client.log_metrics({"loss": 1.0 / (i + 1), "n": i} if i else {"loss": float("nan")})
            client.log_params({"lr": 0.1 * i, "kind": "Ab" if i < 3 else "aB"})
    (gone,) = client.search_runs(
        experiment_names=[f"{study} search"], filter_string="run_name = 'run 6'", output_format="list"
    )
    tracking.delete_run(gone.info.run_id)
    filters = [
        "",
        "metrics.loss < 0.4",
        "metrics.loss < 0.4 and params.kind = 'aB'",
        "metrics.`n` >= 3 AND tags.odd != '0'",
        "params.kind LIKE 'A%'",
        "params.kind ILIKE 'A%'",
        "attributes.status = 'FINISHED'",
        "run_name LIKE 'run %' and attributes.run_name != 'run 3'",
        "tags.nothing IS NULL",
        "params.kind IS NOT NULL",
        "start_time > 0",
        "params.lr = '0.2'",
    ]
    bad = [
        "metrics.loss < 'x'",
        "loss <",
        "attributes.nothing = '1'",
        "run_id IN ()",
        "metrics.loss ~ 1",
    ]
    orders = [
        ["metrics.loss ASC"],
        ["metrics.n DESC"],
        ["params.kind", "metrics.n"],
        ["attributes.run_name DESC"],
        ["tags.odd DESC", "run_name"],
    ]
    (experiment,) = client.search_experiments(filter_string=f"name = '{study} search'")
    frame = client.search_runs(experiment_names=[f"{study} search"], order_by=["run_name"])
    return {
        "filters": {text: sorted(_names(client, f"{study} search", text)) for text in filters},
        "refused": [_refusal(partial(_names, client, f"{study} search", text)) for text in bad],
        "orders": [
            [run.info.run_name for run in tracking.search_runs([experiment.experiment_id], order_by=order)]
            for order in orders
        ],
        "deleted": [run.info.run_name for run in tracking.search_runs([experiment.experiment_id], run_view_type=2)],
        "pages": _pages(
            lambda token: tracking.search_runs(
                [experiment.experiment_id],
                run_view_type=3,
                max_results=3,
                order_by=["attributes.run_name"],
                page_token=token,
            ),
            lambda run: run.info.run_name,
        ),
        "columns": sorted(frame.columns),
        "types": {name: str(frame[name].dtype) for name in sorted(frame.columns) if name.startswith("metrics.")},
        "cells": [
            [repr(cell) for cell in row] for row in frame[["metrics.loss", "metrics.n", "params.lr", "status"]].values
        ],
        "where we are": sorted(
            run.info.run_name for run in client.search_runs(experiment_ids=[], output_format="list")
        ),
        "everywhere": len(
            client.search_runs(
                search_all_experiments=True, filter_string=f"tags.study = '{study}'", output_format="list"
            )
        ),
    }


def batches(client: Any, folder: Path, study: str) -> object:
    """A whole batch is logged or nothing of it."""
    from importlib import import_module

    entities = import_module(f"{client.__name__}.entities")
    client.set_experiment(f"{study} batches")
    tracking = client.MlflowClient()
    (experiment,) = client.search_experiments(filter_string=f"name = '{study} batches'")
    run_id = tracking.create_run(
        experiment.experiment_id, run_name="batch", start_time=1000, tags={"a": "b"}
    ).info.run_id
    points = [entities.Metric("m", i / 3, 1000 + i, i) for i in range(900)]
    tracking.log_batch(
        run_id, points, [entities.Param(f"p{i}", str(i)) for i in range(50)], [entities.RunTag("t", "1")]
    )
    tracking.log_batch(run_id, points[:10])
    refused = [
        _refusal(lambda: tracking.log_batch(run_id, params=[entities.Param("q", "1"), entities.Param("q", "2")])),
        _refusal(lambda: tracking.log_batch(run_id, points[:1], [entities.Param("p0", "other")])),
        _refusal(lambda: tracking.log_batch(run_id, [entities.Metric("", 1.0, 1, 1)])),
        _refusal(lambda: tracking.log_batch("f" * 32, points[:1])),
    ]
    tracking.set_terminated(run_id, "FAILED", end_time=2000)
    tracking.update_run(run_id, name="renamed")
    seen = tracking.get_run(run_id)
    tracking.delete_run(run_id)
    refused.append(_refusal(lambda: tracking.log_metric(run_id, "m", 1.0)))
    deleted = tracking.get_run(run_id).info.lifecycle_stage
    tracking.restore_run(run_id)
    history = tracking.get_metric_history(run_id, "m")
    return {
        "run": _run(seen),
        "times": (seen.info.start_time, seen.info.end_time),
        "points": (len(history), repr(history[-1].value), history[-1].step),
        "refused": refused,
        "stages": (deleted, tracking.get_run(run_id).info.lifecycle_stage),
    }


CHAPTERS: tuple[Chapter, ...] = (
    experiments,
    a_training,
    nested_and_resumed_runs,
    artifacts,
    datasets,
    searching,
    batches,
)


def _experiment(experiment: Any) -> dict[str, object]:
    return {
        "name": experiment.name,
        "stage": experiment.lifecycle_stage,
        "tags": dict(sorted(experiment.tags.items())),
        "has its own location": experiment.artifact_location.endswith(f"/{experiment.experiment_id}"),
        "has times": (experiment.creation_time or 0) > 0 and (experiment.last_update_time or 0) > 0,
    }


def _run(run: Any) -> dict[str, object]:
    tags = run.data.tags
    return {
        "name": run.info.run_name,
        "status": run.info.status,
        "stage": run.info.lifecycle_stage,
        "user": run.info.user_id,
        "params": dict(sorted(run.data.params.items())),
        "metrics": {key: number(value) for key, value in sorted(run.data.metrics.items())},
        "tags": {key: tags[key] for key in sorted(tags) if key in _SHOWN_TAGS or not key.startswith("mlflow.")},
        "own tags": sorted(key for key in tags if key.startswith("mlflow.") and not key.startswith("mlflow.source.")),
    }


def number(value: float) -> str:
    """A value exactly. MLflow answers the greatest double where an infinity was logged; kirok the infinity."""
    return repr(math.copysign(math.inf, value) if abs(value) >= sys.float_info.max else value)


def _names(client: Any, experiment: str, text: str) -> list[str]:
    found = client.search_runs(experiment_names=[experiment], filter_string=text, output_format="list")
    return [run.info.run_name for run in found]


def _pages(fetch: Callable[[str | None], Any], name: Callable[[Any], str]) -> list[list[str]]:
    pages, token = [], None
    while True:
        page = fetch(token)
        pages.append([name(item) for item in page])
        token = page.token
        if not token:
            return pages


def _refusal(act: Callable[[], object]) -> str:
    """The code of the error an act ends in."""
    try:
        answer = act()
    except Exception as error:
        return str(getattr(error, "error_code", type(error).__name__))
    return f"not refused: {answer!r}"


def _files(listed: Any) -> list[tuple[object, ...]]:
    return [(file.path, file.is_dir, file.file_size or 0) for file in listed]


def _new(folder: Path) -> Path:
    folder.mkdir(parents=True)
    return folder


def _tree(folder: Path) -> dict[str, bytes]:
    return {file.relative_to(folder).as_posix(): file.read_bytes() for file in folder.rglob("*") if file.is_file()}


def _alike(told: Any, known: dict[str, str]) -> Any:
    """`told` with the words in `known` replaced, and each run id by the number of its first appearance."""
    if isinstance(told, str):
        told = _RUN_ID.sub(lambda found: known.setdefault(found[0], f"run {len(known)}"), told)
        for word, instead in known.items():
            told = told.replace(word, instead)
        return told
    if isinstance(told, dict):
        return {_alike(key, known): _alike(value, known) for key, value in told.items()}
    if isinstance(told, (list, tuple)):
        return [_alike(item, known) for item in told]
    return told
