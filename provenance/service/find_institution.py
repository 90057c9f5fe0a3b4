"""What an institution's keys have bound and signed, and what only names the institution.

    ROR id    -> the policy's keys of it                and whatever names the ROR id
    name      -> the policy's keys of that name         and whatever names it, or their ROR ids
    key id    -> that key, of the policy or not         and whatever names its ROR id

Of each record it is said which of the two it is, and how well known its key is: a claim is never
ranked with a binding. A binding counts from its own entry on, as everywhere.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from provenance.digests import from_b64url
from provenance.errors import MalformedError
from provenance.identifiers import bare_ror, check_ror
from provenance.ledger.find_people import name_words, names_person, ror_words
from provenance.ledger.key_chain import chain_of
from provenance.ledger.load_record import load_record
from provenance.record import parse_entry
from provenance.text import nfc

if TYPE_CHECKING:
    from provenance.policy import InstitutionKey, Policy
    from provenance.service.running import RunningParts
    from provenance.service.views import Levels

__all__ = ["AskedInstitution", "find_institution"]

_FIRST_STRETCH: Final = 1_024
"""Entries looked through at first for what many keys signed; each further stretch is doubled."""


@dataclass(frozen=True, slots=True)
class AskedInstitution:
    """Whose bindings are asked for, and what names it."""

    kids: frozenset[str]
    """Thumbprints of its keys."""
    in_policy: bool
    """Whether the policy says that they are an institution's."""
    words: frozenset[str]
    """Of ``find_people``."""

    @classmethod
    def of(cls, text: str, policy: Policy) -> AskedInstitution:
        """Read a ROR id, a key id or a name, as people paste it."""
        known = policy.institution_keys
        ror = bare_ror(text)
        if _is_ror(ror):
            return cls._known([one for one in known if one.ror == ror], ror_words(ror))
        if _is_kid(text):
            same = [one for one in known if one.key.thumbprint == text]
            if same:
                return cls._known(same)
            return cls(kids=frozenset({text}), in_policy=False, words=frozenset())
        words = name_words(nfc(text))
        return cls._known([one for one in known if name_words(one.name) == words], words)

    @classmethod
    def _known(cls, keys: list[InstitutionKey], *words: str) -> AskedInstitution:
        rors = (ror_words(one.ror) for one in keys if one.ror is not None)
        kids = frozenset(one.key.thumbprint for one in keys)
        return cls(kids=kids, in_policy=True, words=frozenset({*words, *rors}))


def find_institution(
    asked: AskedInstitution, after: int, limit: int, *, parts: RunningParts, levels: Levels
) -> tuple[dict[int, bool], int | None]:
    """Return leaf indexes above ``after`` in order, each with whether its key is bound under it.

    Returns:
        What was found, and where the next page goes on; None at the end.
    """
    some = set(_signed(asked, after, limit, parts))
    for words in asked.words:
        tag = parts.key_store.tag(words)
        some |= set(parts.log.records_of_person(tag, after=after, limit=limit))
    indexes = sorted(some)[:limit]
    found: dict[int, bool] = {}
    for index in indexes:
        (entry,) = parts.store.entries(index, index + 1)
        if _is_bound(parse_entry(entry).kid, index, asked, parts, levels):
            found[index] = True
        elif asked.words and _names(index, asked, parts):
            found[index] = False
    return found, indexes[-1] if len(indexes) == limit else None


def _signed(asked: AskedInstitution, after: int, limit: int, parts: RunningParts) -> list[int]:
    """Return what its keys, and all that they have bound, signed; stretch by stretch."""
    if not asked.kids:
        return []
    own = (one.leaf_index for one in parts.store.stored_keys(sorted(asked.kids)).values())
    keys = sorted({*own, *parts.store.keys_bound_by(asked.kids)})
    found: list[int] = []
    start, width, size = after + 1, _FIRST_STRETCH, parts.log.size()
    while keys and start < size and len(found) < limit:
        stop = min(start + width, size)
        found += parts.store.records_of_keys(keys, start, stop)
        start, width = stop, 2 * width
    return found[:limit]


def _is_bound(
    kid: str, index: int, asked: AskedInstitution, parts: RunningParts, levels: Levels
) -> bool:
    if kid in asked.kids:
        return True
    if not asked.in_policy:
        return not asked.kids.isdisjoint(one for one, _ in chain_of(kid, index + 1, parts.store))
    return levels.institution(kid, index) in asked.kids


def _names(index: int, asked: AskedInstitution, parts: RunningParts) -> bool:
    """Look at what the index found: it may have been erased since."""
    record = load_record(index, log=parts.store, key_store=parts.key_store)
    return any(names_person(record, words) for words in asked.words)


def _is_ror(text: str) -> bool:
    try:
        check_ror(text)
    except MalformedError:
        return False
    return True


def _is_kid(text: str) -> bool:
    try:
        from_b64url(text, length=32, field="institution")
    except MalformedError:
        return False
    return True
