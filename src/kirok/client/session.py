"""What the process remembers between fluent calls, as MLflow's API demands: the tracking URI, the active experiment
and the stores that are open. Active runs belong to a thread or task: see `active_run.py`.
"""

import os
import threading
from collections.abc import MutableMapping
from pathlib import Path

from kirok.base.settings import ClientSettings, setting, switch
from kirok.client.delivery import Delivery, Immediate
from kirok.client.tracking_uri import default_tracking_uri
from kirok.services.artifact_places import ArtifactPlaces
from kirok.services.located_stores import located
from kirok.stores.open import open_stores
from kirok.stores.protocols import Stores
from kirok.transport import Transport

# What a notebook may mend after a first refusal: a change opens the server anew.
_CREDENTIALS = (
    "TRACKING_USERNAME TRACKING_PASSWORD TRACKING_TOKEN TRACKING_INSECURE_TLS TRACKING_SERVER_CERT_PATH "
    "TRACKING_CLIENT_CERT_PATH"
).split()


class Connection:
    """The stores of one tracking URI, open, and the way writes take to them."""

    def __init__(self, uri: str, settings: ClientSettings) -> None:
        self.settings = settings
        opened = open_stores(
            uri,
            truncate_long_values=settings.truncate_long_values,
            transport=settings.transport,
        )
        self.stores: Stores = located(opened, ArtifactPlaces.of(opened, settings.artifacts))
        self.server = Transport(uri, settings.transport) if self.stores.kind == "rest" else None
        """The tracking server, for the artifacts it keeps; None without one."""
        self.delivery: Delivery = Immediate(self.stores.runs)
        self.artifact_uris: dict[str, str] = {}
        """The artifact root of each run that moved a file: it never changes, so it is asked for once."""
        self.measured_on: set[tuple[str, str, str]] = set()
        """(run id, dataset name, digest) of inputs that metrics made known: told once, not with every point."""


class Session:
    """One process's tracking state. `env` is read and written, so that child processes inherit what was set."""

    def __init__(self, env: MutableMapping[str, str]) -> None:
        self._env = env
        self._tracking_uri: str | None = None
        self._registry_uri: str | None = None
        self._lock = threading.RLock()
        self._connections: dict[tuple[str | None, ...], Connection] = {}
        self.experiment_id: str | None = None
        """The experiment of `set_experiment`; None before that."""
        self.open_runs: dict[str, str] = {}
        """Tracking URI by id of each run this process started and has not ended, in any thread."""

    def set_tracking_uri(self, uri: str | Path | None) -> None:
        """Track there from the next call on, in this process and in those it starts; None forgets."""
        text = uri.absolute().as_uri() if isinstance(uri, Path) else uri
        with self._lock:
            self._tracking_uri = text
            self.export("TRACKING_URI", text)

    def tracking_uri(self) -> str:
        """Where records go: the URI set, else the environment's, else MLflow's default (see `default_tracking_uri`)."""
        return self._tracking_uri or setting(self._env, "TRACKING_URI") or default_tracking_uri(Path.cwd())

    @property
    def is_tracking_uri_set(self) -> bool:
        """Whether somebody chose where records go."""
        return bool(self._tracking_uri or setting(self._env, "TRACKING_URI"))

    def set_registry_uri(self, uri: str | None) -> None:
        """Keep registered models there; None: where records go."""
        self._registry_uri = uri

    def registry_uri(self) -> str:
        """Where registered models are kept."""
        return self._registry_uri or setting(self._env, "REGISTRY_URI") or self.tracking_uri()

    def setting(self, name: str) -> str | None:
        """The environment's value of `KIROK_<name>` or `MLFLOW_<name>`."""
        return setting(self._env, name)

    def switch(self, name: str, default: bool) -> bool:
        """The environment's `KIROK_<name>` or `MLFLOW_<name>`, on or off."""
        return switch(self._env, name, default)

    def export(self, name: str, value: str | None) -> None:
        """Set or remove a setting in the environment, its twin included, so that child processes agree."""
        if value is None:
            self._env.pop(f"MLFLOW_{name}", None)
            self._env.pop(f"KIROK_{name}", None)
            return
        self._env[f"MLFLOW_{name}"] = value
        if f"KIROK_{name}" in self._env:
            self._env[f"KIROK_{name}"] = value

    def connect(self, uri: str) -> Connection:
        """The open stores of a tracking URI; opened once and shared by all threads."""
        key = (uri, *map(self.setting, _CREDENTIALS)) if uri.startswith("http") else (uri,)
        known = self._connections.get(key)
        if known is not None:
            return known
        with self._lock:
            if key not in self._connections:
                self._connections[key] = Connection(uri, ClientSettings.read(self._env))
            return self._connections[key]

    def flush(self) -> None:
        """Until everything this process logged is kept."""
        for connection in list(self._connections.values()):
            connection.delivery.flush()

    def close(self) -> None:
        """Send what waits and close every store; the next call opens anew."""
        with self._lock:
            connections, self._connections = list(self._connections.values()), {}
        for connection in connections:
            connection.delivery.flush()
            connection.stores.close()
            if connection.server is not None:
                connection.server.close()

    def forget(self) -> None:
        """Drop every store without closing it: after a fork they belong to the parent process."""
        self._lock = threading.RLock()
        self._connections = {}
        self.open_runs = {}


SESSION = Session(os.environ)
"""The process's one session. MLflow's functions have state by definition; all of it is here and in the runs' stack."""

if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=SESSION.forget)
