"""Which ``key`` records tell whose a key is: its own, and those of the keys that bound it.

    key K     first key record          makes it known, names the recovery key
              key records with binders  bound by B, at a lower index
    key B     first key record ...      and so on, up to an institution's key

Every step up looks below the binding it comes from, so the way ends. A key that was bound very
often is shown with its newest bindings only.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple, Protocol

from provenance.errors import DamagedReceiptError
from provenance.identity import MAX_LEVELS, BoundKey
from provenance.ledger.load_record import load_record

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from provenance.ledger.ports import KeyEvent, KeyStore, LogReader, StoredKey

__all__ = [
    "MAX_BINDINGS",
    "MAX_CHAIN",
    "KeySource",
    "Place",
    "Said",
    "chain_of",
    "ends_of",
    "read_key",
    "revocations_of",
]

MAX_BINDINGS: Final = 3
"""Of one key: who works for more institutions at once has several keys."""

MAX_CHAIN: Final = 16
"""``key`` records on the way to all institutions; a receipt holds as many."""


MAX_WORDS: Final = 32
"""Revocations shown against one signing key and those that have bound it."""


class KeySource(Protocol):
    """Where keys are looked up: a reader of the log, or a transaction that writes it."""

    def stored_keys(self, kids: Sequence[str]) -> Mapping[str, StoredKey]:
        """Return those keys that the log knows."""

    def key_events(self, kids: Sequence[str]) -> Mapping[str, Sequence[KeyEvent]]:
        """Return what is said of keys, oldest first; keys of which nothing is are left out."""


def chain_of(kid: str, below: int, source: KeySource) -> list[tuple[str, int]]:
    """Return the ``key`` records that tell whose key ``kid`` is, as thumbprint and leaf index.

    Its own come first, then those of its binders, each key's in the order of the log.

    Args:
        below: only entries with a lower index.
    """
    found: dict[tuple[str, int], None] = {}
    wanted = {kid: below}
    for _ in range(MAX_LEVELS + 1):
        stored, events = source.stored_keys(list(wanted)), source.key_events(list(wanted))
        above: dict[str, int] = {}
        for one, limit in wanted.items():
            first = stored.get(one)
            if first is None or first.leaf_index >= limit:
                continue
            bindings = [
                event
                for event in events.get(one, ())
                if not event.is_revocation and event.leaf_index < limit
            ][-MAX_BINDINGS:]
            for index in sorted({first.leaf_index, *(event.leaf_index for event in bindings)}):
                found[one, index] = None
            for event in bindings:
                above[event.by_kid] = max(event.leaf_index, above.get(event.by_kid, 0))
        if not above:
            break
        wanted = above
    return list(found)[:MAX_CHAIN]


class Place(NamedTuple):
    """A record whose key is asked about, and the ``key`` records that are cited already."""

    kid: str
    own_index: int | None
    """Where the record lies if it is a ``key`` record itself."""
    chain: tuple[tuple[str, int], ...]
    """Of ``chain_of``, or the signing key's first ``key`` record alone."""


class Said(NamedTuple):
    """What was said against keys, as leaf indexes in the order of the log."""

    keys: tuple[int, ...]
    """``key`` records that tell who may revoke, and that are not cited already."""
    revocations: tuple[int, ...]


def revocations_of(place: Place, source: KeySource) -> Said:
    """Return the revocations of a signing key and of those that have bound it.

    Whoever has spoken several times against one key counts with his first and his last word.
    """
    kids = list(dict.fromkeys([place.kid, *(kid for kid, _ in place.chain)]))
    events = source.key_events(kids)
    spoken: dict[tuple[str, str], list[KeyEvent]] = {}
    for kid in kids:
        for event in events.get(kid, ()):
            if event.is_revocation:
                spoken.setdefault((kid, event.by_kid), []).append(event)
    words = [word for some in spoken.values() for word in dict.fromkeys((some[0], some[-1]))]
    revocations = sorted(one.leaf_index for one in words[:MAX_WORDS])
    if not revocations:
        return Said((), ())
    revokers = {one.by_kid for one in words[:MAX_WORDS]}
    needed = {one.leaf_index for one in source.stored_keys(list({*revokers, *kids})).values()}
    for kid in kids:  # a binding that is younger than the record gives the right to revoke, too
        bindings = (one for one in events.get(kid, ()) if not one.is_revocation)
        needed |= {one.leaf_index for one in bindings if one.by_kid in revokers}
    cited = {index for _, index in place.chain} | {place.own_index}
    return Said(tuple(sorted(needed - cited)[:MAX_CHAIN]), tuple(revocations))


def ends_of(events: Mapping[str, Sequence[KeyEvent]]) -> dict[str, int]:
    """Return from which leaf index on the bindings of revoked keys count no more."""
    ended = {
        kid: [one.leaf_index for one in some if one.is_revocation] for kid, some in events.items()
    }
    return {kid: min(indexes) for kid, indexes in ended.items() if indexes}


def read_key(kid: str, leaf_index: int, *, log: LogReader, key_store: KeyStore) -> BoundKey:
    """Return a stored ``key`` record with what may be shown of it.

    Raises:
        DamagedReceiptError: another entry stands there.
    """
    record = load_record(leaf_index, log=log, key_store=key_store)
    if record.type != "key" or record.kid != kid:
        raise DamagedReceiptError(f"entry {leaf_index} is not the record of key {kid}")
    return BoundKey(record, leaf_index)
