"""Further digests in the same pass: blake3, sm3, and chunks of 16 MiB."""

from __future__ import annotations

import hashlib
import os
from typing import TYPE_CHECKING

import pytest
from blake3 import blake3

from provenance.chunks import CHUNK_BYTES, ChunkTree, parse_chunks
from provenance.errors import EmptyDatasetError, UnusableDatasetError
from provenance.files import hasher
from provenance.files.hash_file import LONG_BYTES
from provenance.files.manifest_file import (
    additional_path,
    read_declared_manifest,
    read_manifest,
    write_blocks,
    write_manifest_file,
)
from provenance.files.pieces import MOST_PIECES, PIECE_BYTES
from provenance.files.walk import hash_blocks, hash_dataset
from provenance.fingerprint import ADDITIONAL_ALGORITHMS, summarize

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("data")
    lengths = (0, 1, 70_000, LONG_BYTES - 1, LONG_BYTES, PIECE_BYTES * (MOST_PIECES + 1) + 5)
    for length in (*lengths, CHUNK_BYTES, CHUNK_BYTES + 1):
        (folder / f"{length}").write_bytes(os.urandom(length))
    (folder / 'a "quoted" \\ name').write_bytes(b"x")
    (folder / "Ünï").mkdir()
    (folder / "Ünï" / "re\u0301sume\u0301").write_bytes(b"other on the disk")
    return folder


def expected(content: bytes) -> tuple[bytes, ...]:
    tree = ChunkTree()
    tree.update(content)
    return blake3(content).digest(), hashlib.new("sm3", content).digest(), tree.digest()


@pytest.mark.parametrize("algorithms", [ADDITIONAL_ALGORITHMS, ("sm3",), ("sha256-chunks",)])
def test_each_file_has_each_digest(data: Path, algorithms: tuple[str, ...]) -> None:
    found = {
        path: digests
        for block in hash_blocks(data, algorithms=algorithms)
        for path, *digests in zip(block.paths, *block.others, strict=True)
    }

    assert len(found) == 10
    for path, digests in found.items():
        name = path.replace("résumé", "re\u0301sume\u0301")
        whole = dict(zip(ADDITIONAL_ALGORITHMS, expected((data / name).read_bytes()), strict=True))
        assert digests == [whole[algorithm] for algorithm in algorithms]


def test_processes_hash_by_them_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hasher, "FILES_BEFORE_PROCESSES", 0)
    for number in range(2_000):
        (tmp_path / f"{number}").write_bytes(b"%d" % number)

    for block in hash_blocks(tmp_path, algorithms=ADDITIONAL_ALGORITHMS, workers=3):
        for path, *digests in zip(block.paths, *block.others, strict=True):
            assert tuple(digests) == expected(path.encode())


def test_manifests_stand_beside_the_manifest(data: Path, tmp_path: Path) -> None:
    target = tmp_path / "m.jsonl"

    written = write_blocks(
        target, hash_blocks(data, algorithms=ADDITIONAL_ALGORITHMS), ADDITIONAL_ALGORITHMS
    )

    plain = tmp_path / "plain.jsonl"
    assert write_manifest_file(plain, hash_dataset(data)) == written.summary
    assert target.read_bytes() == plain.read_bytes()
    assert list(read_manifest(target)) == list(hash_dataset(data))
    for algorithm in ("blake3", "sm3"):
        declared = read_declared_manifest(tmp_path / f"m.{algorithm}.jsonl")
        assert summarize(declared) == declared.header == written.additional[algorithm]
    side = additional_path(target, "sha256-chunks")
    with side.open("rb") as lines:
        files = list(parse_chunks(lines))
    assert summarize(file.entry for file in files) == written.additional["sha256-chunks"]
    assert [len(file.hashes) for file in files if file.path == f"{CHUNK_BYTES + 1}"] == [2]


def test_nothing_is_written_of_a_dataset_with_a_problem(tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.mkdir()
    target = tmp_path / "m.jsonl"

    with pytest.raises(EmptyDatasetError):
        write_blocks(target, hash_blocks(data, algorithms=("sm3",)), ("sm3",))
    (data / "good").write_bytes(b"1")
    (data / "link").symlink_to("good")
    with pytest.raises(UnusableDatasetError):
        write_blocks(target, hash_blocks(data, algorithms=("sm3",)), ("sm3",))

    assert list(tmp_path.iterdir()) == [data]
