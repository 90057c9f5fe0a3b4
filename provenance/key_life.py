"""Whether a key still counted when it signed: what revocations mean for one record.

A revocation always counts from its own entry on: a record at a higher index is void. For records
below it, what it says matters, and who says it:

    by the key itself              nothing else: whoever holds a stolen key can say anything
    by a key that has bound it,    nothing else: who holds a stolen key can let any key bind it
    of no institution
    by its recovery key, or by an  ``compromised_since`` T counts, against the proved interval
    institution's that has bound   of the record:   not after  < T   it stands
    it                                              not before > T   it is void
                                                    otherwise        it cannot be told

Of several revocations the worst counts, and whoever said so is named. ``docs/keys.md`` has the
table of every order in which a key signs, is anchored, is succeeded and is revoked.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

from provenance.identity import institution_binders
from provenance.record import key_binding_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from provenance.identity import BoundKey, Institution
    from provenance.key_values import Revocation

__all__ = ["NEVER", "Bracket", "Judgement", "Life", "Right", "Word", "judge", "words_on"]


class Right(StrEnum):
    """By what right somebody revokes a key."""

    ITSELF = "itself"
    RECOVERY = "recovery"
    BINDER = "binder"
    """A key that has bound it, for an institution of the reader's policy."""
    OTHER_BINDER = "other-binder"
    """A key that has bound it, for nobody whom the reader's policy names."""


class Life(StrEnum):
    """What a revocation means for a record, the worst last."""

    STANDS = "revoked-later"
    """Revoked after this record."""
    OLDER = "compromised-later"
    """Compromised since a time after this record existed."""
    UNDECIDED = "compromised-undecided"
    """Whether the record is older than the compromise cannot be told."""
    YOUNGER = "compromised-before"
    """The record entered the log only after the compromise."""
    AFTER = "revoked-before"
    """Revoked before this record."""


_MAY_NOT_DATE = frozenset({Right.ITSELF, Right.OTHER_BINDER})

_WORSE = {life: rank for rank, life in enumerate(Life)}


class Bracket(NamedTuple):
    """The proved interval in which a record entered the log; POSIX seconds, None for unproved."""

    not_before_unix: int | None = None
    not_after_unix: int | None = None


NEVER = Bracket()
"""Nothing is proved of when a record was made."""


@dataclass(frozen=True, slots=True)
class Word:
    """A revocation, and by what right it was said."""

    leaf_index: int
    revocation: Revocation
    right: Right


class Judgement(NamedTuple):
    """What the revocations of a key mean for one record, and which of them decides."""

    life: Life
    word: Word


def words_on(
    kid: str,
    key_records: Sequence[BoundKey],
    revocations: Iterable[tuple[int, Revocation]],
    institutions: Mapping[str, Institution],
) -> tuple[Word, ...]:
    """Return what was said of key ``kid`` by those who may, in the order of the log.

    Args:
        key_records: in any order, those of the binders among them.
        revocations: with their leaf indexes; those of other keys are passed over.
        institutions: by thumbprint, every institution key in the reader's policy.
    """
    own = sorted(
        (one for one in key_records if one.record.kid == kid), key=lambda one: one.leaf_index
    )
    recovery = key_binding_of(own[0].record).recovery if own else None
    binders: dict[str, int] = {}
    for one in own:
        binder = key_binding_of(one.record).binder
        if binder is not None:
            binders.setdefault(binder.kid, one.leaf_index)
    trusted: frozenset[str] = frozenset()
    if binders:
        trusted = institution_binders(kid, key_records, institutions)
    words = []
    for index, revocation in sorted(revocations, key=lambda one: one[0]):
        signer = revocation.signer
        if revocation.key != kid:
            continue
        if revocation.is_by_itself:
            words.append(Word(index, revocation, Right.ITSELF))
        elif signer == recovery:
            words.append(Word(index, revocation, Right.RECOVERY))
        elif binders.get(signer, index) < index:
            right = Right.BINDER if signer in trusted else Right.OTHER_BINDER
            words.append(Word(index, revocation, right))
    return tuple(words)


def judge(words: Sequence[Word], leaf_index: int, bracket: Bracket) -> Judgement | None:
    """Say what ``words`` about the signing key mean for the record at ``leaf_index``.

    Returns:
        None when nothing was said; the revocation itself does not count against itself.
    """
    judged = [
        Judgement(_meaning(word, leaf_index, bracket), word)
        for word in words
        if word.leaf_index != leaf_index
    ]
    # the first of the worst: max keeps it
    return max(judged, key=lambda one: _WORSE[one.life], default=None)


def _meaning(word: Word, leaf_index: int, bracket: Bracket) -> Life:
    if leaf_index > word.leaf_index:
        return Life.AFTER
    since = word.revocation.compromised_since_unix
    if since is None or word.right in _MAY_NOT_DATE:
        return Life.STANDS
    if bracket.not_after_unix is not None and bracket.not_after_unix < since:
        return Life.OLDER
    if bracket.not_before_unix is not None and bracket.not_before_unix > since:
        return Life.YOUNGER
    return Life.UNDECIDED
