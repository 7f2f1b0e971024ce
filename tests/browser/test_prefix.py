"""The page under a path of its own, as behind a proxy that serves other things too."""

from pathlib import Path

from playwright.sync_api import Browser, expect

from browser.seeding import create_run
from running_servers import kirok_server


def test_the_page_works_under_a_static_prefix(browser: Browser, built: Path, tmp_path: Path) -> None:
    with kirok_server(tmp_path, "--static-prefix", "/tracking", prefix="/tracking") as running:
        address = f"{running.address}/tracking"
        create_run(address, "0", "prefixed", 1_700_000_000_000, metrics={"loss": 0.25})
        page = browser.new_page()
        page.goto(address)  # without the last slash, as people type it
        page.get_by_role("table", name="Experiments").get_by_role("link", name="Default").click()
        expect(page.get_by_role("table", name="Runs")).to_contain_text("0.2500")
        page.get_by_role("link", name="prefixed").click()
        expect(page.get_by_role("heading", name="prefixed")).to_be_visible()
        page.close()
