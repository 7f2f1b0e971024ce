"""How a filter or an order is refused: MLflow's sentence, the mend, and a caret under the place."""

from kirok.base.errors import InvalidParameter

_WINDOW = 100
"""Characters of a long filter that are shown around the place."""


def refusal(text: str, position: int, sentence: str, mend: str = "") -> InvalidParameter:
    """The error for `text`, wrong at `position` (an index into it).

    The message starts with `sentence`, which is MLflow's where MLflow has one, because programs match on it.
    """
    start = max(0, min(position - _WINDOW // 2, len(text) - _WINDOW))
    shown = "".join(_shown(character) for character in text[start : start + _WINDOW])
    head = sentence if sentence.endswith((".", "?")) or not mend else sentence + "."
    message = f"{head} {mend}" if mend else head
    return InvalidParameter(f"{message}\n  {shown}\n  {' ' * (position - start)}^")


def printable(text: str, limit: int = 60) -> str:
    """`text` fit for a message: cut when long, without control characters or halves of surrogate pairs."""
    cut = text if len(text) <= limit else text[: limit - 1] + "…"
    return "".join(_shown(character) for character in cut)


def _shown(character: str) -> str:
    if character in "\t\n\r":
        return " "
    return character if character.isprintable() else "\N{REPLACEMENT CHARACTER}"
