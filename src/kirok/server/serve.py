"""Opens the stores and runs the server until it is told to stop."""

import errno
import gc
import signal
import socket
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager, nullcontext, suppress

from msgspec.structs import replace

from kirok.artifact_stores.open import open_artifact_store
from kirok.base.errors import KirokError, Unavailable
from kirok.base.settings import ServerSettings
from kirok.server.app import create_app
from kirok.server.destination_watch import DestinationWatch, Report
from kirok.server.leftovers import LeftoverSweeper
from kirok.server.messages import App
from kirok.server.open_files import allow_many_open_files
from kirok.server.workers import supervise
from kirok.services.destination_check import prepared_folder
from kirok.stores.holdings import Holdings
from kirok.stores.open import lock_for_serving, open_stores
from kirok.stores.protocols import Stores

# Requests in flight may end; then connections are closed. Writes that were taken are committed in any case.
_GRACE_S = 10
# Longer than the pauses of most training loops, so that their connections are kept.
_KEEP_ALIVE_S = 75
_BACKLOG = 2048


def serve(settings: ServerSettings, announce: Callable[[str, Holdings | None], None], report: Report) -> None:
    """Serve until SIGTERM or SIGINT; returns after a clean stop. `announce` is told the address once it is open, and
    how much the store holds, where that can be told in a moment; `report`, after that and from a thread of its own,
    how the places are where files go.

    Raises KirokError, before anybody can connect, for whatever stands in the way: a port that is taken, a backend URI
    or artifacts destination that cannot be used, a database that another server holds; what was made until then is
    removed again. Raises it later where --check-artifacts=strict ends the server.
    """
    listener = bind(settings.host, settings.port)
    with closing(listener), lock_for_serving(_backend(settings)), _destination(settings):
        with closing(_open(settings)) as stores:
            held = stores.holdings() if stores.holdings else None
            if settings.workers == 1:
                _listen(listener, settings)
                announce(address_of(listener) + settings.static_prefix, held)
                with DestinationWatch(settings, report) as watch:
                    _serve(listener, settings, stores, watch)
                _raise_fault(watch)
                return
        # The schema is there now, and what stands in the way was said once.
        _listen(listener, settings)
        announce(address_of(listener) + settings.static_prefix, held)
        with DestinationWatch(settings, report) as watch:
            supervise(listener, settings, watch)
        _raise_fault(watch)


def serve_on(listener: socket.socket, settings: ServerSettings) -> None:
    """Serve on a socket that listens already, as one of several processes, until SIGTERM or SIGINT."""
    # Who started this process says what it finds, makes buckets, and ends them all; this one looks for /health alone.
    silent = settings if settings.check_artifacts == "off" else replace(settings, check_artifacts="warn")
    with (
        closing(_open(settings)) as stores,
        DestinationWatch(replace(silent, create_bucket=False), lambda _: None) as watch,
    ):
        _serve(listener, settings, stores, watch)


def _backend(settings: ServerSettings) -> str:
    # A server of artifacts alone has no use for a database, and must not make one.
    return "memory://" if settings.artifacts_only else settings.backend_store_uri


def _open(settings: ServerSettings) -> Stores:
    return open_stores(
        _backend(settings),
        artifact_root=settings.default_artifact_root,
        truncate_long_values=settings.truncate_long_values,
    )


def _destination(settings: ServerSettings) -> AbstractContextManager[None]:
    if not settings.serve_artifacts:
        return nullcontext()
    open_artifact_store(settings.artifacts_destination, settings.artifacts)  # which refuses unknown kinds
    return prepared_folder(settings.artifacts_destination)


def _raise_fault(watch: DestinationWatch) -> None:
    if watch.fault is not None:
        raise watch.fault


def _serve(listener: socket.socket, settings: ServerSettings, stores: Stores, watch: DestinationWatch) -> None:
    app = create_app(settings, stores, watch)
    gc.freeze()  # what is loaded stays: looking through it again would hold up requests for tens of ms
    with stores.background() if stores.background else nullcontext(), LeftoverSweeper(settings):
        _run(app, listener, watch)


def bind(host: str, port: int) -> socket.socket:
    """A bound socket that does not listen yet, so that nobody connects before the stores are open.

    Unavailable names the port and the option where it cannot be had.
    """
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        # asyncio turns Nagle's algorithm off only on sockets that say they are TCP, and accepted ones say what the
        # listener says. Left on, it costs 40 ms a request.
        listener = socket.socket(family, kind, protocol or socket.IPPROTO_TCP)
    except (OSError, UnicodeError, OverflowError) as error:
        raise Unavailable(
            f"The server cannot listen on {host!r} port {port}: {error}. Choose another --host or --port."
        ) from error
    try:
        if sys.platform != "win32":  # there it would let two servers share the port
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        # Accepted sockets inherit it: a client whose machine vanished is noticed, and its connection closed.
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        listener.bind(address)
    except OSError as error:
        listener.close()
        raise _refused(host, port, error) from error
    return listener


def address_of(listener: socket.socket) -> str:
    """The URL under which a bound socket is reached from this machine."""
    host, port = listener.getsockname()[:2]
    host = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(host, host)  # noqa: S104 - read, not bound
    return f"http://{f'[{host}]' if ':' in host and not host.startswith('[') else host}:{port}"


def _listen(listener: socket.socket, settings: ServerSettings) -> None:
    try:
        listener.listen(_BACKLOG)
    except OSError as error:  # two servers may have bound the port; only one can listen
        raise _refused(settings.host, settings.port, error) from error


def _refused(host: str, port: int, error: OSError) -> KirokError:
    if error.errno == errno.EADDRINUSE:
        return Unavailable(
            f"Port {port} on {host} is in use by another program. Stop it, or choose another port by --port."
        )
    if error.errno in (errno.EACCES, errno.EPERM):
        return Unavailable(f"This account may not listen on port {port}. Choose a port above 1023 by --port.")
    return Unavailable(
        f"The server cannot listen on {host!r} port {port}: {error.strerror or error}. Choose another --host or --port."
    )


def _run(app: App, listener: socket.socket, watch: DestinationWatch) -> None:
    import uvicorn

    from kirok.server.one_write import OneWriteProtocol

    allow_many_open_files()
    config = uvicorn.Config(
        app,
        http=OneWriteProtocol,
        interface="asgi3",
        ws="none",
        lifespan="on",
        log_config=None,
        log_level="warning",
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_keep_alive=_KEEP_ALIVE_S,
        timeout_graceful_shutdown=_GRACE_S,
        backlog=_BACKLOG,
    )
    server = uvicorn.Server(config)

    def end() -> None:
        server.should_exit = True

    watch.stopping(end)
    with _surviving_signals(), suppress(KeyboardInterrupt):
        server.run(sockets=[listener])


@contextmanager
def _surviving_signals() -> Iterator[None]:
    """Inside, SIGTERM does not end the process: uvicorn, once stopped by it, raises it again, before stores close."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    previous = signal.signal(signal.SIGTERM, lambda *_: None)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, previous)
