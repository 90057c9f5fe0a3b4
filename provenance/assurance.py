"""How the digests of a deposit came about, level by level, and what a sample can miss.

A file's level says what the depositor did, weakest first::

    declared   a source gave a digest of another algorithm than SHA-256: it identifies nothing
    imported   a source gave the SHA-256; the depositor did not read the content
    rehashed   the depositor read the content and hashed it

The deposit's claim counts its files by level and names the source of what was not hashed here::

    {"source":"bagit","imported":90,"rehashed":10}

It is the depositor's own word, so a verdict repeats it and never calls it proved. A ``fixity``
record of another key says that somebody else hashed the files too: the deposit is *witnessed*.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import comb, exp, log1p
from typing import TYPE_CHECKING, Final, cast

from provenance.errors import MalformedError
from provenance.strict_json import MAX_INTEGER, Members

if TYPE_CHECKING:
    from collections.abc import Mapping
    from fractions import Fraction

__all__ = [
    "DEPOSIT_LEVELS",
    "EXACT_DRAWS",
    "LEVELS",
    "SOURCES",
    "Assurance",
    "chance_of_missing",
    "check_assurance",
    "check_counts",
    "percent_text",
    "read_assurance",
]

LEVELS: Final = ("declared", "imported", "rehashed")
"""What can be said of one file, weakest first."""

DEPOSIT_LEVELS: Final = ("declared", "imported", "sampled", "rehashed", "witnessed")
"""What can be said of a whole deposit, weakest first; a deposit may also say nothing."""

SOURCES: Final = frozenset(
    {
        "bagit",
        "croissant",
        "datacite",
        "dataverse",
        "dvc",
        "eln",
        "frictionless",
        "git-annex",
        "invenio",
        "ocfl",
        "provenance-manifest",
        "ro-crate",
        "s3",
        "sha256sums",
    }
)
"""Where digests may have been taken from."""


@dataclass(frozen=True, slots=True)
class Assurance:
    """How many files of a deposit are of each level, as the depositor claims."""

    source: str | None = None
    """Of ``SOURCES``; None exactly when every file was hashed by the depositor."""
    declared: int = 0
    imported: int = 0
    rehashed: int = 0

    @property
    def files(self) -> int:
        """Files of all levels together."""
        return self.declared + self.imported + self.rehashed

    @property
    def level(self) -> str:
        """The deposit's level, of ``DEPOSIT_LEVELS``; ``witnessed`` is not the depositor's."""
        if self.declared:
            return "declared"
        if not self.imported:
            return "rehashed"
        return "sampled" if self.rehashed else "imported"

    def to_claim(self) -> dict[str, object]:
        """Return the claim of a deposit: only levels that have files."""
        counts = ((level, cast("int", getattr(self, level))) for level in LEVELS)
        claim: dict[str, object] = {} if self.source is None else {"source": self.source}
        return claim | {level: count for level, count in counts if count}


def read_assurance(claim: Mapping[str, object]) -> Assurance:
    """Read a claim that ``check_assurance`` has passed."""
    return Assurance(
        cast("str | None", claim.get("source")),
        *(cast("int", claim.get(level, 0)) for level in LEVELS),
    )


def check_assurance(value: object, where: str) -> None:
    """Check the claim by itself; what it has to agree with is the rule of ``check_counts``.

    Raises:
        MalformedError: unknown members, counts below 1, or a source that is missing or too many.
    """
    if not isinstance(value, dict):
        raise MalformedError("expected an object", field=where)
    for name, member in value.items():
        if name == "source":
            if not (isinstance(member, str) and member in SOURCES):
                known = ", ".join(sorted(SOURCES))
                raise MalformedError(
                    f"expected one of {known}; got {member!r:.80}", field=f"{where}.source"
                )
        elif name not in LEVELS:
            raise MalformedError("unknown member", field=Members(value, where).path(name))
        elif type(member) is not int or not 1 <= member <= MAX_INTEGER:
            raise MalformedError("expected files, or no such member", field=f"{where}.{name}")
    if not value.keys() & set(LEVELS):
        raise MalformedError("expected how many files are of each level", field=where)
    if ("source" in value) is not bool({"declared", "imported"} & value.keys()):
        raise MalformedError(
            "expected it exactly when digests were taken from somewhere", field=f"{where}.source"
        )


def check_counts(claims: Mapping[str, object]) -> None:
    """Check that the claim of a deposit agrees with its other claims, if it is made.

    Raises:
        MalformedError: the counts are not those of ``files``, or not of the digest's kind.
    """
    claim = claims.get("assurance")
    if claim is None:
        return
    assurance = read_assurance(cast("Mapping[str, object]", claim))
    if assurance.files != claims["files"]:
        raise MalformedError(
            f"expected {claims['files']} files in all, got {assurance.files}", field="assurance"
        )
    of_declared = assurance.files if "declared_digest" in claims else 0
    if assurance.declared != of_declared:
        raise MalformedError(
            f"expected {of_declared}, got {assurance.declared}", field="assurance.declared"
        )


# --- samples ------------------------------------------------------------------------------


EXACT_DRAWS: Final = 4_096
"""Up to here a chance is computed exactly, within 0.2 s whatever a record claims."""


def chance_of_missing(files: int, sample: int, bad: int) -> Fraction:
    """Return the chance that a sample shows none of the bad files.

    Drawing without replacement: C(files - bad, sample) / C(files, sample), the first term of
    the hypergeometric distribution; the complement of P_X in Ateniese et al., "Provable Data
    Possession at Untrusted Stores" (CCS 2007, §5.1). It holds for files drawn at random, after
    the bad ones became bad. Exact while the fewer of ``sample`` and ``bad`` are at most
    ``EXACT_DRAWS``; above that the chance of drawing with replacement, which is never smaller.

    Args:
        sample: how many files are looked at; 0 to ``files``.
        bad: how many of them are not what they should be; 0 to ``files``.

    Raises:
        MalformedError: ``sample`` or ``bad`` is not a number of these files.
    """
    # imported here: decimal comes with it, and hardly any command needs either
    from fractions import Fraction  # noqa: PLC0415

    for name, number in (("sample", sample), ("bad", bad)):
        if not 0 <= number <= files:
            raise MalformedError(f"expected 0 to {files}, got {number}", field=name)
    # the same fraction whichever of the two is drawn; the fewer, the smaller the numbers
    few, many = sorted((sample, bad))
    if few > EXACT_DRAWS:
        return Fraction(exp(few * log1p(-many / files)) if many < files else 0)
    return Fraction(comb(files - many, few), comb(files, few))


def percent_text(chance: Fraction) -> str:
    """Return a chance with three digits, as ``36.6 %``; never rounded down to impossible."""
    if chance and chance * 100_000 < 1:
        return "< 0.001 %"
    return f"{float(chance * 100):.3g} %"
