"""Sealed deposits: claims that stand behind digests until their own key opens them.

    deposit   sealed {"dataset_digest":"<digest>","salted_digest":"<digest>", ...}   now
    opening   record, and the disclosures of those very digests                      later

What is kept meanwhile is a file of the owner's, without which nothing can ever be opened::

    {"format":"provenance-sealed","v":1,"record":"<id>","salts":"<hex of 32 bytes>",
     "disclosures":["<base64url>", ...]}

Each of the two digests is sealed together with the thumbprint of the key that seals it. Whoever
copies the commitment of somebody else into a deposit of his own can therefore never open it: what
comes to light names another key.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, cast

from provenance import sdjwt, strict_json
from provenance.digests import from_hex
from provenance.errors import MalformedError, UnsupportedVersionError, VerificationError
from provenance.record import issue_record

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from provenance.keys import PrivateKey
    from provenance.record import Record
    from provenance.sdjwt import Disclosure

__all__ = [
    "MAX_SECRET_BYTES",
    "Opening",
    "SealedSecret",
    "check_opening",
    "issue_opening",
    "read_opening",
    "seal_claims",
]

FORMAT: Final = "provenance-sealed"
VERSION: Final = 1
SALTS_LENGTH: Final = 32
"""Random bytes from which the salts of all files are made (``provenance.salted``)."""

MAX_SECRET_BYTES: Final = 1 << 16
"""Five disclosures, the longest of them a title."""

_DIGESTS: Final = ("dataset_digest", "salted_digest")


@dataclass(frozen=True, slots=True)
class Opening:
    """What an ``opening`` shows of a sealed deposit; None where it does not, or was erased."""

    record: bytes
    """Record id of the sealed deposit, 32 bytes."""
    dataset_digest: bytes | None
    salted_digest: bytes | None
    title: str | None
    files: int | None
    length: int | None
    """Bytes of all files together."""


def read_opening(record: Record) -> Opening:
    """Return what an ``opening`` record claims; MalformedError for any other type."""
    if record.type != "opening":
        raise MalformedError(
            f"expected opening+sd-jwt, got {record.type}+sd-jwt", field="header.typ"
        )
    shown: Mapping[str, Any] = record.payload
    dataset, salted = (shown.get(name) for name in _DIGESTS)
    return Opening(
        record=bytes.fromhex(shown["record"]),
        dataset_digest=None if dataset is None else bytes.fromhex(dataset["sha256"]),
        salted_digest=None if salted is None else bytes.fromhex(salted["sha256"]),
        title=shown.get("title"),
        files=shown.get("files"),
        length=shown.get("bytes"),
    )


def check_opening(opening: Record, deposit: Record) -> None:
    """Check that an opening shows what ``deposit`` sealed, under the names it was sealed by.

    Disclosures that were withheld or erased are left out: their digests are still compared.

    Raises:
        VerificationError: another record's, another key's, or a digest that was not sealed.
        MalformedError: not an opening.
    """
    if read_opening(opening).record != deposit.id:
        raise VerificationError("it opens another record", field="record")
    if opening.kid != deposit.kid:
        raise VerificationError(
            f"expected key {deposit.kid}, got {opening.kid}", field="header.kid"
        )
    sealed = cast("dict[str, str]", deposit.claims.get("sealed", {}))
    for number, digest in enumerate(cast("list[str]", opening.claims["_sd"])):
        if digest not in sealed.values():
            raise VerificationError("the record did not seal it", field=f"_sd[{number}]")
    for part in opening.parts:
        name = cast("str", part.name)
        if sealed.get(name) != part.digest:
            raise VerificationError("the record sealed it by another name", field=name)
        if name in _DIGESTS and cast("dict[str, str]", part.value)["key"] != deposit.kid:
            raise VerificationError(
                f"expected key {deposit.kid}: it was copied", field=f"{name}.key"
            )


# --- making -------------------------------------------------------------------------------


def seal_claims(
    claims: Mapping[str, object], *, key: str, salts: Iterator[bytes]
) -> tuple[Disclosure, ...]:
    """Make the disclosures of what is to be sealed, for ``issue_record(made=...)``.

    Args:
        claims: the two digests as hex; title, files and bytes as a deposit has them.
        key: thumbprint of the key that will sign the deposit.
        salts: yields 16 random bytes or more, never the same ones again.
    """
    return tuple(
        sdjwt.make_disclosure(
            next(salts), {"sha256": value, "key": key} if name in _DIGESTS else value, name
        )
        for name, value in claims.items()
    )


def issue_opening(
    secret: SealedSecret,
    names: Sequence[str],
    *,
    private_key: PrivateKey,
    aud: str,
    iat: int,
) -> Record:
    """Make the record that opens ``names`` of a sealed deposit.

    Raises:
        MalformedError: a name that was not sealed.
    """
    made = {part.name: part for part in secret.disclosures}
    for name in names:
        if name not in made:
            raise MalformedError("it was not sealed", field=name)
    return issue_record(
        "opening",
        {"record": secret.record.hex()},
        private_key=private_key,
        aud=aud,
        iat=iat,
        salts=iter(()),
        made=[made[name] for name in names],
    )


# --- what the owner keeps -----------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class SealedSecret:
    """What the owner of a sealed deposit has to keep: lost, nothing of it can be opened."""

    record: bytes
    """Record id of the deposit, 32 bytes."""
    salts: bytes
    """32 random bytes from which the salt of each file is made."""
    disclosures: tuple[Disclosure, ...]

    def to_bytes(self) -> bytes:
        """Serialise, one line."""
        value = {
            "format": FORMAT,
            "v": VERSION,
            "record": self.record.hex(),
            "salts": self.salts.hex(),
            "disclosures": [part.text for part in self.disclosures],
        }
        return strict_json.dump(value) + b"\n"

    @classmethod
    def parse(cls, octets: bytes) -> SealedSecret:
        """Read the owner's file strictly.

        Raises:
            MalformedError: ``field`` names the member.
        """
        members = strict_json.Members(strict_json.parse(octets, max_bytes=MAX_SECRET_BYTES))
        if (members.text("format"), members.integer("v")) != (FORMAT, VERSION):
            raise UnsupportedVersionError(f"expected {FORMAT} v{VERSION}", field="format")
        record = members.hex32("record")
        salts = from_hex(members.text("salts"), length=SALTS_LENGTH, field="salts")
        texts = members.value("disclosures")
        if not isinstance(texts, list):
            raise MalformedError("expected an array", field="disclosures")
        parts = []
        for number, text in enumerate(texts):
            where = f"disclosures[{number}]"
            if not isinstance(text, str):
                raise MalformedError("expected a string", field=where)
            part = sdjwt.parse_disclosure(text, field=where)
            if part.name is None:
                raise MalformedError("expected a claim name", field=where)
            parts.append(part)
        members.done()
        return cls(record, salts, tuple(parts))
