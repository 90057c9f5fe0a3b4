"""The page is there."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.sync_api import Page


def test_the_page_opens_without_a_complaint(browser_page: Page) -> None:
    answer = browser_page.goto("/")

    assert answer is not None
    assert answer.status == 200
    browser_page.wait_for_selector("main h1")
