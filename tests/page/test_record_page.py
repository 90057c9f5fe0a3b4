"""The page of a record: what it says, what is proved of it, who did what, and what came of it."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect
from reading_page import assert_usable, keep_policy, open_at
from tabs import NARROW, WIDE, complaints_of, opened

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from playwright.sync_api import Browser, Page
    from visited_site import Site

TABS = [
    ({"viewport": WIDE, "locale": "en-GB", "color_scheme": "light"}, ("revised", "note")),
    ({"viewport": NARROW, "locale": "zh-CN", "color_scheme": "dark"}, ("second", "accepted")),
]
MATRIX = """() => [...document.querySelectorAll(".matrix tbody tr")].map((row) =>
  [...row.querySelectorAll(".cell")].map((cell) => cell.innerText.trim()))"""


@pytest.fixture(scope="module")
def revised(site: Site) -> str:
    """A newer version of the first deposit, by the same depositor."""
    if "revised" not in site.records:
        folder = site.folder / "revised"
        folder.mkdir()
        (folder / "thickness.csv").write_text("y\n2.1\n")
        return site.sign(
            "revised", "zhang", "deposit", folder, "--title", "冰厚观测 Ice thickness 2026",
            "--dataset-version", "2", "--relation", f"wasRevisionOf={site.records['first']}",
        )  # fmt: skip
    return site.records["revised"]


@pytest.fixture(scope="module")
def first(chromium: Browser, site: Site) -> Iterator[Page]:
    """The page of the first deposit, of a reader who has compared the policy; for looking only."""
    with opened(chromium, site.url) as page:
        keep_policy(page, site)
        open_at(page, f"/records/{site.records['first']}")
        yield page


def test_what_the_server_says_is_not_called_checked(browser_page: Page, site: Site) -> None:
    open_at(browser_page, f"/records/{site.records['first']}")

    expect(browser_page.locator(".certificate .sheet-title")).to_have_text(
        "冰厚观测 Ice thickness 2025"
    )
    expect(browser_page.locator(".trust.checked")).to_have_count(0)
    assert browser_page.locator(".trust.stated").count() > 0

    browser_page.get_by_text("How do I get to").click()
    browser_page.get_by_label("I have compared all 64 characters by eye.").check()
    browser_page.get_by_role("button", name="Keep this policy in this browser").click()
    expect(browser_page.locator(".certificate .trust.checked")).to_be_visible()
    expect(browser_page.locator(".trust.stated")).to_have_count(0)


def test_people_and_roles_are_those_of_the_command_line(first: Page, site: Site) -> None:
    told = site.said("wang", "credit", site.records["first"])

    rows = {row[0]: row[1:] for row in first.evaluate(MATRIX)}

    words = {"own": "own statement", "accepted": "accepted", "objected": "objected"}
    people = told["people"]
    assert isinstance(people, list)
    for person in people:
        shown = rows[person["name"]]
        assert shown[0].endswith(words[person["status"]])
        roles = {one["en"]: words[one["status"]] for one in person["roles"]}
        heads = first.locator(".matrix thead th").all_inner_texts()[2:]
        cells = dict(zip(heads, shown[1:], strict=True))
        given = {head: cell.split("\n")[-1] for head, cell in cells.items() if cell != "–"}
        assert given == roles
    expect(first.locator(".people-list")).to_contain_text("accepts")


def test_an_objection_is_shown_with_its_reason_and_no_agreement(
    browser_page: Page, site: Site
) -> None:
    keep_policy(browser_page, site)
    open_at(browser_page, f"/records/{site.records['second']}")

    answers = browser_page.locator(".people-list")
    expect(answers).to_contain_text("I had no part in this version.")
    row = browser_page.locator(".matrix tr", has_text="Kristen Gorman")
    expect(row.locator(".objected").first).to_be_visible()
    expect(row.locator(".accepted")).to_have_count(0)
    # whoever objected is not cited
    expect(browser_page.locator(".citation")).not_to_contain_text("Gorman")
    expect(browser_page.locator(".citation")).to_contain_text("王芳")


def test_an_open_dispute_is_told_at_the_top(browser_page: Page, site: Site) -> None:
    open_at(browser_page, f"/records/{site.records['first']}")

    banner = browser_page.locator(".banners .notice.caution")
    expect(banner).to_contain_text("In dispute")
    banner.get_by_role("link").click()
    browser_page.wait_for_url(f"**/disputes/{site.records['dispute']}")


def test_published_files_are_checked_before_they_are_listed(first: Page) -> None:
    first.get_by_role("button", name="Fetch and check the list").click()

    files = first.locator(".files")
    expect(files.locator(".trust.checked")).to_be_visible()
    expect(files).to_contain_text("thickness.csv")
    expect(files).to_contain_text("测站.csv")


def test_versions_and_lineage_are_drawn_and_told(
    browser_page: Page, site: Site, revised: str
) -> None:
    keep_policy(browser_page, site)
    open_at(browser_page, f"/records/{revised}")

    picture = browser_page.locator(".lineage-picture svg")
    expect(picture.locator(".lineage-box")).to_have_count(2)
    expect(picture.locator("text.lineage-word")).to_have_text("revision")
    expect(picture.locator(".lineage-mark")).to_have_text("In dispute")
    versions = browser_page.locator(".versions li")
    assert [one.split(" (")[0] for one in versions.all_inner_texts()] == [
        "冰厚观测 Ice thickness 2025",
        "冰厚观测 Ice thickness 2026",
    ]
    picture.locator("a").click()
    browser_page.wait_for_url(f"**/records/{site.records['first']}")


def test_the_receipt_is_saved_as_it_was_checked(first: Page, site: Site) -> None:
    with first.expect_download() as waiting:
        first.get_by_role("link", name="Receipt (JSON)").click()

    receipt = json.loads(waiting.value.path().read_bytes())
    assert receipt["format"] == "provenance-receipt"
    assert waiting.value.suggested_filename.startswith(site.records["first"][:16])


def test_the_certificate_comes_as_pdf(first: Page) -> None:
    with first.expect_download(timeout=30_000) as waiting:
        first.get_by_role("button", name="Certificate (PDF)").click()

    assert waiting.value.path().read_bytes().startswith(b"%PDF-")


def test_citation_badge_and_their_files(first: Page) -> None:
    expect(first.locator(".citation")).to_contain_text(
        re.compile(r"張三; Kristen Gorman \(20\d\d\)\. 冰厚观测 Ice thickness 2025 \[Data set\]")
    )
    with first.expect_download() as waiting:
        first.get_by_role("link", name="BibTeX").click()
    assert "author = {{張三} and {Kristen Gorman}}" in waiting.value.path().read_text("utf-8")
    image = first.locator(".take img")
    assert image.evaluate("async (image) => { await image.decode(); return image.naturalWidth; }")
    expect(first.locator(".snippet pre").first).to_contain_text("/badge.svg)](")


def test_what_is_no_record_has_no_page(browser_page: Page) -> None:
    for path in ("/records/" + "ab" * 32, "/records/nothing"):
        open_at(browser_page, path)
        expect(browser_page.locator("main h1")).to_have_text("There is no such page")
    complaints_of(browser_page).expect_failures()  # the 404 of the API


@pytest.mark.usefixtures("revised")
@pytest.mark.parametrize(("wishes", "names"), TABS, ids=["wide-en", "narrow-zh-dark"])
def test_everybody_can_read_a_record(
    open_page: Callable[..., Page], site: Site, wishes: dict[str, object], names: tuple[str, ...]
) -> None:
    page = open_page(**wishes)
    keep_policy(page, site)
    for name in names:
        open_at(page, f"/records/{site.records[name]}")
        expect(page.locator(".certificate")).to_be_visible()
        assert_usable(page)


def test_on_paper_is_what_can_be_read_there(first: Page) -> None:
    first.emulate_media(media="print")
    screen = first.viewport_size
    first.set_viewport_size({"width": 673, "height": 986})  # what the margins leave of A4
    frame = first.locator(".sheet").first.bounding_box()
    assert frame is not None
    assert frame["y"] + frame["height"] < 986
    if screen is not None:
        first.set_viewport_size(screen)

    expect(first.locator(".certificate")).to_be_visible()
    expect(first.locator(".take")).to_be_hidden()
    first.emulate_media(media="screen")
