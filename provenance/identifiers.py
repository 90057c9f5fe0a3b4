"""Identifiers that people mistype, and digests of nothing: each is checked, none is looked up.

    ORCID iD    0000-0002-1825-0097     ISO 7064 MOD 11-2 over the first fifteen digits
    ROR id      05dxps055               Crockford base32, then ISO 7064 MOD 97-10
    DOI, CSTR, arXiv, SWHID, URL ...    the shape only: who registered it is not our business

On the wire an ORCID iD and a ROR id are bare, without ``https://``; ``bare_orcid`` and
``bare_ror`` cut what people paste. Relations between datasets are words of PROV-O.
"""

from __future__ import annotations

import hashlib
import re
from operator import mul
from typing import Final

from provenance.digests import sha256
from provenance.errors import CheckDigitError, HashOfNothingError, MalformedError
from provenance.merkle import leaf_hash

__all__ = [
    "IDENTIFIER_SHAPES",
    "IDENTIFIER_TYPES",
    "NOTHINGS",
    "RELATIONS",
    "bare_doi",
    "bare_orcid",
    "bare_ror",
    "check_digest_of_something",
    "check_identifier",
    "check_orcid",
    "check_ror",
]

# --- people and organisations -------------------------------------------------------------

_ORCID: Final = re.compile(r"[0-9]{4}-[0-9]{4}-[0-9]{4}-[0-9]{3}[0-9X]")
_ROR: Final = re.compile(r"0[0-9a-hjkmnp-tv-z]{6}[0-9]{2}")
# The first of fifteen digits counts 2^15, the last 2; hyphens count nothing, and the offset takes
# away that the digits are read as ASCII.
_ORCID_WEIGHTS: Final = tuple(
    0 if at in {4, 9, 14} else 2 ** (15 - at + (at > 4) + (at > 9) + (at > 14)) for at in range(18)
)
_ORCID_OFFSET: Final = ord("0") * sum(_ORCID_WEIGHTS)
# Crockford's letters to those that int(..., 32) reads.
_CROCKFORD: Final = str.maketrans(
    "0123456789abcdefghjkmnpqrstvwxyz", "0123456789abcdefghijklmnopqrstuv"
)


def check_orcid(value: str, field: str = "orcid") -> None:
    """Check a bare ORCID iD: sixteen characters in four groups, the last one a check digit.

    Raises:
        MalformedError: another shape.
        CheckDigitError: the check digit does not fit (ISO 7064 MOD 11-2).
    """
    if not _ORCID.fullmatch(value):
        raise MalformedError(f"expected 0000-0000-0000-000X, got {value[:80]!r}", field=field)
    total = sum(map(mul, _ORCID_WEIGHTS, value.encode("ascii")))
    expected = "0123456789X"[(12 - total + _ORCID_OFFSET) % 11]
    if value[-1] != expected:
        raise CheckDigitError(f"expected check digit {expected}, got {value}", field=field)


def check_ror(value: str, field: str = "ror") -> None:
    """Check a bare ROR id: nine characters, the last two of them check digits.

    Raises:
        MalformedError: another shape.
        CheckDigitError: the check digits do not fit (ISO 7064 MOD 97-10).
    """
    if not _ROR.fullmatch(value):
        raise MalformedError(
            f"expected nine characters as 05dxps055, got {value[:80]!r}", field=field
        )
    expected = 98 - int(value[:7].translate(_CROCKFORD), 32) * 100 % 97
    if int(value[7:]) != expected:
        raise CheckDigitError(f"expected check digits {expected:02}, got {value}", field=field)


def bare_orcid(text: str) -> str:
    """Cut the resolver's address off an ORCID iD as people paste it; changes nothing else."""
    return re.sub(r"^(?:https?://)?(?:www\.)?orcid\.org/", "", text.strip())


def bare_ror(text: str) -> str:
    """Cut the resolver's address off a ROR id as people paste it; changes nothing else."""
    return re.sub(r"^(?:https?://)?(?:www\.)?ror\.org/", "", text.strip())


# --- datasets -----------------------------------------------------------------------------

RELATIONS: Final = frozenset(
    {
        "alternateOf",
        "hadPrimarySource",
        "specializationOf",
        "wasDerivedFrom",
        "wasQuotedFrom",
        "wasRevisionOf",
    }
)
"""Words of PROV-O (W3C, 2013) that relate one entity to another."""

IDENTIFIER_SHAPES: Final = {
    "ark": r"ark:/?[0-9bcdfghjkmnpqrstvwxz]{5,}/\S+",
    "arxiv": r"(?:[0-9]{4}\.[0-9]{4,5}|[a-z-]+(?:\.[A-Z]{2})?/[0-9]{7})(?:v[1-9][0-9]*)?",
    # GB/T 32843-2016: registrant.type.internal id; the type is two digits, 11 for data
    "cstr": r"[0-9]{5}\.[0-9]{2}\.\S+",
    "doi": r"10\.[0-9]{4,9}(?:\.[0-9]+)*/\S+",
    "handle": r"[0-9A-Za-z.-]+/\S+",
    "isbn": r"(?:[0-9]-?){12}[0-9]|(?:[0-9]-?){9}[0-9X]",
    "pmid": r"[1-9][0-9]{0,8}",
    "raid": r"https://raid\.org/10\.[0-9]{4,9}/\S+",
    "rrid": r"RRID:[A-Za-z]+[_:][A-Za-z0-9_:.-]+",
    "swhid": r"swh:1:(?:cnt|dir|rel|rev|snp):[0-9a-f]{40}(?:;[a-z]+=[^\s;]+)*",
    "url": r"https?://[^\s/?#]+(?:[/?#]\S*)?",
    "urn": r"[Uu][Rr][Nn]:[A-Za-z0-9][A-Za-z0-9-]{0,31}:\S+",
}
"""Kind of persistent identifier -> regular expression of the whole, the same in ECMAScript."""

IDENTIFIER_TYPES: Final = frozenset(IDENTIFIER_SHAPES)
"""Kinds of persistent identifiers a deposit may name."""

_SHAPES: Final = {kind: re.compile(shape) for kind, shape in IDENTIFIER_SHAPES.items()}


def check_identifier(kind: str, value: str, field: str = "identifiers[0]") -> None:
    """Check the shape of one persistent identifier.

    Raises:
        MalformedError: an unknown type (at ``.type``) or another shape (at ``.value``).
    """
    shape = _SHAPES.get(kind)
    if shape is None:
        known = ", ".join(sorted(IDENTIFIER_TYPES))
        raise MalformedError(f"expected one of {known}; got {kind[:80]!r}", field=f"{field}.type")
    if not shape.fullmatch(value):
        raise MalformedError(f"not a {kind}: {value[:80]!r}", field=f"{field}.value")


def bare_doi(text: str) -> str:
    """Cut ``doi:`` or the resolver's address off a DOI as people paste it; changes nothing else."""
    return re.sub(r"(?i)^(?:doi:\s*|(?:https?://)?(?:www\.|dx\.)?doi\.org/)", "", text.strip())


# --- digests of nothing -------------------------------------------------------------------

NOTHINGS: Final[dict[bytes, str]] = {
    b"": "the empty input",
    b"\n": "an empty line",
    b"\r\n": "an empty line",
    b" ": "one space",
    b"\x00": "one zero byte",
    b"0": "the digit 0",
    b'""': "an empty JSON string",
    b"[]": "an empty JSON array",
    b"{}": "an empty JSON object",
    **{
        text.encode(): f'the text "{text}"'
        for text in (
            "null",
            "undefined",
            "NaN",
            "None",
            "nil",
            "NULL",
            "true",
            "false",
            "NA",
            "[object ArrayBuffer]",
            "[object Blob]",
            "[object File]",
            "[object FileList]",
            "[object Object]",
            "[object Promise]",
            "[object ReadableStream]",
            "[object Response]",
            "[object Uint8Array]",
            "<Buffer >",
            "b''",
        )
    },
}
"""What programs hash when they fail to read the data, and how a person would call it."""

_NAMES: Final = (b"", b"file", b"data", b"blob", b"undefined", b"null", b"None")


def _digests_of_nothing() -> dict[str, str]:
    """Digests, as hex, of every nothing: plain, hashed again, and as a dataset of one such file."""
    found: dict[str, str] = {}
    for octets, words in NOTHINGS.items():
        digest = sha256(octets)
        for algorithm in ("md5", "sha1", "sha256", "sha384", "sha512", "sha3_256", "blake2b"):
            found[hashlib.new(algorithm, octets, usedforsecurity=False).hexdigest()] = words
        found[sha256(digest).hex()] = f"the digest of {words}"
        found[sha256(digest.hex().encode()).hex()] = f"the digest of {words}"
        found[leaf_hash(octets).hex()] = f"{words} as a tree"
        for name in _NAMES:
            found[leaf_hash(digest + name).hex()] = f"a dataset of {words}"
    for length in (16, 20, 32, 48, 64):
        found[bytes(length).hex()] = "nothing: all its bits are zero"
        found[(b"\xff" * length).hex()] = "nothing: all its bits are one"
    return found


_OF_NOTHING: Final = _digests_of_nothing()


def check_digest_of_something(digest: str, field: str = "dataset_digest") -> None:
    """Refuse the digest of an empty input or of a text that stands where data should be.

    Args:
        digest: lower-case hex of any algorithm a declared digest may use.

    Raises:
        HashOfNothingError: with the sentence that says what was hashed instead of the data.
    """
    words = _OF_NOTHING.get(digest)
    if words is not None:
        raise HashOfNothingError(
            f"this is the digest of {words}, so the data was not read when it was made", field=field
        )
