"""Hypothesis strategies that several tests share: values as people write them, and hostile ones."""

from __future__ import annotations

import hashlib
import itertools
from operator import itemgetter
from typing import TYPE_CHECKING, cast

from hypothesis import strategies as st

from provenance.assurance import SOURCES
from provenance.credit import ROLES
from provenance.fingerprint import ADDITIONAL_ALGORITHMS
from provenance.identifiers import RELATIONS
from provenance.keys import PrivateKey
from provenance.text import is_settled

if TYPE_CHECKING:
    from collections.abc import Iterator

    from provenance.keys import Algorithm

ORIGIN = "ledger.example/log"

LICENSES = (
    "CC0-1.0",
    "CC-BY-4.0",
    "MIT OR Apache-2.0",
    "GPL-2.0-only WITH Classpath-exception-2.0",
)


def salts(seed: int = 0) -> Iterator[bytes]:
    """Salts that are the same in every run and differ from each other."""
    return (hashlib.sha256(f"{seed}:{count}".encode()).digest()[:16] for count in itertools.count())


def private_key(alg: Algorithm = "Ed25519", number: int = 1) -> PrivateKey:
    """One of the fixed keys that tests sign with."""
    return PrivateKey.from_seed(alg, hashlib.sha256(f"{alg}:{number}".encode()).digest())


algorithms: st.SearchStrategy[Algorithm] = st.sampled_from(["Ed25519", "ES256"])

lines = st.text(
    st.characters(exclude_categories=["Cc", "Cs", "Zs", "Zl", "Zp"]), min_size=1, max_size=40
).filter(lambda text: is_settled(text) and text == text.strip())
"""Settled text on one line, in any script."""

digests = st.binary(max_size=8).map(lambda octets: hashlib.sha256(b"data" + octets).hexdigest())
"""Digests of something: zeros, which hypothesis loves, are no dataset's."""


@st.composite
def orcids(draw: st.DrawFn) -> str:
    """ORCID iDs with a right check digit, by the loop of ISO 7064 as ORCID publishes it."""
    digits = draw(st.text("0123456789", min_size=15, max_size=15))
    total = 0
    for digit in digits:
        total = (total + int(digit)) * 2
    remainder = (12 - total % 11) % 11
    whole = digits + ("X" if remainder == 10 else str(remainder))
    return "-".join(whole[at : at + 4] for at in (0, 4, 8, 12))


@st.composite
def rors(draw: st.DrawFn) -> str:
    """ROR ids with right check digits, by the formula of ROR's own documentation."""
    alphabet = "0123456789abcdefghjkmnpqrstvwxyz"
    letters = "0" + draw(st.text(alphabet, min_size=6, max_size=6))
    number = 0
    for letter in letters:
        number = number * 32 + alphabet.index(letter)
    return f"{letters}{98 - number * 100 % 97:02}"


def contributors() -> st.SearchStrategy[dict[str, object]]:
    """One contributor, with any of the optional members."""
    return st.fixed_dictionaries(
        {"name": lines},
        optional={
            "orcid": orcids(),
            "ror": st.lists(rors(), min_size=1, max_size=3, unique=True),
            "roles": st.lists(st.sampled_from(sorted(ROLES)), min_size=1, max_size=4, unique=True),
        },
    )


def relations() -> st.SearchStrategy[dict[str, str]]:
    """One relation, to a record or to an identifier."""
    words = st.sampled_from(sorted(RELATIONS))
    return st.fixed_dictionaries({"relation": words, "record": digests}) | st.fixed_dictionaries(
        {"relation": words, "identifier": st.just("doi:10.5281/zenodo.3960218")}
    )


@st.composite
def assurances(draw: st.DrawFn, files: int) -> dict[str, object]:
    """How the digests of so many files came about."""
    imported = draw(st.integers(0, files))
    counts = {"imported": imported, "rehashed": files - imported}
    source: dict[str, object] = {"source": draw(st.sampled_from(sorted(SOURCES)))}
    return (source if imported else {}) | {level: n for level, n in counts.items() if n}


@st.composite
def deposits(draw: st.DrawFn) -> dict[str, object]:
    """Claims of a deposit as a person states them, nothing hidden yet."""
    claims = draw(_deposits())
    if draw(st.booleans()):
        claims["assurance"] = draw(assurances(cast("int", claims["files"])))
    return claims


def _deposits() -> st.SearchStrategy[dict[str, object]]:
    return st.fixed_dictionaries(
        {
            "dataset_digest": digests,
            "files": st.integers(1, 2**53 - 1),
            "bytes": st.integers(1, 2**53 - 1),
        },
        optional={
            "title": lines,
            "version": st.sampled_from(["1.10", "v2", "第二版"]),
            "contributors": st.lists(contributors(), min_size=1, max_size=5),
            "identifiers": st.just([{"type": "doi", "value": "10.5281/zenodo.3960218"}]),
            "license": st.sampled_from(LICENSES),
            "additional_digests": st.lists(
                st.fixed_dictionaries(
                    {"algorithm": st.sampled_from(ADDITIONAL_ALGORITHMS), "digest": digests}
                ),
                min_size=1,
                max_size=3,
                unique_by=itemgetter("algorithm"),
            ),
            "access": st.sampled_from(["open", "embargoed", "restricted", "closed"]),
            "relations": st.lists(
                relations(), min_size=1, max_size=3, unique_by=lambda one: repr(sorted(one.items()))
            ),
            "block": st.fixed_dictionaries(
                {
                    "chain_id": st.integers(1, 2**53 - 1),
                    "number": st.integers(0, 2**53 - 1),
                    "block_hash": digests.map(lambda text: f"0x{text}"),
                }
            ),
        },
    )


json_values: st.SearchStrategy[object] = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | lines,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            lines.filter(lambda name: name not in {"_sd", "...", "_sd_alg"}), inner, max_size=4
        )
    ),
    max_leaves=20,
)
"""JSON of the record profile, without the names that SD-JWT reserves."""
