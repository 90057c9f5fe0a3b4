"""Somebody closes the browser and comes back another day, with a profile that is kept."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from deposit_steps import describe, enter_person, new_key, pick_folder, press
from playwright.sync_api import expect
from reading_page import keep_policy

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import BrowserType, Page
    from tabs import Launch
    from visited_site import Site


@contextmanager
def _a_day(driver: BrowserType, launch: Launch, profile: Path, site: Site) -> Iterator[Page]:
    """Start the browser with a profile, and end it."""
    context = driver.launch_persistent_context(
        profile, base_url=site.url, locale="en-GB", accept_downloads=True, **launch
    )
    try:
        yield context.new_page()
    finally:
        context.close()


def test_key_deposit_and_policy_are_there_the_next_day(
    driver: BrowserType, launch: Launch, site: Site, tmp_path: Path
) -> None:
    data = tmp_path / "data"
    data.mkdir()
    (data / "a.csv").write_text("kept\n")
    with _a_day(driver, launch, tmp_path / "profile", site) as page:
        keep_policy(page, site)
        page.goto("/deposit")
        pick_folder(page, "en", data)
        describe(page, "en", "Kept until tomorrow")
        enter_person(page, "en", "Li Na", "")
        press(page, "en", "next")
        new_key(page, "en", tmp_path / "key.jwe")
        press(page, "en", "sign")
        entry = page.locator(".receipt-sheet .entry").inner_text()

    with _a_day(driver, launch, tmp_path / "profile", site) as page:
        page.goto("/deposit")
        page.get_by_text("Deposits made in this browser: 1").click()
        page.get_by_role("button", name="Kept until tomorrow").click()
        expect(page.locator(".receipt-sheet .entry")).to_have_text(entry)
        # by the policy that was compared yesterday
        expect(page.locator(".receipt-sheet .trust.checked")).to_be_visible()
        with page.expect_download() as download:
            page.get_by_role("link", name="Save the receipt").click()
        receipt = tmp_path / "receipt.json"
        download.value.save_as(receipt)

        page.goto("/verify")
        page.locator(".given .drop input:not([webkitdirectory])").set_input_files(receipt)
        page.locator(".given .drop input[webkitdirectory]").set_input_files(data)
        told = page.locator(".step", has_text="The data are the ones")
        expect(told).to_contain_text("the dataset digest is that of the record")
        expect(page.get_by_text("Your trust policy: you have compared its digest")).to_be_visible()

        page.goto("/deposit")
        pick_folder(page, "en", data)
        describe(page, "en", "By the key of yesterday")
        enter_person(page, "en", "Li Na", "")
        press(page, "en", "next")
        press(page, "en", "use key")
        press(page, "en", "sign")
        expect(page.locator(".receipt-sheet .trust.checked")).to_be_visible()
        page.get_by_role("link", name="Deposit something else").click()
        expect(page.get_by_text("Deposits made in this browser: 2")).to_be_visible()
