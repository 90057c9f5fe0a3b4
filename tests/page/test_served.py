"""The page is there, and is not fetched again and again."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.sync_api import Page

_OVER_THE_NET = """performance.getEntriesByType("resource")
  .filter((one) => one.transferSize > 0)
  .map((one) => new URL(one.name).pathname)"""


def test_the_page_opens_without_a_complaint(browser_page: Page) -> None:
    answer = browser_page.goto("/")

    assert answer is not None
    assert answer.status == 200
    browser_page.wait_for_selector("main h1")


def test_what_a_browser_has_of_this_release_it_does_not_ask_for(browser_page: Page) -> None:
    fetched = []
    for _ in range(2):
        browser_page.goto("/find", wait_until="networkidle")
        fetched.append(browser_page.evaluate(_OVER_THE_NET))

    assert len(fetched[0]) > 100
    assert fetched[1] == []


def test_what_an_earlier_release_left_is_cleared_away(browser_page: Page) -> None:
    browser_page.goto("/about")
    browser_page.evaluate(
        """async () => (await caches.open("provenance-page"))
          .put("/web/0000000000000000/page.js", new Response("old"))"""
    )
    browser_page.goto("/verify")
    browser_page.get_by_text("Checking without a network").click()
    browser_page.get_by_text("now also opens without a network").wait_for()

    kept: list[str] = browser_page.evaluate(
        """async () => (await (await caches.open("provenance-page")).keys())
          .map(({ url }) => new URL(url).pathname)"""
    )
    releases = {path.split("/")[2] for path in kept if path.startswith("/web/")}
    assert "/verify" in kept
    assert len(releases) == 1
    assert "0000000000000000" not in releases
