"""The built page as files: small, whole, and made from `ui/` as it is."""

import gzip
import re
from pathlib import Path

import pytest

from tools import ui

JS_BUDGET_BYTES = 150_000


def test_the_scripts_fit_the_budget(built: Path) -> None:
    scripts = list(built.glob("assets/*.js"))
    assert scripts
    assert sum(Path(f"{script}.br").stat().st_size for script in scripts) <= JS_BUDGET_BYTES


def test_compressed_twins_hold_the_same_bytes(built: Path) -> None:
    twins = list(built.glob("assets/*.gz"))
    assert twins
    for twin in twins:
        assert gzip.decompress(twin.read_bytes()) == twin.with_suffix("").read_bytes()
        assert twin.with_suffix(".br").is_file()


def test_every_address_in_the_page_is_relative_and_there(built: Path) -> None:
    html = (built / "index.html").read_text(encoding="utf-8")
    addresses = re.findall(r'(?:src|href)="([^"]+)"', html)
    assert len(addresses) >= 3
    for address in addresses:
        assert address.startswith("static-files/")
        assert (built / address.removeprefix("static-files/")).is_file()


def test_the_page_names_no_other_host(built: Path) -> None:
    texts = [path.read_text(encoding="utf-8") for path in built.rglob("*") if path.suffix in {".js", ".css", ".html"}]
    hosts = {host for text in texts for host in re.findall(r"https?://([\w.-]+)", text)}
    # Names of XML dialects, and the page to which React's messages point; none is ever fetched.
    assert hosts <= {"www.w3.org", "react.dev"}


def test_a_changed_source_is_a_page_to_build_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source, built = tmp_path / "ui", tmp_path / "static"
    (source / "src").mkdir(parents=True)
    built.mkdir()
    (source / "src" / "main.tsx").write_text("one")
    for name, path in {"SOURCE": source, "BUILT": built, "DIGEST": built / "ui.sha256"}.items():
        monkeypatch.setattr(ui, name, path)
    assert not ui.is_built()
    (built / "index.html").write_text("<html>")
    (built / "ui.sha256").write_text(ui.source_digest())
    assert ui.is_built()
    (source / "node_modules").mkdir()
    (source / "node_modules" / "react.js").write_text("anything")
    assert ui.is_built()
    (source / "src" / "main.tsx").write_text("two")
    assert not ui.is_built()
