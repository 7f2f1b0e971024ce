"""Passwords in URIs, which no message, page or log may show."""

import re

from kirok.base.errors import InvalidParameter

_PASSWORD = re.compile(r"(?<=://)([^:/@]*:).*(?=@)|([?&](?:ssl)?password=)[^&]*")
# Digits up to a slash are a port, of a URI without a password.
_PORT = re.compile(r"\d*(?:[/?#]|$)")


def without_password(uri: str) -> str:
    """`uri` as it may be printed, with `***` for a password before its `@` or among its options.

    Rather too much than too little: a password in which nobody escaped `@` or `/` is hidden whole.
    """
    return _PASSWORD.sub(r"\1\2***", uri)


def check_password_is_escaped(uri: str) -> None:
    """InvalidParameter where a password holds a character that ends it, so that what follows would be taken for the
    host, and shown by whoever cannot find that host.
    """
    _, _, rest = uri.partition("://")
    _, _, rest = rest.partition(":")
    if "@" not in rest or _PORT.match(rest):
        return
    password, _, after = rest.partition("@")
    if any(mark in password for mark in "/?#") or "@" in re.split("[/?#]", after)[0]:
        raise InvalidParameter(
            f"Invalid database URI {without_password(uri)!r}: its password holds a character that ends it. Write %40 "
            "for @, %2F for /, %3F for ?, %23 for #, %25 for %."
        )
