"""Cases made by hand, of real records and no ledger: what pure rules are tested on."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from small_ledger import ORIGIN, START, key_of, salts

from provenance.case import Case, Entry, Signer
from provenance.identity import Level
from provenance.record import issue_record
from provenance.verdict import Check, Outcome, Verdict

if TYPE_CHECKING:
    from provenance.record import Record

__all__ = ["Log", "claim"]

DATASET = "5f" * 32
_STATUS = Check("key-status", Outcome.NOT_CHECKED, "revocation-not-shown")
_VERDICT = Verdict(bytes(32), (_STATUS,), None, None, None, None, 0)


def claim(name: str, *roles: str, orcid: str | None = None) -> dict[str, object]:
    """One contributor."""
    person: dict[str, object] = {"name": name}
    person |= {"orcid": orcid} if orcid else {}
    return person | ({"roles": list(roles)} if roles else {})


@dataclass
class Log:
    """Entries in the order in which they are signed; a key is known by its label."""

    entries: list[Entry] = field(default_factory=list)
    people: dict[str, tuple[str | None, str | None, Level]] = field(default_factory=dict)

    def person(
        self,
        key: str,
        name: str | None = None,
        orcid: str | None = None,
        level: Level = Level.SELF_ASSERTED,
    ) -> None:
        """Say whose a key is."""
        self.people[key] = (name, orcid, level)

    def sign(self, key: str, kind: str, **claims: object) -> Entry:
        """Append a record."""
        index = len(self.entries)
        record = issue_record(
            kind,
            claims,
            private_key=key_of(key),
            aud=ORIGIN,
            iat=START + index,
            salts=salts(f"{key}{index}".encode()),
        )
        return self._append(key, record)

    def _append(self, key: str, record: Record) -> Entry:
        name, orcid, level = self.people.get(key, (None, None, Level.UNBOUND))
        binder = "Institute" if level is Level.INSTITUTION_BOUND else None
        signer = Signer(record.kid, level, name, orcid, (), binder, binder is not None)
        entry = Entry(b"", record, len(self.entries), signer, _VERDICT)
        self.entries.append(entry)
        return entry

    def deposit(self, key: str, *people: dict[str, object], **claims: object) -> Entry:
        """Append a deposit that names people."""
        named = {"contributors": list(people)} if people else {}
        return self.sign(key, "deposit", dataset_digest=DATASET, files=1, **named, **claims)

    def answer(self, key: str, to: Entry, place: int, answer: str, **claims: object) -> Entry:
        """Append a response to one of the people whom an entry names."""
        elements = to.record.claims["contributors"]
        assert isinstance(elements, list)
        digest = elements[place]["..."]
        return self.sign(
            key, "response", record=to.id.hex(), contributor=digest, answer=answer, **claims
        )

    def case(self, *subjects: Entry) -> Case:
        """Everything so far."""
        return Case.of([one.id for one in subjects], self.entries)
