"""`python -m kirok.cli` is the `kirok` command."""

from kirok.cli import main

main()
