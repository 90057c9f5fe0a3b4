"""Strings that break programs, as titles, names and file names: shown as they are, never run.

All of the Big List of Naughty Strings that a record or a path may hold; the others are refused
before they come to the page, which other tests demand.
"""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any, Final, TypeVar

import httpx
import pytest
from axe import overflowing
from published import published
from reading_page import keep_policy, open_at
from small_ledger import key_of, salts
from tabs import NARROW
from visited_site import ORIGIN

from provenance.digests import sha256
from provenance.errors import ProvenanceError
from provenance.fingerprint import FileEntry, Summary, in_order, summarize, write_manifest
from provenance.holder_statement import PUBLICATION, issue_statement
from provenance.record import Record, issue_record
from provenance.text import casefold_key, check_path, nfc

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from playwright.sync_api import Dialog, Page
    from visited_site import Site

_Given = TypeVar("_Given")

MANY: Final = 470
"""At least so many of the 511 are text that a record or a path may hold."""

PAGE_FULL: Final = 100
"""Files of a list that the page shows; the others it counts."""

KEY: Final = key_of("naughty")
SHARED: Final = Summary(sha256(b"deposited again and again"), 1, 1)
TEXTS = "(place) => [...document.querySelectorAll(place)].map((one) => one.textContent)"


@pytest.fixture(scope="module")
def naughty() -> list[str]:
    strings: list[str] = json.loads((published("blns") / "blns.json").read_text("utf-8"))
    return sorted({nfc(one) for one in strings})


@pytest.fixture(scope="module")
def titles(naughty: list[str]) -> list[str]:
    return [one for one in naughty if _may(_deposit, one)]


@pytest.fixture(scope="module")
def names(naughty: list[str]) -> list[str]:
    return [one for one in naughty if _may(lambda text: _deposit("names", [text]), one)]


def _summary(entries: Sequence[FileEntry]) -> Summary:
    return summarize(in_order(entries))


def _may(make: Callable[[_Given], object], given: _Given) -> bool:
    try:
        make(given)
    except ProvenanceError:
        return False
    return True


def _deposit(title: str, names: Sequence[str] = ("Li",), data: Summary = SHARED) -> Record:
    claims: dict[str, Any] = {
        "dataset_digest": data.digest.hex(),
        "files": data.files,
        "title": title,
        "contributors": [{"name": name, "roles": ["software"]} for name in names],
    }
    return _issued("deposit", claims)


def _issued(type_: str, claims: dict[str, Any]) -> Record:
    return issue_record(
        type_,
        claims,
        private_key=KEY,
        aud=ORIGIN,
        iat=int(time.time()),
        salts=salts(repr(claims).encode()),
    )


def _send(site: Site, records: list[Record]) -> list[str]:
    """Deposit records in one request, after the key's own; return their ids."""
    key = _issued("key", {"name": "<img src=x onerror=alert(1)>"})
    compacts = [record.compact.decode() for record in (key, *records)]
    answer = httpx.post(f"{site.url}/v1/records/batch", json=compacts, timeout=60)
    assert answer.status_code == 200, answer.text
    assert all("receipt" in one for one in answer.json()["results"]), answer.text
    return [record.id.hex() for record in records]


@pytest.fixture
def page(open_page: Callable[..., Page], site: Site) -> Iterator[Page]:
    """A narrow tab of somebody who has compared the policy; nothing may open a dialog in it."""
    page = open_page(viewport=NARROW)
    dialogs: list[str] = []

    def note(dialog: Dialog) -> None:
        dialogs.append(dialog.message)
        dialog.dismiss()

    page.on("dialog", note)
    keep_policy(page, site)
    yield page
    assert dialogs == []


def test_titles_are_shown_as_they_are(page: Page, site: Site, titles: list[str]) -> None:
    assert len(titles) > MANY
    half = len(titles) // 2  # a page takes 400 answers
    for some in (titles[:half], titles[half:]):
        data = Summary(sha256(some[0].encode()), 1, 1)
        _send(site, [_deposit(title, data=data) for title in some])
        open_at(page, f"/find?digest={data.digest.hex()}")

        assert page.evaluate(TEXTS, ".hit-title a") == some
        assert page.locator(".hit .trust.checked").count() == len(some)
        assert overflowing(page) == []


def test_names_are_shown_as_they_are(page: Page, site: Site, names: list[str]) -> None:
    assert len(names) > MANY
    (record,) = _send(site, [_deposit("everybody", names)])
    open_at(page, f"/records/{record}")

    assert set(names) <= set(page.evaluate(TEXTS, ".matrix bdi"))
    assert overflowing(page) == []


def _manifests(naughty: list[str]) -> Iterator[list[FileEntry]]:
    """Yield datasets whose files are called so, none with two names that are too much alike."""
    paths = [one for one in naughty if _may(check_path, one)]
    waiting = list({casefold_key(one): one for one in paths}.values())
    while waiting:
        taken: list[FileEntry] = []
        for path in list(waiting):
            entries = [*taken, FileEntry(path, sha256(path.encode()), len(path))]
            if len(entries) <= PAGE_FULL and _may(_summary, entries):
                taken = entries
                waiting.remove(path)
        yield list(in_order(taken))


def _publish(site: Site, record: str, manifest: bytes) -> None:
    statement = issue_statement(
        PUBLICATION,
        record_id=record,
        private_key=KEY,
        aud=ORIGIN,
        iat=int(time.time()),
        jti=record[:32],
    )
    headers = {"content-type": "application/jsonl", "authorization": f"JWS {statement}"}
    answer = httpx.put(
        f"{site.url}/v1/records/{record}/manifest", content=manifest, headers=headers
    )
    assert answer.status_code == 204, answer.text


def test_file_names_are_shown_as_they_are(page: Page, site: Site, naughty: list[str]) -> None:
    datasets = list(_manifests(naughty))
    assert sum(map(len, datasets)) > MANY
    # and at the head of each page a title that would run
    titles = [one for one in naughty if "<script" in one.lower() and _may(_deposit, one)]
    titles = titles[: len(datasets)]
    records = [
        _deposit(title, data=summarize(entries))
        for title, entries in zip(titles, datasets, strict=True)
    ]
    for record, title, entries in zip(_send(site, records), titles, datasets, strict=True):
        _publish(site, record, write_manifest(entries))
        open_at(page, f"/records/{record}")
        page.locator(".files button").first.click()
        page.wait_for_selector(".files table")

        assert page.evaluate(TEXTS, ".certificate .sheet-title bdi") == [title]
        assert page.evaluate(TEXTS, ".files th bdi") == [one.path for one in entries]
        assert overflowing(page) == []
