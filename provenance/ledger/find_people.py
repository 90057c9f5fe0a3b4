"""Whom the public disclosures of a record name, and by which tags an index finds them again.

    orcid  "orcid:0000-0002-1825-0097"        name  "name:" and the name, folded
    words --KeyStore.tag--> 16 bytes --person_index--> leaf indexes

A name is compared without case and with single spaces; ``王小明`` and ``Xiaoming Wang`` stay two.
What an index finds is decrypted and looked at before anybody hears of it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from provenance.text import casefold_key

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from provenance.ledger.ports import KeyStore
    from provenance.record import Record
    from provenance.sdjwt import Disclosure

__all__ = ["name_words", "names_person", "orcid_words", "tags_of", "words_of"]

_OF_PEOPLE: Final = frozenset({"name", "orcid"})


def orcid_words(orcid: str) -> str:
    """Return what a bare ORCID iD is found by."""
    return f"orcid:{orcid}"


def name_words(name: str) -> str:
    """Return what a name is found by."""
    return f"name:{casefold_key(' '.join(name.split()))}"


def words_of(part: Disclosure) -> Iterator[str]:
    """Yield the words of whoever one disclosure names: a key's holder, a contributor, a party."""
    if part.name is None:
        claims = part.value if isinstance(part.value, dict) else {}
    elif part.name in _OF_PEOPLE:
        claims = {part.name: part.value}
    else:
        return
    name, orcid = claims.get("name"), claims.get("orcid")
    if isinstance(name, str):
        yield name_words(name)
    if isinstance(orcid, str):
        yield orcid_words(orcid)


def names_person(record: Record, words: str) -> bool:
    """Tell whether a public disclosure of the record names who is found by ``words``."""
    return any(words in words_of(part) for part in record.parts if part.digest not in record.held)


def tags_of(record: Record, key_store: KeyStore) -> tuple[bytes, ...]:
    """Return the tags of everybody whom the public disclosures of a record name, each once."""
    public: Iterable[Disclosure] = record.parts
    if record.held:
        public = [part for part in record.parts if part.digest not in record.held]
    found = {words: None for part in public for words in words_of(part)}
    return tuple(key_store.tag(words) for words in found)
