"""The page of commands says what the commands are."""

from tools.command_reference import commands_page
from tools.reference import REFERENCE


def test_the_command_page_is_what_the_commands_generate() -> None:
    assert (REFERENCE / "cli.md").read_text(encoding="utf-8") == commands_page(), "run `make docs`"
