"""Names in any script, form and length, through every command that reads or writes names."""

from __future__ import annotations

import json
import subprocess
import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING

import bagit  # type: ignore[import-untyped]  # it has no types
import pytest
from command_line import CommandLine, Ran, tree

from provenance.exports import FORMATS

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Served

NFD = unicodedata.normalize("NFD", "Ämter für Höhen")
NAMES = (
    "测量 数据/𠮷野家 龔㐂.csv",
    "データ/がぎぐ 東京.txt",
    "👩🏽‍🔬 🧪/🇨🇳😀.bin",
    f"{NFD}/{unicodedata.normalize('NFD', 'Café Ångström')}.txt",
    "한국어/조선말.txt",
    "زبان/עברית/ไทย.txt",
    "a b%20'\"$(c) *?[d];&|<e>\\f.txt",
    "名" * 85,  # 255 octets
    "n" * 255,
    f"{'深' * 85}/{'長' * 85}",
)
"""As they are on the disk."""

NFC = sorted(unicodedata.normalize("NFC", name) for name in NAMES)
"""As a manifest has them, in the order of their octets."""


@dataclass(frozen=True)
class Kept:
    """A dataset of such names, itself under such a name, and its completed deposit."""

    data: Path
    made: Path
    rest: tuple[object, ...]
    """What ``verify`` is told of policy and block."""


def fill(folder: Path) -> Path:
    for number, name in enumerate(NAMES):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"{number}\n" * 9)
    return folder


@pytest.fixture(scope="module")
def kept(ledger: Served, tmp_path_factory: pytest.TempPathFactory) -> Kept:
    place = tmp_path_factory.mktemp("names") / "数据 😀"
    data = fill(place / f"{NFD} 集")
    line = CommandLine(place, ledger.person.home, ledger.url)
    people = "--contributor", "王小明 𠮷; roles=data-curation"
    line.succeed("deposit", data, "--publish-manifest", "--title", "测量 👩🏽‍🔬", *people)
    made = data.with_name(f"{data.name}.provenance")
    shown = line.succeed("show", made / "receipt.json", "--json").json()
    line.succeed("receipt", shown["id"], "--wait", "-o", made / "receipt.json")
    blocks = line.succeed("show", made / "receipt.json", "--json").json()["blocks"]
    assert isinstance(blocks, list)
    rest = ("--policy", ledger.policy, "--block-hash", blocks[0]["hash"], "--allow-dev-chain")
    return Kept(data, made, rest)


def good(ran: Ran) -> str:
    assert ran.code == 0, ran
    return ran.out


def test_manifest_lists_every_name_in_nfc(kept: Kept) -> None:
    _header, *lines = (kept.made / "manifest.jsonl").read_text(encoding="utf-8").splitlines()

    assert [json.loads(line)["path"] for line in lines] == sorted(NFC, key=str.encode)


def test_a_terminal_that_cannot_show_the_names_stops_nothing(
    line: CommandLine, kept: Kept, tmp_path: Path
) -> None:
    answers = [
        line.run("fingerprint", kept.data, "-o", tmp_path / f"{lang}.jsonl", LANG=lang, LC_ALL=lang)
        for lang in ("C", "C.UTF-8", "POSIX")
    ]

    assert [ran.code for ran in answers] == [0, 0, 0]
    assert len({(tmp_path / f"{lang}.jsonl").read_bytes() for lang in ("C", "C.UTF-8")}) == 1


@pytest.mark.parametrize("name", NAMES, ids=range(len(NAMES)))
def test_one_file_is_verified_proved_and_found(
    line: CommandLine, kept: Kept, name: str, tmp_path: Path
) -> None:
    receipt, manifest = kept.made / "receipt.json", kept.made / "manifest.jsonl"
    listed = unicodedata.normalize("NFC", name)
    file, proof = kept.data / name, tmp_path / "proof"

    part = line.here("verify", receipt, file, "--manifest", manifest, *kept.rest)
    good(line.here("file-proof", manifest, name, "-o", proof))
    proved = line.here("verify", receipt, file, "--file-proof", proof, *kept.rest)
    (hit,) = json.loads(good(line.here("lookup", file, "--json")))

    assert listed in good(part)
    assert proved.code == 0
    assert (hit["of"], hit["title"]) == ("file", "测量 👩🏽‍🔬")


def test_the_whole_is_verified_and_read_again(
    line: CommandLine, kept: Kept, tmp_path: Path
) -> None:
    receipt = kept.made / "receipt.json"
    report = tmp_path / "報告.json"

    good(line.here("verify", receipt, kept.data, *kept.rest))
    good(line.here("fixity", receipt, kept.data, "--report", report, "--deposit"))
    witnessed = tmp_path / "報告.receipt.json"
    good(line.here("verify", receipt, *kept.rest, "--fixity", witnessed))


def test_differences_are_told_by_name(line: CommandLine, kept: Kept, tmp_path: Path) -> None:
    other = fill(tmp_path / "другое")
    (other / NAMES[0]).write_text("changed")
    (other / NAMES[3]).rename(other / "新しい.txt")
    (other / NAMES[7]).unlink()

    ran = line.here("diff", kept.made / "receipt.json", other)
    listed = ["--manifest", kept.made / "manifest.jsonl"]
    checked = line.here("verify", kept.made / "receipt.json", other, *listed, *kept.rest)
    again = line.here("fixity", kept.made / "receipt.json", other, "--report", tmp_path / "r.json")
    shared = line.here("overlap", kept.made / "receipt.json", other)

    renamed = unicodedata.normalize("NFC", NAMES[3])
    assert (ran.code, checked.code, again.code, shared.code) == (1, 1, 1, 0)
    for text in (ran.out, checked.out):
        for name in (NAMES[0], renamed, NAMES[7], "新しい.txt"):
            assert name in text, name
    for name in (NAMES[0], renamed, NAMES[7]):
        assert name in again.out
    assert f"= {renamed} -> 新しい.txt" in shared.out


@pytest.mark.parametrize("form", FORMATS)
def test_every_format_carries_the_names(
    line: CommandLine, kept: Kept, form: str, tmp_path: Path
) -> None:
    out = tmp_path / "出力 😀"
    given = ["--manifest", kept.made / "manifest.jsonl", "--data", kept.data]

    good(line.here("export", kept.made / "receipt.json", "--to", form, "-o", out, *given))

    octets = b"".join(tree(out).values()) if out.is_dir() else out.read_bytes()
    assert octets
    if form in {"bagit", "ro-crate"}:
        assert set(tree(out / "data")) == set(NFC)
    if form == "sha256sums":  # which spells names as the disk does
        words = ["sha256sum", "--check", "--strict", "--quiet", str(out)]
        assert subprocess.run(words, cwd=kept.data, check=False).returncode == 0
        assert len(octets.splitlines()) == len(NFC)


def test_what_was_exported_is_imported_again(line: CommandLine, kept: Kept, tmp_path: Path) -> None:
    receipt = kept.made / "receipt.json"
    given = ["--manifest", kept.made / "manifest.jsonl", "--data", kept.data]
    deposited = line.here("fingerprint", kept.data, "-o", tmp_path / "f", "--json").json()
    sums = subprocess.run(
        ["sha256sum", *NAMES], cwd=kept.data, capture_output=True, check=True
    ).stdout
    (tmp_path / "SHA256SUMS").write_bytes(sums)
    for form in ("sha256sums", "bagit", "ro-crate"):
        good(line.here("export", receipt, "--to", form, "-o", tmp_path / form, *given))

    for source in ("SHA256SUMS", "sha256sums", "bagit"):
        made = line.here("import", tmp_path / source, "-o", tmp_path / "m", "--json").json()
        assert made["dataset_digest"] == deposited["dataset_digest"], source
    crate = line.here("import", tmp_path / "ro-crate", "-o", tmp_path / "m", "--json").json()
    described = (tmp_path / "m").read_text(encoding="utf-8")
    assert isinstance(crate["files"], int)
    assert crate["files"] > len(NFC)
    assert all(json.dumps(f"data/{name}", ensure_ascii=False) in described for name in NFC)
    again = ["--data", kept.data, "--rehash", "all", "-o", tmp_path / "m", "--json"]
    whole = line.here("import", tmp_path / "SHA256SUMS", *again).json()
    assert whole["assurance"] == {"rehashed": len(NFC)}
    assert "%" in next(name for name in NFC if name.startswith("a b"))
    with pytest.raises(bagit.BagValidationError):  # it does not decode the percent sign
        bagit.Bag(str(tmp_path / "bagit")).validate()


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Straße.csv", "STRASSE.csv"),
        ("é.csv", unicodedata.normalize("NFD", "é.csv")),
        ("数据 é.csv", unicodedata.normalize("NFD", "数据 É.csv")),
        ("Ǆ/a", "ǆ/b"),
        (unicodedata.normalize("NFD", "Ä"), "ä"),
        ("ΌΣΟΣ", "όσος"),
    ],
)
def test_two_names_that_are_one_after_nfc_and_folding_are_refused_with_both(
    line: CommandLine, one: str, other: str, tmp_path: Path
) -> None:
    folder = tmp_path / "d"
    for name in (one, other):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(name)
    sums = subprocess.run(
        ["sha256sum", one, other], cwd=folder, capture_output=True, check=True
    ).stdout
    (tmp_path / "SHA256SUMS").write_bytes(sums)

    refusals = [
        line.here("fingerprint", folder, "-o", tmp_path / "m"),
        line.here("deposit", folder),
        line.here("import", tmp_path / "SHA256SUMS", "-o", tmp_path / "m"),
        line.here("deposit", "--import", tmp_path / "SHA256SUMS"),
        line.here("diff", folder, folder),
        line.here("overlap", folder, folder),
    ]

    is_alike = unicodedata.normalize("NFC", one) == unicodedata.normalize("NFC", other)
    for ran in refusals:
        assert ran.code == 2, ran
        if "SHA256SUMS:1" in ran.err:  # the paths are in NFC by now: both places are named
            shown = ["SHA256SUMS:1", "SHA256SUMS:2"]
        elif is_alike:  # nobody could tell them apart
            shown = [ascii(one), ascii(other)]
        else:
            shown = [one.partition("/")[0], other.partition("/")[0]]
        read = unicodedata.normalize("NFC", ran.err)
        assert all(unicodedata.normalize("NFC", name) in read for name in shown), ran
    assert not (tmp_path / "m").exists()
