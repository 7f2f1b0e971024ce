"""A real browser on a real server: Chromium, and `kirok server` over a seeded SQLite file."""

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Literal

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from browser.seeding import Seeded, seed
from running_servers import kirok_server

ROOT = Path(__file__).parents[2]
NAMES = ("chromium", "chromium-browser", "google-chrome")
UNPACKED = ROOT / ".cache" / "parts" / "chromium"
MISSING = "No Chromium found. Install it (Debian: apt-get install chromium) or run tools/fetch-parts."

# No sandbox, as tests also run as root in containers; nothing that asks the network for news of its own.
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--no-first-run",
    "--disable-component-update",
    "--disable-sync",
]

OpenPage = Callable[..., Page]


@pytest.fixture(scope="package")  # Playwright keeps an event loop running in the thread: not for other tests to find
def browser() -> Iterator[Browser]:
    """Chromium; in CI its absence is a failure, elsewhere a skip that says so."""
    path = next(filter(None, map(shutil.which, NAMES)), None) or (UNPACKED.exists() and str(UNPACKED)) or None
    if path is None:
        if os.environ.get("CI", "").lower() in {"1", "true"}:
            pytest.fail(MISSING)
        pytest.skip(MISSING)
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield chromium
        chromium.close()


@pytest.fixture(scope="session")
def built() -> Path:
    """The folder of the built page."""
    folder = ROOT / "src" / "kirok" / "server" / "static"
    if not (folder / "index.html").is_file():
        pytest.fail("The page is not built: run `make ui`.")
    return folder


@pytest.fixture(scope="session")
def seeded(tmp_path_factory: pytest.TempPathFactory, built: Path) -> Iterator[Seeded]:
    """A `kirok server` with experiments and runs in it, which tests only read."""
    with kirok_server(tmp_path_factory.mktemp("seeded")) as running:
        yield seed(running.address)


@pytest.fixture
def open_page(browser: Browser, seeded: Seeded) -> Iterator[OpenPage]:
    """Opens a place of the page, given as what stands after `#`; an error in the browser's console fails the test."""
    complaints: list[str] = []
    contexts = []

    def open_at(
        place: str = "/",
        *,
        address: str = seeded.address,
        width: int = 1440,
        height: int = 900,
        scheme: Literal["light", "dark"] = "light",
    ) -> Page:
        context = browser.new_context(
            viewport={"width": width, "height": height}, color_scheme=scheme, permissions=["clipboard-read"]
        )
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(15_000)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        # A refusal of the server is an answer, though the browser logs it as an error of the page.
        page.on(
            "console",
            lambda message: (
                complaints.append(message.text)
                if message.type == "error" and "status of 4" not in message.text
                else None
            ),
        )
        page.goto(f"{address}/#{place}")
        return page

    yield open_at
    for context in contexts:
        context.close()
    assert complaints == []
