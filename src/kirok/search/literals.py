"""The right side of a comparison: which literal a field takes, and what it is worth."""

from kirok.base.errors import InvalidParameter
from kirok.search.expression import Entity, Value
from kirok.search.fields import LIST_KINDS, NUMERIC_COMPARATORS, Field, FieldKind
from kirok.search.refusals import printable, refusal
from kirok.search.tokens import Token, TokenKind

MAX_PATTERN_BYTES = 50_000
"""The longest LIKE pattern that SQLite takes."""

BEYOND_TIME = 10**19
"""Stands for every whole number that no stored time (64 bits, signed) can reach; its negative likewise."""


def literal_value(text: str, field: Field, comparator: str, tokens: list[Token]) -> Value:
    """The value that `tokens` (one, or a list up to its closing parenthesis) write for `field` in filter `text`.

    InvalidParameter where the field takes no such literal. Whether it takes `comparator` is not asked here.
    """
    reader = _Reader(text, field, tokens)
    match field.kind:
        case FieldKind.NUMBER:
            return reader.number("Expected numeric value type for metric. Found {}")
        case FieldKind.TIME | FieldKind.WHOLE_TIME:
            return reader.time()
        case FieldKind.NUMBER_TEXT if reader.is_number and comparator in NUMERIC_COMPARATORS:
            return reader.number("")
        case kind if kind in LIST_KINDS and reader.is_list:
            value: Value = reader.texts()
        case _:
            value = reader.string()
    if (comparator in ("IN", "NOT IN")) != isinstance(value, tuple) and field.kind in LIST_KINDS:
        raise reader.refuse(
            "Invalid clause(s) in filter string: " + f"'{printable(reader.shown)}'",
            "IN takes a list such as ('a', 'b'); every other comparator takes one text in quotes.",
        )
    return value


class _Reader:
    def __init__(self, text: str, field: Field, tokens: list[Token]) -> None:
        self.text = text
        self.field = field
        self.tokens = tokens
        self.first = tokens[0]
        self.is_list = self.first.kind is TokenKind.OPEN
        self.is_number = self.first.kind is TokenKind.NUMBER
        self.shown = text[self.first.position : tokens[-1].position + len(tokens[-1].text)]

    def refuse(self, sentence: str, mend: str = "", at: Token | None = None) -> InvalidParameter:
        return refusal(self.text, (at or self.first).position, sentence, mend)

    def number(self, sentence: str) -> float:
        if not self.is_number:
            raise self.refuse(sentence.format(printable(self.shown)), self._number_mend())
        return float(self.first.text)

    def time(self) -> int | float:
        if self.is_number and self.first.text.lstrip("-").isdigit():
            # int() refuses thousands of digits; so many are beyond any time anyway.
            digits = self.first.text if len(self.first.text) < 25 else f"{self.first.text[:1]}{BEYOND_TIME}"
            return max(-BEYOND_TIME, min(BEYOND_TIME, int(digits)))
        if self.is_number and self.field.kind is FieldKind.TIME:
            return float(self.first.text)
        if self.is_number:
            raise self.refuse(
                f"Invalid value for numeric attribute '{self.field.key}': '{printable(self.first.text)}'",
                "Write whole milliseconds since the epoch.",
            )
        raise self.refuse(
            f"Expected numeric value type for numeric attribute: {self.field.key}. Found {printable(self.shown)}",
            self._number_mend() + " Times are milliseconds since the epoch.",
        )

    def string(self) -> str:
        if self.first.kind is TokenKind.STRING:
            value = self.first.text[1:-1]
            if len(value.encode()) > MAX_PATTERN_BYTES:
                raise self.refuse(f"Invalid value: it is longer than {MAX_PATTERN_BYTES} bytes.", "Search for less.")
            return self._id(value, self.first) if self.field.kind is FieldKind.WHOLE_ID else value
        if self.first.kind is TokenKind.NAME:
            raise self.refuse(
                "Parameter value is either not quoted or unidentified quote types used for string value "
                f"{printable(self.first.text)}. Use either single or double quotes."
            )
        if self.is_list and self.field.entity is Entity.ATTRIBUTE:
            # "name" is an attribute of experiments only, and theirs is the id that takes lists.
            key = "experiment_id" if self.field.key == "name" else "run_id"
            raise self.refuse(f"Only ['{key}'] attributes support comparison with a list of quoted string values.")
        what = {
            Entity.ATTRIBUTE: "attributes",
            Entity.DATASET: "dataset attributes",
        }.get(self.field.entity, f"{self.field.entity} (e.g. 'my-value')")
        mend = f"Write '{printable(self.shown)}'." if self.is_number else ""
        raise self.refuse(f"Expected a quoted string value for {what}. Got value {printable(self.shown)}", mend)

    def texts(self) -> tuple[str, ...]:
        inner = self.tokens[1:-1]
        if not inner:
            raise self.refuse(
                "While parsing a list in the query, expected a non-empty list of string values, but got empty list"
            )
        values = []
        for index, token in enumerate(inner):
            separator = index % 2 == 1
            if separator and token.kind is not TokenKind.COMMA:
                raise self.refuse(
                    "While parsing a list in the query, expected a non-empty list of string values, "
                    "but got ill-formed list.",
                    "A comma goes between two values.",
                    token,
                )
            if separator:
                continue
            if token.kind is not TokenKind.STRING:
                raise self.refuse(
                    "While parsing a list in the query, expected string value, punctuation, or whitespace, "
                    f"but got different type in list: {printable(self.shown)}",
                    "Put every value of the list in quotes.",
                    token,
                )
            value = token.text[1:-1]
            values.append(self._id(value, token) if self.field.kind is FieldKind.WHOLE_ID else value)
        return tuple(values)

    def _id(self, value: str, token: Token) -> str:
        """An experiment id in its one form, so that '007' finds 7 as in MLflow."""
        digits = value.strip()
        if not (digits.isascii() and digits.removeprefix("-").isdigit() and len(digits) < 19):
            raise self.refuse(
                f"Invalid experiment ID '{printable(value)}'. Experiment ID must be a valid integer.", at=token
            )
        return str(int(digits))

    def _number_mend(self) -> str:
        if self.first.kind is TokenKind.STRING:
            return "Write the number without quotes."
        if self.first.text.lower() in ("nan", "inf", "infinity"):
            return "NaN cannot be compared with; 1e400 stands for infinity."
        return "Write one number."
