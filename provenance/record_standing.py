"""How a record stands today: who speaks for it, and whether it is withdrawn, wrong or disputed.

    deposit  <- transfer     the owner is another key from here on
             <- withdrawal   its owner no longer stands by it
             <- correction   it is wrong; perhaps another record holds instead
             <- dispute      open, until a ruling or a withdrawal of the dispute ends it

Nothing is ever removed: a record that stands badly is shown together with what says so. The same
rules serve the service, which has judged every signer before (``authority``), and the reader of
a ``case``, who judges again: what was signed by a key that could not is passed over here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Protocol

from provenance.attribution_values import (
    read_correction,
    read_ruling,
    read_transfer,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from provenance.attribution_values import Ruling
    from provenance.record import Record

__all__ = [
    "BEARING",
    "DISPUTE_STATES",
    "DisputeState",
    "Placed",
    "RecordStanding",
    "dispute_state",
    "owner_of",
    "stand",
    "targets_of",
]

BEARING: Final = frozenset({"transfer", "withdrawal", "correction", "dispute", "ruling"})
"""Types of record that bear on how the record stands that they are about."""

DISPUTE_STATES: Final = ("open", "ruled", "corrected", "withdrawn")


class Placed(Protocol):
    """A record and its place in the log."""

    @property
    def record(self) -> Record:
        """The record, with what disclosures are shown."""

    @property
    def leaf_index(self) -> int:
        """Its zero-based index."""


@dataclass(frozen=True, slots=True)
class DisputeState:
    """How far a dispute has come."""

    dispute: bytes
    """Record id, 32 bytes."""
    state: str
    """One of ``DISPUTE_STATES``; ``corrected`` once all is corrected that the ruling wants so."""
    ruling: bytes | None
    """Record id of the newest ruling."""
    outcome: str | None
    """Of that ruling."""

    @property
    def is_open(self) -> bool:
        """Tell whether nobody has decided it, and nobody has taken it back."""
        return self.state == "open"


@dataclass(frozen=True, slots=True)
class RecordStanding:
    """How one record stands."""

    owner: str
    """Thumbprint of the key that speaks for it."""
    withdrawn: bytes | None
    """Record id of the first ``withdrawal`` by its owner."""
    correction: bytes | None
    """Record id of the newest ``correction``."""
    superseded_by: bytes | None
    """Record id of what holds instead, by the newest correction that names one."""
    disputes: tuple[DisputeState, ...]
    """All that were ever opened about it, oldest first."""

    @property
    def is_disputed(self) -> bool:
        """Tell whether a dispute about it is open."""
        return any(one.is_open for one in self.disputes)

    @property
    def is_sound(self) -> bool:
        """Tell whether nothing has to be shown beside it."""
        return self.withdrawn is self.correction is None and not self.is_disputed

    def to_json(self) -> dict[str, object]:
        """Return the machine form: ids in hex, null where there is none."""
        return {
            "owner": self.owner,
            "withdrawn": _hex(self.withdrawn),
            "disputed": self.is_disputed,
            "corrected": _hex(self.correction),
            "superseded_by": _hex(self.superseded_by),
            "disputes": [
                {
                    "id": one.dispute.hex(),
                    "state": one.state,
                    "ruling": _hex(one.ruling),
                    "outcome": one.outcome,
                }
                for one in self.disputes
            ],
        }


def stand(subject: Placed, known: Iterable[Placed]) -> RecordStanding:
    """Tell how a record stands, by all that is known about it and about its disputes.

    Args:
        known: in any order; may hold records about others, which are passed over.
    """
    ordered = sorted(known, key=lambda one: one.leaf_index)
    about = [one for one in ordered if subject.record.id in targets_of(one.record)]
    withdrawn, corrections = None, []
    for one in about:
        if one.record.type == "withdrawal" and withdrawn is None:
            is_owner = one.record.kid == owner_of(subject, about, below=one.leaf_index)
            withdrawn = one.record.id if is_owner else None
        elif one.record.type == "correction" and _corrects(one, subject, about, ordered):
            corrections.append(one)
    named = [read_correction(one.record).superseded_by for one in corrections]
    disputes = (one for one in about if one.record.type == "dispute")
    return RecordStanding(
        owner=owner_of(subject, about),
        withdrawn=withdrawn,
        correction=corrections[-1].record.id if corrections else None,
        superseded_by=next((one for one in reversed(named) if one is not None), None),
        disputes=tuple(dispute_state(one, ordered) for one in disputes),
    )


def owner_of(subject: Placed, about: Sequence[Placed], *, below: int | None = None) -> str:
    """Return the thumbprint of the key that speaks for a record, below an index or today.

    Args:
        about: records about it, by leaf index; only a transfer by the owner of its time counts.
    """
    owner = subject.record.kid
    for one in about:
        if below is not None and one.leaf_index >= below:
            break
        if one.record.type == "transfer" and one.record.kid == owner:
            transfer = read_transfer(one.record)
            owner = transfer.to if transfer.record == subject.record.id else owner
    return owner


def dispute_state(dispute: Placed, known: Iterable[Placed]) -> DisputeState:
    """Tell how far a dispute has come, by all that is known about it, by leaf index."""
    rulings: list[tuple[bytes, Ruling]] = []
    corrected: set[tuple[bytes | None, bytes]] = set()
    withdrawn = False
    for one in known:
        record = one.record
        if record.type == "ruling" and dispute.record.id in targets_of(record):
            rulings.append((record.id, read_ruling(record)))
        elif record.type == "withdrawal" and dispute.record.id in targets_of(record):
            withdrawn = withdrawn or record.kid == dispute.record.kid
        elif record.type == "correction":
            correction = read_correction(record)
            corrected.add((correction.ruling, correction.record))
    if not rulings:
        state = "withdrawn" if withdrawn else "open"
        return DisputeState(dispute.record.id, state, None, None)
    ruling_id, ruling = rulings[-1]
    wanted = {(ruling_id, one) for one in ruling.corrects}
    state = "corrected" if wanted and wanted <= corrected else "ruled"
    return DisputeState(dispute.record.id, state, ruling_id, ruling.outcome)


def targets_of(record: Record) -> tuple[bytes, ...]:
    """Return the ids of the records that a record is about or refers to, each once."""
    claims = record.claims
    named: list[object] = [claims.get(one) for one in ("record", "ruling", "superseded_by")]
    for name in ("records", "corrects", "relations"):
        listed = claims.get(name)
        named += listed if isinstance(listed, list) else []
    plain = (one.get("record") if isinstance(one, dict) else one for one in named)
    return tuple(dict.fromkeys(bytes.fromhex(one) for one in plain if isinstance(one, str)))


def _corrects(
    one: Placed, subject: Placed, about: Sequence[Placed], known: Sequence[Placed]
) -> bool:
    """Tell whether a ``correction`` is of this record, by its owner or by who ruled so."""
    correction = read_correction(one.record)
    if correction.record != subject.record.id:
        return False
    if one.record.kid == owner_of(subject, about, below=one.leaf_index):
        return True
    return any(
        other.record.id == correction.ruling
        and other.record.type == "ruling"
        and other.record.kid == one.record.kid
        and correction.record in read_ruling(other.record).corrects
        for other in known
    )


def _hex(record_id: bytes | None) -> str | None:
    return None if record_id is None else record_id.hex()
