"""Passwords in URIs, which no message, page or log may show."""

import re

_PASSWORD = re.compile(r"(?<=://)([^:/@]*:).*(?=@)|([?&](?:ssl)?password=)[^&]*")


def without_password(uri: str) -> str:
    """`uri` as it may be printed, with `***` for a password before its `@` or among its options.

    Rather too much than too little: a password in which nobody escaped `@` or `/` is hidden whole.
    """
    return _PASSWORD.sub(r"\1\2***", uri)
