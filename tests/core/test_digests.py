"""The three ways of writing bytes as text, each with one text for its bytes."""

from __future__ import annotations

import contextlib
import hashlib
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provenance import digests
from provenance.errors import MalformedError

if TYPE_CHECKING:
    from collections.abc import Callable

OCTETS = bytes(range(32))


def test_sha256_is_that_of_fips_180_4() -> None:
    # the example "abc" of the standard
    expected = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    assert digests.sha256(b"abc").hex() == expected
    assert digests.sha256(OCTETS) == hashlib.sha256(OCTETS).digest()


@pytest.mark.parametrize(
    ("octets", "text"),
    [
        # RFC 4648 §10, without padding in the second alphabet; RFC 7515 appendix C for the last
        (b"", ""),
        (b"f", "Zg"),
        (b"fo", "Zm8"),
        (b"foo", "Zm9v"),
        (b"foobar", "Zm9vYmFy"),
        (bytes([3, 236, 255, 224, 193]), "A-z_4ME"),
    ],
)
def test_base64_is_that_of_the_rfcs(octets: bytes, text: str) -> None:
    padded = text.replace("-", "+").replace("_", "/") + "=" * (-len(text) % 4)

    assert digests.to_b64url(octets) == text
    assert digests.from_b64url(text) == octets
    assert digests.to_b64(octets) == padded
    assert digests.from_b64(padded) == octets


@given(st.binary(max_size=70))
def test_every_form_comes_back(octets: bytes) -> None:
    assert digests.from_hex(octets.hex(), length=len(octets)) == octets
    assert digests.from_evm_hex(digests.to_evm_hex(octets)) == octets
    assert digests.from_b64url(digests.to_b64url(octets)) == octets
    assert digests.from_b64(digests.to_b64(octets)) == octets


def write_hex(octets: bytes) -> str:
    return octets.hex()


def read_hex(text: str) -> bytes:
    return digests.from_hex(text, length=len(text) // 2)


FORMS = [
    (read_hex, write_hex),
    (digests.from_evm_hex, digests.to_evm_hex),
    (digests.from_b64url, digests.to_b64url),
    (digests.from_b64, digests.to_b64),
]
any_text = st.text(st.sampled_from("0xAaBbFf9+/-_= \n\u0661"), max_size=12) | st.text(max_size=8)


@pytest.mark.parametrize(("read", "write"), FORMS)
@given(text=any_text)
def test_bytes_have_one_text_and_nothing_else_is_read(
    read: Callable[[str], bytes], write: Callable[[bytes], str], text: str
) -> None:
    with contextlib.suppress(MalformedError):
        assert write(read(text)) == text


@pytest.mark.parametrize(
    "text",
    [
        "",
        "AB" * 32,
        "ab" * 31,
        "ab" * 33,
        "ab" * 31 + "a",
        "ab" * 31 + "g1",
        "0x" + "ab" * 31,
        " " + "ab" * 32,
        "ab" * 16 + " " + "ab" * 16,
        "ä" * 64,
        "\ud800",
    ],
)
def test_hex_of_32_bytes_is_64_lower_case_digits(text: str) -> None:
    with pytest.raises(MalformedError) as caught:
        digests.from_hex(text, field="dataset_digest")

    assert caught.value.field == "dataset_digest"


@pytest.mark.parametrize("text", ["", "ab", "0X" + "ab", "0xA", "0xa", "0xAB", "0x0x", "0xab "])
def test_evm_hex_is_0x_and_lower_case_pairs(text: str) -> None:
    with pytest.raises(MalformedError):
        digests.from_evm_hex(text)


def test_evm_hex_of_a_stated_length_has_that_length() -> None:
    assert digests.from_evm_hex("0x" + "ab" * 20, length=20) == b"\xab" * 20
    with pytest.raises(MalformedError):
        digests.from_evm_hex("0x" + "ab" * 21, length=20)


@pytest.mark.parametrize(
    "text",
    ["Zg=", "Zg==", "Zh", "Z", "Zm9v\n", " Zm9v", "Zm9+", "Zm9/", "Zm_9v!", "Zmé8", "Z\u0662m8"],
)
def test_base64url_without_padding_is_strict(text: str) -> None:
    with pytest.raises(MalformedError) as caught:
        digests.from_b64url(text, field="jwk.x")

    assert caught.value.field == "jwk.x"


@pytest.mark.parametrize(
    "text", ["Zg", "Zg=", "Zh==", "Zg===", "Zg==\n", "Zm9v=", "Zm9-", "Zm9_", "Z=g=", "Zg==Zg=="]
)
def test_base64_with_padding_is_strict(text: str) -> None:
    with pytest.raises(MalformedError):
        digests.from_b64(text)


@pytest.mark.parametrize("read", [digests.from_b64, digests.from_b64url])
def test_base64_of_a_stated_length_has_that_length(read: Callable[..., bytes]) -> None:
    text = digests.to_b64(b"\xab" * 33)  # 33 bytes need no padding in either form

    assert read(text, length=33) == b"\xab" * 33
    for length in (32, 34):
        with pytest.raises(MalformedError):
            read(text, length=length)


@given(st.lists(st.binary(min_size=32, max_size=32), max_size=40))
def test_sorted_digests_come_in_order_and_each_once(some: list[bytes]) -> None:
    repeated = [*some, *some[:3]]

    assert list(digests.SortedDigests(iter(repeated))) == sorted(set(some))
