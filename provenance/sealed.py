"""Sealed deposits: claims that stand behind digests until their own key opens them.

    deposit   sealed {"dataset_digest":"<digest>","salted_digest":"<digest>", ...}   now
    opening   record, and the disclosures of those very digests                      later

What is kept meanwhile is a file of the owner's, without which nothing can ever be opened::

    {"format":"provenance-sealed","v":1,"record":"<id>","disclosures":["<base64url>", ...]}

and the manifest, whose header holds the random bytes of the salts (``provenance.salted``).

Each of the two digests is sealed together with the thumbprint of the key that seals it. Whoever
copies the commitment of somebody else into a deposit of his own can therefore never open it: what
comes to light names another key.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Final, cast

from provenance import sdjwt, strict_json
from provenance.deposit_types import SEALABLE, SEALED_DIGESTS
from provenance.errors import MalformedError, NotAuthorisedError, UnsupportedVersionError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from provenance.record import Record
    from provenance.sdjwt import Disclosure

__all__ = [
    "MAX_SECRET_BYTES",
    "Opening",
    "SealedSecret",
    "check_opening",
    "open_claims",
    "read_opening",
    "seal_claims",
]

FORMAT: Final = "provenance-sealed"
VERSION: Final = 1
MAX_SECRET_BYTES: Final = 1 << 16
"""Five disclosures, the longest of them a title."""


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
    dataset, salted = (shown.get(name) for name in SEALED_DIGESTS)
    return Opening(
        record=bytes.fromhex(shown["record"]),
        dataset_digest=None if dataset is None else bytes.fromhex(dataset["sha256"]),
        salted_digest=None if salted is None else bytes.fromhex(salted["sha256"]),
        title=shown.get("title"),
        files=shown.get("files"),
        length=shown.get("bytes"),
    )


def open_claims(parts: Iterable[Disclosure], deposit: Record) -> dict[str, Any]:
    """Return what disclosures show of the claims that ``deposit`` sealed, checked.

    Raises:
        MalformedError: a disclosure of something else, or of another key's commitment.
    """
    sealed = cast("dict[str, str]", deposit.claims.get("sealed", {}))
    found: dict[str, Any] = {}
    for part in parts:
        name = part.name or ""
        if name not in SEALABLE or sealed.get(name) != part.digest:
            raise MalformedError("the record did not seal it by this name", field=name or "_sd")
        SEALABLE[name](part.value, name)
        found[name] = part.value
        if name in SEALED_DIGESTS and found[name]["key"] != deposit.kid:
            raise MalformedError(f"expected {deposit.kid}: it was copied", field=f"{name}.key")
    return found


def check_opening(opening: Record, deposit: Record) -> None:
    """Check that an opening shows what ``deposit`` sealed, under the names it was sealed by.

    Of disclosures that were withheld or erased the digests are compared all the same.

    Raises:
        NotAuthorisedError: another key than the one that sealed.
        MalformedError: it opens another record, or what this one did not seal.
    """
    if read_opening(opening).record != deposit.id:
        raise MalformedError("it opens another record", field="record")
    if opening.kid != deposit.kid:
        raise NotAuthorisedError(f"only {deposit.kid} may open what it sealed", field="header.kid")
    sealed = cast("dict[str, str]", deposit.claims.get("sealed", {})).values()
    for number, digest in enumerate(cast("list[str]", opening.claims["_sd"])):
        if digest not in sealed:
            raise MalformedError("the record did not seal it", field=f"_sd[{number}]")
    open_claims(opening.parts, deposit)


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
            next(salts), {"sha256": value, "key": key} if name in SEALED_DIGESTS else value, name
        )
        for name, value in claims.items()
    )


# --- what the owner keeps -----------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class SealedSecret:
    """What the owner of a sealed deposit has to keep: lost, nothing of it can be opened."""

    record: bytes
    """Record id of the deposit, 32 bytes."""
    disclosures: tuple[Disclosure, ...]

    def named(self, names: Sequence[str]) -> list[Disclosure]:
        """Return the disclosures of these claims; MalformedError for one that is not sealed."""
        made = {part.name: part for part in self.disclosures}
        for name in names:
            if name not in made:
                raise MalformedError("it was not sealed", field=name)
        return [made[name] for name in names]

    def to_bytes(self) -> bytes:
        """Serialise, one line."""
        value = {
            "format": FORMAT,
            "v": VERSION,
            "record": self.record.hex(),
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
        texts = members.texts("disclosures", max_length=MAX_SECRET_BYTES, max_items=len(SEALABLE))
        read = partial(strict_json.parse, max_bytes=MAX_SECRET_BYTES, max_depth=2)
        parts = tuple(
            sdjwt.parse_disclosure(text, field="disclosures", read=read) for text in texts
        )
        members.done()
        return cls(record, parts)
