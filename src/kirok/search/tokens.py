"""A filter cut into words.

    metrics.`val loss` <= 0.5 AND (params.optimizer = "adam" OR NOT tags.done IS NULL)
    └───── name ─────┘ op └┘number └name┘ (...)

A name is one token, dots and quoted parts included: parts are words (letters of any script, digits, `_`) or stand in
backticks, double or single quotes. A text in quotes runs to the closing quote; a doubled quote or one behind a
backslash does not close it, and both characters stay in the text, because MLflow processes no escapes.
"""

import re
from enum import Enum, auto

from msgspec import Struct

from kirok.base.errors import InvalidParameter
from kirok.search.refusals import printable, refusal

MAX_FILTER_LENGTH = 500_000
"""Characters; leaves room for a list of more than ten thousand run ids."""


class TokenKind(Enum):
    """What a token is."""

    NAME = auto()
    STRING = auto()
    NUMBER = auto()
    OPERATOR = auto()
    OPEN = auto()
    CLOSE = auto()
    COMMA = auto()
    END = auto()


class Token(Struct, frozen=True):
    """A piece of the filter as it was written, and where it starts."""

    kind: TokenKind
    text: str
    position: int

    def is_word(self, *words: str) -> bool:
        """Whether this is one of the keywords `words` (given in upper case), in any case."""
        return self.kind is TokenKind.NAME and self.text.upper() in words


_SINGLE = r"'(?:''|\\'|[^'])*'"
_DOUBLE = r'"(?:""|\\"|[^"])*"'
_BACKTICKED = r"`[^`]*`"

_TOKEN = re.compile(
    rf"""
      (?P<BLANK>    \s+ )
    | (?P<NUMBER>   -? (?: [0-9]+ (?: \.[0-9]* )? | \.[0-9]+ ) (?: [eE][+-]?[0-9]+ )? (?! [\w.] ) )
    | (?P<NAME>     (?: [^\W\d]\w* | {_BACKTICKED} ) (?: \. (?: \w+ | {_BACKTICKED} | {_DOUBLE} | {_SINGLE} ) )* )
    | (?P<STRING>   {_SINGLE} | {_DOUBLE} )
    | (?P<OPERATOR> [<>=!~]+ )
    | (?P<OPEN>     \( )
    | (?P<CLOSE>    \) )
    | (?P<COMMA>    , )
    """,
    re.VERBOSE,
)
_REST_OF_NAME = re.compile(r"[^\s<>=!~()'\"`,;]*")
_UNSEARCHABLE = re.compile("[\0\ud800-\udfff]")


def tokenize(text: str, what: str = "filter", sentence: str | None = None) -> list[Token]:
    """The tokens of `text`, an END last.

    InvalidParameter for a character or quote that starts none; it calls the text `what`, and starts with `sentence`
    where one is given.
    """
    check_text(text, what)
    tokens: list[Token] = []
    position = 0
    while position < len(text):
        match = _TOKEN.match(text, position)
        if match is None:
            raise _refusal(text, position, tokens, sentence)
        if match.lastgroup != "BLANK":
            tokens.append(Token(TokenKind[match.lastgroup or ""], match.group(), position))
        position = match.end()
    tokens.append(Token(TokenKind.END, "", len(text)))
    return tokens


def check_text(text: str, what: str) -> None:
    """Refuse text that is too long, or that no database could hold (a NUL, half of a surrogate pair)."""
    if len(text) > MAX_FILTER_LENGTH:
        raise InvalidParameter(
            f"The {what} has {len(text)} characters, at most {MAX_FILTER_LENGTH} are allowed. "
            "Split it into several searches."
        )
    unfit = _UNSEARCHABLE.search(text)
    if unfit:
        sentence = f"Invalid {what}: character U+{ord(unfit.group()):04X} cannot be searched for."
        raise refusal(text, unfit.start(), sentence, "Leave it out.")


def quoting_hint(text: str, name: Token) -> str:
    """The mend for an unquoted key with other characters than words have, such as `metrics.val-loss`."""
    end = _REST_OF_NAME.match(text, name.position + len(name.text))
    entity, dot, key = (name.text + (end.group() if end else "")).partition(".")
    if not dot or any(quote in key for quote in "`'\""):
        return ""
    return (
        "Quote a key that holds other characters than letters, digits, '_' and '.': "
        f"did you mean {entity}.`{printable(key)}`?"
    )


def _refusal(text: str, position: int, tokens: list[Token], given: str | None) -> InvalidParameter:
    character = text[position]
    sentence = given or f"Invalid clause(s) in filter string: '{printable(text[position:].split(maxsplit=1)[0])}'"
    last = tokens[-1] if tokens else None
    if character == ";":
        if not given and text[position + 1 :].strip():
            sentence = (
                f"Search filter contained multiple expression '{printable(text)}'. Provide AND-ed expression list."
            )
        return refusal(text, position, sentence, "Leave the ';' out.")
    if character in "'\"`":
        return refusal(
            text,
            position,
            sentence,
            "This quote is not closed. Inside a text a doubled quote, or one behind a backslash, does not close it: "
            "put such a text in the other kind of quotes.",
        )
    if character == "." and last is not None:
        return refusal(text, position, sentence, "A key must follow the dot at once, in backticks where it has spaces.")
    if character in "+-":
        mend = "A number has no '+' and no blank behind '-'."
    elif character in ".0123456789":
        mend = "Numbers are written like 1, -0.5 or 1e-3; names start with a letter or '_'."
    else:
        mend = "No part of a filter starts with this character."
    if last is not None and last.kind is TokenKind.NAME and last.position + len(last.text) == position:
        mend = quoting_hint(text, last) or mend
    return refusal(text, position, sentence, mend)
