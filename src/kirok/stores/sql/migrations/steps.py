"""MLflow's revisions, oldest first: what each does, to which tables, and the function that does it."""

from collections.abc import Callable

from msgspec import Struct

from kirok.stores.sql.migrations import (
    evaluations,
    experiments,
    gateway,
    jobs,
    logged_models,
    mcp,
    metrics,
    registry,
    runs,
    trace_analytics,
    traces,
    workspaces,
)
from kirok.stores.sql.migrations.changes import Changes
from kirok.stores.sql.migrations.work import Work

_ADD, _WIDEN, _KEY, _REFER, _INDEX, _FILL = Work.ADD, Work.WIDEN, Work.KEY, Work.REFER, Work.INDEX, Work.FILL


class Step(Struct, frozen=True):
    """From the revision before it to `revision`."""

    revision: str
    title: str
    apply: Callable[[Changes], None]
    work: tuple[tuple[str, Work], ...] = ()
    """What is done to tables that are there already, so that they are locked meanwhile."""


STEPS = (
    Step("451aebb31d03", "points of metrics get a step", metrics.add_step, (("metrics", _KEY),)),
    Step("90e64c465722", "users of runs become tags", runs.tag_users, (("runs", _INDEX), ("tags", _ADD))),
    Step("181f10493468", "metrics may be not-a-number", metrics.add_is_nan, (("metrics", _KEY),)),
    Step("df50e92ffc5e", "tags on experiments", experiments.create_tags),
    Step("7ac759974ad8", "tags of 5,000 characters", runs.lengthen_tags_to_5000, (("tags", _WIDEN),)),
    Step("89d4b8295536", "the latest point of each metric", metrics.create_latest, (("metrics", _INDEX),)),
    Step("2b4d017a5e9b", "the model registry", registry.create_models),
    Step("cfd24bdc0731", "runs can be killed", runs.allow_killed, (("runs", _REFER),)),
    Step("0a8213491aaa", "a check that MySQL kept twice goes", runs.drop_old_status_check, (("runs", _ADD),)),
    Step("728d730b5ebd", "tags on registered models", registry.create_model_tags),
    Step("27a6a02d2cf1", "tags on model versions", registry.create_version_tags),
    Step("84291f40a231", "links to the runs of model versions", registry.add_run_link, (("model_versions", _ADD),)),
    Step(
        "a8c4a736bde6",
        "model versions without a run",
        registry.allow_versions_without_runs,
        (("model_versions", _WIDEN),),
    ),
    Step(
        "39d1c3be5f05",
        "is_nan is checked",
        metrics.check_is_nan,
        (("latest_metrics", _REFER), ("metrics", _REFER)),
    ),
    Step("c48cb773bb87", "is_nan has its default on MySQL", metrics.restore_is_nan_default, (("metrics", _ADD),)),
    Step(
        "bd07f7e963c5",
        "metrics, params and tags are found by run",
        metrics.index_runs,
        tuple((table, _INDEX) for table in ("params", "metrics", "latest_metrics", "tags")),
    ),
    Step("0c779009ac13", "when a run was deleted", runs.add_deleted_time, (("runs", _ADD),)),
    Step("cc1f77228345", "params of 500 characters", runs.lengthen_params_to_500, (("params", _WIDEN),)),
    Step("97727af70f4d", "when experiments were made and changed", experiments.add_times, (("experiments", _ADD),)),
    Step("3500859a5d39", "aliases of model versions", registry.create_aliases),
    Step("7f2a7d5fae7d", "datasets, and the runs that read them", experiments.create_datasets),
    Step("2d6e25af4d3e", "params of 8,000 characters", runs.lengthen_params_to_8000, (("params", _WIDEN),)),
    Step(
        "acf3f17fdcc7",
        "where files of model versions are",
        registry.add_storage_location,
        (("model_versions", _ADD),),
    ),
    Step("867495a8f9d4", "traces", traces.create_traces),
    Step(
        "5b0e9adcef9c",
        "tags and metadata go with their trace",
        traces.delete_tags_with_traces,
        (("trace_tags", _REFER), ("trace_request_metadata", _REFER)),
    ),
    Step(
        "4465047574b1",
        "longer schemas of datasets on MySQL",
        experiments.lengthen_dataset_schemas,
        (("datasets", _ADD),),
    ),
    Step("f5a4f2784254", "tags of 8,000 characters", runs.lengthen_tags_to_8000, (("tags", _WIDEN),)),
    Step(
        "0584bdc529eb",
        "datasets go with their experiment",
        experiments.delete_datasets_with_experiments,
        (("datasets", _REFER),),
    ),
    Step("400f98739977", "logged models", logged_models.create_logged_models),
    Step("6953534de441", "inputs and outputs have a step", experiments.add_input_step, (("inputs", _ADD),)),
    Step(
        "bda7b8c39065",
        "tags on model versions of any length",
        registry.lengthen_version_tags,
        (("model_version_tags", _WIDEN),),
    ),
    Step("cbc13b556ace", "previews of traces", traces.add_previews, (("trace_info", _ADD),)),
    Step("770bee3ae1dd", "assessments of traces", evaluations.create_assessments),
    Step("a1b2c3d4e5f6", "spans", traces.create_spans),
    Step("de4033877273", "associations between traces, runs and more", traces.create_associations),
    Step("1a0cddfcaa16", "webhooks", jobs.create_webhooks),
    Step("534353b11cbc", "scorers", evaluations.create_scorers),
    Step("71994744cf8e", "datasets to evaluate on", evaluations.create_datasets),
    Step(
        "3da73c924c2f",
        "outputs in records to evaluate on",
        evaluations.add_outputs,
        (("evaluation_dataset_records", _ADD),),
    ),
    Step("bf29a5ff90ea", "jobs", jobs.create_jobs),
    Step("1bd49d398cd23", "secrets, endpoints and their models", gateway.create_gateway),
    Step("b7c8d9e0f1a2", "numbers of traces", traces.create_trace_metrics),
    Step("5d2d30f0abce", "jobs have names", jobs.name_jobs, (("jobs", _INDEX),)),
    Step(
        "c9d4e5f6a7b8",
        "endpoints choose among models",
        gateway.add_routing,
        (("endpoints", _ADD), ("endpoint_model_mappings", _INDEX)),
    ),
    Step("2c33131f4dae", "scoring as traces arrive", evaluations.create_online_scoring),
    Step("d3e4f5a6b7c8", "names of endpoint bindings", gateway.add_binding_names, (("endpoint_bindings", _ADD),)),
    Step("d0e1f2a3b4c5", "endpoints trace their use", gateway.add_usage_tracking, (("endpoints", _REFER),)),
    Step("c8d9e0f1a2b3", "numbers of spans", traces.create_span_metrics, (("spans", _ADD),)),
    Step(
        "1b5f0d9ad7c1",
        "workspaces",
        workspaces.create_workspaces,
        tuple((table, _KEY) for table in workspaces.REKEYED) + tuple((table, _INDEX) for table in workspaces.MARKED),
    ),
    Step("e1f2a3b4c5d6", "budgets", gateway.create_budgets),
    Step("76601a5f987d", "issues", evaluations.create_issues),
    Step("c3d6457b6d8a", "details of a job's status", jobs.add_status_details, (("jobs", _ADD),)),
    Step(
        "a5b4c3d2e1f0",
        "histories are found by run, key and step",
        metrics.index_histories,
        (("metrics", _INDEX),),
    ),
    Step("ae8bbe7743c9", "guardrails", evaluations.create_guardrails),
    Step(
        "7d34483879f0",
        "tags in the registry are found by name",
        registry.index_tags_by_name,
        (("model_version_tags", _INDEX), ("registered_model_tags", _INDEX)),
    ),
    Step(
        "da6fb0208061",
        "traces can be archived",
        traces.prepare_archival,
        (("trace_info", _ADD), ("workspaces", _ADD)),
    ),
    Step("89d3d66ed43f", "schemas of labels", evaluations.create_label_schemas),
    Step("b7e4c1a90f23", "queues for reviewers", evaluations.create_review_queues),
    Step("a8b9c0d1e2f3", "the registry of MCP servers", mcp.create_servers),
    Step("c1d2e3f4a5b6", "spans are found by their start", traces.index_spans_by_start, (("spans", _INDEX),)),
    Step("c3d9e7f1a2b4", "targets of budgets", gateway.add_budget_targets, (("budget_policies", _INDEX),)),
    Step(
        "6f8d9c3b2a1e",
        "traces go with their experiment",
        traces.delete_traces_with_experiments,
        (("trace_info", _REFER),),
    ),
    Step(
        "1971f2d9a75b",
        "traces to archive are found by time",
        traces.index_archival_candidates,
        (("trace_info", _INDEX),),
    ),
    Step(
        "17e22815139b",
        "tags on experiments of any length",
        experiments.lengthen_tags,
        (("experiment_tags", _WIDEN),),
    ),
    Step("b7e2c1a4d9f3", "who started a job", jobs.add_creator, (("jobs", _ADD),)),
    Step(
        "75868b020152",
        "names, tokens, costs and models become columns",
        trace_analytics.move_analytics,
        (
            ("trace_info", _FILL),
            ("spans", _FILL),
            ("spans", _KEY),
            ("assessments", _FILL),
            ("assessments", _WIDEN),
            ("trace_tags", _INDEX),
            ("trace_request_metadata", _INDEX),
            ("trace_metrics", _INDEX),
            ("span_metrics", _INDEX),
        ),
    ),
    Step("dc11669786a5", "servers share jobs by leases", jobs.lease_jobs, (("jobs", _INDEX),)),
)


def steps_after(revision: str | None) -> tuple[Step, ...]:
    """The steps that are left; all of them where no revision is recorded. KeyError for a revision not in the chain."""
    if revision is None:
        return STEPS
    places = {step.revision: place for place, step in enumerate(STEPS)}
    return STEPS[places[revision] + 1 :]


def is_known(revision: str) -> bool:
    """Whether it is one of MLflow's, up to the head."""
    return any(step.revision == revision for step in STEPS)
