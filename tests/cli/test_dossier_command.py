"""A worked dispute on real tables, its dossier, and the dossier's own verifier run alone."""

from __future__ import annotations

import base64
import json
import shutil
import subprocess
import sys
import zipfile
from dataclasses import dataclass
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import pypdfium2
import pytest
from test_attribution_commands import GORMAN, IERS, LI, PENGUINS, WANG, Place, place
from time_authority import make_authority

from provenance.client import LedgerClient
from provenance.client.collect_case import collect_case
from provenance.dossier.compile import compile_dossier
from provenance.dossier_check import check_dossier
from provenance.dossier_sums import write_sums
from provenance.given import Given
from provenance.messages import translator
from provenance.policy import Policy
from provenance.record import parse_record
from provenance.standalone.reading import read_folder

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["place"]


@dataclass(frozen=True)
class Worked:
    """The dispute, and where its dossier was unpacked."""

    place: Place
    dispute: str
    archive: Path
    unpacked: Path
    block: str
    tsa_root: Path

    @property
    def receipt(self) -> Path:
        return self.archive.with_name("out.receipt.json")


def tables(folder: Path, iers: Path, extra: str) -> Path:
    """Put the tables of one IERS week and the penguins together, with a note of one's own."""
    folder.mkdir()
    for name in ("eopc04.1962-now", "Leap_Second.dat"):
        shutil.copy(iers / name, folder / name)
    shutil.copy(PENGUINS / "penguins.csv", folder / "penguins.csv")
    (folder / "说明.txt").write_text(extra, "utf-8")
    return folder


@pytest.fixture(scope="module")
def worked(place: Place, tmp_path_factory: pytest.TempPathFactory) -> Worked:
    folder = tmp_path_factory.mktemp("dossier")
    ours = tables(folder / "ours", IERS[0], "龔㐂䶮堃𠮷")
    theirs = tables(folder / "theirs", IERS[1], "another note")
    people = [f"李雷; orcid={LI}; roles=软件", f"Kristen Gorman; orcid={GORMAN}; roles=验证"]
    flags = [word for one in people for word in ("--contributor", one)]
    sealed = folder / "sealed"
    first = place.json("li", "deposit", ours, "--sealed", "-o", sealed, *flags)["id"]
    second = place.json(
        *("wang", "deposit", theirs, "--title", "Tables of Wang", "-o", folder / "wang"),
        *("--publish-manifest", "--dataset-version", "2.0-龔", *flags),
        *("--relation", f"wasRevisionOf={first}", "--relation", "wasDerivedFrom=10.1234/raw"),
    )["id"]
    place.json("li", "open", sealed / "receipt.json")
    place.json("gorman", "respond", second, "object", "--reason", "I had no part in this.")
    words = ["--about", "priority", "--about", "authorship", "--question", "谁先完成？"]
    words += ["--party", f"claimant: 李雷; orcid={LI}"]
    words += ["--party", f"respondent: 王芳; orcid={WANG}"]
    dispute = place.json("institute", "dispute", first, second, *words)["id"]
    place.json("li", "statement", dispute, "--text", "我的笔记本第12页。")
    authority = make_authority(folder / "tsa")
    token = folder / "answer.tsr"
    token.write_bytes(authority.answer(bytes.fromhex(first)))
    place.json("li", "statement", first, "--time-token", token, "--tsa-root", authority.root)
    decided = ["ruling", dispute, "upheld", "--corrects", second, "--reason", "Li came first."]
    ruling = place.json("institute", *decided)["id"]
    shown = place.json("li", "receipt", ruling, "--wait", "--timeout", "60", "-o", folder / "r")
    assert shown["complete"] is True
    archive = folder / "out.zip"
    manifest = sealed / "manifest.jsonl"
    made = place.json(
        *("institute", "dossier", dispute, "-o", archive, "--manifest", manifest),
        *("--policy", place.policy),
    )
    assert made["records"] >= 7
    unpacked = folder / "unpacked"
    zipfile.ZipFile(archive).extractall(unpacked)
    index = json.loads((unpacked / "dossier.json").read_text())
    block = "0x" + index["blocks"][0]["hash"]
    return Worked(place, dispute, archive, unpacked, block, authority.root)


def verify(folder: Path, *words: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-I", "-S", str(folder / "verify.py"), *map(str, words)]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


def every_block(worked: Worked) -> list[str]:
    index = json.loads((worked.unpacked / "dossier.json").read_text())
    return [word for one in index["blocks"] for word in ("--block-hash", "0x" + one["hash"])]


def test_its_own_verifier_proves_it_alone(worked: Worked) -> None:
    done = verify(worked.unpacked, *every_block(worked), "--allow-dev-chain")

    assert done.returncode == 0, done.stdout + done.stderr
    assert "Every file is the one listed" in done.stdout
    assert "DEVELOPMENT CHAIN" in done.stdout
    assert "本核验不能证明" in done.stdout
    assert "Manifests that are the signed ones: 2" in done.stdout
    # the penguins and the leap seconds, or more: files that did not change between two weeks
    assert "经证明同时属于两个数据集的文件" in done.stdout
    assert "The log was only added to between the" in done.stdout
    # whose key each one is, what is known of it, and what a token says, in both languages
    assert "self-asserted by the key holder" in done.stdout
    assert "由密钥持有人自行声明" in done.stdout
    assert "no revocation shown in this receipt; absence is not proved" in done.stdout
    assert "an RFC 3161 token over that very record says" in done.stdout
    # what the dossier opens is no longer told as sealed
    assert "opened at entry" in done.stdout
    assert "sealed: the digests are known to the owner" not in done.stdout


def test_without_a_block_hash_no_time_is_proved(worked: Worked) -> None:
    done = verify(worked.unpacked)

    assert done.returncode == 3
    assert "--block-hash 0x" in done.stdout


def test_the_receipt_beside_it_is_of_this_very_dossier(worked: Worked, tmp_path: Path) -> None:
    done = verify(worked.unpacked, "--receipt", worked.receipt)
    assert done.returncode == 3
    assert "own receipt is of this very SHA256SUMS" in done.stdout

    other = shutil.copytree(worked.unpacked, tmp_path / "other")
    sums = (other / "SHA256SUMS").read_text().splitlines(keepends=True)
    (other / "SHA256SUMS").write_text("".join(sums[::-1]))
    done = verify(other, "--receipt", worked.receipt)
    assert done.returncode == 1
    assert "the receipt is of another dossier" in done.stdout


def test_its_own_receipt_is_completed_and_proved_with_it(worked: Worked, tmp_path: Path) -> None:
    own = json.loads(worked.receipt.read_bytes())["record"]["sd_jwt"]
    record = parse_record(own.encode(), complete=False).id_hex
    later = tmp_path / "out.receipt.json"
    words = ["receipt", record, "--wait", "--timeout", "60", "-o", later]
    worked.place.json("institute", *words)
    blocks = worked.place.json("institute", "show", later)["blocks"]
    hashes = [word for one in blocks for word in ("--block-hash", one["hash"])]

    done = verify(
        worked.unpacked, *every_block(worked), *hashes, "--receipt", later, "--allow-dev-chain"
    )

    assert done.returncode == 0, done.stdout
    assert "own receipt is of this very SHA256SUMS" in done.stdout


def test_the_dispute_is_told_from_its_records(worked: Worked) -> None:
    index = json.loads((worked.unpacked / "dossier.json").read_text())
    types = [one["type"] for one in index["records"]]

    assert {"deposit", "opening", "response", "dispute", "statement", "ruling"} <= set(types)
    (overlap,) = index["overlap"]
    assert len(overlap["files"]) >= 1
    for language in ("zh", "en"):
        text = pdf_text(worked.unpacked / f"report.{language}.pdf")
        flowing = "".join(text.split())
        assert "谁先完成？" in flowing
        assert "2.0-龔" in flowing
        countersigned = {"zh": "KristenGorman:本人已反对", "en": "KristenGorman:OBJECTED"}
        assert countersigned[language] in flowing
        assert "Ihadnopartinthis." in flowing
        for number in range(1, 18):
            assert f"\n{number}. " in "\n" + text.replace("\r", "")
        assert "李雷" in text
    assert "FRE 902(14)" in pdf_text(worked.unpacked / "report.en.pdf")
    assert "司法鉴定" in pdf_text(worked.unpacked / "report.zh.pdf")


def test_both_pictures_are_drawn_in_both_languages(worked: Worked) -> None:
    drawn = {}
    for language, kind in (("zh", "裁决"), ("en", "ruling")):
        timeline = (worked.unpacked / f"pictures/timeline.{language}.svg").read_text()
        lineage = (worked.unpacked / f"pictures/lineage.{language}.svg").read_text()
        assert kind in timeline
        for text in ("Tables of Wang", "10.1234/raw", "wasRevisionOf"):
            assert text in "".join(ET.fromstring(lineage).itertext())
        drawn[language] = lineage
        shown = pdf_text(worked.unpacked / f"report.{language}.pdf")
        assert "10.1234/raw" in "".join(shown.split())
    assert drawn["zh"] != drawn["en"]


def test_every_single_file_is_missed_when_it_is_altered(worked: Worked) -> None:
    files = read_folder(worked.unpacked)
    sound = check_dossier(files, Given(), now_unix=0)
    assert sound.findings == []

    for name, octets in files.items():
        for altered in (octets[:-1], octets + b" ", bytes([octets[0] ^ 1]) + octets[1:]):
            found = check_dossier({**files, name: altered}, Given(), now_unix=0).findings
            assert name in {one.file for one in found}, name


def test_a_history_that_was_not_proved_is_no_history(worked: Worked) -> None:
    files = read_folder(worked.unpacked)
    listed = json.loads(files["dossier.json"])
    assert len(listed["consistency"]) >= 2

    def codes(consistency: list[object]) -> set[str]:
        octets = json.dumps({**listed, "consistency": consistency}, separators=(",", ":")).encode()
        found = check_dossier({**files, "dossier.json": octets}, Given(), now_unix=0).findings
        return {one.code for one in found}

    first = listed["consistency"][0]
    forged = {**first, "path": ["00" * 32 for _ in first["path"]] or ["00" * 32]}
    assert "history-false" in codes([])
    assert "history-false" in codes(listed["consistency"][1:])
    assert "history-false" in codes([forged, *listed["consistency"][1:]])
    assert "history-false" not in codes(listed["consistency"])


def test_no_page_is_blank_and_nothing_runs_into_the_margins(worked: Worked) -> None:
    for language in ("zh", "en"):
        with pypdfium2.PdfDocument(worked.unpacked / f"report.{language}.pdf") as document:
            for page in document:
                grey = page.render(scale=1.5).to_numpy().min(axis=2)
                edge = int(grey.shape[1] * 0.08)
                assert (grey < 128).sum() > 2_000
                assert (grey[:, :edge] < 128).sum() + (grey[:, -edge:] < 128).sum() == 0
                assert "[U+" not in page.get_textpage().get_text_bounded()


def pdf_text(path: Path) -> str:
    with pypdfium2.PdfDocument(path) as document:
        return "\n".join(page.get_textpage().get_text_bounded() for page in document)


def test_every_altered_file_is_named(worked: Worked, tmp_path: Path) -> None:
    names = [path for path in worked.unpacked.rglob("*") if path.is_file()]
    by_folder = {path.parent: path for path in names if path.parent != worked.unpacked}
    chosen = [path for path in names if path.parent == worked.unpacked] + list(by_folder.values())
    assert len(chosen) > 10

    for number, original in enumerate(chosen):
        folder = shutil.copytree(worked.unpacked, tmp_path / str(number))
        name = original.relative_to(worked.unpacked).as_posix()
        octets = bytearray(original.read_bytes())
        if name == "verify.py":
            octets += b"# altered\n"
        elif name.endswith("SUMS"):
            octets[3] ^= 1
        else:
            octets[len(octets) // 2] ^= 1
        (folder / name).write_bytes(octets)

        done = verify(folder)

        assert done.returncode in {1, 2}, name
        assert any(line.startswith("  ✗") and name in line for line in done.stdout.splitlines()), (
            name
        )
        shutil.rmtree(folder)


def test_a_missing_and_an_added_file_are_named(worked: Worked, tmp_path: Path) -> None:
    folder = shutil.copytree(worked.unpacked, tmp_path / "copy")
    (folder / "report.en.pdf").unlink()
    (folder / "records" / "extra.json").write_text("{}")

    done = verify(folder)

    assert done.returncode == 1
    assert "MISSING: report.en.pdf" in done.stdout
    assert "ADDED, not part of the dossier: records/extra.json" in done.stdout


def test_altering_a_file_and_its_lines_is_found_by_what_it_proves(
    worked: Worked, tmp_path: Path
) -> None:
    """Whoever writes both lists anew still cannot make the proofs lead to the signed digests."""

    def forged(change: str, old: bytes, new: bytes) -> subprocess.CompletedProcess[str]:
        folder = shutil.copytree(worked.unpacked, tmp_path / change.replace("/", "-"))
        (path,) = sorted(folder.glob(change))[:1]
        assert old in path.read_bytes()
        path.write_bytes(path.read_bytes().replace(old, new, 1))
        files = {
            one.relative_to(folder).as_posix(): one.read_bytes()
            for one in folder.rglob("*")
            if one.is_file() and not one.name.endswith("SUMS")
        }
        for name, octets in write_sums(files).items():
            (folder / name).write_bytes(octets)
        return verify(folder)

    assert "manifests/" in forged("manifests/*.jsonl", b"penguins.csv", b"penguinx.csv").stdout
    assert "overlap/" in forged("overlap/*/*-first.json", b'"index":', b'"index":1').stdout
    assert "says otherwise" in forged("dossier.json", b'"leaf_index":', b'"leaf_index":1').stdout
    assert forged("records/*-deposit-*", b'"leaf_index":', b'"leaf_index":1').returncode == 1


@pytest.mark.skipif(shutil.which("openssl") is None, reason="no openssl")
def test_the_hand_steps_hold_with_sha256sum_and_openssl(worked: Worked, tmp_path: Path) -> None:
    sums = subprocess.run(
        ["sha256sum", "-c", "--quiet", "SHA256SUMS"], cwd=worked.unpacked, check=False
    )
    assert sums.returncode == 0
    folder = shutil.copytree(worked.unpacked / "hand", tmp_path / "hand")
    done = subprocess.run(
        ["bash", "check.sh"], cwd=folder, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count("signature and root agree") >= 7

    (token,) = folder.glob("*/token.der")
    (listed,) = [
        one
        for one in json.loads((worked.unpacked / "dossier.json").read_text())["records"]
        if one["leaf_index"] == int(token.parent.name)
    ]
    stated = json.loads((worked.unpacked / listed["receipt"]).read_text())["record"]["sd_jwt"]
    payload = stated.split(".")[1]
    over = json.loads(base64.urlsafe_b64decode(payload + "=="))["record"]
    for digest, code in ((over, 0), ("00" * 32, 1)):
        asked = ["-digest", digest, "-in", token, "-token_in", "-CAfile", worked.tsa_root]
        ran = subprocess.run(["openssl", "ts", "-verify", *asked], capture_output=True, check=False)
        assert ran.returncode == code, ran.stderr

    entry = next(path for path in folder.iterdir() if path.is_dir()) / "entry"
    octets = entry.read_bytes()
    entry.write_bytes(octets[:-5] + (b"B" if octets[-5:-4] == b"A" else b"A") + octets[-4:])
    again = subprocess.run(["bash", "check.sh"], cwd=folder, capture_output=True, check=False)
    assert again.returncode == 1


def test_the_same_records_make_the_same_bytes(worked: Worked) -> None:
    policy = Policy.parse(worked.place.policy.read_bytes())
    with LedgerClient(worked.place.url) as client:
        wanted = [bytes.fromhex(worked.dispute)]
        case = collect_case(client, wanted, policy, now_unix=1, allow_dev_chain=True)
        later = collect_case(client, wanted, policy, now_unix=2, allow_dev_chain=False)

        def made(of: object) -> bytes:
            assert of in (case, later)
            used = case if of is case else later
            return compile_dossier(
                used,
                policy,
                {},
                language="zh",
                version="1",
                to_chinese=translator("zh_Hans"),
                prove=client.consistency,
            ).to_bytes()

        same = [one.octets for one in case.entries] == [one.octets for one in later.entries]
        assert made(case) == made(case)
        assert not same or made(case) == made(later)


def test_what_is_wrong_is_refused_before_anything_is_written(
    worked: Worked, tmp_path: Path
) -> None:
    words = ["dossier", worked.dispute, "-o", tmp_path / "x.zip"]
    other = worked.unpacked / "policy.json"

    ran = worked.place.run("institute", *words, "--language", "fr")
    assert (ran.code, "--language" in ran.err) == (2, True)
    ran = worked.place.run("institute", *words, "--manifest", other)
    assert ran.code == 2
    ran = worked.place.run("institute", "dossier", "ab" * 32, "-o", tmp_path / "x.zip")
    assert ran.code == 2
    assert list(tmp_path.iterdir()) == []
