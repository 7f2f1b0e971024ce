"""What can be moved between stores: MLflow's tables as plain data, grouped by what they belong to.

Every kind of store holds some part of what MLflow's SQL schema holds, so rows in the shape of its tables are the common
form. Left out are what follows from other rows (`latest_metrics`, daily rollups, the generated `duration_ns`), what is
of the moment (jobs, leases, locks), and what belongs to one installation (the gateway with its secrets, MCP servers).
"""

from msgspec import Struct


class Kind(Struct, frozen=True):
    """Rows of one table that belong to one noun."""

    name: str
    owner: str
    """The column that names the unit (a run, a trace) that the row belongs to; "" where only the store can tell."""
    key: tuple[str, ...]
    """The columns of its primary key."""
    columns: tuple[str, ...]
    fixed: tuple[str, ...] = ()
    """Columns that never change: where they differ under one key, two stores speak of two things."""
    table: str = ""
    """Its table, where that is called otherwise than the kind."""
    only: tuple[str, str] | None = None
    """(column, value) of the rows meant, where the table holds others as well."""
    is_points: bool = False
    """Whether a unit may have millions: every column is part of the key, and no row ever changes."""
    booleans: tuple[str, ...] = ()
    documents: tuple[str, ...] = ()
    """Columns of JSON."""

    @property
    def stored_in(self) -> str:
        """The table that holds the rows."""
        return self.table or self.name


class Noun(Struct, frozen=True):
    """What is copied as a whole: a run with all its rows. The first kind has one row a unit."""

    name: str
    kinds: tuple[Kind, ...]
    at_once: int
    """Units that are read, compared and written together; their rows, points excepted, are held in memory."""
    in_experiments: bool = True
    """Whether a unit belongs to one experiment."""

    @property
    def root(self) -> Kind:
        """The kind that has one row a unit."""
        return self.kinds[0]


def _kind(
    name: str,
    owner: str,
    key: str,
    columns: str,
    *,
    fixed: str = "",
    table: str = "",
    only: tuple[str, str] | None = None,
    is_points: bool = False,
    booleans: str = "",
    documents: str = "",
) -> Kind:
    """A kind whose lists of columns are written as words."""
    return Kind(
        name,
        owner,
        tuple(key.split()),
        tuple(columns.split()),
        tuple(fixed.split()),
        table,
        only,
        is_points,
        tuple(booleans.split()),
        tuple(documents.split()),
    )


EXPERIMENTS = Noun(
    "experiments",
    (
        _kind(
            "experiments",
            "experiment_id",
            "experiment_id",
            "experiment_id name artifact_location lifecycle_stage creation_time last_update_time",
        ),
        _kind("experiment_tags", "experiment_id", "key experiment_id", "key value experiment_id"),
        _kind(
            "datasets",
            "experiment_id",
            "experiment_id name digest",
            "dataset_uuid experiment_id name digest dataset_source_type dataset_source dataset_schema dataset_profile",
        ),
    ),
    at_once=50,
    in_experiments=False,
)

RUNS = Noun(
    "runs",
    (
        _kind(
            "runs",
            "run_uuid",
            "run_uuid",
            "run_uuid name source_type source_name entry_point_name user_id status start_time end_time source_version "
            "lifecycle_stage artifact_uri experiment_id deleted_time",
            fixed="experiment_id",
        ),
        _kind("params", "run_uuid", "key run_uuid", "key value run_uuid", fixed="value"),
        _kind("tags", "run_uuid", "key run_uuid", "key value run_uuid"),
        _kind(
            "metrics",
            "run_uuid",
            "key timestamp step run_uuid value is_nan",
            "key value timestamp run_uuid step is_nan",
            is_points=True,
            booleans="is_nan",
        ),
        _kind(
            "inputs",
            "",
            "source_type source_id destination_type destination_id",
            "input_uuid source_type source_id destination_type destination_id step",
        ),
        _kind("input_tags", "", "input_uuid name", "input_uuid name value"),
    ),
    at_once=100,
)

LOGGED_MODELS = Noun(
    "logged_models",
    (
        _kind(
            "logged_models",
            "model_id",
            "model_id",
            "model_id experiment_id name artifact_location creation_timestamp_ms last_updated_timestamp_ms status "
            "lifecycle_stage model_type source_run_id status_message",
            fixed="experiment_id",
        ),
        _kind(
            "logged_model_params",
            "model_id",
            "model_id param_key",
            "model_id experiment_id param_key param_value",
            fixed="param_value",
        ),
        _kind("logged_model_tags", "model_id", "model_id tag_key", "model_id experiment_id tag_key tag_value"),
        _kind(
            "logged_model_metrics",
            "model_id",
            "model_id metric_name metric_timestamp_ms metric_step run_id",
            "model_id metric_name metric_timestamp_ms metric_step metric_value experiment_id run_id dataset_uuid "
            "dataset_name dataset_digest",
        ),
    ),
    at_once=100,
)

TRACES = Noun(
    "traces",
    (
        _kind(
            "trace_info",
            "request_id",
            "request_id",
            "request_id experiment_id timestamp_ms execution_time_ms status client_request_id request_preview "
            "response_preview trace_name session_id input_tokens output_tokens total_tokens cache_read_input_tokens "
            "cache_creation_input_tokens cache_creation_input_tokens_above_1hr input_cost output_cost total_cost",
            fixed="experiment_id",
        ),
        _kind("trace_tags", "request_id", "key request_id", "key value request_id"),
        _kind("trace_request_metadata", "request_id", "key request_id", "key value request_id"),
        _kind("trace_metrics", "request_id", "request_id key", "request_id key value"),
        _kind(
            "spans",
            "trace_id",
            "trace_id span_id",
            "trace_id experiment_id span_id parent_span_id name type status start_time_unix_nano end_time_unix_nano "
            "content input_cost output_cost total_cost model_name model_provider",
            documents="content",
        ),
        _kind("span_metrics", "trace_id", "trace_id span_id key", "trace_id span_id key value"),
        _kind(
            "assessments",
            "trace_id",
            "assessment_id",
            "assessment_id trace_id name assessment_type value error created_timestamp last_updated_timestamp "
            "source_type source_id run_id span_id rationale overrides valid assessment_metadata experiment_id "
            "trace_timestamp_ms aggregate_value is_numeric_value",
            fixed="trace_id",
            booleans="valid is_numeric_value",
        ),
        _kind(
            "trace_links",
            "source_id",
            "source_type source_id destination_type destination_id",
            "association_id source_type source_id destination_type destination_id created_time",
            table="entity_associations",
            only=("source_type", "trace"),
        ),
    ),
    at_once=20,
)

SCORERS = Noun(
    "scorers",
    (
        _kind("scorers", "scorer_id", "scorer_id", "experiment_id scorer_name scorer_id", fixed="experiment_id"),
        _kind(
            "scorer_versions",
            "scorer_id",
            "scorer_id scorer_version",
            "scorer_id scorer_version serialized_scorer creation_time",
        ),
        _kind(
            "online_scoring_configs",
            "scorer_id",
            "online_scoring_config_id",
            "online_scoring_config_id scorer_id sample_rate experiment_id filter_string",
        ),
    ),
    at_once=100,
)

ISSUES = Noun(
    "issues",
    (
        _kind(
            "issues",
            "issue_id",
            "issue_id",
            "issue_id experiment_id name description status severity root_causes source_run_id categories "
            "created_timestamp last_updated_timestamp created_by",
            fixed="experiment_id",
        ),
    ),
    at_once=100,
)

LABEL_SCHEMAS = Noun(
    "label_schemas",
    (
        _kind(
            "label_schemas",
            "schema_id",
            "schema_id",
            "schema_id experiment_id name type instruction enable_comment input_type input_config created_by "
            "created_time last_update_time is_default",
            fixed="experiment_id",
            booleans="enable_comment is_default",
        ),
    ),
    at_once=100,
)

REVIEW_QUEUES = Noun(
    "review_queues",
    (
        _kind(
            "review_queues",
            "queue_id",
            "queue_id",
            "queue_id experiment_id name queue_type created_by creation_time_ms last_update_time_ms name_key",
            fixed="experiment_id",
        ),
        _kind(
            "review_queue_items",
            "queue_id",
            "queue_id item_id",
            "queue_id item_type item_id status completed_by completed_time_ms creation_time_ms last_update_time_ms",
        ),
        _kind("review_queue_users", "queue_id", "queue_id user_id", "queue_id user_id"),
        _kind("review_queue_label_schemas", "queue_id", "queue_id schema_id", "queue_id schema_id"),
    ),
    at_once=100,
)

REGISTERED_MODELS = Noun(
    "registered_models",
    (
        _kind(
            "registered_models",
            "name",
            "name",
            "name creation_time last_updated_time description",
            fixed="creation_time",
        ),
        _kind("registered_model_tags", "name", "key name", "key value name"),
        _kind(
            "model_versions",
            "name",
            "name version",
            "name version creation_time last_updated_time description user_id current_stage source run_id status "
            "status_message run_link storage_location",
            fixed="creation_time",
        ),
        _kind("model_version_tags", "name", "key name version", "key value name version"),
        _kind("registered_model_aliases", "name", "name alias", "alias version name"),
    ),
    at_once=20,
    in_experiments=False,
)

EVALUATION_DATASETS = Noun(
    "evaluation_datasets",
    (
        _kind(
            "evaluation_datasets",
            "dataset_id",
            "dataset_id",
            "dataset_id name schema profile digest created_time last_update_time created_by last_updated_by",
        ),
        _kind("evaluation_dataset_tags", "dataset_id", "dataset_id key", "dataset_id key value"),
        _kind(
            "evaluation_dataset_records",
            "dataset_id",
            "dataset_record_id",
            "dataset_record_id dataset_id inputs expectations tags source source_id source_type created_time "
            "last_update_time created_by last_updated_by input_hash outputs",
            documents="inputs expectations tags source outputs",
        ),
        _kind(
            "evaluation_dataset_links",
            "source_id",
            "source_type source_id destination_type destination_id",
            "association_id source_type source_id destination_type destination_id created_time",
            table="entity_associations",
            only=("source_type", "evaluation_dataset"),
        ),
    ),
    at_once=20,
    in_experiments=False,
)

WEBHOOKS = Noun(
    "webhooks",
    (
        _kind(
            "webhooks",
            "webhook_id",
            "webhook_id",
            "webhook_id name description url status secret creation_timestamp last_updated_timestamp deleted_timestamp",
        ),
        _kind("webhook_events", "webhook_id", "webhook_id entity action", "webhook_id entity action"),
    ),
    at_once=100,
    in_experiments=False,
)

NOUNS = (
    EXPERIMENTS,
    RUNS,
    LOGGED_MODELS,
    TRACES,
    SCORERS,
    ISSUES,
    LABEL_SCHEMAS,
    REVIEW_QUEUES,
    REGISTERED_MODELS,
    EVALUATION_DATASETS,
    WEBHOOKS,
)
"""Everything that can be moved, in an order in which nothing refers to what comes later."""

KINDS = {kind.name: kind for noun in NOUNS for kind in noun.kinds}
"""Every kind by its name."""

NOUN_NAMES = {noun.name: noun for noun in NOUNS}
"""Every noun by its name."""
