"""A tab of the browser, which fails the test when the page in it complains."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypedDict
from weakref import WeakKeyDictionary

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Page

__all__ = ["NARROW", "WIDE", "Complaints", "Launch", "complaints_of", "opened"]


class Launch(TypedDict):
    """How a browser is started."""

    executable_path: str
    args: list[str]


NARROW = {"width": 360, "height": 740}
WIDE = {"width": 1280, "height": 900}


class Complaints(list[str]):
    """What a page complained of: uncaught errors, errors on the console, breaches of its CSP."""

    _failures_are_meant = False

    def expect_failures(self) -> None:
        """Say that requests fail in this test; the browser may tell of one late."""
        self._failures_are_meant = True

    def left(self) -> list[str]:
        """Return what nobody meant.

        A container that starts on this machine gives it another network device, upon which
        Chromium drops what it is loading; a test to which that matters fails all the same.
        """
        meant = "Failed to load resource"
        if not self._failures_are_meant:
            meant += ": net::ERR_NETWORK_CHANGED"
        return [one for one in self if meant not in one]


_COMPLAINTS: WeakKeyDictionary[Page, Complaints] = WeakKeyDictionary()


def complaints_of(page: Page) -> Complaints:
    """Return what the page of a tab complained of so far."""
    return _COMPLAINTS[page]


@contextmanager
def opened(browser: Browser, url: str, **wishes: Any) -> Iterator[Page]:  # noqa: ANN401 -- playwright's
    """Open a tab with a profile of its own at a site; fails at the end if the page complained."""
    complaints = Complaints()
    wishes = {"viewport": WIDE, "locale": "en-GB", "reduced_motion": "reduce", **wishes}
    context = browser.new_context(base_url=url, **wishes)
    context.set_default_timeout(60_000)
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
    _COMPLAINTS[page] = complaints
    try:
        yield page
        assert not complaints.left(), complaints
    finally:
        # a request still under way in a test's own handler would fail the next test instead
        for one in context.pages:  # those that the test has not closed
            one.unroute_all(behavior="ignoreErrors")
        context.close()
