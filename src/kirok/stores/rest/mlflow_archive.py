"""An MLflow server to copy out of and into, through its public API.

What arrives there gets ids from the server, so a copied run carries its first id in a tag, and goes by that id here:
a second copy finds it, and a copy onwards gives it its own id back.
"""

from collections.abc import Callable, Iterator, Sequence
from urllib.parse import quote

from kirok.stores.archive_kinds import EXPERIMENTS, LOGGED_MODELS, REGISTERED_MODELS, RUNS, TRACES, Kind, Noun
from kirok.stores.archives import Fingerprint, Row, canonical_document, fingerprint_of
from kirok.stores.rest import mlflow_rows as rows
from kirok.stores.rest.mlflow_api import V2, V3, MlflowApi, pairs
from kirok.stores.rest.mlflow_rows import Cells, Told
from kirok.stores.rest.mlflow_writing import COPIED_FROM, MlflowWriter
from kirok.transport import Transport

_MOST_KEPT = 256
_POINTS_A_PAGE = 25_000

# What the API does not tell of kinds that it tells.
_UNTOLD = {
    "runs": ("deleted_time",),
    "logged_model_metrics": ("dataset_uuid",),
    "assessments": ("run_id",),
}
# What it takes as it is written; the rest it makes up itself.
_KEPT = {
    "experiments": "experiment_id name lifecycle_stage",
    "runs": "run_uuid name user_id status start_time end_time lifecycle_stage experiment_id",
    "registered_models": "name description",
    "model_versions": "name version description current_stage source run_id run_link",
}
_KEPT_WHOLE = frozenset(
    "experiment_tags datasets params tags metrics inputs input_tags registered_model_tags model_version_tags "
    "registered_model_aliases".split()
)


class MlflowArchive:
    """An Archive on MLflow's API."""

    def __init__(self, transport: Transport) -> None:
        self._api = MlflowApi(transport)
        self._run_ids: dict[str, str] | None = None
        self._told: dict[str, Told] = {}
        self._deleted_versions: set[tuple[str, int]] = set()
        self._writer = MlflowWriter(self._api, self)
        self._readers: dict[str, Callable[[str], Iterator[Cells]]] = {
            "experiments": self._experiment,
            "experiment_tags": self._experiment_tags,
            "datasets": self._datasets,
            "runs": self._run,
            "params": self._params,
            "tags": self._tags,
            "metrics": self._metrics,
            "inputs": self._inputs,
            "input_tags": self._input_tags,
            "logged_models": self._logged_model,
            "logged_model_params": self._model_params,
            "logged_model_tags": self._model_tags,
            "logged_model_metrics": self._model_metrics,
            "trace_info": self._trace,
            "trace_tags": lambda unit: self._trace_values(unit, "tags"),
            "trace_request_metadata": lambda unit: self._trace_values(unit, "trace_metadata"),
            "spans": self._spans,
            "assessments": self._assessments,
            "registered_models": self._registered_model,
            "registered_model_tags": self._registered_tags,
            "model_versions": self._versions,
            "model_version_tags": self._version_tags,
            "registered_model_aliases": self._aliases,
        }

    @property
    def default_artifact_root(self) -> str | None:
        """As Archive: where the first experiment's location lies."""
        first = self._api.found(f"{V2}/experiments/get", experiment_id="0")
        location = (first or {}).get("experiment", {}).get("artifact_location") or ""
        return location.removesuffix("/0") if location.endswith("/0") else None

    def columns(self, kind: Kind) -> tuple[str, ...]:
        """As Archive."""
        if kind.name not in self._readers:
            return ()
        return tuple(column for column in kind.columns if column not in _UNTOLD.get(kind.name, ()))

    def kept(self, kind: Kind) -> tuple[str, ...]:
        """As Archive."""
        if kind.name in _KEPT_WHOLE:
            return kind.columns
        kept = _KEPT.get(kind.name, "").split()
        return tuple(column for column in kind.columns if column in kept)

    def takes(self, kind: Kind, columns: Sequence[str], row: Row) -> bool:
        """As Archive: edges to datasets alone, as logged models are not taken; no versions that were deleted."""
        if kind.name == "inputs":
            return bool(row[columns.index("source_type")] == "DATASET")
        if kind.name in ("model_versions", "model_version_tags"):
            version = (row[columns.index("name")], row[columns.index("version")])
            if "current_stage" in columns and row[columns.index("current_stage")] == "Deleted_Internal":
                self._deleted_versions.add(version)
            return version not in self._deleted_versions
        return True

    def units(self, noun: Noun, experiment_ids: Sequence[str] | None = None) -> Iterator[str]:
        """As Archive."""
        if noun is EXPERIMENTS:
            message = {"max_results": 1000, "view_type": "ALL"}
            for told in self._api.listed(f"{V2}/experiments/search", "experiments", message):
                yield told["experiment_id"]
        elif noun is REGISTERED_MODELS:
            path = f"{V2}/registered-models/search"
            for told in self._api.listed_by_query(path, "registered_models", max_results=100):
                yield told["name"]
        elif noun in (RUNS, LOGGED_MODELS, TRACES):
            for experiment_id in self.units(EXPERIMENTS) if experiment_ids is None else experiment_ids:
                yield from self._units_of(noun, experiment_id)

    def _units_of(self, noun: Noun, experiment_id: str) -> Iterator[str]:
        if noun is RUNS:
            for told in self._runs_of(experiment_id):
                yield self._named(told)
        elif noun is LOGGED_MODELS:
            message: Told = {"experiment_ids": [experiment_id], "max_results": 50}
            for told in self._api.listed(f"{V2}/logged-models/search", "models", message):
                yield told["info"]["model_id"]
        else:
            place = {"type": "MLFLOW_EXPERIMENT", "mlflow_experiment": {"experiment_id": experiment_id}}
            message = {"locations": [place], "max_results": 500}
            for told in self._api.listed(f"{V3}/traces/search", "traces", message):
                yield told["trace_id"]

    def rows(self, kind: Kind, columns: Sequence[str], ids: Sequence[str]) -> Iterator[Row]:
        """As Archive."""
        reader = self._readers[kind.name]
        for unit_id in ids:
            for cells in reader(unit_id):
                yield tuple(
                    canonical_document(cells[column]) if column in kind.documents else cells[column]
                    for column in columns
                )

    def fingerprint(self, kind: Kind, columns: Sequence[str], ids: Sequence[str]) -> Fingerprint:
        """As Archive."""
        return fingerprint_of(self.rows(kind, columns, ids))

    def write(self, kind: Kind, columns: Sequence[str], rows: Sequence[Row]) -> None:
        """As Archive; not all or none, as each run takes requests of its own."""
        self._told.clear()
        self._writer.write(kind, [dict(zip(columns, row, strict=True)) for row in rows])

    def free_experiment_id(self, wanted: str, name: str) -> str:  # noqa: ARG002 - others can
        """As Archive. The server numbers experiments itself, so one of that name is made."""
        made = self._api.post(f"{V2}/experiments/create", {"name": name}, once=True)
        return str(made["experiment_id"])

    def finish(self) -> None:
        """As Archive: now runs and experiments go into the bin, where nothing can be written any more."""
        self._told.clear()
        self._writer.finish()

    def run_id(self, name: str) -> str | None:
        """The id on the server of a run that goes by `name` here."""
        return self.run_ids.get(name)

    @property
    def run_ids(self) -> dict[str, str]:
        """Ids on the server by the names that runs go by here: those copied there, and others as they are met."""
        if self._run_ids is None:
            self._run_ids = {}
            tagged = f"tags.`{COPIED_FROM}` LIKE '%'"
            for experiment_id in list(self.units(EXPERIMENTS)):
                for told in self._runs_of(experiment_id, tagged):
                    self._named(told)
        return self._run_ids

    def _runs_of(self, experiment_id: str, filter_string: str = "") -> Iterator[Told]:
        message = {
            "experiment_ids": [experiment_id],
            "run_view_type": "ALL",
            "max_results": 1000,
            "filter": filter_string,
        }
        return self._api.listed(f"{V2}/runs/search", "runs", message)

    def _named(self, told: Told) -> str:
        """What a run goes by, noted."""
        run_id: str = told["info"]["run_id"]
        name = pairs(told.get("data", {}).get("tags")).get(COPIED_FROM) or run_id
        # Were there two copies of one run, the second would go by its own id.
        if self.run_ids.setdefault(name, run_id) != run_id:
            name = self.run_ids[run_id] = run_id
        return name

    def _remembered(self, path: str, part: str, /, **query: str) -> Told | None:
        """An answer that several kinds of rows are made of."""
        key = f"{path}?{query}"
        if key not in self._told:
            if len(self._told) >= _MOST_KEPT:
                self._told.clear()
            self._told[key] = self._api.found(path, **query) or {}
        found: Told | None = self._told[key].get(part)
        return found

    def _experiment_told(self, experiment_id: str) -> Told | None:
        return self._remembered(f"{V2}/experiments/get", "experiment", experiment_id=experiment_id)

    def _experiment(self, unit: str) -> Iterator[Cells]:
        if (told := self._experiment_told(unit)) is not None:
            yield rows.experiment_cells(told, unit)

    def _experiment_tags(self, unit: str) -> Iterator[Cells]:
        for key, value in sorted(pairs((self._experiment_told(unit) or {}).get("tags")).items()):
            yield {"key": key, "value": value, "experiment_id": unit}

    def _datasets(self, unit: str) -> Iterator[Cells]:
        found: dict[tuple[str, str], Cells] = {}
        if self._experiment_told(unit) is not None:
            for told in self._runs_of(unit):
                for used in (told.get("inputs") or {}).get("dataset_inputs", ()):
                    cells = rows.dataset_cells(used["dataset"], unit)
                    found.setdefault((cells["name"], cells["digest"]), cells)
        yield from found.values()

    def _run_told(self, unit: str) -> Told | None:
        run_id = self.run_id(unit)
        return None if run_id is None else self._remembered(f"{V2}/runs/get", "run", run_id=run_id)

    def _run(self, unit: str) -> Iterator[Cells]:
        if (told := self._run_told(unit)) is not None:
            yield rows.run_cells(told, unit, told["info"]["experiment_id"])

    def _params(self, unit: str) -> Iterator[Cells]:
        for key, value in sorted(pairs(self._data(unit).get("params")).items()):
            yield {"key": key, "value": value, "run_uuid": unit}

    def _tags(self, unit: str) -> Iterator[Cells]:
        for key, value in sorted(pairs(self._data(unit).get("tags")).items()):
            if key != COPIED_FROM:
                yield {"key": key, "value": value, "run_uuid": unit}

    def _metrics(self, unit: str) -> Iterator[Cells]:
        run_id = self.run_id(unit) or ""
        for key in sorted(metric["key"] for metric in self._data(unit).get("metrics", ())):
            seen: set[tuple[object, ...]] = set()
            path = f"{V2}/metrics/get-history"
            for told in self._api.listed_by_query(
                path, "metrics", run_id=run_id, metric_key=key, max_results=_POINTS_A_PAGE
            ):
                cells = rows.point_cells(told, key, unit)
                point = tuple(cells.values())
                if point not in seen:  # a folder behind the server may hold a point twice
                    seen.add(point)
                    yield cells

    def _data(self, unit: str) -> Told:
        data: Told = (self._run_told(unit) or {}).get("data") or {}
        return data

    def _inputs(self, unit: str) -> Iterator[Cells]:
        if (told := self._run_told(unit)) is not None:
            yield from (edge for edge, _ in rows.edges(told, unit, told["info"]["experiment_id"]))

    def _input_tags(self, unit: str) -> Iterator[Cells]:
        if (told := self._run_told(unit)) is not None:
            for edge, tags in rows.edges(told, unit, told["info"]["experiment_id"]):
                for name, value in sorted(tags.items()):
                    yield {"input_uuid": edge["input_uuid"], "name": name, "value": value}

    def _model_told(self, unit: str) -> Told:
        return self._remembered(f"{V2}/logged-models/{quote(unit, safe='')}", "model") or {}

    def _logged_model(self, unit: str) -> Iterator[Cells]:
        if info := self._model_told(unit).get("info"):
            cells = rows.logged_model_cells(info, info["experiment_id"])
            yield cells | {"source_run_id": self._name_of(cells["source_run_id"])}

    def _model_params(self, unit: str) -> Iterator[Cells]:
        told = self._model_told(unit)
        for key, value in sorted(pairs((told.get("data") or {}).get("params")).items()):
            experiment_id = told["info"]["experiment_id"]
            yield {"model_id": unit, "experiment_id": experiment_id, "param_key": key, "param_value": value}

    def _model_tags(self, unit: str) -> Iterator[Cells]:
        info = self._model_told(unit).get("info") or {}
        for key, value in sorted(pairs(info.get("tags")).items()):
            yield {"model_id": unit, "experiment_id": info["experiment_id"], "tag_key": key, "tag_value": value}

    def _model_metrics(self, unit: str) -> Iterator[Cells]:
        told = self._model_told(unit)
        for point in (told.get("data") or {}).get("metrics", ()):
            cells = rows.model_point_cells(point, unit, told["info"]["experiment_id"])
            yield cells | {"run_id": self._name_of(cells["run_id"])}

    def _name_of(self, run_id: str | None) -> str | None:
        """What the run of an id on the server goes by."""
        return next((name for name, known in self.run_ids.items() if known == run_id), run_id)

    def _trace_told(self, unit: str) -> Told | None:
        told = self._remembered(f"{V3}/traces/{quote(unit, safe='')}", "trace")
        return None if told is None else told.get("trace_info")

    def _trace(self, unit: str) -> Iterator[Cells]:
        if (told := self._trace_told(unit)) is not None:
            yield rows.trace_cells(told, _experiment_of(told))

    def _trace_values(self, unit: str, part: str) -> Iterator[Cells]:
        if (told := self._trace_told(unit)) is not None:
            yield from rows.trace_values(told, part)

    def _spans(self, unit: str) -> Iterator[Cells]:
        told = self._trace_told(unit)
        if told is not None and (told.get("tags") or {}).get("mlflow.trace.spansLocation") == "TRACKING_STORE":
            trace = self._remembered(f"{V3}/traces/get", "trace", trace_id=unit) or {}
            for span in trace.get("spans", ()):
                yield rows.span_row(span, unit, _experiment_of(told))

    def _assessments(self, unit: str) -> Iterator[Cells]:
        if (told := self._trace_told(unit)) is not None:
            yield from rows.trace_assessments(told, _experiment_of(told))

    def _registered_told(self, unit: str) -> Told:
        return self._remembered(f"{V2}/registered-models/get", "registered_model", name=unit) or {}

    def _registered_model(self, unit: str) -> Iterator[Cells]:
        if told := self._registered_told(unit):
            yield rows.registered_model_cells(told)

    def _registered_tags(self, unit: str) -> Iterator[Cells]:
        for key, value in sorted(pairs(self._registered_told(unit).get("tags")).items()):
            yield {"key": key, "value": value, "name": unit}

    def _aliases(self, unit: str) -> Iterator[Cells]:
        for told in self._registered_told(unit).get("aliases", ()):
            yield {"alias": told["alias"], "version": int(told["version"]), "name": unit}

    def _versions_told(self, unit: str) -> Iterator[Told]:
        mark = '"' if "'" in unit else "'"
        found = self._api.listed_by_query(
            f"{V2}/model-versions/search", "model_versions", filter=f"name = {mark}{unit}{mark}", max_results=1000
        )
        return iter(sorted(found, key=lambda told: int(told["version"])))

    def _versions(self, unit: str) -> Iterator[Cells]:
        for told in self._versions_told(unit) if self._registered_told(unit) else ():
            run_id = told.get("run_id") or None
            name = self._name_of(run_id)
            source = told.get("source") or ""
            path = f"{V2}/model-versions/get-download-uri"
            storage = self._api.get(path, name=unit, version=told["version"]).get("artifact_uri")
            if run_id and name:
                source = source.replace(run_id, name)
            yield rows.version_cells(told, source, name, storage)

    def _version_tags(self, unit: str) -> Iterator[Cells]:
        for told in self._versions_told(unit) if self._registered_told(unit) else ():
            for key, value in sorted(pairs(told.get("tags")).items()):
                yield {"key": key, "value": value, "name": unit, "version": int(told["version"])}


def _experiment_of(told: Told) -> str:
    experiment_id: str = told["trace_location"]["mlflow_experiment"]["experiment_id"]
    return experiment_id
