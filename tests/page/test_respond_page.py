"""An invitation answered in the browser: accepted, amended, objected to; and what stays unsent."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect
from reading_page import assert_usable, keep_policy, open_at
from tabs import NARROW, WIDE

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Page
    from visited_site import Site

_KEEP_KEY = """async ([name, orcid]) => {
  const { createKey, signerOf, keptOf } = await import("/web/core/key_file.js");
  const { keep } = await import("/web/store.js");
  const signer = await signerOf(await createKey("ES256"));
  const holder = { name, ...(orcid && { orcid }), ror: [] };
  await keep("keys", signer.kid, { signer: keptOf(signer), holder });
}"""


@pytest.fixture(scope="module")
def invited(site: Site) -> dict[str, str]:
    """Links by the names of those who are asked; one of them is named to nobody else."""
    folder = site.folder / "asked"
    folder.mkdir(exist_ok=True)
    (folder / "a.csv").write_text("a\n1\n")
    site.sign(
        "asked", "zhang", "deposit", folder, "--title", "Asked of three",
        "--contributor", "Li Na; roles=software,validation",
        "--contributor", "周安; roles=resources", "--contributor", "Petrov; roles=investigation",
        "--hold", "contributors[1]",
    )  # fmt: skip
    ran = site.people["zhang"].here("invite", site.records["asked"], "--json")
    links: Any = json.loads(ran.out)
    return {one["name"]: one["link"] for one in links}


def hold_key(page: Page, name: str, orcid: str = "") -> None:
    """Let the browser have a key that was made in it before."""
    page.evaluate(_KEEP_KEY, [name, orcid])


def answer(page: Page, which: str) -> None:
    page.locator(f"input[type=radio][value={which}]").check()


def credit(site: Site) -> dict[str, dict[str, Any]]:
    told: Any = site.said("wang", "credit", site.records["asked"])
    return {one["name"]: one for one in told["people"]}


def test_the_page_of_a_record_offers_the_links_of_the_command_line(
    browser_page: Page, site: Site, invited: dict[str, str]
) -> None:
    open_at(browser_page, f"/records/{site.records['asked']}")
    browser_page.get_by_text("Ask the people named").click()

    items = browser_page.locator(".invitations li")
    names = ("Li Na", "somebody who is not shown", "Petrov")
    expect(items).to_have_text([f"Link for {one}" for one in names])
    links = [one.get_attribute("href") for one in items.get_by_role("link").all()]
    assert [links[0], links[2]] == [invited["Li Na"], invited["Petrov"]]
    # of whom his name is held back the page knows the digest alone
    assert links[1] != invited["周安"]
    assert re.fullmatch(r"\S+/respond#respond=[0-9a-f]{64}\.[\w-]{43}", links[1] or "")
    assert_usable(browser_page)


def test_a_claim_is_amended_and_counts(
    browser_page: Page, site: Site, invited: dict[str, str]
) -> None:
    page = browser_page
    keep_policy(page, site)
    hold_key(page, "Li Na")
    sent: list[str] = []
    page.on("request", lambda one: sent.append(one.url))
    open_at(page, invited["Li Na"].removeprefix(site.url))
    expect(page.locator(".claim")).to_contain_text("Li Na")
    expect(page.locator(".claim")).to_contain_text("Software, Validation")
    expect(page.locator(".claim .trust.checked")).to_be_visible()

    answer(page, "amend")
    page.get_by_role("checkbox", name="Software 软件").uncheck()
    page.get_by_role("checkbox", name="Methodology").check()
    page.locator("textarea").fill("我只做了验证。\nAnd the method.")
    page.get_by_role("button", name="Continue").click()
    page.locator(".keys button.main").click()
    page.get_by_role("button", name="Sign and send").click()
    expect(page.get_by_role("heading", name="Your answer is in the log")).to_be_visible()

    person = credit(site)["Li Na"]
    assert person["status"] == "amended"
    assert {one["role"]: one["status"] for one in person["roles"]} == {
        "methodology": "amended",
        "software": "objected",
        "validation": "accepted",
    }
    assert person["claims"][0]["answers"][0]["reason"] == "我只做了验证。\nAnd the method."
    fragment = invited["Li Na"].partition("#")[2].partition(".")[2]
    assert not any(fragment in one for one in sent)
    with page.expect_download() as waiting:
        page.get_by_role("link", name="Receipt (JSON)").click()
    assert json.loads(waiting.value.path().read_bytes())["format"] == "provenance-receipt"


def test_who_is_named_to_nobody_else_sees_his_name_by_the_link(
    browser_page: Page, site: Site, invited: dict[str, str]
) -> None:
    page = browser_page
    keep_policy(page, site)
    hold_key(page, "Somebody else")
    open_at(page, f"/records/{site.records['asked']}")
    expect(page.locator(".matrix")).not_to_contain_text("周安")
    open_at(page, invited["周安"].removeprefix(site.url))
    expect(page.locator(".claim")).to_contain_text("周安")

    answer(page, "object")
    page.get_by_role("button", name="Continue").click()
    page.locator(".keys button.main").click()
    # the key of another name: it is said before anything is signed
    expect(page.locator(".notice.caution").last).to_contain_text("will not count")


def test_a_switch_of_the_language_keeps_what_was_entered(
    browser_page: Page, site: Site, invited: dict[str, str]
) -> None:
    page = browser_page
    open_at(page, invited["Petrov"].removeprefix(site.url))
    page.get_by_role("button", name="Continue").click()  # nothing is chosen for anybody
    expect(page.locator(".respond-rest .notice.false")).to_contain_text("choose one of the three")
    expect(page.locator(".respond-rest :checked")).to_have_count(0)
    answer(page, "object")
    expect(page.locator(".respond-rest .notice.false")).to_have_count(0)
    page.locator("textarea").fill("No.")

    page.get_by_role("button", name="中文").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("回应他人所写的您的贡献")
    expect(page.locator("input[value=object]")).to_be_checked()
    expect(page.locator("textarea")).to_have_value("No.")


def test_a_link_that_is_cut_or_of_nobody_is_told(
    browser_page: Page, site: Site, invited: dict[str, str]
) -> None:
    page = browser_page
    whole = invited["Petrov"].removeprefix(site.url)
    for link, words in (
        (whole[:60], "not whole"),
        (f"/respond#respond={site.records['asked']}.{'A' * 43}", "nobody whom"),
        (f"/respond#respond={site.records['asked']}.{'A' * 60}", "nobody whom"),
    ):
        page.goto("/about")
        open_at(page, link)
        expect(page.locator(".notice.false")).to_contain_text(words)
    page.get_by_label("The link that you were sent").fill(invited["Petrov"])
    page.get_by_label("The link that you were sent").press("Enter")
    expect(page.locator(".claim")).to_contain_text("Petrov")


def test_a_link_that_lost_its_path_leads_there(browser_page: Page, invited: dict[str, str]) -> None:
    browser_page.goto(f"/#{invited['Petrov'].partition('#')[2]}")
    expect(browser_page.locator(".claim")).to_contain_text("Petrov")
    assert browser_page.evaluate("location.pathname") == "/respond"


@pytest.mark.parametrize(
    "wishes",
    [
        {"viewport": WIDE, "locale": "en-GB"},
        {"viewport": NARROW, "locale": "zh-CN", "color_scheme": "dark"},
    ],
    ids=["wide-en", "narrow-zh-dark"],
)
def test_everybody_can_answer(
    open_page: Callable[..., Page],
    site: Site,
    invited: dict[str, str],
    wishes: dict[str, object],
) -> None:
    page = open_page(**wishes)
    open_at(page, "/respond")
    assert_usable(page)
    open_at(page, invited["Petrov"].removeprefix(site.url))
    answer(page, "amend")
    assert_usable(page)
    page.locator(".respond-rest .main").click()
    page.locator(".key-body").wait_for()
    assert_usable(page)
