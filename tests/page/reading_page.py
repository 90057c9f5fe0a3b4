"""What the tests of the pages for looking up share: whom the reader trusts, and waiting."""

from __future__ import annotations

from typing import TYPE_CHECKING

from axe import overflowing, serious_findings

if TYPE_CHECKING:
    from playwright.sync_api import Page
    from visited_site import Site

__all__ = ["assert_usable", "keep_policy", "open_at"]

_KEEP = """async (text) => {
  const { keepPolicy } = await import("/web/policies.js");
  const octets = new TextEncoder().encode(text);
  await keepPolicy(octets, JSON.parse(text).origin);
}"""


def keep_policy(page: Page, site: Site) -> None:
    """Let this browser's reader have compared the ledger's policy before."""
    page.goto("/about")
    page.evaluate(_KEEP, site.policy.read_text("utf-8"))


def open_at(page: Page, path: str) -> None:
    """Open an address and wait until its view is complete."""
    page.goto(path)
    page.wait_for_selector("main:not([aria-busy]) h1")


def assert_usable(page: Page) -> None:
    """Nothing sticks out, and axe-core finds nothing serious."""
    assert overflowing(page) == []
    assert serious_findings(page) == []
