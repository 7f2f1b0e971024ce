"""MLflow's names that this version of kirok does not have yet: asking for one says so instead of seeming a typo."""

_BY_PART = {
    "logged models, flavors and model evaluation": """
        ActiveModel ag2 agno anthropic autogen autolog azure bedrock catboost clear_active_model create_external_model
        create_logged_model crewai delete_logged_model delete_logged_model_tag diffusers dspy evaluate
        finalize_logged_model gemini get_active_model_id get_logged_model groq h2o haystack import_checkpoints
        initialize_logged_model johnsnowlabs keras langchain last_logged_model lightgbm list_logged_model_artifacts
        litellm llama_index log_model log_model_artifact log_model_artifacts log_model_params metrics mistral models
        onnx openai paddle pmdarima prophet pydantic_ai pyfunc pyspark pytorch rfunc search_logged_models
        semantic_kernel sentence_transformers set_active_model set_logged_model_tags shap sklearn smolagents spacy
        spark statsmodels strands tensorflow transformers txtai types validate_evaluation_results xgboost""",
    "registered models": """
        copy_model_version create_model_version create_registered_model delete_model_version delete_model_version_tag
        delete_registered_model delete_registered_model_alias delete_registered_model_tag get_latest_versions
        get_model_version get_model_version_by_alias get_model_version_download_uri get_model_version_stages
        get_registered_model register_model rename_registered_model search_model_versions search_registered_models
        set_model_version_tag set_registered_model_alias set_registered_model_tag transition_model_version_stage
        update_model_version update_registered_model""",
    "registered prompts": """
        create_prompt create_prompt_version delete_prompt delete_prompt_alias delete_prompt_tag delete_prompt_version
        delete_prompt_version_tag detach_prompt_from_run get_prompt get_prompt_version get_prompt_version_by_alias
        link_prompt_version_to_model link_prompt_version_to_run link_prompt_versions_to_trace list_logged_prompts
        load_prompt parse_prompt_uri prompt register_prompt search_prompt_versions search_prompts set_prompt_alias
        set_prompt_tag set_prompt_version_tag""",
    "traces and their assessments": """
        add_trace agent context delete_assessment delete_trace_tag delete_traces end_span end_trace
        flush_trace_async_logging gateway genai get_active_trace_id get_assessment get_current_active_span
        get_last_active_trace_id get_trace link_traces_to_run log_assessment log_expectation log_feedback log_issue
        log_trace otel override_feedback search_sessions search_traces set_trace_tag start_span start_span_no_context
        start_trace test trace tracing typesafe unlink_traces_from_run update_assessment update_current_trace""",
    "evaluation datasets": """
        add_dataset_to_experiments create_dataset delete_dataset delete_dataset_tag get_dataset
        remove_dataset_from_experiments search_datasets set_dataset_tags""",
    "system metrics": """
        disable_system_metrics_logging enable_system_metrics_logging set_system_metrics_node_id
        set_system_metrics_samples_before_logging set_system_metrics_sampling_interval system_metrics""",
    "projects": "projects run",
    "webhooks": "create_webhook delete_webhook get_webhook list_webhooks test_webhook update_webhook",
    "workspaces": """
        create_workspace delete_workspace get_workspace get_workspace_store_uri list_workspaces set_workspace
        update_workspace""",
    "MCP servers": """
        create_mcp_access_endpoint create_mcp_server create_mcp_server_version delete_mcp_access_endpoint
        delete_mcp_server delete_mcp_server_alias delete_mcp_server_tag delete_mcp_server_version
        delete_mcp_server_version_tag get_latest_mcp_server_version get_mcp_access_endpoint get_mcp_server
        get_mcp_server_version get_mcp_server_version_by_alias refresh_mcp_server_version_tools
        search_mcp_access_endpoints search_mcp_server_versions search_mcp_servers set_mcp_server_alias
        set_mcp_server_tag set_mcp_server_version_tag update_mcp_access_endpoint update_mcp_server
        update_mcp_server_version""",
    "environment reports and hosted log-ins": "doctor login",
}
ABSENT = {name: part for part, names in _BY_PART.items() for name in names.split()}
"""The part of MLflow, in the plural, that each name belongs to."""


def refuse_absent(spelled: str, name: str) -> None:
    """AttributeError where `name` is MLflow's and not here yet; `spelled` is what the caller wrote."""
    part = ABSENT.get(name)
    if part is not None:
        raise AttributeError(
            f"{spelled} is not there yet: {part} come in a later version of kirok. Tracking (experiments, runs, "
            "metrics, params, tags, artifacts, datasets) works; for the rest, use mlflow itself on the same server or "
            "database."
        )
