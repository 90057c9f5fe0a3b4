"""Anchor the newest signed checkpoint, exactly once, through crashes and lying nodes.

    marker --bind--> prepared --broadcast--> sent --mined, proved--> included --> final
                                               ^--------displaced--------'

The rules are numbered in ``docs/operating.md`` ("The anchoring worker", W1-W15) and marked
where they are kept. At most one anchor is unfinished at a time, so a crash leaves behind at most
one bound nonce, whose signed bytes are stored: whatever happened to them, sending the same bytes
again is harmless, and nothing is ever signed for another checkpoint under that nonce.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING

from provenance.anchor import AnchorState
from provenance.errors import (
    AnchorLostError,
    ClockSkewError,
    ForeignTransactionError,
    NotAnchoredError,
    ProvenanceError,
    RootMismatchError,
    UnavailableError,
    WrongChainError,
)
from provenance.ledger.anchor_rules import GAS_LIMIT, AnchorRules
from provenance.ledger.chain_port import AnchorCall, AnchoredEvent, Broadcast, NamedBlock
from provenance.ledger.prove_anchor import prove_inclusion, prove_root, proved_nonce

if TYPE_CHECKING:
    from collections.abc import Sequence

    from provenance.ledger.chain_port import (
        Anchor,
        AnchorStore,
        Attempt,
        Block,
        Chain,
        Clock,
        Inclusion,
        LogView,
        Sender,
        TransactionReceipt,
    )

__all__ = ["AnchorRules", "AnchorWorker", "Progress", "check_clock"]

_logger = logging.getLogger(__name__)

MAX_SKEW_SECONDS = 900
"""A finalized block further than this in our future: one of the two clocks is wrong (W14)."""

_DAY = 86_400


@dataclass(frozen=True, slots=True)
class Progress:
    """What a step left to do."""

    unfinished: int
    """Anchors on their way: ask again soon."""
    waiting: bool
    """A marker waits for its interval."""
    alert: str | None = None
    """What an operator should know although the worker goes on: no funds, fees too high ..."""


def check_clock(clock: Clock, block: Block) -> None:
    """Check that a finalized block is not absurdly far in our future (W14).

    Raises:
        ClockSkewError: it is; nothing is scheduled by such a clock.
    """
    ahead = block.timestamp - clock.now_unix()
    if ahead > MAX_SKEW_SECONDS:
        raise ClockSkewError(f"finalized block {block.number} is {ahead} s ahead of our clock")


class AnchorWorker:
    """One ledger's anchoring on one chain. Whoever runs it holds the worker's lock (W3)."""

    def __init__(  # noqa: PLR0913 -- four ports, the clock and the rules
        self,
        *,
        chain: Chain,
        sender: Sender,
        store: AnchorStore,
        log: LogView,
        clock: Clock,
        rules: AnchorRules,
    ) -> None:
        """Join the ports; nothing is read or sent yet."""
        self._chain = chain
        self._sender = sender
        self._store = store
        self._log = log
        self._clock = clock
        self._rules = rules
        self._pinned_at: float | None = None
        self._sent: dict[bytes, float] = {}  # attempt -> when this process last handed it out
        self._suspect: NamedBlock | None = None  # a block that shows our nonce used in vain
        self._alert: str | None = None

    def step(self) -> Progress:
        """Do all that can be done now; every durable step is committed before the next one.

        Raises:
            FatalError: the chain contradicts us: stop, and let a person look.
            ProvenanceError: anything else is for now; the next step begins anew, pinned anew.
        """
        try:
            return self._step()
        except ProvenanceError:
            self._pinned_at = None  # who knows which node answers next time (W2)
            raise

    def _step(self) -> Progress:
        self._alert = None
        anchors = self._store.unfinished(self._chain.pin.chain_id)
        wanted = None if anchors else self._due()
        if not anchors and wanted is None:
            # nothing of ours to see: no RPC, but a beacon may wait for a block
            self._chain.advance(None, inclusion=False)
            return Progress(unfinished=0, waiting=self._store.wanted() is not None)
        self._check_pin()
        if wanted is not None and not self._bind(wanted):
            return Progress(unfinished=0, waiting=False)
        for anchor in self._store.unfinished(self._chain.pin.chain_id):
            self._follow(anchor)
        left = self._store.unfinished(self._chain.pin.chain_id)
        self._let_blocks_come(left)
        waiting = self._store.wanted() is not None
        return Progress(unfinished=len(left), waiting=waiting, alert=self._alert)

    # --- W2: the right chain, contract and head ------------------------------------------

    def _check_pin(self) -> None:
        now = self._clock.monotonic()
        if self._pinned_at is not None and now - self._pinned_at < self._rules.repin_after:
            return
        self._chain.check_pin()
        anchorer = self._chain.anchorer()
        if anchorer != self._sender.address:
            raise WrongChainError(
                f"the log's anchorer is {anchorer.hex()}, our key {self._sender.address.hex()}"
            )
        check_clock(self._clock, self._chain.finalized())
        self._check_head()
        self._pinned_at = now

    def _check_head(self) -> None:
        """Check that the head on chain is one of ours and includes what was final (W2, W11).

        What would stop us for good must be proved: a node's word alone only means "not now".
        """
        tree_size, root_hash = self._chain.anchored_head()
        final = self._store.newest_final(self._chain.pin.chain_id)
        if final is not None and tree_size < final.tree_size:
            self._check_final_is_there(final)
        if not tree_size:
            return  # the log is registered, and nothing was anchored yet
        newest, _ = self._log.newest_signed()
        is_ours = tree_size <= newest and self._log.root_at(tree_size) == root_hash
        is_known = self._store.newest(self._chain.pin.chain_id) is not None
        if not (is_ours and is_known):
            prove_root(self._chain, tree_size, root_hash, self._chain.head())
            raise AnchorLostError(
                f"the chain holds tree size {tree_size} with root {root_hash.hex()}, which this "
                f"ledger (tree size {newest}) did not anchor: is it an old or another copy?"
            )

    def _check_final_is_there(self, final: Anchor) -> None:
        head = self._chain.head()
        if final.inclusion is not None and head.number >= final.inclusion.block.number:
            try:
                prove_root(self._chain, final.tree_size, final.root_hash, head)
            except (NotAnchoredError, RootMismatchError) as error:
                raise AnchorLostError(
                    f"tree size {final.tree_size} was final and is gone at block {head.number}"
                ) from error
        raise UnavailableError(f"the node is behind: at block {head.number}")

    # --- W1, W4, W5, W13: bind the newest checkpoint to the next nonce ---------------------

    def _due(self) -> int | None:
        wanted = self._store.wanted()
        if wanted is None:
            return None
        tree_size, urgent = wanted
        newest = self._store.newest(self._chain.pin.chain_id)
        if newest is None or urgent:
            return tree_size
        elapsed = self._clock.now_unix() - newest.prepared_unix
        # a clock set back must not stop anchoring until it has caught up
        return None if 0 <= elapsed < self._rules.interval else tree_size

    def _bind(self, tree_size: int) -> bool:
        """Prepare the anchor of ``tree_size``; False when the chain already holds that head.

        A crash before ``bind`` returns leaves nothing behind; after it, a prepared anchor with
        stored bytes that may or may not be broadcast later, by these rules only.
        """
        base_size = self._base_size()
        if base_size >= tree_size:
            return False  # handed over by an earlier anchorer of this log
        nonce = self._next_nonce()
        path = self._log.consistency_path(base_size, tree_size) if base_size else ()
        root_hash = self._log.root_at(tree_size)
        data = self._chain.call_data(AnchorCall(tree_size, root_hash, tuple(path)))
        needed = self._chain.dry_run(self._sender.address, data)
        gas = min(needed + needed // 4, GAS_LIMIT)
        now = self._clock.now_unix()
        spent = self._store.fees_since(self._chain.pin.chain_id, now - _DAY)
        cap, tip = self._rules.first_fees(self._chain.fees(), gas, spent)
        self._store.bind(
            chain_id=self._chain.pin.chain_id,
            sender=self._sender.address,
            nonce=nonce,
            base_size=base_size,
            tree_size=tree_size,
            root_hash=root_hash,
            call_data=data,
            attempt=self._sign(nonce, data, gas, cap, tip),
            now_unix=now,
        )
        return True

    def _base_size(self) -> int:
        """Return the tree size on chain, from which the call must prove consistency.

        All our anchors are final here, so it is that of the newest one. Another answer is an
        old view, on which a call would revert, or another anchorer's work, which is proved.
        """
        base_size, root_hash = self._chain.anchored_head()
        newest = self._store.newest(self._chain.pin.chain_id)
        ours = 0 if newest is None else newest.tree_size
        if base_size < ours:
            raise UnavailableError(f"the node is behind: at tree size {base_size}")
        if base_size > ours:
            prove_root(self._chain, base_size, root_hash, self._chain.head())
        return base_size

    def _next_nonce(self) -> int:
        """Return the nonce after the last one bound, which must be the chain's too (W4).

        The chain's count is proved, for a wrong one would never be mined, or stop us for good.
        A key's very first anchor takes it: what set up the contract came before and is final.
        """
        address = self._sender.address
        last = self._store.last_nonce(self._chain.pin.chain_id, address)
        head = self._chain.head()
        theirs = proved_nonce(self._chain, address, head)
        ours = theirs if last is None else last + 1
        if theirs > ours:
            raise ForeignTransactionError(
                f"block {head.number} is at nonce {theirs}, our next is {ours}: "
                "the key was used elsewhere"
            )
        if theirs < ours:
            raise UnavailableError(f"the node is behind: at nonce {theirs}, our next is {ours}")
        return ours

    def _sign(self, nonce: int, data: bytes, gas: int, cap: int, tip: int) -> Attempt:
        return self._sender.sign(
            chain_id=self._chain.pin.chain_id,
            nonce=nonce,
            to=self._chain.pin.contract,
            data=data,
            gas=gas,
            max_fee_wei=cap,
            priority_fee_wei=tip,
        )

    # --- W5, W8, W9, W10: follow an anchor to finality -------------------------------------

    def _follow(self, anchor: Anchor) -> None:
        if anchor.state is AnchorState.INCLUDED and anchor.inclusion is not None:
            self._recheck(anchor, anchor.inclusion)
            return
        receipt = self._receipt(anchor)
        if receipt is not None:
            # take the evidence, check it, and only then believe that the anchor is mined (W12)
            self._believe(anchor, prove_inclusion(self._chain, self._log, anchor, receipt))
        elif self._chain.nonce(self._sender.address) > anchor.nonce:
            self._explain_used_nonce(anchor)
        else:
            self._send(anchor)

    def _receipt(self, anchor: Anchor) -> TransactionReceipt | None:
        """Return the receipt of whichever attempt was mined and anchored; at most one can (W6).

        It must say success and hold the exact event (W9). One that does not is no receipt here:
        whether the nonce is used in vain is for proofs to say, not for a node's word.
        """
        for attempt in reversed(anchor.attempts):
            receipt = self._chain.transaction_receipt(attempt.tx_hash)
            if receipt is None:
                continue
            exact = AnchoredEvent(anchor.tree_size, anchor.root_hash)
            if receipt.succeeded and exact in receipt.anchored:
                return receipt
            self._warn(f"the node says that {receipt.tx_hash.hex()} did not anchor")
        return None

    def _explain_used_nonce(self, anchor: Anchor) -> None:
        """The nonce is used, but no stored hash has a receipt (W4, W8).

        A node may have lost its index of transactions: the root itself is looked for. Only a
        final block whose state shows the nonce used and the root absent is an alarm: somebody
        else used it, or the transaction reverted.
        """
        suspect = self._suspect
        if suspect is not None and self._chain.canonical_hash(suspect.number) == suspect.block_hash:
            if suspect.number <= self._chain.finalized().number:
                raise ForeignTransactionError(
                    f"nonce {anchor.nonce} is used in block {suspect.number}, which does not hold "
                    f"tree size {anchor.tree_size}"
                )
            self._warn(f"nonce {anchor.nonce} seems to be used by somebody else; not final")
            return
        self._suspect = None
        head = self._chain.head()
        if proved_nonce(self._chain, self._sender.address, head) <= anchor.nonce:
            return  # another node, which is behind: ask again
        try:
            self._believe(anchor, prove_inclusion(self._chain, self._log, anchor, at=head))
        except (NotAnchoredError, RootMismatchError):
            self._suspect = NamedBlock(head.number, head.block_hash)

    def _believe(self, anchor: Anchor, inclusion: Inclusion) -> None:
        if anchor.state is AnchorState.PREPARED:
            # mined although no broadcast was noted: the process died in between
            now = self._clock.now_unix()
            self._store.note_broadcast(anchor.anchor_id, inclusion.tx_hash, now)
        self._store.include(anchor.anchor_id, inclusion)

    def _send(self, anchor: Anchor) -> None:
        """Hand the newest stored bytes to the node when due, dearer ones if they are needed."""
        attempt = anchor.attempts[-1]
        noted = attempt.broadcast_unix
        elapsed = 0 if noted is None else self._clock.now_unix() - noted
        # a clock set back counts as time passed: at worst the same bytes are dearer or sent again
        if not 0 <= elapsed < self._rules.bump_after:
            dearer = self._rules.dearer(attempt, self._chain.fees())
            if dearer is not None and not self._rules.allows(dearer[0] * attempt.gas):
                self._warn("fees are above the ceiling; the old transaction is sent again")
            elif dearer is not None:
                attempt = self._sign(anchor.nonce, anchor.call_data, attempt.gas, *dearer)
                # a crash here leaves bytes that were never sent; the next step sends them
                self._store.add_attempt(anchor.anchor_id, attempt)
        sent = self._sent.get(attempt.tx_hash)
        if sent is None or self._clock.monotonic() - sent >= self._rules.resend_after:
            self._broadcast(anchor, attempt)

    def _broadcast(self, anchor: Anchor, attempt: Attempt) -> None:
        """Send stored bytes. A crash on either side of it is mended by sending them again."""
        outcome = self._chain.broadcast(attempt.raw)
        self._sent[attempt.tx_hash] = self._clock.monotonic()
        if attempt.broadcast_unix is None or anchor.state is AnchorState.PREPARED:
            self._store.note_broadcast(anchor.anchor_id, attempt.tx_hash, self._clock.now_unix())
        if outcome in {Broadcast.ACCEPTED, Broadcast.KNOWN}:
            return
        # whatever it says, another attempt or a lost answer may be alive: the nonce decides (W8)
        self._warn(f"broadcast of tree size {anchor.tree_size}: {outcome.value}")
        if outcome is Broadcast.UNKNOWN:
            self._pinned_at = None

    def _recheck(self, anchor: Anchor, inclusion: Inclusion) -> None:
        """Compare the evidence block's hash with the chain as it is now (W9, W10)."""
        named = inclusion.block
        # finality first: what is canonical after it, at or below it, is canonical for good
        finalized = self._chain.finalized()
        found = self._chain.canonical_hash(named.number)
        if found == named.block_hash:
            if named.number <= finalized.number:
                check_clock(self._clock, finalized)
                self._store.finalize(anchor.anchor_id, self._clock.now_unix())
        elif found is not None or self._chain.nonce(self._sender.address) <= anchor.nonce:
            # displaced; above the head it counts only if the transaction is gone as well, since
            # a node that lags behind has not seen the block yet
            self._store.displace(anchor.anchor_id)
            self._sent.clear()
            self._warn(f"tree size {anchor.tree_size}: block {named.number} was displaced")

    def _let_blocks_come(self, anchors: Sequence[Anchor]) -> None:
        targets = [a.inclusion.block.number for a in anchors if a.inclusion is not None]
        if self._suspect is not None:
            targets.append(self._suspect.number)
        self._chain.advance(
            max(targets, default=None), inclusion=any(a.inclusion is None for a in anchors)
        )

    def _warn(self, text: str) -> None:
        self._alert = text
        _logger.warning("%s", text)
