"""Files of `NAME=value` lines, as --env-file reads them (the dialect of python-dotenv, which MLflow uses)."""

import re
from collections.abc import Mapping
from pathlib import Path

from kirok.base.errors import InvalidParameter

_LINE = re.compile(
    r"""
    [^\S\n]*(?:export[^\S\n]+)?
    (?P<name>[^=\#\s'"]+)[^\S\n]*=[^\S\n]*
    (?: '(?P<literal>(?:\\.|[^'\\])*)'[^\S\n]*(?:\#[^\n]*)?
      | "(?P<quoted>(?:\\.|[^"\\])*)"[^\S\n]*(?:\#[^\n]*)?
      | (?P<bare>(?!['"])[^\n]*)
    )(?:\n|\Z)
    """,
    re.VERBOSE | re.DOTALL,
)
_BLANK = re.compile(r"[^\S\n]*(?:\#[^\n]*)?(?:\n|\Z)")
_REFERENCE = re.compile(r"\$\{(?P<name>[^}:]+)(?::-(?P<default>[^}]*))?\}")
_ESCAPES = {"n": "\n", "r": "\r", "t": "\t", "a": "\a", "b": "\b", "f": "\f", "v": "\v"}


def read_env_file(path: Path, env: Mapping[str, str]) -> dict[str, str]:
    """The variables that `path` adds to `env`; those that `env` has already are left out.

    Raises InvalidParameter where the file cannot be read or a line is no assignment.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidParameter(f"Environment file '{path}' cannot be read: {error}.") from error
    try:
        found = parse_env(text, env)
    except InvalidParameter as error:
        raise InvalidParameter(f"Environment file '{path}', {error.message}") from error
    return {name: value for name, value in found.items() if name not in env}


def parse_env(text: str, env: Mapping[str, str]) -> dict[str, str]:
    """The assignments in `text`. `${NAME}` and `${NAME:-default}` stand for values of `env`, then of lines above.

    Values may be bare (a ` #` begins a comment), in single quotes (taken as they are) or in double quotes (with
    escapes such as \\n); quoted ones may span lines. InvalidParameter names the line that is no assignment.
    """
    text = text.replace("\r\n", "\n")
    found: dict[str, str] = {}
    position = 0
    while position < len(text):
        if blank := _BLANK.match(text, position):
            position = blank.end()
            continue
        line = _LINE.match(text, position)
        if line is None:
            number = text.count("\n", 0, position) + 1
            raise InvalidParameter(f"line {number} is not of the form NAME=value.")
        found[line["name"]] = _expanded(_value(line), {**found, **env})
        position = line.end()
    return found


def _value(line: re.Match[str]) -> str:
    if line["literal"] is not None:
        return re.sub(r"\\([\\'])", r"\1", line["literal"])
    if line["quoted"] is not None:
        return re.sub(r"\\(.)", lambda found: _ESCAPES.get(found[1], found[1]), line["quoted"], flags=re.DOTALL)
    return re.sub(r"(^|\s+)#.*", "", line["bare"]).strip()


def _expanded(value: str, known: Mapping[str, str]) -> str:
    return _REFERENCE.sub(lambda found: known.get(found["name"], found["default"] or ""), value)
