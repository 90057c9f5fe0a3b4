"""A case: a record, and every record of the same log that is about it, each one verified.

    subject  <--record-- contribution, response, statement, withdrawal, transfer, correction
             <--records- dispute <--record-- statement, ruling <-- correction
             <--relation- deposit

Whoever tells who did what (``attribution``), what came from what (``lineage``) or how a dispute
stands (``dispute_case``) reads a case and nothing else. An entry gets into one only by a receipt
that the reader's policy proves to be an entry of the log; what the log does not show is absent,
and ``missing`` names the records that were referred to and not found.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Final

from provenance.errors import MalformedError, VerificationError
from provenance.identity import Level
from provenance.receipt_parts import Parts
from provenance.record_standing import RecordStanding, stand, targets_of
from provenance.verdict import Outcome, not_in_log

if TYPE_CHECKING:
    from collections.abc import Iterable

    from provenance.record import Record
    from provenance.verdict import Bound, Check, Verdict

__all__ = ["Case", "Entry", "Signer", "entry_of"]

_NOTHING_SAID: Final = frozenset({"revocation-not-shown", "not-revoked", "not-reached"})
"""Codes of a key's status when nobody has revoked it, as far as was looked."""


@dataclass(frozen=True, slots=True)
class Signer:
    """Who signed an entry, as far as the log and the reader's policy tell."""

    kid: str
    """RFC 7638 thumbprint."""
    level: Level
    name: str | None
    """What the key's holder claims, or at ``institution-bound`` what the institution vouches for;
    None when not stated, withheld or erased. So are ``orcid`` and ``ror``."""
    orcid: str | None
    ror: tuple[str, ...]
    binder: str | None
    """Name of the institution in the reader's policy; None below ``institution-bound``."""
    may_bind: bool = False
    """It is an institution's own key, or one that the institution lets bind others."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One record of the log with its verified receipt."""

    octets: bytes
    """The receipt file."""
    record: Record
    leaf_index: int
    signer: Signer
    verdict: Verdict

    @property
    def id(self) -> bytes:
        """The record id, 32 bytes."""
        return self.record.id

    @property
    def not_before(self) -> Bound | None:
        """The record entered the log after this block; None when not proved."""
        return self.verdict.not_before

    @property
    def not_after(self) -> Bound | None:
        """The record existed no later than this block; None when not proved."""
        return self.verdict.not_after

    @property
    def is_refuted(self) -> bool:
        """Tell whether a check found something false, as a key that was revoked before."""
        return any(check.outcome is Outcome.FALSE for check in self.verdict.checks)

    @property
    def is_effective(self) -> bool:
        """Tell whether its key could sign it: not refuted, and bound where it has to be."""
        bound = self.signer.level is Level.INSTITUTION_BOUND
        entitled = {"dispute": bound, "ruling": self.signer.may_bind}
        return not self.is_refuted and entitled.get(self.record.type, True)

    @property
    def key_note(self) -> Check | None:
        """The check of the key's status, where somebody has said something against the key."""
        check = self.verdict.check("key-status")
        return None if check.code in _NOTHING_SAID else check


@dataclass(frozen=True)  # no slots: the index by id is made once, when it is first asked for
class Case:
    """Verified records about one or several subjects, oldest first."""

    subjects: tuple[bytes, ...]
    """Record ids that were asked for, 32 bytes each, in the order asked."""
    entries: tuple[Entry, ...]
    """By leaf index, each once; the subjects are among them."""
    missing: tuple[bytes, ...] = ()
    """Ids that some entry refers to, and that this log does not have."""

    @classmethod
    def of(cls, subjects: Iterable[bytes], entries: Iterable[Entry]) -> Case:
        """Put verified entries in the order of the log.

        Raises:
            MalformedError: a subject is not among the entries.
        """
        found = {one.id: one for one in entries}
        asked = tuple(dict.fromkeys(subjects))
        for one in asked:
            if one not in found:
                raise MalformedError(f"expected the record {one.hex()}, got none", field="ID")
        ordered = tuple(sorted(found.values(), key=lambda one: one.leaf_index))
        named = dict.fromkeys(target for one in ordered for target in targets_of(one.record))
        return cls(asked, ordered, tuple(one for one in named if one not in found))

    @cached_property
    def _by_id(self) -> dict[bytes, Entry]:
        return {one.id: one for one in self.entries}

    def get(self, record_id: bytes) -> Entry | None:
        """Return the entry of a record, None when it is not here."""
        return self._by_id.get(record_id)

    def standing(self, record_id: bytes) -> RecordStanding:
        """Tell how a record of the case stands, by what is here.

        Disputes and rulings by keys that the reader's policy does not bind are passed over, as
        is what a receipt shows to be signed by a key that was revoked before.

        Raises:
            MalformedError: it is not in the case.
        """
        entry = self.get(record_id)
        if entry is None:
            raise MalformedError(f"expected the record {record_id.hex()}, got none", field="ID")
        return stand(entry, (one for one in self.entries if one.is_effective))

    def about(self, record_id: bytes, *types: str) -> tuple[Entry, ...]:
        """Return the entries, oldest first, that name a record; of ``types``, or of any."""
        return tuple(
            one
            for one in self.entries
            if (not types or one.record.type in types) and record_id in targets_of(one.record)
        )


def entry_of(octets: bytes, verdict: Verdict) -> Entry:
    """Take a receipt into a case, by the verdict on these very bytes.

    Raises:
        VerificationError: the policy does not prove it to be a signed entry of the log.
    """
    absent = not_in_log(verdict.checks)
    if absent is not None:
        raise VerificationError(f"a receipt that proves no entry of the log: {absent.text()}")
    parts = Parts.parse(octets)
    index = parts.receipt.record.leaf_index
    return Entry(octets, parts.record, index, _signer(parts, verdict), verdict)


def _signer(parts: Parts, verdict: Verdict) -> Signer:
    """Read who signed from the identity check, which knows the policy and the log's order."""
    record, facts = parts.record, verdict.check("identity").facts
    name, orcid, ror, binder = (
        None if facts.get(fact) is None else str(facts[fact])
        for fact in ("claimed_name", "claimed_orcid", "claimed_ror", "binder")
    )
    level = Level(str(facts.get("level", Level.UNBOUND.value)))
    is_bound = level is Level.INSTITUTION_BOUND
    return Signer(
        kid=record.kid,
        level=level,
        name=name,
        orcid=orcid,
        ror=() if ror is None else tuple(ror.split(", ")),
        binder=binder if is_bound else None,  # who bound it later did not when it signed
        may_bind=is_bound and facts.get("may_bind", 1) == 1,
    )
