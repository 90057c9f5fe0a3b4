"""SM3, judged by the standard's examples and by OpenSSL."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from provenance.sm3 import plain_sm3, sm3

# GB/T 32905-2016, appendix A
EXAMPLES = [
    (b"abc", "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"),
    (b"abcd" * 16, "debe9ff92275b8a138604889c18e5a4d6fdb70e5387e5765293dcba39c0c5732"),
]


@pytest.mark.parametrize(("message", "digest"), EXAMPLES)
def test_examples_of_the_standard(message: bytes, digest: str) -> None:
    assert plain_sm3(message).hex() == digest
    assert sm3(message).hex() == digest


@settings(max_examples=100)
@given(message=st.binary(max_size=300))
def test_plain_digest_is_that_of_openssl(message: bytes) -> None:
    assert plain_sm3(message) == hashlib.new("sm3", message).digest()


def test_without_openssl_the_plain_digest_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(name: str, _message: bytes) -> None:
        raise ValueError(name)

    monkeypatch.setattr(hashlib, "new", refuse)

    assert sm3(b"abc").hex() == EXAMPLES[0][1]
