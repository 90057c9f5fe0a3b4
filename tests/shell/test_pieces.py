"""One file read once for several threads: all get all of it, or all of them end."""

from __future__ import annotations

import hashlib
import os
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, NoReturn

import pytest

from provenance.files.long_file import hash_long
from provenance.files.pieces import MOST_PIECES, PIECE_BYTES, Pieces

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

LENGTHS = (0, 1, PIECE_BYTES, PIECE_BYTES + 1, 3 * MOST_PIECES * PIECE_BYTES - 7)


class Slow:
    """A digest that takes its time, and tells how far it is."""

    def __init__(self) -> None:
        self.total = 0
        self.digest = hashlib.sha256()
        self.may_go_on = threading.Event()

    def update(self, piece: memoryview) -> None:
        self.may_go_on.wait(10)
        self.total += len(piece)
        self.digest.update(piece)


@pytest.fixture
def content(request: pytest.FixtureRequest) -> bytes:
    length: int = request.param
    return os.urandom(1 << 16).ljust(length, b"x")[:length]


@pytest.fixture
def descriptor(tmp_path: Path, content: bytes) -> Iterator[int]:
    path = tmp_path / "file"
    path.write_bytes(content)
    opened = os.open(path, os.O_RDWR)
    yield opened
    os.close(opened)


@pytest.mark.parametrize("content", LENGTHS, indirect=True)
def test_everybody_gets_all(descriptor: int, content: bytes) -> None:
    digests = [hashlib.sha256() for _ in range(4)]
    pieces = Pieces(descriptor, len(content), 4)

    with ThreadPoolExecutor(4) as threads:
        totals = list(threads.map(pieces.feed, digests))

    assert totals == [len(content)] * 4
    assert {one.digest() for one in digests} == {hashlib.sha256(content).digest()}


@pytest.mark.parametrize("content", [LENGTHS[-1]], indirect=True)
def test_a_slow_one_keeps_the_others_back(descriptor: int, content: bytes) -> None:
    slow, fast = Slow(), Slow()
    fast.may_go_on.set()
    pieces = Pieces(descriptor, len(content), 2)

    with ThreadPoolExecutor(2) as threads:
        feeding = [threads.submit(pieces.feed, one) for one in (slow, fast)]
        give_up_at = time.monotonic() + 20
        while fast.total < MOST_PIECES * PIECE_BYTES and time.monotonic() < give_up_at:
            time.sleep(0.01)
        time.sleep(0.1)
        # the slow one keeps every place, until it has had what is in it
        assert fast.total == MOST_PIECES * PIECE_BYTES
        slow.may_go_on.set()
        assert [one.result() for one in feeding] == [len(content)] * 2

    assert slow.digest.digest() == fast.digest.digest() == hashlib.sha256(content).digest()


@pytest.mark.parametrize("content", [LENGTHS[-1]], indirect=True)
def test_a_cut_file_ends_for_all(descriptor: int, content: bytes) -> None:
    os.ftruncate(descriptor, 5 * PIECE_BYTES + 3)
    pieces = Pieces(descriptor, len(content), 3)

    with ThreadPoolExecutor(3) as threads:
        totals = list(threads.map(pieces.feed, [hashlib.sha256() for _ in range(3)]))

    assert max(totals) <= 5 * PIECE_BYTES


@pytest.mark.parametrize("content", [LENGTHS[-1]], indirect=True)
def test_what_one_raises_ends_the_others(descriptor: int, content: bytes) -> None:
    class GivenUpError(Exception):
        pass

    def give_up(_: int) -> NoReturn:
        raise GivenUpError

    slow = Slow()
    pieces = Pieces(descriptor, len(content), 2)
    with ThreadPoolExecutor(1) as threads:
        other = threads.submit(pieces.feed, slow)
        with pytest.raises(GivenUpError):
            pieces.feed(hashlib.sha256(), give_up)
        slow.may_go_on.set()
        assert other.result() < len(content)


@pytest.mark.parametrize("content", [2 * PIECE_BYTES], indirect=True)
def test_what_cannot_be_read_ends_for_all(content: bytes) -> None:
    reading, writing = os.pipe()  # which cannot be read from a place
    pieces = Pieces(reading, len(content), 2)
    try:
        with ThreadPoolExecutor(2) as threads:
            feeding = [threads.submit(pieces.feed, hashlib.sha256()) for _ in range(2)]
            errors = [one.exception() for one in feeding]
    finally:
        os.close(reading)
        os.close(writing)

    assert any(isinstance(error, OSError) for error in errors)
    assert all(error is None or isinstance(error, OSError) for error in errors)


@pytest.mark.parametrize("change", [b"", b"more"])
def test_no_further_digest_of_a_file_that_changes(tmp_path: Path, change: bytes) -> None:
    path = tmp_path / "file"
    path.write_bytes(bytes(4 * PIECE_BYTES))
    os.utime(path, (1, 1))
    folder = os.open(tmp_path, os.O_RDONLY)
    changed: list[bool] = []

    def disturb(_: int) -> None:
        if not changed:
            changed.append(True)
            if change:
                with path.open("ab") as file:
                    file.write(change)
            else:
                os.truncate(path, 3 * PIECE_BYTES + 1)

    try:
        hashed = hash_long(folder, b"file", disturb, ("sha256-chunks", "sm3"))
    finally:
        os.close(folder)

    assert (hashed.sha256, hashed.others, hashed.chunks) == (b"", (), ())
