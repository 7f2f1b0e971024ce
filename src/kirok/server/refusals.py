"""What this server knows of but does not do, said in the words and with the status that MLflow's clients act on."""

from kirok.base.errors import EndpointNotFound
from kirok.base.settings import ServerSettings
from kirok.server.errors import reply_for
from kirok.server.messages import TEXT, Reply
from kirok.wire.endpoint import Endpoint, Permission
from kirok.wire.endpoints import HEALTH_DETAIL

_PROXY_BASE = "/mlflow-artifacts"

# What MLflow serves below its API and this version does not, by the first word of the path.
_ABSENT = {
    "registered-models": "the model registry",
    "model-versions": "the model registry",
    "logged-models": "logged models",
    "traces": "traces",
    "webhooks": "webhooks",
    "datasets": "evaluation datasets",
    "scorers": "scorers",
    "issues": "issues",
    "label-schemas": "label schemas",
    "review-queues": "review queues",
    "prompt-optimization": "prompt optimization",
    "gateway": "the AI gateway",
}


class Refusals:
    """Which endpoints and paths the settings or the scope of this server leave out."""

    def __init__(self, settings: ServerSettings) -> None:
        self._settings = settings
        prefix = settings.static_prefix
        self._api = tuple(f"{place}{base}" for place in {"", prefix} for base in ("/api/", "/ajax-api/"))
        self._workspaces = tuple(f"{place}3.0/mlflow/workspaces" for place in self._api)

    def of(self, endpoint: Endpoint) -> Reply | None:
        """The reply where settings close an endpoint, None where it is open."""
        if endpoint.permission is Permission.PUBLIC or endpoint is HEALTH_DETAIL:
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
        if (absent := self._absent(path)) is not None:
            # 404 with this code is what MLflow's client takes for a server too old to have it, and falls back on.
            error = EndpointNotFound(
                f"This version of kirok does not have {absent} yet: it keeps experiments, runs, metrics and artifacts."
            )
            return reply_for(error, f"{method} {path!r}")
        return None

    def _absent(self, path: str) -> str | None:
        if path == f"{self._settings.static_prefix}/v1/traces":
            return _ABSENT["traces"]
        place = next((place for place in self._api if path.startswith(place)), None)
        if place is None:
            return None
        _version, _, rest = path[len(place) :].partition("/mlflow/")
        return _ABSENT.get(rest.partition("/")[0])

    def is_api(self, path: str) -> bool:
        """Whether a path is one that only programs ask for."""
        return path.startswith(self._api)


def _closed(path: str, why: str) -> Reply:
    return Reply(503, f"Endpoint: {path} disabled due to the kirok server running {why}".encode(), TEXT)
