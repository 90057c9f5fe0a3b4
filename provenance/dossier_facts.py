"""What a dossier rests on: a verified case, and the manifests, gathered and compared.

    case + policy + manifests -> DossierFacts
        deposits   as signed, or as a later ``opening`` shows them
        shared     for every two deposits the files with the same content, each with two proofs
        blocks     every block that a time rests on

Every verdict in it is made as if the chain had the blocks that the receipts name, so that the
same records always make the same dossier; whoever reads it looks the blocks up.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING, Final

from provenance.anchor_evidence import StatedEvidence
from provenance.case import Case, Entry, entry_of
from provenance.dispute_case import dispute_of
from provenance.dossier_check import as_opened_by, shown_states
from provenance.errors import TooLargeError
from provenance.file_proof import FileProof
from provenance.fingerprint import check_published, entry_bytes, parse_manifest
from provenance.given import BlockName, Given, GivenBlock
from provenance.merkle import inclusion_path, leaf_hash
from provenance.receipt_parts import Parts
from provenance.record import deposit_of
from provenance.verify import check_parts
from provenance.verify_blocks import blocks_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from provenance.dispute_case import DisputeCase
    from provenance.fingerprint import FileEntry
    from provenance.policy import Policy
    from provenance.record_values import Deposit

__all__ = [
    "MAX_SHARED",
    "DepositFacts",
    "DossierFacts",
    "Overlap",
    "SharedFile",
    "facts_of",
    "headers_of",
]

MAX_SHARED: Final = 5_000
"""Shared files of two datasets that get proofs of their own; more are counted, and said."""

_MAX_PAIRED: Final = 2_000
"""Deposits of one dossier: every two of them are compared."""


@dataclass(frozen=True, slots=True)
class DepositFacts:
    """One deposit of a case."""

    entry: Entry
    deposit: Deposit
    """As an opening shows it, where it was sealed."""
    opened_by: Entry | None
    manifest: bytes | None
    """The file, checked against what is signed; None where nobody gave it."""

    @property
    def id(self) -> bytes:
        """The record id, 32 bytes."""
        return self.entry.id

    @property
    def title(self) -> str:
        """What people call it, else the beginning of its id."""
        return self.deposit.title or self.entry.id.hex()[:16]

    def files(self) -> list[FileEntry]:
        """Return the files of its manifest."""
        return [] if self.manifest is None else list(parse_manifest(_lines(self.manifest)))


@dataclass(frozen=True, slots=True)
class SharedFile:
    """One content that lies in two datasets."""

    first: FileProof
    second: FileProof


@dataclass(frozen=True, slots=True)
class Overlap:
    """Two deposits side by side."""

    first: DepositFacts
    second: DepositFacts
    shared: tuple[SharedFile, ...]
    count: int
    """Files of the first one whose content is in the second; those above ``MAX_SHARED`` have no
    proof in the dossier."""
    same_path: int
    """Of these, how many lie at the same path."""


@dataclass(frozen=True, slots=True)
class DossierFacts:
    """Everything that a dossier states, before it is put into words."""

    case: Case
    policy: Policy
    deposits: tuple[DepositFacts, ...]
    disputes: tuple[DisputeCase, ...]
    overlaps: tuple[Overlap, ...]
    blocks: tuple[BlockName, ...]

    @property
    def newest(self) -> Parts:
        """The receipt whose checkpoint is the greatest."""
        return max(self._receipts(), key=lambda one: one.newest.checkpoint.tree_size)

    @property
    def states(self) -> dict[int, bytes]:
        """The root of each tree size that a receipt shows."""
        return dict(shown_states(self._receipts()))

    def _receipts(self) -> Iterator[Parts]:
        return (Parts.parse(one.octets) for one in self.case.entries)

    @property
    def dated_unix(self) -> int:
        """Time of the newest block that a record rests on, else of the newest record's clock."""
        bounds = [one.not_after for one in self.case.entries if one.not_after is not None]
        claimed = [one.record.iat for one in self.case.entries]
        return max([bound.time_unix for bound in bounds] or claimed)


def facts_of(case: Case, policy: Policy, manifests: Mapping[bytes, bytes]) -> DossierFacts:
    """Gather what a dossier states.

    Args:
        manifests: by record id; each is checked against what the deposit signs.

    Raises:
        VerificationError: a receipt that the policy does not prove to be an entry of its log.
        MalformedError: a manifest that is not one, or of another dataset.
        TooLargeError: more deposits than are compared.
    """
    judged = Case.of(case.subjects, (_as_if_vouched(one, policy) for one in case.entries))
    found = [one for one in judged.entries if one.record.type == "deposit"]
    if len(found) > _MAX_PAIRED:
        raise TooLargeError(limit=_MAX_PAIRED, length=len(found), unit="deposits")
    deposits = tuple(_deposit(one, judged, manifests.get(one.id)) for one in found)
    disputes = [one.id for one in judged.entries if one.record.type == "dispute"]
    parts = [Parts.parse(one.octets) for one in judged.entries]
    return DossierFacts(
        case=judged,
        policy=policy,
        deposits=deposits,
        disputes=tuple(dispute_of(judged, one) for one in disputes),
        overlaps=tuple(_overlaps(deposits)),
        blocks=tuple(dict.fromkeys(block for one in parts for block in blocks_of(one))),
    )


def _as_if_vouched(entry: Entry, policy: Policy) -> Entry:
    parts = Parts.parse(entry.octets)
    blocks = tuple(GivenBlock(one.block_hash) for one in blocks_of(parts))
    given = Given(blocks, allow_dev_chain=True)
    return entry_of(entry.octets, check_parts(parts, policy, given, now_unix=parts.record.iat))


# --- deposits -----------------------------------------------------------------------------


def _deposit(entry: Entry, case: Case, manifest: bytes | None) -> DepositFacts:
    signed = deposit_of(entry.record)
    opened, by = signed, None
    if signed.sealed:
        for one in case.about(entry.id, "opening"):
            opened = as_opened_by(signed, entry.record, [one.record])
            if opened != signed:
                by = one
                break
    if manifest is not None:
        _check_manifest(manifest, opened)
    return DepositFacts(entry, opened, by, manifest)


def _check_manifest(manifest: bytes, deposit: Deposit) -> None:
    listed = parse_manifest(_lines(manifest))
    for _entry in listed:
        pass
    if deposit.summary is not None:
        check_published(listed.header, deposit.summary)


def _lines(octets: bytes) -> list[bytes]:
    return octets.splitlines(keepends=True)


# --- overlap ------------------------------------------------------------------------------


def _overlaps(deposits: Sequence[DepositFacts]) -> Iterator[Overlap]:
    listed = [(one, _Tree(one.files())) for one in deposits if one.manifest is not None]
    for (first, left), (second, right) in combinations(listed, 2):
        pairs = list(_same_content(left.files, right.files))
        shared = [SharedFile(left.proof(a), right.proof(b)) for a, b in pairs[:MAX_SHARED]]
        same_path = sum(left.files[a].path == right.files[b].path for a, b in pairs)
        yield Overlap(first, second, tuple(shared), len(pairs), same_path)


def _same_content(
    first: Sequence[FileEntry], second: Sequence[FileEntry]
) -> Iterator[tuple[int, int]]:
    """Yield index pairs: each file of the first with the one of its path, else the first alike."""
    by_content: dict[bytes, list[int]] = {}
    for index, entry in enumerate(second):
        by_content.setdefault(entry.sha256, []).append(index)
    for index, entry in enumerate(first):
        alike = by_content.get(entry.sha256)
        if alike:
            same = (one for one in alike if second[one].path == entry.path)
            yield index, next(same, alike[0])


class _Tree:
    """The files of one dataset with their leaf hashes."""

    def __init__(self, files: list[FileEntry]) -> None:
        self.files = files
        self._leaves = [leaf_hash(entry_bytes(one)) for one in files]

    def proof(self, index: int) -> FileProof:
        path = tuple(inclusion_path(self._leaves, index))
        return FileProof(self.files[index], index, len(self.files), path)


# --- blocks -------------------------------------------------------------------------------


def headers_of(entries: Iterable[Entry]) -> dict[bytes, bytes]:
    """Return every block header that the receipts carry, RLP, by its hash."""
    found: dict[bytes, bytes] = {}
    for entry in entries:
        parts = Parts.parse(entry.octets)
        carried = [] if parts.receipt.beacon is None else [parts.receipt.beacon.header]
        for anchored in parts.receipt.anchored:
            kinds = (anchor.evidence for anchor in anchored.anchors)
            carried += [one.header for one in kinds if not isinstance(one, StatedEvidence)]
        for header in carried:
            if header is not None:
                found[GivenBlock.from_header(header).block_hash] = header
    return found
