"""Looking up: what is typed, what is dropped, who is asked after; and what the server learns."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import FilePayload, expect
from reading_page import assert_usable, keep_policy, open_at
from tabs import NARROW, WIDE
from visited_site import GORMAN, WANG, ZHANG

from provenance.digests import sha256

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from playwright.sync_api import Page
    from visited_site import Site

FOUND = "/find#digest=" + sha256(b"y\n2\n").hex()
TABS = [
    ({"viewport": WIDE, "locale": "en-GB", "color_scheme": "light"}, FOUND, ZHANG),
    ({"viewport": NARROW, "locale": "zh-CN", "color_scheme": "dark"}, "/find", GORMAN),
]


def ids(page: Page, where: str = ".hits .hit") -> list[str]:
    found: list[str] = page.locator(where).evaluate_all("hits => hits.map(h => h.dataset.id)")
    return found


def ask(page: Page, text: str) -> None:
    page.get_by_role("searchbox").fill(text)
    page.get_by_role("searchbox").press("Enter")


def test_a_dropped_file_is_found_and_its_fingerprint_not_shown(
    browser_page: Page, site: Site
) -> None:
    keep_policy(browser_page, site)
    asked: list[str] = []
    browser_page.on("request", lambda one: asked.append(one.url + (one.post_data or "")))
    open_at(browser_page, "/find")
    digest = sha256(b"y\n2\n").hex()

    file = FilePayload(name="anything.csv", mimeType="text/csv", buffer=b"y\n2\n")
    browser_page.locator(".drop input[type=file]").first.set_input_files(files=[file])
    browser_page.wait_for_url(f"**/find#digest={digest}")
    expect(browser_page.locator(".hit .trust.checked")).to_have_count(2)

    assert ids(browser_page) == [site.records["first"], site.records["second"]]
    assert any(f"digest_prefix={digest[:4]}" in one for one in asked)
    assert not any(digest[:6] in one for one in asked)
    # a published list of files is not part of a receipt
    expect(browser_page.locator(".hit").first).to_contain_text("a file of this dataset")


def test_an_address_with_a_digest_behind_the_hash_can_be_shared(
    open_page: Callable[..., Page], site: Site
) -> None:
    first = open_page().request.get(f"/v1/records/{site.records['first']}")
    digest = json.loads(first.body())["claims"]["dataset_digest"]
    page = open_page(locale="zh-CN")
    open_at(page, f"/find#digest={digest}")

    hit = page.locator(f".hit[data-id='{site.records['first']}']")
    expect(hit.locator(".trust.stated")).to_be_visible()
    expect(page.get_by_role("searchbox")).to_have_value(digest)


def test_a_name_finds_people_by_how_well_they_are_known(browser_page: Page, site: Site) -> None:
    keep_policy(browser_page, site)
    open_at(browser_page, "/find")

    ask(browser_page, "Kristen Gorman")
    browser_page.wait_for_url("**/find?name=*")
    expect(browser_page.locator(".hit .trust.checked").first).to_be_visible()

    assert site.records["first"] in ids(browser_page, ".hits-of-level.institution_bound .hit")
    own = browser_page.locator(".hits-of-level.self_asserted")
    expect(own.locator(".institution_bound")).to_have_count(0)
    order = browser_page.locator(".hits-of-level").evaluate_all("all => all.map(e => e.className)")
    assert [one.split()[-1] for one in order][:2] == ["institution_bound", "self_asserted"]


def test_an_institution_is_what_its_people_signed(browser_page: Page, site: Site) -> None:
    keep_policy(browser_page, site)
    open_at(browser_page, "/find?name=Polar+Institute")
    browser_page.get_by_role("link", name="Look up what keys signed").click()
    browser_page.wait_for_url("**/find?institution=Polar+Institute")
    expect(browser_page.locator("h2")).to_contain_text("name the institution")
    expect(browser_page.locator(".hit .trust.checked").first).to_be_visible()

    found = ids(browser_page, ".hits-of-level.institution_bound .hit")
    assert {site.records["first"], site.records["second"], site.records["dispute"]} <= set(found)
    assert site.records["accepted"] not in found


def test_a_doi_finds_what_was_deposited_under_it(
    browser_page: Page, site: Site, tmp_path: Path
) -> None:
    keep_policy(browser_page, site)
    data = tmp_path / "named"
    data.mkdir()
    (data / "a.csv").write_text("named\n")
    record = site.sign(
        "named", "zhang", "deposit", data, "--title", "With a DOI",
        "--identifier", "doi:10.5555/Ice.2025",
    )  # fmt: skip
    open_at(browser_page, "/find")
    ask(browser_page, "https://doi.org/10.5555/ICE.2025")  # a DOI knows no capitals
    browser_page.wait_for_url("**/find?doi=*")

    expect(browser_page.locator(".hit .trust.checked")).to_be_visible()
    assert ids(browser_page) == [record]
    expect(browser_page.locator(".hit-title")).to_contain_text("With a DOI")


def test_the_box_leads_to_the_page_of_what_it_recognizes(browser_page: Page, site: Site) -> None:
    record = site.records["first"]
    for text, path in (
        (f"https://orcid.org/{ZHANG}", f"/people/{ZHANG}"),
        (f"https://elsewhere.example/records/{record}?lang=zh", f"/records/{record}"),
    ):
        open_at(browser_page, "/find")
        ask(browser_page, text)
        browser_page.wait_for_url(f"**{path}")


def test_a_typing_error_is_told_and_nothing_asked(browser_page: Page) -> None:
    open_at(browser_page, "/find")
    before = browser_page.url

    ask(browser_page, "0000-0002-1825-0098")

    expect(browser_page.locator(".field-error")).to_contain_text("typing error")
    ask(browser_page, "7aacba5c…fa36a445")
    expect(browser_page.locator(".field-error")).to_contain_text("only a part")
    assert browser_page.url == before


def test_the_id_of_a_record_leads_to_it_first(browser_page: Page, site: Site) -> None:
    record = site.records["first"]
    open_at(browser_page, f"/find#digest={record}")

    results = browser_page.locator(".find-results")
    expect(results.locator("h2")).to_contain_text("Record ")
    expect(results.get_by_role("link").first).to_have_attribute("href", f"/records/{record}")


def test_nothing_found_is_no_proof(browser_page: Page) -> None:
    open_at(browser_page, "/find")

    ask(browser_page, "ab" * 32)

    expect(browser_page.locator(".find-results")).to_contain_text("proves nothing")
    expect(browser_page.locator(".find-results")).to_contain_text("try the whole folder")
    expect(browser_page.get_by_role("link", name="Open the record")).to_have_attribute(
        "href", "/records/" + "ab" * 32
    )

    ask(browser_page, "Gorman")

    expect(browser_page.locator(".find-results")).to_contain_text("only if it is whole")


def test_a_person_is_keys_and_what_they_signed(browser_page: Page, site: Site) -> None:
    keep_policy(browser_page, site)
    open_at(browser_page, f"/people/{GORMAN}")

    own = browser_page.locator(".keys-of-level.self_asserted")
    assert set(ids(browser_page, ".keys-of-level.self_asserted .hit")) >= {
        site.records["accepted"],
        site.records["objected"],
    }
    expect(own).to_contain_text("objects")
    expect(browser_page.locator(".keys-of-level.institution_bound")).to_have_count(0)
    expect(browser_page.locator("main")).to_contain_text("names Kristen Gorman")
    open_at(browser_page, f"/people/{ZHANG}")
    disputed = browser_page.locator(f".hit[data-id='{site.records['first']}'] .badge")
    expect(disputed.filter(has_text="In dispute")).to_be_visible()


def test_a_key_shows_whose_it_is_and_what_it_signed(browser_page: Page, site: Site) -> None:
    keep_policy(browser_page, site)
    open_at(browser_page, f"/people/{WANG}")
    browser_page.locator(".keys-of-level.institution_bound .key-card .digest a").first.click()
    browser_page.wait_for_url("**/keys/*")

    expect(browser_page.get_by_role("heading", name="What it signed")).to_be_visible()
    expect(browser_page.locator("main")).to_contain_text("Confirmed by Polar Institute")
    expect(browser_page.locator(".hits").first).to_contain_text("Ice thickness, second group")
    expect(browser_page.locator("main")).to_contain_text("No revocation is shown")


@pytest.mark.parametrize(("wishes", "find", "person"), TABS, ids=["wide-en", "narrow-zh-dark"])
def test_everybody_can_look_up(
    open_page: Callable[..., Page], site: Site, wishes: dict[str, object], find: str, person: str
) -> None:
    page = open_page(**wishes)
    keep_policy(page, site)
    for path in (find, f"/people/{person}"):
        open_at(page, path)
        assert_usable(page)
    page.locator(".key-card .digest a").first.click()
    page.wait_for_url("**/keys/*")
    expect(page.locator(".key-card")).to_be_visible()
    assert_usable(page)


def test_the_way_back_asks_the_question_before(browser_page: Page, site: Site) -> None:
    view = json.loads(browser_page.request.get(f"/v1/records/{site.records['second']}").body())
    open_at(browser_page, f"/find#digest={sha256(b'z').hex()}")
    ask(browser_page, view["claims"]["dataset_digest"])
    expect(browser_page.locator(".hit")).to_have_count(1)

    browser_page.go_back()

    expect(browser_page.locator(".find-results")).to_contain_text("proves nothing")
    expect(browser_page.get_by_role("searchbox")).to_have_value(sha256(b"z").hex())
