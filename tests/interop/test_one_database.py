"""One database, written by either and read by both."""

import re
from pathlib import Path
from typing import Any

import pytest

import kirok
from interop.both_ways import everything, go_on, live

pytestmark = pytest.mark.filterwarnings("ignore")  # MLflow's and scikit-learn's own


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The URI of a file that is not there yet, in the working directory: artifacts go below it."""
    monkeypatch.chdir(tmp_path)
    return f"sqlite:///{(tmp_path / 'mlflow.db').as_posix()}"


@pytest.fixture(params=["file", "postgresql_uri", "mariadb_uri"], ids=["sqlite", "postgresql", "mariadb"])
def database(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The URI of an empty database of each kind; artifacts go below the working directory."""
    monkeypatch.chdir(tmp_path)
    uri: str = request.getfixturevalue(request.param)
    return uri


def test_mlflow_reads_what_kirok_wrote_and_writes_on(mlflow: Any, database: str, tmp_path: Path) -> None:
    live(kirok, database, tmp_path)
    written = everything(kirok, database)
    assert everything(mlflow, database) == written
    go_on(mlflow, database)
    assert everything(kirok, database) == everything(mlflow, database) != written


def test_kirok_reads_what_mlflow_wrote_and_writes_on(mlflow: Any, database: str, tmp_path: Path) -> None:
    live(mlflow, database, tmp_path)
    written = everything(mlflow, database)
    assert everything(kirok, database) == written
    go_on(kirok, database)
    assert everything(mlflow, database) == everything(kirok, database) != written


def test_mlflow_finds_no_table_or_column_missing_or_changed(mlflow: Any, file: str, tmp_path: Path) -> None:
    kirok.set_tracking_uri(file)
    kirok.search_experiments()
    own = f"sqlite:///{(tmp_path / 'own.db').as_posix()}"
    mlflow.MlflowClient(own).search_experiments()
    mlflow.MlflowClient(file).search_experiments()  # refuses a schema that is not its own
    assert _differences(file) == _differences(own)


def _differences(uri: str) -> list[str]:
    """Where a database and MLflow's models differ, as MLflow's own migration tool sees it, but for kirok's own."""
    import sqlalchemy
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext
    from mlflow.store.db.base_sql_model import Base

    engine = sqlalchemy.create_engine(uri)
    try:
        with engine.connect() as connection:
            found = compare_metadata(MigrationContext.configure(connection), Base.metadata)
    finally:
        engine.dispose()
    own = ("remove_index", "remove_table")
    kept = [change for change in found if not (change[0] in own and change[1].name.startswith("kirok_"))]
    return sorted(re.sub(r" at 0x[0-9a-f]+", "", repr(change)) for change in kept)
