"""A chain in memory behind the port ``Chain``, with knobs for everything a node may do to us.

It is what a quorum of nodes looks like: what the port says is a quorum's word (pin, final block,
canonical hashes) may be old, and is never a lie; all else comes from any one node, which loses
requests and replies, is late, lags behind, forgets, and lies in receipts, prices, heads and
proofs. ``simulated_blocks.py`` holds what happens on the chain itself.
"""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, TypeVar

import simulated_state as state
from simulated_blocks import (
    CHAIN_ID,
    CODE_HASH,
    CONTRACT,
    GAS,
    LOG_ID,
    SENDER,
    Knobs,
    SimulatedBlocks,
    SimulatedClock,
    SimulatedSender,
    Transaction,
    execute,
    read_call,
    write_call,
)
from simulated_state import fast_keccak, keccak

from provenance.anchor import HISTORY_CONTRACT
from provenance.errors import AnchorRefusedError, NotEthereumHeaderError, UnavailableError
from provenance.ledger.chain_port import (
    AnchorCall,
    AnchoredEvent,
    Block,
    Broadcast,
    Fees,
    Proof,
    TransactionReceipt,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from simulated_blocks import SimulatedBlock

    from provenance.anchor_statement import AnchorStatement

__all__ = [
    "CHAIN_ID",
    "CODE_HASH",
    "CONTRACT",
    "LOG_ID",
    "SENDER",
    "SLOT_SECONDS",
    "Knobs",
    "SimulatedAttestor",
    "SimulatedChain",
    "SimulatedClock",
    "SimulatedSender",
    "Transaction",
    "fast_keccak",
]

SLOT_SECONDS = 12

_T = TypeVar("_T")


@dataclass
class SimulatedAttestor:
    """Signs what it is given, and remembers it."""

    origin: str = "ledger.example/log"
    stated: list[AnchorStatement] = field(default_factory=list)

    def attest(self, statement: AnchorStatement) -> str:
        self.stated.append(statement)
        signature = hashlib.sha512(statement.to_text().encode()).digest()
        line = b"\0\0\0\0" + signature
        return f"{statement.to_text()}\n— {self.origin} {base64.b64encode(line).decode()}\n"


class SimulatedChain(SimulatedBlocks):
    """The port ``Chain``."""

    def __post_init__(self) -> None:
        self._answered: dict[object, object] = {}
        super().__post_init__()

    def _happens(self, chance: float) -> bool:
        return chance > 0 and self.rng.random() < chance

    def _view(self) -> list[SimulatedBlock]:
        """Return the chain as the node that answers sees it."""
        if self._happens(self.knobs.away):
            raise UnavailableError("simulated: no answer")
        if self.evidence_level == "trusted-rpc":
            # a quorum may be behind, but it does not jump to and fro
            return self.history[: max(1, len(self.history) - self.knobs.steady_lag)]
        if self._happens(self.knobs.lag):
            return self.history[: max(1, len(self.history) - self.rng.randint(1, 4))]
        return self.history

    def _lies(self) -> bool:
        return self._happens(self.knobs.lie)

    def _again(self, question: object, answer: _T) -> _T:
        """Give the answer that the same question got before, now and then."""
        if not self.knobs.duplicate or self.evidence_level == "trusted-rpc":
            return answer
        before = self._answered.get(question, answer)
        self._answered[question] = answer
        return before if self._happens(self.knobs.duplicate) else answer  # type: ignore[return-value]  # what was put in

    # --- the quorum's word -----------------------------------------------------------------

    def check_pin(self) -> None:
        self._view()

    def canonical_hash(self, number: int) -> bytes | None:
        view = self._view()
        return view[number].block.block_hash if number < len(view) else None

    def finalized(self) -> Block:
        view = self._view()
        return view[min(self.finality, len(view) - 1)].block

    # --- any node's word -------------------------------------------------------------------

    def anchorer(self) -> bytes:
        self._view()
        return SENDER

    def anchored_head(self) -> tuple[int, bytes]:
        roots = self._view()[-1].roots
        if self._lies():
            return self.rng.randrange(1_000), self.rng.randbytes(32)
        return self._again("anchored_head", roots[-1] if roots else (0, bytes(32)))

    def anchored_root(self, tree_size: int) -> bytes | None:
        return dict(self._view()[-1].roots).get(tree_size)

    def nonce(self, sender: bytes) -> int:
        assert sender == SENDER
        nonce = self._view()[-1].nonce
        if self._lies():
            return max(0, nonce + self.rng.randint(-2, 3))
        return self._again("nonce", nonce)

    def balance(self, account: bytes) -> int:
        assert account == SENDER
        self._view()
        return self.rng.randrange(10**18) if self._lies() else self.balance_wei

    def fees(self) -> Fees:
        self._view()
        base, tip = self.base_fee_wei, 10**9
        if self._lies():
            base, tip = base * self.rng.choice([0, 1, 40, 10**6]), tip * self.rng.choice([0, 1, 99])
        return Fees(0, base + tip, legacy=True) if self.is_legacy else Fees(base, tip)

    def call_data(self, call: AnchorCall) -> bytes:
        return write_call(call)

    def dry_run(self, sender: bytes, data: bytes) -> int:
        assert sender == SENDER
        view = self._view()
        if self._lies():
            return self.rng.choice([1, GAS, 9 * GAS, 2**30])
        if execute(view[-1].roots, read_call(data)) is None:
            raise AnchorRefusedError("simulated: reverted")
        return GAS

    def broadcast(self, raw: bytes) -> Broadcast:
        self.on_broadcast(raw)
        if self._happens(self.knobs.lose_request):
            return Broadcast.UNKNOWN
        transaction = Transaction.parse(raw)
        outcome = self.accept(transaction)
        if self._happens(self.knobs.duplicate):
            outcome = self.accept(transaction)
        if self._happens(self.knobs.lose_reply):
            return Broadcast.UNKNOWN
        return self.rng.choice(list(Broadcast)) if self._lies() else outcome

    def transaction_receipt(self, tx_hash: bytes) -> TransactionReceipt | None:
        view = self._view()
        if self._lies():
            return self._forged_receipt(tx_hash)
        if tx_hash in self.forgotten or tx_hash not in self.mined:
            return None
        for block in reversed(view):
            for receipt in block.receipts:
                if receipt.tx_hash == tx_hash:
                    return self._again(("receipt", tx_hash), receipt)
        return None

    def _forged_receipt(self, tx_hash: bytes) -> TransactionReceipt | None:
        """Say that a transaction is mined which is not, or mined elsewhere, or in vain, or not."""
        victim = self.mined.get(tx_hash) or self.pool.get(self.history[-1].nonce)
        if victim is None or self.rng.random() < 0.3:
            return None
        call = victim.call()
        block = self.rng.choice([*self.history, *self.displaced]).block
        block_hash = self.rng.choice([block.block_hash, self.rng.randbytes(32)])
        event = AnchoredEvent(call.tree_size, call.root_hash)
        succeeded = self.rng.random() < 0.7
        return TransactionReceipt(
            tx_hash=tx_hash,
            block_number=block.number + self.rng.choice([0, 0, 0, 1]),
            block_hash=block_hash,
            transaction_index=self.rng.choice([0, 0, 1]),
            succeeded=succeeded,
            anchored=(event,) if succeeded else (),
        )

    def block_by_hash(self, block_hash: bytes) -> Block | None:
        self._view()
        if self._lies():
            raise NotEthereumHeaderError("simulated: a forged header was found out")
        found = self.known.get(block_hash)
        return None if found is None else found.block

    def head(self) -> Block:
        view = self._view()
        if self.displaced and self._lies():
            return self.displaced[-1].block  # a node that stayed on another fork
        return view[-1].block

    def proof(self, account: bytes, slots: Sequence[int], block_hash: bytes) -> Proof | None:
        self._view()
        found = self.known.get(block_hash)
        if found is None or len(self.history) - 1 - found.block.number >= self.knobs.state_window:
            return None
        if self._lies():
            found = self.rng.choice(self.history)
        storage = found.history if account == HISTORY_CONTRACT else found.storage
        proof = Proof(
            state.prove(found.accounts, keccak(account)),
            tuple(state.prove(storage, keccak(slot.to_bytes(32, "big"))) for slot in slots),
        )
        if self._lies():
            return replace(proof, account_proof=self._damaged(proof.account_proof))
        return proof

    def block_receipts(self, block_hash: bytes) -> tuple[bytes, ...] | None:
        self._view()
        found = self.known.get(block_hash)
        if found is None or len(self.history) - found.block.number > self.knobs.receipts_window:
            return None
        if self._lies():
            return self._damaged(found.encoded) if self.rng.random() < 0.5 else ()
        return found.encoded

    def _damaged(self, parts: tuple[bytes, ...]) -> tuple[bytes, ...]:
        if not parts:
            return parts
        changed = list(parts)
        at = self.rng.randrange(len(changed))
        octets = bytearray(changed[at])
        octets[self.rng.randrange(len(octets))] ^= 1 << self.rng.randrange(8)
        changed[at] = bytes(octets)
        return tuple(changed)

    def ask_for_block(self) -> None:
        pass

    def advance(self, target: int | None, *, inclusion: bool) -> None:
        pass
