"""A SQL database as a bundle of stores."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from functools import partial
from pathlib import Path

from kirok.base.clock import Clock, now_ms
from kirok.base.settings import DatabaseSettings
from kirok.rules.uris.databases import sqlite_uri
from kirok.stores.protocols import Reindexed, Stores
from kirok.stores.sql.archive import SqlArchive
from kirok.stores.sql.bin import SqlBin
from kirok.stores.sql.charts.sealer import Sealer
from kirok.stores.sql.charts.store import SqlChartStore
from kirok.stores.sql.checkup import SqlCheckup
from kirok.stores.sql.database import Database
from kirok.stores.sql.encoded import SqlEncodedReads
from kirok.stores.sql.experiments import SqlExperimentStore
from kirok.stores.sql.holdings import count_holdings
from kirok.stores.sql.logged_models import SqlLoggedModelStore
from kirok.stores.sql.metrics import SqlMetricStore
from kirok.stores.sql.queued import SqlQueuedWrites
from kirok.stores.sql.relocation import SqlRelocations
from kirok.stores.sql.run_writes import RunWrites
from kirok.stores.sql.runs import SqlRunStore
from kirok.stores.sql.served.database import ServedDatabase
from kirok.stores.sql.served.server import DatabaseServer
from kirok.stores.sql.sqlite.database import SqliteDatabase
from kirok.stores.sql.sqlite.engine import SqliteFile
from kirok.stores.sql.sqlite.vacuum import vacuum
from kirok.stores.sql.statistics.store import SqlSeriesStore
from kirok.stores.sql.statistics.sweep import sweep
from kirok.stores.sql.statistics.sweeper import Sweeper


def open_sqlite(
    path: Path,
    *,
    artifact_root: str,
    uri: str | None = None,
    truncate_long_values: bool = True,
    synchronous: str = "FULL",
    read_timeout_s: float = 0,
    clock: Clock = now_ms,
) -> Stores:
    """The stores on a SQLite file, which is made where there is none. `uri` is how messages name it.

    `synchronous` FULL keeps acknowledged writes through a power loss, NORMAL through the death of the process alone.
    `read_timeout_s` is the longest that a reading may take, 0 for no limit. Raises as SqliteDatabase.open does.
    """
    file = SqliteFile(path, synchronous, read_timeout_s=read_timeout_s)
    database = SqliteDatabase.open(file, uri or sqlite_uri(path.as_posix()), artifact_root, clock)
    writes = RunWrites(clock, truncate_long_values=truncate_long_values)
    home = str(path.parent / "mlruns")
    return _stores_on(database, artifact_root, writes, clock, compact=partial(vacuum, path), artifact_home=home)


def open_served(
    server: DatabaseServer,
    settings: DatabaseSettings,
    *,
    artifact_root: str,
    truncate_long_values: bool = True,
    clock: Clock = now_ms,
) -> Stores:
    """The stores in a database on a server, whose schema is made where it is empty. Raises as ServedDatabase.open."""
    database = ServedDatabase.open(server, settings, artifact_root, clock)
    return _stores_on(database, artifact_root, RunWrites(clock, truncate_long_values=truncate_long_values), clock)


def _stores_on(
    database: Database,
    artifact_root: str,
    writes: RunWrites,
    clock: Clock,
    *,
    compact: Callable[[], int] | None = None,
    artifact_home: str | None = None,
) -> Stores:
    sealer = Sealer(database)
    return Stores(
        experiments=SqlExperimentStore(database, artifact_root, clock),
        runs=SqlRunStore(database, writes, clock),
        metrics=SqlMetricStore(database, sealer),
        logged_models=SqlLoggedModelStore(database),
        close=database.close,
        kind="sql",
        artifact_home=artifact_home,
        series=SqlSeriesStore(database),
        reindex=partial(_made_anew, database, sealer),
        queued=SqlQueuedWrites(database, writes),
        encoded=SqlEncodedReads(database),
        charts=SqlChartStore(database, sealer),
        background=None
        if database.is_read_only
        else partial(_running, sealer.running, Sweeper(database, clock).running),
        archive=partial(SqlArchive, database),
        bin=SqlBin(database, compact),
        checkup=SqlCheckup(database),
        relocations=SqlRelocations(database),
        holdings=lambda: count_holdings(database),
    )


def _made_anew(database: Database, sealer: Sealer) -> Iterator[Reindexed]:
    last = None
    for last in sweep(database, everything=True):
        yield last
    for _ in sealer.seal_anew():
        if last is not None:
            yield last


@contextmanager
def _running(*each: Callable[[], AbstractContextManager[None]]) -> Iterator[None]:
    with ExitStack() as stack:
        for enter in each:
            stack.enter_context(enter())
        yield
