"""An Ethereum state made with the packages ``trie``, ``rlp`` and ``eth-hash``: nothing of ours."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import rlp  # type: ignore[import-untyped]  # it publishes none
from eth_hash.auto import keccak
from trie.hexary import HexaryTrie

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["State", "header", "mapping_slot", "prove_receipt", "transaction_receipt"]


def mapping_slot(key: bytes, slot: bytes) -> bytes:
    """Return the slot of ``mapping[key]`` (Solidity, "Layout of State Variables")."""
    return keccak(key.rjust(32, b"\0") + slot.rjust(32, b"\0"))


@dataclass
class State:
    """Accounts with code and storage; ``prove`` gives what ``eth_getProof`` would."""

    storage: dict[bytes, HexaryTrie] = field(default_factory=dict)
    trie: HexaryTrie = field(default_factory=lambda: HexaryTrie({}))

    @property
    def root(self) -> bytes:
        return bytes(self.trie.root_hash)

    def add(
        self, address: bytes, code: bytes = b"", slots: dict[bytes, bytes] | None = None
    ) -> None:
        """Add an account whose storage holds the non-zero ``slots``."""
        storage = HexaryTrie({})
        for slot, value in (slots or {}).items():
            storage[keccak(slot)] = rlp.encode(value.lstrip(b"\0"))
        self.storage[address] = storage
        account = [b"\x01", b"", bytes(storage.root_hash), keccak(code)]
        self.trie[keccak(address)] = rlp.encode(account)

    def prove(self, address: bytes, slot: bytes) -> tuple[tuple[bytes, ...], tuple[bytes, ...]]:
        """Return the RLP nodes to the account, and from its storage root to the slot."""
        return _nodes(self.trie, address), _nodes(self.storage[address], slot)


def transaction_receipt(
    events: Sequence[tuple[bytes, Sequence[bytes], bytes]], *, status: int = 1, kind: int = 2
) -> bytes:
    """Return the consensus encoding of a receipt; ``kind`` 0 is the one without a type byte."""
    body = rlp.encode([status, 21_000, bytes(256), events])
    return (bytes([kind]) if kind else b"") + bytes(body)


def prove_receipt(receipts: Sequence[bytes], index: int) -> tuple[bytes, tuple[bytes, ...]]:
    """Return the receipts root of a block, and the RLP nodes to the receipt at ``index``."""
    trie = HexaryTrie({})
    for at, receipt in enumerate(receipts):
        trie[rlp.encode(at)] = receipt
    return bytes(trie.root_hash), _way(trie, rlp.encode(index))


def _nodes(trie: HexaryTrie, name: bytes) -> tuple[bytes, ...]:
    return _way(trie, keccak(name))


def _way(trie: HexaryTrie, key: bytes) -> tuple[bytes, ...]:
    """Encode the nodes, root first; one below 32 bytes lies inside the node before it."""
    proof: Sequence[Any] = trie.get_proof(key)  # type: ignore[no-untyped-call]  # upstream
    encoded = [bytes(rlp.encode(node)) for node in proof]
    return tuple(node for i, node in enumerate(encoded) if i == 0 or len(node) >= 32)


def header(
    number: int,
    timestamp: int,
    state_root: bytes,
    parent_hash: bytes,
    receipts_root: bytes | None = None,
) -> bytes:
    """Return the RLP of a header with the fields of Prague; by default a block without receipts."""
    empty_list = keccak(rlp.encode([]))
    empty_trie = keccak(rlp.encode(b""))
    fields: list[bytes | int] = [
        parent_hash,
        empty_list,
        bytes(20),
        state_root,
        empty_trie,
        receipts_root or empty_trie,
        bytes(256),
        0,
        number,
        30_000_000,
        0,
        timestamp,
        b"",
        bytes(32),
        bytes(8),
        1_000_000_000,
        empty_trie,
        0,
        0,
        bytes(32),
        bytes(32),
    ]
    return bytes(rlp.encode(fields))
