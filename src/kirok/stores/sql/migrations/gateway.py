"""The gateway: secrets, endpoints, the models behind them, budgets."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Float,
    ForeignKeyConstraint,
    Integer,
    LargeBinary,
    PrimaryKeyConstraint,
    String,
    Text,
)

from kirok.stores.sql.migrations.changes import Changes
from kirok.stores.sql.migrations.secret_guard import guard_secrets
from kirok.stores.sql.migrations.workspaces import workspace


def create_gateway(changes: Changes) -> None:
    """1bd49d398cd23. Secrets, endpoints, models, what leads to what, and tags."""
    changes.create(
        "secrets",
        Column("secret_id", String(36), nullable=False),
        Column("secret_name", String(255), nullable=False),
        Column("encrypted_value", LargeBinary, nullable=False),
        Column("wrapped_dek", LargeBinary, nullable=False),
        Column("kek_version", Integer, nullable=False),
        Column("masked_value", String(500), nullable=False),
        Column("provider", String(64)),
        Column("auth_config", Text),
        Column("description", Text),
        *_made_and_changed(),
        PrimaryKeyConstraint("secret_id", name="secrets_pk"),
    )
    changes.create(
        "endpoints",
        Column("endpoint_id", String(36), nullable=False),
        Column("name", String(255)),
        *_made_and_changed(),
        PrimaryKeyConstraint("endpoint_id", name="endpoints_pk"),
    )
    changes.create(
        "model_definitions",
        Column("model_definition_id", String(36), nullable=False),
        Column("name", String(255), nullable=False),
        Column("secret_id", String(36)),
        Column("provider", String(64), nullable=False),
        Column("model_name", String(256), nullable=False),
        *_made_and_changed(),
        ForeignKeyConstraint(
            ["secret_id"], ["secrets.secret_id"], name="fk_model_definitions_secret_id", ondelete="SET NULL"
        ),
        PrimaryKeyConstraint("model_definition_id", name="model_definitions_pk"),
        indexes={
            "index_model_definitions_secret_id": ["secret_id"],
            "index_model_definitions_provider": ["provider"],
        },
    )
    changes.create(
        "endpoint_model_mappings",
        Column("mapping_id", String(36), nullable=False),
        Column("endpoint_id", String(36), nullable=False),
        Column("model_definition_id", String(36), nullable=False),
        Column("weight", Float, nullable=False),
        *_made(),
        _of_endpoint("endpoint_model_mappings"),
        ForeignKeyConstraint(
            ["model_definition_id"],
            ["model_definitions.model_definition_id"],
            name="fk_endpoint_model_mappings_model_definition_id",
        ),
        PrimaryKeyConstraint("mapping_id", name="endpoint_model_mappings_pk"),
        indexes={
            "index_endpoint_model_mappings_endpoint_id": ["endpoint_id"],
            "index_endpoint_model_mappings_model_definition_id": ["model_definition_id"],
        },
    )
    changes.create(
        "endpoint_bindings",
        Column("endpoint_id", String(36), nullable=False),
        Column("resource_type", String(50), nullable=False),
        Column("resource_id", String(255), nullable=False),
        Column("created_at", BigInteger, nullable=False),
        Column("created_by", String(255)),
        Column("last_updated_at", BigInteger, nullable=False),
        Column("last_updated_by", String(255)),
        _of_endpoint("endpoint_bindings"),
        PrimaryKeyConstraint("endpoint_id", "resource_type", "resource_id", name="endpoint_bindings_pk"),
    )
    changes.create(
        "endpoint_tags",
        Column("key", String(250), nullable=False),
        Column("value", String(5000)),
        Column("endpoint_id", String(36), nullable=False),
        _of_endpoint("endpoint_tags"),
        PrimaryKeyConstraint("key", "endpoint_id", name="endpoint_tag_pk"),
        indexes={"index_endpoint_tags_endpoint_id": ["endpoint_id"]},
    )
    for table, name, columns in (
        ("secrets", "unique_secret_name", ["secret_name"]),
        ("endpoints", "unique_endpoint_name", ["name"]),
        ("model_definitions", "unique_model_definition_name", ["name"]),
        ("endpoint_model_mappings", "unique_endpoint_model_mapping", ["endpoint_id", "model_definition_id"]),
    ):
        with changes.table(table) as found:
            found.index(name, *columns, unique=True)
    guard_secrets(changes)


def add_routing(changes: Changes) -> None:
    """c9d4e5f6a7b8. How an endpoint chooses among its models, and what it falls back on."""
    with changes.table("endpoints") as endpoints:
        endpoints.add(Column("routing_strategy", String(64)), Column("fallback_config_json", Text))
    with changes.table("endpoint_model_mappings") as mappings:
        mappings.add(
            Column("linkage_type", String(64), nullable=False, server_default="PRIMARY"),
            Column("fallback_order", Integer),
        )
        mappings.drop_index("unique_endpoint_model_mapping")
        mappings.index(
            "unique_endpoint_model_linkage_mapping",
            "endpoint_id",
            "model_definition_id",
            "linkage_type",
            unique=True,
        )


def add_binding_names(changes: Changes) -> None:
    """d3e4f5a6b7c8."""
    with changes.table("endpoint_bindings") as bindings:
        bindings.add(Column("display_name", String(255)))


def add_usage_tracking(changes: Changes) -> None:
    """d0e1f2a3b4c5. The experiment that an endpoint's calls are traced in."""
    with changes.table("endpoints") as endpoints:
        endpoints.add(
            Column("experiment_id", Integer),
            Column("usage_tracking", Boolean, nullable=False, server_default="0"),
        )
        endpoints.foreign_key(
            "fk_endpoints_experiment_id", "experiments", {"experiment_id": "experiment_id"}, ondelete="SET NULL"
        )


def create_budgets(changes: Changes) -> None:
    """e1f2a3b4c5d6."""
    changes.create(
        "budget_policies",
        Column("budget_policy_id", String(36), nullable=False),
        Column("budget_unit", String(32), nullable=False),
        Column("budget_amount", Float, nullable=False),
        Column("duration_unit", String(32), nullable=False),
        Column("duration_value", Integer, nullable=False),
        Column("target_scope", String(32), nullable=False),
        Column("budget_action", String(32), nullable=False),
        *_made_and_changed(),
        workspace(),
        PrimaryKeyConstraint("budget_policy_id", name="budget_policies_pk"),
        indexes={"idx_budget_policies_workspace": ["workspace"]},
    )


def add_budget_targets(changes: Changes) -> None:
    """c3d9e7f1a2b4. A budget of one endpoint, or of one person."""
    with changes.table("budget_policies") as budgets:
        budgets.add(Column("target_value", String(255)))
    with changes.table("budget_policies") as budgets:
        budgets.index("idx_budget_policies_target_value", "target_value")


def _made() -> tuple[Column[str], Column[int]]:
    return Column("created_by", String(255)), Column("created_at", BigInteger, nullable=False)


def _made_and_changed() -> tuple[Column[str], Column[int], Column[str], Column[int]]:
    return (
        *_made(),
        Column("last_updated_by", String(255)),
        Column("last_updated_at", BigInteger, nullable=False),
    )


def _of_endpoint(table: str) -> ForeignKeyConstraint:
    return ForeignKeyConstraint(
        ["endpoint_id"], ["endpoints.endpoint_id"], name=f"fk_{table}_endpoint_id", ondelete="CASCADE"
    )
