"""Verifying in a real browser: the same verdict as the command line's, whatever is given."""

from __future__ import annotations

import json
import re
import shutil
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import pytest
from axe import overflowing, serious_findings
from playwright.sync_api import expect
from tabs import NARROW, WIDE, complaints_of
from visited_site import ORIGIN, ROR

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from playwright.sync_api import Page
    from visited_site import Site

SAVE = {"en": "Save this verdict (JSON)", "zh": "保存此结论（JSON）"}


@dataclass(frozen=True)
class Case:
    """A deposit of the story, with a receipt that the chain has completed."""

    site: Site
    folder: Path

    @cached_property
    def receipt(self) -> Path:
        target = self.folder / "complete.receipt.json"
        record = self.site.records["first"]
        ran = self.site.people["zhang"].here("receipt", record, "--wait", "-o", target)
        assert ran.code == 0, ran
        return target

    @property
    def policy(self) -> Path:
        return self.site.policy

    @property
    def data(self) -> Path:
        return self.site.folder / "ice"

    @property
    def manifest(self) -> Path:
        return self.site.folder / "ice.provenance" / "manifest.jsonl"

    @cached_property
    def block_hash(self) -> str:
        shown = self.site.people["zhang"].here("show", self.receipt, "--json")
        blocks: list[dict[str, str]] = json.loads(shown.out)["blocks"]
        return blocks[0]["hash"]

    def by_cli(self, *words: object, receipt: Path | None = None) -> dict[str, Any]:
        """Return the command line's verdict, as JSON."""
        given = ("verify", receipt or self.receipt, "--policy", self.policy, *words, "--json")
        value: dict[str, Any] = json.loads(self.site.people["zhang"].here(*given).out)
        return comparable(value)


@pytest.fixture(scope="module")
def case(site: Site, tmp_path_factory: pytest.TempPathFactory) -> Case:
    return Case(site, tmp_path_factory.mktemp("case"))


def comparable(verdict: dict[str, Any]) -> dict[str, Any]:
    """A verdict without the one member that no two have alike: when it was made."""
    return {name: value for name, value in verdict.items() if name != "verified_at_unix"}


def give(page: Page, *files: Path) -> None:
    page.locator(".given .drop input:not([webkitdirectory])").set_input_files(files)


def give_folder(page: Page, folder: Path) -> None:
    page.locator(".given .drop input[webkitdirectory]").set_input_files(folder)


def verdict_of(page: Page, language: str = "en") -> dict[str, Any]:
    """Return the verdict that the page shows, as it saves it."""
    with page.expect_download() as download:
        page.get_by_role("link", name=SAVE[language]).click()
    return comparable(json.loads(download.value.path().read_bytes()))


@pytest.mark.parametrize(
    ("language", "wishes"),
    [
        ("en", {"locale": "en-GB", "viewport": WIDE}),
        ("zh", {"locale": "zh-CN", "viewport": NARROW, "color_scheme": "dark"}),
    ],
)
def test_the_page_and_the_command_line_agree(
    open_page: Callable[..., Page], case: Case, language: str, wishes: dict[str, Any]
) -> None:
    page = open_page(**wishes)
    page.goto("/verify")
    assert not serious_findings(page)
    give(page, case.receipt, case.policy)
    expect(page.locator(".verdict .notice").first).to_be_visible()
    assert verdict_of(page, language) == case.by_cli()
    give(page, case.manifest)
    give_folder(page, case.data)
    expect(page.locator(".files-compared")).to_be_visible()
    groups = "0x " + " ".join(re.findall(".{1,4}", case.block_hash[2:]))  # as the page shows it
    page.locator(".given-blocks input.mono").fill(groups)
    page.locator(".given-blocks details").last.locator("summary").click()
    page.locator(".demand input").first.check()
    data = (case.data, "--manifest", case.manifest)
    expected = case.by_cli(*data, "--block-hash", case.block_hash, "--allow-dev-chain")
    expect(page.locator(".verdict .interval time").nth(1)).to_be_visible()
    assert verdict_of(page, language) == expected
    assert expected["exit_code"] == 0
    words = ("--policy", case.policy, *data, "--block-hash", case.block_hash, "--allow-dev-chain")
    said = case.site.people["zhang"].here("--lang", language, "verify", case.receipt, *words).out
    shown = [one.strip() for one in page.locator(".notice-title").all_inner_texts()]
    assert said.splitlines()[0] in shown
    for line in page.locator(".step-text").all_inner_texts():
        assert line.strip() in said
    assert page.locator(".notice.proved").count() == 0  # the policy was not compared
    assert not serious_findings(page)
    assert not overflowing(page)


def test_the_printed_form_stands_for_the_receipt_in_it(
    browser_page: Page, case: Case, tmp_path: Path
) -> None:
    record = case.site.records["first"]
    address = f"{case.site.url}/v1/records/{record}/receipt"
    answer = browser_page.request.get(address, headers={"accept": "application/pdf"})
    printed, other = tmp_path / "printed.pdf", tmp_path / "other.pdf"
    printed.write_bytes(answer.body())
    other.write_bytes(b"%PDF-1.7\n")
    page = browser_page
    page.goto("/verify")
    give(page, printed, case.policy)
    expect(page.get_by_text("is the printed form of a receipt")).to_be_visible()
    assert verdict_of(page)["record"]["record_id"] == record
    give(page, other)
    expect(page.locator(".given-rows")).to_contain_text("other.pdf (1 file)")
    printed.write_bytes(
        answer.body().replace(b"/FlateDecode/Subtype/appl", b"/FlateDecoed/Subtype/appl")
    )
    page.goto("/verify")
    give(page, printed)
    expect(page.get_by_text("drop the receipt itself")).to_be_visible()


def test_which_files_differ_is_said_by_name(browser_page: Page, case: Case, tmp_path: Path) -> None:
    altered = tmp_path / "altered"
    shutil.copytree(case.data, altered)
    names = sorted(one.name for one in altered.iterdir())
    (altered / names[0]).write_text("changed\n")
    (altered / names[1]).rename(altered / "another name.csv")
    (altered / "<b>extra.txt").write_text("extra\n")
    page = browser_page
    page.goto("/verify")
    give(page, case.receipt, case.policy, case.manifest)
    give_folder(page, altered)
    expect(page.get_by_text("Changed: 1", exact=True)).to_be_visible()
    expect(page.get_by_text(f"{names[1]} → another name.csv")).to_be_visible()
    expect(page.locator(".step.false .step-text")).to_have_text(
        "differences: 3; they are listed above, under “Your files”"
    )
    expect(page.get_by_text("<b>extra.txt", exact=True)).to_be_visible()
    found = verdict_of(page)
    assert found == case.by_cli(altered, "--manifest", case.manifest)
    assert found["exit_code"] == 1


def test_changed_data_are_no_fault_of_the_receipt(
    browser_page: Page, case: Case, tmp_path: Path
) -> None:
    altered = tmp_path / "altered"
    shutil.copytree(case.data, altered)
    (altered / "thickness.csv").write_text("changed\n")
    page = browser_page
    page.goto("/verify")
    give(page, case.receipt, case.policy)
    give_folder(page, altered)
    expect(page.locator(".verdict .notice.false")).to_contain_text("In the receipt nothing is fals")
    expect(page.locator(".given-rows")).to_contain_text("tell which files differ")
    expect(page.get_by_text("only the list of files (manifest.jsonl) can tell")).to_be_visible()
    assert verdict_of(page) == case.by_cli(altered)


def test_a_mistyped_block_hash_is_told_as_such(browser_page: Page, case: Case) -> None:
    page = browser_page
    wrong = case.block_hash[:-1] + ("0" if case.block_hash[-1] != "0" else "1")
    page.goto("/verify")
    give(page, case.receipt, case.policy)
    page.locator(".given-blocks input.mono").fill(wrong)
    expect(page.get_by_text("a block hash that you entered is none of")).to_be_visible()
    expect(page.locator(".verdict .notice.false")).to_have_count(0)
    grouped = " ".join(re.findall(".{1,4}", case.block_hash[2:]))
    expect(page.locator(".verdict .digest-groups")).to_contain_text(grouped[:39])
    assert verdict_of(page) == case.by_cli("--block-hash", wrong)


def test_the_policy_of_another_ledger_is_told_as_such(
    browser_page: Page, case: Case, tmp_path: Path
) -> None:
    other = tmp_path / "other.json"
    other.write_text(case.policy.read_text().replace(f'"{ORIGIN}"', '"other.example/log"'))
    page = browser_page
    page.goto("/verify")
    give(page, case.receipt, other)
    expect(page.get_by_text("are of different ledgers")).to_be_visible()
    expect(page.get_by_text(f"get the trust policy of {ORIGIN}")).to_be_visible()
    assert verdict_of(page)["exit_code"] == 2


def test_one_file_needs_the_list_to_be_told_apart(browser_page: Page, case: Case) -> None:
    page = browser_page
    one = case.data / "thickness.csv"
    page.goto("/verify")
    give(page, case.receipt, case.policy, one)
    expect(page.get_by_text("You gave only some of the files.")).to_be_visible()
    give(page, case.manifest)
    expect(page.locator(".files-compared")).to_be_visible()
    assert verdict_of(page) == case.by_cli(one, "--manifest", case.manifest)
    page.get_by_role("button", name="Remove manifest.jsonl").click()
    expect(page.get_by_text("You gave only some of the files.")).to_be_visible()


def test_a_list_of_other_data_says_nothing_of_files(browser_page: Page, case: Case) -> None:
    page = browser_page
    page.goto("/verify")
    give(page, case.receipt, case.policy, case.site.folder / "other.provenance" / "manifest.jsonl")
    give_folder(page, case.site.folder / "other")
    expect(page.get_by_text("is not the one of this record")).to_be_visible()
    expect(page.locator(".files-compared")).to_have_count(0)
    give_folder(page, case.data)
    give(page, case.site.folder / "other.provenance" / "manifest.jsonl")
    expect(page.locator(".files-compared")).to_have_count(0)
    expect(page.get_by_text("they are listed above")).to_have_count(0)


def test_what_cannot_be_read_has_no_files(browser_page: Page, case: Case, tmp_path: Path) -> None:
    cut = tmp_path / "cut.json"
    cut.write_bytes(case.receipt.read_bytes()[:-100])
    page = browser_page
    page.goto("/verify")
    give(page, cut, case.policy, case.manifest)
    give_folder(page, case.data)
    expect(page.get_by_text("Unusable: the input cannot be checked")).to_be_visible()
    expect(page.locator(".given-rows")).to_contain_text("ice (2 files)")
    expect(page.locator(".files-compared")).to_have_count(0)


def test_a_node_of_the_readers_vouches(browser_page: Page, case: Case) -> None:
    page = browser_page
    page.goto("/verify")
    give(page, case.receipt, case.policy)
    page.get_by_text("Or ask a node that you trust").click()
    page.get_by_label("Address of the node").fill("ftp://nowhere")
    page.get_by_role("button", name="Ask the node").click()
    expect(page.get_by_text("An address begins with https://")).to_be_visible()
    page.get_by_label("Address of the node").fill(case.site.node)
    page.get_by_label("Address of the node").press("Enter")
    expect(page.get_by_text("The node has answered")).to_be_visible()
    found, expected = verdict_of(page), case.by_cli("--rpc", case.site.node)
    blocks = [one for one in found["checks"] if one["name"] == "block"]
    assert [one["outcome"] for one in blocks] == [
        one["outcome"] for one in expected["checks"] if one["name"] == "block"
    ]
    assert found["exit_code"] == expected["exit_code"]


def test_only_a_policy_that_was_compared_makes_it_green(browser_page: Page, case: Case) -> None:
    page = browser_page
    page.goto(f"/verify?record={case.site.records['first']}")
    page.get_by_role("button", name="Take the policy that this server gives").click()
    expect(page.get_by_text("a trust policy that you have not compared")).to_be_visible()
    expect(page.locator(".given-rows")).not_to_contain_text("still needed")
    believed = page.locator(".step-trust", has_text="policy that this server gave")
    expect(believed.first).to_be_visible()
    expect(page.locator(".interval dl")).to_be_visible()
    expect(page.locator(".interval-line")).to_have_count(0)  # nothing is proved of the time
    expect(page.get_by_text("only its operator knows its chain")).to_be_visible()
    digest = str(verdict_of(page)["policy_digest"])
    page.get_by_label("The digest that you have from elsewhere").fill(digest.upper())
    page.get_by_role("button", name="Keep this policy").click()
    expect(page.get_by_text("a trust policy that you have not compared")).to_have_count(0)
    expect(believed).to_have_count(0)
    page.goto("/verify")  # another day: it is chosen by itself
    give(page, case.receipt)
    expect(page.get_by_text("Your trust policy: you have compared its digest")).to_be_visible()
    assert verdict_of(page) == case.by_cli()


def test_forged_and_misplaced_files_are_called_what_they_are(
    browser_page: Page, case: Case, tmp_path: Path
) -> None:
    forged = tmp_path / "forged.json"
    text = case.receipt.read_text()
    leaf = json.loads(text)["record"]["leaf_index"]
    forged.write_text(text.replace(f'"leaf_index":{leaf}', f'"leaf_index":{leaf + 1}', 1))
    broken = tmp_path / "broken.json"
    broken.write_text('{"format":"provenance-receipt","v":1}')
    secret = tmp_path / "sealed.json"
    secret.write_text('{"format":"provenance-sealed","v":1}')
    page = browser_page
    page.goto("/verify")
    give(page, forged, case.policy)
    expect(page.locator(".verdict .notice.false")).to_be_visible()
    assert verdict_of(page) == case.by_cli(receipt=forged)
    give(page, broken, secret)
    expect(page.get_by_text("It is for its owner alone")).to_be_visible()
    expect(page.get_by_text("Unusable: the input cannot be checked")).to_be_visible()
    assert verdict_of(page) == case.by_cli(receipt=broken)


def test_a_seal_is_opened_whole_or_for_one_file(
    browser_page: Page, case: Case, tmp_path: Path
) -> None:
    wang = case.site.people["wang"]
    data = tmp_path / "sealed"
    shutil.copytree(case.data, data)
    kept = tmp_path / "kept"
    trusting = ("--policy", case.policy)
    assert wang.here("deposit", data, "--sealed", "-o", kept, *trusting).code == 0
    receipt, one = kept / "receipt.json", "thickness.csv"
    assert wang.here("open", receipt, "--file", one).code == 0
    assert wang.here("open", receipt, *trusting).code == 0
    page = browser_page
    page.goto("/verify")
    give(page, receipt, case.policy, kept / "file.opening.json", data / one)
    expect(page.get_by_text("its owner shows that the file was part of it")).to_be_visible()
    opened = ("--opening", kept / "file.opening.json")
    assert verdict_of(page) == case.by_cli(data / one, *opened, receipt=receipt)
    page.goto("/verify")
    give(page, kept / "opening.receipt.json", receipt, case.policy)
    give_folder(page, data)
    expect(page.get_by_text("data equal; files: 2")).to_be_visible()
    opened = ("--opening", kept / "opening.receipt.json")
    assert verdict_of(page) == case.by_cli(data, *opened, receipt=receipt)


def test_what_was_signed_is_shown_whole(browser_page: Page, case: Case, tmp_path: Path) -> None:
    case.site.sign(
        "described", "wang", "deposit", case.data, "--title", "Described", "-o", tmp_path,
        "--access", "restricted", "--identifier", "doi:10.5281/zenodo.7",
        "--contributor", f"Li Na; ror={ROR}; roles=software", "--contributor", "周安",
        "--hold", "contributors[1]", "--relation", f"wasDerivedFrom={case.site.records['first']}",
    )  # fmt: skip
    page = browser_page
    page.goto("/verify")
    give(page, tmp_path / "receipt.json", case.policy)
    claims = page.locator(".claims")
    for words in ("on request", "DOI 10.5281/zenodo.7", f"({ROR})", "1 person who is not shown"):
        expect(claims).to_contain_text(words)
    expect(claims).to_contain_text("made from it")
    expect(claims).not_to_contain_text("周安")


def test_once_loaded_it_works_without_a_network(browser_page: Page, case: Case) -> None:
    page = browser_page
    page.goto("/verify")
    page.get_by_text("Checking without a network").click()
    expect(page.get_by_text("now also opens without a network")).to_be_visible()
    page.context.set_offline(True)
    page.reload()
    give(page, case.receipt, case.policy)
    give_folder(page, case.data)
    expect(page.get_by_text("the dataset digest is that of the record")).to_be_visible()
    page.get_by_text("Checking without a network").click()
    expect(page.get_by_text("is away just now")).to_be_visible()
    complaints_of(page).expect_failures()  # the browser tells what it could not ask


def test_a_failure_is_told_in_the_language_of_the_reader(
    open_page: Callable[..., Page], case: Case, tmp_path: Path
) -> None:
    receipt = json.loads(case.receipt.read_text())
    head, _, signature = receipt["record"]["sd_jwt"].partition("~")[0].rpartition(".")
    other = ("B" if signature[0] == "A" else "A") + signature[1:]
    receipt["record"]["sd_jwt"] = receipt["record"]["sd_jwt"].replace(
        f"{head}.{signature}", f"{head}.{other}"
    )
    forged = tmp_path / "forged.json"
    forged.write_text(json.dumps(receipt, ensure_ascii=False, separators=(",", ":")))
    page = open_page(locale="zh-CN")
    page.goto("/verify")
    give(page, forged, case.policy)

    false = page.locator(".step:is(.false, .unusable)").first
    detail = false.locator(".technical")
    expect(detail).to_have_attribute("lang", "en")
    said = false.locator(".step-text").inner_text().removesuffix(detail.inner_text())
    assert not re.search("[a-z]{2,} [a-z]{2,}", said), said
