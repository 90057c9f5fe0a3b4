"""Names of every script, in both Unicode forms, and as long as a disk takes them."""

from __future__ import annotations

import subprocess
import unicodedata
from typing import TYPE_CHECKING

import pytest

from provenance.errors import UnusableDatasetError
from provenance.files import hasher, tree
from provenance.files.manifest_file import read_manifest, write_blocks
from provenance.files.walk import hash_blocks, hash_dataset
from provenance.fingerprint import MAX_PATH_BYTES, to_sha256sum

if TYPE_CHECKING:
    from pathlib import Path

NAMES = (
    "中文/数据 2026.csv",
    "日本語/がぎぐげご.txt",
    "한국어/각.txt",
    "emoji/👩🏽‍🔬🧪.dat",
    "Ελληνικά/ΐ.txt",
    "عربي/بيانات.csv",
    'quotes/"a" \\ b.txt',
    "long/" + "長" * 85,
    "deep/" + "/".join(["階層"] * 100) + "/file",
)


@pytest.mark.parametrize("form", ["NFC", "NFD"])
@pytest.mark.parametrize("helped", [False, True], ids=["alone", "by processes"])
def test_names_are_listed_in_nfc_and_opened_as_they_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, form: str, *, helped: bool
) -> None:
    data = tmp_path / "data"
    for name in NAMES:
        file = data / (unicodedata.normalize("NFD", name) if form == "NFD" else name)
        file.parent.mkdir(parents=True)
        file.write_text(name)
    if helped:
        monkeypatch.setattr(hasher, "FILES_BEFORE_PROCESSES", 0)
        for number in range(300):
            (data / f"{number}").touch()

    write_blocks(tmp_path / "m.jsonl", hash_blocks(data, workers=2))

    entries = list(read_manifest(tmp_path / "m.jsonl"))
    assert {unicodedata.normalize("NFC", name) for name in NAMES} <= {one.path for one in entries}
    assert entries == list(hash_dataset(data))
    if form == "NFC":
        sums = b"".join(to_sha256sum(entries))
        check = ["sha256sum", "--check", "--strict", "--quiet"]
        subprocess.run(check, cwd=data, check=True, input=sums)


def test_path_that_is_too_long_is_told(tmp_path: Path) -> None:
    # made from within, since no system call takes such a path at once
    script = (
        "import os\n"
        f"for _ in range({MAX_PATH_BYTES // 250 + 1}):\n"
        "    os.mkdir('d' * 250); os.chdir('d' * 250)\n"
        "open('file', 'w').close()\n"
    )
    subprocess.run(["python3", "-c", script], cwd=tmp_path, check=True)

    with pytest.raises(UnusableDatasetError) as caught:
        list(hash_dataset(tmp_path))

    ((path, what, _),) = caught.value.problems
    assert what == tree.TOO_LONG
    assert path.startswith("d" * 250)


def test_two_names_equal_after_nfc_and_folding_are_both_shown(tmp_path: Path) -> None:
    one, other = "Große Äpfel.csv", unicodedata.normalize("NFD", "GROSSE ÄPFEL.csv")
    for name in (one, other):
        (tmp_path / name).touch()

    with pytest.raises(UnusableDatasetError) as caught:
        list(hash_dataset(tmp_path))

    ((_, what, detail),) = caught.value.problems
    assert what == tree.SAME_NAME
    assert repr(one) in detail
    assert repr(other) in detail
