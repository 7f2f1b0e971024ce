"""`docs/reference/cli.md`: every command and option, read off the click tree. Written by `make docs`."""

import inspect
from collections.abc import Iterator

import click

from kirok.cli.root import kirok

_OPENING = """# Commands

Generated from `src/kirok/cli/` by `make docs`; `kirok COMMAND --help` prints the same.
Names, options and output are those of MLflow 3.17.
A variable `MLFLOW_X` has a twin `KIROK_X`, which wins where both are set.
An option that only MLflow has is answered in one line, never ignored.
"""


def commands_page() -> str:
    """The page: one section a command, one row an option."""
    return "\n".join([_OPENING, *_sections(kirok, "kirok")])


def _sections(command: click.Command, path: str) -> Iterator[str]:
    yield from _section(command, path)
    if isinstance(command, click.Group):
        first = {id(below): name for name, below in reversed(list(command.commands.items()))}
        for name, below in sorted(command.commands.items()):
            if first[id(below)] == name:
                yield from _sections(below, f"{path} {name}")
            else:
                yield f"## `{path} {name}`\n\nThe same as `{path} {first[id(below)]}`.\n"


def _section(command: click.Command, path: str) -> Iterator[str]:
    options = [parameter for parameter in command.params if isinstance(parameter, click.Option)]
    arguments = [f" {parameter.human_readable_name}" for parameter in command.params if parameter not in options]
    yield f"## `{path}{''.join(arguments)}`\n"
    yield f"{_paragraphs(command)}\n"
    if options:
        rows = [f"| {_names(option)} | {_variables(option)} | {_help(option)} |" for option in options]
        yield "\n".join(["| option | variables | meaning |", "|---|---|---|", *rows, ""])


def _paragraphs(command: click.Command) -> str:
    """The help text; what click keeps as it stands (after \\b) becomes a code block."""
    shown = []
    for paragraph in inspect.cleandoc(command.help or "").split("\n\n"):
        if paragraph.startswith("\b"):
            shown.append("```\n" + paragraph.removeprefix("\b\n") + "\n```")
        else:
            shown.append(" ".join(paragraph.split()))
    return "\n\n".join(shown)


def _names(option: click.Option) -> str:
    return ", ".join(f"`{name}`" for name in [*option.opts, *option.secondary_opts])


def _variables(option: click.Option) -> str:
    given = option.envvar or []
    return ", ".join(f"`{name}`" for name in ([given] if isinstance(given, str) else given))


def _help(option: click.Option) -> str:
    text = " ".join((option.help or "").split()).replace("|", "\\|").replace("<", "\\<")
    if option.required:
        text += " Required."
    if isinstance(option.type, click.Choice):
        text += f" One of {', '.join(f'`{choice}`' for choice in option.type.choices)}."
    if option.show_default:
        default = option.default
        if option.secondary_opts:
            default = (option.opts if default else option.secondary_opts)[0].lstrip("-")
        text += f" [default: {default}]"
    return text
