"""What anchoring keeps and reads of our own: the anchors, durably, and the log they are of.

Both ports have two implementations, a real one and the simulator of the tests, so the worker's
rules (``anchor_checkpoint.py``) run unchanged against a process that dies between any two steps.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence

    from provenance.anchor import AnchorState
    from provenance.anchor_evidence import Evidence, HistoryProof
    from provenance.digests import RootHash
    from provenance.ledger.chain_port import Attempt, NamedBlock

__all__ = ["Anchor", "AnchorStore", "Halt", "Inclusion", "Lease", "LogView"]

# --- values --------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Inclusion:
    """Where an anchor was mined, and the checked evidence."""

    tx_hash: bytes
    mined_number: int
    """The block that holds the transaction, as the node said."""
    block: NamedBlock
    """The block the evidence is from: the mined one, or a later one if its state was gone."""
    evidence: Evidence | None
    """Checked. None only until final, on a chain of level ``trusted-rpc``: the statement that is
    its evidence is not signed before (never words about what may still go away)."""
    histories: tuple[tuple[NamedBlock, HistoryProof], ...]
    """For each provable beacon of this anchor's stretch of the log, its EIP-2935 proof."""

    @property
    def widened_by(self) -> int:
        """Blocks between the one that holds the transaction and the later one that proves it."""
        return self.block.number - self.mined_number


@dataclass(frozen=True, slots=True)
class Anchor:
    """A checkpoint bound to one nonce for ever, and how far it has come."""

    anchor_id: int
    chain_id: int
    sender: bytes
    nonce: int
    base_size: int
    """Tree size on chain when this was bound: the call proves consistency from there; 0 = none."""
    tree_size: int
    root_hash: RootHash
    call_data: bytes
    """The contract call, the same in every attempt (W6)."""
    state: AnchorState
    prepared_unix: int
    attempts: tuple[Attempt, ...]
    """Oldest first; never empty."""
    inclusion: Inclusion | None
    final_unix: int | None = None
    """When this machine saw it final, by the local clock; never evidence."""
    violated_unix: int | None = None
    """When its final block was found replaced (W11); it stays ``final``, evidence and all."""


@dataclass(frozen=True, slots=True)
class Lease:
    """The right to write one chain's anchors, fenced (W3): an older epoch writes nothing."""

    chain_id: int
    holder: str
    epoch: int
    """Grows with every change of holder."""


@dataclass(frozen=True, slots=True)
class Halt:
    """Why anchoring on a chain stays stopped until a person says ``anchor resume``."""

    chain_id: int
    code: str
    """Of the FatalError."""
    message: str
    since_unix: int
    """By the local clock."""


# --- ports ---------------------------------------------------------------------------------


class LogView(Protocol):
    """What anchoring reads of the transparency log; all durable and signed."""

    def newest_signed(self) -> tuple[int, RootHash]:
        """Return (tree size, root hash) of the newest signed checkpoint."""

    def root_at(self, tree_size: int) -> RootHash:
        """Return the root at a tree size up to the newest signed one."""

    def consistency_path(self, old_size: int, new_size: int) -> Sequence[bytes]:
        """Return the RFC 9162 consistency proof between two sizes, ``1 <= old <= new``."""

    def beacons(self, old_size: int, new_size: int, chain_id: int) -> Sequence[NamedBlock]:
        """Return the blocks named by beacon entries of this chain, oldest first.

        Those at indexes from ``old_size`` to below ``new_size``, and before them the newest
        one below ``old_size``: the lower ends of every record this stretch holds.
        """


class AnchorStore(Protocol):
    """The anchors, durably. Each method is one transaction, committed when it returns.

    Anybody may read. Who writes anchors names a lease: the write happens only if that lease's
    epoch still is the chain's, checked in the write's own transaction, else LeaseLostError and
    nothing changed (W3). A method that finds another precondition gone raises ConflictError and
    changes nothing.
    """

    # --- who may write ---------------------------------------------------------------------

    def acquire(self, chain_id: int, holder: str, seconds: float) -> Lease | None:
        """Take or prolong a chain's lease, by the database's clock; None while another has it.

        The epoch grows whenever the holder changes. A lease that would end later than one taken
        now was made before the clock was set back, and counts as ended.
        """

    def prolong(self, lease: Lease, seconds: float) -> None:
        """Let a lease last for ``seconds`` from now on, and take nothing that is somebody else's.

        One that has ended, and that nobody has taken since, goes on.
        """

    def release(self, lease: Lease) -> None:
        """End a lease so that another holder need not wait for its expiry; late is no error."""

    def halt(self, lease: Lease, code: str, message: str, now_unix: int) -> None:
        """Store why anchoring stops on the lease's chain; the first reason stays."""

    def halted(self, chain_id: int) -> Halt | None:
        """Return why anchoring is stopped on a chain, None when it is not."""

    def resume(self, chain_id: int) -> bool:
        """Take the halt away, as a person orders; False when there was none."""

    # --- what is wanted --------------------------------------------------------------------

    def wanted(self, chain_id: int) -> tuple[int, bool] | None:
        """Return (the tree size to anchor next, whether "anchor now" was asked), None = none.

        The newest marker above the newest size bound on that chain; with a quorum of witnesses
        set, the newest one that they cosigned, if any is.
        """

    def ask_now(self, chain_id: int) -> int | None:
        """Make the newest marker above the bound ones urgent; return its size, None = none."""

    # --- writing ---------------------------------------------------------------------------

    def bind(  # noqa: PLR0913 -- one row's members
        self,
        lease: Lease,
        *,
        sender: bytes,
        nonce: int,
        base_size: int,
        tree_size: int,
        root_hash: RootHash,
        call_data: bytes,
        attempt: Attempt,
        now_unix: int,
    ) -> Anchor:
        """Bind a checkpoint to a nonce with its first signed bytes; state ``prepared``.

        Refused: a nonce or tree size bound before on this chain, a size at or below the newest
        bound one, a size without a marker.
        """

    def add_attempt(self, lease: Lease, anchor_id: int, attempt: Attempt) -> None:
        """Store another signed attempt, before it is broadcast (W5)."""

    def note_broadcast(self, lease: Lease, anchor_id: int, tx_hash: bytes, now_unix: int) -> None:
        """Store when an attempt was first handed to a node; ``prepared`` becomes ``sent``."""

    def include(self, lease: Lease, anchor_id: int, inclusion: Inclusion) -> None:
        """``sent`` becomes ``included``, with its checked evidence."""

    def displace(self, lease: Lease, anchor_id: int) -> None:
        """``included`` goes back to ``sent``; evidence and place are forgotten."""

    def finalize(
        self, lease: Lease, anchor_id: int, now_unix: int, evidence: Evidence | None = None
    ) -> None:
        """``included`` becomes ``final``, with the evidence that only now could be made."""

    def violate(self, lease: Lease, anchor_id: int, now_unix: int | None) -> None:
        """Mark a final anchor whose block was replaced (W11); None: it is back, unmark it."""

    # --- reading ---------------------------------------------------------------------------

    def unfinished(self, chain_id: int) -> Sequence[Anchor]:
        """Return the anchors that are not final, lowest nonce first."""

    def newest(self, chain_id: int) -> Anchor | None:
        """Return the anchor bound last."""

    def newest_final(self, chain_id: int, *, below: int | None = None) -> Anchor | None:
        """Return the final anchor with the greatest tree size, marked as violated or not.

        Args:
            below: only those of a smaller tree size than this.
        """

    def fees_since(self, chain_id: int, since_unix: int) -> int:
        """Return the most wei that may have been spent since then, or may yet be.

        Of each anchor its dearest attempt. When a chain takes the fee no local clock can tell:
        after the binding, and before the anchor was seen final. So one that is not final counts,
        however old, and one that is counts until a day after it was seen so.
        """

    def last_nonce(self, chain_id: int, sender: bytes) -> int | None:
        """Return the highest nonce ever bound for this sender, None when none was."""
