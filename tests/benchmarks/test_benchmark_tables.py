"""The table says what was measured, and whether a target was met."""

from pathlib import Path

import pytest

from benchmarks.cases import CASES
from benchmarks.measurements import Failure, Measurement
from benchmarks.tables import BEGIN, END, render, rewrite, summaries


def _section(kirok: float, fasttrackml: float, case: str) -> str:
    results = summaries(
        {
            "kirok": [Measurement(case, (kirok,), sent=10, lost=1)],
            "fasttrackml": [Measurement(case, (fasttrackml, fasttrackml + 2, fasttrackml + 1))],
        }
    )
    failures = {"fasttrackml": [Failure("artifacts", "status 500")]}
    return render("today", results, failures, ["kirok", "fasttrackml"], ["note"])


@pytest.mark.parametrize(
    ("kirok", "fasttrackml", "case", "verdict"),
    [
        (203, 100, "log-metric-1", ": met"),
        (201, 100, "log-metric-1", "NOT met"),
        (33, 100, "search-page", ": met"),
        (34, 100, "search-page", "NOT met"),
        (1.0, 0.1, "startup-health", ": met"),
        (1.1, 0.1, "startup-health", "NOT met"),
    ],
)
def test_a_target_is_a_floor_for_rates_and_a_ceiling_for_times(
    kirok: float, fasttrackml: float, case: str, verdict: str
) -> None:
    (row,) = [line for line in _section(kirok, fasttrackml, case).splitlines() if verdict in line]
    assert next(each.title for each in CASES if each.name == case) in row


def test_losses_and_failures_are_told() -> None:
    section = _section(1, 1, "log-metric-1")
    assert "1 of 10 acknowledged records" in section
    assert "fasttrackml 0.6.0, artifacts: status 500" in section


def test_only_what_stands_between_the_markers_is_rewritten(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(f"before\n{BEGIN}\nold\n{END}\nafter\n", encoding="utf-8")
    rewrite(page, "new\n")
    assert page.read_text(encoding="utf-8") == f"before\n{BEGIN}\nnew\n{END}\nafter\n"


def test_a_page_without_markers_is_left_alone(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("text\n", encoding="utf-8")
    with pytest.raises(ValueError, match="add both lines"):
        rewrite(page, "new\n")
    assert page.read_text(encoding="utf-8") == "text\n"
