"""Every error kirok raises on purpose, each with MLflow's code and the HTTP status it travels under.

    KirokError
    ├── BadRequest              BAD_REQUEST               400
    ├── InvalidParameter        INVALID_PARAMETER_VALUE   400
    │   └── MissingParameter    (a required one is absent)
    ├── AlreadyExists           RESOURCE_ALREADY_EXISTS   400
    ├── Unauthenticated         UNAUTHENTICATED           401
    ├── PermissionDenied        PERMISSION_DENIED         403
    ├── NotFound                RESOURCE_DOES_NOT_EXIST   404
    ├── EndpointNotFound        ENDPOINT_NOT_FOUND        404
    ├── Conflict                RESOURCE_CONFLICT         409
    ├── TooManyRequests         REQUEST_LIMIT_EXCEEDED    429
    ├── InvalidState            INVALID_STATE             500
    ├── InternalError           INTERNAL_ERROR            500
    │   └── NoSpaceLeft         INTERNAL_ERROR            507
    ├── NotSupported            NOT_IMPLEMENTED           501
    └── Unavailable             TEMPORARILY_UNAVAILABLE   503
        └── ServerUnreachable   (no answer came at all)

The transport raises the same class on the far side of HTTP. Statuses follow MLflow's table; clients retry
408, 429, 500 and 502 to 504, so a caller's mistake must never travel as one of those.
"""

import json
from typing import Any, ClassVar


class KirokError(Exception):
    """An error with a code a program can branch on and a message a person can act on."""

    code: ClassVar[str] = "INTERNAL_ERROR"
    status: ClassVar[int] = 500

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message

    @property
    def error_code(self) -> str:
        """The code under the name MLflow's exceptions give it."""
        return self.code

    def get_http_status_code(self) -> int:
        """The HTTP status, under the name MLflow's exceptions give it."""
        return self.status

    def to_record(self) -> dict[str, Any]:
        """The body of an error response: `error_code` and `message`."""
        return {"error_code": self.code, "message": self.message}

    def serialize_as_json(self) -> str:
        """`to_record` as JSON text, under the name MLflow's exceptions give it."""
        return json.dumps(self.to_record())


class BadRequest(KirokError):
    """The request cannot be carried out as it stands."""

    code, status = "BAD_REQUEST", 400


class InvalidParameter(KirokError):
    """A value is refused; the message names the parameter and the rule."""

    code, status = "INVALID_PARAMETER_VALUE", 400


class MissingParameter(InvalidParameter):
    """A required parameter is absent. Clients match on the first sentence, which is MLflow's."""

    def __init__(self, name: str) -> None:
        super().__init__(
            f"Missing value for required parameter '{name}'. "
            "See the API docs for more information about request parameters."
        )
        self.name = name


class AlreadyExists(KirokError):
    """Something of that name is there, perhaps in deleted state."""

    code, status = "RESOURCE_ALREADY_EXISTS", 400


class Unauthenticated(KirokError):
    """The server does not know who is calling."""

    code, status = "UNAUTHENTICATED", 401


class PermissionDenied(KirokError):
    """The server knows who is calling, and that is not enough."""

    code, status = "PERMISSION_DENIED", 403


class NotFound(KirokError):
    """No such experiment, run, key or file."""

    code, status = "RESOURCE_DOES_NOT_EXIST", 404


class EndpointNotFound(KirokError):
    """No such route on this server."""

    code, status = "ENDPOINT_NOT_FOUND", 404


class Conflict(KirokError):
    """Somebody else changed the same thing first."""

    code, status = "RESOURCE_CONFLICT", 409


class TooManyRequests(KirokError):
    """Slow down; the reply may say for how long."""

    code, status = "REQUEST_LIMIT_EXCEEDED", 429


class InvalidState(KirokError):
    """The thing exists but is in a state that forbids the act (500 in MLflow, and so here)."""

    code, status = "INVALID_STATE", 500


class InternalError(KirokError):
    """A defect of the server; the log has the rest."""

    code, status = "INTERNAL_ERROR", 500


class NoSpaceLeft(InternalError):
    """A disk is full. 507, which MLflow's clients do not retry as they do 500: a large file would come eight times."""

    status = 507


class NotSupported(KirokError):
    """This server or store has no such ability."""

    code, status = "NOT_IMPLEMENTED", 501


class Unavailable(KirokError):
    """It may work in a moment: a lock, a restart, a full queue."""

    code, status = "TEMPORARILY_UNAVAILABLE", 503


class ServerUnreachable(Unavailable):
    """No answer came: wrong address, server down, network away."""


_BY_CODE: dict[str, type[KirokError]] = {
    error.code: error
    for error in (
        BadRequest,
        InvalidParameter,
        AlreadyExists,
        Unauthenticated,
        PermissionDenied,
        NotFound,
        EndpointNotFound,
        Conflict,
        TooManyRequests,
        InvalidState,
        InternalError,
        NotSupported,
        Unavailable,
    )
}

# What an answer without an error code means, by its HTTP status.
_BY_STATUS: dict[int, type[KirokError]] = {
    400: BadRequest,
    401: Unauthenticated,
    403: PermissionDenied,
    404: EndpointNotFound,
    409: Conflict,
    429: TooManyRequests,
    501: NotSupported,
    503: Unavailable,
}


def error_from(code: str | None, message: str, status: int = 500) -> KirokError:
    """The error that a far side reported by `code`, or by HTTP `status` where it gave no known code."""
    known = _BY_CODE.get(code or "") or _BY_STATUS.get(status) or InternalError
    return known(message)
