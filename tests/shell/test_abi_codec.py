"""Arguments and answers of the contract, held against web3 and eth_abi, who know all of the ABI."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from eth_abi.abi import decode, encode
from eth_abi.exceptions import DecodingError
from hypothesis import given
from hypothesis import strategies as st
from web3 import Web3

from provenance.chain.abi import Artifact, ContractAbi
from provenance.chain.abi_codec import decode_values, encode_arguments
from provenance.digests import RootHash
from provenance.errors import MalformedError
from provenance.keccak import keccak256
from provenance.ledger.chain_port import AnchorCall

if TYPE_CHECKING:
    from collections.abc import Callable

WORDS = st.binary(min_size=32, max_size=32)
STATIC: dict[str, st.SearchStrategy[Any]] = {
    "uint64": st.integers(0, 2**64 - 1),
    "uint256": st.integers(0, 2**256 - 1),
    "bytes32": WORDS,
    "address": st.binary(min_size=20, max_size=20),
}
KINDS = st.lists(st.sampled_from(sorted(STATIC)), max_size=4)
ORACLE = Web3().eth.contract(abi=Artifact.bundled().abi)


def oracles(data: bytes, kinds: list[str]) -> tuple[int | bytes, ...]:
    """Decode by eth_abi, an address as bytes."""
    found: tuple[Any, ...] = decode(kinds, data)
    return tuple(
        bytes.fromhex(value[2:]) if kind == "address" else value
        for kind, value in zip(kinds, found, strict=True)
    )


def outcome(decoded: Callable[[], tuple[int | bytes, ...]]) -> tuple[int | bytes, ...] | None:
    try:
        return decoded()
    except (DecodingError, MalformedError):
        return None


@given(log_id=WORDS, size=STATIC["uint64"], root=WORDS, path=st.lists(WORDS, max_size=5))
def test_calls_are_those_of_web3(log_id: bytes, size: int, root: bytes, path: list[bytes]) -> None:
    ours = ContractAbi.bundled()
    anchoring = AnchorCall(size, RootHash(root), tuple(path))

    expected = {
        name: bytes.fromhex(ORACLE.encode_abi(name, args=arguments)[2:])
        for name, arguments in {
            "anchor": [log_id, size, root, path],
            "head": [log_id],
            "roots": [log_id, size],
            "anchorerOf": [log_id],
        }.items()
    }

    assert ours.anchor_data(log_id, anchoring) == expected["anchor"]
    assert ours.head_data(log_id) == expected["head"]
    assert ours.root_data(log_id, size) == expected["roots"]
    assert ours.anchorer_data(log_id) == expected["anchorerOf"]


@given(origin=st.text(st.characters(codec="utf-8"), max_size=80))
def test_registration_is_that_of_web3(origin: str) -> None:
    expected = ORACLE.encode_abi("register", args=[origin])

    assert ContractAbi.bundled().register_data(origin).hex() == expected[2:]


@given(data=st.data(), kinds=KINDS)
def test_any_arguments_are_those_of_eth_abi(data: st.DataObject, kinds: list[str]) -> None:
    kinds += data.draw(st.lists(st.sampled_from(["string", "bytes32[]"]), max_size=2))
    texts = {"string": st.text("aé字", max_size=40), "bytes32[]": st.lists(WORDS, max_size=3)}
    values: list[Any] = [data.draw({**STATIC, **texts}[kind]) for kind in kinds]

    assert encode_arguments(kinds, values) == encode(kinds, values)


@given(data=st.data(), kinds=KINDS, behind=st.binary(max_size=40))
def test_values_come_back(data: st.DataObject, kinds: list[str], behind: bytes) -> None:
    values = tuple(data.draw(STATIC[kind]) for kind in kinds)

    assert decode_values(kinds, encode_arguments(kinds, values) + behind) == values


@given(octets=st.binary(max_size=130), zeros=st.integers(0, 32), kinds=KINDS)
def test_any_octets_decode_as_eth_abi_decodes_them(
    octets: bytes, zeros: int, kinds: list[str]
) -> None:
    octets = bytes(zeros) + octets

    ours = outcome(lambda: decode_values(kinds, octets))

    assert ours == outcome(lambda: oracles(octets, kinds))


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("uint64", 2**64),
        ("uint64", -1),
        ("uint64", b"\x01" * 32),
        ("bytes32", b"\x01" * 31),
        ("bytes32", 7),
        ("address", b"\x01" * 32),
        ("string", b"octets"),
        ("bytes32[]", [b"\x01" * 20]),
        ("bytes32[]", b"\x01" * 32),
        ("int8", 1),
    ],
)
def test_value_of_another_type_is_our_own_mistake(kind: str, value: Any) -> None:  # noqa: ANN401 -- of none of the types
    with pytest.raises(RuntimeError):
        encode_arguments([kind], [value])


def test_revert_is_explained_in_the_contracts_words() -> None:
    kinds = ["bytes32", "address", "address"]
    values = [b"\x07" * 32, "0x" + "ab" * 20, "0x" + "0c" * 20]
    selector = keccak256(b"NotAnchorer(bytes32,address,address)")[:4]

    told = ContractAbi.bundled().explain_revert("0x" + (selector + encode(kinds, values)).hex())

    assert told == f"NotAnchorer({'07' * 32}, 0x{'ab' * 20}, 0x{'0c' * 20})"
