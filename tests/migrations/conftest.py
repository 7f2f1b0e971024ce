"""Old databases, the same upgraded by the real MLflow as the judge, and MLflow itself."""

import gzip
import logging
import os
import sqlite3
import warnings
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, create_engine
from sqlalchemy.pool import NullPool

from kirok.stores.open import old_database
from migrations.shapes import rows, shape

FOLDER = Path(__file__).parent / "databases"
RELEASES = sorted(
    (file.name.removeprefix("mlflow-").removesuffix(".db.gz") for file in FOLDER.glob("*.db.gz")),
    key=lambda release: [int(part) for part in release.split(".")],
)
HEAD = "dc11669786a5"

Upgrade = Callable[..., None]
Old = Callable[[str], Path]


@pytest.fixture
def old(tmp_path: Path) -> Old:
    """release → a database of its own that this release made."""

    def unpack(release: str) -> Path:
        file = tmp_path / f"mlflow-{release}.db"
        file.write_bytes(gzip.decompress((FOLDER / f"mlflow-{release}.db.gz").read_bytes()))
        return file

    return unpack


@pytest.fixture(scope="session")
def mlflow() -> Iterator[Any]:
    """The `mlflow` module, with its settings taken back afterwards."""
    before = dict(os.environ)
    os.environ.update(MLFLOW_DISABLE_TELEMETRY="true", DO_NOT_TRACK="true")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # those of its own dependencies
        import mlflow
        import mlflow.store.db.utils
    yield mlflow
    os.environ.clear()
    os.environ.update(before)


@pytest.fixture(scope="session")
def by_mlflow(mlflow: Any) -> Upgrade:
    """Upgrade the database at a URI to a revision, the head if none is given, as MLflow does."""

    def upgrade(uri: str, revision: str = "heads") -> None:
        from alembic import command
        from mlflow.store.db import utils

        engine = create_engine(uri, poolclass=NullPool)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            utils.InitialBase.metadata.create_all(engine)
            config = utils._get_alembic_config(uri)
            with engine.begin() as connection:
                config.attributes["connection"] = connection
                level = logging.root.manager.disable
                logging.disable(logging.WARNING)
                try:
                    command.upgrade(config, revision)
                finally:
                    logging.disable(level)
        engine.dispose()

    return upgrade


@pytest.fixture(scope="session")
def judged(by_mlflow: Upgrade, tmp_path_factory: pytest.TempPathFactory) -> Old:
    """release → what the real MLflow makes of that release's database; not to be changed."""

    @cache
    def upgraded(release: str) -> Path:
        file = tmp_path_factory.mktemp("judged") / f"mlflow-{release}.db"
        file.write_bytes(gzip.decompress((FOLDER / f"mlflow-{release}.db.gz").read_bytes()))
        by_mlflow(f"sqlite:///{file}")
        return file

    return upgraded


@pytest.fixture(scope="session")
def upgraded(tmp_path_factory: pytest.TempPathFactory) -> Old:
    """release → what kirok makes of that release's database; not to be changed."""

    @cache
    def upgrade(release: str) -> Path:
        file = tmp_path_factory.mktemp("upgraded") / f"mlflow-{release}.db"
        file.write_bytes(gzip.decompress((FOLDER / f"mlflow-{release}.db.gz").read_bytes()))
        with old_database(f"sqlite:///{file}") as database:
            database.upgrade(lambda step: None)
            assert database.differences() == []
        return file

    return upgrade


@contextmanager
def connected(uri: str) -> Iterator[Connection]:
    engine = create_engine(uri, poolclass=NullPool)
    with engine.connect() as connection:
        yield connection
    engine.dispose()


def opened(file: Path) -> AbstractContextManager[Connection]:
    return connected(f"sqlite:///{file}")


def state(uri: str) -> tuple[dict[str, Any], dict[str, list[str]]]:
    """The shape and the rows of a database."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # types and indexes that SQLAlchemy cannot reflect are compared as it sees them
        with connected(uri) as connection:
            return shape(connection), rows(connection)


def revision_of(file: Path) -> str:
    with closing(sqlite3.connect(file)) as connection:
        (row,) = connection.execute("SELECT version_num FROM alembic_version")
    return str(row[0])
