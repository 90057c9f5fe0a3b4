"""What is around every page: ways in, language, theme, titles, focus; and the page's own pieces."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from axe import overflowing, serious_findings
from playwright.sync_api import expect
from tabs import WIDE, complaints_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Page, Route
    from visited_site import Site

OURS = ("/", "/about", "/ledger", "/checkpoints/5", "/anchors/1")
RUNNING = [
    "javascript:alert(1)", "JaVaScRiPt:alert(1)", "\tjavascript:alert(1)", "data:text/html,x",
    "vbscript:x", "java\nscript:alert(1)",
]  # fmt: skip
PHONE = {"width": 320, "height": 640}


def focused_text(page: Page) -> str:
    text: str = page.evaluate("document.activeElement.textContent")
    return text


def background(page: Page) -> str:
    color: str = page.evaluate("getComputedStyle(document.documentElement).backgroundColor")
    return color


def opened_at(page: Page, path: str) -> None:
    page.goto(path)
    page.wait_for_selector("main:not([aria-busy]) h1")


# --- getting about ---------------------------------------------------------------------------


def test_the_keyboard_alone_leads_to_every_page(browser_page: Page) -> None:
    opened_at(browser_page, "/")
    browser_page.keyboard.press("Tab")

    assert focused_text(browser_page) == "Skip to the content"
    browser_page.keyboard.press("Enter")
    assert browser_page.evaluate("document.activeElement.tagName") == "H1"

    for name, path in (("Ledger", "/ledger"), ("About", "/about")):
        browser_page.get_by_role("link", name=name, exact=True).focus()
        browser_page.keyboard.press("Enter")
        browser_page.wait_for_url(f"**{path}")
        expect(browser_page.locator("main h1")).to_be_focused()
        current = browser_page.locator("nav [aria-current=page]")
        expect(current).to_have_text(name)


def test_the_keyboard_always_shows_where_it_is(browser_page: Page) -> None:
    opened_at(browser_page, "/")
    seen = 0

    while True:
        browser_page.keyboard.press("Tab")
        if browser_page.evaluate("document.activeElement === document.body"):
            break  # past the last one
        seen += 1
        outline = browser_page.evaluate(
            "() => { const style = getComputedStyle(document.activeElement);"
            " return `${style.outlineStyle} ${style.outlineWidth}`; }"
        )
        assert outline == "solid 2px", focused_text(browser_page)
    assert seen > 12


def _kept_waiting(page: Page) -> list[Route]:
    """Answer no request to the API; what was asked for comes into the list."""
    waiting: list[Route] = []

    def keep(route: Route) -> None:
        waiting.append(route)

    page.route("**/v1/**", keep)
    return waiting


def test_the_focus_does_not_wait_for_the_server(browser_page: Page) -> None:
    opened_at(browser_page, "/about")
    waiting = _kept_waiting(browser_page)
    browser_page.get_by_role("link", name="Ledger", exact=True).click()

    expect(browser_page.locator("main h1")).to_be_focused()
    expect(browser_page.locator("main h1")).to_have_text("This ledger")
    expect(browser_page.locator("main")).to_have_attribute("aria-busy", "true")
    browser_page.get_by_role("link", name="About", exact=True).click()
    expect(browser_page.locator("main h1")).to_contain_text("What a receipt proves")
    for route in waiting:
        route.abort()


def test_the_focus_is_not_taken_from_who_went_on(browser_page: Page) -> None:
    opened_at(browser_page, "/about")
    waiting = _kept_waiting(browser_page)
    browser_page.get_by_role("link", name="Ledger", exact=True).click()
    main = browser_page.locator("main")
    expect(main.locator("h1")).to_be_focused()

    about = browser_page.get_by_role("link", name="About", exact=True)
    about.focus()
    while main.get_attribute("aria-busy"):
        while waiting:
            waiting.pop().continue_()
        browser_page.wait_for_timeout(10)  # for what was answered, and what is asked next

    expect(about).to_be_focused()


def test_a_link_of_the_page_loads_no_new_document(browser_page: Page) -> None:
    opened_at(browser_page, "/")
    browser_page.evaluate("() => { globalThis.isSame = true; }")
    browser_page.get_by_role("link", name="About", exact=True).click()
    browser_page.wait_for_url("**/about")

    assert browser_page.evaluate("globalThis.isSame") is True


def test_back_leads_back_to_the_place_on_the_page(browser_page: Page) -> None:
    opened_at(browser_page, "/about")
    browser_page.evaluate("scrollTo(0, 500)")
    browser_page.get_by_role("link", name="Ledger", exact=True).dispatch_event("click")
    browser_page.wait_for_url("**/ledger")
    browser_page.wait_for_selector("main:not([aria-busy]) h1")
    assert browser_page.evaluate("scrollY") == 0

    browser_page.go_back()
    browser_page.wait_for_selector("main:not([aria-busy]) .words")
    assert browser_page.evaluate("scrollY") == 500
    expect(browser_page.locator("main h1")).to_be_focused()


def test_an_unknown_address_says_so(browser_page: Page) -> None:
    answer = browser_page.goto("/nothing")

    expect(browser_page.locator("h1")).to_have_text("There is no such page")
    complaints_of(browser_page).expect_failures()  # the 404 stands on the console
    assert answer is not None
    assert answer.status == 404


def test_something_that_the_ledger_has_not_is_told_from_a_failure(browser_page: Page) -> None:
    opened_at(browser_page, "/checkpoints/999999")
    complaints_of(browser_page).expect_failures()  # the 404 stands on the console

    expect(browser_page.locator("h1")).to_have_text("There is no such page")


# --- language and theme ----------------------------------------------------------------------


def test_a_network_that_goes_away_is_told(browser_page: Page) -> None:
    browser_page.goto("/about", wait_until="networkidle")
    browser_page.context.set_offline(offline=True)
    browser_page.get_by_role("link", name="Ledger", exact=True).click()
    expect(browser_page.get_by_role("heading", level=1)).to_have_text("This could not be shown")
    expect(browser_page.locator("main")).to_contain_text("cannot be reached now")
    complaints_of(browser_page).expect_failures()  # the browser tells of it


def test_a_language_that_cannot_be_fetched_is_told(browser_page: Page) -> None:
    complaints_of(browser_page).expect_failures()  # the browser tells of it
    browser_page.goto("/about", wait_until="networkidle")
    browser_page.context.set_offline(True)
    button = browser_page.get_by_role("button", name="中文")
    told = browser_page.locator(".frame-head [role=alert]")
    for _ in range(2):
        button.click()
        expect(told).to_contain_text("The page in Chinese cannot be fetched now")
        expect(told.locator("[lang=zh-Hans]")).to_contain_text("现在无法取得中文页面")
    expect(browser_page.locator("h1")).to_have_text("What a receipt proves, and what it does not")
    assert browser_page.evaluate("localStorage.getItem('language')") is None
    assert serious_findings(browser_page) == []

    browser_page.context.set_offline(False)
    button.click()
    expect(browser_page.locator("h1")).to_have_text("凭据证明什么，不证明什么")
    assert told.count() == 0


def test_the_language_follows_the_browser_and_can_be_switched(
    open_page: Callable[..., Page],
) -> None:
    page = open_page(locale="zh-CN")
    opened_at(page, "/about")
    assert page.evaluate("document.documentElement.lang") == "zh-Hans"
    expect(page.locator("h1")).to_have_text("凭据证明什么，不证明什么")

    page.get_by_role("button", name="English").click()
    expect(page.locator("h1")).to_have_text("What a receipt proves, and what it does not")
    expect(page.get_by_role("button", name="中文")).to_be_focused()
    assert page.evaluate("document.documentElement.lang") == "en"

    page.reload()
    expect(page.locator("h1")).to_have_text("What a receipt proves, and what it does not")


def test_a_shared_address_may_name_the_language(browser_page: Page) -> None:
    opened_at(browser_page, "/about?lang=zh")
    browser_page.get_by_role("link", name="账本", exact=True).click()
    browser_page.wait_for_url("**/ledger")
    browser_page.reload()

    expect(browser_page.locator("nav [aria-current]")).to_have_text("账本")
    assert browser_page.evaluate("localStorage.getItem('language')") is None


def test_light_and_dark_follow_the_system_and_can_be_chosen(
    open_page: Callable[..., Page],
) -> None:
    page = open_page(color_scheme="dark")
    opened_at(page, "/")
    dark = background(page)

    page.get_by_label("Light", exact=True).check()
    light = background(page)
    page.reload()
    assert light != dark
    assert background(page) == light

    page.get_by_label("As the system").check()
    assert background(page) == dark
    assert page.evaluate("localStorage.getItem('theme')") is None


# --- where the page cannot work --------------------------------------------------------------


def test_without_scripts_the_page_says_what_to_do(open_page: Callable[..., Page]) -> None:
    page = open_page(java_script_enabled=False)
    page.goto("/verify")

    expect(page.get_by_role("heading", name="This page needs JavaScript")).to_be_visible()
    expect(page.get_by_role("heading", name="本页需要 JavaScript")).to_be_visible()


def test_plain_http_is_told_why_and_where_else(browser_page: Page, site: Site) -> None:
    def from_the_site(route: Route) -> None:
        url = route.request.url.replace("http://plain.example", site.url)
        route.fulfill(response=route.fetch(url=url))

    browser_page.route("http://plain.example/**", from_the_site)
    browser_page.goto("http://plain.example/deposit")

    expect(browser_page.locator("h1")).to_have_text(
        "Your browser does not let this page compute here"
    )
    expect(browser_page.locator("pre")).to_contain_text("provenance verify")
    assert serious_findings(browser_page) == []
    complaints = complaints_of(browser_page)
    complaints[:] = [one for one in complaints if "origin was untrustworthy" not in one]


# --- for everybody ---------------------------------------------------------------------------


@pytest.mark.parametrize("wishes", [
    {"viewport": WIDE, "color_scheme": "light", "locale": "en-GB"},
    {"viewport": PHONE, "color_scheme": "dark", "locale": "zh-CN"},
], ids=["wide-light-en", "phone-dark-zh"])  # fmt: skip
def test_everybody_can_use_every_page(
    open_page: Callable[..., Page], wishes: dict[str, object]
) -> None:
    page = open_page(**wishes)
    titles = set()
    for path in OURS:
        opened_at(page, path)
        titles.add(page.title())
        assert serious_findings(page) == [], path
        assert overflowing(page) == [], path

    assert len(titles) == len(OURS)


# --- its own pieces --------------------------------------------------------------------------


def test_no_link_runs_anything(browser_page: Page) -> None:
    opened_at(browser_page, "/about")
    made = browser_page.evaluate(
        "async (all) => { const { h } = await import('/web/elements/dom.js');"
        " return all.map((href) => h('a', { href }, 'x').outerHTML); }",
        RUNNING,
    )

    assert set(made) == {"<a>x</a>"}


def test_text_is_never_markup(browser_page: Page) -> None:
    opened_at(browser_page, "/about")
    made = browser_page.evaluate(
        "async (text) => (await import('/web/elements/dom.js'))"
        ".h('p', { title: text }, text, [null, false, 0, [text]]).childNodes.length",
        "<img src=x onerror=alert(1)>",
    )

    assert made == 3


def test_no_element_gets_what_the_policy_forbids(browser_page: Page) -> None:
    opened_at(browser_page, "/about")
    said = browser_page.evaluate(
        "async (all) => { const { h } = await import('/web/elements/dom.js');"
        " const outcome = (name) => {"
        "  try { h('p', { [name]: 'x' }); return 'made'; } catch (error) { return error.name; } };"
        " return all.map(outcome); }",
        ["style", "innerHTML", "onclick", "srcdoc"],
    )

    assert set(said) == {"TypeError"}


def test_this_browser_keeps_keys_that_cannot_be_taken_out(browser_page: Page) -> None:
    opened_at(browser_page, "/about")
    kept = browser_page.evaluate(
        """async () => {
          const { keep, load, list, remove } = await import("/web/store.js");
          const usages = ["sign", "verify"];
          const pair = await crypto.subtle.generateKey({ name: "Ed25519" }, false, usages);
          await keep("keys", "k1", pair.privateKey);
          await keep("receipts", "r1", new Uint8Array([1, 2]));
          const key = await load("keys", "k1");
          const listed = await list("receipts");
          await remove("receipts", "r1");
          const [{ key: id, value }] = listed;
          return [key.extractable, id, [...value], await load("receipts", "r1")];
        }"""
    )

    assert kept == [False, "r1", [1, 2], None]


def test_a_digest_can_be_told_from_another_and_copied(browser_page: Page, site: Site) -> None:
    browser_page.context.grant_permissions(["clipboard-read", "clipboard-write"], origin=site.url)
    opened_at(browser_page, "/ledger")
    shown = browser_page.locator(".digest-groups").first
    digest = re.sub(r"\s", "", shown.locator("code").inner_text())

    shown.get_by_role("button").click()
    expect(browser_page.locator("#announcements")).to_have_text("Copied")

    assert browser_page.evaluate("navigator.clipboard.readText()") == digest
    assert len(digest) == 64
