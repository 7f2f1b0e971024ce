"""The table of runs: what it says, how it is asked, how it is walked."""

import re
import subprocess
import sys
import time
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from playwright.sync_api import Page, expect

from browser.conftest import OpenPage
from browser.seeding import ABOVE_HALF, LONG_RUNS, SWEEP_RUNS, Seeded, call, create_run
from running_servers import plain_environment


def names(page: Page) -> list[str]:
    return page.locator("tbody th.name a").all_inner_texts()


def headers(page: Page) -> list[str]:
    return page.locator("thead tr").last.locator("th").all_inner_texts()


def in_address(page: Page, name: str) -> list[str]:
    return parse_qs(urlsplit(page.url).fragment.partition("?")[2]).get(name, [])


def test_the_total_is_said_once_it_is_known(open_page: OpenPage, seeded: Seeded) -> None:
    page = open_page(f"/experiments/{seeded.sweep}")
    expect(page.get_by_test_id("count")).to_have_text(f"{SWEEP_RUNS + 1} runs")


def test_what_is_loaded_is_never_called_the_total(open_page: OpenPage, seeded: Seeded) -> None:
    page = open_page(f"/experiments/{seeded.long}")
    expect(page.get_by_test_id("count")).to_have_text("600 loaded, more follow")


def test_scrolling_reaches_every_run_though_few_are_drawn(open_page: OpenPage, seeded: Seeded) -> None:
    page = open_page(f"/experiments/{seeded.long}")
    expect(page.get_by_test_id("count")).to_contain_text("600")
    view = page.locator("#main")
    view.evaluate("view => view.scrollTo(0, view.scrollHeight)")
    expect(page.get_by_test_id("count")).to_have_text(f"{LONG_RUNS} runs")
    view.evaluate("view => view.scrollTo(0, view.scrollHeight)")
    expect(page.get_by_role("link", name="step-0000", exact=True)).to_be_in_viewport()
    assert page.locator("tbody tr").count() < 100


def test_columns_are_what_differs_in_natural_order(open_page: OpenPage, seeded: Seeded) -> None:
    page = open_page(f"/experiments/{seeded.sweep}?filter=metrics.m10+%3E%3D+0")
    expect(page.get_by_test_id("count")).to_have_text(f"{SWEEP_RUNS} runs match")
    assert headers(page) == ["Run", "Started", "Took", "accuracy", "m2", "m10", "learning_rate", "optimizer"]
    shared = page.locator(".shared")
    expect(shared).to_contain_text("Same in all 240 runs")
    expect(shared).to_contain_text(re.compile("epochs.*7.*seed.*42"))


def test_columns_can_be_chosen_and_the_choice_is_in_the_address(open_page: OpenPage, seeded: Seeded) -> None:
    page = open_page(f"/experiments/{seeded.sweep}")
    page.get_by_role("button", name="Columns").click()
    page.get_by_role("checkbox", name="seed").check()
    page.get_by_role("checkbox", name="m10").uncheck()
    expect(page.locator("thead")).to_contain_text("seed")
    expect(page.locator("thead")).not_to_contain_text("m10")
    assert (in_address(page, "show"), in_address(page, "hide")) == (["params.seed"], ["metrics.m10"])
    page.get_by_role("button", name="Back to automatic").click()
    expect(page.locator("thead")).to_contain_text("m10")
    assert (in_address(page, "show"), in_address(page, "hide")) == ([], [])


def test_numbers_are_short_to_the_eye_and_whole_to_the_hover(open_page: OpenPage, seeded: Seeded) -> None:
    page = open_page(f"/experiments/{seeded.sweep}?filter=attributes.run_name+%3D+'sweep-200'")
    cell = page.locator("tbody td.number span", has_text="0.8354")
    expect(cell).to_have_attribute("title", str(200.5 / 240))
    expect(cell.locator("xpath=..")).to_have_css("text-align", "right")
    expect(page.locator("tbody")).to_contain_text("NaN")


def test_a_copied_cell_holds_the_whole_number(open_page: OpenPage, seeded: Seeded) -> None:
    page = open_page(f"/experiments/{seeded.sweep}?filter=attributes.run_name+%3D+'sweep-200'")
    page.locator("tbody td.number span", has_text="0.8354").dblclick()
    page.keyboard.press("Control+c")
    assert page.evaluate("navigator.clipboard.readText()") == str(200.5 / 240)


def test_a_filter_takes_hold_while_it_is_typed(open_page: OpenPage, seeded: Seeded) -> None:
    page = open_page(f"/experiments/{seeded.sweep}")
    expect(page.get_by_test_id("count")).to_have_text(f"{SWEEP_RUNS + 1} runs")
    page.keyboard.press("/")
    page.keyboard.type("metrics.accuracy > 0.5")
    expect(page.get_by_test_id("count")).to_have_text(f"{ABOVE_HALF} runs match")
    assert in_address(page, "filter") == ["metrics.accuracy > 0.5"]
    page.keyboard.press("Escape")
    expect(page.get_by_test_id("count")).to_have_text(f"{SWEEP_RUNS + 1} runs")


def test_a_refused_filter_says_why_and_keeps_the_table(open_page: OpenPage, seeded: Seeded) -> None:
    page = open_page(f"/experiments/{seeded.sweep}")
    expect(page.get_by_test_id("count")).to_have_text(f"{SWEEP_RUNS + 1} runs")
    before = names(page)
    box = page.get_by_role("searchbox", name="Filter runs")
    box.fill("accuracy > 0.5")
    box.press("Enter")
    expect(page.locator(".refusal")).to_contain_text("accuracy")
    expect(box).to_have_attribute("aria-invalid", "true")
    expect(page.get_by_test_id("count")).to_have_text(f"as before: {SWEEP_RUNS + 1} runs")
    assert names(page)[:20] == before[:20]  # the message takes room: fewer rows are in view
    page.get_by_role("button", name="metrics.accuracy > 0.5").click()
    expect(page.get_by_test_id("count")).to_have_text(f"{ABOVE_HALF} runs match")
    expect(page.locator(".refusal")).to_have_count(0)
    expect(box).to_have_value("metrics.accuracy > 0.5")


def test_the_server_sorts_by_any_column(open_page: OpenPage, seeded: Seeded) -> None:
    page = open_page(f"/experiments/{seeded.sweep}")
    header = page.get_by_role("columnheader", name="m10")
    first = page.locator("tbody th.name a").first
    for order, name in (("descending", "sweep-239"), ("ascending", "sweep-000")):
        header.get_by_role("button").click()
        expect(header).to_have_attribute("aria-sort", order)
        expect(first).to_have_text(name)
    assert in_address(page, "order") == ["metrics.m10 ASC"]
    header.get_by_role("button").click()
    expect(first).to_have_text("sweep-239")
    assert in_address(page, "order") == []


def test_a_link_shows_a_colleague_the_same_picture(open_page: OpenPage, seeded: Seeded) -> None:
    mine = open_page(f"/experiments/{seeded.sweep}")
    expect(mine.get_by_test_id("count")).to_have_text(f"{SWEEP_RUNS + 1} runs")
    mine.get_by_role("searchbox", name="Filter runs").fill("params.optimizer = 'sgd'")
    mine.get_by_role("button", name="accuracy", exact=True).click()
    mine.get_by_role("button", name="Columns").click()
    mine.get_by_role("checkbox", name="m2", exact=True).uncheck()
    expect(mine.get_by_test_id("count")).to_have_text("120 runs match")
    theirs = open_page(urlsplit(mine.url).fragment)
    expect(theirs.get_by_test_id("count")).to_have_text("120 runs match")
    assert headers(theirs) == headers(mine)
    assert names(theirs)[:20] == names(mine)[:20]
    assert len(mine.url) < 250


def test_the_keyboard_walks_the_rows(open_page: OpenPage, seeded: Seeded) -> None:
    page = open_page(f"/experiments/{seeded.sweep}?order=metrics.m10+DESC")
    expect(page.locator("tbody th.name a").first).to_have_text("sweep-239")
    for key in "jjjk":
        page.keyboard.press(key)
    expect(page.locator("tr[data-active]")).to_contain_text("sweep-238")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="sweep-238")).to_be_visible()


def test_the_first_run_is_two_keys_away(open_page: OpenPage, seeded: Seeded) -> None:
    page = open_page(f"/experiments/{seeded.sweep}")
    expect(page.get_by_test_id("count")).to_have_text(f"{SWEEP_RUNS + 1} runs")
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Skip to the table")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("tbody th.name a").first).to_be_focused()


def test_a_run_that_went_silent_does_not_pass_for_running(open_page: OpenPage, seeded: Seeded) -> None:
    page = open_page(f"/experiments/{seeded.sweep}?filter=attributes.run_name+%3D+'silent'")
    expect(page.locator("tbody .status")).to_have_text("running, last news 3 h ago")


def test_times_are_exact_on_hover(open_page: OpenPage, seeded: Seeded) -> None:
    page = open_page(f"/experiments/{seeded.sweep}?filter=attributes.run_name+%3D+'silent'")
    started = page.locator("tbody time")
    expect(started).to_have_text("3 h ago")
    expect(started).to_have_attribute("title", re.compile(r"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3} \S+$"))


def test_the_lines_on_an_empty_page_log_the_first_run(open_page: OpenPage, seeded: Seeded, tmp_path: Path) -> None:
    experiment_id = call(seeded.address, "experiments/create", {"name": f"first {tmp_path.name}"})["experiment_id"]
    page = open_page(f"/experiments/{experiment_id}")
    lines = page.locator(".first-steps pre").inner_text()
    assert seeded.address in lines
    subprocess.run([sys.executable, "-c", lines], cwd=tmp_path, env=plain_environment(), check=True)
    # The page looks again whenever it comes back into view.
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    expect(page.get_by_test_id("count")).to_have_text("1 run")
    expect(page.locator("tbody")).to_contain_text("0.3000")


def test_news_waits_for_the_reader_who_has_scrolled(open_page: OpenPage, seeded: Seeded, tmp_path: Path) -> None:
    experiment_id = call(seeded.address, "experiments/create", {"name": f"news {tmp_path.name}"})["experiment_id"]
    now_ms = int(time.time() * 1000)
    for i in range(60):
        create_run(seeded.address, experiment_id, f"old-{i}", now_ms - 1000 + i, metrics={"loss": i})
    page = open_page(f"/experiments/{experiment_id}")
    expect(page.get_by_test_id("count")).to_have_text("60 runs")
    page.locator("#main").evaluate("view => view.scrollTo(0, 300)")
    create_run(seeded.address, experiment_id, "new", now_ms, metrics={"loss": 1})
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    page.get_by_role("button", name="Changed since").click()
    expect(page.get_by_test_id("count")).to_have_text("61 runs")
    expect(page.locator("tbody th.name a").first).to_have_text("new")


def test_the_page_talks_to_its_own_server_and_little(open_page: OpenPage, seeded: Seeded) -> None:
    page = open_page()
    requests: list[str] = []
    page.on("request", lambda request: requests.append(request.url))
    page.goto("about:blank")
    page.goto(f"{seeded.address}/#/experiments/{seeded.sweep}")
    expect(page.get_by_test_id("count")).to_have_text(f"{SWEEP_RUNS + 1} runs")
    asked = [url for url in requests if not url.startswith(("about:", "data:"))]
    assert [url for url in asked if not url.startswith(seeded.address)] == []
    assert len(asked) <= 15
