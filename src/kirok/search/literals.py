"""The right side of a comparison: which literal a field takes, and what it is worth."""

from kirok.base.errors import InvalidParameter
from kirok.search.expression import Entity, Number, Value
from kirok.search.fields import NUMERIC_COMPARATORS, Field, FieldKind
from kirok.search.refusals import printable, refusal
from kirok.search.regex import RegexError, parse_regex
from kirok.search.tokens import Token, TokenKind
from kirok.search.words import MAX_WORD_LENGTH, MAX_WORDS, words_of

MAX_PATTERN_BYTES = 50_000
"""The longest LIKE pattern that SQLite takes."""

BEYOND_TIME = 10**19
"""Stands for every whole number that no stored time (64 bits, signed) can reach; its negative likewise."""

_LISTS = ("IN", "NOT IN")
_RANGES = ("BETWEEN", "NOT BETWEEN")
_NUMERIC_KINDS = (FieldKind.NUMBER, FieldKind.TIME, FieldKind.WHOLE_TIME)


def literal_value(text: str, field: Field, comparator: str, tokens: list[Token]) -> Value:
    """The value that `tokens` (one, a list up to its closing parenthesis, or `low AND high`) write for `field` in
    filter `text`.

    InvalidParameter where the field takes no such literal. Whether it takes `comparator` is not asked here.
    """
    reader = _Reader(text, field, comparator, tokens)
    if comparator in _RANGES:
        return reader.range()
    if reader.is_list and comparator in _LISTS:
        return reader.members()
    value = reader.single(tokens[0])
    if reader.is_list or comparator in _LISTS:
        raise reader.refuse(
            f"Invalid clause(s) in filter string: '{printable(reader.shown)}'",
            "IN takes a list such as ('a', 'b'); every other comparator takes one value.",
        )
    if comparator in ("RLIKE", "NOT RLIKE") and isinstance(value, str):
        reader.check_regex(value)
    if comparator in ("CONTAINS", "NOT CONTAINS") and isinstance(value, str):
        reader.check_words(value)
    return value


class _Reader:
    def __init__(self, text: str, field: Field, comparator: str, tokens: list[Token]) -> None:
        self.text = text
        self.field = field
        self.tokens = tokens
        self.first = tokens[0]
        self.is_list = self.first.kind is TokenKind.OPEN
        self.takes_numbers = field.kind is FieldKind.NUMBER_TEXT and comparator in NUMERIC_COMPARATORS
        self.shown = text[self.first.position : tokens[-1].position + len(tokens[-1].text)]

    def refuse(self, sentence: str, mend: str = "", at: Token | None = None) -> InvalidParameter:
        return refusal(self.text, (at or self.first).position, sentence, mend)

    def single(self, token: Token) -> str | Number:
        """What one token is worth."""
        match self.field.kind:
            case FieldKind.NUMBER:
                return self.number(token)
            case FieldKind.TIME | FieldKind.WHOLE_TIME:
                return self.time(token)
            case FieldKind.NUMBER_TEXT if token.kind is TokenKind.NUMBER and self.takes_numbers:
                return self.number(token)
            case _:
                return self.string(token)

    def range(self) -> Value:
        low, high = self.single(self.tokens[0]), self.single(self.tokens[2])
        if isinstance(low, str) or isinstance(high, str):
            # The comparator is refused for texts; a number and a text are refused here.
            if isinstance(low, str) and isinstance(high, str):
                return low
            raise self.refuse(
                f"Invalid clause(s) in filter string: '{printable(self.shown)}'", "BETWEEN takes two numbers."
            )
        return low, high

    def number(self, token: Token) -> float:
        if token.kind is not TokenKind.NUMBER:
            sentence = f"Expected numeric value type for metric. Found {printable(self.shown)}"
            raise self.refuse(sentence, _number_mend(token), token)
        return float(token.text)

    def time(self, token: Token) -> Number:
        is_number = token.kind is TokenKind.NUMBER
        if is_number and token.text.lstrip("-").isdigit():
            # int() refuses thousands of digits; so many are beyond any time anyway.
            digits = token.text if len(token.text) < 25 else f"{token.text[:1]}{BEYOND_TIME}"
            return max(-BEYOND_TIME, min(BEYOND_TIME, int(digits)))
        if is_number and self.field.kind is FieldKind.TIME:
            return float(token.text)
        if is_number:
            raise self.refuse(
                f"Invalid value for numeric attribute '{self.field.key}': '{printable(token.text)}'",
                "Write whole milliseconds since the epoch.",
                token,
            )
        raise self.refuse(
            f"Expected numeric value type for numeric attribute: {self.field.key}. Found {printable(self.shown)}",
            _number_mend(token) + " Times are milliseconds.",
            token,
        )

    def string(self, token: Token) -> str:
        if token.kind is TokenKind.STRING:
            value = token.text[1:-1]
            if len(value.encode()) > MAX_PATTERN_BYTES:
                raise self.refuse(f"Invalid value: it is longer than {MAX_PATTERN_BYTES} bytes.", "Search for less.")
            return self._id(value, token) if self.field.kind is FieldKind.WHOLE_ID else value
        if token.kind is TokenKind.NAME:
            raise self.refuse(
                "Parameter value is either not quoted or unidentified quote types used for string value "
                f"{printable(token.text)}. Use either single or double quotes.",
                at=token,
            )
        what = {
            Entity.ATTRIBUTE: "attributes",
            Entity.DATASET: "dataset attributes",
        }.get(self.field.entity, f"{self.field.entity} (e.g. 'my-value')")
        mend = f"Write '{printable(token.text)}'." if token.kind is TokenKind.NUMBER else ""
        if self.is_list:
            mend = "IN takes a list; every other comparator takes one value."
        raise self.refuse(f"Expected a quoted string value for {what}. Got value {printable(self.shown)}", mend, token)

    def members(self) -> Value:
        """The values of a list, which are all texts or all numbers."""
        inner = self.tokens[1:-1]
        if not inner:
            raise self.refuse(
                "While parsing a list in the query, expected a non-empty list of string values, but got empty list"
            )
        for token in inner[1::2]:
            if token.kind is not TokenKind.COMMA:
                raise self.refuse(
                    "While parsing a list in the query, expected a non-empty list of string values, "
                    "but got ill-formed list.",
                    "A comma goes between two values.",
                    token,
                )
        members = inner[::2]
        is_numeric = self.takes_numbers and members[0].kind is TokenKind.NUMBER
        wanted = TokenKind.NUMBER if is_numeric else TokenKind.STRING
        for token in members:
            if token.kind is not wanted and self.field.kind not in _NUMERIC_KINDS:
                raise self.refuse(
                    "While parsing a list in the query, expected string value, punctuation, or whitespace, "
                    f"but got different type in list: {printable(self.shown)}",
                    f"Put every value of the list in quotes{', or none' if self.takes_numbers else ''}.",
                    token,
                )
        values = [self.single(token) for token in members]
        texts = tuple(value for value in values if isinstance(value, str))
        return texts or tuple(value for value in values if not isinstance(value, str))

    def check_regex(self, value: str) -> None:
        try:
            parse_regex(value)
        except RegexError as error:
            position = self.first.position + 1 + error.position
            raise refusal(
                self.text, position, f"Invalid regular expression. {printable(error.sentence)}", error.mend
            ) from None

    def check_words(self, value: str) -> None:
        words = words_of(value)
        if not 0 < len(words) <= MAX_WORDS or max(map(len, words)) > MAX_WORD_LENGTH:
            raise self.refuse(
                f"CONTAINS takes 1 to {MAX_WORDS} words of at most {MAX_WORD_LENGTH} characters, in quotes.",
                "Every one of them must be found, in any order.",
            )

    def _id(self, value: str, token: Token) -> str:
        """An experiment id in its one form, so that '007' finds 7 as in MLflow."""
        digits = value.strip()
        if not (digits.isascii() and digits.removeprefix("-").isdigit() and len(digits) < 19):
            raise self.refuse(
                f"Invalid experiment ID '{printable(value)}'. Experiment ID must be a valid integer.", at=token
            )
        return str(int(digits))


def _number_mend(token: Token) -> str:
    if token.kind is TokenKind.STRING:
        return "Write the number without quotes."
    if token.text.lower() in ("nan", "inf", "infinity"):
        return "NaN cannot be compared with; 1e400 stands for infinity."
    return "Write one number."
