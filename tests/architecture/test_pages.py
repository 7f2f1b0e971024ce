"""Pages that describe the code say what the code says."""

import re
from pathlib import Path

from tools.reference import REFERENCE, endpoints_page

ROOT = Path(__file__).parents[2]


def test_the_endpoint_page_is_what_the_table_generates() -> None:
    assert (REFERENCE / "endpoints.md").read_text(encoding="utf-8") == endpoints_page(), "run `make docs`"


def test_the_map_names_every_part_of_the_package() -> None:
    drawn = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
    parts = {path.name for path in (ROOT / "src" / "kirok").iterdir() if path.is_dir() and path.name != "__pycache__"}
    assert parts <= set(re.findall(r"(\w+)/", drawn))


def test_files_named_in_the_life_of_a_metric_exist() -> None:
    story = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8").split("## The life of one metric")[1]
    named = re.findall(r"\b((?:client|stores|server|wire|rules)/[\w/]+\.py|transport\.py)\b", story)
    assert named
    assert [name for name in named if not (ROOT / "src" / "kirok" / name).is_file()] == []


def test_links_between_pages_lead_somewhere() -> None:
    pages = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]
    broken = [
        f"{page.relative_to(ROOT)} → {target}"
        for page in pages
        for target in re.findall(r"\]\((?!https?://|#|mailto:)([^)#\s]+)", page.read_text(encoding="utf-8"))
        if not (page.parent / target).exists()
    ]
    assert broken == []
