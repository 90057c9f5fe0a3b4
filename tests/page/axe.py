"""What axe-core finds wrong with a page for people who cannot see it or use no mouse."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.sync_api import Page

__all__ = ["overflowing", "serious_findings"]

_SOURCE = Path(__file__).parents[2] / "node_modules" / "axe-core" / "axe.min.js"
_RUN = """async () => {
  const { violations } = await axe.run(document, { resultTypes: ["violations"] });
  return violations
    .filter(({ impact }) => impact === "serious" || impact === "critical")
    .flatMap(({ id, nodes }) =>
      nodes.map(({ html, failureSummary }) => `${id}: ${html}\\n${failureSummary}`));
}"""
_OVERFLOWING = """() => {
  const { clientWidth, scrollWidth } = document.documentElement;
  const isScrolled = (element) => {
    for (let at = element.parentElement; at; at = at.parentElement)
      if (["auto", "scroll", "clip"].includes(getComputedStyle(at).overflowX)) return true;
    return false;
  };
  const found = [...document.body.querySelectorAll("*")]
    .filter((element) => element.checkVisibility())
    .filter((element) => element.getBoundingClientRect().right > clientWidth + 1)
    .filter((element) => !isScrolled(element))
    .map((element) => element.outerHTML.slice(0, 120));
  // the text of an element may stick out of the element's own box
  return scrollWidth > clientWidth ? [`${scrollWidth} px of ${clientWidth}`, ...found] : found;
}"""


def serious_findings(page: Page) -> list[str]:
    """Return the serious and critical findings, with the element and what to do.

    The program comes in by the debugger, which no CSP of the page holds back.
    """
    if not page.evaluate("() => 'axe' in globalThis"):
        page.evaluate(_SOURCE.read_text())
    found: list[str] = page.evaluate(_RUN)
    return found


def overflowing(page: Page) -> list[str]:
    """Return the elements that stick out of the window on the right, outside of what scrolls."""
    found: list[str] = page.evaluate(_OVERFLOWING)
    return found
