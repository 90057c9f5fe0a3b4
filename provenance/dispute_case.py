"""How a dispute stands: its sides, what each of them brought, what was decided and corrected.

Everything is read from a ``case`` and judged by its signers: a dispute opened or decided by a key
that the reader's policy does not bind is told apart (``is_bound``), and a statement is put on the
side of a party only when its key has that party's ORCID iD, else its exact name. Nothing here
says who is right.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from provenance.attribution_values import (
    read_correction,
    read_dispute,
    read_ruling,
    read_statement,
)
from provenance.authority import matched_by
from provenance.errors import MalformedError
from provenance.record_standing import DisputeState, dispute_state

if TYPE_CHECKING:
    from provenance.attribution_values import Correction, Dispute, Party, Ruling, Statement
    from provenance.case import Case, Entry

__all__ = ["DisputeCase", "Evidence", "Made", "Ruled", "dispute_of"]


@dataclass(frozen=True, slots=True)
class Evidence:
    """A statement in the dispute, or about a record in dispute, and whose it is."""

    entry: Entry
    statement: Statement
    side: str | None
    """``claimant`` or ``respondent``; None when no party is shown to have signed it."""
    party: Party | None
    matched_by: str | None
    """``orcid`` or ``name``: by what the key is the party's; None without a party."""


@dataclass(frozen=True, slots=True)
class Ruled:
    """A ruling, in force or overtaken."""

    entry: Entry
    ruling: Ruling
    is_bound: bool
    """The reader's policy binds the key to an institution."""


@dataclass(frozen=True, slots=True)
class Made:
    """A correction of a record in dispute."""

    entry: Entry
    correction: Correction


@dataclass(frozen=True, slots=True)
class DisputeCase:
    """One dispute with everything that the log has about it."""

    entry: Entry
    dispute: Dispute
    is_bound: bool
    """The reader's policy binds the key that opened it to an institution."""
    state: DisputeState
    records: tuple[Entry, ...]
    """The records in dispute that the case has, oldest first: which came first is shown, not
    judged."""
    evidence: tuple[Evidence, ...]
    rulings: tuple[Ruled, ...]
    """Oldest first; the last bound one is in force."""
    corrections: tuple[Made, ...]

    def side(self, name: str) -> tuple[Party, ...]:
        """Return the parties of one side that are shown."""
        return tuple(one for one in self.dispute.parties if one is not None and one.side == name)


def dispute_of(case: Case, dispute_id: bytes) -> DisputeCase:
    """Put a dispute together.

    Raises:
        MalformedError: the case has no dispute of that id.
    """
    entry = case.get(dispute_id)
    if entry is None or entry.record.type != "dispute":
        raise MalformedError(f"expected a dispute, got {dispute_id.hex()}", field="ID")
    dispute = read_dispute(entry.record)
    records = [one for one in map(case.get, dispute.records) if one is not None]
    effective = [one for one in case.entries if one.is_effective]
    statements = {
        one.id: one
        for subject in (dispute_id, *dispute.records)
        for one in case.about(subject, "statement")
        if read_statement(one.record).record == subject
    }
    return DisputeCase(
        entry=entry,
        dispute=dispute,
        is_bound=entry.is_effective,
        state=dispute_state(entry, effective),
        records=tuple(sorted(records, key=lambda one: one.leaf_index)),
        evidence=tuple(
            _evidence(one, dispute)
            for one in sorted(statements.values(), key=lambda one: one.leaf_index)
        ),
        rulings=tuple(
            Ruled(one, read_ruling(one.record), one.is_effective)
            for one in case.about(dispute_id, "ruling")
        ),
        corrections=tuple(
            Made(one, read_correction(one.record))
            for one in case.entries
            if one.record.type == "correction"
            and read_correction(one.record).record in dispute.records
        ),
    )


def _evidence(entry: Entry, dispute: Dispute) -> Evidence:
    """Tell whose a statement is; a party is shown by its key alone, never by what is stated."""
    party, how = _party_of(entry, dispute)
    side = None if party is None else party.side
    return Evidence(entry, read_statement(entry.record), side, party, how)


def _party_of(entry: Entry, dispute: Dispute) -> tuple[Party | None, str | None]:
    """Return the one party that a signer is shown to be; of two namesakes neither."""
    signer = entry.signer
    found = [
        (party, how)
        for party in dispute.parties
        if party is not None
        and (how := matched_by(party.name, party.orcid, signer.name, signer.orcid)) is not None
    ]
    exact = [one for one in found if one[1] == "orcid"] or found
    return exact[0] if len(exact) == 1 else (None, None)
