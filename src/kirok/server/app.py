"""The server as one ASGI application."""

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from importlib.metadata import version

from kirok.artifact_stores.open import open_artifact_store
from kirok.base.errors import InvalidParameter
from kirok.base.settings import ServerSettings
from kirok.rules.aliases import parse_aliases
from kirok.rules.uris.databases import Database
from kirok.rules.uris.here import local_folder, path_here
from kirok.rules.uris.parse import parse
from kirok.rules.uris.paths import LocalPath
from kirok.server.context import Context
from kirok.server.destination_watch import DestinationWatch
from kirok.server.file_threads import FileThreads
from kirok.server.messages import App
from kirok.server.refusals import Refusals
from kirok.server.router import Router
from kirok.server.routes.table import HANDLERS, STREAMS
from kirok.server.security import RequestGuard
from kirok.server.site import Site
from kirok.services.artifact_places import ArtifactPlaces
from kirok.services.located_stores import located
from kirok.services.run_artifacts import RunArtifacts
from kirok.stores.protocols import Stores

# Threads wait for databases and disks, so more than cores; memory stays flat.
_THREADS = 16
_FILE_THREADS = 16


def create_app(settings: ServerSettings, stores: Stores, watch: DestinationWatch | None = None) -> App:
    """The ASGI application that serves `stores`. Closing the stores is the caller's part, and so is starting `watch`,
    which tells /api/kirok/health of the places where files go.

    Raises InvalidParameter for an artifacts destination of an unknown kind, and for aliases that cannot be used.
    """
    stores = located(stores, ArtifactPlaces.of(stores, settings.artifacts))
    destination = (
        open_artifact_store(settings.artifacts_destination, settings.artifacts) if settings.serve_artifacts else None
    )
    context = Context.over(
        stores,
        settings,
        watch or DestinationWatch(settings, lambda _: None),
        destination,
        RunArtifacts(stores.runs, destination, artifact_roots(settings), settings.artifacts),
        ThreadPoolExecutor(_THREADS, thread_name_prefix="kirok-request"),
        FileThreads(_FILE_THREADS),
    )
    guard = RequestGuard(settings, version("kirok"))
    return Router(context, guard, HANDLERS, STREAMS, Refusals(settings), Site(settings.static_prefix))


def artifact_roots(settings: ServerSettings) -> Iterable[str]:
    """The places below which this server opens the artifacts of runs.

    Besides what was configured, `mlruns` in the working directory and beside the SQLite file, and the folder of runs:
    where a client without a server puts them by default.
    """
    roots = [*settings.artifact_roots, settings.default_artifact_root, "./mlruns"]
    if settings.serve_artifacts:
        roots.append(settings.artifacts_destination)
    backend = parse(settings.backend_store_uri)
    if isinstance(backend, Database) and backend.file is not None:
        roots.append(str(path_here(backend.file, settings.backend_store_uri).parent / "mlruns"))
    elif isinstance(backend, LocalPath):
        roots.append(settings.backend_store_uri)
    for alias in parse_aliases(settings.artifacts.root_aliases).each:
        with suppress(InvalidParameter):  # a drive of its clients, which this server answers and does not open
            local_folder(alias.new)
            roots.append(alias.new)
    folders = [local_folder(root) for root in roots]
    return list(
        dict.fromkeys(root if folder is None else str(folder) for root, folder in zip(roots, folders, strict=True))
    )
