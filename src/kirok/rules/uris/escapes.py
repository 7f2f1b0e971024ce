"""Percent escapes: they count in URIs and nowhere else."""

from urllib.parse import quote_from_bytes, unquote_to_bytes

from kirok.base.errors import InvalidParameter

COUNT_IN = ("file", "http", "https", "mlflow-artifacts", "abfs", "abfss")
"""Schemes whose paths have escapes. MLflow takes keys of other object stores as they stand."""

_AMBIGUOUS = str.maketrans({"%": "%25", "?": "%3F", "#": "%23"})


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


def segment(name: str, scheme: str) -> str:
    """A name as it can be added to a URI of the scheme. As much is escaped as must be: MLflow escapes nothing there."""
    return name.translate(_AMBIGUOUS) if scheme in COUNT_IN else name


def encoded(text: str) -> str:
    """`text` as it stands in a URI: `decoded` gives it back."""
    return quote_from_bytes(text.encode("utf-8", "surrogateescape"))
