"""Persistent identifiers and iDs as people and repositories write them -> their bare form."""

from __future__ import annotations

import re
from typing import Final

from provenance.errors import MalformedError
from provenance.identifiers import (
    IDENTIFIER_SHAPES,
    bare_orcid,
    bare_ror,
    check_identifier,
    check_orcid,
    check_ror,
)

__all__ = ["identifier_in", "identifier_of", "orcid_in", "pointer", "ror_in"]

_DOI: Final = re.compile(r"(?i)^(?:https?://(?:dx\.|www\.)?doi\.org/|doi:\s*)?(10\.\d{4,9}.*)$")
_PREFIXES: Final = {
    "ark": r"(?i)^(?:https?://n2t\.net/)?(ark:/?.+)$",
    "arxiv": r"(?i)^(?:https?://arxiv\.org/abs/|arxiv:\s*)(.+)$",
    "cstr": r"(?i)^(?:https?://(?:www\.)?cstr\.cn/|cstr:\s*)(.+)$",
    "handle": r"(?i)^(?:https?://hdl\.handle\.net/|hdl:\s*)(.+)$",
    "pmid": r"(?i)^pmid:\s*(.+)$",
    "raid": r"^(https://raid\.org/.+)$",
    "rrid": r"^(RRID:.+)$",
    "swhid": r"^(?:https?://archive\.softwareheritage\.org/)?(swh:1:.+?)/?$",
    "urn": r"(?i)^(urn:.+)$",
    "url": r"(?i)^(https?://.+)$",
}
_KINDS: Final = {"hdl": "handle", "swh": "swhid", "purl": "url", "w3id": "url"}


def identifier_in(text: str) -> tuple[str, str] | None:
    """Return kind and value of an identifier that says by itself what it is, else None."""
    given = text.strip()
    if match := _DOI.match(given):
        return _checked("doi", match[1])
    for kind, shape in _PREFIXES.items():
        if match := re.match(shape, given):
            return _checked(kind, match[1])
    return None


def identifier_of(kind: str, text: str) -> tuple[str, str] | None:
    """Return kind and value of an identifier whose kind is stated, as ``DOI`` or ``Handle``."""
    plain = re.sub(r"[^a-z0-9]", "", kind.lower())
    plain = _KINDS.get(plain, plain)
    found = identifier_in(text)
    if found is not None and found[0] == plain:
        return found
    return _checked(plain, text.strip()) if plain in IDENTIFIER_SHAPES else None


def pointer(kind: str, value: str) -> str:
    """Return an identifier as a relation names it: ``doi:10.1234/abc``, an address as it is."""
    is_whole = kind in {"raid", "rrid", "swhid", "url", "urn", "ark"}
    return value if is_whole else f"{kind}:{value}"


def orcid_in(text: str) -> str | None:
    """Return the ORCID iD that a text or address is, in its bare form; None for anything else."""
    bare = re.sub(r"(?i)^orcid:\s*", "", bare_orcid(text)).rstrip("/").upper()
    if re.fullmatch(r"[0-9]{15}[0-9X]", bare):
        bare = "-".join(bare[at : at + 4] for at in range(0, 16, 4))
    try:
        check_orcid(bare)
    except MalformedError:
        return None
    return bare


def ror_in(text: str) -> str | None:
    """Return the ROR id that a text or address is, in its bare form; None for anything else."""
    bare = bare_ror(text).rstrip("/").lower()
    try:
        check_ror(bare)
    except MalformedError:
        return None
    return bare


def _checked(kind: str, value: str) -> tuple[str, str] | None:
    try:
        check_identifier(kind, value)
    except MalformedError:
        return None
    return kind, value
