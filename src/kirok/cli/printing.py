"""Text from a database on a terminal: nothing in it may move the cursor, and columns line up in every script."""

import sys
import unicodedata
from collections.abc import Sequence

_GAP = "  "
_LEAST_WIDTH = 4
_HEADER_MARGIN = 2

# Format characters (Cf) that belong to words: soft hyphen, joiners of Persian, Indic scripts and emoji.
_HARMLESS_FORMATS = frozenset("\u00ad\u200b\u200c\u200d\u2060\ufeff")


def printable(text: str) -> str:
    """`text` with every character that could steer a terminal or reorder a line written as its escape.

    Those are control characters, line and paragraph separators, bidirectional overrides and lone surrogates.
    """
    if text.isascii() and text.isprintable():
        return text
    return "".join(_escaped(character) if _steers(character) else character for character in text)


def one_line(text: str) -> str:
    """`text` as a message of one line: its lines joined by spaces, the rest as `printable`.

    A line that only points at a place in the one above it points nowhere then, and is left out.
    """
    lines = [line for line in text.splitlines() if line.strip() != "^"]
    return printable(" ".join(" ".join(lines).split()))


def table(headers: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Rows below headers, as MLflow's commands lay them out; cells are made `printable`."""
    cells = [[printable(cell) for cell in row] for row in rows]
    widths = [
        max([_LEAST_WIDTH, len(header) + _HEADER_MARGIN, *(cell_width(row[i]) for row in cells)])
        for i, header in enumerate(headers)
    ]
    lines = [list(headers), ["-" * width for width in widths], *cells]
    return "\n".join(
        _GAP.join(cell + " " * (width - cell_width(cell)) for cell, width in zip(line, widths, strict=True))
        for line in lines
    )


def cell_width(text: str) -> int:
    """How many columns of a terminal `text` takes: two for wide East Asian characters, none for combining marks."""
    if text.isascii():
        return len(text)
    return sum(_columns(character) for character in text)


def survive_narrow_encodings() -> None:
    """Have characters that the terminal's encoding lacks printed as escapes, where Python would raise."""
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors="backslashreplace")


def _steers(character: str) -> bool:
    category = unicodedata.category(character)
    return category in {"Cc", "Cs", "Zl", "Zp"} or (category == "Cf" and character not in _HARMLESS_FORMATS)


def _escaped(character: str) -> str:
    return character.encode("unicode_escape").decode("ascii")


def _columns(character: str) -> int:
    if character in _HARMLESS_FORMATS or unicodedata.category(character) in {"Mn", "Me"}:
        return 0
    return 2 if unicodedata.east_asian_width(character) in {"W", "F"} else 1
