"""Ranges that come in pieces of any length, dropped between two of them, or longer than asked."""

from __future__ import annotations

import hashlib
import random
from typing import TYPE_CHECKING

import pytest

from provenance.files.walk import CHANGED_FILE
from provenance.remote.hash_url import RANGE_BYTES, SHORT_BYTES, hash_files
from provenance.remote.location import DroppedError, RemoteFile
from provenance.remote.url import Url

if TYPE_CHECKING:
    from collections.abc import Iterator

    from provenance.files.tree import Problems
    from provenance.remote.location import Sink

CONTENT = random.Random(8).randbytes(RANGE_BYTES + 70_001)
FILE = RemoteFile("a.bin", "a.bin", len(CONTENT), "one")


class Place:
    """A place that sends pieces of ``length`` bytes, and drops once after ``drop_after`` bytes."""

    threads = 2
    url = Url("https://host/a.bin")

    def __init__(self, length: int, drop_after: int = 0, surplus: bytes = b"") -> None:
        self.length, self.drop_after, self.surplus = length, drop_after, surplus

    def files(self, _: Problems) -> Iterator[RemoteFile]:
        yield FILE

    def read(self, _: RemoteFile, start: int, stop: int | None, sink: Sink) -> None:
        content = CONTENT[start:stop] + self.surplus
        for at in range(0, len(content), self.length):
            if self.drop_after and start + at >= self.drop_after:
                self.drop_after = 0
                raise DroppedError("gone")
            sink(content[at : at + self.length])

    def check(self, _: RemoteFile) -> None:
        pass

    def close(self) -> None:
        pass


@pytest.mark.parametrize("length", [997, SHORT_BYTES - 1, SHORT_BYTES, 300_000, RANGE_BYTES])
@pytest.mark.parametrize("drop_after", [0, 1, RANGE_BYTES // 2])
def test_pieces_of_any_length_are_hashed_in_order(length: int, drop_after: int) -> None:
    place = Place(length, drop_after)

    ((_, row),) = hash_files(place, [FILE], ("sha256-chunks",), lambda _: None)

    assert row.sha256 == hashlib.sha256(CONTENT).digest()
    assert (row.length, row.wrong) == (len(CONTENT), "")


def test_more_than_was_asked_for_is_another_file() -> None:
    ((_, row),) = hash_files(Place(5_000, surplus=b"x"), [FILE], (), lambda _: None)

    assert (row.sha256, row.wrong) == (b"", CHANGED_FILE)
