"""Make again what people look up, from entries and disclosures, after a change of the schema."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from provenance.ledger.find_people import named_by
from provenance.ledger.load_record import load_record
from provenance.ledger.projections import project_all
from provenance.record import parse_entry

if TYPE_CHECKING:
    from collections.abc import Iterator

    from provenance.ledger.ports import KeyStore, LogReader, LogStore, Named
    from provenance.record import Record

__all__ = ["rebuild_lookups"]

_PAGE: Final = 256


def rebuild_lookups(store: LogStore, key_store: KeyStore) -> None:
    """Write the projections and the index of names anew; a crash leaves the old ones.

    Raises:
        VerificationError, MalformedError: an entry or a disclosure is damaged.
    """
    size = store.head().tree_size
    store.replace_projections(project_all(_entries(store, size)))
    store.rebuild_people(_people(store, key_store, size))


def _entries(store: LogReader, size: int) -> Iterator[Record]:
    for start in range(0, size, _PAGE):
        for entry in store.entries(start, min(start + _PAGE, size)):
            yield parse_entry(entry)


def _people(store: LogReader, key_store: KeyStore, size: int) -> Iterator[Named]:
    for start in range(0, size, _PAGE):
        for index in store.disclosures_between(start, min(start + _PAGE, size)):
            record = load_record(index, log=store, key_store=key_store)
            named = named_by(record, index, key_store.tag)
            if named.tags or named.opened:
                yield named
