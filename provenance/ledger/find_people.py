"""Whom and what the public disclosures of a record name, and by which tags it is found again.

    orcid  "orcid:0000-0002-1825-0097"        name  "name:" and the name, folded
    ror    "ror:05dxps055"                    doi   "doi:" and the DOI in lower case
    words --KeyStore.tag--> 16 bytes --person_index--> leaf indexes

A name is compared without case and with single spaces; ``王小明`` and ``Xiaoming Wang`` stay two.
What an index finds is decrypted and looked at before anybody hears of it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from provenance.ledger.ports import Named
from provenance.text import casefold_key

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from provenance.record import Record
    from provenance.sdjwt import Disclosure

__all__ = [
    "doi_words",
    "name_words",
    "named_by",
    "names_person",
    "opened_by",
    "orcid_words",
    "ror_words",
    "tags_of",
    "words_of",
]

_OF_HOLDERS: Final = frozenset({"name", "orcid", "ror"})


def orcid_words(orcid: str) -> str:
    """Return what a bare ORCID iD is found by."""
    return f"orcid:{orcid}"


def name_words(name: str) -> str:
    """Return what a name is found by."""
    return f"name:{casefold_key(' '.join(name.split()))}"


def ror_words(ror: str) -> str:
    """Return what a bare ROR id is found by."""
    return f"ror:{ror}"


def doi_words(doi: str) -> str:
    """Return what a bare DOI is found by: its letters have no case (ISO 26324)."""
    return f"doi:{doi.lower()}"


def words_of(part: Disclosure) -> Iterator[str]:
    """Yield the words of what one disclosure names: a holder, a contributor, a party, a DOI."""
    if part.name is None:
        claims = part.value if isinstance(part.value, dict) else {}
    elif part.name in _OF_HOLDERS:
        claims = {part.name: part.value}
    elif part.name == "identifiers":
        yield from _dois(part.value)
        return
    else:
        return
    name, orcid, rors = claims.get("name"), claims.get("orcid"), claims.get("ror")
    if isinstance(name, str):
        yield name_words(name)
    if isinstance(orcid, str):
        yield orcid_words(orcid)
    if isinstance(rors, list):
        yield from (ror_words(one) for one in rors if isinstance(one, str))


def _dois(identifiers: object) -> Iterator[str]:
    for one in identifiers if isinstance(identifiers, list) else ():
        if isinstance(one, dict) and one.get("type") == "doi":
            yield doi_words(str(one.get("value")))


def names_person(record: Record, words: str) -> bool:
    """Tell whether a public disclosure of the record names who is found by ``words``."""
    return any(words in words_of(part) for part in record.parts if part.digest not in record.held)


def tags_of(record: Record, tag: Callable[[str], bytes]) -> tuple[bytes, ...]:
    """Return the tags of everybody whom the public disclosures of a record name, each once.

    Args:
        tag: ``KeyStore.tag``, or what remembers its answers.
    """
    public: Iterable[Disclosure] = record.parts
    if record.held:
        public = [part for part in record.parts if part.digest not in record.held]
    found = {words: None for part in public for words in words_of(part)}
    return tuple(map(tag, found))


def opened_by(record: Record) -> tuple[bytes, ...]:
    """Return the dataset digest that an ``opening`` shows to everybody, if it does."""
    if record.type != "opening":
        return ()
    shown = (part.value for part in record.parts if part.name == "dataset_digest")
    # record.py has checked the members of what is opened
    return tuple(bytes.fromhex(str(one["sha256"])) for one in shown if isinstance(one, dict))


def named_by(record: Record, leaf_index: int, tag: Callable[[str], bytes]) -> Named:
    """Return all that a record is found by as long as its public disclosures are there."""
    return Named(leaf_index, tags_of(record, tag), opened_by(record))
