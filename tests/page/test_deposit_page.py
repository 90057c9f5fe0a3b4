"""Depositing in a real browser: every step, what the command line says of it, and interruptions."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import command_line
import httpx
import pytest
from axe import overflowing, serious_findings
from command_line import CommandLine
from deposit_steps import (
    PASSPHRASE,
    WORDS,
    describe,
    enter_person,
    new_key,
    open_key,
    pick_folder,
    press,
)
from playwright.sync_api import expect
from tabs import NARROW, WIDE, complaints_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from playwright.sync_api import Page, Route
    from visited_site import Site

ORCID = "0000-0001-5000-0007"
NOT_ORCID = "0000-0001-5000-0008"


@dataclass(frozen=True)
class Desk:
    """Where somebody sits: a folder, data in it, and a command line that knows no key yet."""

    site: Site
    folder: Path
    reader: CommandLine

    @property
    def dataset(self) -> Path:
        return self.folder / "dataset"

    def verdict(self, *words: object) -> dict[str, Any]:
        """Return what the command line says of a receipt."""
        ran = self.reader.here("verify", *words, "--policy", self.site.policy, "--json")
        value: dict[str, Any] = json.loads(ran.out)
        return value


@pytest.fixture
def desk(site: Site, tmp_path: Path) -> Desk:
    """Four files: nested, named in Chinese, and one too long to be hashed at once."""
    made = Desk(site, tmp_path, CommandLine(tmp_path, tmp_path / "reader", site.url))
    raw = made.dataset / "观测" / "raw"
    raw.mkdir(parents=True)
    (made.dataset / "readme.txt").write_text("ice\n")
    (made.dataset / "观测" / "测站.csv").write_text("x,y\n1,2\n")
    (raw / "a b.bin").write_bytes(bytes(range(256)) * 4)
    (made.dataset / "long.bin").write_bytes(b"\x07" * (9 << 20))
    return made


def save(page: Page, language: str, word: str, target: Path) -> Path:
    with page.expect_download() as download:
        page.get_by_role("link", name=WORDS[language][word]).click()
    download.value.save_as(target)
    return target


def up_to_key(page: Page, language: str, desk: Desk, title: str) -> None:
    pick_folder(page, language, desk.dataset)
    describe(page, language, title)
    enter_person(page, language, "王芳", ORCID)


def deposit(page: Page, language: str, desk: Desk, title: str) -> None:
    up_to_key(page, language, desk, title)
    press(page, language, "next")
    open_key(page, language, desk.folder / "key.jwe")
    press(page, language, "sign")


def outcome_of(verdict: dict[str, Any], name: str) -> str:
    return next(str(check["outcome"]) for check in verdict["checks"] if check["name"] == name)


@pytest.mark.parametrize(
    ("language", "locale", "viewport"), [("en", "en-GB", WIDE), ("zh", "zh-CN", NARROW)]
)
def test_what_the_page_deposits_the_command_line_proves(
    open_page: Callable[..., Page],
    desk: Desk,
    language: str,
    locale: str,
    viewport: dict[str, int],
) -> None:
    page = open_page(locale=locale, viewport=viewport)
    page.goto("/deposit")
    pick_folder(page, language, desk.dataset)
    digest = json.loads(desk.reader.here("fingerprint", desk.dataset, "--json").out)[
        "dataset_digest"
    ]
    describe(page, language, "Deposited in a browser")
    enter_person(page, language, "王芳", ORCID)
    press(page, language, "next")
    open_key(page, language, desk.folder / "key.jwe")
    shown = page.locator(".deposit-step .digest-groups code").first.inner_text()
    assert "".join(shown.split()) == digest
    expect(page.locator(".facts").get_by_text("page.example/ledger")).to_be_visible()
    press(page, language, "sign")
    done = page.locator(".receipt-status[data-stage=complete]")
    expect(done).to_be_visible(timeout=45_000)  # the page asks until the chain has it
    sheet = page.locator(".receipt-sheet")
    assert digest in "".join(sheet.inner_text().split())
    expect(sheet).to_contain_text(f"王芳 ({ORCID})")
    expect(sheet.locator("time")).to_have_count(2)  # of the block, and of the signer's clock
    policy = save(page, language, "policy", desk.folder / "policy.json")
    assert policy.read_bytes() == desk.site.policy.read_bytes()
    receipt = save(page, language, "receipt", desk.folder / "receipt.json")
    manifest = save(page, language, "manifest", desk.folder / "manifest.jsonl")
    found = desk.verdict(receipt, desk.dataset, "--manifest", manifest)
    assert (found["exit_code"], found["because"]) == (3, "no-block-given"), found
    for name in ("signature", "checkpoint", "inclusion", "dataset"):
        assert outcome_of(found, name) == "proved"
    assert manifest.read_bytes() == _manifest_by_cli(desk)
    assert not serious_findings(page)
    assert not overflowing(page)


def _manifest_by_cli(desk: Desk) -> bytes:
    target = desk.folder / "cli.jsonl"
    assert desk.reader.here("fingerprint", desk.dataset, "-o", target).code == 0
    return target.read_bytes()


def test_a_sealed_deposit_is_opened_by_the_command_line(browser_page: Page, desk: Desk) -> None:
    page = browser_page
    page.goto("/deposit")
    up_to_key(page, "en", desk, "Sealed in a browser")
    page.get_by_role("radio", name="Sealed").check()
    page.get_by_label("the title").check()
    press(page, "en", "next")
    open_key(page, "en", desk.folder / "key.jwe")
    press(page, "en", "sign")
    kept = desk.folder / "kept"
    receipt = save(page, "en", "receipt", kept / "receipt.json")
    save(page, "en", "secret", kept / "sealed.json")
    save(page, "en", "manifest", kept / "manifest.jsonl")
    assert "Sealed in a browser" not in receipt.read_text()
    (desk.folder / "passphrase").write_text(PASSPHRASE)
    words = ("--passphrase-file", desk.folder / "passphrase")
    imported = desk.reader.here("key", "import", desk.folder / "key.jwe", *words)
    assert imported.code == 0, imported
    opened = desk.reader.here("open", receipt, "--policy", desk.site.policy, *words, "--json")
    assert opened.code == 0, opened
    opening = kept / "opening.receipt.json"
    found = desk.verdict(receipt, desk.dataset, "--opening", opening)
    assert outcome_of(found, "dataset") == "proved", found


def test_an_answer_that_was_lost_makes_no_second_record(
    open_page: Callable[..., Page], desk: Desk
) -> None:
    page = open_page()
    indexes: list[int] = []

    def lose_answer(route: Route) -> None:
        results = route.fetch().json()["results"]
        indexes.append(results[-1]["leaf_index"])
        route.abort("connectionreset")

    page.route("**/v1/records/batch", lose_answer)
    page.goto("/deposit")
    deposit(page, "en", desk, "Interrupted")
    expect(page.get_by_text("It is signed and kept, but could not be sent")).to_be_visible()
    complaints_of(page).expect_failures()  # the browser tells of the cut connection
    size = _entries(desk)
    again = page.context.new_page()  # the first tab was closed, say, and it is the next day
    page.close()
    again.goto("/deposit")
    expect(again.get_by_text("A deposit was signed here but has no receipt yet")).to_be_visible()
    assert not serious_findings(again)
    again.get_by_role("button", name="Send it now").click()
    entry = again.locator(".receipt-sheet .entry")
    expect(entry).to_have_text(str(indexes[0]))
    assert _entries(desk) == size
    again.goto("/deposit")  # what was not saved then can be saved now
    again.get_by_text("Deposits made in this browser: 1").click()
    assert again.get_by_text("has no receipt yet").count() == 0
    again.get_by_role("button", name="Interrupted").click()
    expect(entry).to_have_text(str(indexes[0]))
    manifest = save(again, "en", "manifest", desk.folder / "later.jsonl")
    assert manifest.read_bytes() == _manifest_by_cli(desk)


def _entries(desk: Desk) -> int:
    return int(httpx.get(f"{desk.site.url}/checkpoint").text.splitlines()[1])


def test_a_key_signs_only_after_its_file_was_shown(browser_page: Page, desk: Desk) -> None:
    page = browser_page
    page.goto("/deposit")
    up_to_key(page, "en", desk, "Keys")
    press(page, "en", "next")
    page.get_by_label("Choose a passphrase").fill("short")
    press(page, "en", "make")
    expect(page.get_by_text("At least 8 characters, please.")).to_be_visible()
    page.get_by_label("Choose a passphrase").fill(PASSPHRASE)
    press(page, "en", "make")
    with page.expect_download() as download:
        page.get_by_role("link", name="Save the key file").click()
    key = desk.folder / "key.jwe"
    download.value.save_as(key)
    other = desk.folder / "other.jwe"
    other.write_text("no key")
    press(page, "en", "open key")
    expect(page.get_by_text("Please choose the file.")).to_be_visible()
    page.locator(".key-body input[type=file]").set_input_files(other)
    press(page, "en", "open key")
    expect(page.get_by_text("This is not the file")).to_be_visible()
    page.locator(".key-body input[type=file]").set_input_files(key)
    page.get_by_label("Passphrase", exact=True).fill("another passphrase")
    press(page, "en", "open key")
    expect(page.get_by_text("The file does not open")).to_be_visible()
    assert not serious_findings(page)
    page.get_by_label("Passphrase", exact=True).fill(PASSPHRASE)
    press(page, "en", "open key")
    expect(page.get_by_role("heading", name="Review and sign")).to_be_visible()
    kept = page.evaluate(_KEPT_KEYS)
    assert kept == [{"extractable": False, "usages": ["sign"]}]
    page.goto("/deposit")  # another day, the same browser
    up_to_key(page, "en", desk, "Again")
    press(page, "en", "next")
    press(page, "en", "use key")
    expect(page.get_by_role("heading", name="Review and sign")).to_be_visible()


def test_whose_key_it_is_the_ledger_says_too(browser_page: Page, desk: Desk) -> None:
    (key,) = (desk.site.people["zhang"].home / "keys").glob("*.jwe")
    page = browser_page  # which has never seen the key
    page.goto("/deposit")
    pick_folder(page, "en", desk.dataset)
    page.get_by_label("Title").fill("Another browser")
    page.keyboard.press("Enter")
    press(page, "en", "next")
    expect(page.get_by_text("Nobody is named")).to_be_visible()
    press(page, "en", "next")
    press(page, "en", "next")
    page.get_by_role("radio", name="Open a key file").check()
    page.locator(".key-body input[type=file]").set_input_files(key)
    expect(page.get_by_text("On a shared computer")).to_be_visible()
    page.get_by_label("Passphrase", exact=True).fill(command_line.PASSPHRASE)
    page.keyboard.press("Enter")
    signer = page.locator(".facts").filter(has_text="without a name")
    expect(signer).to_contain_text("as the key of: 張三")
    expect(signer.locator(".level.institution_bound")).to_be_visible()


_KEPT_KEYS = """() => new Promise((resolve) => {
  indexedDB.open("provenance").onsuccess = ({ target: { result } }) => {
    result.transaction("keys").objectStore("keys").getAll().onsuccess = ({ target }) =>
      resolve(target.result.map(({ signer: { privateKey } }) =>
        ({ extractable: privateKey.extractable, usages: privateKey.usages })));
  };
})"""


def test_wrong_entries_are_named_where_they_stand(browser_page: Page, desk: Desk) -> None:
    page = browser_page
    page.goto("/deposit")
    (desk.dataset / "观测" / ".DS_Store").write_bytes(b"\0Bud1")
    pick_folder(page, "en", desk.dataset)
    page.get_by_role("button", name="Files").click()
    expect(page.locator(".notice.caution")).to_contain_text("观测/.DS_Store: your computer")
    press(page, "en", "next")
    press(page, "en", "next")
    expect(page.get_by_text("Please give the dataset a title.")).to_be_visible()
    page.get_by_label("Title").fill("冰厚 Ice")
    page.get_by_label("DOI").fill("zenodo.1234")
    press(page, "en", "next")
    expect(page.get_by_text("A DOI begins with 10.")).to_be_visible()
    page.get_by_label("DOI").fill("https://doi.org/10.5281/zenodo.1234")
    page.get_by_text("It is a new version of").click()
    page.get_by_label("Do not know the ID?").fill("10.5281/zenodo.1234")
    page.keyboard.press("Enter")
    expect(page.locator(".finder")).to_contain_text("Nothing was found.")
    page.get_by_label("Record ID of the earlier deposit").fill("00" * 32)
    press(page, "en", "next")
    expect(page.get_by_text("This ledger has no record with that ID.")).to_be_visible()
    complaints_of(page).expect_failures()  # the browser tells of the 404
    assert not serious_findings(page)
    page.get_by_label("Record ID of the earlier deposit").fill("")
    press(page, "en", "next")
    page.get_by_label("Name").fill("Wang")
    page.get_by_label("ORCID iD").fill(NOT_ORCID)
    press(page, "en", "next")
    expect(page.get_by_text("This is not an ORCID iD")).to_be_visible()
    page.get_by_label("ORCID iD").fill(f"https://orcid.org/{ORCID}")
    expect(page.get_by_text("its check digit is right")).to_be_visible()
    page.get_by_role("button", name="中文", exact=True).click()  # nothing entered is lost
    expect(page.get_by_label("ORCID")).to_have_value(ORCID)
    press(page, "zh", "next")
    expect(page.get_by_role("heading", name="公开或密封")).to_be_visible()


def test_a_receipt_that_is_false_is_called_so(browser_page: Page, desk: Desk) -> None:
    page = browser_page

    def lie(route: Route) -> None:
        answer = route.fetch()
        body = answer.json()
        checkpoint = body["results"][-1]["receipt"]["first"]["record"]
        checkpoint[0] = "A" * 43 + "="
        route.fulfill(response=answer, json=body)

    page.route("**/v1/records/batch", lie)
    page.goto("/deposit")
    deposit(page, "en", desk, "Lied to")
    expect(page.get_by_text("The server’s answer is not true")).to_be_visible()
    assert page.locator(".trust.checked").count() == 0


def test_what_the_ledger_refuses_can_be_put_right(browser_page: Page, desk: Desk) -> None:
    page = browser_page
    problem = {"status": 403, "code": "not-allowed", "detail": "not today", "title": "Not allowed"}

    def refuse(route: Route) -> None:
        refused = {"status": "refused", "problem": problem}
        route.fulfill(json={"results": [refused, refused]})

    page.add_init_script(_WITHOUT_ED25519)
    page.route("**/v1/records/batch", refuse)
    page.goto("/deposit")
    up_to_key(page, "en", desk, "Refused")
    press(page, "en", "next")
    new_key(page, "en", desk.folder / "key.jwe")
    press(page, "en", "sign")
    expect(page.get_by_text("The ledger did not accept the record")).to_be_visible()
    page.unroute("**/v1/records/batch")
    page.get_by_role("button", name="Description").click()  # nothing stands in the way
    press(page, "en", "next")
    page.get_by_role("button", name="Add a person").click()
    page.get_by_label("Name", exact=True).last.fill("李雷")
    for _ in range(2):
        press(page, "en", "next")
    press(page, "en", "use key")
    press(page, "en", "sign")
    expect(page.locator(".receipt-status .notice")).to_be_visible()
    page.get_by_text("Ask the people named").click()  # the depositor has said it already
    link = page.locator(".invitations a").get_attribute("href") or ""
    record = link.partition("=")[2].partition(".")[0]
    invited = json.loads(desk.reader.here("invite", record, "--json").out)
    assert [one["link"] for one in invited if one["name"] == "李雷"] == [link]
    receipt = save(page, "en", "receipt", desk.folder / "receipt.json")
    found = desk.verdict(receipt, desk.dataset)
    signature = next(one for one in found["checks"] if one["name"] == "signature")
    assert (signature["outcome"], signature["facts"]["alg"]) == ("proved", "ES256")
    with page.expect_download() as download:
        press(page, "en", "pdf")
    assert download.value.path().read_bytes().startswith(b"%PDF-")


_WITHOUT_ED25519 = """
const generate = crypto.subtle.generateKey.bind(crypto.subtle);
crypto.subtle.generateKey = async (algorithm, ...more) => {
  if ((algorithm.name ?? algorithm) === "Ed25519") throw new DOMException("", "NotSupportedError");
  return generate(algorithm, ...more);
};
"""


def test_hashing_can_be_stopped(browser_page: Page, desk: Desk) -> None:
    with (desk.dataset / "huge.bin").open("wb") as file:
        file.truncate(1 << 30)
    page = browser_page
    page.goto("/deposit")
    page.locator(".drop input[webkitdirectory]").set_input_files(desk.dataset)
    page.get_by_role("button", name="Cancel").click()
    expect(page.get_by_text("Stopped. Nothing was kept.")).to_be_visible()
    assert page.get_by_role("button", name="Continue").count() == 0


def test_without_web_cryptography_the_page_says_why(browser_page: Page) -> None:
    page = browser_page
    page.add_init_script("Object.defineProperty(crypto, 'subtle', { value: undefined })")
    page.goto("/deposit")
    expect(page.get_by_text("provenance deposit")).to_be_visible()


def test_files_that_cannot_be_deposited_are_named(browser_page: Page, desk: Desk) -> None:
    for name in ("a.txt", "A.txt", "photo\u202egpj.exe", "<img src=x onerror=alert(1)>"):
        (desk.dataset / name).write_text("x")
    page = browser_page
    page.goto("/deposit")
    page.locator(".drop input[webkitdirectory]").set_input_files(desk.dataset)
    wrong = page.locator(".files-result .notice.false li")
    expect(wrong).to_have_count(2)
    expect(wrong.filter(has_text="a.txt")).to_contain_text("the same name")
    expect(wrong.filter(has_text="gpj.exe")).to_contain_text("not every computer can keep")
    assert page.get_by_role("button", name="Continue").count() == 0
    assert not serious_findings(page)
