"""Strings that break programs, as titles, names and file names: shown as they are, never run.

Those of the Big List of Naughty Strings that a record or a path may hold; the others are refused
before they come to the page, which other tests demand.
"""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any, Final

import httpx
import pytest
from published import published
from small_ledger import key_of, salts
from tabs import NARROW
from visited_site import ORIGIN

from provenance.digests import sha256
from provenance.errors import ProvenanceError
from provenance.record import Record, issue_record
from provenance.text import casefold_key, check_path, nfc

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from playwright.sync_api import Dialog, Page
    from visited_site import Site

MANY: Final = 400
"""At least so many of the 515 are text that a record may hold."""


@pytest.fixture(scope="session")
def naughty() -> list[str]:
    strings: list[str] = json.loads((published("blns") / "blns.json").read_text("utf-8"))
    return sorted({nfc(one) for one in strings})


def _deposit(title: str, names: list[str]) -> Record:
    claims: dict[str, Any] = {
        "dataset_digest": sha256(title.encode()).hex(),
        "files": 1,
        "title": title,
        "contributors": [{"name": name, "roles": ["software"]} for name in names],
    }
    return issue_record(
        "deposit",
        claims,
        private_key=key_of("naughty"),
        aud=ORIGIN,
        iat=int(time.time()),
        salts=salts(title.encode()),
    )


def _may(make: Callable[[str], object], text: str) -> bool:
    try:
        make(text)
    except ProvenanceError:
        return False
    return True


@pytest.fixture(scope="session")
def deposited(site: Site, naughty: list[str]) -> dict[str, str]:
    """Deposit each string as title and name; and all of them as the names of one deposit."""
    titles = [one for one in naughty if _may(lambda text: _deposit(text, [text]), one)]
    assert len(titles) > MANY
    key = issue_record(
        "key",
        {"name": "<img src=x onerror=alert(1)>"},
        private_key=key_of("naughty"),
        aud=ORIGIN,
        iat=int(time.time()),
        salts=salts(b"key"),
    )
    records = [key, *(_deposit(one, [one]) for one in titles), _deposit("everybody", titles)]
    compacts = [record.compact.decode() for record in records]
    answer = httpx.post(f"{site.url}/v1/records/batch", json=compacts, timeout=60)
    assert answer.status_code == 200, answer.text
    results = answer.json()["results"]
    assert all("receipt" in one for one in results), results[0]
    shown = dict(zip(titles, (record.id.hex() for record in records[1:-1]), strict=True))
    return shown | {"everybody": records[-1].id.hex()}


def _shows(page: Page, text: str) -> bool:
    """Tell whether some element's text is exactly this."""
    script = "(text) => [...document.querySelectorAll('main *')].some(e => e.textContent === text)"
    return bool(page.evaluate(script, text))


def _is_cut(page: Page) -> bool:
    """Tell whether the page is wider than its window."""
    return bool(page.evaluate("document.documentElement.scrollWidth > innerWidth"))


def _watched(page: Page) -> list[str]:
    dialogs: list[str] = []

    def note(dialog: Dialog) -> None:
        dialogs.append(dialog.message)
        dialog.dismiss()

    page.on("dialog", note)
    return dialogs


def test_titles_are_shown_as_they_are(
    open_page: Callable[..., Page], deposited: dict[str, str]
) -> None:
    page = open_page(viewport=NARROW)
    dialogs = _watched(page)
    page.goto(f"/keys/{key_of('naughty').public.thumbprint}")
    page.wait_for_selector("main h1")
    hostile = [one for one in deposited if "<" in one or "script" in one or len(one) > 100]

    for title in hostile[::3][:6]:
        page.goto(f"/records/{deposited[title]}")
        page.wait_for_selector("main h1")
        page.wait_for_function(
            "(text) => [...document.querySelectorAll('main *')].some(e => e.textContent === text)",
            arg=title,
        )
        assert not _is_cut(page), title

    assert dialogs == []


def test_names_are_shown_as_they_are(
    open_page: Callable[..., Page], deposited: dict[str, str]
) -> None:
    page = open_page(viewport=NARROW)
    dialogs = _watched(page)

    page.goto(f"/records/{deposited['everybody']}")
    page.wait_for_selector("table")

    missing = [one for one in deposited if one != "everybody" and not _shows(page, one)]
    assert missing == []
    assert not _is_cut(page)
    assert dialogs == []


def test_file_names_are_shown_as_they_are(
    open_page: Callable[..., Page], site: Site, naughty: list[str], tmp_path: Path
) -> None:
    folder = tmp_path / "naughty"
    folder.mkdir()
    one_part = [one for one in naughty if "/" not in one and len(one.encode()) < 200]
    names = list({casefold_key(one): one for one in one_part if _may(check_path, one)}.values())
    for name in names:
        (folder / name).write_text("x")
    record = site.sign("naughty", "zhang", "deposit", folder, "--publish-manifest")
    page = open_page()
    dialogs = _watched(page)

    page.goto(f"/records/{record}")
    page.locator(".files button").first.click()
    page.wait_for_selector(".files table")

    assert len(names) > 100
    assert all(_shows(page, name) for name in sorted(names, key=str.encode)[:100])
    assert not _is_cut(page)
    assert dialogs == []
