"""Jobs that a server runs in the background, and the webhooks it calls."""

import time

from sqlalchemy import (
    JSON,
    BigInteger,
    Column,
    Float,
    ForeignKeyConstraint,
    Integer,
    PrimaryKeyConstraint,
    String,
    Text,
    text,
)

from kirok.stores.sql.migrations.changes import Changes

_PENDING, _RUNNING, _CANCELED = 0, 1, 5


def create_webhooks(changes: Changes) -> None:
    """1a0cddfcaa16."""
    changes.create(
        "webhooks",
        Column("webhook_id", String(256), nullable=False),
        Column("name", String(256), nullable=False),
        Column("description", String(1000)),
        Column("url", String(500), nullable=False),
        Column("status", String(20), nullable=False, server_default="ACTIVE"),
        Column("secret", String(1000)),
        Column("creation_timestamp", BigInteger),
        Column("last_updated_timestamp", BigInteger),
        Column("deleted_timestamp", BigInteger),
        PrimaryKeyConstraint("webhook_id", name="webhook_pk"),
        indexes={"idx_webhooks_status": ["status"], "idx_webhooks_name": ["name"]},
    )
    changes.create(
        "webhook_events",
        Column("webhook_id", String(256), nullable=False),
        Column("entity", String(50), nullable=False),
        Column("action", String(50), nullable=False),
        ForeignKeyConstraint(["webhook_id"], ["webhooks.webhook_id"], ondelete="cascade"),
        PrimaryKeyConstraint("webhook_id", "entity", "action", name="webhook_event_pk"),
        indexes={
            "idx_webhook_events_entity": ["entity"],
            "idx_webhook_events_action": ["action"],
            "idx_webhook_events_entity_action": ["entity", "action"],
        },
    )


def create_jobs(changes: Changes) -> None:
    """bf29a5ff90ea."""
    changes.create(
        "jobs",
        Column("id", String(36), nullable=False),
        Column("creation_time", BigInteger, nullable=False),
        Column("function_fullname", String(500), nullable=False),
        Column("params", Text, nullable=False),
        Column("timeout", Float(53)),
        Column("status", Integer, nullable=False),
        Column("result", Text),
        Column("retry_count", Integer, nullable=False),
        Column("last_update_time", BigInteger, nullable=False),
        PrimaryKeyConstraint("id", name="jobs_pk"),
        indexes={"index_jobs_function_status_creation_time": ["function_fullname", "status", "creation_time"]},
    )


def name_jobs(changes: Changes) -> None:
    """5d2d30f0abce. A job is known by a name, no longer by its function's."""
    with changes.table("jobs") as jobs:
        jobs.drop_index("index_jobs_function_status_creation_time")
        jobs.rename("function_fullname", "job_name", String(500))
    with changes.table("jobs") as jobs:
        jobs.index("index_jobs_name_status_creation_time", "job_name", "status", "creation_time")


def add_status_details(changes: Changes) -> None:
    """c3d6457b6d8a."""
    with changes.table("jobs") as jobs:
        jobs.add(Column("status_details", JSON))


def add_creator(changes: Changes) -> None:
    """b7e2c1a4d9f3. Who started a job, where the server asks who one is."""
    with changes.table("jobs") as jobs:
        jobs.add(Column("creator", String(255)))


def lease_jobs(changes: Changes) -> None:
    """dc11669786a5. Several servers share the jobs by leases; those that were begun without one are cancelled."""
    changes.create(
        "scheduler_leases",
        Column("lease_key", String(255), nullable=False),
        Column("acquired_at", BigInteger, nullable=False),
        Column("ttl_seconds", Integer, nullable=False),
        PrimaryKeyConstraint("lease_key", name="scheduler_leases_pk"),
    )
    changes.create(
        "job_locks",
        Column("lock_key", String(255), nullable=False),
        Column("job_id", String(36), nullable=False),
        Column("acquired_at", BigInteger, nullable=False),
        ForeignKeyConstraint(["job_id"], ["jobs.id"], name="fk_job_locks_job_id", ondelete="CASCADE"),
        PrimaryKeyConstraint("lock_key", name="job_locks_pk"),
        indexes={"index_job_locks_job_id": ["job_id"]},
    )
    with changes.table("jobs") as jobs:
        jobs.add(
            Column("executor_backend", String(255)),
            Column("lease_expires_at", BigInteger),
            Column("status_message", Text),
            Column("progress", JSON),
            Column("progress_updated_at", BigInteger),
            Column("token_hash", String(64)),
            Column("scoped_permissions", JSON),
            Column("next_attempt_at", BigInteger),
        )
        jobs.index("index_jobs_status_lease_expires_at", "status", "lease_expires_at")
    changes.connection.execute(
        text("UPDATE jobs SET status = :canceled, last_update_time = :now WHERE status IN (:pending, :running)"),
        {"canceled": _CANCELED, "now": int(time.time() * 1000), "pending": _PENDING, "running": _RUNNING},
    )
