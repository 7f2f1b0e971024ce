"""Matching a regular expression in time that grows with the text, whatever the expression.

Python's `re` and the engines of some databases go back and try again, which an expression such as `(a|aa)*b` drives to
hours. Here all that may still match is followed at once, a set of places in the expression for each character read; a
set that came up before is not worked out again.
"""

from functools import lru_cache
from typing import NamedTuple

from kirok.search.regex import Characters, Choice, End, Node, Repeat, Sequence, Start, parse_regex

_MOST_STEPS = 20_000
"""Worked-out steps that one expression keeps."""


@lru_cache(maxsize=64)
def automaton(regex: str) -> "Automaton":
    """What matches `regex`; RegexError as `parse_regex`."""
    return Automaton(parse_regex(regex))


class _Reads(NamedTuple):
    """A place that goes on where the next character is one of these."""

    characters: Characters
    target: int


class _Forks(NamedTuple):
    """A place that is all of these places at once."""

    targets: tuple[int, ...]


class _Anchored(NamedTuple):
    """A place that goes on at the start, or at the end, of the text alone."""

    at_start: bool
    target: int


class _Reach(NamedTuple):
    """Where one can be without reading further: places that read, and whether the whole has matched already, or would
    if the text ended here."""

    readers: frozenset[int]
    matched: bool
    matches_at_end: bool


class _State:
    """A set of places, and the states that characters lead to from it."""

    __slots__ = ("following", "matched", "matches_at_end", "readers")

    def __init__(self, reach: _Reach) -> None:
        self.readers, self.matched, self.matches_at_end = reach
        self.following: dict[str, _State] = {}


class Automaton:
    """One expression. May be used by several threads at once."""

    def __init__(self, node: Node) -> None:
        self._places: list[_Reads | _Forks | _Anchored] = []
        # Place -1 is the match.
        self._first = self._add(node, -1)
        self._reaches: dict[int, _Reach] = {}
        self._is_anchored = self._later(self._first) == _Reach(frozenset(), False, False)
        self._begin_anew()

    def finds(self, text: str) -> bool:
        """Whether the expression matches somewhere in `text`."""
        state = self._initial
        for character in text:
            if state.matched:
                return True
            if not state.readers and self._is_anchored:
                return False
            state = state.following.get(character) or self._step(state, character)
        return state.matched or state.matches_at_end

    def _begin_anew(self) -> None:
        self._steps = 0
        self._states: dict[_Reach, _State] = {}
        self._initial = _State(self._reach(self._first, at_start=True))

    def _step(self, state: _State, character: str) -> _State:
        if self._steps > _MOST_STEPS:
            self._begin_anew()  # who is on its way keeps what it has
        self._steps += 1
        code = ord(character)
        readers, matched, matches_at_end = self._later(self._first)  # a match may start anywhere
        found = set(readers)
        for index in state.readers:
            place = self._places[index]
            if isinstance(place, _Reads) and place.characters.hold(code):
                reach = self._later(place.target)
                found |= reach.readers
                matched |= reach.matched
                matches_at_end |= reach.matches_at_end
        reach = _Reach(frozenset(found), matched, matches_at_end)
        following = self._states.setdefault(reach, _State(reach))
        state.following[character] = following
        return following

    def _later(self, place: int) -> _Reach:
        """The reach of a place behind the start of the text."""
        if place not in self._reaches:
            self._reaches[place] = self._reach(place, at_start=False)
        return self._reaches[place]

    def _reach(self, first: int, *, at_start: bool) -> _Reach:
        readers: set[int] = set()
        matches: set[bool] = set()
        seen: set[tuple[int, bool]] = set()
        waiting = [(first, False)]
        while waiting:
            step = waiting.pop()
            if step in seen:
                continue
            seen.add(step)
            index, is_past_end = step
            if index < 0:
                matches.add(is_past_end)
                continue
            match self._places[index]:
                case _Reads():
                    if not is_past_end:
                        readers.add(index)
                case _Forks(targets):
                    waiting += [(target, is_past_end) for target in targets]
                case _Anchored(wants_start, target):
                    if at_start or not wants_start:
                        waiting.append((target, is_past_end or not wants_start))
        return _Reach(frozenset(readers), False in matches, True in matches)

    def _add(self, node: Node, following: int) -> int:
        """The place where `node` begins that goes on at place `following`."""
        match node:
            case Characters():
                return self._place(_Reads(node, following))
            case Start():
                return self._place(_Anchored(True, following))
            case End():
                return self._place(_Anchored(False, following))
            case Sequence(items):
                for item in reversed(items):
                    following = self._add(item, following)
                return following
            case Choice(branches):
                return self._place(_Forks(tuple(self._add(branch, following) for branch in branches)))
            case Repeat(item, least, most):
                return self._repeat(item, least, most, following)

    def _repeat(self, item: Node, least: int, most: int | None, following: int) -> int:
        if most is None:
            loop = self._place(_Forks(()))
            self._places[loop] = _Forks((self._add(item, loop), following))
            following = loop
        else:
            end = following
            for _ in range(most - least):
                following = self._place(_Forks((self._add(item, following), end)))
        for _ in range(least):
            following = self._add(item, following)
        return following

    def _place(self, place: _Reads | _Forks | _Anchored) -> int:
        self._places.append(place)
        return len(self._places) - 1
