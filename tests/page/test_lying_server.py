"""A server that lies: what it forges is told, or shown as its word, and never called checked.

Between the browser and a real ledger stands a proxy that changes answers: receipts, proofs,
look-ups, and what they say of a record's standing.
"""

from __future__ import annotations

import json
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect
from reading_page import keep_policy, open_at
from tabs import opened

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from playwright.sync_api import Browser, Page, Route
    from visited_site import Site

    Lie = Callable[[Route, bytes], bytes | None]


@contextmanager
def lying(page: Page, about: str, lie: Lie) -> Iterator[None]:
    """Let the server answer ``about`` (a glob) with what ``lie`` makes of the true answer."""

    def answer(route: Route) -> None:
        response = route.fetch()
        told = lie(route, response.body())
        route.fulfill(response=response, body=response.body() if told is None else told)

    page.route(about, answer)
    yield
    page.unroute(about)


@pytest.fixture(scope="module")
def reader(chromium: Browser, site: Site) -> Iterator[Page]:
    """Somebody who has compared the ledger's policy before the server began to lie."""
    with opened(chromium, site.url) as page:
        keep_policy(page, site)
        yield page


def receipt_of(page: Page, site: Site, name: str) -> bytes:
    body: bytes = page.request.get(f"/v1/records/{site.records[name]}/receipt").body()
    return body


def refused(page: Page) -> None:
    """Nothing of a record is shown, and it is said why."""
    expect(page.locator(".notice.false .trust.false")).to_be_visible()
    expect(page.locator(".certificate, .sheet")).to_have_count(0)
    expect(page.locator(".trust.checked")).to_have_count(0)


def test_the_receipt_of_another_record_is_refused(reader: Page, site: Site) -> None:
    other = receipt_of(reader, site, "second")

    with lying(reader, "**/v1/records/*/receipt", lambda *_: other):
        open_at(reader, f"/records/{site.records['first']}")
        refused(reader)
        expect(reader.locator("main")).not_to_contain_text("Ice thickness")


def _bent(part: str) -> Lie:
    """Change one character inside of a part of a receipt, and leave it well formed."""

    def lie(_: Route, body: bytes) -> bytes:
        text = body.decode()
        at = text.index(part) + len(part) + 12
        other = "0" if text[at] != "0" else "1"
        return (text[:at] + other + text[at + 1 :]).encode()

    return lie


@pytest.mark.parametrize("part", ['"record":["', '"checkpoint":"', '"sd_jwt":"eyJ'])
def test_a_bent_receipt_is_refused(reader: Page, site: Site, part: str) -> None:
    with lying(reader, "**/v1/records/*/receipt", _bent(part)):
        open_at(reader, f"/records/{site.records['first']}")
        refused(reader)


def test_an_answer_that_does_not_hold_is_told_and_not_counted(reader: Page, site: Site) -> None:
    accepted = site.records["accepted"]
    other = receipt_of(reader, site, "objected")

    with lying(reader, f"**/v1/records/{accepted}/receipt", lambda *_: other):
        open_at(reader, f"/records/{site.records['first']}")

        expect(reader.locator(".left-out .notice.false")).to_contain_text("another record")
        row = reader.locator(".matrix tr", has_text="Kristen Gorman")
        expect(row.locator(".accepted")).to_have_count(0)
        expect(row.locator(".claimed").first).to_be_visible()


def test_records_that_are_about_something_else_are_told(reader: Page, site: Site) -> None:
    """The server says that the objection to another deposit is about this one."""

    about = f"**/v1/lookup?digest={site.records['accepted']}*"
    with lying(reader, about, lambda route, body: _with_objection(route, body, site)):
        open_at(reader, f"/records/{site.records['first']}")

        expect(reader.locator(".left-out .notice.false")).to_contain_text("not about")
        row = reader.locator(".matrix tr", has_text="Kristen Gorman")
        expect(row.locator(".objected")).to_have_count(0)


def _with_objection(_: Route, body: bytes, site: Site) -> bytes:
    page: dict[str, Any] = json.loads(body)
    made_up = {"id": site.records["objected"], "type": "response"}
    return json.dumps({**page, "items": [*page["items"], made_up]}).encode()


def test_a_sound_standing_does_not_hide_a_dispute(reader: Page, site: Site) -> None:
    def lie(_: Route, body: bytes) -> bytes:
        view = json.loads(body)
        if "standing" in view:
            view["standing"] |= {"disputed": False, "disputes": []}
        return json.dumps(view).encode()

    with lying(reader, f"**/v1/records/{site.records['first']}", lie):
        open_at(reader, f"/records/{site.records['first']}")

        expect(reader.locator(".banners")).to_contain_text("In dispute")


def test_a_dispute_of_nobody_whom_the_policy_names_flags_nothing(
    browser_page: Page, site: Site
) -> None:
    """The server names a key of its own as an institution's; the reader's policy does not."""
    policy = json.loads(site.policy.read_text("utf-8"))
    without = json.dumps({**policy, "institution_keys": []}, separators=(",", ":"))
    browser_page.goto("/about")
    browser_page.evaluate(
        "async (text) => (await import('/web/policies.js'))"
        ".keepPolicy(new TextEncoder().encode(text), JSON.parse(text).origin)",
        without + "\n",
    )
    open_at(browser_page, f"/disputes/{site.records['dispute']}")
    expect(browser_page.locator("main .notice.caution").first).to_contain_text("flags nothing")

    open_at(browser_page, f"/records/{site.records['first']}")
    expect(browser_page.locator(".banners")).to_have_count(0)
    expect(browser_page.locator(".certificate .institution_bound")).to_have_count(0)


def test_a_look_up_that_gives_a_name_to_anothers_key_is_shown_as_it_is(reader: Page) -> None:
    """Hits are shown by their receipts, whatever the server wrote beside them."""

    def lie(_: Route, body: bytes) -> bytes:
        page = json.loads(body)
        for hit in page["items"]:
            hit["people"] = [{"name": "Mallory", "orcid": None, "roles": []}]
            hit["title"], hit["identity"] = "Mallory's data", "institution-bound"
        return json.dumps(page).encode()

    with lying(reader, "**/v1/lookup?name=*", lie):
        open_at(reader, "/find?name=Kristen+Gorman")
        own = reader.locator(".hits-of-level.self_asserted .hit")
        expect(own.first).to_be_visible()
        expect(own.first.locator(".trust.checked")).to_be_visible()
        expect(reader.locator("main")).not_to_contain_text("Mallory")


def test_a_hit_whose_receipt_does_not_hold_is_called_untrue(reader: Page, site: Site) -> None:
    second = site.records["second"]
    with lying(reader, f"**/v1/records/{second}/receipt", _bent('"record":["')):
        open_at(reader, "/people/0000-0001-5109-3700")

        expect(reader.locator(".notice.false .trust.false")).to_be_visible()
        expect(reader.locator(f'[data-id="{second}"]')).to_have_count(0)


def test_a_manifest_of_other_files_is_refused(reader: Page, site: Site) -> None:
    other = reader.request.get(f"/v1/records/{site.records['second']}/manifest").body()

    with lying(reader, "**/v1/records/*/manifest", lambda *_: other):
        open_at(reader, f"/records/{site.records['first']}")
        reader.get_by_role("button", name="Fetch and check the list").click()

        expect(reader.locator(".files .trust.false")).to_be_visible()
        expect(reader.locator(".files")).not_to_contain_text("notes.csv")


def test_what_a_server_leaves_out_is_told_by_own_receipts(reader: Page, site: Site) -> None:
    """Of a record whose receipt this browser keeps, nobody can say that it is not there."""
    first = site.records["first"]
    octets = receipt_of(reader, site, "first")
    key = json.loads(reader.request.get(f"/v1/records/{first}").body())["key"]
    reader.evaluate(
        "async ([id, text]) => (await import('/web/store.js'))"
        ".keep('receipts', id, new TextEncoder().encode(text))",
        [first, octets.decode()],
    )

    def lie(_: Route, body: bytes) -> bytes:
        page = json.loads(body)
        kept = [hit for hit in page["items"] if hit["id"] != first]
        return json.dumps({**page, "items": kept}).encode()

    with lying(reader, "**/v1/lookup?key=*", lie):
        open_at(reader, f"/keys/{key}")
        expect(reader.locator(".notice.false")).to_contain_text(first)


def test_a_server_with_another_policy_gets_no_tick(browser_page: Page, site: Site) -> None:
    """The reader keeps a policy of another log: this server's records are not checked by it."""
    policy = json.loads(site.policy.read_text("utf-8"))
    other = json.dumps({**policy, "origin": "elsewhere.example/log"}, separators=(",", ":"))
    browser_page.goto("/about")
    browser_page.evaluate(
        "async (text) => (await import('/web/policies.js'))"
        ".keepPolicy(new TextEncoder().encode(text), 'elsewhere.example/log')",
        other,
    )
    open_at(browser_page, f"/records/{site.records['first']}")

    expect(browser_page.locator(".certificate .trust.stated")).to_be_visible()
    expect(browser_page.locator(".trust.checked")).to_have_count(0)
