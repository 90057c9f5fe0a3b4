"""One served ledger and one Chromium for all tests of the page; a fresh profile for each test."""

from __future__ import annotations

import shutil
from contextlib import ExitStack
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect, sync_playwright
from tabs import Launch, opened
from visited_site import serving_site

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from playwright.sync_api import Browser, BrowserType, Page
    from visited_site import Site

# the longest that a page may take on a loaded machine: what is there is found at once
expect.set_options(timeout=30_000)


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A ledger that is being served, with the story of ``visited_site`` in it."""
    with serving_site(tmp_path_factory.mktemp("site")) as made:
        yield made


@pytest.fixture(scope="session")
def driver() -> Iterator[BrowserType]:
    """What starts a Chromium."""
    with sync_playwright() as playwright:
        yield playwright.chromium


@pytest.fixture(scope="session")
def launch() -> Launch:
    """How to start the machine's own Chromium, without a window."""
    programs = map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))
    program = next(filter(None, programs), None)
    assert program, "Chromium is needed (Debian and Ubuntu: apt install chromium)"
    return {"executable_path": program, "args": ["--no-sandbox"]}


@pytest.fixture(scope="session")
def chromium(driver: BrowserType, launch: Launch) -> Iterator[Browser]:
    """One Chromium for all tests; each tab has a profile of its own, which nothing keeps."""
    browser = driver.launch(**launch)
    yield browser
    browser.close()


@pytest.fixture
def open_page(chromium: Browser, site: Site) -> Iterator[Callable[..., Page]]:
    """Open further tabs: ``open_page(locale="zh-CN", viewport=NARROW, color_scheme="dark")``."""
    with ExitStack() as tabs:
        yield lambda **wishes: tabs.enter_context(opened(chromium, site.url, **wishes))


@pytest.fixture
def browser_page(open_page: Callable[..., Page]) -> Page:
    """A tab of a wide window, in English."""
    return open_page()
