"""MLflow's REST API as a table. The server routes it, the REST store calls it, OpenAPI and the docs print it, and a
test asks that every row has a handler and a permission.
"""

from typing import Any

from kirok.wire import archives, artifacts, charts, experiments, logged_models, metrics, runs, series, why_not
from kirok.wire.endpoint import Endpoint, Permission

MLFLOW_VERSION = "3.17.2"
"""The MLflow version spoken: clients decide by it what to send."""


def _post(
    name: str, path: str, request: type[Any], response: type[Any], permission: Permission, summary: str
) -> Endpoint:
    return Endpoint(name, "POST", path, request, response, permission, summary)


def _get(
    name: str, path: str, request: type[Any], response: type[Any], permission: Permission, summary: str
) -> Endpoint:
    return Endpoint(name, "GET", path, request, response, permission, summary)


_READ, _EDIT, _MANAGE = Permission.READ, Permission.EDIT, Permission.MANAGE
_Empty = experiments.Empty

CREATE_EXPERIMENT = _post(
    "create_experiment",
    "/experiments/create",
    experiments.CreateExperiment,
    experiments.CreatedExperiment,
    _EDIT,
    "Make an experiment; names are unique among active and deleted ones.",
)
GET_EXPERIMENT = _get(
    "get_experiment",
    "/experiments/get",
    experiments.GetExperiment,
    experiments.OneExperiment,
    _READ,
    "An experiment by id, deleted or not.",
)
GET_EXPERIMENT_BY_NAME = _get(
    "get_experiment_by_name",
    "/experiments/get-by-name",
    experiments.GetExperimentByName,
    experiments.OneExperiment,
    _READ,
    "An experiment by name, deleted or not.",
)
SEARCH_EXPERIMENTS = _post(
    "search_experiments",
    "/experiments/search",
    experiments.SearchExperiments,
    experiments.ExperimentsPage,
    _READ,
    "A page of experiments.",
)
SEARCH_EXPERIMENTS_BY_QUERY = _get(
    "search_experiments_by_query",
    "/experiments/search",
    experiments.SearchExperiments,
    experiments.ExperimentsPage,
    _READ,
    "A page of experiments, asked for in the query string.",
)
DELETE_EXPERIMENT = _post(
    "delete_experiment",
    "/experiments/delete",
    experiments.DeleteExperiment,
    _Empty,
    _MANAGE,
    "Put an experiment and its runs into the bin.",
)
RESTORE_EXPERIMENT = _post(
    "restore_experiment",
    "/experiments/restore",
    experiments.RestoreExperiment,
    _Empty,
    _MANAGE,
    "Take an experiment and all its runs out of the bin.",
)
UPDATE_EXPERIMENT = _post(
    "update_experiment",
    "/experiments/update",
    experiments.UpdateExperiment,
    _Empty,
    _EDIT,
    "Rename an experiment.",
)
SET_EXPERIMENT_TAG = _post(
    "set_experiment_tag",
    "/experiments/set-experiment-tag",
    experiments.SetExperimentTag,
    _Empty,
    _EDIT,
    "Set a tag of an experiment.",
)
DELETE_EXPERIMENT_TAG = _post(
    "delete_experiment_tag",
    "/experiments/delete-experiment-tag",
    experiments.DeleteExperimentTag,
    _Empty,
    _EDIT,
    "Remove a tag of an experiment.",
)
SEARCH_DATASETS = Endpoint(
    "search_datasets",
    "POST",
    "/experiments/search-datasets",
    experiments.SearchDatasets,
    experiments.DatasetLines,
    _READ,
    "The datasets that runs of some experiments used.",
    browser_only=True,
)

CREATE_RUN = _post("create_run", "/runs/create", runs.CreateRun, runs.OneRun, _EDIT, "Start a run.")
UPDATE_RUN = _post(
    "update_run",
    "/runs/update",
    runs.UpdateRun,
    runs.UpdatedRun,
    _EDIT,
    "Change status, end time or name of a run.",
)
DELETE_RUN = _post("delete_run", "/runs/delete", runs.DeleteRun, _Empty, _EDIT, "Put a run into the bin.")
RESTORE_RUN = _post("restore_run", "/runs/restore", runs.RestoreRun, _Empty, _EDIT, "Take a run out of the bin.")
GET_RUN = _get("get_run", "/runs/get", runs.GetRun, runs.OneRun, _READ, "A run, whole, deleted or not.")
SEARCH_RUNS = _post("search_runs", "/runs/search", runs.SearchRuns, runs.RunsPage, _READ, "A page of runs.")
WHY_NOT = Endpoint(
    "why_not",
    "POST",
    "/api/kirok/runs/why-not",
    why_not.AskWhyNot,
    why_not.WhyNot,
    _READ,
    "Which clauses of a filter leave a run out, what the run has there, and what was nearly meant.",
    at_root=True,
)
LOG_METRIC = _post("log_metric", "/runs/log-metric", metrics.LogMetric, _Empty, _EDIT, "Log one point.")
LOG_PARAM = _post("log_param", "/runs/log-parameter", runs.LogParam, _Empty, _EDIT, "Log one param; it cannot change.")
SET_TAG = _post("set_tag", "/runs/set-tag", runs.SetTag, _Empty, _EDIT, "Set a tag of a run.")
DELETE_TAG = _post("delete_tag", "/runs/delete-tag", runs.DeleteTag, _Empty, _EDIT, "Remove a tag of a run.")
LOG_BATCH = _post(
    "log_batch",
    "/runs/log-batch",
    runs.LogBatch,
    _Empty,
    _EDIT,
    "Log points, params and tags; all or nothing.",
)
LOG_INPUTS = _post(
    "log_inputs", "/runs/log-inputs", runs.LogInputs, _Empty, _EDIT, "Record datasets and models a run read."
)
LOG_OUTPUTS = _post("log_outputs", "/runs/outputs", runs.LogOutputs, _Empty, _EDIT, "Record models a run produced.")
LOG_MODEL = _post(
    "log_model",
    "/runs/log-model",
    runs.LogModel,
    _Empty,
    _EDIT,
    "Record a model as clients before MLflow 3 do.",
)

GET_HISTORY = _get(
    "get_history",
    "/metrics/get-history",
    metrics.GetHistory,
    metrics.MetricsPage,
    _READ,
    "The points of one series.",
)
GET_BULK_HISTORY = Endpoint(
    "get_bulk_history",
    "GET",
    "/metrics/get-history-bulk",
    metrics.GetBulkHistory,
    metrics.BulkHistory,
    _READ,
    "The first points of one metric in several runs.",
    browser_only=True,
)
GET_SAMPLED_HISTORY = _get(
    "get_sampled_history",
    "/metrics/get-history-bulk-interval",
    metrics.GetSampledHistory,
    metrics.MetricsPage,
    _READ,
    "Evenly sampled points of one metric in several runs.",
)

GET_SERIES_STATISTICS = Endpoint(
    "get_series_statistics",
    "POST",
    "/api/kirok/series/statistics",
    series.GetSeriesStatistics,
    series.SeriesList,
    _READ,
    "Count, least, greatest, mean, first and last value of some metrics of some runs.",
    at_root=True,
)

GET_CHART = Endpoint(
    "get_chart",
    "POST",
    "/api/kirok/charts",
    charts.GetChart,
    charts.Chart,
    _READ,
    "Some metrics of some runs at a width in pixels: exact points, or the true envelope of many.",
    at_root=True,
)

SEARCH_LOGGED_MODELS = _post(
    "search_logged_models",
    "/logged-models/search",
    logged_models.SearchLoggedModels,
    logged_models.LoggedModelsPage,
    _READ,
    "Logged models of some experiments: none yet, and 501 where MLflow has written some that match.",
)

GET_ARCHIVE_COLUMNS = Endpoint(
    "get_archive_columns",
    "GET",
    "/api/kirok/archive",
    _Empty,
    archives.ArchiveColumns,
    _MANAGE,
    "What `kirok copy` can move out of and into the store behind this server.",
    at_root=True,
)
LIST_ARCHIVE_UNITS = Endpoint(
    "list_archive_units",
    "POST",
    "/api/kirok/archive/units",
    archives.ListUnits,
    archives.Units,
    _MANAGE,
    "The ids of everything of one noun, for `kirok copy`.",
    at_root=True,
)
READ_ARCHIVE_ROWS = Endpoint(
    "read_archive_rows",
    "POST",
    "/api/kirok/archive/rows",
    archives.ReadRows,
    bytes,
    _MANAGE,
    "Rows for `kirok copy`: a JSON list of rows on each line.",
    at_root=True,
)
GET_ARCHIVE_FINGERPRINT = Endpoint(
    "get_archive_fingerprint",
    "POST",
    "/api/kirok/archive/fingerprint",
    archives.ReadRows,
    archives.RowsFingerprint,
    _MANAGE,
    "Rows in brief, to compare two stores without moving the rows.",
    at_root=True,
)
WRITE_ARCHIVE_ROWS = Endpoint(
    "write_archive_rows",
    "POST",
    "/api/kirok/archive/write",
    archives.WriteRows,
    _Empty,
    _MANAGE,
    "Put in rows that `kirok copy` brings, over those under the same keys.",
    at_root=True,
)
FIND_FREE_EXPERIMENT_ID = Endpoint(
    "find_free_experiment_id",
    "POST",
    "/api/kirok/archive/free-experiment-id",
    archives.FindFreeExperimentId,
    archives.FreeExperimentId,
    _MANAGE,
    "The id that `kirok copy` may give an experiment.",
    at_root=True,
)

LIST_ARTIFACTS = _get(
    "list_artifacts",
    "/artifacts/list",
    artifacts.ListArtifacts,
    artifacts.ArtifactsPage,
    _READ,
    "The files in one directory of a run's artifacts.",
)
LIST_PROXIED = Endpoint(
    "list_proxied",
    "GET",
    "/artifacts",
    artifacts.ListProxied,
    artifacts.ProxiedFiles,
    _READ,
    "The files in one directory below the server's artifacts destination.",
    base="/mlflow-artifacts",
)
SERVER_INFO = Endpoint(
    "server_info",
    "GET",
    "/server-info",
    _Empty,
    artifacts.ServerInfo,
    Permission.PUBLIC,
    "What this server can do.",
    version="3.0",
)

DOWNLOAD_PROXIED = Endpoint(
    "download_proxied",
    "GET",
    "/artifacts/{path}",
    _Empty,
    bytes,
    _READ,
    "The bytes of one file below the server's artifacts destination; ranges are answered.",
    base="/mlflow-artifacts",
)
UPLOAD_PROXIED = Endpoint(
    "upload_proxied",
    "PUT",
    "/artifacts/{path}",
    bytes,
    _Empty,
    _EDIT,
    "Store the request's body as one file below the server's artifacts destination.",
    base="/mlflow-artifacts",
)
DELETE_PROXIED = Endpoint(
    "delete_proxied",
    "DELETE",
    "/artifacts/{path}",
    _Empty,
    _Empty,
    _EDIT,
    "Remove a file or a directory below the server's artifacts destination; nothing there is no error.",
    base="/mlflow-artifacts",
)
GET_ARTIFACT = Endpoint(
    "get_artifact",
    "GET",
    "/get-artifact",
    artifacts.GetArtifact,
    bytes,
    _READ,
    "The bytes of one file of a run, as an attachment.",
    at_root=True,
)
UPLOAD_ARTIFACT = Endpoint(
    "upload_artifact",
    "POST",
    "/upload-artifact",
    bytes,
    _Empty,
    _EDIT,
    "Store the request's body, of at most 10 MiB, as the file of the run that the query names.",
    browser_only=True,
    query=artifacts.UploadArtifact,
)
HEALTH = Endpoint("health", "GET", "/health", _Empty, str, Permission.PUBLIC, "OK, once it answers.", at_root=True)
VERSION = Endpoint(
    "version", "GET", "/version", _Empty, str, Permission.PUBLIC, "The MLflow version spoken.", at_root=True
)
KIROK_VERSION = Endpoint(
    "kirok_version",
    "GET",
    "/api/kirok/version",
    _Empty,
    artifacts.KirokVersion,
    Permission.PUBLIC,
    "kirok's own version.",
    at_root=True,
)

ENDPOINTS: tuple[Endpoint, ...] = tuple(row for row in globals().values() if isinstance(row, Endpoint))
"""Every row, in the order above."""
