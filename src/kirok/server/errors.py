"""The one place where an exception becomes a response."""

import logging

import msgspec

from kirok.base.errors import InternalError, KirokError, NotSupported
from kirok.server.messages import Reply

_log = logging.getLogger("kirok.server")
_encoder = msgspec.json.Encoder()


def reply_for(error: BaseException, what: str) -> Reply:
    """The reply that reports `error`; `what` names the request in the log.

    What was not raised on purpose is a defect: the log gets the traceback, the caller learns nothing of the inside.
    """
    if not isinstance(error, KirokError):
        _log.error("%s failed", what, exc_info=error)
        error = InternalError("The server failed to answer this request; its log has the cause.")
    elif error.status >= 500 and error.status != NotSupported.status:
        _log.warning("%s: %s: %s", what, error.code, error.message)
    return Reply(error.status, _encoder.encode(_printable(error.to_record())))


def _printable(record: dict[str, str]) -> dict[str, str]:
    # A lone surrogate, as a request's JSON may hold, has no UTF-8 form.
    return {name: text.encode("utf-8", "backslashreplace").decode() for name, text in record.items()}
