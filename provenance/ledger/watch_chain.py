"""Watch that the chain is the pinned one and keeps what it called final (W2, W11, W14).

What would stop anchoring for good must be shown in a block that is final by a quorum: a node can
prove anything from a header of its own making. So what is seen earlier is a *doubt*: nothing new
is bound, and either its block becomes final, or the doubt goes away with its block.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from provenance.errors import (
    AnchorLostError,
    ClockSkewError,
    FatalError,
    FinalityViolatedError,
    NodeBehindError,
    UnavailableError,
    VerificationError,
    WrongChainError,
)
from provenance.ledger.anchor_alerts import AlertCode, Alerts
from provenance.ledger.chain_port import NamedBlock
from provenance.ledger.prove_anchor import shows_root

if TYPE_CHECKING:
    from collections.abc import Callable

    from provenance.ledger.anchor_port import Anchor, AnchorStore, Lease, LogView
    from provenance.ledger.anchor_rules import AnchorRules
    from provenance.ledger.chain_port import Block, Chain, Clock

__all__ = ["MAX_SKEW_SECONDS", "ChainWatch", "check_clock"]

MAX_SKEW_SECONDS = 900
"""A finalized block further than this in our future: one of the two clocks is wrong (W14)."""


def check_clock(clock: Clock, block: Block) -> None:
    """Check that a finalized block is not absurdly far in our future (W14).

    Raises:
        ClockSkewError: it is; nothing is scheduled by such a clock.
    """
    ahead = block.timestamp - clock.now_unix()
    if ahead > MAX_SKEW_SECONDS:
        raise ClockSkewError(f"finalized block {block.number} is {ahead} s ahead of our clock")


@dataclass(frozen=True, slots=True)
class _Doubt:
    block: NamedBlock
    error: FatalError
    """What is raised once the block is final."""
    is_shown: Callable[[Block], bool]


class ChainWatch:
    """What one worker has seen of its chain, in memory only: a new process looks anew."""

    def __init__(  # noqa: PLR0913 -- three ports, the clock, the rules and where to tell
        self,
        *,
        chain: Chain,
        store: AnchorStore,
        log: LogView,
        clock: Clock,
        rules: AnchorRules,
        alerts: Alerts,
    ) -> None:
        """Join the ports; nothing is read yet."""
        self._chain = chain
        self._is_proved = chain.evidence_level == "proof"
        self._store = store
        self._log = log
        self._clock = clock
        self._rules = rules
        self._alerts = alerts
        self._pinned_at: float | None = None
        self._rechecked_at: float | None = None
        self._doubt: _Doubt | None = None
        self._replaced: bytes | None = None  # another block where a final one was, seen once
        self._newest_final: Block | None = None

    # --- W2: the right chain and contract ---------------------------------------------------

    def forget_pin(self) -> None:
        """Look at everything again before the next use: another node may answer then."""
        self._pinned_at = None

    def forget_doubts(self) -> None:
        """Begin anew: a person may have mended something, or another worker gone on."""
        self._doubt = None
        self._replaced = None
        self.forget_pin()

    def check_pin(self, anchorer: bytes) -> None:
        """Compare the pin, at every (re)connect and every so often.

        Args:
            anchorer: our account, 20 bytes, which must be the log's.

        Raises:
            WrongChainError: another chain, contract or anchorer.
            ClockSkewError: one of the two clocks is wrong.
            AnchorLostError: a final block shows a head of our log that is not ours.
        """
        now = self._clock.monotonic()
        if self._pinned_at is not None and now - self._pinned_at < self._rules.repin_after:
            return
        self._chain.check_pin()
        found = self._chain.anchorer()
        if found != anchorer:
            raise WrongChainError(
                f"the log's anchorer is {found.hex()}, our key {anchorer.hex()}: the sending key "
                "is another one than was registered, or the contract is"
            )
        self.finalized()
        self.head_size()
        self._pinned_at = now

    def head_size(self) -> int | None:
        """Return the tree size on chain, None while it is not one that this ledger anchored.

        Raises:
            AnchorLostError: a final block shows a head of our log that is not ours.
            UnavailableError: the node says so, and proves nothing of it.
        """
        tree_size, root_hash = self._chain.anchored_head()
        newest = self._store.newest(self._chain.pin.chain_id)
        bound = 0 if newest is None else newest.tree_size
        signed, _ = self._log.newest_signed()
        if tree_size and (
            tree_size > min(bound, signed) or self._log.root_at(tree_size) != root_hash
        ):
            why = f"which this ledger (anchored up to {bound}) did not anchor: is it an old copy?"
            if newest is not None and (newest.tree_size, newest.root_hash) == (
                tree_size,
                root_hash,
            ):
                # the chain holds exactly what we bound: it is our own storage that says two things
                why = "as this ledger anchored it, but its log now has another: audit the log"
            self.accuse(
                AnchorLostError(
                    f"the chain holds tree size {tree_size} with root {root_hash.hex()}, {why}"
                ),
                lambda block: shows_root(self._chain, tree_size, root_hash, block),
            )
            return None
        return tree_size

    def finalized(self) -> Block:
        """Return the newest final block.

        Raises:
            ClockSkewError: it is absurdly far in our future.
            UnavailableError: its time lies before that of a lower final block.
        """
        block, before = self._chain.finalized(), self._newest_final
        check_clock(self._clock, block)
        if before is not None and block.number < before.number:
            return block  # a node that is behind; what is at or below it is final all the same
        if before is not None and block.timestamp < before.timestamp:
            raise UnavailableError(
                f"time runs backwards: the nodes call block {block.number} of {block.timestamp} "
                f"final, and before it block {before.number} of {before.timestamp}"
            )
        self._newest_final = block
        return block

    # --- W14: the other way round -------------------------------------------------------------

    def is_stale(self) -> bool:
        """Tell whether the newest block is absurdly old, so that nothing new is to be bound.

        Either our clock is far ahead, and no interval or lateness that it measures can be
        trusted, or the chain stands still, and a fee of long ago would be bound.
        """
        if self._rules.stale_after is None:
            return False
        head = self._chain.head()
        age = self._clock.now_unix() - head.timestamp
        if age <= self._rules.stale_after:
            return False
        self._alerts.add(
            AlertCode.STALE_CHAIN,
            f"the newest block, {head.number}, is {age} s old by this machine's clock: the clock "
            "is ahead, or the chain stands still; nothing new is anchored meanwhile",
        )
        return True

    # --- doubts ------------------------------------------------------------------------------

    @property
    def doubted_block(self) -> int | None:
        """The block that has to become final for a doubt to be settled; None without doubt."""
        return None if self._doubt is None else self._doubt.block.number

    def accuse(self, error: FatalError, is_shown: Callable[[Block], bool]) -> None:
        """Raise ``error`` if a final block shows its reason; doubt if only the head does.

        Raises:
            UnavailableError: no block shows it, so the node contradicts itself.
        """
        if self._doubt is not None:
            return  # it waits for its own block; a newer one would be waited for without end
        finalized, head = self.finalized(), self._chain.head()
        # a chain that proves nothing is asked as of its head, whatever block is meant
        for block in (finalized, head) if self._is_proved else (head,):
            try:
                is_found = is_shown(block)
            except (UnavailableError, VerificationError):
                continue  # the state is gone there, or the proof is damaged
            if is_found:
                self._doubt = _Doubt(NamedBlock(block.number, block.block_hash), error, is_shown)
                self.settle_doubt()
                return
        raise NodeBehindError(f"the node shows no proof that {error}")

    def settle_doubt(self) -> None:
        """Look whether the doubted block became final, or is gone."""
        doubt = self._doubt
        if doubt is None:
            return
        finalized = self.finalized()  # first: what is canonical below it then is so for good
        if self._chain.canonical_hash(doubt.block.number) != doubt.block.block_hash:
            self._doubt = None
        elif doubt.block.number > finalized.number:
            self._alerts.add(AlertCode.DOUBTFUL, f"{doubt.error} (not final yet)")
        elif self._is_proved or doubt.is_shown(finalized):
            raise doubt.error
        else:
            self._doubt = None

    # --- W11: what was final stays ------------------------------------------------------------

    def is_recheck_due(self) -> bool:
        """Say whether the final anchors are to be looked at, although nothing is to be done."""
        return self._rechecked_at is None or (
            self._clock.monotonic() - self._rechecked_at >= self._rules.recheck_after
        )

    def recheck_finals(self, lease: Lease, *, now: bool = False) -> None:
        """Look whether the block of the newest final anchor still is canonical.

        Every earlier one is its ancestor. A replaced block must be seen in two turns.

        Raises:
            FinalityViolatedError: another block is final in its place; the anchors are marked.
        """
        if not (now or self.is_recheck_due() or self._replaced is not None):
            return
        final = self._store.newest_final(self._chain.pin.chain_id)
        if final is not None and final.inclusion is not None:
            named = final.inclusion.block
            finalized = self.finalized()
            found = self._chain.canonical_hash(named.number)
            if finalized.number < named.number or found is None:
                self._alerts.add(
                    AlertCode.NODE_BEHIND,
                    f"block {named.number} was final, the nodes are at {finalized.number}",
                )
                return
            if found != named.block_hash:
                self._replace(lease, final, found)
                return
            if final.violated_unix is not None:
                self._unmark(lease, final)
        self._replaced = None
        self._rechecked_at = self._clock.monotonic()

    def _replace(self, lease: Lease, final: Anchor, found: bytes) -> None:
        message = f"the block of final tree size {final.tree_size} was replaced by {found.hex()}"
        if self._replaced != found:
            self._replaced = found
            self._alerts.add(AlertCode.DOUBTFUL, message)
            return
        now = self._clock.now_unix()
        for anchor in self._gone(final):
            self._store.violate(lease, anchor.anchor_id, now)
        raise FinalityViolatedError(message)

    def _gone(self, newest: Anchor) -> list[Anchor]:
        """Return the final anchors whose block is no longer canonical, newest first."""
        chain_id = self._chain.pin.chain_id
        gone, anchor = [], newest
        while anchor.inclusion is not None:
            named = anchor.inclusion.block
            if self._chain.canonical_hash(named.number) == named.block_hash:
                break
            gone.append(anchor)
            older = self._store.newest_final(chain_id, below=anchor.tree_size)
            if older is None:
                break
            anchor = older
        return gone

    def _unmark(self, lease: Lease, newest: Anchor) -> None:
        """The chain has gone back to what it called final: a person resumed, rightly."""
        anchor: Anchor | None = newest
        while anchor is not None and anchor.violated_unix is not None:
            self._store.violate(lease, anchor.anchor_id, None)
            anchor = self._store.newest_final(self._chain.pin.chain_id, below=anchor.tree_size)
