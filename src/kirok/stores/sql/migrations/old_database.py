"""A database at an older revision, and its way to the head."""

import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any

from msgspec import Struct
from sqlalchemy import Column, Connection, PrimaryKeyConstraint, String, create_engine, inspect, text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import NullPool

from kirok.base.errors import InvalidState, KirokError, Unavailable
from kirok.stores.sql.dialect import Dialect, Kind
from kirok.stores.sql.migrations.changes import Changes
from kirok.stores.sql.migrations.initial import create_first_tables
from kirok.stores.sql.migrations.steps import Step, steps_after
from kirok.stores.sql.migrations.verification import differences
from kirok.stores.sql.migrations.work import cost_of

# About how many rows a table has, without reading them all where the database keeps count.
_ESTIMATES = {
    "sqlite": "SELECT NULL WHERE :table IS NULL",
    "postgresql": "SELECT NULLIF(reltuples::bigint, -1) FROM pg_class WHERE oid = to_regclass(:table)",
    "mysql": "SELECT table_rows FROM information_schema.tables WHERE table_schema = database() AND table_name = :table",
}


class PlannedWork(Struct, frozen=True):
    """What one step will do to one table."""

    table: str
    said: str
    rows: int
    seconds: float


class PlannedStep(Struct, frozen=True):
    """A step that is still to be taken."""

    step: Step
    work: tuple[PlannedWork, ...]

    @property
    def seconds(self) -> float:
        """About how long it will take."""
        return sum(work.seconds for work in self.work)


class OldDatabase:
    """A database between MLflow 0.9 and the head, over one connection. `open_old_database` is the way to get one."""

    def __init__(self, connection: Connection, dialect: Dialect) -> None:
        self._connection = connection
        self._dialect = dialect

    @property
    def kind(self) -> Kind:
        """sqlite, postgresql or mysql."""
        return self._dialect.kind

    @property
    def revision(self) -> str | None:
        """The revision that is recorded; None from before revisions were."""
        if not inspect(self._connection).has_table("alembic_version"):
            return None
        row = self._connection.execute(text("SELECT version_num FROM alembic_version")).first()
        return None if row is None else str(row[0])

    def plan(self) -> tuple[PlannedStep, ...]:
        """The steps that are left, with an estimate of each. Changes nothing."""
        rows = self._rows()
        return tuple(
            PlannedStep(
                step,
                tuple(
                    PlannedWork(table, cost.said, rows[table], rows[table] / cost.rows_per_second)
                    for table, work in step.work
                    if table in rows
                    for cost in (cost_of(work, self._dialect.kind),)
                ),
            )
            for step in steps_after(self.revision)
        )

    def upgrade(self, told: Callable[[Step], None]) -> None:
        """Take the steps that are left, each together with its revision; `told` is called before each.

        Two that upgrade one database take turns. Raises InvalidState for a step that fails: what was done before it
        stays, and of the step itself nothing, on MySQL nothing that hinders it from being taken again. Raises
        Unavailable where the database does not let anything be changed, another program's lock for one.
        """
        try:
            while left := steps_after(self.revision):
                told(left[0])
                with self._alone():
                    if steps_after(self.revision) == left:  # another may have been quicker
                        self._take(left[0])
        except SQLAlchemyError as error:
            raise Unavailable(
                f"The database does not let itself be changed: {_reason(error)}. Stop what else uses it, and see that "
                "there is room on its disk."
            ) from error

    def differences(self) -> list[str]:
        """What the schema lacks of the head's, or has otherwise; see `differences`."""
        return differences(self._connection)

    def _take(self, step: Step) -> None:
        changes = Changes(self._connection)
        try:
            with warnings.catch_warnings():
                # Of checks that old releases left unnamed: the steps make them anew where MLflow's do.
                warnings.simplefilter("ignore")
                if self.revision is None:
                    create_first_tables(changes)
                step.apply(changes)
            self._record(changes, step.revision)
        except KirokError:
            raise
        except (SQLAlchemyError, ValueError, LookupError) as error:
            raise InvalidState(f"Revision {step.revision} ({step.title}) was not reached: {_reason(error)}.") from error

    def _record(self, changes: Changes, revision: str) -> None:
        connection = self._connection
        changes.create(
            "alembic_version",
            Column("version_num", String(32), nullable=False),
            PrimaryKeyConstraint("version_num", name="alembic_version_pkc"),
        )
        if self.revision is None:
            connection.execute(text("INSERT INTO alembic_version (version_num) VALUES (:new)"), {"new": revision})
        else:
            connection.execute(text("UPDATE alembic_version SET version_num = :new"), {"new": revision})

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """A transaction in which no other process changes the schema."""
        run = self._connection.exec_driver_sql
        for statement in self._dialect.begin_alone:
            # MySQL's lock answers 0 when it has waited long enough; a step of another process may take longer.
            while (result := run(statement)).returns_rows and result.scalar() == 0:
                pass
        try:
            yield
        except BaseException:
            with suppress(Exception):
                run("ROLLBACK")
            raise
        for statement in self._dialect.end_alone:
            run(statement)

    def _rows(self) -> dict[str, int]:
        quote = self._connection.dialect.identifier_preparer.quote
        rows = {}
        for table in inspect(self._connection).get_table_names():
            estimate = self._connection.execute(text(_ESTIMATES[self._dialect.kind]), {"table": table}).scalar()
            if estimate is None:
                estimate = self._connection.execute(text(f"SELECT COUNT(*) FROM {quote(table)}")).scalar_one()
            rows[table] = int(estimate)
        return rows


def _reason(error: Exception) -> str:
    return str(getattr(error, "orig", None) or error).strip().split("\n")[0].rstrip(".")


@contextmanager
def open_old_database(dialect: Dialect, connect: Callable[[], Any]) -> Iterator[OldDatabase]:
    """Over a connection of the driver, in its autocommit mode, that `connect` makes. It is closed at the end."""
    driver = {"sqlite": "sqlite", "postgresql": "postgresql+psycopg", "mysql": "mysql+pymysql"}[dialect.kind]
    options: Mapping[str, Any] = {"use_native_hstore": False} if dialect.kind == "postgresql" else {}
    engine = create_engine(f"{driver}://", creator=connect, poolclass=NullPool, **options)
    with engine.connect() as connection:
        yield OldDatabase(connection, dialect)
    engine.dispose()
