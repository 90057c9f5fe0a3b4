"""The real worker on a real store and a real node, one step at a time, and what it must keep.

Only the clock is ours: it goes with the chain's blocks, and leaps when a campaign wants the
worker's patience to end. After every step the store is read as rows, and compared with the node
itself, past whatever stands between the two (W4 to W10).
"""

from __future__ import annotations

import json
import sqlite3
from collections import Counter
from contextlib import closing
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar

from anchored_log import AnchoredLog
from node import ORIGIN

from faults.chain_events import read_chain
from faults.evidence import check_evidence
from faults.fees import Ceilings, check_fees, read_attempts
from faults.tables import SqliteTables
from faults.wire import demand, sha256
from provenance.chain.deploy import deploy
from provenance.chain.node import Node
from provenance.chain.quorum import connect_chain
from provenance.chain.rpc import CappedProvider, Rpc
from provenance.chain.sender import KeySender
from provenance.errors import FatalError, ProvenanceError
from provenance.ledger.anchor_checkpoint import AnchorRules, AnchorWorker
from provenance.store.anchor_store import SqlAnchorStore
from provenance.store.engine import open_writer
from provenance.store.migrate import migrate

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from faults.chain_events import ChainView
    from faults.http import Rpc as JsonRpc
    from faults.wire import JSON
    from provenance.ledger.chain_port import Chain

__all__ = ["RULES", "RigClock", "WorkerRig"]

RULES = AnchorRules(interval=0, resend_after=24, bump_after=60, repin_after=120)
"""The public rules and ceilings, with a shorter patience."""

TIMEOUT = 0.4
"""Seconds the worker waits for one answer; an honest one takes some milliseconds."""

_FLYING = {"prepared", "sent"}
_BUMP = (9, 8)
"""A dearer attempt raises both caps by at least an eighth (W7)."""


class RigNode(Protocol):
    """A node that makes blocks, and takes them back, when told."""

    url: str
    rpc: JsonRpc

    @property
    def now_unix(self) -> int: ...

    def fund(self, account: bytes) -> None: ...

    def mine(self, blocks: int = 1, *, later: int = 0) -> None: ...

    def reorganise(self, depth: int) -> None: ...

    def head(self) -> int: ...

    def finalized(self) -> int: ...

    def block(self, number: int | str) -> JSON: ...

    def stop(self) -> None: ...


_Node = TypeVar("_Node", bound=RigNode)


class RigClock:
    """Goes with the chain, plus what a campaign adds until the next block is made."""

    def __init__(self, node: RigNode) -> None:
        self._node = node
        self.ahead = 0.0

    def now_unix(self) -> int:
        return int(self._node.now_unix + self.ahead)

    def monotonic(self) -> float:
        return self._node.now_unix + self.ahead


class WorkerRig(Generic[_Node]):
    """A node with a registered log, a database, and the worker that anchors it."""

    def __init__(self, folder: Path, seed: str, *, node: _Node) -> None:
        """Make everything anew in ``folder``; the sending key follows from ``seed``."""
        folder.mkdir(parents=True, exist_ok=True)
        self.database = folder / "ledger.sqlite"
        self.node = node
        self.clock = RigClock(self.node)
        self.sender = KeySender(sha256(seed.encode()))
        self.node.fund(self.sender.address)
        honest = Node(Rpc(CappedProvider(self.node.url)))
        self.deployed = deploy(honest, self.sender, ORIGIN, wait=self.node.mine)
        while self.node.finalized() < self.deployed.block_number:
            self.node.mine()
        self.policy_chain = _policy_chain(self.deployed.pin)
        self.engine = open_writer(self.database)
        migrate(self.engine)
        self.store = SqlAnchorStore(self.engine)
        self.log = AnchoredLog(self.engine)
        self.log.grow(2)  # genesis and beacon; the contract takes no smaller tree
        self.codes: Counter[str] = Counter()
        """Errors and alerts that the worker gave, by code."""
        self.blocks: set[str] = set()
        """Every block that was ever canonical."""
        self._urls: Sequence[str] = [self.node.url]
        self._quorum = 1
        self._judged: set[tuple[int, str]] = set()
        self._finals: dict[int, str] = {}
        self._bound = 0
        self.replacements = 0
        """Attempts that took the place of another; known at the end."""
        self.restart()

    # --- the worker ----------------------------------------------------------------------------

    def look_through(self, urls: Sequence[str], *, quorum: int) -> None:
        """Let the worker see the chain through these endpoints from now on."""
        self._urls, self._quorum = urls, quorum
        self.restart()

    def restart(self) -> None:
        """Begin a new process: nothing survives but database and chain."""
        self.worker = AnchorWorker(
            chain=self._chain(),
            sender=self.sender,
            store=self.store,
            log=self.log,
            clock=self.clock,
            rules=RULES,
            holder="rig",
        )

    def _chain(self) -> Chain:
        return connect_chain(self._urls, self.deployed.pin, quorum=self._quorum, timeout=TIMEOUT)

    def step(self, *, blindly: bool = False) -> bool:
        """Let the worker take a step, and judge it unless the node itself cannot be asked.

        Returns:
            Whether the step came to its end, with alerts or without.

        Raises:
            FatalError: it stops for good; the campaign knows whether it may.
        """
        is_done = True
        try:
            progress = self.worker.step()
        except ProvenanceError as error:
            is_done = False
            self.codes[error.code] += 1
            if isinstance(error, FatalError):
                raise
        else:
            self.codes.update(alert.code.value for alert in progress.alerts)
        if not blindly:
            self.audit()
        return is_done

    def is_busy(self) -> bool:
        """Tell whether something is not final yet, or waits."""
        newest = self._rows("SELECT max(tree_size) FROM anchor_markers")[0][0]
        final = self._rows("SELECT max(tree_size) FROM anchors WHERE state = 'final'")[0][0]
        return bool(newest is not None and (final is None or final < newest))

    def mine(self, blocks: int = 1) -> None:
        """Make blocks, and remember them; the chain's time catches up with the clock."""
        later, self.clock.ahead = int(self.clock.ahead), 0.0
        self.node.mine(blocks, later=later)
        self.remember(blocks)

    def remember(self, blocks: int) -> None:
        """Note the newest ``blocks``, which a reorganisation may take back."""
        head = self.node.head()
        for number in range(head, max(-1, head - blocks), -1):
            self.blocks.add(self.node.block(number)["hash"])

    def evidence(self) -> list[JSON]:
        """Return what is stored of all anchors that are final."""
        return [row for row in self._anchors() if row["state"] == "final"]

    # --- the auditor ---------------------------------------------------------------------------

    def audit(self) -> None:
        """I5, I6, W5 to W7: what the store says now, against the node itself."""
        rows = self._anchors()
        demand([row["nonce"] for row in rows] == list(range(2, 2 + len(rows))), "I5", "nonces")
        sizes = [row["tree_size"] for row in rows]
        demand(sizes == sorted(set(sizes)), "I5", f"bound twice, or out of order: {sizes}")
        self._audit_flight(rows)
        for row in rows:
            self._audit_attempts(row["anchor_id"])
            if row["evidence"] is not None:
                self._audit_inclusion(row)
        lost = self._finals.keys() - {row["tree_size"] for row in rows if row["state"] == "final"}
        demand(not lost, "I6", f"tree sizes {sorted(lost)} were final and are no longer")

    def _audit_flight(self, rows: Sequence[JSON]) -> None:
        """W15: bound only while all earlier ones are included, and not too many are open.

        A reorganisation may take several back at once, which are then all sent again.
        """
        open_now = [row for row in rows if row["state"] != "final"]
        demand(len(open_now) <= RULES.open_anchors, "I5", f"{len(open_now)} anchors are open")
        for row in rows[self._bound :]:
            earlier = [other for other in rows if other["anchor_id"] < row["anchor_id"]]
            flying = [other["tree_size"] for other in earlier if other["state"] in _FLYING]
            demand(not flying, "I5", f"{row['tree_size']} bound while {flying} not included")
        self._bound = len(rows)

    def _audit_attempts(self, anchor_id: int) -> None:
        question = "SELECT max_fee_wei, priority_fee_wei, gas FROM anchor_attempts"
        attempts = self._rows(f"{question} WHERE anchor_id = ? ORDER BY position", anchor_id)
        for cap, _, gas in attempts:
            ceiling = RULES.anchor_ceiling_wei or 0
            demand(cap * gas <= ceiling, "I5", f"an attempt may cost {cap * gas}")
        times, over = _BUMP
        for old, new in pairwise(attempts):
            for member in (0, 1):
                demand(new[member] * over >= old[member] * times, "I5", f"{old} then {new}")

    def _audit_inclusion(self, row: JSON) -> None:
        block_hash = "0x" + row["block_hash"].hex()
        key = (row["tree_size"], block_hash)
        if key not in self._judged:
            shown = check_evidence(
                json.loads(row["evidence"]), self.policy_chain, row["tree_size"], row["root_hash"]
            )
            demand(shown == block_hash, "I3", f"evidence of {shown}, said to be of {block_hash}")
            known = self.node.rpc.call("eth_getBlockByHash", block_hash, False)  # noqa: FBT003
            demand(known or block_hash in self.blocks, "I3", f"{block_hash} was never a block")
            self._judged.add(key)
        if row["state"] == "final" and row["tree_size"] not in self._finals:
            number = row["block_number"]
            demand(number <= self.node.finalized(), "I6", f"{number} is called final too early")
            self.check_canonical(row["tree_size"], number, block_hash)
            self._finals[row["tree_size"]] = block_hash

    def check_canonical(self, tree_size: int, number: int, block_hash: str) -> None:
        found = self.node.block(number)["hash"]
        demand(found == block_hash, "I6", f"{tree_size} is final in {block_hash}, not canonical")

    def finish(self) -> ChainView:
        """Audit the chain as a whole: one successful transaction and event for each anchor."""
        view = read_chain(self.node.rpc, self.policy_chain)
        demand(all(sent.succeeded for sent in view.transactions), "I5", "a transaction reverted")
        rows = self._anchors()
        sizes = [event.tree_size for event in view.anchored]
        demand(sizes == [row["tree_size"] for row in rows], "I5", f"events of {sizes}")
        for row, event in zip(rows, view.anchored, strict=True):
            demand(row["root_hash"] == event.root_hash, "I5", f"{event.tree_size}: another root")
            demand(row["tx_hash"].hex() == event.transaction[2:], "I5", "another transaction")
            block = "0x" + row["block_hash"].hex()
            self.check_canonical(event.tree_size, row["block_number"], block)
        nonces = [sent.nonce for sent in view.transactions]
        demand(nonces == list(range(len(nonces))), "I5", f"nonces {nonces}")
        attempts = read_attempts(SqliteTables(self.database.parent), self.deployed.pin.chain_id)
        ceilings = Ceilings(RULES.anchor_ceiling_wei, RULES.day_ceiling_wei)
        self.replacements = check_fees(attempts, view, ceilings)
        return view

    def _anchors(self) -> list[JSON]:
        names = "anchor_id nonce tree_size root_hash state tx_hash block_number block_hash evidence"
        columns = names.replace(" ", ", ")
        rows = self._rows(f"SELECT {columns} FROM anchors ORDER BY anchor_id")
        return [dict(zip(names.split(), row, strict=True)) for row in rows]

    def _rows(self, question: str, *values: object) -> list[tuple[Any, ...]]:
        with closing(sqlite3.connect(f"file:{self.database}?mode=ro", uri=True)) as db:
            return db.execute(question, values).fetchall()

    def close(self) -> None:
        self.engine.dispose()
        self.node.stop()


def _policy_chain(pin: Any) -> JSON:  # noqa: ANN401 -- read by its public members
    return {
        "genesis_hash": "0x" + pin.genesis_hash.hex(),
        "contract": "0x" + pin.contract.hex(),
        "log_id": "0x" + pin.log_id.hex(),
        "code_hash": "0x" + pin.code_hash.hex(),
        "roots_slot": pin.roots_slot,
        "chain_id": pin.chain_id,
    }
