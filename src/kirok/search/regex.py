"""The regular expressions of RLIKE: a subset of everybody's, read here and matched by `kirok.search.automaton`.

    regex      := branch ("|" branch)*
    branch     := (atom repetition?)*
    atom       := character | "." | "^" | "$" | "[" ["^"] range+ "]" | "(" regex ")" | "\\" escaped
    repetition := "*" | "+" | "?" | "{m}" | "{m,}" | "{m,n}"

`.` is any character, a line break too; `^` and `$` are the two ends of the text; `\\d`, `\\w`, `\\s` and `\\D`, `\\W`,
`\\S` mean ASCII's digits, word characters and blanks; case counts. What engines disagree on is refused:
back-references, look-around, lazy and possessive repetition, named and POSIX classes.
"""

import re
from typing import NamedTuple

MAX_LENGTH = 1_000
"""Characters of an expression."""
MAX_STATES = 1_000
"""What an expression may come to with its repetitions written out: matching costs at most so much a character."""
MAX_GROUPS = 20
"""Groups inside each other."""


class Characters(NamedTuple):
    """One character out of some ranges of code points (both ends included), or out of all others."""

    ranges: tuple[tuple[int, int], ...]
    negated: bool = False

    def hold(self, code: int) -> bool:
        """Whether the character of that code point is one of them."""
        return any(low <= code <= high for low, high in self.ranges) is not self.negated


class Start(NamedTuple):
    """The start of the text."""


class End(NamedTuple):
    """The end of the text."""


class Sequence(NamedTuple):
    """One after the other."""

    items: tuple["Node", ...]


class Choice(NamedTuple):
    """Any one."""

    branches: tuple["Node", ...]


class Repeat(NamedTuple):
    """`least` to `most` times; without `most`, any number from `least` on."""

    item: "Node"
    least: int
    most: int | None


Node = Characters | Start | End | Sequence | Choice | Repeat


class RegexError(ValueError):
    """What is wrong with an expression, where (an index into it), and what to write instead."""

    def __init__(self, position: int, sentence: str, mend: str) -> None:
        super().__init__(sentence)
        self.position = position
        self.sentence = sentence
        self.mend = mend


def parse_regex(text: str) -> Node:
    """What an expression says. RegexError for what is no part of the subset, or too much."""
    if len(text) > MAX_LENGTH:
        raise RegexError(0, f"A regular expression may have {MAX_LENGTH} characters.", "Write a shorter one.")
    reader = _Reader(text)
    node = reader.choice()
    if reader.position < len(text):
        raise RegexError(reader.position, "This parenthesis was never opened.", r"A literal one is written \).")
    if _states(node) > MAX_STATES:
        raise RegexError(
            0, f"This regular expression has more than {MAX_STATES} states.", "Write smaller numbers in its {}."
        )
    return node


def _states(node: Node) -> int:
    match node:
        case Sequence(items):
            return sum(map(_states, items))
        case Choice(branches):
            return len(branches) + sum(map(_states, branches))
        case Repeat(item, least, most):
            copies = least + 1 if most is None else most
            return _states(item) * copies + copies - least
        case _:
            return 1


_SIGNS: dict[str, Node] = {".": Characters((), negated=True), "^": Start(), "$": End()}
_BLANKS = ((9, 13), (32, 32))
_DIGITS = ((48, 57),)
_WORD = ((48, 57), (65, 90), (95, 95), (97, 122))
_CLASSES = {"d": _DIGITS, "s": _BLANKS, "w": _WORD}
_CONTROLS = {"t": "\t", "n": "\n", "r": "\r", "f": "\f", "v": "\v"}
_BOUNDS = re.compile(r"\{(?:([0-9]{1,4})(,([0-9]{1,4})?)?)\}")


class _Reader:
    def __init__(self, text: str) -> None:
        self.text = text
        self.position = 0
        self.depth = 0

    @property
    def character(self) -> str:
        """The one at hand; the empty text at the end."""
        return self.text[self.position : self.position + 1]

    def advance(self) -> str:
        character = self.character
        self.position += 1
        return character

    def choice(self) -> Node:
        branches = [self.sequence()]
        while self.character == "|":
            self.advance()
            branches.append(self.sequence())
        return branches[0] if len(branches) == 1 else Choice(tuple(branches))

    def sequence(self) -> Node:
        items: list[Node] = []
        while self.character and self.character not in "|)":
            items.append(self.repeated())
        return items[0] if len(items) == 1 else Sequence(tuple(items))

    def repeated(self) -> Node:
        start = self.position
        atom = self.atom()
        bounds = self.bounds()
        if bounds is None:
            return atom
        if isinstance(atom, Start | End):
            raise RegexError(start, "An end of the text cannot be repeated.", "Leave the repetition out.")
        following = self.position
        if self.character in ("*", "+", "?", "{"):
            raise RegexError(
                following, "Lazy, possessive and double repetition are not available.", "Repeat a group: (a*)?."
            )
        return Repeat(atom, *bounds)

    def bounds(self) -> tuple[int, int | None] | None:
        """The repetition at hand, left behind; None where there is none."""
        start = self.position
        simple = {"*": (0, None), "+": (1, None), "?": (0, 1)}.get(self.character)
        if simple is not None:
            self.advance()
            return simple
        if self.character != "{":
            return None
        found = _BOUNDS.match(self.text, start)
        if found is None:
            raise RegexError(start, "This is no repetition.", r"Write {3}, {3,} or {3,5}; a literal brace is \{.")
        self.position = found.end()
        least = int(found[1])
        most = int(found[3]) if found[3] else None if found[2] else least
        if most is not None and most < least:
            raise RegexError(start, "This repetition ends before it begins.", "The smaller number comes first.")
        return least, most

    def atom(self) -> Node:
        start = self.position
        match self.advance():
            case "." | "^" | "$" as sign:
                return _SIGNS[sign]
            case "(":
                return self.group(start)
            case "[":
                return self.characters(start)
            case "\\":
                return self.escaped(start)
            case "*" | "+" | "?" | "{" as sign:
                raise RegexError(start, f"There is nothing that '{sign}' could repeat.", rf"A literal one is \{sign}.")
            case character:
                return _only(character)

    def group(self, start: int) -> Node:
        if self.character == "?":
            raise RegexError(
                start, "Groups that start with (? are not available.", "A plain group (…) holds what is repeated."
            )
        self.depth += 1
        if self.depth > MAX_GROUPS:
            raise RegexError(start, f"Groups are nested more than {MAX_GROUPS} deep.", "Write it flatter.")
        node = self.choice()
        if self.advance() != ")":
            raise RegexError(start, "This parenthesis is not closed.", r"A literal one is written \(.")
        self.depth -= 1
        return node

    def escaped(self, start: int) -> Characters:
        """What stands behind a backslash."""
        character = self.advance()
        if character.lower() in _CLASSES:
            return Characters(_CLASSES[character.lower()], negated=character.isupper())
        if character in _CONTROLS:
            return _only(_CONTROLS[character])
        if character.isascii() and character and not character.isalnum():
            return _only(character)
        raise RegexError(
            start,
            f"\\{character} is not available." if character else "A backslash stands at the end.",
            r"There are \d \w \s \D \W \S \t \n \r \f \v, and \ before any other sign makes it literal.",
        )

    def characters(self, start: int) -> Characters:
        """A set in brackets, the opening one left behind."""
        negated = self.character == "^"
        self.position += negated
        ranges: list[tuple[int, int]] = []
        while self.character != "]" or not ranges:
            if not self.character:
                raise RegexError(start, "This bracket is not closed.", r"A literal one is written \[.")
            low_at = self.position
            low = self.member()
            if self.character != "-" or self.text[self.position + 1 : self.position + 2] in ("]", ""):
                ranges += low
                continue
            self.advance()
            high = self.member()
            if not _is_one(low) or not _is_one(high) or high < low:
                raise RegexError(
                    low_at, "This range ends before it begins, or has a class for an end.", r"A literal - is \-."
                )
            ranges.append((low[0][0], high[0][0]))
        self.advance()
        return Characters(tuple(ranges), negated)

    def member(self) -> tuple[tuple[int, int], ...]:
        """One member of a set, as ranges."""
        start = self.position
        character = self.advance()
        if character == "[":
            raise RegexError(start, "A bracket inside brackets is not available.", r"A literal one is \[.")
        if character != "\\":
            return _only(character).ranges
        found = self.escaped(start)
        return found.ranges if not found.negated else _complement(found.ranges)


def _only(character: str) -> Characters:
    return Characters(((ord(character), ord(character)),))


def _is_one(ranges: tuple[tuple[int, int], ...]) -> bool:
    return len(ranges) == 1 and ranges[0][0] == ranges[0][1]


def _complement(ranges: tuple[tuple[int, int], ...]) -> tuple[tuple[int, int], ...]:
    starts = [0, *(high + 1 for _, high in ranges)]
    ends = [*(low - 1 for low, _ in ranges), 0x10FFFF]
    return tuple((low, high) for low, high in zip(starts, ends, strict=True) if low <= high)
