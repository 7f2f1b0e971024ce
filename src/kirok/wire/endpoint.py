"""One row of the endpoint table."""

from enum import StrEnum
from typing import Any

from msgspec import Struct


class Permission(StrEnum):
    """What a caller must be allowed to do. Access control reads it; deny by default means that no row lacks one."""

    PUBLIC = "public"
    READ = "read"
    EDIT = "edit"
    MANAGE = "manage"


class Endpoint(Struct, frozen=True):
    """One operation. `path` is the part after the version prefix's `/mlflow`, e.g. `/runs/create`."""

    name: str
    method: str
    path: str
    request: type[Any]
    response: type[Any]
    permission: Permission
    summary: str
    version: str = "2.0"
    browser_only: bool = False
    """Served below /ajax-api alone, as MLflow does with some."""
    base: str = "/mlflow"
    at_root: bool = False
    """Served at `path` itself, below no version prefix."""
    query: type[Any] | None = None
    """What the query string holds where the body is a file."""

    @property
    def api_path(self) -> str:
        """The path a Python client calls."""
        if self.at_root:
            return self.path
        return f"/{'ajax-api' if self.browser_only else 'api'}/{self.version}{self.base}{self.path}"

    @property
    def paths(self) -> tuple[str, ...]:
        """Every path it is served at, without a static prefix."""
        if self.at_root:
            return (self.path,)
        browser = f"/ajax-api/{self.version}{self.base}{self.path}"
        return (browser,) if self.browser_only else (self.api_path, browser)


def post(
    name: str, path: str, request: type[Any], response: type[Any], permission: Permission, summary: str
) -> Endpoint:
    """The row of an operation that MLflow's clients send as JSON."""
    return Endpoint(name, "POST", path, request, response, permission, summary)


def get(
    name: str, path: str, request: type[Any], response: type[Any], permission: Permission, summary: str
) -> Endpoint:
    """The row of an operation that MLflow's clients ask for in the query string."""
    return Endpoint(name, "GET", path, request, response, permission, summary)
