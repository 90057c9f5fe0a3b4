from typing import Any

import pytest
import rlp as oracle  # type: ignore[import-untyped]  # it publishes none
from hypothesis import given
from hypothesis import strategies as st

from provenance import rlp
from provenance.errors import MalformedError

ITEMS: st.SearchStrategy[Any] = st.recursive(
    st.binary(max_size=70), lambda children: st.lists(children, max_size=6), max_leaves=20
)


@pytest.mark.parametrize(
    ("item", "encoded"),
    [
        (b"dog", "83646f67"),
        ([b"cat", b"dog"], "c88363617483646f67"),
        ([b"cat", [b"dog"]], "c983636174c483646f67"),
        (b"", "80"),
        ([], "c0"),
        (b"\x00", "00"),
        (b"\x7f", "7f"),
        (b"\x80", "8180"),
        (b"\x04\x00", "820400"),
        ([[], [[]], [[], [[]]]], "c7c0c1c0c3c0c1c0"),
        (
            b"Lorem ipsum dolor sit amet, consectetur adipisicing elit",
            (
                "b8384c6f72656d20697073756d20646f6c6f722073697420616d65742c20636f6e7365637465747572"
                "206164697069736963696e6720656c6974"
            ),
        ),
    ],
)
def test_example_of_the_yellow_paper(item: rlp.Item, encoded: str) -> None:
    assert rlp.encode(item).hex() == encoded
    assert rlp.decode(bytes.fromhex(encoded)) == item


@given(item=ITEMS)
def test_item_is_written_as_the_oracle_does_and_read_back(item: rlp.Item) -> None:
    encoded = rlp.encode(item)

    assert encoded == oracle.encode(item)
    assert rlp.decode(encoded) == item


@pytest.mark.parametrize("length", [0, 1, 55, 56, 255, 256, 65_535, 65_536])
def test_every_length_of_prefix_is_that_of_the_oracle(length: int) -> None:
    octets = b"\xff" * length

    assert rlp.encode(octets) == oracle.encode(octets)
    assert rlp.encode([octets]) == oracle.encode([octets])
    assert rlp.decode(oracle.encode([octets])) == [octets]


def accepts(decode: Any, octets: bytes) -> bool:  # noqa: ANN401 -- ours or the oracle's
    try:
        decode(octets)
    except (MalformedError, oracle.DecodingError):
        return False
    return True


@given(octets=st.binary(max_size=80))
def test_any_bytes_are_the_encoding_of_what_they_decode_to_or_malformed(octets: bytes) -> None:
    try:
        item = rlp.decode(octets)
    except MalformedError:
        assert not accepts(oracle.decode, octets)
    else:
        assert rlp.encode(item) == octets


@given(item=ITEMS, data=st.data())
def test_changed_encoding_is_judged_as_by_the_oracle(item: rlp.Item, data: st.DataObject) -> None:
    octets = bytearray(rlp.encode(item))
    place = data.draw(st.integers(0, len(octets) - 1))
    octets[place] = data.draw(st.integers(0, 255))

    assert accepts(rlp.decode, bytes(octets)) == accepts(oracle.decode, bytes(octets))


@pytest.mark.parametrize(
    "encoded",
    [
        "",
        "8100",  # a byte below 0x80 needs no prefix
        "817f",
        "b800",  # a long form for a short string
        "b837" + 55 * "ff",
        "b90038" + 56 * "ff",  # a length with a leading zero
        "f800",
        "f837" + 55 * "80",
        "f90038" + 56 * "80",
        "82ff",  # cut short
        "b8",
        "b838" + 55 * "ff",
        "bb",
        "bfffffffffffffffff",
        "bfffffffffffffffffff",
        "ffffffffffffffffff",
        "c1",
        "c283ff",  # an item longer than its list
        "c18100",
        "8000",  # bytes left over
        "c000",
        "c28100",
    ],
)
def test_encoding_that_is_not_the_shortest_or_not_whole_is_refused(encoded: str) -> None:
    with pytest.raises(MalformedError):
        rlp.decode(bytes.fromhex(encoded))


def test_deep_lists_are_refused_before_the_interpreter_gives_up() -> None:
    deepest: rlp.Item = []
    for _ in range(rlp.MAX_DEPTH - 1):
        deepest = [deepest]

    assert rlp.decode(rlp.encode(deepest)) == deepest
    with pytest.raises(MalformedError):
        rlp.decode(rlp.encode([deepest]))
    with pytest.raises(MalformedError):
        rlp.decode(_nested(5_000))


def _nested(levels: int) -> bytes:
    octets = b"\xc0"
    for _ in range(levels):
        length = len(octets)
        digits = rlp.encode_integer(length)
        prefix = bytes([0xC0 + length]) if length < 56 else bytes([0xF7 + len(digits)]) + digits
        octets = prefix + octets
    return octets


@given(number=st.integers(0, 2**256 - 1))
def test_integer_is_read_back(number: int) -> None:
    assert rlp.decode_integer(rlp.encode_integer(number)) == number


@pytest.mark.parametrize("item", [b"\x00", b"\x00\x01", b"\x01" + bytes(32), []])
def test_integer_that_is_not_the_shortest_or_too_long_is_refused(item: rlp.Item) -> None:
    with pytest.raises(MalformedError) as refused:
        rlp.decode_integer(item, field="number")

    assert refused.value.field == "number"


def test_list_is_asked_for_and_a_string_refused() -> None:
    assert rlp.decode_list(b"\xc1\x80") == [b""]
    with pytest.raises(MalformedError):
        rlp.decode_list(b"\x80")
