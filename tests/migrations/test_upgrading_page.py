"""The commands of the page on upgrades run, on a database of MLflow 2.9, and print what it shows."""

import os
import re
import subprocess
import sys
from pathlib import Path

from migrations.conftest import Old

PAGE = Path(__file__).parents[2] / "docs" / "stores" / "upgrading.md"


def test_the_commands_print_what_the_page_shows(old: Old, tmp_path: Path) -> None:
    old("2.9.2").rename(tmp_path / "mlflow.db")
    (block,) = re.findall(r"```console\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    commands = re.findall(r"^\$ kirok (.*)\n((?:(?!\$ ).*\n)*)", block, re.MULTILINE)
    assert len(commands) == 3
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("MLFLOW_", "KIROK_"))}
    for words, shown in commands:
        told = subprocess.run(
            [sys.executable, "-m", "kirok.cli", *words.split()],
            cwd=tmp_path,
            env=kept,
            capture_output=True,
            text=True,
            check=False,
        )
        assert told.returncode == 0, told.stderr
        for line in shown.splitlines():
            # … stands for anything; times are what this machine takes.
            pattern = re.sub(r"\d+ s\b", "[0-9]+ s", re.escape(line).replace("…", ".*").replace(r"\ s", " s"))
            assert re.search(f"^{pattern}$", told.stdout, re.MULTILINE), f"{line!r} is not in\n{told.stdout}"
