"""Text from a database reaches a terminal harmless and aligned."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kirok.cli.printing import cell_width, one_line, printable, table


@pytest.mark.parametrize("text", ["loss", "learning rate", "실험 하나", "café", "naïve 👩‍🔬", "می‌خواهم"])
def test_words_of_any_script_are_printed_as_they_are(text: str) -> None:
    assert printable(text) == text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("red \x1b[31m", "red \\x1b[31m"),
        ("two\nlines", "two\\nlines"),
        ("bell\x07", "bell\\x07"),
        ("csi\x9b2J", "csi\\x9b2J"),
        ("exe\u202etxt", "exe\\u202etxt"),
        ("a\u2028b", "a\\u2028b"),
        ("half \ud800", "half \\ud800"),
    ],
)
def test_what_steers_a_terminal_is_shown_as_its_escape(text: str, shown: str) -> None:
    assert printable(text) == shown


@given(st.text())
def test_printable_text_stays_on_its_line(text: str) -> None:
    shown = printable(text)
    assert len(shown.splitlines()) <= 1
    assert not any(unicodedata.category(character) in {"Cc", "Cs"} for character in shown)


def test_a_message_becomes_one_line() -> None:
    assert one_line("first\n  second\x1b") == "first second\\x1b"


def test_a_table_is_laid_out_as_mlflow_lays_it_out() -> None:
    assert table(["x", "Name"], [["a", "b"], ["long cell", "c"]]) == (
        "x          Name  \n---------  ------\na          b     \nlong cell  c     "
    )


def test_wide_characters_keep_the_columns_aligned() -> None:
    lines = table(["Name", "Id"], [["실험", "1"], ["plain", "2"], ["e\u0301", "3"]]).splitlines()
    assert {cell_width(line) for line in lines} == {12}


def test_a_table_without_rows_still_names_its_columns() -> None:
    assert table(["Date", "Name"], []).splitlines()[0].split() == ["Date", "Name"]
