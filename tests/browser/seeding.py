"""What the server under the browser holds, written over REST as any client would."""

import json
import time
import urllib.request
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

SWEEP_RUNS = 240
"""Runs of the experiment `sweep`: more than the first page of a table, fewer than the second."""

LONG_RUNS = 700
"""Runs of the experiment `long`: more than the table reads by itself."""

ABOVE_HALF = 120
"""Runs of `sweep` with `accuracy > 0.5`."""


class Seeded(NamedTuple):
    """A server's address and the ids of what was put there."""

    address: str
    sweep: str
    long: str
    unused: str
    trained: str
    """A run of `sweep` with artifacts and tags."""
    silent: str
    """A run of `sweep` that says RUNNING and has said nothing for three hours."""


def call(address: str, endpoint: str, body: Mapping[str, Any]) -> dict[str, Any]:
    """`POST` to one of MLflow's endpoints; the answer."""
    return _answer(
        urllib.request.Request(
            f"{address}/api/2.0/mlflow/{endpoint}",
            json.dumps(body).encode(),
            {"Content-Type": "application/json"},
        )
    )


def seed(address: str) -> Seeded:
    """Fill an empty server."""
    now_ms = int(time.time() * 1000)
    sweep, long, unused = (
        call(address, "experiments/create", {"name": name})["experiment_id"] for name in ("sweep", "long", "unused")
    )
    runs = [_sweep_run(address, sweep, i, now_ms - (SWEEP_RUNS - i) * 60_000) for i in range(SWEEP_RUNS)]
    for i in range(LONG_RUNS):
        create_run(address, long, f"step-{i:04d}", now_ms - (LONG_RUNS - i) * 1000, status="RUNNING")
    silent = create_run(
        address,
        sweep,
        "silent",
        now_ms - 3 * 3_600_000,
        metrics={"accuracy": 0.25},
        params=_params(0),
        status="RUNNING",
    )
    trained = runs[-1]
    put_artifact(address, trained, "notes.txt", b"all went well\n")
    put_artifact(address, trained, "plots/roc.svg", b"<svg xmlns='http://www.w3.org/2000/svg'/>")
    call(address, "runs/set-tag", {"run_id": trained, "key": "team", "value": "<b>vision</b>"})
    return Seeded(address, sweep, long, unused, trained, silent)


def create_run(
    address: str,
    experiment_id: str,
    name: str,
    start_ms: int,
    *,
    metrics: Mapping[str, float | str] | None = None,
    params: Mapping[str, str] | None = None,
    status: str = "FINISHED",
) -> str:
    """One run with the latest values given; its id."""
    body = {"experiment_id": experiment_id, "run_name": name, "start_time": start_ms}
    run_id: str = call(address, "runs/create", body)["run"]["info"]["run_id"]
    if metrics or params:
        points = [{"key": k, "value": v, "timestamp": start_ms, "step": 1} for k, v in (metrics or {}).items()]
        call(address, "runs/log-batch", {"run_id": run_id, "metrics": points, "params": _pairs(params or {})})
    if status != "RUNNING":
        call(address, "runs/update", {"run_id": run_id, "status": status, "end_time": start_ms + 4_200})
    return run_id


def put_artifact(address: str, run_id: str, path: str, content: bytes) -> None:
    """One artifact file, through the server's proxy."""
    run = urllib.request.Request(f"{address}/api/2.0/mlflow/runs/get?run_id={run_id}")
    root: str = _answer(run)["run"]["info"]["artifact_uri"]
    inside = root.removeprefix("mlflow-artifacts:/").lstrip("/")
    target = f"{address}/api/2.0/mlflow-artifacts/artifacts/{inside}/{path}"
    with urllib.request.urlopen(urllib.request.Request(target, content, method="PUT")):
        pass


def _sweep_run(address: str, experiment_id: str, index: int, start_ms: int) -> str:
    accuracy = (index + 0.5) / SWEEP_RUNS  # half of them above one half
    metrics: dict[str, float | str] = {"accuracy": accuracy, "m10": index * 1.5, "m2": 1 / (index + 3), "epochs": 7}
    if index % 10 == 0:
        metrics["m2"] = "NaN"
    status = ("FINISHED", "FAILED", "KILLED")[index % 3]
    return create_run(
        address, experiment_id, f"sweep-{index:03d}", start_ms, metrics=metrics, params=_params(index), status=status
    )


def _params(index: int) -> dict[str, str]:
    return {"learning_rate": f"{10 ** -(1 + index % 4):.5f}", "optimizer": ("adam", "sgd")[index % 2], "seed": "42"}


def _pairs(values: Mapping[str, str]) -> Sequence[dict[str, str]]:
    return [{"key": key, "value": value} for key, value in values.items()]


def _answer(request: urllib.request.Request) -> dict[str, Any]:
    with urllib.request.urlopen(request, timeout=30) as reply:
        answer: dict[str, Any] = json.load(reply)
        return answer
