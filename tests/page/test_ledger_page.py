"""The ledger's own pages: its policy compared and kept, its state and anchors checked here."""

from __future__ import annotations

import base64
import hashlib
import json
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect
from tabs import complaints_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Page, Route
    from visited_site import Site

JSON = "application/json"


def digest_of(site: Site) -> str:
    return hashlib.sha256(site.policy.read_bytes()).hexdigest()


def compare_policy(page: Page, typed: str) -> None:
    page.goto("/ledger")
    page.get_by_label("The digest that you have from elsewhere").fill(typed)


def keep_policy(page: Page, site: Site) -> None:
    compare_policy(page, digest_of(site))
    page.get_by_role("button", name="Keep this policy in this browser").click()
    expect(page.locator(".notice.proved")).to_contain_text("You compared this policy")
    expect(page.locator(".trust.checked")).to_have_count(1)  # the state was checked anew by then


def altering(page: Page, pattern: str, alter: Callable[[Any], None]) -> None:
    """Let the server lie: change the JSON of what it answers."""

    def answer(route: Route) -> None:
        value = route.fetch().json()
        alter(value)
        route.fulfill(body=json.dumps(value), content_type=JSON)

    page.route(pattern, answer)


def test_a_policy_counts_once_its_digest_was_compared(browser_page: Page, site: Site) -> None:
    digest = digest_of(site)
    compare_policy(browser_page, f"SHA-256: {digest[:32].upper()} {digest[32:60]}")
    keep = browser_page.get_by_role("button", name="Keep this policy in this browser")

    expect(browser_page.locator(".compared")).to_have_text("The same so far: 60 of 64 characters.")
    expect(keep).to_be_disabled()

    browser_page.get_by_label("The digest that you have").fill(digest)
    expect(browser_page.locator(".compared")).to_have_text("It is the same.")
    assert browser_page.locator(".trust.checked").count() == 0
    keep.click()

    expect(browser_page.locator(".notice.proved")).to_contain_text("You compared this policy")
    expect(browser_page.locator(".trust.checked")).to_have_count(1)
    browser_page.reload()
    expect(browser_page.locator(".trust.checked")).to_have_count(1)

    browser_page.get_by_role("button", name="Forget it").click()
    expect(keep).to_be_disabled()
    expect(browser_page.locator(".trust.checked")).to_have_count(0)


def test_another_digest_keeps_nothing(browser_page: Page, site: Site) -> None:
    digest = digest_of(site)
    compare_policy(browser_page, ("0" if digest[0] != "0" else "1") + digest[1:])
    browser_page.get_by_label("I have compared all 64 characters by eye.").check()

    expect(browser_page.locator(".compared")).to_contain_text("It is another one.")
    expect(browser_page.get_by_role("button", name="Keep this policy")).to_be_disabled()


def test_a_new_policy_of_the_server_is_not_believed(browser_page: Page, site: Site) -> None:
    keep_policy(browser_page, site)
    altering(browser_page, "**/v1/policy", lambda policy: policy.update(witnesses=[]))
    browser_page.reload()

    expect(browser_page.locator(".notice.caution").first).to_contain_text(
        "another policy than the one that you compared"
    )
    expect(browser_page.locator(".trust.checked")).to_have_count(1)


def test_a_state_that_the_log_did_not_sign_is_told(browser_page: Page, site: Site) -> None:
    keep_policy(browser_page, site)

    def forge(route: Route) -> None:
        lines = route.fetch().text().split("\n")
        lines[2] = base64.b64encode(bytes(32)).decode()
        route.fulfill(body="\n".join(lines), content_type="text/plain")

    browser_page.route("**/checkpoint", forge)
    browser_page.reload()

    expect(browser_page.locator(".notice.false")).to_contain_text("Do not rely on this ledger")
    expect(browser_page.locator(".trust.checked")).to_have_count(0)


def test_a_second_history_is_found_out_by_who_comes_back(browser_page: Page, site: Site) -> None:
    keep_policy(browser_page, site)
    browser_page.evaluate(
        """async () => {
          const { keep, list } = await import("/web/store.js");
          const [{ key, value }] = await list("states");
          await keep("states", key, { ...value, treeSize: 5, rootHash: btoa("\\0".repeat(32)) });
        }"""
    )
    browser_page.reload()

    expect(browser_page.locator(".notice.false")).to_contain_text("contradicts what it showed you")


def test_who_comes_back_hears_that_nothing_was_changed(browser_page: Page, site: Site) -> None:
    keep_policy(browser_page, site)
    browser_page.evaluate(
        """async () => {
          const { readLogState, rootAtSize } = await import("/web/log_state.js");
          const { toB64 } = await import("/web/core/digests.js");
          const { keep, list } = await import("/web/store.js");
          const root = await rootAtSize(await readLogState(), 4);
          const [{ key, value }] = await list("states");
          await keep("states", key, { ...value, treeSize: 4, rootHash: toB64(root) });
        }"""
    )
    browser_page.reload()

    expect(browser_page.locator("main")).to_contain_text("there were 4 entries. All of them are")
    assert site.url in browser_page.url


def test_an_anchor_is_checked_by_the_policy_of_the_reader(browser_page: Page, site: Site) -> None:
    steps, proved = browser_page.locator(".step"), browser_page.locator(".step.proved")
    browser_page.goto("/anchors/1")
    expect(steps).to_have_count(4)
    expect(proved).to_have_count(1)

    keep_policy(browser_page, site)
    browser_page.goto("/anchors/1")
    expect(proved).to_have_count(3)
    expect(steps.nth(3)).to_contain_text("That only you can find out.")


def forge_root(anchor: dict[str, Any]) -> None:
    anchor["root_hash"] = "00" * 32


def forge_time(anchor: dict[str, Any]) -> None:
    anchor["block_time"] -= 86_400


def forge_header(anchor: dict[str, Any]) -> None:
    header = anchor["evidence"]["header"]
    anchor["evidence"]["header"] = (
        header[:100] + ("0" if header[100] != "0" else "1") + header[101:]
    )


@pytest.mark.parametrize(("forge", "false"), [
    (forge_root, {0, 2}), (forge_time, {1}), (forge_header, {1}),
], ids=["root", "time", "header"])  # fmt: skip
def test_a_forged_anchor_is_told(
    browser_page: Page,
    site: Site,
    forge: Callable[[dict[str, Any]], None],
    false: set[int],
) -> None:
    keep_policy(browser_page, site)
    altering(browser_page, "**/v1/anchors?**", lambda page: forge(page["items"][0]))
    browser_page.goto("/anchors/1")
    steps = browser_page.locator(".step")
    expect(steps).to_have_count(4)

    found = {at for at in range(4) if "false" in (steps.nth(at).get_attribute("class") or "")}
    assert found == false


def test_what_the_server_cannot_give_is_said_in_its_place(open_page: Callable[..., Page]) -> None:
    page = open_page(locale="zh-CN")
    problem = {"status": 503, "code": "unavailable", "title": "?", "detail": "the database is away"}
    page.route("**/v1/ledger", lambda route: route.fulfill(status=503, json=problem))
    page.goto("/ledger")

    expect(page.locator("section", has_text="现况").first).to_contain_text("所需的服务没有应答")
    expect(page.locator(".policy-compare")).to_be_visible()
    complaints_of(page).expect_failures()  # the 503 stands on the console


def test_a_state_of_the_past_is_proved_from_the_newest(browser_page: Page, site: Site) -> None:
    keep_policy(browser_page, site)
    browser_page.goto("/checkpoints/2")

    expect(browser_page.locator("h1")).to_have_text("The log at 2 entries")
    expect(browser_page.locator(".trust.checked")).to_have_count(1)
    browser_page.get_by_role("link", name="No. 1", exact=True).click()
    expect(browser_page.locator("h1")).to_have_text("Anchor no. 1")


def test_a_false_proof_of_the_past_is_not_shown(browser_page: Page, site: Site) -> None:
    def forge(proof: dict[str, Any]) -> None:
        proof["path"][0] = base64.b64encode(bytes(32)).decode()

    altering(browser_page, "**/v1/log/inclusion?**", forge)
    browser_page.goto("/checkpoints/5")

    expect(browser_page.locator(".notice.false")).to_contain_text("does not hold")
    assert site.url in browser_page.url
