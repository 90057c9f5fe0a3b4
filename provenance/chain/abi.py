"""What the contract is called with and what it emits, from the committed build artifact.

``contracts/CheckpointAnchor.json`` holds ABI, bytecode, code hash and the slot of ``roots``; a
test compares it with a fresh build, so nothing here needs a compiler.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any, cast

from provenance.chain.abi_codec import decode_values, encode_arguments
from provenance.digests import from_evm_hex
from provenance.errors import MalformedError, UnavailableError
from provenance.keccak import keccak256
from provenance.ledger.chain_port import AnchoredEvent

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from provenance.chain.abi_codec import Argument, Value
    from provenance.ledger.chain_port import AnchorCall

__all__ = ["Artifact", "ContractAbi"]

_MAX_RETURNED = 4_096
"""Our views return at most three words; a longer answer is no answer."""


@dataclass(frozen=True)
class Artifact:
    """The committed build of the contract."""

    abi: list[dict[str, Any]]
    """As solc writes it."""
    bytecode: bytes
    """Creation code; the contract takes no constructor arguments."""
    code_hash: bytes
    """keccak-256 of the runtime code, 32 bytes; equal on every chain (no immutables)."""
    roots_slot: int

    @classmethod
    @cache
    def bundled(cls) -> Artifact:
        """Read the artifact inside the package."""
        place = resources.files("provenance.chain") / "contracts" / "CheckpointAnchor.json"
        held = json.loads(place.read_text("utf-8"))
        return cls(
            abi=held["abi"],
            bytecode=from_evm_hex(held["bytecode"]),
            code_hash=from_evm_hex(held["code_hash"], length=32),
            roots_slot=held["roots_slot"],
        )


class ContractAbi:
    """Encodes calls to the contract and decodes its answers, events and errors; no network."""

    def __init__(self, abi: list[dict[str, Any]]) -> None:
        """Work from an ABI as solc writes it."""
        self._functions = {item["name"]: item for item in abi if item["type"] == "function"}
        self._errors = {_selector(item): item for item in abi if item["type"] == "error"}
        self._anchored_topic = keccak256(b"CheckpointAnchored(bytes32,uint64,bytes32)")

    @classmethod
    @cache
    def bundled(cls) -> ContractAbi:
        """Return the one for the committed artifact."""
        return cls(Artifact.bundled().abi)

    def register_data(self, origin: str) -> bytes:
        """Encode the registration of a log under the caller's address."""
        return self._encode("register", origin)

    def anchor_data(self, log_id: bytes, call: AnchorCall) -> bytes:
        """Encode the anchoring of one checkpoint."""
        return self._encode("anchor", log_id, call.tree_size, call.root_hash, list(call.path))

    def head_data(self, log_id: bytes) -> bytes:
        """Encode the question for the checkpoint anchored last."""
        return self._encode("head", log_id)

    def parse_head(self, returned: bytes) -> tuple[int, bytes]:
        """Return (tree size, root hash) from what ``head`` returned."""
        tree_size, root_hash = self._decode(["uint64", "bytes32"], returned)
        return cast("int", tree_size), cast("bytes", root_hash)

    def root_data(self, log_id: bytes, tree_size: int) -> bytes:
        """Encode the question for the root anchored at one tree size."""
        return self._encode("roots", log_id, tree_size)

    def parse_root(self, returned: bytes) -> bytes:
        """Return the root, 32 bytes, zero where none was anchored, from what ``roots`` returned."""
        (root_hash,) = self._decode(["bytes32"], returned)
        return cast("bytes", root_hash)

    def anchorer_data(self, log_id: bytes) -> bytes:
        """Encode the question who may anchor."""
        return self._encode("anchorerOf", log_id)

    def parse_anchorer(self, returned: bytes) -> bytes:
        """Return the anchorer's address, 20 bytes, from what ``anchorerOf`` returned."""
        anchorer, _candidate = self._decode(["address", "address"], returned)
        return cast("bytes", anchorer)

    def anchored_events(
        self, logs: Iterable[tuple[Sequence[bytes], bytes]], log_id: bytes
    ) -> Iterator[AnchoredEvent]:
        """Yield the CheckpointAnchored events of one log among (topics, data) of our contract."""
        for topics, data in logs:
            if len(topics) == 3 and topics[0] == self._anchored_topic and topics[1] == log_id:
                yield AnchoredEvent(int.from_bytes(topics[2], "big"), data)

    def explain_revert(self, data: object) -> str:
        """Say in the contract's own words why it reverted, as ``NotAnchorer(0x.., ..)``."""
        try:
            octets = bytes.fromhex(str(data).removeprefix("0x"))
            item = self._errors[octets[:4]]
            values = decode_values(_kinds(item), octets[4:])
        except (ValueError, KeyError, MalformedError):
            return f"reverted with {str(data)[:200]}"
        return f"{item['name']}({', '.join(map(_shown, values))})"

    def _encode(self, name: str, *arguments: Argument) -> bytes:
        item = self._functions[name]
        return _selector(item) + encode_arguments(_kinds(item), arguments)

    def _decode(self, kinds: list[str], returned: bytes) -> tuple[Value, ...]:
        if len(returned) > _MAX_RETURNED:
            raise UnavailableError(f"the contract's view returned {len(returned)} bytes")
        try:
            return decode_values(kinds, returned)
        except MalformedError as error:
            raise UnavailableError(f"the contract's view returned {returned.hex()!r}") from error


def _kinds(item: dict[str, Any]) -> list[str]:
    return [argument["type"] for argument in item["inputs"]]


def _selector(item: dict[str, Any]) -> bytes:
    """Return the 4 bytes that name a function or an error."""
    return keccak256(f"{item['name']}({','.join(_kinds(item))})".encode())[:4]


def _shown(value: Value) -> str:
    """Write an address as people do, with 0x; other bytes are hex, integers decimal."""
    if isinstance(value, int):
        return str(value)
    return f"0x{value.hex()}" if len(value) == 20 else value.hex()
