"""What an object is stored and served as."""

import mimetypes
from urllib.parse import quote

# What is packed is served packed: with a Content-Encoding, browsers and clients would unpack it on the way.
_PACKED = {
    "gzip": "application/gzip",
    "bzip2": "application/x-bzip2",
    "xz": "application/x-xz",
    "br": "application/x-brotli",
}


def content_type(key: str) -> str:
    """By the name alone."""
    kind, packing = mimetypes.guess_type(key.rpartition("/")[2])
    if packing:
        return _PACKED.get(packing, "application/octet-stream")
    return kind or "application/octet-stream"


def as_attachment(name: str) -> str:
    """The Content-Disposition that has a browser save a file rather than show it."""
    is_plain = name.isascii() and name.isprintable() and not set(name) & set('"\\')
    return "attachment; " + (f'filename="{name}"' if is_plain else f"filename*=UTF-8''{quote(name, safe='')}")
