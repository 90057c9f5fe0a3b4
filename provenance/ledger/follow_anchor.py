"""Follow one bound anchor: send, send again, make dearer, prove, and wait until it is final.

    prepared --broadcast--> sent --mined, proved--> included --> final
                             ^--------displaced--------'

Every transaction handed to a node is stored first (W5), and all of an anchor's share its nonce
and call (W6): whatever became of them, sending them again is harmless.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from provenance.anchor import AnchorState
from provenance.errors import AnchorRefusedError, FeeCeilingError, ForeignTransactionError
from provenance.ledger.anchor_alerts import Alert, AlertCode, Alerts
from provenance.ledger.anchor_rules import AnchorRules, gas_limit
from provenance.ledger.chain_port import AnchoredEvent, Broadcast, UnsignedTransaction
from provenance.ledger.prove_anchor import (
    find_inclusion,
    nonce_at,
    prove_inclusion,
    shows_root,
    stated,
)
from provenance.ledger.sending_funds import Funds, look_at_funds, most_wei

if TYPE_CHECKING:
    from collections.abc import Iterable

    from provenance.anchor_evidence import StatedEvidence
    from provenance.ledger.anchor_port import Anchor, AnchorStore, Inclusion, Lease, LogView
    from provenance.ledger.chain_port import (
        Attempt,
        Attestor,
        Block,
        Chain,
        Clock,
        Fees,
        Sender,
        TransactionReceipt,
    )
    from provenance.ledger.watch_chain import ChainWatch

__all__ = ["DAY_SECONDS", "AnchorFollower"]

DAY_SECONDS = 86_400
"""The ceiling of a day counts what may be spent within so long (W7)."""

_ALERTS = {
    Broadcast.NONCE_TOO_LOW: AlertCode.NONCE_TOO_LOW,
    Broadcast.UNDERPRICED: AlertCode.UNDERPRICED,
    Broadcast.NO_FUNDS: AlertCode.NO_FUNDS,
    Broadcast.UNKNOWN: AlertCode.MAYBE_SENT,
}


@dataclass(frozen=True, slots=True)
class _Handed:
    """When this process last handed an attempt out, and the states that it found by that."""

    at: float
    alerts: tuple[Alert, ...]


class AnchorFollower:
    """Brings anchors forward by one step each; every durable step is committed before the next."""

    def __init__(  # noqa: PLR0913 -- the ports, the clock, the rules and where to tell
        self,
        *,
        chain: Chain,
        sender: Sender,
        store: AnchorStore,
        log: LogView,
        clock: Clock,
        rules: AnchorRules,
        attestor: Attestor | None,
        watch: ChainWatch,
        alerts: Alerts,
    ) -> None:
        """Join the parts; nothing is read or sent yet."""
        self._chain = chain
        self._sender = sender
        self._store = store
        self._log = log
        self._clock = clock
        self._rules = rules
        self._attestor = attestor
        self._watch = watch
        self._alerts = alerts
        self._handed: dict[bytes, _Handed] = {}  # by the newest attempt's hash
        self._refused: set[bytes] = set()  # attempts that a node called too cheap
        self.funds: Funds | None = None
        """What the sending key had at the last broadcast; None before the first."""

    def forget_others(self, anchors: Iterable[Anchor]) -> None:
        """Keep in memory only what is about ``anchors``, those that are not final."""
        known = {attempt.tx_hash for anchor in anchors for attempt in anchor.attempts}
        self._handed = {name: handed for name, handed in self._handed.items() if name in known}
        self._refused &= known

    def follow(self, lease: Lease, anchor: Anchor) -> None:
        """Take the next step with one anchor that is not final."""
        if anchor.state is AnchorState.INCLUDED and anchor.inclusion is not None:
            self._recheck(lease, anchor, anchor.inclusion)
            return
        receipt = self._receipt(anchor)
        if receipt is not None:
            # take the evidence, check it, and only then believe that the anchor is mined (W12)
            inclusion = prove_inclusion(self._chain, self._log, anchor, receipt)
            self._believe(lease, anchor, inclusion)
            return
        used = self._chain.nonce(anchor.sender)
        if used > anchor.nonce:
            self._explain_used_nonce(lease, anchor)
        else:
            self._send(lease, anchor, is_next=used == anchor.nonce)

    # --- W9: mined? ------------------------------------------------------------------------

    def _receipt(self, anchor: Anchor) -> TransactionReceipt | None:
        """Return the receipt of whichever attempt was mined and anchored; at most one can (W6).

        It must say success and hold the exact event (W9). One that does not is no receipt here:
        whether the nonce is used in vain is for proofs to say, not for a node's word.
        """
        exact = AnchoredEvent(anchor.tree_size, anchor.root_hash)
        for attempt in reversed(anchor.attempts):
            receipt = self._chain.transaction_receipt(attempt.tx_hash)
            if receipt is None:
                continue
            if receipt.succeeded and exact in receipt.anchored:
                return receipt
            self._alerts.add(
                AlertCode.NOT_ANCHORED, f"the node says that {receipt.tx_hash.hex()} did not anchor"
            )
        return None

    def _explain_used_nonce(self, lease: Lease, anchor: Anchor) -> None:
        """The nonce is used, but no stored hash has a receipt (W4, W8).

        A node may have lost its index of transactions: the root itself is looked for. Only a
        final block whose state shows the nonce used and the root absent is an alarm: somebody
        else used it, or the transaction reverted.
        """
        head = self._chain.head()
        if nonce_at(self._chain, anchor.sender, head) <= anchor.nonce:
            return  # another node, which is behind: ask again
        if shows_root(self._chain, anchor.tree_size, anchor.root_hash, head):
            inclusion = find_inclusion(self._chain, self._log, anchor, head)
            self._believe(lease, anchor, inclusion)
            return
        self._watch.accuse(
            ForeignTransactionError(
                f"nonce {anchor.nonce} is used, and tree size {anchor.tree_size} is not on chain"
            ),
            lambda block: self._is_used_in_vain(anchor, block),
        )

    def _is_used_in_vain(self, anchor: Anchor, block: Block) -> bool:
        used = nonce_at(self._chain, anchor.sender, block)
        return used > anchor.nonce and not shows_root(
            self._chain, anchor.tree_size, anchor.root_hash, block
        )

    def _believe(self, lease: Lease, anchor: Anchor, inclusion: Inclusion) -> None:
        if anchor.state is AnchorState.PREPARED:
            # mined although no broadcast was noted: the process died in between
            now = self._clock.now_unix()
            self._store.note_broadcast(lease, anchor.anchor_id, inclusion.tx_hash, now)
        if inclusion.widened_by:
            self._alerts.add(
                AlertCode.LATE_PROOF,
                f"tree size {anchor.tree_size} is proved {inclusion.widened_by} blocks late",
            )
        self._store.include(lease, anchor.anchor_id, inclusion)

    # --- W5, W7, W8: send ------------------------------------------------------------------

    def _send(self, lease: Lease, anchor: Anchor, *, is_next: bool) -> None:
        """Hand the newest stored bytes to the node when due, dearer ones if they are needed."""
        attempt = anchor.attempts[-1]
        handed = self._handed.get(attempt.tx_hash)
        if handed is not None and self._clock.monotonic() - handed.at < self._rules.resend_after:
            self._alerts.repeat(handed.alerts)  # what was found then lasts until it is sent again
            return
        before = len(self._alerts.all())
        elapsed = self._elapsed(attempt.broadcast_unix)
        # a clock set back counts as time passed: at worst the same bytes are dearer or sent again
        # what an earlier sending key signed can only be sent as it is
        is_ours = anchor.sender == self._sender.address
        if is_next and is_ours and not 0 <= elapsed < self._rules.bump_after:
            attempt = self._dearer(lease, anchor, attempt) or attempt
        if self._elapsed(anchor.attempts[0].broadcast_unix) > self._rules.late_after:
            self._alerts.add(
                AlertCode.NOT_MINED,
                f"tree size {anchor.tree_size} is in no block, {len(anchor.attempts)} attempts",
            )
        self._broadcast(lease, anchor, attempt)
        found = self._alerts.all()[before:]
        self._handed[attempt.tx_hash] = _Handed(self._clock.monotonic(), found)

    def _elapsed(self, since_unix: int | None) -> int:
        return 0 if since_unix is None else self._clock.now_unix() - since_unix

    def _dearer(self, lease: Lease, anchor: Anchor, attempt: Attempt) -> Attempt | None:
        """Store a dearer attempt if one is needed and allowed (W7); None = the old bytes do."""
        fees = self._chain.fees()
        try:
            needed = self._chain.dry_run(self._sender.address, anchor.call_data)
            prices = self._rules.dearer(
                attempt,
                fees,
                self.others_wei(anchor),
                gas=gas_limit(needed, len(anchor.call_data)),
                is_refused=attempt.tx_hash in self._refused,
            )
        except (AnchorRefusedError, FeeCeilingError) as error:
            # refused: perhaps mined a moment ago; its receipt is looked for in the next turn
            is_ceiling = isinstance(error, FeeCeilingError)
            self._alerts.add(
                AlertCode.FEE_CEILING if is_ceiling else AlertCode.NOT_ANCHORED, str(error)
            )
            return None
        if prices is None:
            return None
        dearer = self.sign(anchor.nonce, anchor.call_data, prices, fees)
        # a crash here leaves bytes that were never sent; the next turn sends them
        self._store.add_attempt(lease, anchor.anchor_id, dearer)
        return dearer

    def others_wei(self, anchor: Anchor | None = None) -> int:
        """Return what all anchors of a day can cost but ``anchor``, which is not final (W7)."""
        since = self._clock.now_unix() - DAY_SECONDS
        own = 0 if anchor is None else most_wei(anchor)
        return self._store.fees_since(self._chain.pin.chain_id, since) - own

    def sign(self, nonce: int, data: bytes, prices: tuple[int, int, int], fees: Fees) -> Attempt:
        """Sign the call under ``nonce``.

        Args:
            prices: fee cap and tip in wei per gas, gas.
            fees: says whether the chain takes EIP-1559 transactions.
        """
        cap, tip, gas = prices
        pin = self._chain.pin
        return self._sender.sign(
            UnsignedTransaction(
                pin.chain_id, nonce, pin.contract, data, gas, cap, tip, legacy=fees.legacy
            )
        )

    def _broadcast(self, lease: Lease, anchor: Anchor, attempt: Attempt) -> None:
        """Send stored bytes. A crash on either side of it is mended by sending them again."""
        outcome = self._chain.broadcast(attempt.raw)
        if attempt.broadcast_unix is None or anchor.state is AnchorState.PREPARED:
            now = self._clock.now_unix()
            self._store.note_broadcast(lease, anchor.anchor_id, attempt.tx_hash, now)
        cost = attempt.gas * attempt.max_fee_wei
        self.funds = look_at_funds(self._chain, anchor.sender, cost)
        if outcome is Broadcast.UNDERPRICED:
            self._refused.add(attempt.tx_hash)
        alert = _ALERTS.get(outcome)
        if alert is not None:
            # whatever it says, another attempt or a lost answer may be alive: the nonce decides
            message = f"broadcast of tree size {anchor.tree_size}: {outcome.value}"
            if outcome is Broadcast.NO_FUNDS:
                message = f"tree size {anchor.tree_size} waits: {self.funds}"
            self._alerts.add(alert, message)
        if outcome is Broadcast.UNKNOWN:
            self._watch.forget_pin()

    # --- W9, W10: still there, final? --------------------------------------------------------

    def _recheck(self, lease: Lease, anchor: Anchor, inclusion: Inclusion) -> None:
        """Compare the evidence block's hash with the chain as it is now."""
        named = inclusion.block
        # finality first: what is canonical after it, at or below it, is canonical for good
        finalized = self._watch.finalized()
        found = self._chain.canonical_hash(named.number)
        if found == named.block_hash and named.number <= finalized.number:
            evidence = self._final_evidence(anchor, inclusion)
            now = self._clock.now_unix()
            self._store.finalize(lease, anchor.anchor_id, now, evidence)
        elif found == named.block_hash:
            # a chain that makes blocks on demand has made none while nobody asked
            since = max(finalized.timestamp, anchor.prepared_unix)
            if self._clock.now_unix() - since > self._rules.late_after:
                self._alerts.add(
                    AlertCode.FINALITY_STALLED,
                    f"block {finalized.number} is the newest final one, {named.number} is waited "
                    "for",
                )
        elif found is not None or self._chain.nonce(anchor.sender) <= anchor.nonce:
            # displaced; above the head it counts only if the transaction is gone as well, since
            # a node that lags behind has not seen the block yet
            self._store.displace(lease, anchor.anchor_id)
            self._handed.clear()
            self._alerts.add(
                AlertCode.DISPLACED,
                f"tree size {anchor.tree_size}: block {named.number} was displaced",
            )

    def _final_evidence(self, anchor: Anchor, inclusion: Inclusion) -> StatedEvidence | None:
        """Return the evidence that is made only now; None where the proof is there already."""
        if inclusion.evidence is not None:
            return None
        if self._attestor is None:
            raise RuntimeError("a chain without proofs needs somebody to sign what is stated")
        return stated(self._chain, self._attestor, anchor, inclusion)
