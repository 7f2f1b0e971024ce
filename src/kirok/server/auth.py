"""Who calls, and may they. Each endpoint's row names the permission it needs; nothing is allowed that no row names.

This server knows one person, its owner: whoever passes the checks of `security.py` is that person.
"""

from msgspec import Struct

from kirok.base.errors import PermissionDenied
from kirok.wire.endpoint import Endpoint, Permission


class Caller(Struct, frozen=True):
    """Somebody who asks, and what they may do."""

    name: str
    permissions: frozenset[Permission]


OWNER = Caller("owner", frozenset(Permission))


def identify(headers: dict[bytes, bytes]) -> Caller:  # noqa: ARG001 - accounts read credentials from here
    """Who sent a request with these headers."""
    return OWNER


def require(caller: Caller, endpoint: Endpoint) -> None:
    """PermissionDenied unless `caller` may use `endpoint`."""
    if endpoint.permission not in caller.permissions:
        raise PermissionDenied(
            f"{caller.name} lacks the permission {endpoint.permission.value!r} that {endpoint.name} needs."
        )
