"""The command line: one file per command group; each parses, calls and prints."""


def main() -> None:
    """The `kirok` command; ends the process."""
    from kirok.cli.root import kirok

    kirok(prog_name="kirok")
