"""Files of variables, read as python-dotenv reads them."""

import io
from pathlib import Path

import pytest
from dotenv import dotenv_values

from kirok.base.errors import InvalidParameter
from kirok.cli.env_files import parse_env, read_env_file

TEXTS = [
    "A=1\nB=two words\n",
    "export A=1",
    "# a comment\n\n  A = 1  # another\n",
    "A=value#not-a-comment\n",
    "A='single # $ \\n'\nB=\"double \\n line\" # comment\n",
    'A="two\nlines"\nB=2\n',
    "A=\nB=''\n",
    "A=1\nB=${A}2\nC=${MISSING:-fallback}\nD=${MISSING}\n",
    "A=1\r\nB=2\r\n",
    "A=it's\n",
    "PATH_LIKE=/a/b:c;d\nURL=sqlite:///x.db?y=1&z=2\n",
    "A='it\\'s'\n",
]


@pytest.mark.parametrize("text", TEXTS)
def test_a_file_means_what_python_dotenv_says_it_means(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("A", "B", "C", "D", "MISSING"):
        monkeypatch.delenv(name, raising=False)
    assert parse_env(text, {}) == dict(dotenv_values(stream=io.StringIO(text)))


def test_variables_that_are_set_already_stay(tmp_path: Path) -> None:
    file = tmp_path / "settings"
    file.write_text("KEPT=new\nADDED=1\nMADE=${KEPT}\n", encoding="utf-8")
    assert read_env_file(file, {"KEPT": "old"}) == {"ADDED": "1", "MADE": "old"}


@pytest.mark.parametrize(
    ("text", "line"), [("A=1\nno assignment\n", 2), ("A='open\nB=2\n", 1), ('\n\nA="x" y\n', 3), ("=1\n", 1)]
)
def test_a_line_that_is_no_assignment_is_named(text: str, line: int, tmp_path: Path) -> None:
    file = tmp_path / "settings"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(InvalidParameter, match=f"line {line} is not"):
        read_env_file(file, {})


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(InvalidParameter, match=r"absent\.env"):
        read_env_file(tmp_path / "absent.env", {})
