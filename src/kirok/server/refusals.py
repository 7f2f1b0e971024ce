"""What this server knows of but does not do, said in the words and with the status that MLflow's clients act on."""

from kirok.base.errors import NotSupported
from kirok.base.settings import ServerSettings
from kirok.server.errors import reply_for
from kirok.server.messages import TEXT, Reply
from kirok.wire.endpoints import Endpoint, Permission

_PROXY_BASE = "/mlflow-artifacts"


class Refusals:
    """Which endpoints and paths the settings or the scope of this server leave out."""

    def __init__(self, settings: ServerSettings) -> None:
        self._settings = settings
        prefix = settings.static_prefix
        self._api = tuple(f"{place}{base}" for place in {"", prefix} for base in ("/api/", "/ajax-api/"))
        self._workspaces = tuple(f"{place}3.0/mlflow/workspaces" for place in self._api)
        # Without these MLflow's client sends and fetches a large file in one piece, which this server streams.
        self._in_parts = tuple(
            f"{place}2.0{_PROXY_BASE}/{kind}/" for place in self._api for kind in ("mpu", "presigned")
        )

    def of(self, endpoint: Endpoint) -> Reply | None:
        """The reply where settings close an endpoint, None where it is open."""
        if endpoint.permission is Permission.PUBLIC:
            return None
        if endpoint.base == _PROXY_BASE:
            if not self._settings.serve_artifacts:
                return _closed(
                    endpoint.api_path,
                    "with `--no-serve-artifacts`. To enable artifacts server functionality, run `kirok server` with "
                    "`--serve-artifacts`",
                )
        elif self._settings.artifacts_only:
            return _closed(
                endpoint.api_path,
                "in `--artifacts-only` mode. To enable tracking server functionality, run `kirok server` without "
                "`--artifacts-only`",
            )
        return None

    def of_path(self, method: str, path: str) -> Reply | None:
        """The reply to a path that MLflow serves and this server does not, None for any other."""
        if path.startswith(self._workspaces):
            return Reply(
                503,
                f"Endpoint: {path} disabled because the server is running without workspaces support.".encode(),
                TEXT,
            )
        if path.startswith(self._in_parts) and method in ("GET", "POST"):
            error = NotSupported("This server takes and gives files in one piece; it makes no URLs to their store.")
            return reply_for(error, f"{method} {path!r}")
        return None

    def is_api(self, path: str) -> bool:
        """Whether a path is one that only programs ask for."""
        return path.startswith(self._api)


def _closed(path: str, why: str) -> Reply:
    return Reply(503, f"Endpoint: {path} disabled due to the kirok server running {why}".encode(), TEXT)
