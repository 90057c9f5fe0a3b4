"""Judges a simulated life after each of its events, by the rows and by the chains themselves."""

from __future__ import annotations

from typing import TYPE_CHECKING

from simulator import CODE_HASH, CONTRACT, LOG_ID

from provenance.anchor import verify_history, verify_proof
from provenance.anchor_evidence import StatedEvidence
from provenance.header import BlockHeader
from provenance.ledger.chain_port import NamedBlock

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Sequence

    from anchored_log import AnchoredLog
    from simulator import SimulatedChain
    from worker_history import Crew

    from provenance.ledger.anchor_checkpoint import AnchorRules
    from provenance.ledger.anchor_port import Anchor, Inclusion
    from provenance.store.anchor_store import SqlAnchorStore

_ROWS = """
    SELECT anchor_id, chain_id, nonce, tree_size, base_size, state, block_number, block_hash,
        violated_unix
    FROM anchors ORDER BY chain_id, nonce
"""

_ATTEMPTS = "SELECT gas, max_fee_wei, raw FROM anchor_attempts"


class HistoryAudit:
    """Holds what was ever final, and compares."""

    def __init__(
        self,
        driver: sqlite3.Connection,
        store: SqlAnchorStore,
        log: AnchoredLog,
        rules: AnchorRules,
        crews: Sequence[Crew],
    ) -> None:
        self._driver = driver
        self._store = store
        self._log = log
        self._rules = rules
        self._crews = {crew.chain.chain_id: crew for crew in crews}
        self._seen = -1
        self._judged: set[tuple[int, bytes, str]] = set()
        self._stated = 0
        self._chains: dict[int, SimulatedChain] = {}
        self.finals: dict[int, NamedBlock] = {}
        self._final_on: dict[int, int] = {}

    def look(self) -> None:
        for crew in self._crews.values():
            assert not crew.chain.reverted, "a transaction reverted"
            assert not crew.chain.feeble, "a replacement was raised by less than geth's tenth"
        if self._driver.total_changes != self._seen:
            self._seen = self._driver.total_changes
            self._look_at_rows()
        # I6: what was called final is canonical, for ever
        for anchor_id, named in self.finals.items():
            chain = self._crews[self._final_on[anchor_id]].chain
            assert chain.history[named.number].block.block_hash == named.block_hash

    def check_stored(self, raw: bytes) -> None:
        """W5: bytes that reach a node are committed already."""
        found = self._driver.execute("SELECT 1 FROM anchor_attempts WHERE raw = ?", (raw,))
        assert found.fetchone() is not None, "broadcast before it was stored"

    def check_bound(self, chain_id: int) -> None:
        """W15: at the moment of binding, all others are included, and they are few."""
        states = [
            row[0]
            for row in self._driver.execute(
                "SELECT state FROM anchors WHERE chain_id = ? AND state != 'final'", (chain_id,)
            )
        ]
        assert len(states) <= self._rules.open_anchors, "too many anchors are open"
        assert sorted(states)[:-1] == ["included"] * (len(states) - 1), "bound beside an open one"

    def evidence(self, chain_id: int) -> list[tuple[object, ...]]:
        """Return all that is kept of a chain's anchors, but for the mark of a violation."""
        return self._driver.execute(
            "SELECT anchor_id, state, tx_hash, block_hash, block_number, evidence, histories "
            "FROM anchors WHERE chain_id = ? ORDER BY anchor_id",
            (chain_id,),
        ).fetchall()

    def _look_at_rows(self) -> None:
        last: dict[int, tuple[int, int]] = {}
        for row in self._driver.execute(_ROWS).fetchall():
            anchor_id, chain_id, nonce, tree_size, base_size, state, number, block_hash, _ = row
            before = last.get(chain_id, (-1, 0))
            assert nonce == before[0] + 1, "nonces have gaps"
            assert tree_size > before[1], "a head was bound twice, or out of order"
            assert base_size == before[1], "bound to grow from another head"
            last[chain_id] = (nonce, tree_size)
            if block_hash is not None:
                self._look_at_block(anchor_id, chain_id, state, NamedBlock(number, block_hash))
            else:
                assert anchor_id not in self.finals, "a final anchor was taken back"
        for gas, cap, _raw in self._driver.execute(_ATTEMPTS):
            assert gas * cap <= (self._rules.anchor_ceiling_wei or 0), "above the ceiling"
        for crew in self._crews.values():
            self._look_at_statements(crew)

    def _look_at_block(self, anchor_id: int, chain_id: int, state: str, named: NamedBlock) -> None:
        chain = self._crews[chain_id].chain
        if (anchor_id, named.block_hash, state) not in self._judged:
            self._judge(chain, self._store.anchor(anchor_id), is_final=state == "final")
            self._judged.add((anchor_id, named.block_hash, state))
        if state == "final":
            assert named.number <= chain.finality, "called final too early"
            assert self.finals.setdefault(anchor_id, named) == named
            self._final_on[anchor_id] = chain_id
        else:
            assert anchor_id not in self.finals, "a final anchor was taken back"

    def _look_at_statements(self, crew: Crew) -> None:
        """Nothing is ever stated that is not final and so."""
        for stated in crew.attestor.stated:
            assert stated.block_number <= crew.chain.finality, "stated before it was final"
            block = crew.chain.history[stated.block_number]
            assert block.block.block_hash == stated.block_hash
            assert block.block.timestamp == stated.timestamp
            assert (stated.tree_size, stated.root_hash) in block.roots
            assert stated.tx_hash in {receipt.tx_hash for receipt in block.receipts}
        crew.attestor.stated.clear()

    def _judge(self, chain: SimulatedChain, anchor: Anchor, *, is_final: bool) -> None:
        inclusion = anchor.inclusion
        assert inclusion is not None
        assert inclusion.tx_hash in {attempt.tx_hash for attempt in anchor.attempts}
        if chain.evidence_level == "trusted-rpc":
            assert isinstance(inclusion.evidence, StatedEvidence) == is_final
            return
        self.judge_proof(anchor, inclusion, self._log.root_at(anchor.tree_size))

    @staticmethod
    def judge_proof(anchor: Anchor, inclusion: Inclusion, root_hash: bytes) -> None:
        """Check evidence and history proofs as a stranger would."""
        assert inclusion.evidence is not None
        assert not isinstance(inclusion.evidence, StatedEvidence)
        header = verify_proof(
            inclusion.evidence,
            contract=CONTRACT,
            code_hash=CODE_HASH,
            log_id=LOG_ID,
            tree_size=anchor.tree_size,
            root_hash=root_hash,
            roots_slot=0,
        )
        assert header.hash == inclusion.block.block_hash
        assert inclusion.widened_by >= 0
        state_root = BlockHeader.parse(inclusion.evidence.header).state_root
        for block, proof in inclusion.histories:
            verify_history(state_root, proof, block.number, block.block_hash)
