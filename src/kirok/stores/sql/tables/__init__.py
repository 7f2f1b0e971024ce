"""MLflow's schema at revision dc11669786a5, one file a noun. Importing this package imports SQLAlchemy."""

from kirok.stores.sql.tables import (
    assessments,
    datasets,
    evaluations,
    experiments,
    gateway,
    jobs,
    logged_models,
    mcp,
    metrics,
    registry,
    rollups,
    runs,
    traces,
    webhooks,
    workspaces,
)
from kirok.stores.sql.tables.metadata import metadata

__all__ = [
    "assessments",
    "datasets",
    "evaluations",
    "experiments",
    "gateway",
    "jobs",
    "logged_models",
    "mcp",
    "metadata",
    "metrics",
    "registry",
    "rollups",
    "runs",
    "traces",
    "webhooks",
    "workspaces",
]
