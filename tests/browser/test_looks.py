"""Light and dark, wide and narrow: nothing is cut off, everything can be read. Pictures go to test-results/."""

from typing import Literal

import pytest
from playwright.sync_api import Page, expect

from browser.conftest import ROOT, OpenPage
from browser.seeding import SWEEP_RUNS, Seeded

PICTURES = ROOT / "test-results" / "looks"

# The texts whose contrast with what is painted behind them falls short of WCAG's ratio.
FAINT = """
(elements) => elements.filter((element) => {
  const luminance = (colour) => {
    const canvas = new OffscreenCanvas(1, 1).getContext('2d');
    canvas.fillStyle = colour;
    canvas.fillRect(0, 0, 1, 1);
    const [r, g, b] = [...canvas.getImageData(0, 0, 1, 1).data].map((part) => {
      const share = part / 255;
      return share <= 0.03928 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  let ground = element;
  while (getComputedStyle(ground).backgroundColor === 'rgba(0, 0, 0, 0)') ground = ground.parentElement;
  const pair = [getComputedStyle(element).color, getComputedStyle(ground).backgroundColor].map(luminance);
  return element.checkVisibility() && (Math.max(...pair) + 0.05) / (Math.min(...pair) + 0.05) < 4.5;
}).map((element) => element.innerText.trim()).filter(Boolean)
"""


def places(seeded: Seeded) -> dict[str, str]:
    return {
        "experiments": "/",
        "runs": f"/experiments/{seeded.sweep}?order=metrics.accuracy+DESC",
        "run": f"/experiments/{seeded.sweep}/runs/{seeded.trained}",
        "unused": f"/experiments/{seeded.unused}",
    }


def settle(page: Page, name: str) -> None:
    """Waits for what the place is about."""
    sign = {
        "experiments": page.get_by_role("table", name="Latest runs"),
        "runs": page.get_by_text(f"{SWEEP_RUNS + 1} runs", exact=True),
        "run": page.get_by_role("link", name="notes.txt"),
        "unused": page.get_by_text("No runs yet"),
    }
    expect(sign[name]).to_be_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(("width", "height"), [(1440, 900), (390, 844)], ids=["wide", "phone"])
@pytest.mark.parametrize("name", ["experiments", "runs", "run", "unused"])
def test_a_page_fits_and_can_be_read(
    open_page: OpenPage, seeded: Seeded, name: str, width: int, height: int, scheme: Literal["light", "dark"]
) -> None:
    page = open_page(places(seeded)[name], width=width, height=height, scheme=scheme)
    settle(page, name)
    page.screenshot(path=PICTURES / f"{name}-{width}-{scheme}.png")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    texts = page.locator("h1, h2, td, th, time, .muted, .count, .key, .fact, .sort-label, .status, code, a")
    assert texts.evaluate_all(FAINT) == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_operating_system_chooses_the_ground(open_page: OpenPage, scheme: Literal["light", "dark"]) -> None:
    page = open_page(scheme=scheme)
    ground = page.evaluate("getComputedStyle(document.body).backgroundColor")
    parts = [int(part) for part in ground.removeprefix("rgb(").removesuffix(")").split(",")]
    assert (max(parts) < 64) if scheme == "dark" else (min(parts) > 192)


def test_a_phone_scrolls_the_table_and_keeps_the_names(open_page: OpenPage, seeded: Seeded) -> None:
    page = open_page(places(seeded)["runs"], width=390, height=844)
    settle(page, "runs")
    page.locator("#main").evaluate("view => view.scrollTo(view.scrollWidth, 0)")
    expect(page.get_by_role("button", name="optimizer", exact=True)).to_be_in_viewport(ratio=1)
    expect(page.locator("tbody th.name a").first).to_be_in_viewport(ratio=1)


def test_a_run_keeps_its_colour_from_list_to_list(open_page: OpenPage, seeded: Seeded) -> None:
    in_table = open_page(f"/experiments/{seeded.sweep}?filter=attributes.run_name+%3D+'silent'")
    on_page = open_page(f"/experiments/{seeded.sweep}/runs/{seeded.silent}")
    colour = "element => getComputedStyle(element).backgroundColor"
    assert in_table.locator(".swatch").evaluate(colour) == on_page.locator(".swatch").evaluate(colour)
