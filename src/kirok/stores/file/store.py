"""A folder of runs as a bundle of stores."""

import os
from collections.abc import Mapping
from functools import partial

from kirok.base.clock import Clock, now_ms
from kirok.base.errors import InvalidParameter
from kirok.rules.uris.databases import sqlite_uri
from kirok.rules.uris.paths import path_of
from kirok.stores.file.archive import FileArchive
from kirok.stores.file.archive_places import Places
from kirok.stores.file.bin import FileBin
from kirok.stores.file.charts import FileChartStore
from kirok.stores.file.checkup import FileCheckup
from kirok.stores.file.experiments import FileExperimentStore
from kirok.stores.file.faults import FORBIDDEN, refusal
from kirok.stores.file.folder import Folder, FolderSettings
from kirok.stores.file.holdings import count_holdings
from kirok.stores.file.index import IndexFile
from kirok.stores.file.layout import TRASH, Layout
from kirok.stores.file.logged_models import FileLoggedModelStore
from kirok.stores.file.metrics import FileMetricStore
from kirok.stores.file.relocation import FileRelocations
from kirok.stores.file.runs import FileRunStore
from kirok.stores.file.series import FileSeriesStore
from kirok.stores.protocols import Stores


def open_file(
    path: str,
    *,
    artifact_root: str | None = None,
    truncate_long_values: bool = True,
    synchronous: str = "FULL",
    clock: Clock = now_ms,
    env: Mapping[str, str] | None = None,
) -> Stores:
    """The stores in the folder at `path`, which is made where there is none, with MLflow's experiment `Default`.

    Without an `artifact_root` artifacts lie in the folder, as MLflow puts them. `synchronous` as for SQLite: FULL keeps
    acknowledged writes through a power loss, NORMAL through the death of the process alone. A folder that may only be
    read is opened for reading. Raises InvalidParameter for a path that is a file, Unavailable or PermissionDenied where
    the folder cannot be used.
    """
    root = os.path.abspath(path)
    if os.path.exists(root) and not os.path.isdir(root):
        raise InvalidParameter(
            f"{root!r} is a file, not a folder of runs. For a database write {sqlite_uri(root.replace(os.sep, '/'))}."
        )
    settings = FolderSettings(
        artifact_root=artifact_root or path_of(root).uri,
        durable=synchronous == "FULL",
        truncate_long_values=truncate_long_values,
        clock=clock,
    )
    folder = Folder(Layout(root), settings, IndexFile(root, cache_folder(os.environ if env is None else env)))
    experiments = FileExperimentStore(folder)
    try:
        os.makedirs(os.path.join(root, TRASH), exist_ok=True)
        experiments.make_default()
    except OSError as error:
        if error.errno not in FORBIDDEN or not os.path.isdir(root):
            raise refusal(error, root) from error
    metrics = FileMetricStore(folder)
    return Stores(
        experiments=experiments,
        runs=FileRunStore(folder),
        metrics=metrics,
        series=FileSeriesStore(folder),
        charts=FileChartStore(folder, metrics),
        logged_models=FileLoggedModelStore(folder),
        close=folder.close,
        kind="file",
        artifact_home=root,
        archive=partial(FileArchive, Places(folder.layout), settings.artifact_root),
        bin=FileBin(folder),
        checkup=FileCheckup(folder),
        relocations=FileRelocations(folder),
        holdings=partial(count_holdings, folder.layout),
    )


def cache_folder(env: Mapping[str, str]) -> str | None:
    """Where the index lies of a folder that may only be read; None where no home is known."""
    base = env.get("XDG_CACHE_HOME") or env.get("LOCALAPPDATA")
    if not base:
        home = os.path.expanduser("~")
        if not os.path.isabs(home):
            return None
        base = os.path.join(home, ".cache")
    return os.path.join(base, "kirok", "folders")
