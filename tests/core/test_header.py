from typing import Any

import pytest
import rlp as rlp_oracle  # type: ignore[import-untyped]  # it publishes none
from eth_hash.auto import keccak as keccak_oracle
from hypothesis import given
from hypothesis import strategies as st
from published import own_cases, published_cases

from provenance.errors import MalformedError, TooLargeError
from provenance.header import MAX_HEADER_BYTES, BlockHeader

FRONTIER = [
    *(bytes([n]) * length for n, length in enumerate((32, 32, 20, 32, 32, 32, 256), 1)),
    b"\x08",
    b"\x12\x34",
    b"\x0a",
    b"",
    b"\x65\x00\x00\x00",
    b"extra",
    bytes(32),
    bytes(8),
]


def encode(fields: list[Any]) -> bytes:
    encoded: bytes = rlp_oracle.encode(fields)
    return encoded


@pytest.mark.parametrize("case", own_cases("header"))
def test_header_of_every_fork_is_read(case: dict[str, Any]) -> None:
    block = case["block"]

    header = BlockHeader.parse(bytes.fromhex(case["header"][2:]))

    assert header.hash.hex() == block["hash"][2:]
    assert (header.number, header.timestamp) == (
        int(block["number"], 16),
        int(block["timestamp"], 16),
    )
    assert [
        "0x" + found.hex()
        for found in (
            header.parent_hash,
            header.state_root,
            header.transactions_root,
            header.receipts_root,
        )
    ] == [block[name] for name in ("parentHash", "stateRoot", "transactionsRoot", "receiptsRoot")]


@pytest.mark.parametrize("case", published_cases("eip1186-proofs", having="stateRoot"))
def test_published_block_has_its_hash(case: dict[str, Any]) -> None:
    integers = ("difficulty", "number", "gasLimit", "gasUsed", "timestamp")
    order = (
        *("parentHash", "sha3Uncles", "miner", "stateRoot", "transactionsRoot", "receiptsRoot"),
        *("logsBloom", *integers, "extraData", "mixHash", "nonce"),
    )
    octets = encode(
        [
            int(case[name], 16) if name in integers else bytes.fromhex(case[name][2:])
            for name in order
        ]
    )

    assert BlockHeader.parse(octets).hash.hex() == case["hash"][2:]


def test_fields_come_from_their_places() -> None:
    header = BlockHeader.parse(encode(FRONTIER))

    assert header == BlockHeader(
        number=0x1234,
        timestamp=0x65000000,
        parent_hash=b"\x01" * 32,
        state_root=b"\x04" * 32,
        transactions_root=b"\x05" * 32,
        receipts_root=b"\x06" * 32,
        hash=keccak_oracle(encode(FRONTIER)),
    )


def test_fields_of_later_forks_are_taken_as_they_come() -> None:
    known = [b"\x07", bytes(32), b"", b"", bytes(32), bytes(32), bytes(32), b"\x01"]

    assert BlockHeader.parse(encode([*FRONTIER, *known, b"anything", bytes(100)])).number == 0x1234


@pytest.mark.parametrize("place", range(15))
def test_field_of_an_impossible_form_is_refused_by_name(place: int) -> None:
    wrong = b"\x00\x01" if place in {7, 8, 9, 10, 11} else bytes(31)
    fields: list[Any] = list(FRONTIER)
    fields[place] = [] if place == 12 else wrong

    with pytest.raises(MalformedError) as refused:
        BlockHeader.parse(encode(fields))

    assert refused.value.field is not None


@pytest.mark.parametrize("place", range(15))
def test_list_for_a_field_is_refused(place: int) -> None:
    fields: list[Any] = list(FRONTIER)
    fields[place] = [b""]

    with pytest.raises(MalformedError):
        BlockHeader.parse(encode(fields))


@pytest.mark.parametrize("place", [8, 11])
def test_number_and_time_have_at_most_eight_bytes(place: int) -> None:
    fields = list(FRONTIER)
    fields[place] = b"\xff" * 9

    with pytest.raises(MalformedError) as refused:
        BlockHeader.parse(encode(fields))

    assert refused.value.field == ("number" if place == 8 else "timestamp")


@pytest.mark.parametrize("count", [0, 1, 14, 33])
def test_impossible_count_of_fields_is_refused(count: int) -> None:
    fields = [*FRONTIER, *[b""] * 18]

    with pytest.raises(MalformedError):
        BlockHeader.parse(encode(fields[:count]))


def test_header_over_the_limit_is_refused_with_both_numbers() -> None:
    fields = list(FRONTIER)
    fields[12] = bytes(MAX_HEADER_BYTES)
    octets = encode(fields)

    with pytest.raises(TooLargeError) as refused:
        BlockHeader.parse(octets)

    assert (refused.value.limit, refused.value.length) == (MAX_HEADER_BYTES, len(octets))


@given(octets=st.binary(max_size=100))
def test_any_bytes_are_malformed(octets: bytes) -> None:
    with pytest.raises(MalformedError):
        BlockHeader.parse(octets)


@given(place=st.integers(0, 600), octet=st.integers(0, 255))
def test_any_changed_byte_changes_the_hash_or_is_malformed(place: int, octet: int) -> None:
    octets = bytearray(encode(FRONTIER))
    place %= len(octets)
    changed = octets[place] != octet
    octets[place] = octet

    try:
        header = BlockHeader.parse(bytes(octets))
    except MalformedError:
        assert changed
    else:
        assert (header.hash != keccak_oracle(encode(FRONTIER))) is changed
