"""A person without a mouse: goes on by Tab until the focus is there, presses, chooses, writes."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Download, Locator, Page

__all__ = ["Keyboard"]

FARTHEST = 60
"""Stops that nobody should have to pass on the way to the next thing to do."""

_IS_THERE = "(element) => element === document.activeElement"
_WATCH = "addEventListener('pointerdown', () => { throw new Error('a mouse was used'); }, true);"


class Keyboard:
    """The keys of one tab; whatever else points at something fails the test."""

    def __init__(self, page: Page) -> None:
        """Take a tab that has loaded no page yet."""
        self.page = page
        page.add_init_script(_WATCH)

    def go_to(self, target: Locator) -> None:
        """Press Tab until the focus is there, and never so that it goes round."""
        target.wait_for()
        for _ in range(FARTHEST):
            if target.evaluate(_IS_THERE):
                return
            self.page.keyboard.press("Tab")
            where = self.page.evaluate("document.activeElement?.tagName")
            assert where != "BODY", f"past the end of the page without {target}"
        raise AssertionError(f"{FARTHEST} stops do not lead to {target}")

    def press(self, target: Locator, key: str = "Enter") -> None:
        self.go_to(target)
        self.page.keyboard.press(key)

    def write(self, target: Locator, text: str) -> None:
        self.go_to(target)
        self.page.keyboard.insert_text(text)

    def choose(self, target: Locator, *paths: Path) -> None:
        """Press a button that asks for files or for a folder, and give it some."""
        with self.page.expect_file_chooser() as waiting:
            self.press(target)
        waiting.value.set_files(paths)

    def save(self, target: Locator, path: Path) -> Path:
        """Press a link that saves a file."""
        with self.page.expect_download() as waiting:
            self.press(target)
        download: Download = waiting.value
        download.save_as(path)
        return path
