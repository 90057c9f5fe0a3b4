"""One served ledger and one Chromium for all tests of the page; a fresh profile for each test."""

from __future__ import annotations

import shutil
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import sync_playwright
from visited_site import serving_site

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from playwright.sync_api import Browser, Page
    from visited_site import Site

NARROW = {"width": 360, "height": 740}
WIDE = {"width": 1280, "height": 900}


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A ledger that is being served, with the story of ``visited_site`` in it."""
    with serving_site(tmp_path_factory.mktemp("site")) as made:
        yield made


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """The machine's own Chromium, without a window."""
    programs = map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))
    program = next(filter(None, programs), None)
    assert program, "Chromium is needed (Debian and Ubuntu: apt install chromium)"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        yield browser
        browser.close()


class Complaints(list[str]):
    """What a page complained of: uncaught errors, errors on the console, breaches of its CSP."""


@contextmanager
def opened(browser: Browser, url: str, **wishes: Any) -> Iterator[Page]:  # noqa: ANN401 -- playwright's
    """Open a tab with a profile of its own at a site; fails at the end if the page complained."""
    complaints = Complaints()
    wishes = {"viewport": WIDE, "locale": "en-GB", "reduced_motion": "reduce", **wishes}
    context = browser.new_context(base_url=url, **wishes)
    context.set_default_timeout(15_000)
    page = context.new_page()
    page.on("pageerror", lambda error: complaints.append(f"error: {error}"))
    page.on(
        "console",
        lambda said: complaints.append(f"console: {said.text}") if said.type == "error" else None,
    )
    context.expose_function("reportBreach", lambda words: complaints.append(f"CSP: {words}"))
    context.add_init_script(
        "addEventListener('securitypolicyviolation', (breach) =>"
        " reportBreach(`${breach.violatedDirective} ${breach.blockedURI} ${breach.sample}`));"
    )
    page.complaints = complaints  # type: ignore[attr-defined]  # a test may empty it: page.complaints.clear()
    try:
        yield page
        assert not complaints, complaints
    finally:
        context.close()


@pytest.fixture
def open_page(chromium: Browser, site: Site) -> Iterator[Callable[..., Page]]:
    """Open further tabs: ``open_page(locale="zh-CN", viewport=NARROW, color_scheme="dark")``."""
    with ExitStack() as tabs:
        yield lambda **wishes: tabs.enter_context(opened(chromium, site.url, **wishes))


@pytest.fixture
def browser_page(open_page: Callable[..., Page]) -> Page:
    """A tab of a wide window, in English."""
    return open_page()
