"""Whose key it is: what the log and a reader's policy together say of a key at a leaf index.

    institution-bound   the policy names the key as an institution's
    self-asserted       a ``key`` record below says who holds it; only the holder vouches for that
    unbound             a ``key`` record below, and nothing in it about who holds it

A key may speak from its own first ``key`` record on, never before: the signature proves who
signed only to somebody who could know the key. A self-asserted claim is shown as just that and
never ranked with a bound one.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from provenance.errors import MalformedError, UnknownKeyError
from provenance.record import key_binding_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from provenance.keys import PublicKey
    from provenance.record import Record
    from provenance.record_values import KeyBinding

__all__ = [
    "KEY_CODES",
    "REVOCATION_CODE",
    "BoundKey",
    "Level",
    "Standing",
    "standing_of",
]


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

REVOCATION_CODE: Final = "revocation-not-shown"
"""Nothing in a receipt can prove that no revocation exists."""


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
    """What its holder claims; at ``institution-bound`` it is not what the level rests on."""
    binder: str | None
    """Name of the institution in the policy; None below ``institution-bound``."""


def standing_of(
    kid: str,
    leaf_index: int,
    key_records: Iterable[BoundKey],
    institutions: Mapping[str, str],
) -> Standing:
    """Decide what may be said of key ``kid`` as the signer of entry ``leaf_index``.

    Args:
        key_records: in any order; those of other keys, and those above ``leaf_index``, are passed
            over. At ``leaf_index`` itself only the entry's own ``key`` record counts.
        institutions: thumbprint -> name of every institution key in the policy.

    Raises:
        UnknownKeyError: no ``key`` record for ``kid`` at or below the entry.
        MalformedError: one of ``key_records`` is of another type.
    """
    known = [
        one
        for one in key_records
        if _is_key(one) and one.record.kid == kid and one.leaf_index <= leaf_index
    ]
    if not known:
        raise UnknownKeyError(f"no key record of {kid} at or below entry {leaf_index}")
    first = min(known, key=lambda one: one.leaf_index)
    binding = key_binding_of(first.record)
    if kid in institutions:
        level = Level.INSTITUTION_BOUND
    elif binding.claims_identity:
        level = Level.SELF_ASSERTED
    else:
        level = Level.UNBOUND
    return Standing(
        key=binding.key,
        level=level,
        code=KEY_CODES[level],
        leaf_index=first.leaf_index,
        binding=binding,
        binder=institutions.get(kid),
    )


def _is_key(one: BoundKey) -> bool:
    if one.record.type != "key":
        raise MalformedError(f"expected a key record, got {one.record.type}", field="keys")
    return True
