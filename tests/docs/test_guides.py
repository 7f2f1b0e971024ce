"""The Python blocks of the guides and of the pages on stores run, each page from top to bottom in an empty folder."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

DOCS = Path(__file__).parents[2] / "docs"
PAGES = sorted([*(DOCS / "guide").glob("*.md"), *(DOCS / "stores").glob("*.md")])
_BLOCK = re.compile(r"^```python\n(.*?)^```", re.DOTALL | re.MULTILINE)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_the_blocks_of_a_guide_run(page: Path, tmp_path: Path) -> None:
    text = page.read_text(encoding="utf-8")
    # Empty lines stand for the text between, so that a traceback names the page's own lines.
    program, position = "", 0
    for block in _BLOCK.finditer(text):
        program += "\n" * text.count("\n", position, block.start(1)) + block[1]
        position = block.end(1)
    script = tmp_path / page.with_suffix(".py").name
    script.write_text(program, encoding="utf-8")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("MLFLOW_", "KIROK_"))}
    done = subprocess.run(
        [sys.executable, "-W", "error", script.name],
        cwd=tmp_path,
        env=kept,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
