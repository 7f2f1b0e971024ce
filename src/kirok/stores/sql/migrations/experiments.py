"""Experiments, the tags on them, and the datasets their runs read."""

from typing import Any

from sqlalchemy import BigInteger, Column, ForeignKey, Integer, PrimaryKeyConstraint, String, Text
from sqlalchemy.dialects.mysql import MEDIUMTEXT

from kirok.stores.sql.migrations.changes import Changes


def create_tags(changes: Changes) -> None:
    """df50e92ffc5e."""
    changes.create(
        "experiment_tags",
        Column("key", String(250), nullable=False),
        Column("value", String(5000)),
        Column("experiment_id", Integer, ForeignKey("experiments.experiment_id"), nullable=False),
        PrimaryKeyConstraint("key", "experiment_id", name="experiment_tag_pk"),
    )


def add_times(changes: Changes) -> None:
    """97727af70f4d. When an experiment was made and last changed; not known of those that are there."""
    with changes.table("experiments") as experiments:
        experiments.add(Column("creation_time", BigInteger), Column("last_update_time", BigInteger))


def lengthen_tags(changes: Changes) -> None:
    """17e22815139b. Notes of 20,000 characters."""
    with changes.table("experiment_tags") as tags:
        tags.alter(
            "value",
            existing_type=String(5000),
            type_=_medium_text(),
            existing_nullable=True,
            existing_server_default=None,
        )


def create_datasets(changes: Changes) -> None:
    """7f2a7d5fae7d. Datasets, which run read which, and tags on the reading."""
    changes.create(
        "datasets",
        Column("dataset_uuid", String(36), nullable=False),
        Column("experiment_id", Integer, ForeignKey("experiments.experiment_id"), nullable=False),
        Column("name", String(500), nullable=False),
        Column("digest", String(36), nullable=False),
        Column("dataset_source_type", String(36), nullable=False),
        Column("dataset_source", Text, nullable=False),
        Column("dataset_schema", Text),
        Column("dataset_profile", _medium_text()),
        PrimaryKeyConstraint("experiment_id", "name", "digest", name="dataset_pk"),
        indexes={
            "index_datasets_dataset_uuid": ["dataset_uuid"],
            "index_datasets_experiment_id_dataset_source_type": ["experiment_id", "dataset_source_type"],
        },
    )
    changes.create(
        "inputs",
        Column("input_uuid", String(36), nullable=False),
        Column("source_type", String(36), nullable=False),
        Column("source_id", String(36), nullable=False),
        Column("destination_type", String(36), nullable=False),
        Column("destination_id", String(36), nullable=False),
        PrimaryKeyConstraint("source_type", "source_id", "destination_type", "destination_id", name="inputs_pk"),
        indexes={
            "index_inputs_input_uuid": ["input_uuid"],
            "index_inputs_destination_type_destination_id_source_type": [
                "destination_type",
                "destination_id",
                "source_type",
            ],
        },
    )
    changes.create(
        "input_tags",
        Column("input_uuid", String(36), nullable=False),
        Column("name", String(255), nullable=False),
        Column("value", String(500), nullable=False),
        PrimaryKeyConstraint("input_uuid", "name", name="input_tags_pk"),
    )


def lengthen_dataset_schemas(changes: Changes) -> None:
    """4465047574b1. Only MySQL's TEXT was too short."""
    if changes.kind == "mysql":
        with changes.table("datasets") as datasets:
            datasets.alter("dataset_schema", existing_type=Text(), type_=MEDIUMTEXT())


def delete_datasets_with_experiments(changes: Changes) -> None:
    """0584bdc529eb."""
    with changes.table("datasets", names_what_is_unnamed=True) as datasets:
        datasets.foreign_key(
            "fk_datasets_experiment_id_experiments",
            "experiments",
            {"experiment_id": "experiment_id"},
            ondelete="CASCADE",
        )


def add_input_step(changes: Changes) -> None:
    """6953534de441. Models that a run logs are outputs, each at a step."""
    with changes.table("inputs") as inputs:
        inputs.add(Column("step", BigInteger, nullable=False, server_default="0"))


def _medium_text() -> Any:
    return Text().with_variant(MEDIUMTEXT(), "mysql")
