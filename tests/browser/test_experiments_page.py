"""The first page: all experiments, and what ran last."""

from playwright.sync_api import expect

from browser.conftest import OpenPage
from browser.seeding import Seeded


def test_experiments_and_the_latest_runs_are_in_view(open_page: OpenPage, seeded: Seeded) -> None:
    page = open_page()
    for name in ("sweep", "long", "unused", "Default"):
        expect(page.get_by_role("table", name="Experiments").get_by_role("link", name=name, exact=True)).to_be_visible()
    latest = page.get_by_role("table", name="Latest runs")
    expect(latest.get_by_role("row")).to_have_count(8)
    newest = latest.get_by_role("rowheader").get_by_role("link").first
    name = newest.inner_text()
    newest.click()
    expect(page.get_by_role("heading", name=name, exact=True)).to_be_visible()


def test_an_experiment_opens_on_its_runs(open_page: OpenPage, seeded: Seeded) -> None:
    page = open_page()
    page.get_by_role("table", name="Experiments").get_by_role("link", name="sweep", exact=True).click()
    expect(page.get_by_role("table", name="Runs")).to_be_visible()
    expect(page).to_have_title("sweep · kirok")
    page.go_back()
    expect(page.get_by_role("heading", name="Experiments")).to_be_visible()


def test_an_experiment_is_found_by_part_of_its_name(open_page: OpenPage, seeded: Seeded) -> None:
    page = open_page()
    rows = page.get_by_role("table", name="Experiments").get_by_role("rowheader")
    expect(rows.first).to_be_visible()
    page.keyboard.press("/")
    page.keyboard.type("WEE")
    expect(rows).to_have_text(["sweep"])
    page.keyboard.type("'x")
    expect(page.get_by_text("No experiment has “WEE'x” in its name.")).to_be_visible()


def test_an_unknown_experiment_is_said_to_be_unknown(open_page: OpenPage, seeded: Seeded) -> None:
    page = open_page("/experiments/99999999")
    expect(page.get_by_role("alert")).to_contain_text("99999999")
