"""Two lists of files differ on the page exactly as they do for the command line."""

from __future__ import annotations

import random
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest
from in_node import Failed, ask, ask_one

from provenance.comparison import Comparison, choose_part, compare, under
from provenance.digests import sha256
from provenance.errors import NotFoundError
from provenance.files.data_at import data_at
from provenance.files.walk import hash_dataset
from provenance.fingerprint import FileEntry, in_order, write_manifest
from provenance.given import PartOfData, WholeData

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

MODULE = "core/comparison.js"
PARTS = ("a", "b", "raw", "测站", "𝟘", "ﬀ")


def made(chance: random.Random, count: int) -> list[FileEntry]:
    """A few files in a few folders, of few contents, so that everything happens."""
    paths = {
        "/".join(chance.choices(PARTS, k=chance.randint(1, 3))) + f".{chance.randint(0, 2)}"
        for _ in range(count)
    }
    contents = (sha256(bytes([chance.randrange(5)])) for _ in paths)
    files = [
        FileEntry(path, content, chance.choice((None, 1, 2)))
        for path, content in zip(sorted(paths), contents, strict=True)
    ]
    return list(in_order(sorted(files, key=lambda one: one.path)))


def as_js(entries: Sequence[FileEntry]) -> list[dict[str, Any]]:
    return [{"path": one.path, "sha256": one.sha256, "length": one.length} for one in entries]


def as_said(comparison: Comparison) -> dict[str, Any]:
    """The comparison as the page writes it."""
    pairs = {
        name: [{"before": one.before, "after": one.after} for one in found]
        for name, found in (
            ("renamed", comparison.renamed),
            ("duplicated", comparison.duplicated),
        )
    }
    return pairs | {
        "matched": comparison.matched,
        "changed": list(comparison.changed),
        "missing": list(comparison.missing),
        "added": list(comparison.added),
        "wrongLength": list(comparison.wrong_length),
    }


def test_lists_differ_alike() -> None:
    chance = random.Random(7)
    pairs = [(made(chance, chance.randint(0, 12)), made(chance, 8)) for _ in range(300)]
    found = ask([(MODULE, "compare", [as_js(one), as_js(other)]) for one, other in pairs])
    for (one, other), answer in zip(pairs, found, strict=True):
        assert answer == as_said(compare(one, other, again=partial(list, one)))


def test_parts_are_chosen_alike() -> None:
    chance = random.Random(8)
    cases = []
    for _ in range(300):
        whole = made(chance, 12)
        some = [one for one in whole if chance.random() < 0.4]
        folder = chance.choice(PARTS)
        moved = [one._replace(path=one.path.removeprefix(f"{folder}/")) for one in some]
        cases.append((whole, moved, folder))
    chosen = ask([(MODULE, "choosePart", [as_js(one), as_js(two)]) for one, two, _ in cases])
    below = ask([(MODULE, "under", [as_js(one), folder]) for one, _, folder in cases])
    for (whole, moved, folder), part, lower in zip(cases, chosen, below, strict=True):
        assert part == choose_part(whole, moved)
        if any(one.path.startswith(f"{folder}/") for one in whole):
            assert lower == as_js(list(under(whole, folder)))
        else:
            with pytest.raises(NotFoundError) as refused:
                list(under(whole, folder))
            assert isinstance(lower, Failed)
            assert (lower.code, lower.message) == (refused.value.code, str(refused.value))


def test_folders_are_taken_alike(tmp_path: Path) -> None:
    data = tmp_path / "data"
    for path in ("raw/a.csv", "raw/b.csv", "raw/deep/c.csv", "readme.txt"):
        (data / path).parent.mkdir(parents=True, exist_ok=True)
        (data / path).write_text(path)
    manifest = tmp_path / "manifest.jsonl"
    entries = list(hash_dataset(data))
    manifest.write_bytes(write_manifest(entries))
    parsed = {"header": {}, "entries": as_js(entries)}
    for folder in (data, data / "raw", data / "raw" / "deep"):
        there = as_js(list(hash_dataset(folder)))
        found = ask_one("core/data_at.js", "folderData", there, parsed)
        expected = data_at(folder, manifest=manifest)
        assert isinstance(expected, WholeData | PartOfData)
        assert expected.comparison is not None
        assert found["comparison"] == as_said(expected.comparison)
        part = expected.part if isinstance(expected, PartOfData) else None
        assert found.get("part") == part


def test_a_file_swapped_for_another_is_a_change() -> None:
    one, other = (FileEntry(f"raw/{name}.csv", sha256(name.encode()), 1) for name in "ab")
    manifest = {"header": {}, "entries": as_js([one, other])}
    swapped = as_js([FileEntry("a.csv", other.sha256, 1)])
    found = ask_one("core/data_at.js", "filesData", swapped, manifest)["comparison"]
    assert found["changed"] == ["raw/a.csv"]
    assert found["duplicated"] == [{"before": "raw/b.csv", "after": "raw/a.csv"}]
    unknown = as_js([FileEntry("c.csv", sha256(b"c"), 1)])
    (refused,) = ask([("core/data_at.js", "filesData", [unknown, manifest])])
    assert isinstance(refused, Failed)
    assert refused.code == NotFoundError.code
    (two,) = ask([("core/data_at.js", "proofData", [as_js([one, other]), None])])
    assert isinstance(two, Failed)


def test_files_of_ours_are_recognized_by_what_they_say() -> None:
    jwe = ".".join(("eyJ" + "a" * 90, "b" * 54, "c" * 16, "d" * 80, "e" * 22))
    heads = {
        b'{"format":"provenance-receipt","v":1}': "receipt",
        b'{\n  "format": "provenance-policy",\n': "policy",
        b'{"format":"provenance-manifest","v":1}\n{"path"': "manifest",
        b'{"format":"provenance-file-opening"': "file-opening",
        b'{"format":"provenance-sealed"': "secret",
        jwe.encode(): "key",
        b"eyJhbGciOiJFZDI1NTE5In0.eyJh": "records",
        b'{"format":"somebody-elses"}': None,
        b'{"v":1,"format":"provenance-receipt"}': None,
        b"\x00\xff": None,
        b"": None,
    }
    found = ask([("core/recognize.js", "recognize", [head]) for head in heads])
    assert found == list(heads.values())
