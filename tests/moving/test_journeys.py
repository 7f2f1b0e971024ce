"""Whole stores, written by the real MLflow, moved between every kind, and read by the real MLflow where they arrive."""

from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from databases import DatabaseServer
from kirok.cli.root import kirok
from moving.dumps import dump
from moving.portrait import portrait

pytestmark = pytest.mark.filterwarnings("ignore")  # MLflow's own


def copied(source: str, destination: str, *options: str) -> Result:
    """`kirok copy`, which must succeed and verify."""
    result = CliRunner().invoke(kirok, ["copy", source, destination, "--verify", *options], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result


@pytest.fixture(params=["sqlite", "postgresql", "mariadb", "folder"])
def destination(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URI of an empty store."""
    match request.param:
        case "sqlite":
            return f"sqlite:///{tmp_path}/arrived.db"
        case "folder":
            return str(tmp_path / "arrived")
        case kind:
            server: DatabaseServer = request.getfixturevalue(f"{kind}_server")
            return server.create()


def test_a_copied_database_reads_as_the_source_and_a_second_copy_changes_nothing(
    mlflow: Any, database: str, destination: str
) -> None:
    copied(database, destination)
    arrived = portrait(mlflow, destination)
    assert arrived == portrait(mlflow, database)
    assert {noun: len(found) for noun, found in arrived.items()} == {
        "experiments": 3,
        "runs": 7,
        "models": 1,  # MLflow shows no deleted ones
        "traces": 3,
        "registry": 2,
    }
    before = dump(destination)
    assert len(before) > 50
    again = CliRunner().invoke(kirok, ["copy", database, destination])
    assert "Nothing to copy: all is there." in again.output
    assert dump(destination) == before


def test_a_copied_folder_reads_as_the_source(mlflow: Any, a_folder_lived: Path, destination: str) -> None:
    copied(str(a_folder_lived), destination)
    assert portrait(mlflow, destination) == portrait(mlflow, str(a_folder_lived))


def test_a_journey_through_all_kinds_comes_home_unchanged(
    mlflow: Any, database: str, postgresql_server: DatabaseServer, mariadb_server: DatabaseServer, tmp_path: Path
) -> None:
    stages = [
        postgresql_server.create(),
        str(tmp_path / "runs"),
        mariadb_server.create(),
        f"sqlite:///{tmp_path}/home.db",
    ]
    source = database
    for stage in stages:
        copied(source, stage, "--no-artifacts")
        source = stage
    assert portrait(mlflow, source, with_places=True) == portrait(mlflow, database, with_places=True)
