"""The page of one run."""

import zipfile
from pathlib import Path

from playwright.sync_api import expect

from browser.conftest import OpenPage
from browser.seeding import SWEEP_RUNS, Seeded


def test_a_run_shows_what_it_logged(open_page: OpenPage, seeded: Seeded) -> None:
    page = open_page(f"/experiments/{seeded.sweep}/runs/{seeded.trained}")
    expect(page.get_by_role("heading", name=f"sweep-{SWEEP_RUNS - 1}")).to_be_visible()
    expect(page.locator(".run-head")).to_contain_text("took 4.20 s")
    expect(page.locator("section", has_text="Metrics")).to_contain_text("358.5")
    expect(page.locator("section", has_text="Params")).to_contain_text("0.00010")
    page.get_by_role("link", name="sweep", exact=True).click()
    expect(page.get_by_role("table", name="Runs")).to_be_visible()


def test_markup_in_a_tag_is_text(open_page: OpenPage, seeded: Seeded) -> None:
    page = open_page(f"/experiments/{seeded.sweep}/runs/{seeded.trained}")
    expect(page.get_by_role("cell", name="<b>vision</b>")).to_be_visible()


def test_artifacts_are_opened_folder_by_folder_and_downloaded(
    open_page: OpenPage, seeded: Seeded, tmp_path: Path
) -> None:
    page = open_page(f"/experiments/{seeded.sweep}/runs/{seeded.trained}")
    page.get_by_text("plots/").click()
    expect(page.get_by_role("link", name="roc.svg")).to_be_visible()
    with page.expect_download() as download:
        page.get_by_role("link", name="notes.txt").click()
    download.value.save_as(tmp_path / "notes.txt")
    assert (tmp_path / "notes.txt").read_bytes() == b"all went well\n"


def test_a_folder_of_artifacts_is_downloaded_as_one_file(open_page: OpenPage, seeded: Seeded, tmp_path: Path) -> None:
    page = open_page(f"/experiments/{seeded.sweep}/runs/{seeded.trained}")
    page.get_by_text("plots/").click()
    for link, names in (
        ("Download plots/ as zip", {"roc.svg"}),
        ("Download all as zip", {"notes.txt", "plots/roc.svg"}),
    ):
        with page.expect_download() as download:
            page.get_by_role("link", name=link).click()
        download.value.save_as(tmp_path / "archive.zip")
        with zipfile.ZipFile(tmp_path / "archive.zip") as archive:
            assert set(archive.namelist()) >= names


def test_the_link_an_mlflow_client_prints_needs_no_right_experiment(open_page: OpenPage, seeded: Seeded) -> None:
    page = open_page(f"/experiments/{seeded.long}/runs/{seeded.trained}")
    expect(page.get_by_role("link", name="sweep", exact=True)).to_be_visible()
