"""Anchors, their signed transactions and the markers that ask for them, durably.

The real implementation of the port ``AnchorStore``. Each method is one transaction. States only
move along ``provenance.anchor``'s arrows: an update names the state it starts from, and one that
finds another state changes nothing.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, cast

from sqlalchemy import Connection, Row, Select, exc, func, insert, select, update

from provenance import strict_json
from provenance.anchor import AnchorState, Evidence, HistoryProof, check_transition
from provenance.digests import RootHash, from_hex
from provenance.errors import ConflictError, MalformedError, NotFoundError
from provenance.ledger.chain_port import Anchor, Attempt, Inclusion, NamedBlock
from provenance.store.engine import storage_errors
from provenance.store.tables import anchor_attempts, anchor_markers, anchors

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Engine

__all__ = ["SqlAnchorStore"]

_MAX_JSON_BYTES = 16 * 2**20
"""Evidence is some kilobytes, 256 histories some megabyte."""

_NEWEST_BOUND = select(func.coalesce(func.max(anchors.c.tree_size), 0)).scalar_subquery()

_NOT_FINAL = (AnchorState.PREPARED.value, AnchorState.SENT.value, AnchorState.INCLUDED.value)


class SqlAnchorStore:
    """The port ``AnchorStore`` on the ledger's database.

    Reads see what was committed; writes are for the holder of the worker's lock alone, so no
    row changes between a read here and the write that follows from it.
    """

    def __init__(self, engine: Engine, reader: Engine | None = None) -> None:
        """Write through ``engine``, read through ``reader`` (the same when None)."""
        self._engine = engine
        self._reader = reader or engine

    # --- markers ---------------------------------------------------------------------------

    def wanted(self) -> tuple[int, bool] | None:
        """Return (newest wanted tree size, whether "anchor now" was asked), None when none."""
        question = (
            select(anchor_markers.c.tree_size, anchor_markers.c.urgent)
            .where(anchor_markers.c.tree_size > _NEWEST_BOUND)
            .order_by(anchor_markers.c.tree_size.desc())
        )
        with storage_errors(), self._reader.connect() as connection:
            found = connection.execute(question).all()
        return (found[0][0], any(urgent for _, urgent in found)) if found else None

    def ask_now(self) -> int | None:
        """Make the newest wanted marker urgent; return its tree size, None when none waits."""
        wanted = self.wanted()
        if wanted is None:
            return None
        with storage_errors(), self._engine.begin() as connection:
            connection.execute(
                update(anchor_markers)
                .where(anchor_markers.c.tree_size == wanted[0])
                .values(urgent=True)
            )
        return wanted[0]

    # --- writing ---------------------------------------------------------------------------

    def bind(  # noqa: PLR0913 -- one row's members
        self,
        *,
        chain_id: int,
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

        The marker of ``tree_size`` and every older one are wanted no more.

        Raises:
            ConflictError: the nonce or the tree size is bound already, or nobody wants it.
        """
        row = {
            "chain_id": chain_id,
            "sender": sender,
            "nonce": nonce,
            "base_size": base_size,
            "tree_size": tree_size,
            "root_hash": root_hash,
            "call_data": call_data,
            "state": AnchorState.PREPARED.value,
            "created_unix": now_unix,
        }
        with storage_errors(), self._engine.begin() as connection:
            _check_marker(connection, tree_size)
            try:
                anchor_id = connection.execute(
                    insert(anchors).values(row).returning(anchors.c.anchor_id)
                ).scalar_one()
            except exc.IntegrityError as error:
                raise ConflictError(
                    f"nonce {nonce} or tree size {tree_size} is bound already"
                ) from error
            _add_attempt(connection, anchor_id, 0, attempt)
            return _one(connection, anchor_id)

    def add_attempt(self, anchor_id: int, attempt: Attempt) -> None:
        """Store another signed attempt, before it is broadcast (W5)."""
        count = select(func.count()).where(anchor_attempts.c.anchor_id == anchor_id)
        with storage_errors(), self._engine.begin() as connection:
            position = connection.execute(count).scalar_one()
            _add_attempt(connection, anchor_id, position, attempt)

    def note_broadcast(self, anchor_id: int, tx_hash: bytes, now_unix: int) -> None:
        """Store when an attempt was first handed to a node; ``prepared`` becomes ``sent``."""
        with storage_errors(), self._engine.begin() as connection:
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

    def include(self, anchor_id: int, inclusion: Inclusion) -> None:
        """``sent`` becomes ``included``, with its checked evidence."""
        self._move(
            anchor_id,
            AnchorState.SENT,
            AnchorState.INCLUDED,
            tx_hash=inclusion.tx_hash,
            mined_number=inclusion.mined_number,
            block_number=inclusion.block.number,
            block_hash=inclusion.block.block_hash,
            evidence=json.dumps({"kind": "storage", **inclusion.evidence.to_json()}),
            histories=json.dumps([_history(*pair) for pair in inclusion.histories]),
        )

    def displace(self, anchor_id: int) -> None:
        """``included`` goes back to ``sent``; evidence and place are forgotten."""
        self._move(
            anchor_id,
            AnchorState.INCLUDED,
            AnchorState.SENT,
            tx_hash=None,
            mined_number=None,
            block_number=None,
            block_hash=None,
            evidence=None,
            histories=None,
        )

    def finalize(self, anchor_id: int, now_unix: int) -> None:
        """``included`` becomes ``final``."""
        self._move(anchor_id, AnchorState.INCLUDED, AnchorState.FINAL, final_unix=now_unix)

    def _move(
        self, anchor_id: int, old: AnchorState, new: AnchorState, **values: bytes | int | str | None
    ) -> None:
        check_transition(old, new)
        with storage_errors(), self._engine.begin() as connection:
            changed = connection.execute(
                update(anchors)
                .where(anchors.c.anchor_id == anchor_id, anchors.c.state == old.value)
                .values(state=new.value, **values)
            )
            if changed.rowcount != 1:
                raise ConflictError(f"anchor {anchor_id} is not {old.value}")

    # --- reading ---------------------------------------------------------------------------

    def unfinished(self, chain_id: int) -> Sequence[Anchor]:
        """Return the anchors that are not final, lowest nonce first."""
        return self._all(
            select(anchors)
            .where(anchors.c.chain_id == chain_id, anchors.c.state.in_(_NOT_FINAL))
            .order_by(anchors.c.nonce)
        )

    def newest(self, chain_id: int) -> Anchor | None:
        """Return the anchor bound last."""
        return self._first(
            select(anchors)
            .where(anchors.c.chain_id == chain_id)
            .order_by(anchors.c.anchor_id.desc())
            .limit(1)
        )

    def newest_final(self, chain_id: int) -> Anchor | None:
        """Return the final anchor with the greatest tree size."""
        return self._first(_final(chain_id).order_by(anchors.c.tree_size.desc()).limit(1))

    def covering(self, chain_id: int, tree_size: int) -> Anchor | None:
        """Return the final anchor with the smallest tree size not below ``tree_size``.

        Its block's time is the earliest not-after for the entry at ``tree_size - 1``.
        """
        return self._first(
            _final(chain_id)
            .where(anchors.c.tree_size >= tree_size)
            .order_by(anchors.c.tree_size)
            .limit(1)
        )

    def page(self, *, after_id: int = 0, limit: int = 100) -> Sequence[Anchor]:
        """Return anchors of all chains in the order they were bound, after ``after_id``."""
        return self._all(
            select(anchors)
            .where(anchors.c.anchor_id > after_id)
            .order_by(anchors.c.anchor_id)
            .limit(limit)
        )

    def anchor(self, anchor_id: int) -> Anchor:
        """Return one anchor.

        Raises:
            NotFoundError: none has that id.
        """
        with storage_errors(), self._reader.connect() as connection:
            return _one(connection, anchor_id)

    def fees_since(self, chain_id: int, since_unix: int) -> int:
        """Return the most wei that anchors bound since then can cost, by their dearest attempt."""
        question = (
            select(anchors.c.anchor_id, anchor_attempts.c.gas, anchor_attempts.c.max_fee_wei)
            .join(anchor_attempts, anchor_attempts.c.anchor_id == anchors.c.anchor_id)
            .where(anchors.c.chain_id == chain_id, anchors.c.created_unix >= since_unix)
        )
        dearest: dict[int, int] = {}
        with storage_errors(), self._reader.connect() as connection:
            # the product may pass 64 bits, so it is not left to SQL
            for anchor_id, gas, max_fee_wei in connection.execute(question):
                dearest[anchor_id] = max(dearest.get(anchor_id, 0), gas * max_fee_wei)
        return sum(dearest.values())

    def last_nonce(self, chain_id: int, sender: bytes) -> int | None:
        """Return the highest nonce ever bound for this sender, None when none was."""
        question = select(func.max(anchors.c.nonce)).where(
            anchors.c.chain_id == chain_id, anchors.c.sender == sender
        )
        with storage_errors(), self._reader.connect() as connection:
            return cast("int | None", connection.execute(question).scalar())

    def _all(self, question: Select[tuple[object, ...]]) -> list[Anchor]:
        with storage_errors(), self._reader.connect() as connection:
            return [_anchor(connection, row) for row in connection.execute(question).all()]

    def _first(self, question: Select[tuple[object, ...]]) -> Anchor | None:
        return next(iter(self._all(question)), None)


def _final(chain_id: int) -> Select[tuple[object, ...]]:
    return select(anchors).where(
        anchors.c.chain_id == chain_id, anchors.c.state == AnchorState.FINAL.value
    )


def _check_marker(connection: Connection, tree_size: int) -> None:
    wanted = select(anchor_markers.c.tree_size).where(
        anchor_markers.c.tree_size == tree_size, anchor_markers.c.tree_size > _NEWEST_BOUND
    )
    if connection.execute(wanted).one_or_none() is None:
        raise ConflictError(f"no anchor of tree size {tree_size} is wanted")


def _add_attempt(connection: Connection, anchor_id: int, position: int, attempt: Attempt) -> None:
    connection.execute(
        insert(anchor_attempts).values(
            anchor_id=anchor_id,
            position=position,
            tx_hash=attempt.tx_hash,
            raw=attempt.raw,
            gas=attempt.gas,
            max_fee_wei=attempt.max_fee_wei,
            priority_fee_wei=attempt.priority_fee_wei,
            broadcast_unix=attempt.broadcast_unix,
        )
    )


def _one(connection: Connection, anchor_id: int) -> Anchor:
    row = connection.execute(select(anchors).where(anchors.c.anchor_id == anchor_id)).one_or_none()
    if row is None:
        raise NotFoundError(f"no anchor has the id {anchor_id}")
    return _anchor(connection, row)


def _anchor(connection: Connection, row: Row[tuple[object, ...]]) -> Anchor:
    attempts = connection.execute(
        select(anchor_attempts)
        .where(anchor_attempts.c.anchor_id == row.anchor_id)
        .order_by(anchor_attempts.c.position)
    )
    return Anchor(
        anchor_id=row.anchor_id,
        chain_id=row.chain_id,
        sender=row.sender,
        nonce=row.nonce,
        base_size=row.base_size,
        tree_size=row.tree_size,
        root_hash=RootHash(row.root_hash),
        call_data=row.call_data,
        state=AnchorState(row.state),
        prepared_unix=row.created_unix,
        attempts=tuple(
            Attempt(a.tx_hash, a.raw, a.max_fee_wei, a.priority_fee_wei, a.gas, a.broadcast_unix)
            for a in attempts
        ),
        inclusion=None if row.evidence is None else _inclusion(row),
        final_unix=row.final_unix,
    )


def _inclusion(row: Row[tuple[object, ...]]) -> Inclusion:
    return Inclusion(
        tx_hash=row.tx_hash,
        mined_number=row.mined_number,
        block=NamedBlock(row.block_number, row.block_hash),
        evidence=_evidence(_members(row.evidence, "evidence")),
        histories=tuple(_read_histories(row.histories)),
    )


def _members(text: str, field: str) -> strict_json.Members:
    value = strict_json.parse(text.encode(), max_bytes=_MAX_JSON_BYTES)
    return strict_json.Members(value, field)


def _evidence(members: strict_json.Members) -> Evidence:
    if members.text("kind") != "storage":
        raise MalformedError("expected storage", field="evidence.kind")
    return Evidence.from_json(members)


def _history(block: NamedBlock, proof: HistoryProof) -> dict[str, object]:
    return {
        "number": block.number,
        "block_hash": block.block_hash.hex(),
        "proof": proof.to_json(),
    }


def _read_histories(text: str) -> list[tuple[NamedBlock, HistoryProof]]:
    found = []
    for value in cast("list[object]", strict_json.parse(text.encode(), max_bytes=_MAX_JSON_BYTES)):
        members = strict_json.Members(value, "histories")
        named = NamedBlock(members.integer("number"), from_hex(members.text("block_hash")))
        found.append((named, HistoryProof.from_json(members.object("proof"))))
        members.done()
    return found
