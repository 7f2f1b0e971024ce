"""Rows put into an MLflow server by the requests that its clients make."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, Protocol

from kirok.base.errors import InvalidParameter
from kirok.rules.values import restored_value
from kirok.stores.archive_kinds import Kind
from kirok.stores.rest.mlflow_api import V2, MlflowApi
from kirok.stores.rest.mlflow_rows import Cells
from kirok.wire.numbers import double

COPIED_FROM = "kirok.copied_from"
"""The tag of a copied run: the id it had first."""

# What a request may hold.
_MOST_METRICS, _MOST_TEXTS = 1000, 100
_DELETED = "deleted"


class KnowsRuns(Protocol):
    """Who knows which run on the server is meant."""

    @property
    def run_ids(self) -> dict[str, str]:
        """Ids on the server by the ids that rows name."""


class MlflowWriter:
    """Writes rows. Datasets wait for the runs that read them, deletions for the end."""

    def __init__(self, api: MlflowApi, runs: KnowsRuns) -> None:
        self._api, self._runs = api, runs
        self._datasets: dict[str, Cells] = {}
        self._edges: dict[str, tuple[Cells, dict[str, str]]] = {}
        self._deleted_runs: list[str] = []
        self._deleted_experiments: list[str] = []
        self._writers: dict[str, Callable[[Sequence[Cells]], None]] = {
            "experiments": self._experiments,
            "experiment_tags": self._experiment_tags,
            "datasets": self._remember_datasets,
            "runs": self._write_runs,
            "params": lambda rows: self._texts("params", rows),
            "tags": lambda rows: self._texts("tags", rows),
            "metrics": self._metrics,
            "inputs": self._inputs,
            "input_tags": self._input_tags,
            "registered_models": self._registered_models,
            "registered_model_tags": self._registered_tags,
            "model_versions": self._versions,
            "model_version_tags": self._version_tags,
            "registered_model_aliases": self._aliases,
        }

    def write(self, kind: Kind, rows: Sequence[Cells]) -> None:
        """Put rows of a kind in."""
        if kind.name not in ("inputs", "input_tags"):
            self._log_inputs()
        self._writers[kind.name](rows)

    def finish(self) -> None:
        """Do what waits for the end."""
        self._log_inputs()
        for run_id in self._deleted_runs:
            self._post("runs/delete", {"run_id": run_id})
        for experiment_id in self._deleted_experiments:
            self._post("experiments/delete", {"experiment_id": experiment_id})
        self._deleted_runs, self._deleted_experiments = [], []

    def _post(self, path: str, message: Cells, *, once: bool = False) -> Cells:
        return self._api.post(f"{V2}/{path}", message, once=once)

    def _experiments(self, rows: Sequence[Cells]) -> None:
        for row in rows:
            told = self._api.get(f"{V2}/experiments/get", experiment_id=row["experiment_id"])["experiment"]
            if told["name"] != row["name"]:
                self._post("experiments/update", {"experiment_id": row["experiment_id"], "new_name": row["name"]})
            if row["lifecycle_stage"] == _DELETED and told["lifecycle_stage"] != _DELETED:
                self._deleted_experiments.append(row["experiment_id"])
            elif row["lifecycle_stage"] != _DELETED and told["lifecycle_stage"] == _DELETED:
                self._post("experiments/restore", {"experiment_id": row["experiment_id"]})

    def _experiment_tags(self, rows: Sequence[Cells]) -> None:
        for row in rows:
            self._post("experiments/set-experiment-tag", {**row, "value": row["value"] or ""})

    def _remember_datasets(self, rows: Sequence[Cells]) -> None:
        self._datasets |= {row["dataset_uuid"]: row for row in rows}

    def _write_runs(self, rows: Sequence[Cells]) -> None:
        for row in rows:
            run_id = self._runs.run_ids.get(row["run_uuid"])
            if run_id is None:
                message = {
                    "experiment_id": row["experiment_id"],
                    "user_id": row["user_id"] or "",
                    "start_time": row["start_time"] or 0,
                    "run_name": row["name"] or "",
                    "tags": [{"key": COPIED_FROM, "value": row["run_uuid"]}],
                }
                run_id = str(self._post("runs/create", message, once=True)["run"]["info"]["run_id"])
                self._runs.run_ids[row["run_uuid"]] = run_id
            state = {"status": row["status"], "end_time": row["end_time"], "run_name": row["name"]}
            self._post("runs/update", {"run_id": run_id} | {k: v for k, v in state.items() if v is not None})
            if row["lifecycle_stage"] == _DELETED:
                self._deleted_runs.append(run_id)

    def _texts(self, part: str, rows: Sequence[Cells]) -> None:
        for run_id, given in self._by_run(rows):
            for some in _slices(given, _MOST_TEXTS):
                texts = [{"key": row["key"], "value": row["value"] or ""} for row in some]
                self._post("runs/log-batch", {"run_id": run_id, part: texts})

    def _metrics(self, rows: Sequence[Cells]) -> None:
        for run_id, given in self._by_run(rows):
            for some in _slices(given, _MOST_METRICS):
                points = [
                    {
                        "key": row["key"],
                        "value": double(restored_value(row["value"], row["is_nan"])),
                        "timestamp": row["timestamp"],
                        "step": row["step"],
                    }
                    for row in some
                ]
                self._post("runs/log-batch", {"run_id": run_id, "metrics": points})

    def _by_run(self, rows: Sequence[Cells]) -> Iterable[tuple[str, list[Cells]]]:
        found: dict[str, list[Cells]] = {}
        for row in rows:
            found.setdefault(self._runs.run_ids[row["run_uuid"]], []).append(row)
        return found.items()

    def _inputs(self, rows: Sequence[Cells]) -> None:
        self._edges |= {row["input_uuid"]: (row, {}) for row in rows}

    def _input_tags(self, rows: Sequence[Cells]) -> None:
        for row in rows:
            if row["input_uuid"] in self._edges:
                self._edges[row["input_uuid"]][1][row["name"]] = row["value"]
        self._log_inputs()

    def _log_inputs(self) -> None:
        """Tell the server of edges, each with its tags: it takes no tags later."""
        edges, self._edges = self._edges, {}
        for edge, tags in edges.values():
            dataset = self._datasets.get(edge["source_id"])
            if dataset is None:
                raise InvalidParameter(f"The dataset {edge['source_id']} of run {edge['destination_id']} is not known.")
            described = {
                "name": dataset["name"],
                "digest": dataset["digest"],
                "source_type": dataset["dataset_source_type"],
                "source": dataset["dataset_source"],
                "schema": dataset["dataset_schema"],
                "profile": dataset["dataset_profile"],
            }
            used = {
                "dataset": {name: value for name, value in described.items() if value is not None},
                "tags": [{"key": key, "value": value} for key, value in tags.items()],
            }
            self._post("runs/log-inputs", {"run_id": self._runs.run_ids[edge["destination_id"]], "datasets": [used]})

    def _registered_models(self, rows: Sequence[Cells]) -> None:
        for row in rows:
            message = {"name": row["name"], "description": row["description"] or ""}
            if self._api.found(f"{V2}/registered-models/get", name=row["name"]) is None:
                self._post("registered-models/create", message, once=True)
            else:
                self._api.send("PATCH", f"{V2}/registered-models/update", message)

    def _registered_tags(self, rows: Sequence[Cells]) -> None:
        for row in rows:
            self._post("registered-models/set-tag", {**row, "value": row["value"] or ""})

    def _versions(self, rows: Sequence[Cells]) -> None:
        """Versions under their numbers. Those between, which were deleted at the source, are made and deleted."""
        for row in sorted(rows, key=lambda row: (row["name"], row["version"])):
            key = {"name": row["name"], "version": str(row["version"])}
            if self._api.found(f"{V2}/model-versions/get", **key) is None:
                self._make_version(row)
            described = {**key, "description": row["description"] or ""}
            self._api.send("PATCH", f"{V2}/model-versions/update", described)
            if (row["current_stage"] or "None") != "None":
                stage = {**key, "stage": row["current_stage"], "archive_existing_versions": False}
                self._post("model-versions/transition-stage", stage)

    def _make_version(self, row: Cells) -> None:
        source, run_id = row["source"] or "", self._runs.run_ids.get(row["run_id"] or "")
        if run_id is not None:
            source = source.replace(row["run_id"], run_id)
        message: dict[str, Any] = {"name": row["name"], "source": source}
        message |= {"run_id": run_id} if run_id else {}
        message |= {"run_link": row["run_link"]} if row["run_link"] else {}
        while True:
            made = self._post("model-versions/create", message, once=True)["model_version"]
            number = int(made["version"])
            if number == row["version"]:
                return
            self._api.send("DELETE", f"{V2}/model-versions/delete", {"name": row["name"], "version": str(number)})
            if number > row["version"]:
                raise InvalidParameter(
                    f"The server numbers the next version of {row['name']!r} above {row['version']}: that number was "
                    "used there and deleted."
                )

    def _version_tags(self, rows: Sequence[Cells]) -> None:
        for row in rows:
            self._post("model-versions/set-tag", {**row, "version": str(row["version"]), "value": row["value"] or ""})

    def _aliases(self, rows: Sequence[Cells]) -> None:
        for row in rows:
            self._post("registered-models/alias", {**row, "version": str(row["version"])})


def _slices(rows: Sequence[Cells], size: int) -> Iterator[Sequence[Cells]]:
    return (rows[at : at + size] for at in range(0, len(rows), size))
