"""A folder has the same manifest, digest and refusals on the page as at the command line."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any

import pytest
from in_node import Failed, ask, ask_one

from provenance.digests import from_hex, sha256
from provenance.errors import ProvenanceError, UnusableDatasetError
from provenance.file_proof import file_proof
from provenance.files.walk import hash_dataset
from provenance.fingerprint import (
    header_line,
    parse_manifest,
    summarize,
    write_manifest,
)
from provenance.salted import file_opening, salted_digest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from provenance.fingerprint import FileEntry

HASH_FILES = "../../tests/web/hash_files.mjs"
SALTS = bytes(range(32))
TROUBLES = {
    "the name cannot stand in a manifest": "bad-name",
    "the name equals another one but for case or Unicode form": "same-name",
    "the path is too long": "too-long",
}

DATASETS: dict[str, dict[str, bytes]] = {
    "formats": {"a.csv": b"a,b\n", "b/c.csv": b""},
    "one": {"x": b"x"},
    "order": {"a/b": b"1", "a.b": b"2", "a": b"3" * 5, "a-b": b"4", "A0": b"5"}
    | {"b/c/d": b"6", "b/c.d": b"7", "b/c-d": b"8"},
    "above the plane": {"\U0001f600.csv": b"1", "\uffee.csv": b"2", "\ue000": b"3", "中": b"4"},
    "nfd": {"e\u0301te\u0301/caf\u0065\u0301.csv": b"1", "\u1112\u1161\u11ab.txt": b"2"},
    "chinese": {"数据/测站 一.csv": b"1", "数据/測站.csv": b"2", "说明.txt": b"3"},
    "deep": {"/".join("abcdefghij" * 12) + "/f": b"deep"},
    "odd": {"-": b"1", "a\\b": b"2", " x": b"3", "y ": b"4", ".hidden/.git": b"5", "a'\"b": b"6"},
    "sizes": {
        f"{n:07}": bytes(n % 251 for n in range(n)) for n in (0, 1, 55, 56, 63, 64, 65, 9999)
    },
    "many": {f"d{n % 7}/f{n}.csv": b"%d" % n for n in range(700)},
}
del DATASETS["order"]["a"]  # a folder has that name

REFUSED: dict[str, dict[str, bytes]] = {
    "case": {"a/Readme.md": b"1", "a/README.md": b"2", "b/x": b"3"},
    "case of folders": {"Data/x": b"1", "data/y": b"2", "z": b"3"},
    "forms": {"caf\u00e9": b"1", "cafe\u0301": b"2"},
    "eszett": {"straße": b"1", "STRASSE": b"2", "ok": b"3"},
    "folder beside file": {"A": b"1", "a/b": b"2"},
    "control": {"a\nb": b"1", "tab\there/x": b"2", "ok": b"3"},
    "bidi": {"a\u202eb.csv": b"1"},
    "young": {"\u05c8": b"1", "x/\u05c9\u0301": b"2"},
    "several": {"A": b"", "a": b"", "x\x7f": b"", "y/\u200fz": b"", "y/Q": b"", "y/q": b""},
}


def made(folder: Path, files: dict[str, bytes]) -> Path:
    for name, content in files.items():
        place = folder / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(content)
    return folder


def asked(files: dict[str, bytes], *more: object) -> tuple[str, str, list[Any]]:
    return HASH_FILES, "manifestOf", [list(files.items()), *more]


def test_hard_names_give_the_same_manifest(tmp_path: Path) -> None:
    answers = ask([asked(files, SALTS) for files in DATASETS.values()])

    for number, (name, answer) in enumerate(zip(DATASETS, answers, strict=True)):
        entries = list(hash_dataset(made(tmp_path / str(number), DATASETS[name])))
        summary = summarize(entries)
        lines = write_manifest(entries).partition(b"\n")[2]
        assert answer["manifest"] == header_line(summary, salts=SALTS) + lines, name
        assert answer["summary"] == {
            "digest": summary.digest,
            "files": summary.files,
            "length": summary.length,
            "imported": 0,
        }
        assert answer["salted"] == salted_digest(entries, SALTS)


def test_what_cannot_be_fingerprinted_is_refused_for_the_same_reasons(tmp_path: Path) -> None:
    answers = ask([asked(files) for files in REFUSED.values()])

    for number, (name, answer) in enumerate(zip(REFUSED, answers, strict=True)):
        with pytest.raises(UnusableDatasetError) as caught:
            list(hash_dataset(made(tmp_path / str(number), REFUSED[name])))
        assert isinstance(answer, Failed), name
        assert answer.code == "unusable-dataset"
        # which of two equal names is the second one depends on the disk's order
        expected = sorted(
            (path.casefold(), TROUBLES[what]) for path, what, _ in caught.value.problems
        )
        assert sorted((path.casefold(), what) for path, what in answer.problems) == expected, name


def test_a_dataset_without_a_file_is_refused() -> None:
    (answer,) = ask([asked({})])

    assert isinstance(answer, Failed)
    assert answer.code == "empty-dataset"


def test_a_path_that_is_too_long_is_refused() -> None:
    (answer,) = ask([asked({"/".join(["d" * 250] * 131) + "/x": b"", "ok": b""})])

    assert isinstance(answer, Failed)
    assert [what for _, what in answer.problems] == ["too-long"]


# --- manifests, read ------------------------------------------------------------------------


def manifest_of(name: str) -> bytes:
    return write_manifest(entries_of(name))


def entries_of(name: str) -> list[FileEntry]:
    answer = ask_one(HASH_FILES, "manifestOf", list(DATASETS[name].items()))
    return list(parse_manifest(answer["manifest"].splitlines(keepends=True)))


def mutated(octets: bytes, dice: random.Random) -> bytes:
    """Change a manifest in one of the ways in which a sender may be wrong."""
    at = dice.randrange(len(octets))
    lines = octets.splitlines(keepends=True)
    number = dice.randrange(len(lines))
    kinds: list[Callable[[], bytes]] = [
        lambda: octets[:at] + bytes([octets[at] ^ 1 << dice.randrange(8)]) + octets[at + 1 :],
        lambda: octets[:at] + octets[at + 1 :],
        lambda: octets[:at] + dice.choice([b" ", b"\\u0041", b"0", b'"', b"\n"]) + octets[at:],
        lambda: octets[:at],
        lambda: b"".join(lines[:number] + lines[number + 1 :]),
        lambda: b"".join([*lines[:number], lines[number], *lines[number:]]),
        lambda: b"".join(dice.sample(lines, len(lines))),
        lambda: octets.replace(b'"length":', b'"length" :', 1),
        lambda: octets.replace(b'"length":0', dice.choice([b'"length":-0', b'"length":0.0'])),
        lambda: octets.replace(b'"length":', b'"assurance":"imported","length":', 1),
        lambda: octets.replace(b'"bytes":', b'"imported":1,"bytes":', 1),
        lambda: octets.replace(b"\n", b"\r\n", 1),
    ]
    return dice.choice(kinds)()


def outcome(octets: bytes) -> Failed | list[object]:
    """Return what Python makes of a manifest."""
    try:
        manifest = parse_manifest(octets.splitlines(keepends=True))
        entries = list(manifest)
    except ProvenanceError as error:
        return Failed(error.code, error.field, str(error))
    return [[one.path, one.sha256, one.length, one.imported] for one in entries]


def test_broken_manifests_are_refused_in_the_same_words() -> None:
    dice = random.Random(7)
    originals = [manifest_of(name) for name in ("formats", "above the plane", "odd", "nfd")]
    salted = header_line(summarize(entries_of("formats")), salts=SALTS)
    originals.append(salted + originals[0].partition(b"\n")[2])
    # bytes.splitlines knows more line ends than the format, so those are kept out
    many = [mutated(dice.choice(originals), dice) for _ in range(1_500)]
    cases = [*originals, *(one for one in many if not set(b"\x0b\x0c\r\x1c\x1d\x1e") & set(one))]

    answers = ask([("core/manifest.js", "parseManifest", [case]) for case in cases])

    taken = 0
    for case, answer in zip(cases, answers, strict=True):
        expected = outcome(case)
        if isinstance(answer, Failed):
            assert answer == expected, case
            continue
        entries = answer["entries"]
        got = [[one["path"], one["sha256"], one["length"], one["imported"]] for one in entries]
        assert got == expected, case
        taken += 1
    assert taken >= len(originals)
    assert len(cases) - taken > 1_000


def test_digests_of_nothing_are_refused_in_the_same_words() -> None:
    texts = [b"", b"undefined", b"[object File]", b"NaN", b"data"]
    cases = [
        {"path": "f", "sha256": sha256(text), "length": length, "imported": False}
        for text in texts
        for length in (0, 3, 4, 9, 13, None)
    ]

    answers = ask([("core/manifest.js", "renderManifest", [[case]]) for case in cases])

    for case, answer in zip(cases, answers, strict=True):
        expected = outcome(_unchecked(case))
        if isinstance(expected, Failed):
            assert isinstance(answer, Failed)
            assert (answer.code, answer.message) == (expected.code, expected.message)
        else:
            assert outcome(answer) == expected


def _unchecked(case: dict[str, Any]) -> bytes:
    """Write a manifest without looking whether something was hashed."""
    plain = {"length": case["length"], "sha256": case["sha256"].hex()}
    length = "null" if plain["length"] is None else plain["length"]
    line = f'{{"path":"f","sha256":"{plain["sha256"]}","length":{length}}}\n'
    digest = sha256(b"\0" + case["sha256"] + b"f").hex()
    header = (
        f'{{"format":"provenance-manifest","v":1,"files":1,"bytes":{length},"digest":"{digest}"}}\n'
    )
    return (header + line).encode()


# --- one file alone -------------------------------------------------------------------------


def test_a_file_is_proved_alone() -> None:
    entries = entries_of("many")
    summary = summarize(entries)
    lines = [file_proof(entries, entries[at].path).to_bytes() for at in (0, 1, 350, 698, 699)]

    proofs = ask([("core/file_proof.js", "parseFileProof", [line]) for line in lines])

    signed = {"digest": summary.digest, "files": summary.files}
    for proof in proofs:
        ask_one("core/file_proof.js", "verifyFileProof", proof, signed)
    wrong = {**signed, "files": 699}
    (answer,) = ask([("core/file_proof.js", "verifyFileProof", [proofs[0], wrong])])
    assert isinstance(answer, Failed)
    assert answer.code == "manifest-mismatch"


def test_a_file_of_a_sealed_dataset_is_opened() -> None:
    entries = entries_of("order")
    line = file_opening(entries, entries[3].path, SALTS, []).to_bytes()

    read = ask_one("core/salted.js", "parseFileOpening", line)

    sealed = {"digest": salted_digest(entries, SALTS), "files": len(entries)}
    ask_one("core/salted.js", "verifyFileOpening", read, sealed)
    read["salt"] = from_hex("00" * 16, length=16)
    (answer,) = ask([("core/salted.js", "verifyFileOpening", [read, sealed])])
    assert isinstance(answer, Failed)
    assert answer.code == "root-mismatch"
