"""``verify`` of a whole, a part, one file, or bytes of one: what the data themselves tell."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest
import receipts

from provenance.chunks import CHUNK_BYTES, ChunkedFile, ChunkTree, write_chunks
from provenance.digests import sha256
from provenance.fingerprint import FileEntry, summarize

if TYPE_CHECKING:
    from pathlib import Path

    from command_line import CommandLine, Ran
    from conftest import Deposited, Served


class Verify:
    def __init__(self, line: CommandLine, ledger: Served, deposited: Deposited) -> None:
        self.line = line
        self.deposited = deposited
        self._rest = ["--policy", ledger.policy, "--block-hash", deposited.block]

    def __call__(self, *words: object) -> Ran:
        given = [self.deposited.receipt, *words, *self._rest, "--allow-dev-chain"]
        return self.line.here("verify", *given)

    def against_manifest(self, *words: object) -> Ran:
        return self(*words, "--manifest", self.deposited.manifest)


@pytest.fixture
def verify(line: CommandLine, ledger: Served, deposited: Deposited) -> Verify:
    return Verify(line, ledger, deposited)


def test_a_bare_sub_folder_needs_no_telling_which_it_is(verify: Verify, tmp_path: Path) -> None:
    bare = shutil.copytree(verify.deposited.data / "tables", tmp_path / "别的名字")

    ran = verify.against_manifest(bare)

    assert ran.code == 0
    assert "part of the dataset in the record, tables; files: 2" in ran.out


def test_a_file_under_another_name_is_proved_by_its_content(verify: Verify, tmp_path: Path) -> None:
    other = tmp_path / "renamed.bin"
    shutil.copy(verify.deposited.data / "tables" / "raw" / "测量.csv", other)

    ran = verify.against_manifest(other)

    assert ran.code == 0
    assert "in the record, tables/raw/测量.csv; files: 1" in ran.out


def test_a_folder_said_to_be_the_whole_is_not_excused_as_a_part(verify: Verify) -> None:
    folder = verify.deposited.data / "tables"

    assert verify.against_manifest(folder).code == 0
    assert verify.against_manifest(folder, "--as", ".").code == 1


def test_a_url_is_to_be_fingerprinted_first(verify: Verify) -> None:
    ran = verify.against_manifest("https://data.example/set.csv")

    assert (ran.code, "PATH: expected a path of this machine, got a URL" in ran.err) == (2, True)
    assert "fingerprint it, and give the manifest" in ran.err


def test_every_difference_is_named_by_its_kind(verify: Verify, tmp_path: Path) -> None:
    copy = shutil.copytree(verify.deposited.data, tmp_path / "copy")
    (copy / "readme.txt").write_text("changed")
    (copy / "tables" / "raw" / "测量.csv").rename(copy / "tables" / "renamed.csv")
    (copy / "copy of a.csv").write_bytes((copy / "tables" / "a.csv").read_bytes())
    (copy / "new.txt").write_text("new")

    ran = verify.against_manifest(copy)

    assert ran.code == 1
    assert (
        "differences: 4; changed: 1 [readme.txt]; missing: 0 []; not in the manifest: 1 [new.txt]; "
        "renamed: 1 [tables/raw/测量.csv -> tables/renamed.csv]; "
        "copies: 1 [tables/a.csv -> copy of a.csv]"
    ) in ran.out


def test_what_is_listed_neither_by_name_nor_by_content_is_no_verdict(
    verify: Verify, tmp_path: Path
) -> None:
    (tmp_path / "unlisted.txt").write_text("of nobody")

    ran = verify.against_manifest(tmp_path / "unlisted.txt", "--json")

    assert (ran.code, ran.json()["error"]) == (2, "not-found")


# --- a range ---------------------------------------------------------------------------------


@pytest.fixture
def huge(tmp_path: Path) -> Path:
    """A file of three chunks, and beside it its receipt, its policy and its chunk hashes."""
    data = tmp_path / "巨大.bin"
    with data.open("wb") as file:
        file.seek(2 * CHUNK_BYTES)
        file.write(b"ends")
    tree = ChunkTree()
    tree.update(data.read_bytes())
    chunks = ChunkedFile(data.name, tree.length, tree.hashes())
    (tmp_path / "chunks.jsonl").write_bytes(write_chunks([chunks]))
    entry = FileEntry(data.name, sha256(data.read_bytes()), tree.length)
    claims: dict[str, object] = {
        "dataset_digest": summarize([entry]).digest.hex(),
        "files": 1,
        "bytes": tree.length,
        "additional_digests": [
            {"algorithm": "sha256-chunks", "digest": summarize([chunks.entry]).digest.hex()}
        ],
    }
    made = receipts.build(receipts.Shape(claims=claims))
    (tmp_path / "receipt.json").write_bytes(made.octets)
    (tmp_path / "policy.json").write_bytes(made.policy.octets)
    return data


def test_bytes_of_a_huge_file_are_checked_alone(line: CommandLine, huge: Path) -> None:
    words = ["receipt.json", huge, "--policy", "policy.json", "--chunks", "chunks.jsonl"]
    second = [*words, "--range", "20000000:20000001"]

    whole, part = line.here("verify", *words), line.here("verify", *second)
    with huge.open("r+b") as file:
        file.seek(3)
        file.write(b"x")
    same_part = line.here("verify", *second)
    changed = line.here("verify", *words, "--range", "0:1")

    assert [ran.code for ran in (whole, part, same_part, changed)] == [3, 3, 3, 1]
    assert "bytes 0 to 33554436 of the file are those in the record; chunks: 3" in whole.out
    assert "bytes 16777216 to 33554432 of the file are those in the record" in same_part.out
    assert "chunk 0 of the file, from byte 0 on" in changed.out


@pytest.mark.parametrize(
    ("words", "field"),
    [
        (["--range", "0:1"], "--range"),
        (["--chunks", "c", "--range", "1"], "--range"),
        (["--chunks", "c", "--range", "-1:2"], "--range"),
        (["--chunks", "c", "--range", "a:b"], "--range"),
        (["--chunks", "c", "--manifest", "m"], "--chunks"),
    ],
)
def test_options_that_do_not_fit_are_named(verify: Verify, words: list[str], field: str) -> None:
    ran = verify(verify.deposited.data, *words, "--json")

    assert (ran.code, ran.json()["field"]) == (2, field)


def test_a_range_of_a_deposit_is_checked_alone_to_the_octet(
    line: CommandLine, ledger: Served, tmp_path: Path
) -> None:
    """A deposit with ``--chunks``, completed by the chain; then single octets of a copy change."""
    (tmp_path / "deep" / "sub").mkdir(parents=True)
    (tmp_path / "deep" / "readme.txt").write_text("two files, one of them huge\n")
    data = tmp_path / "deep" / "sub" / "巨大.bin"
    with data.open("wb") as file:
        file.seek(2 * CHUNK_BYTES)
        file.write(b"ends")
    made = tmp_path / "deep.provenance"
    deposit = line.succeed("deposit", "deep", "--chunks", "--title", "Deep", "--json").json()
    line.succeed("receipt", deposit["id"], "--wait", "-o", made / "receipt.json")
    blocks = line.succeed("show", made / "receipt.json", "--json").json()["blocks"]
    assert isinstance(blocks, list)
    rest = ["--policy", ledger.policy, "--block-hash", blocks[0]["hash"], "--allow-dev-chain"]

    def code(first: int, below: int, *flipped: int) -> int:
        """Exit code for a range of a copy in which octets were flipped."""
        copy = tmp_path / "sub" / data.name
        copy.parent.mkdir(exist_ok=True)
        shutil.copy(data, copy)
        with copy.open("r+b") as file:
            for at in flipped:
                file.seek(at)
                octet = file.read(1)[0]
                file.seek(at)
                file.write(bytes([octet ^ 1]))
        words = ["--chunks", made / "manifest.chunks.jsonl", "--range", f"{first}:{below}"]
        return line.here("verify", made / "receipt.json", copy, *words, *rest).code

    second = (CHUNK_BYTES, 2 * CHUNK_BYTES)
    assert code(*second) == 0
    assert code(*second, second[0] - 1, second[1]) == 0
    assert code(*second, second[0]) == 1
    assert code(*second, second[1] - 1) == 1
    assert code(second[0] + 5, second[0] + 6, second[1] - 1) == 1  # widened to the chunk
    assert code(second[0] - 1, second[0] + 1, 0) == 1  # a range over an edge reads both chunks
    assert code(second[1], second[1] + 4, second[1] + 3) == 1
    assert code(second[1], second[1] + 4, 0, second[1] - 1) == 0
