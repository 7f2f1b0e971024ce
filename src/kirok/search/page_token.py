"""Where the next page starts. The token is MLflow's, base64 of {"offset": N}: clients of either may hold one."""

import base64
import binascii
import json

from kirok.base.errors import InvalidParameter
from kirok.search.refusals import printable

_MEND = "Pass the token of the page before, unchanged, or none for the first page."
_MAX_OFFSET = 2**62


def make_page_token(offset: int) -> str:
    """The token of the page that starts after `offset` records; `offset` >= 1."""
    return base64.b64encode(json.dumps({"offset": offset}).encode()).decode()


def parse_page_token(token: str | None) -> int:
    """How many records come before the page; 0 without a token.

    InvalidParameter for anything else than a token that some server made.
    """
    if not token:
        return 0
    try:
        text = base64.b64decode(token, validate=True)
    except (binascii.Error, ValueError):
        raise InvalidParameter(f"Invalid page token, could not base64-decode. {_MEND}") from None
    try:
        parsed = json.loads(text)
    except (ValueError, RecursionError):
        raise InvalidParameter(f"Invalid page token, decoded value={printable(repr(text))}. {_MEND}") from None
    offset = parsed.get("offset") if isinstance(parsed, dict) else None
    if isinstance(offset, str) and offset.isascii() and offset.isdigit() and len(offset) < 20:
        offset = int(offset)
    if not isinstance(offset, int) or isinstance(offset, bool) or not 0 < offset <= _MAX_OFFSET:
        raise InvalidParameter(f"Invalid page token, parsed value={printable(repr(parsed))}. {_MEND}")
    return offset
