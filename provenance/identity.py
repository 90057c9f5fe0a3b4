"""Whose key it is: what the log and a reader's policy together say of a key at a leaf index.

    institution-bound   the policy names the key as an institution's, or an institution's key has
                        bound it, itself or by a department that it lets bind others
    self-asserted       a ``key`` record below says who holds it; only the holder vouches for that
    unbound             a ``key`` record below, and nothing in it about who holds it

A key may speak from its own first ``key`` record on, never before: the signature proves who
signed only to somebody who could know the key. A self-asserted claim is shown as just that and
never ranked with a bound one, and a binding counts from its own entry on: what was signed before
keeps the level it had.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, NamedTuple

from provenance.errors import BadSignatureError, MalformedError, UnknownKeyError
from provenance.record import key_binding_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from provenance.keys import PublicKey
    from provenance.record import Record
    from provenance.record_values import KeyBinding

__all__ = [
    "DEPARTMENT_CODE",
    "KEY_CODES",
    "MAX_LEVELS",
    "REVOCATION_CODE",
    "BoundKey",
    "Institution",
    "Level",
    "Standing",
    "institution_binders",
    "standing_of",
]

MAX_LEVELS: Final = 8
"""Bindings between a person's key and an institution's."""


class Level(enum.StrEnum):
    """How well a key is tied to somebody."""

    UNBOUND = "unbound"
    SELF_ASSERTED = "self-asserted"
    INSTITUTION_BOUND = "institution-bound"


KEY_CODES: Final[Mapping[Level, str]] = {
    Level.UNBOUND: "key-unbound",
    Level.SELF_ASSERTED: "key-self-asserted",
    Level.INSTITUTION_BOUND: "key-institution",
}
"""Code of the fixed wording for each level; the sentences are in verdict.py."""

DEPARTMENT_CODE: Final = "key-department"
"""Code of ``institution-bound`` by a key that an institution lets bind others."""

REVOCATION_CODE: Final = "revocation-not-shown"
"""Nothing in a receipt can prove that no revocation exists."""


class Institution(NamedTuple):
    """A key that the reader's policy names as an institution's."""

    name: str
    key: PublicKey


@dataclass(frozen=True, slots=True)
class BoundKey:
    """A ``key`` record and where in the log it is."""

    record: Record
    leaf_index: int


@dataclass(frozen=True, slots=True)
class Standing:
    """What may be said of the key that signed an entry."""

    key: PublicKey
    level: Level
    code: str
    """Code of the fixed wording."""
    leaf_index: int
    """Of the ``key`` record that counts."""
    binding: KeyBinding
    """What is said of its holder: by the holder himself, and at ``institution-bound`` through a
    binding only what the binder vouches for."""
    binder: str | None
    """Name of the institution in the policy; None below ``institution-bound``."""
    via: tuple[str, ...] = ()
    """Departments between the institution and the key, the institution's own first."""
    may_bind: bool = False
    """Whether the institution lets it bind others: an institution's own key always may."""
    institution: str | None = None
    """Thumbprint of the institution's key; None below ``institution-bound``."""


def standing_of(
    kid: str,
    leaf_index: int,
    key_records: Iterable[BoundKey],
    institutions: Mapping[str, Institution],
    ends: Mapping[str, int] = MappingProxyType({}),
) -> Standing:
    """Decide what may be said of key ``kid`` as the signer of entry ``leaf_index``.

    Args:
        key_records: in any order, those of binders among them; those above ``leaf_index`` are
            passed over. At ``leaf_index`` itself only the entry's own ``key`` record counts.
        institutions: by thumbprint, every institution key in the policy.
        ends: thumbprint of a binder -> leaf index from which its bindings count no more.

    Raises:
        UnknownKeyError: no ``key`` record for ``kid`` at or below the entry.
        MalformedError: one of ``key_records`` is of another type.
    """
    records = _Records.of(key_records, institutions, ends)
    known = records.of_key(kid, leaf_index)
    if not known:
        raise UnknownKeyError(f"no key record of {kid} at or below entry {leaf_index}")
    first = known[0]
    binding = key_binding_of(first.record)
    if kid in institutions:
        code = KEY_CODES[Level.INSTITUTION_BOUND]
        name = institutions[kid].name
        return Standing(
            key=binding.key,
            level=Level.INSTITUTION_BOUND,
            code=code,
            leaf_index=first.leaf_index,
            binding=binding,
            binder=name,
            may_bind=True,
            institution=kid,
        )
    link = records.link(kid, leaf_index)
    if link is not None:
        return _bound(link)
    level = Level.SELF_ASSERTED if binding.claims_identity else Level.UNBOUND
    return Standing(binding.key, level, KEY_CODES[level], first.leaf_index, binding, None)


def institution_binders(
    kid: str, key_records: Iterable[BoundKey], institutions: Mapping[str, Institution]
) -> frozenset[str]:
    """Return the thumbprints of those binders of ``kid`` who speak for an institution.

    Anybody who holds a key can let any other key bind it: only these are more than that.
    """
    records = _Records.of(key_records, institutions, {})
    links = filter(None, map(records.lead, records.by_kid.get(kid, ())))
    binders = (key_binding_of(link.own.record).binder for link in links)
    return frozenset(binder.kid for binder in binders if binder is not None)


# --- bindings -----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Link:
    """A binding that leads to an institution of the policy."""

    institution: str
    """Thumbprint of its key in the policy."""
    binder: str
    """Its name there."""
    own: BoundKey
    """The ``key`` record with the binding."""
    via: tuple[str, ...]
    may_bind: bool

    @property
    def name(self) -> str:
        """What the binder calls the key's holder, else its thumbprint."""
        return _vouched(self.own.record).name or self.own.record.kid


def _bound(link: _Link) -> Standing:
    binding = _vouched(link.own.record)
    code = DEPARTMENT_CODE if link.via else KEY_CODES[Level.INSTITUTION_BOUND]
    return Standing(
        key=binding.key,
        level=Level.INSTITUTION_BOUND,
        code=code,
        leaf_index=link.own.leaf_index,
        binding=binding,
        binder=link.binder,
        via=link.via,
        may_bind=link.may_bind,
        institution=link.institution,
    )


def _vouched(record: Record) -> KeyBinding:
    """Return what a bound ``key`` record says, without what only its holder says."""
    binding = key_binding_of(record)
    digests = () if binding.binder is None else binding.binder.digests
    vouched = {part.name for part in record.parts if part.digest in digests}
    return replace(
        binding,
        name=binding.name if "name" in vouched else None,
        orcid=binding.orcid if "orcid" in vouched else None,
        ror=binding.ror if "ror" in vouched else (),
    )


@dataclass(slots=True)
class _Records:
    """The ``key`` records at hand, by key and in the order of the log."""

    by_kid: dict[str, list[BoundKey]]
    institutions: Mapping[str, Institution]
    ends: Mapping[str, int]
    _links: dict[tuple[str, int], _Link | None] = field(default_factory=dict)

    @classmethod
    def of(
        cls,
        key_records: Iterable[BoundKey],
        institutions: Mapping[str, Institution],
        ends: Mapping[str, int],
    ) -> _Records:
        by_kid: dict[str, list[BoundKey]] = {}
        for one in sorted(key_records, key=lambda one: one.leaf_index):
            if one.record.type != "key":
                raise MalformedError(f"expected a key record, got {one.record.type}", field="keys")
            by_kid.setdefault(one.record.kid, []).append(one)
        return cls(by_kid, institutions, ends)

    def of_key(self, kid: str, leaf_index: int) -> Sequence[BoundKey]:
        return [one for one in self.by_kid.get(kid, ()) if one.leaf_index <= leaf_index]

    def link(self, kid: str, leaf_index: int) -> _Link | None:
        """Return the newest binding at or below ``leaf_index`` that leads to an institution.

        Ends: each step up looks only below the entry of the step before.
        """
        place = (kid, leaf_index)
        if place not in self._links:
            candidates = map(self.lead, reversed(self.of_key(kid, leaf_index)))
            self._links[place] = next((link for link in candidates if link is not None), None)
        return self._links[place]

    def lead(self, one: BoundKey) -> _Link | None:
        """Return where the binding in one ``key`` record leads; None unless to an institution."""
        binder = key_binding_of(one.record).binder
        if binder is None or one.leaf_index >= self.ends.get(binder.kid, one.leaf_index + 1):
            return None
        if binder.kid in self.institutions:
            institution, (name, key) = binder.kid, self.institutions[binder.kid]
            via: tuple[str, ...] = ()
        else:
            above = self.link(binder.kid, one.leaf_index - 1)
            if above is None or not above.may_bind or len(above.via) + 2 > MAX_LEVELS:
                return None
            institution, name = above.institution, above.binder
            key = key_binding_of(above.own.record).key
            via = (*above.via, above.name)
        try:
            binder.verify(key)
        except BadSignatureError:
            return None  # an honest log has none: whoever shows it shows no binding
        return _Link(institution, name, one, via, binder.may_bind)
