"""Damaged sources: a reader answers, or raises an error of ours; what it gives is always sound."""

from __future__ import annotations

import hashlib
import io
import tarfile
import zipfile
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from import_trees import tree_of

from provenance.errors import ProvenanceError
from provenance.files.manifest_file import read_manifest
from provenance.fingerprint import FileEntry, summarize, write_manifest
from provenance.imports import kinds_of, read_source
from provenance.imports.contents import hash_files, look_into

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

FEW = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
EDITS = st.lists(
    st.tuples(
        st.integers(0, 10**6),
        st.sampled_from(
            (
                *(b"", b"\0", b"\n", b"\r", b" ", b"%", b"%25", b"../", b"/", b"\\", b":", b"\xff"),
                *(
                    b"0",
                    b"Z",
                    b"\xe2\x80\xae",
                    b"e\xcc\x81",
                    b"{",
                    b"]",
                    b'"',
                    b"- ",
                    b"-1",
                    b"1e9",
                ),
            )
        ),
        st.integers(0, 3),
    ),
    min_size=1,
    max_size=4,
)
DIGEST = hashlib.sha256(b"1").hexdigest()


def edited(octets: bytes, edits: list[tuple[int, bytes, int]]) -> bytes:
    """Put something in the place of some bytes, here and there."""
    for place, what, length in edits:
        at = place % (len(octets) + 1)
        octets = octets[:at] + what + octets[at + length :]
    return octets


def check(path: Path, kind: str) -> None:
    """Read a source; what comes out has a digest, and all of its paths are proper."""
    kinds_of(path)
    try:
        imported = read_source(path, kind)
    except ProvenanceError:
        return
    assert summarize(imported.entries).files == len(imported.entries)


@FEW
@given(edits=EDITS)
def test_lists_of_checksums(tmp_path: Path, edits: list[tuple[int, bytes, int]]) -> None:
    octets = f"{DIGEST}  a/b.csv\n\\{DIGEST} *c\\\\d\nSHA256 (e f) = {DIGEST}\n".encode()
    (tmp_path / "SHA256SUMS").write_bytes(edited(octets, edits))

    check(tmp_path / "SHA256SUMS", "sha256sums")


BAG = {
    "bagit.txt": b"BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n",
    "manifest-sha256.txt": f"{DIGEST}  data/a%25b\n{DIGEST}  data/c/d\n".encode(),
    "bag-info.txt": b"Payload-Oxum: 2.2\nContact-Name: A\n B\nExternal-Identifier: x\n",
    "fetch.txt": b"https://example.org/d 1 data/c/d\n",
}


@FEW
@given(name=st.sampled_from(sorted(BAG)), edits=EDITS)
def test_bags(tmp_path: Path, name: str, edits: list[tuple[int, bytes, int]]) -> None:
    (tmp_path / "data").mkdir(exist_ok=True)
    (tmp_path / "data" / "a%b").write_bytes(b"1")
    for file, octets in BAG.items():
        (tmp_path / file).write_bytes(edited(octets, edits) if file == name else octets)

    check(tmp_path, "bagit")


@FEW
@given(edits=EDITS, name=st.sampled_from(["raw.dvc", "dvc.lock"]))
def test_files_of_dvc(
    tmp_path_factory: pytest.TempPathFactory, name: str, edits: list[tuple[int, bytes, int]]
) -> None:
    path = tree_of("dvc", tmp_path_factory.getbasetemp() / "fuzzed")
    (path / name).write_bytes(edited((path / name).read_bytes(), edits))

    check(path / name, "dvc")


@FEW
@given(edits=EDITS)
def test_inventories(
    tmp_path_factory: pytest.TempPathFactory, edits: list[tuple[int, bytes, int]]
) -> None:
    path = tree_of("ocfl-sha512", tmp_path_factory.getbasetemp() / "fuzzed")
    octets = edited((path / "inventory.json").read_bytes(), edits)
    (path / "inventory.json").write_bytes(octets)
    sidecar = f"{hashlib.sha512(octets).hexdigest()} inventory.json\n"
    (path / "inventory.json.sha512").write_text(sidecar)

    check(path, "ocfl")


@FEW
@given(edits=EDITS)
def test_manifests_of_our_own(tmp_path: Path, edits: list[tuple[int, bytes, int]]) -> None:
    octets = write_manifest([FileEntry("a", bytes(32), 1), FileEntry("b/c", bytes(32), None)])
    (tmp_path / "m.jsonl").write_bytes(edited(octets, edits))

    check(tmp_path / "m.jsonl", "provenance-manifest")


def packed_zip() -> bytes:
    octets = io.BytesIO()
    with zipfile.ZipFile(octets, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in ("a/b.csv", "测量", "empty"):
            archive.writestr(name, name * 20)
    return octets.getvalue()


def packed_tar(mode: str) -> Callable[[], bytes]:
    def pack() -> bytes:
        octets = io.BytesIO()
        with tarfile.open(fileobj=octets, mode=mode) as archive:  # type: ignore[call-overload]
            for name in ("a/b.csv", "测量", "x" * 150):
                info = tarfile.TarInfo(name)
                info.size = 40
                archive.addfile(info, io.BytesIO(bytes(40)))
        return octets.getvalue()

    return pack


@pytest.mark.parametrize("pack", [packed_zip, packed_tar("w"), packed_tar("w:gz")], ids="zxg")
@FEW
@given(data=st.data())
def test_archives(tmp_path: Path, pack: Callable[[], bytes], data: st.DataObject) -> None:
    path = tmp_path / "packed"
    path.write_bytes(edited(pack(), data.draw(EDITS)))

    kinds_of(path)
    try:
        lengths = look_into(path, lambda _: True).lengths
        hashed = dict(hash_files(path, lengths, ["sha256"]))
    except ProvenanceError:
        return
    assert all(hashed[name].length == length for name, length in lengths.items())
    assert not any(name.startswith("/") or ".." in name.split("/") for name in lengths)


def test_a_manifest_of_our_own_is_imported_since_somebody_else_hashed_it(tmp_path: Path) -> None:
    entries = [FileEntry("a", bytes(32), 1), FileEntry("b", bytes(32), None, imported=True)]
    path = tmp_path / "m.jsonl"
    path.write_bytes(write_manifest(entries))

    imported = read_source(path)

    assert kinds_of(path) == ["provenance-manifest"]
    assert all(isinstance(one, FileEntry) and one.imported for one in imported.entries)
    assert summarize(imported.entries).digest == read_manifest(path).header.digest
