"""Whole ways without a mouse: a deposit, an answer to an invitation, a verdict."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from deposit_steps import PASSPHRASE
from keyboard import Keyboard
from playwright.sync_api import expect

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Page
    from visited_site import Site


@pytest.fixture
def keyboard(browser_page: Page) -> Keyboard:
    return Keyboard(browser_page)


def make_key(keyboard: Keyboard, target: Path) -> None:
    """Make a key, save its file, and show it to the page again."""
    page = keyboard.page
    keyboard.write(page.get_by_label("Choose a passphrase"), PASSPHRASE)
    keyboard.press(page.get_by_role("button", name="Make the key"))
    keyboard.save(page.get_by_role("link", name="Save the key file"), target)
    keyboard.choose(page.get_by_role("button", name="Choose a file"), target)
    keyboard.write(page.get_by_label("Passphrase", exact=True), PASSPHRASE)
    keyboard.press(page.get_by_role("button", name="Open the key"))


def test_a_deposit_needs_no_mouse(keyboard: Keyboard, tmp_path: Path) -> None:
    page = keyboard.page
    data = tmp_path / "data"
    data.mkdir()
    (data / "a.csv").write_text("keyboard\n")
    onward = page.get_by_role("button", name="Continue")

    page.goto("/")
    keyboard.press(page.get_by_role("link", name="Deposit", exact=True))
    expect(page.locator("h1")).to_be_focused()
    keyboard.choose(page.get_by_role("button", name="Choose a folder"), data)
    keyboard.press(onward)
    keyboard.write(page.get_by_label("Title"), "By keyboard")
    keyboard.press(onward)
    keyboard.write(page.get_by_label("Name"), "Li Na")
    keyboard.press(page.get_by_role("checkbox", name="Methodology"), "Space")
    keyboard.press(onward)
    keyboard.go_to(page.get_by_role("radio", name="Open (usual)"))
    page.keyboard.press("ArrowDown")
    expect(page.get_by_role("radio", name="Sealed")).to_be_checked()
    page.keyboard.press("ArrowUp")
    keyboard.press(onward)
    make_key(keyboard, tmp_path / "key.jwe")
    keyboard.press(page.get_by_role("button", name="Sign and deposit"))
    expect(page.get_by_role("heading", name="Receipt", exact=True)).to_be_focused()
    expect(page.locator(".receipt-sheet")).to_contain_text("Li Na")
    receipt = keyboard.save(page.get_by_role("link", name="Save the receipt"), tmp_path / "r.json")

    assert json.loads(receipt.read_text())["format"] == "provenance-receipt"


def test_an_invitation_is_answered_without_a_mouse(
    keyboard: Keyboard, site: Site, tmp_path: Path
) -> None:
    page = keyboard.page
    folder = tmp_path / "data"
    folder.mkdir()
    (folder / "a.csv").write_text("invited\n")
    record = site.sign(
        "by-keyboard", "zhang", "deposit", folder, "--title", "Answered by keyboard",
        "--contributor", "Li Na; roles=software,validation",
    )  # fmt: skip
    told: Any = json.loads(site.people["zhang"].here("invite", record, "--json").out)

    page.goto(told[0]["link"].removeprefix(site.url))
    keyboard.go_to(page.locator("input[type=radio][value=accept]"))
    page.keyboard.press("ArrowDown")
    keyboard.press(page.get_by_role("checkbox", name="Software"), "Space")
    keyboard.write(page.locator("textarea"), "Validation only.")
    keyboard.press(page.get_by_role("button", name="Continue"))
    expect(page.get_by_role("heading", name="Your key")).to_be_focused()
    make_key(keyboard, tmp_path / "key.jwe")
    keyboard.press(page.get_by_role("button", name="Sign and send"))
    expect(page.get_by_role("heading", name="Your answer is in the log")).to_be_focused()

    credit: Any = site.said("wang", "credit", record)
    assert [(one["name"], one["status"]) for one in credit["people"]] == [("Li Na", "amended")]


def test_a_verdict_needs_no_mouse(keyboard: Keyboard, site: Site, tmp_path: Path) -> None:
    page = keyboard.page
    receipt = tmp_path / "receipt.json"
    ran = site.people["zhang"].here("receipt", site.records["first"], "--wait", "-o", receipt)
    assert ran.code == 0, ran
    shown = json.loads(site.people["zhang"].here("show", receipt, "--json").out)

    page.goto("/verify")
    keyboard.choose(page.get_by_role("button", name="Choose files"), receipt)
    keyboard.choose(page.get_by_role("button", name="Choose a folder"), site.folder / "ice")
    keyboard.press(page.get_by_role("button", name="Take the policy that this server gives"))
    compare = page.get_by_label("I have compared all 64 characters by eye.")
    keyboard.press(compare, "Space")
    keyboard.press(page.get_by_role("button", name="Keep this policy in this browser"))
    keyboard.write(page.get_by_label("Hash of the block"), shown["blocks"][0]["hash"])
    keyboard.press(page.locator("summary", has_text="How strict"))
    keyboard.press(page.get_by_role("checkbox", name="Accept a development chain"), "Space")

    expect(page.locator(".step", has_text="The data are the ones")).to_contain_text("proved")
    expect(page.locator(".verdict .interval time").nth(1)).to_be_visible()
