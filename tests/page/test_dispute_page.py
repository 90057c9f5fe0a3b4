"""A dispute from both sides: whose is what, which came first, what was decided."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect
from reading_page import assert_usable, keep_policy, open_at
from tabs import NARROW, WIDE

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Page
    from visited_site import Site

TABS = [
    {"viewport": WIDE, "locale": "en-GB", "color_scheme": "light"},
    {"viewport": NARROW, "locale": "zh-CN", "color_scheme": "dark"},
]


@pytest.fixture(scope="module")
def ruled(site: Site) -> str:
    """A second dispute, about the second deposit alone: ruled and corrected."""
    if "ruled" in site.records:
        return site.records["ruled"]
    second = site.records["second"]
    site.sign(
        "ruled", "institute", "dispute", second, "--about", "roles",
        "--party", "claimant: Kristen Gorman", "--party", "respondent: 王芳",
    )  # fmt: skip
    site.sign("bystander", "wang", "statement", site.records["ruled"], "--text", "I was there.")
    site.sign(
        "ruling", "institute", "ruling", site.records["ruled"], "upheld", "--corrects", second,
        "--reason", "The person named had no part in it.",
    )  # fmt: skip
    site.sign(
        "corrected", "wang", "correct", second, "--ruling", site.records["ruling"],
        "--by", site.records["first"],
    )  # fmt: skip
    return site.records["ruled"]


def test_each_side_has_what_its_keys_signed(browser_page: Page, site: Site) -> None:
    keep_policy(browser_page, site)
    open_at(browser_page, f"/disputes/{site.records['dispute']}")

    claimant, respondent = browser_page.locator(".side").all()
    expect(claimant).to_contain_text("張三")
    expect(claimant).to_contain_text("冰厚观测 Ice thickness 2025")
    expect(claimant).to_contain_text("笔记本第12页。")
    expect(respondent).to_contain_text("王芳")
    expect(respondent).to_contain_text("Ice thickness, second group")
    expect(respondent).not_to_contain_text("笔记本")
    expect(browser_page.locator(".sheet .badge.caution")).to_contain_text("nobody has decided")
    expect(browser_page.locator(".sheet .trust.checked")).to_be_visible()
    opened = browser_page.locator(".sheet .who")  # nobody has to confirm an institution
    expect(opened.locator(".badge")).to_contain_text("The institution’s own key")


def test_which_came_first_is_shown_and_not_judged(browser_page: Page, site: Site) -> None:
    keep_policy(browser_page, site)
    open_at(browser_page, f"/disputes/{site.records['dispute']}")

    rows = browser_page.locator("table.cards tbody tr")
    expect(rows.first).to_contain_text("冰厚观测 Ice thickness 2025")
    expect(rows.last).to_contain_text("1 object")
    expect(browser_page.locator("main")).to_contain_text("it does not show who had the data first")
    # on a chain that the operator runs, and no block looked up: outlines only
    expect(browser_page.locator(".axis-bar:not(.own)")).to_have_count(0)
    expect(browser_page.locator(".axis-bar.own")).to_have_count(2)


def test_the_decision_and_what_follows(browser_page: Page, site: Site, ruled: str) -> None:
    keep_policy(browser_page, site)
    open_at(browser_page, f"/disputes/{ruled}")

    expect(browser_page.locator(".sheet")).to_contain_text("decided, and corrected as decided")
    ruling = browser_page.locator(".decided-ruling.in-force")
    expect(ruling).to_contain_text("Upheld")
    expect(ruling).to_contain_text("The person named had no part in it.")
    expect(browser_page.locator(".decided-correction")).to_have_count(1)

    open_at(browser_page, f"/records/{site.records['second']}")
    expect(browser_page.locator(".banners")).to_contain_text("Superseded")
    expect(browser_page.locator(".banners")).to_contain_text("corrected accordingly")


def test_a_record_that_is_no_dispute_is_told(browser_page: Page, site: Site) -> None:
    open_at(browser_page, f"/disputes/{site.records['first']}")

    link = browser_page.get_by_role("link", name="Open it as a record")
    expect(link).to_have_attribute("href", f"/records/{site.records['first']}")


@pytest.mark.parametrize("wishes", TABS, ids=["wide-en", "narrow-zh-dark"])
def test_everybody_can_read_a_dispute(
    open_page: Callable[..., Page], site: Site, ruled: str, wishes: dict[str, object]
) -> None:
    page = open_page(**wishes)
    keep_policy(page, site)
    for dispute in (site.records["dispute"], ruled):
        open_at(page, f"/disputes/{dispute}")
        expect(page.locator(".sides")).to_be_visible()
        assert_usable(page)
