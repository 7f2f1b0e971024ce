"""What RLIKE's expressions match, and which are refused."""

import re

import pytest

from kirok.search.automaton import Automaton, automaton
from kirok.search.regex import MAX_GROUPS, MAX_LENGTH, MAX_STATES, RegexError, parse_regex


@pytest.mark.parametrize(
    ("regex", "text"),
    [
        ("", ""),
        ("net", "resnet-18"),
        ("^res", "resnet"),
        ("18$", "resnet-18"),
        ("^$", ""),
        ("$", "a\n"),
        ("a.b", "a\nb"),
        ("^(vit|swin)-[0-9]+$", "swin-7"),
        (r"^\d{2,3}\.\w+\s?$", "12.x_y "),
        (r"[^\d]", "1a"),
        (r"[\w.-]+@", "a.b-c@d"),
        (r"[]a]", "]"),
        ("[a-]", "-"),
        ("[^-]", "x"),
        (r"[\]\\^]", "^"),
        (r"\(\{\|\}\)", "({|})"),
        ("a{0}b", "b"),
        ("(ab){2,}c", "xababababc"),
        ("a|", "zzz"),
        ("(^a|b$)", "cb"),
        (r"\t\n", "\t\n"),
        ("é+", "caféé"),
        ("^.$", "🦉"),
        (r"\D", "٣"),
    ],
)
def test_an_expression_matches(regex: str, text: str) -> None:
    assert automaton(regex).finds(text)


@pytest.mark.parametrize(
    ("regex", "text"),
    [
        ("net", "NET"),
        ("^net", "resnet"),
        ("res$", "resnet"),
        ("^$", "\n"),
        ("18$", "resnet-18\n"),
        ("a{2}b", "ab"),
        ("^a{1,2}$", "aaa"),
        ("[^a]", "aaa"),
        (r"\d", "٣"),
        (r"\w", "é"),
        (r"\s", "\u00a0"),
        (r"a\.b", "axb"),
        ("a$b", "ab"),
        ("b^a", "ba"),
    ],
)
def test_an_expression_does_not_match(regex: str, text: str) -> None:
    assert not automaton(regex).finds(text)


@pytest.mark.parametrize(
    ("regex", "position", "said"),
    [
        (r"(a)\1", 3, "not available"),
        (r"\bword", 0, "not available"),
        ("a(?=b)", 1, "Groups that start with (? are not available"),
        ("(?i)a", 0, "Groups that start with (?"),
        ("a*?", 2, "Lazy, possessive and double repetition"),
        ("a++", 2, "Lazy, possessive and double repetition"),
        ("*a", 0, "nothing that '*' could repeat"),
        ("a|{2}", 2, "nothing that '{' could repeat"),
        ("^*", 0, "cannot be repeated"),
        ("a{", 1, "This is no repetition"),
        ("a{,3}", 1, "This is no repetition"),
        ("a{3,2}", 1, "ends before it begins"),
        ("(a", 0, "not closed"),
        ("a)", 1, "never opened"),
        ("[a", 0, "not closed"),
        ("[]", 0, "not closed"),
        ("[z-a]", 1, "ends before it begins"),
        (r"[\d-z]", 1, "has a class for an end"),
        ("[[:alpha:]]", 1, "A bracket inside brackets"),
        ("a\\", 1, "A backslash stands at the end"),
        ("a" * (MAX_LENGTH + 1), 0, f"{MAX_LENGTH} characters"),
        ("(a{100}){100}", 0, f"more than {MAX_STATES} states"),
        ("(" * (MAX_GROUPS + 1), MAX_GROUPS, "nested more than"),
        ("((((a{9999}){9999}){9999}){9999}){9999}", 0, "states"),
    ],
)
def test_what_is_not_in_the_subset_is_refused_at_its_place(regex: str, position: int, said: str) -> None:
    with pytest.raises(RegexError, match=re.escape(said)) as refusal:
        parse_regex(regex)
    assert refusal.value.position == position
    assert refusal.value.mend


@pytest.mark.parametrize(
    "regex", ["(a|a)*b$", "(a|aa)*b$", "((a*)*)*b$", ".*.*.*.*.*b$", "(a|b)*a(a|b){90}c", "(.{0,20}){20}b$"]
)
def test_expressions_that_drive_other_engines_to_hours_are_answered(regex: str) -> None:
    """`re` goes back and tries again, 2^8000 times for some of these; each character here is looked at once."""
    machine = Automaton(parse_regex(regex))
    assert not machine.finds("a" * 8_000)
    assert machine.finds("b" * 100 + "a" + "b" * 90 + "c" + "b")


def test_an_expression_forgets_what_it_worked_out_before_it_fills_the_memory() -> None:
    machine = Automaton(parse_regex("[가-힣]x"))
    syllables = "".join(map(chr, range(0xAC00, 0xD7A4)))
    assert not machine.finds(syllables * 2)
    assert machine.finds(syllables + "x")
