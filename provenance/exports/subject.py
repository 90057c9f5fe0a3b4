"""What is exported: a receipt, what it shows of its deposit, and what the user gave with it.

An export repeats what the record claims and the receipt shows. Whoever was withheld or erased is
absent, and a time or an entry counts as proved only where a verdict by the user's own policy says
so (``Subject.verdict``).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from provenance.errors import MalformedError
from provenance.files.manifest_file import read_manifest
from provenance.fingerprint import check_published
from provenance.receipt_parts import Parts
from provenance.record import deposit_of, key_binding_of
from provenance.spdx_list import LICENSES
from provenance.verdict import not_in_log

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from provenance.fingerprint import FileEntry, Summary
    from provenance.record_values import Contributor, Deposit, KeyBinding
    from provenance.verdict import Bound, Verdict

__all__ = ["ORCID", "ROR", "Subject", "claimed_time", "plain_identifier", "spdx_url"]

ORCID: Final = "https://orcid.org/"
ROR: Final = "https://ror.org/"

_SPDX: Final = "https://spdx.org/licenses/"

_RESOLVERS: Final = {
    "doi": "https://doi.org/",
    "handle": "https://hdl.handle.net/",
    "arxiv": "https://arxiv.org/abs/",
    "ark": "https://n2t.net/",
    "cstr": "https://www.cstr.cn/CSTR:",
    "swhid": "https://archive.softwareheritage.org/",
    "pmid": "https://pubmed.ncbi.nlm.nih.gov/",
}
"""Kind of identifier -> what stands before it in an address; URLs are their own."""


@dataclass(frozen=True, slots=True)
class Subject:
    """A receipt with all that an exporter may use."""

    octets: bytes
    """The receipt file's bytes."""
    parts: Parts
    now_unix: int
    """When the export is made; POSIX seconds."""
    verdict: Verdict | None = None
    """By the user's policy; None where none was given, and then nothing is proved."""
    policy: bytes | None = None
    """The policy file's bytes."""
    manifest: Path | None = None
    data: Path | None = None
    """The dataset itself: a folder, or one file."""
    ledger: str | None = None
    """Address of the service, without ``/`` at its end."""
    translate: Callable[[str], str] = str
    """The reader's language, for the few formats that people read."""

    @classmethod
    def parse(cls, octets: bytes, *, now_unix: int) -> Subject:
        """Read a receipt.

        Raises:
            MalformedError: or one of its leaves.
        """
        return cls(octets, Parts.parse(octets), now_unix)

    # --- the record -------------------------------------------------------------------------

    @property
    def deposit(self) -> Deposit:
        """What the record claims of its dataset.

        Raises:
            MalformedError: a record of another type.
        """
        return deposit_of(self.parts.record)

    @property
    def record_id(self) -> str:
        """The record id in hex."""
        return self.parts.record.id_hex

    @property
    def origin(self) -> str:
        """Name of the log that the record is meant for."""
        return self.parts.record.aud

    @property
    def leaf_index(self) -> int:
        """Index of the entry, from 0."""
        return self.parts.receipt.record.leaf_index

    @property
    def title(self) -> str:
        """The title, or first digits of the digest or record id where no title is shown."""
        return self.deposit.title or f"Dataset {(self.digest or self.record_id)[:16]}"

    @property
    def digest(self) -> str | None:
        """The dataset digest in hex; where only a declared one is signed, that; None if sealed."""
        deposit = self.deposit
        if deposit.dataset_digest is not None:
            return deposit.dataset_digest.hex()
        return None if deposit.declared_digest is None else deposit.declared_digest.digest.hex()

    @property
    def digest_is(self) -> str:
        """What ``digest`` is, in words: a declared one is no identity, and must not look so."""
        declared = self.deposit.declared_digest
        if declared is None:
            return "dataset digest (RFC 9162 tree, SHA-256)"
        return f"digest of a list of declared {declared.algorithm} digests, no identity"

    @property
    def files(self) -> int | None:
        """How many files are signed; None where the number is sealed."""
        deposit = self.deposit
        return None if "files" in deposit.sealed else deposit.files

    @property
    def license_url(self) -> str | None:
        """Address of the licence's text; None unless exactly one of SPDX's list is stated."""
        return spdx_url(self.deposit.license)

    @property
    def people(self) -> tuple[Contributor, ...]:
        """The contributors that this receipt shows, in the signed order."""
        return tuple(one for one in self.deposit.contributors if one is not None)

    @property
    def holder(self) -> KeyBinding | None:
        """What is said of the holder of the signing key; None where the receipt does not say."""
        keys = (key_binding_of(one) for one in self.parts.keys if one.kid == self.parts.record.kid)
        return next(keys, None)

    @property
    def receipt_url(self) -> str | None:
        """Where the service gives the newest receipt; None without its address."""
        if self.ledger is None:
            return None
        return f"{self.ledger}/v1/records/{self.record_id}/receipt"

    def url_of(self, record: bytes) -> str | None:
        """Return where the service gives the receipt of another record of the log."""
        return None if self.ledger is None else f"{self.ledger}/v1/records/{record.hex()}/receipt"

    # --- what is proved ---------------------------------------------------------------------

    @property
    def is_in_log(self) -> bool:
        """Tell whether the user's policy proves that the record is an entry of the log."""
        return self.verdict is not None and not_in_log(self.verdict.checks) is None

    @property
    def not_after(self) -> Bound | None:
        """The proved upper end, on a chain that others run; None where it is not proved."""
        return self._proved(None if self.verdict is None else self.verdict.not_after)

    @property
    def not_before(self) -> Bound | None:
        """The proved lower end; as ``not_after``."""
        return self._proved(None if self.verdict is None else self.verdict.not_before)

    def _proved(self, bound: Bound | None) -> Bound | None:
        is_good = bound is not None and bound.independent and self.is_in_log
        return bound if is_good else None

    # --- the files --------------------------------------------------------------------------

    def signed_summary(self) -> Summary:
        """Return digest, files and bytes as signed.

        Raises:
            MalformedError: the record shows none: it is sealed, or its source had other digests.
        """
        summary = self.deposit.summary
        if summary is None and self.deposit.sealed:
            raise MalformedError(
                "expected a dataset digest, got a sealed one", field="dataset_digest"
            )
        if summary is None:
            raise MalformedError(
                "expected a dataset digest, got a declared one only", field="declared_digest"
            )
        return summary

    def entries(self) -> Iterator[FileEntry]:
        """Yield the files of the manifest; only at the end it is known to be the signed one.

        Raises:
            MalformedError: no manifest, or one that does not parse.
            ManifestMismatchError: it is not the one that the record signs.
        """
        if self.manifest is None:
            raise MalformedError("is needed: a receipt does not list the files", field="--manifest")
        signed = self.signed_summary()
        manifest = read_manifest(self.manifest)
        # who hashed which file is nothing that the exported formats can say
        check_published(manifest.header, replace(signed, imported=manifest.header.imported))
        yield from manifest


def claimed_time(subject: Subject) -> datetime:
    """Return when the record was signed by the signer's own clock: claimed, never proved."""
    return datetime.fromtimestamp(subject.parts.record.iat, UTC)


def plain_identifier(kind: str, value: str) -> str:
    """Return an identifier of a dataset as an address where there is a resolver, else as it is."""
    return _RESOLVERS.get(kind, "") + value


def spdx_url(license_: str | None) -> str | None:
    """Return the address of a licence's text; None unless it is exactly one of SPDX's list."""
    return f"{_SPDX}{license_}" if license_ in LICENSES else None
