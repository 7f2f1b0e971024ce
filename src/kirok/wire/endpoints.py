"""MLflow's REST API as a table. The server routes it, the REST store calls it, OpenAPI and the docs print it, and a
test asks that every row has a handler and a permission.
"""

from kirok.wire import archives, artifacts, charts, experiments, health, logged_models, metrics, runs, series, why_not
from kirok.wire.artifact_endpoints import ARTIFACT_ENDPOINTS
from kirok.wire.endpoint import Endpoint, Permission, get, post
from kirok.wire.upload_endpoints import UPLOAD_ENDPOINTS

MLFLOW_VERSION = "3.17.2"
"""The MLflow version spoken: clients decide by it what to send."""


_READ, _EDIT, _MANAGE = Permission.READ, Permission.EDIT, Permission.MANAGE
_Empty = experiments.Empty

CREATE_EXPERIMENT = post(
    "create_experiment",
    "/experiments/create",
    experiments.CreateExperiment,
    experiments.CreatedExperiment,
    _EDIT,
    "Make an experiment; names are unique among active and deleted ones.",
)
GET_EXPERIMENT = get(
    "get_experiment",
    "/experiments/get",
    experiments.GetExperiment,
    experiments.OneExperiment,
    _READ,
    "An experiment by id, deleted or not.",
)
GET_EXPERIMENT_BY_NAME = get(
    "get_experiment_by_name",
    "/experiments/get-by-name",
    experiments.GetExperimentByName,
    experiments.OneExperiment,
    _READ,
    "An experiment by name, deleted or not.",
)
SEARCH_EXPERIMENTS = post(
    "search_experiments",
    "/experiments/search",
    experiments.SearchExperiments,
    experiments.ExperimentsPage,
    _READ,
    "A page of experiments.",
)
SEARCH_EXPERIMENTS_BY_QUERY = get(
    "search_experiments_by_query",
    "/experiments/search",
    experiments.SearchExperiments,
    experiments.ExperimentsPage,
    _READ,
    "A page of experiments, asked for in the query string.",
)
DELETE_EXPERIMENT = post(
    "delete_experiment",
    "/experiments/delete",
    experiments.DeleteExperiment,
    _Empty,
    _MANAGE,
    "Put an experiment and its runs into the bin.",
)
RESTORE_EXPERIMENT = post(
    "restore_experiment",
    "/experiments/restore",
    experiments.RestoreExperiment,
    _Empty,
    _MANAGE,
    "Take an experiment and all its runs out of the bin.",
)
UPDATE_EXPERIMENT = post(
    "update_experiment",
    "/experiments/update",
    experiments.UpdateExperiment,
    _Empty,
    _EDIT,
    "Rename an experiment.",
)
SET_EXPERIMENT_TAG = post(
    "set_experiment_tag",
    "/experiments/set-experiment-tag",
    experiments.SetExperimentTag,
    _Empty,
    _EDIT,
    "Set a tag of an experiment.",
)
DELETE_EXPERIMENT_TAG = post(
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

CREATE_RUN = post("create_run", "/runs/create", runs.CreateRun, runs.OneRun, _EDIT, "Start a run.")
UPDATE_RUN = post(
    "update_run",
    "/runs/update",
    runs.UpdateRun,
    runs.UpdatedRun,
    _EDIT,
    "Change status, end time or name of a run.",
)
DELETE_RUN = post("delete_run", "/runs/delete", runs.DeleteRun, _Empty, _EDIT, "Put a run into the bin.")
RESTORE_RUN = post("restore_run", "/runs/restore", runs.RestoreRun, _Empty, _EDIT, "Take a run out of the bin.")
GET_RUN = get("get_run", "/runs/get", runs.GetRun, runs.OneRun, _READ, "A run, whole, deleted or not.")
SEARCH_RUNS = post("search_runs", "/runs/search", runs.SearchRuns, runs.RunsPage, _READ, "A page of runs.")
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
LOG_METRIC = post("log_metric", "/runs/log-metric", metrics.LogMetric, _Empty, _EDIT, "Log one point.")
LOG_PARAM = post("log_param", "/runs/log-parameter", runs.LogParam, _Empty, _EDIT, "Log one param; it cannot change.")
SET_TAG = post("set_tag", "/runs/set-tag", runs.SetTag, _Empty, _EDIT, "Set a tag of a run.")
DELETE_TAG = post("delete_tag", "/runs/delete-tag", runs.DeleteTag, _Empty, _EDIT, "Remove a tag of a run.")
LOG_BATCH = post(
    "log_batch",
    "/runs/log-batch",
    runs.LogBatch,
    _Empty,
    _EDIT,
    "Log points, params and tags; all or nothing.",
)
LOG_INPUTS = post(
    "log_inputs", "/runs/log-inputs", runs.LogInputs, _Empty, _EDIT, "Record datasets and models a run read."
)
LOG_OUTPUTS = post("log_outputs", "/runs/outputs", runs.LogOutputs, _Empty, _EDIT, "Record models a run produced.")
LOG_MODEL = post(
    "log_model",
    "/runs/log-model",
    runs.LogModel,
    _Empty,
    _EDIT,
    "Record a model as clients before MLflow 3 do.",
)

GET_HISTORY = get(
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
GET_SAMPLED_HISTORY = get(
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

SEARCH_LOGGED_MODELS = post(
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
HEALTH = Endpoint("health", "GET", "/health", _Empty, str, Permission.PUBLIC, "OK, once it answers.", at_root=True)
HEALTH_DETAIL = Endpoint(
    "health_detail",
    "GET",
    "/api/kirok/health",
    _Empty,
    health.Health,
    _READ,
    "How the parts of this server are: the database, the places where files go, versions, for how long it runs.",
    at_root=True,
)
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

ENDPOINTS: tuple[Endpoint, ...] = (
    *(row for row in globals().values() if isinstance(row, Endpoint)),
    *ARTIFACT_ENDPOINTS,
    *UPLOAD_ENDPOINTS,
)
"""Every row, in the order above; then those of artifacts and of uploads."""
