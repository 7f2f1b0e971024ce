"""The tree stays readable, and says nothing about the machine it was written on."""

import subprocess
from pathlib import Path

ROOT = Path(__file__).parents[2]
LONGEST = 400


def _tracked(*patterns: str) -> list[Path]:
    listed = subprocess.run(["git", "ls-files", *patterns], cwd=ROOT, capture_output=True, text=True, check=True)
    return [ROOT / name for name in listed.stdout.splitlines()]


def test_no_source_file_outgrows_its_noun() -> None:
    lengths = {
        path: len(path.read_text(encoding="utf-8").splitlines()) for path in _tracked("src/*.py", "ui/src/*.ts*")
    }
    assert lengths
    assert {str(path.relative_to(ROOT)): n for path, n in lengths.items() if n > LONGEST} == {}


def test_no_file_names_a_home_directory_or_a_registry() -> None:
    needles = ["/ro" + "ot/", "/ho" + "me/", "file" + "s.pythonhosted", "registry" + ".npmjs", '"reso' + 'lved":']
    found = subprocess.run(
        ["git", "grep", "-lIF", *[part for needle in needles for part in ("-e", needle)]],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert found.stdout.splitlines() == []


def test_no_module_is_a_drawer_for_odds_and_ends() -> None:
    drawers = {"utils.py", "helpers.py", "common.py", "misc.py", "manager.py"}
    assert [str(path) for path in _tracked("src/*.py") if path.name in drawers] == []
