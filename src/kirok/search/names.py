"""The left side of a comparison, and what an order names: a field, or a function of a metric's series.

name := field | function "(" field ")"
"""

from typing import NamedTuple

from kirok.search.expression import Entity, Function
from kirok.search.fields import Field, Fields, UnknownField
from kirok.search.refusals import printable, refusal
from kirok.search.tokens import Token, TokenKind

_FUNCTIONS = ", ".join(Function)


class Named(NamedTuple):
    """What stands at the beginning of a comparison or of a clause of an order."""

    field: Field
    function: Function | None
    token: Token
    """The field as it was written."""
    following: int
    """The place of the token behind the name."""

    @property
    def written(self) -> str:
        """The name as it was written, fit for a message."""
        name = printable(self.token.text)
        return name if self.function is None else f"{self.function}({name})"


def is_name(token: Token) -> bool:
    """Whether a field may be written like this."""
    return token.kind is TokenKind.NAME or (token.kind is TokenKind.STRING and token.text[0] == '"')


def read_name(text: str, tokens: list[Token], index: int, fields: Fields, *, ordering: bool = False) -> Named:
    """What is named by the tokens from `index` on, of which the first `is_name`.

    InvalidParameter for a field that is none of `fields`, and for a function that is none of a metric.
    """
    first = tokens[index]
    if tokens[index + 1].kind is not TokenKind.OPEN:
        return Named(_field(text, first, fields, ordering=ordering), None, first, index + 1)
    sentence = f"Invalid comparison clause. Expected 'Identifier' found '{printable(first.text)}(…)'."
    if ordering:
        sentence = f"Invalid order_by clause '{printable(text)}'. Could not be parsed."
    word = first.text.lower()
    if word not in list(Function):
        raise refusal(text, first.position, sentence, f"The functions are {_FUNCTIONS}, each of one metric.")
    inner, closing = tokens[index + 2], tokens[min(index + 3, len(tokens) - 1)]
    if not is_name(inner):
        raise refusal(text, inner.position, sentence, f"Write a metric: {word}(metrics.loss).")
    if closing.kind is not TokenKind.CLOSE:
        mend = f"Write one metric in parentheses, quoted where its key holds other signs: {word}(metrics.`val-loss`)."
        raise refusal(text, closing.position, sentence, mend)
    field = _field(text, inner, fields, ordering=ordering)
    if field.entity is not Entity.METRIC:
        raise refusal(text, inner.position, sentence, f"Functions are of metrics alone: {word}(metrics.loss).")
    return Named(field, Function(word), inner, index + 4)


def _field(text: str, token: Token, fields: Fields, *, ordering: bool) -> Field:
    entity, key = split_name(token.text)
    try:
        return fields.field(entity, key, ordering=ordering)
    except UnknownField as error:
        raise refusal(text, token.position, printable(error.sentence, 400), printable(error.mend, 400)) from None


def split_name(text: str) -> tuple[str | None, str]:
    """(the word before the first dot or None, the key), quotes taken off."""
    if text[0] == "`":
        end = text.index("`", 1)
        entity, key = (text[1:end], text[end + 2 :]) if end + 1 < len(text) else (None, text)
    else:
        head, dot, tail = text.partition(".")
        entity, key = (head, tail) if dot and text[0] != '"' else (None, text)
    return entity, key[1:-1] if key[0] in "`'\"" and key[0] == key[-1] and len(key) > 1 else key
