"""Judge an anchor's evidence with packages that nobody here wrote: ``trie``, ``rlp``, Keccak.

The formats are those of ``docs/formats.md``: a storage proof against a header's state root, or a
proof of the transaction's receipt against its receipts root.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import rlp  # type: ignore[import-untyped]  # it publishes none
from trie.exceptions import BadTrieProof, ValidationError
from trie.hexary import HexaryTrie

from faults.chain_events import ANCHORED_TOPIC, keccak256
from faults.wire import Violation, demand

if TYPE_CHECKING:
    from collections.abc import Sequence

    from faults.wire import JSON

__all__ = ["check_evidence"]

_STATE_ROOT, _RECEIPTS_ROOT = 3, 5
_CODE_HASH = 3


def check_evidence(evidence: JSON, chain: JSON, tree_size: int, root_hash: bytes) -> str | None:
    """Check that the evidence shows this root on this chain; return the block's hash.

    None for an operator's statement, which proves nothing and is signed with the log's key.

    Args:
        chain: the trust policy's chain: contract, log_id, code_hash, roots_slot.
    """
    kind = evidence.get("kind", "storage")
    if kind == "trusted-rpc":
        return None
    octets = _octets(evidence["header"])
    header = rlp.decode(octets)
    if kind == "storage":
        _check_storage(evidence, header[_STATE_ROOT], chain, tree_size, root_hash)
    else:
        demand(kind == "receipt", "I3", f"evidence of kind {kind!r}")
        _check_receipt(evidence, header[_RECEIPTS_ROOT], chain, tree_size, root_hash)
    return "0x" + keccak256(octets).hex()


def _check_storage(
    evidence: JSON, state_root: bytes, chain: JSON, tree_size: int, root_hash: bytes
) -> None:
    account = rlp.decode(_get(state_root, _octets(chain["contract"]), evidence["account_proof"]))
    demand(account[_CODE_HASH] == _octets(chain["code_hash"]), "I3", "evidence: another code")
    outer = keccak256(_octets(chain["log_id"]) + int(chain["roots_slot"]).to_bytes(32, "big"))
    slot = keccak256(tree_size.to_bytes(32, "big") + outer)
    held = _get(account[2], slot, evidence["storage_proof"])
    demand(rlp.decode(held).rjust(32, b"\0") == root_hash, "I3", "evidence: another root")


def _check_receipt(
    evidence: JSON, receipts_root: bytes, chain: JSON, tree_size: int, root_hash: bytes
) -> None:
    key = rlp.encode(int(evidence["transaction_index"]))
    held = _walk(receipts_root, key, evidence["receipt_proof"])
    status, _, _, logs = rlp.decode(held if held[0] >= 0xC0 else held[1:])
    demand(status == b"\1", "I5", "evidence: a transaction that failed")
    wanted = [_octets(ANCHORED_TOPIC), _octets(chain["log_id"]), tree_size.to_bytes(32, "big")]
    event = [_octets(chain["contract"]), wanted, root_hash]
    demand(event in logs, "I3", "evidence: a receipt without this event")


def _get(root: bytes, name: bytes, nodes: Sequence[str]) -> bytes:
    return _walk(root, keccak256(name), nodes)


def _walk(root: bytes, key: bytes, nodes: Sequence[str]) -> bytes:
    try:
        decoded = [rlp.decode(_octets(node)) for node in nodes]
        found = HexaryTrie.get_from_proof(root, key, decoded)  # type: ignore[no-untyped-call]  # upstream
    except (BadTrieProof, ValidationError, rlp.exceptions.RLPException) as error:
        raise Violation("I3", f"evidence: {error!r}") from error
    demand(found, "I3", "evidence: the proof shows that there is nothing")
    return bytes(found)


def _octets(text: str) -> bytes:
    return bytes.fromhex(text.removeprefix("0x"))
