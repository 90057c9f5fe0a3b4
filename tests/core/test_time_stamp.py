"""What a token says, read without a library: as OpenSSL wrote it, and in any other bytes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from time_authority import make_authority

from provenance.errors import MalformedError
from provenance.files.time_token import read_token
from provenance.time_stamp import read_time_stamp

if TYPE_CHECKING:
    from pathlib import Path

DIGEST = bytes(range(32))


@pytest.fixture(scope="module")
def token(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    return make_authority(tmp_path_factory.mktemp("tsa") / "one").token(DIGEST)


def test_it_reads_what_the_library_reads(token: bytes) -> None:
    stamp, said = read_time_stamp(token), read_token(token)

    assert (stamp.digest, stamp.time_unix) == (DIGEST, said.time_unix)


def test_a_token_over_another_hash_is_none(tmp_path: Path) -> None:
    authority = make_authority(tmp_path / "tsa")
    authority.answer(bytes(64), "sha512")
    answer = (authority.folder / "answer.tsr").read_bytes()

    with pytest.raises(MalformedError):
        read_time_stamp(answer)  # an answer is not a token
    with pytest.raises(MalformedError):
        read_time_stamp(answer[answer.index(b"\x30\x82", 4) :])


@settings(max_examples=200)
@given(st.data())
def test_other_bytes_are_refused_or_read(token: bytes, data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(token) - 1))
    noise = data.draw(st.binary(min_size=1, max_size=4))
    for octets in (noise, token[:at], token[:at] + noise + token[at + len(noise) :]):
        try:
            stamp = read_time_stamp(octets)
        except MalformedError:
            continue
        assert len(stamp.digest) == 32
