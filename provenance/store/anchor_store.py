"""Anchors, their signed transactions and the markers that ask for them, durably.

The real implementation of the port ``AnchorStore``. Each method is one transaction. States only
move along ``provenance.anchor``'s arrows: an update names the state it starts from, and one that
finds another state changes nothing. Every write of the worker is fenced by its lease.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from sqlalchemy import (
    Connection,
    Row,
    Select,
    and_,
    bindparam,
    exc,
    func,
    insert,
    or_,
    select,
    update,
)

from provenance.anchor import AnchorState, check_transition
from provenance.errors import ConflictError, NotFoundError
from provenance.merkle import MAX_TREE_SIZE
from provenance.store.anchor_rows import (
    NO_INCLUSION,
    add_attempt,
    evidence_column,
    inclusion_columns,
    read_anchors,
)
from provenance.store.engine import storage_errors
from provenance.store.lease_store import SqlLeaseStore, fence
from provenance.store.tables import anchor_attempts, anchor_markers, anchors, cosignatures

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy import Engine

    from provenance.anchor_evidence import Evidence
    from provenance.digests import RootHash
    from provenance.ledger.anchor_port import Anchor, Inclusion, Lease
    from provenance.ledger.chain_port import Attempt

__all__ = ["SqlAnchorStore"]

# What the worker asks several times a second is built once.
_ON_CHAIN = anchors.c.chain_id == bindparam("chain_id")
_IS_FINAL = and_(_ON_CHAIN, anchors.c.state == AnchorState.FINAL.value)

_NEWEST_BOUND = select(func.coalesce(func.max(anchors.c.tree_size), 0)).where(_ON_CHAIN)
_IS_OPEN = anchor_markers.c.tree_size > _NEWEST_BOUND.scalar_subquery()
_NEWEST_MARKER = select(func.max(anchor_markers.c.tree_size)).where(_IS_OPEN)
_URGENT_MARKER = (
    select(anchor_markers.c.tree_size).where(_IS_OPEN, anchor_markers.c.urgent).limit(1)
)
_NEWEST_COSIGNED = (
    select(anchor_markers.c.tree_size)
    .join(cosignatures, cosignatures.c.tree_size == anchor_markers.c.tree_size)
    .where(_IS_OPEN)
    .group_by(anchor_markers.c.tree_size)
    .having(func.count() >= bindparam("quorum"))
    .order_by(anchor_markers.c.tree_size.desc())
    .limit(1)
)

_UNFINISHED = (
    select(anchors)
    .where(_ON_CHAIN, anchors.c.state != AnchorState.FINAL.value)
    .order_by(anchors.c.nonce)
)
_NEWEST = select(anchors).where(_ON_CHAIN).order_by(anchors.c.tree_size.desc()).limit(1)
_NEWEST_FINAL = (
    select(anchors)
    .where(_IS_FINAL, anchors.c.tree_size < bindparam("below"))
    .order_by(anchors.c.tree_size.desc())
    .limit(1)
)
_COVERING = (
    select(anchors)
    .where(
        _IS_FINAL,
        anchors.c.tree_size >= bindparam("tree_size"),
        anchors.c.violated_unix.is_(None),
    )
    .order_by(anchors.c.tree_size)
    .limit(1)
)
_PAGE = (
    select(anchors)
    .where(anchors.c.anchor_id > bindparam("after_id"))
    .order_by(anchors.c.anchor_id)
    .limit(bindparam("page"))
)
_LAST_NONCE = select(func.max(anchors.c.nonce)).where(
    _ON_CHAIN, anchors.c.sender == bindparam("sender")
)
_COSTS = (
    select(anchors.c.anchor_id, anchor_attempts.c.gas, anchor_attempts.c.max_fee_wei)
    .join(anchor_attempts, anchor_attempts.c.anchor_id == anchors.c.anchor_id)
    .where(
        _ON_CHAIN,
        or_(
            anchors.c.final_unix >= bindparam("since_unix"),
            anchors.c.state != AnchorState.FINAL.value,
        ),
    )
)


class SqlAnchorStore(SqlLeaseStore):
    """The port ``AnchorStore`` on the ledger's database.

    Reads see what was committed; writes of anchors are for the holder of the chain's lease, so
    no row changes between a read here and the write that follows from it.
    """

    def __init__(self, engine: Engine, reader: Engine | None = None, *, quorum: int = 0) -> None:
        """Write through ``engine``, read through ``reader`` (the same when None).

        Args:
            quorum: witnesses whose cosignatures make a checkpoint preferred; 0 = none are asked.
        """
        super().__init__(engine, reader)
        self._quorum = quorum

    # --- markers ---------------------------------------------------------------------------

    def wanted(self, chain_id: int) -> tuple[int, bool] | None:
        """Return (the tree size to anchor next, whether "anchor now" was asked), None = none."""
        chain = {"chain_id": chain_id}
        with storage_errors(), self._reader.connect() as connection:
            tree_size = cast("int | None", connection.execute(_NEWEST_MARKER, chain).scalar())
            if tree_size is None:
                return None
            is_urgent = connection.execute(_URGENT_MARKER, chain).one_or_none() is not None
            if self._quorum:
                asked = {**chain, "quorum": self._quorum}
                cosigned = connection.execute(_NEWEST_COSIGNED, asked).scalar()
                tree_size = cast("int | None", cosigned) or tree_size
        return tree_size, is_urgent

    def ask_now(self, chain_id: int) -> int | None:
        """Make the newest marker above the bound ones urgent; return its size, None = none."""
        with storage_errors(), self._engine.begin() as connection:
            chain = {"chain_id": chain_id}
            tree_size = cast("int | None", connection.execute(_NEWEST_MARKER, chain).scalar())
            if tree_size is not None:
                connection.execute(
                    update(anchor_markers)
                    .where(anchor_markers.c.tree_size == tree_size)
                    .values(urgent=True)
                )
        return tree_size

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

        Raises:
            LeaseLostError: another worker has taken over.
            ConflictError: the nonce or the tree size is bound already, a larger one is, or
                nobody wants it.
        """
        row = {
            "chain_id": lease.chain_id,
            "sender": sender,
            "nonce": nonce,
            "base_size": base_size,
            "tree_size": tree_size,
            "root_hash": root_hash,
            "call_data": call_data,
            "state": AnchorState.PREPARED.value,
            "created_unix": now_unix,
        }
        marker = select(anchor_markers.c.tree_size).where(anchor_markers.c.tree_size == tree_size)
        with storage_errors(), self._engine.begin() as connection:
            fence(connection, lease)
            if connection.execute(marker).one_or_none() is None:
                raise ConflictError(f"no anchor of tree size {tree_size} is wanted")
            if _newest_bound(connection, lease.chain_id) >= tree_size:
                raise ConflictError(f"tree size {tree_size} or a larger one is bound already")
            try:
                anchor_id = connection.execute(
                    insert(anchors).values(row).returning(anchors.c.anchor_id)
                ).scalar_one()
            except exc.IntegrityError as error:
                raise ConflictError(
                    f"nonce {nonce} or tree size {tree_size} is bound already"
                ) from error
            add_attempt(connection, anchor_id, 0, attempt)
            return _one(connection, anchor_id)

    def add_attempt(self, lease: Lease, anchor_id: int, attempt: Attempt) -> None:
        """Store another signed attempt, before it is broadcast (W5)."""
        count = select(func.count()).where(anchor_attempts.c.anchor_id == anchor_id)
        with storage_errors(), self._engine.begin() as connection:
            fence(connection, lease)
            position = connection.execute(count).scalar_one()
            add_attempt(connection, anchor_id, position, attempt)

    def note_broadcast(self, lease: Lease, anchor_id: int, tx_hash: bytes, now_unix: int) -> None:
        """Store when an attempt was first handed to a node; ``prepared`` becomes ``sent``."""
        with storage_errors(), self._engine.begin() as connection:
            fence(connection, lease)
            connection.execute(
                update(anchor_attempts)
                .where(
                    anchor_attempts.c.anchor_id == anchor_id,
                    anchor_attempts.c.tx_hash == tx_hash,
                    anchor_attempts.c.broadcast_unix.is_(None),
                )
                .values(broadcast_unix=now_unix)
            )
            connection.execute(
                update(anchors)
                .where(
                    anchors.c.anchor_id == anchor_id,
                    anchors.c.state == AnchorState.PREPARED.value,
                )
                .values(state=AnchorState.SENT.value)
            )

    def include(self, lease: Lease, anchor_id: int, inclusion: Inclusion) -> None:
        """``sent`` becomes ``included``, with its checked evidence."""
        self._move(
            lease, anchor_id, AnchorState.SENT, AnchorState.INCLUDED, inclusion_columns(inclusion)
        )

    def displace(self, lease: Lease, anchor_id: int) -> None:
        """``included`` goes back to ``sent``; evidence and place are forgotten."""
        self._move(lease, anchor_id, AnchorState.INCLUDED, AnchorState.SENT, NO_INCLUSION)

    def finalize(
        self, lease: Lease, anchor_id: int, now_unix: int, evidence: Evidence | None = None
    ) -> None:
        """``included`` becomes ``final``, with the evidence that only now could be made."""
        values: dict[str, object] = {"final_unix": now_unix}
        if evidence is not None:
            values["evidence"] = evidence_column(evidence)
        self._move(lease, anchor_id, AnchorState.INCLUDED, AnchorState.FINAL, values)

    def _move(
        self,
        lease: Lease,
        anchor_id: int,
        old: AnchorState,
        new: AnchorState,
        values: Mapping[str, object],
    ) -> None:
        check_transition(old, new)
        self._update(lease, anchor_id, old, {"state": new.value, **values})

    def violate(self, lease: Lease, anchor_id: int, now_unix: int | None) -> None:
        """Mark a final anchor whose block was replaced (W11); None: it is back, unmark it."""
        self._update(lease, anchor_id, AnchorState.FINAL, {"violated_unix": now_unix})

    def _update(
        self, lease: Lease, anchor_id: int, state: AnchorState, values: Mapping[str, object]
    ) -> None:
        with storage_errors(), self._engine.begin() as connection:
            fence(connection, lease)
            changed = connection.execute(
                update(anchors)
                .where(anchors.c.anchor_id == anchor_id, anchors.c.state == state.value)
                .values(values)
            )
            if changed.rowcount != 1:
                raise ConflictError(f"anchor {anchor_id} is not {state.value}")

    # --- reading ---------------------------------------------------------------------------

    def unfinished(self, chain_id: int) -> Sequence[Anchor]:
        """Return the anchors that are not final, lowest nonce first."""
        return self._all(_UNFINISHED, chain_id=chain_id)

    def newest(self, chain_id: int) -> Anchor | None:
        """Return the anchor bound last."""
        return self._first(_NEWEST, chain_id=chain_id)

    def newest_final(self, chain_id: int, *, below: int | None = None) -> Anchor | None:
        """Return the final anchor with the greatest tree size, marked as violated or not."""
        limit = MAX_TREE_SIZE if below is None else below
        return self._first(_NEWEST_FINAL, chain_id=chain_id, below=limit)

    def covering(self, chain_id: int, tree_size: int) -> Anchor | None:
        """Return the final anchor with the smallest tree size not below ``tree_size``.

        Its block's time is the earliest not-after for the entry at ``tree_size - 1``. One whose
        block was replaced covers nothing.
        """
        return self._first(_COVERING, chain_id=chain_id, tree_size=tree_size)

    def page(self, *, after_id: int = 0, limit: int = 100) -> Sequence[Anchor]:
        """Return anchors of all chains in the order they were bound, after ``after_id``."""
        return self._all(_PAGE, after_id=after_id, page=limit)

    def anchor(self, anchor_id: int) -> Anchor:
        """Return one anchor.

        Raises:
            NotFoundError: none has that id.
        """
        with storage_errors(), self._reader.connect() as connection:
            return _one(connection, anchor_id)

    def fees_since(self, chain_id: int, since_unix: int) -> int:
        """Return the most wei that may have been spent since then, or may yet be.

        Not by the time of binding: an anchor may be sent, or made dearer, a day after it.
        """
        dearest: dict[int, int] = {}
        with storage_errors(), self._reader.connect() as connection:
            # the product may pass 64 bits, so it is not left to SQL
            asked = {"chain_id": chain_id, "since_unix": since_unix}
            for anchor_id, gas, max_fee_wei in connection.execute(_COSTS, asked):
                dearest[anchor_id] = max(dearest.get(anchor_id, 0), gas * max_fee_wei)
        return sum(dearest.values())

    def last_nonce(self, chain_id: int, sender: bytes) -> int | None:
        """Return the highest nonce ever bound for this sender, None when none was."""
        asked = {"chain_id": chain_id, "sender": sender}
        with storage_errors(), self._reader.connect() as connection:
            return cast("int | None", connection.execute(_LAST_NONCE, asked).scalar())

    def _all(self, question: Select[tuple[object, ...]], **asked: int) -> list[Anchor]:
        with storage_errors(), self._reader.connect() as connection:
            return read_anchors(connection, connection.execute(question, asked).all())

    def _first(self, question: Select[tuple[object, ...]], **asked: int) -> Anchor | None:
        return next(iter(self._all(question, **asked)), None)


def _newest_bound(connection: Connection, chain_id: int) -> int:
    return cast("int", connection.execute(_NEWEST_BOUND, {"chain_id": chain_id}).scalar_one())


def _one(connection: Connection, anchor_id: int) -> Anchor:
    row: Row[tuple[object, ...]] | None
    row = connection.execute(select(anchors).where(anchors.c.anchor_id == anchor_id)).one_or_none()
    if row is None:
        raise NotFoundError(f"no anchor has the id {anchor_id}")
    return read_anchors(connection, [row])[0]
