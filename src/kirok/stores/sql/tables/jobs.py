"""Background jobs."""

from sqlalchemy import (
    JSON,
    BigInteger,
    Column,
    Float,
    ForeignKeyConstraint,
    Index,
    Integer,
    PrimaryKeyConstraint,
    String,
    Table,
    Text,
)

from kirok.stores.sql.tables.metadata import metadata

jobs = Table(
    "jobs",
    metadata,
    Column("id", String(36), nullable=False),
    Column("creation_time", BigInteger, nullable=False),
    Column("job_name", String(500), nullable=False),
    Column("params", Text, nullable=False),
    Column("timeout", Float(53)),
    Column("status", Integer, nullable=False),
    Column("result", Text),
    Column("retry_count", Integer, nullable=False),
    Column("last_update_time", BigInteger, nullable=False),
    Column("workspace", String(63), nullable=False, server_default="default"),
    Column("status_details", JSON),
    Column("creator", String(255)),
    Column("executor_backend", String(255)),
    Column("lease_expires_at", BigInteger),
    Column("status_message", Text),
    Column("progress", JSON),
    Column("progress_updated_at", BigInteger),
    Column("token_hash", String(64)),
    Column("scoped_permissions", JSON),
    Column("next_attempt_at", BigInteger),
    PrimaryKeyConstraint("id", name="jobs_pk"),
    Index("index_jobs_name_status_creation_time", "job_name", "workspace", "status", "creation_time"),
    Index("index_jobs_status_lease_expires_at", "status", "lease_expires_at"),
)

job_locks = Table(
    "job_locks",
    metadata,
    Column("lock_key", String(255), nullable=False),
    Column("job_id", String(36), nullable=False),
    Column("acquired_at", BigInteger, nullable=False),
    PrimaryKeyConstraint("lock_key", name="job_locks_pk"),
    ForeignKeyConstraint(["job_id"], ["jobs.id"], name="fk_job_locks_job_id", ondelete="CASCADE"),
    Index("index_job_locks_job_id", "job_id"),
)

scheduler_leases = Table(
    "scheduler_leases",
    metadata,
    Column("lease_key", String(255), nullable=False),
    Column("acquired_at", BigInteger, nullable=False),
    Column("ttl_seconds", Integer, nullable=False),
    PrimaryKeyConstraint("lease_key", name="scheduler_leases_pk"),
)
