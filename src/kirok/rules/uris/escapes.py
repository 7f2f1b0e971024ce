"""Percent escapes: they count in URIs and nowhere else."""

from urllib.parse import quote_from_bytes, unquote_to_bytes

from kirok.base.errors import InvalidParameter


def checked(text: str, written: str) -> str:
    """`text` where it can name anything at all; `written` is what messages call it.

    Names of files that are not UTF-8 come as Python has them, a lone surrogate for each byte. InvalidParameter for
    other halves of characters, and for NUL, which no path can hold.
    """
    if "\0" in text:
        raise InvalidParameter(f"{written!r} names nothing: a path cannot hold a NUL character.")
    try:
        return text.encode("utf-8", "surrogateescape").decode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        raise InvalidParameter(f"{written!r} names nothing: it holds half a character.") from None


def decoded(text: str, written: str) -> str:
    """Part of a URI without its escapes; raises as `checked`."""
    plain = unquote_to_bytes(text.encode("utf-8", "surrogateescape"))
    return checked(plain.decode("utf-8", "surrogateescape"), written)


def encoded(text: str) -> str:
    """`text` as it stands in a URI: `decoded` gives it back."""
    return quote_from_bytes(text.encode("utf-8", "surrogateescape"))
