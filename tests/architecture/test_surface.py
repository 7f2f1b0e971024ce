"""What users can import and what gets installed changes only on purpose: the snapshots show it in the diff."""

import tomllib
from pathlib import Path

import pytest

import kirok

ROOT = Path(__file__).parents[2]
SNAPSHOTS = Path(__file__).parent / "snapshots"


@pytest.mark.parametrize("what", ["names", "dependencies"])
def test_the_surface_is_the_recorded_one(what: str) -> None:
    recorded = (SNAPSHOTS / f"{what}.txt").read_text(encoding="utf-8").splitlines()
    assert _surface(what) == recorded, f"a change of the {what} users get; if meant, write it to {what}.txt"


def test_every_dependency_states_its_reason() -> None:
    lines = (
        (ROOT / "pyproject.toml").read_text(encoding="utf-8").split("dependencies = [")[1].split("]\n")[0].splitlines()
    )
    assert [line for line in lines if line.strip() and "# " not in line] == []


def _surface(what: str) -> list[str]:
    if what == "names":
        return sorted(name for name in dir(kirok) if not name.startswith("_"))
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return sorted(project["dependencies"])
