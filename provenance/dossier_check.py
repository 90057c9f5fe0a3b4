"""Check a dossier by its own files: what was altered, and whether what it states follows.

    (1) sums       every file is the one in SHA256SUMS and in SM3SUMS; none is missing or added
    (2) policy     policy.json is the one that the dossier was made with, or the reader's own
    (3) records    every receipt is verified anew, and shows what dossier.json says of it
    (4) manifests  each has the digest, counts and lengths that its deposit signs
    (5) blocks     each header is that of the block named
    (6) overlap    both proofs of every shared file lead to the two signed dataset digests
    (7) history    of every two states of the log that receipts show, the later extends the earlier
    (8) tokens     each RFC 3161 token is over the record that it is said to be of; who signed it
                   is for ``openssl ts -verify`` and the reader's own root certificate

Files are handed in as bytes by name; nothing here reads a disk. ``SHA256SUMS`` cannot list
itself: whoever alters a file and its line together is found out by the dossier's own receipt,
which lies beside it, and by (2) to (8).
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import TYPE_CHECKING, Final

from provenance.attribution_values import read_statement
from provenance.digests import to_evm_hex
from provenance.dossier_index import INDEX_NAME, DossierIndex
from provenance.dossier_sums import DossierFinding, check_sums
from provenance.errors import MalformedError, ProvenanceError
from provenance.file_proof import FileProof, verify_file_proof
from provenance.fingerprint import check_published, parse_manifest
from provenance.header import BlockHeader
from provenance.merkle import verify_consistency
from provenance.policy import Policy
from provenance.receipt_parts import Parts
from provenance.record import deposit_of
from provenance.sealed import check_opening, read_opening
from provenance.time_stamp import read_time_stamp
from provenance.verdict import Outcome, not_in_log
from provenance.verify import check_parts
from provenance.verify import read_opening as verify_opening
from provenance.verify_blocks import blocks_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    from provenance.dossier_index import ListedOverlap, ListedRecord
    from provenance.given import Given
    from provenance.record import Record
    from provenance.record_values import Deposit
    from provenance.verdict import Verdict

__all__ = [
    "POLICY_NAME",
    "DossierVerdict",
    "as_opened_by",
    "check_dossier",
    "shown_states",
]

POLICY_NAME: Final = "policy.json"


@dataclass(frozen=True, slots=True)
class DossierVerdict:
    """Everything that checking a dossier found."""

    index: DossierIndex | None
    """None when ``dossier.json`` cannot be read."""
    findings: Sequence[DossierFinding]
    verdicts: Mapping[str, Verdict] = field(default_factory=dict)
    """By the name of the receipt file."""
    manifests: int = 0
    shared_files: int = 0
    """Files proved to lie in two datasets."""
    states: int = 0
    """States of the log that are proved to be one history."""
    stamps: Mapping[str, int] = field(default_factory=dict)
    """Times that RFC 3161 tokens state, POSIX seconds, by the receipt that carries the token."""

    @property
    def exit_code(self) -> int:
        """1 when the dossier is not what it says, else 2, 4, 3, 0 as the receipts have it.

        A record that its key makes void (check 5) is one of the things that a dossier is there to
        show, and makes nothing false that the dossier says.
        """
        if self.index is None:
            return 2
        codes = {_code_of(verdict) for verdict in self.verdicts.values()}
        if self.findings or 1 in codes:
            return 1
        return next((code for code in (2, 4, 3) if code in codes), 0)


def _code_of(verdict: Verdict) -> int:
    wrong = {check.name for check in verdict.checks if check.outcome is Outcome.FALSE}
    return 0 if wrong == {"key-status"} else verdict.exit_code


# --- all of it ----------------------------------------------------------------------------


def check_dossier(
    files: Mapping[str, bytes],
    given: Given,
    *,
    now_unix: int,
    policy: bytes | None = None,
    beside: Collection[bytes] = (),
) -> DossierVerdict:
    """Make checks (1) to (8).

    Args:
        files: the dossier's files by name, ``/`` between folders.
        given: blocks that the reader vouches for, and whether a chain counts that the log's
            operator runs.
        now_unix: the reader's clock, which decides nothing.
        policy: the reader's own policy file; None believes the one enclosed.
        beside: hashes of the blocks that the dossier's own receipt rests on: they are given for
            that one.
    """
    findings = list(check_sums(files))
    name = INDEX_NAME
    try:
        index = DossierIndex.parse(_file(files, INDEX_NAME))
        name = POLICY_NAME
        trusted = Policy.parse(_file(files, POLICY_NAME) if policy is None else policy)
    except ProvenanceError as error:
        findings.append(DossierFinding("index-unreadable", name, str(error)))
        return DossierVerdict(None, findings)
    if trusted.digest != index.policy:
        findings.append(DossierFinding("policy-differs", POLICY_NAME, trusted.digest.hex()))
    check = _Check(files, index, trusted, given, now_unix, findings)
    check.records()
    check.unmatched(beside)
    check.blocks()
    return DossierVerdict(
        index,
        findings,
        check.verdicts,
        manifests=sum(map(check.manifest, index.records)),
        shared_files=sum(map(check.overlap, index.overlap)),
        states=check.history(),
        stamps=check.tokens(),
    )


def _file(files: Mapping[str, bytes], name: str) -> bytes:
    try:
        return files[name]
    except KeyError:
        raise MalformedError(f"the dossier has no file {name!a:.200}", field=name) from None


def as_opened_by(deposit: Deposit, sealed: Record, openings: Iterable[Record]) -> Deposit:
    """Return a deposit with what the first good opening shows of it."""
    good = next((one for one in openings if _opens(one, sealed)), None)
    if good is None:
        return deposit
    shown = read_opening(good)
    return replace(
        deposit,
        dataset_digest=deposit.dataset_digest or shown.dataset_digest,
        files=shown.files or deposit.files,
        length=deposit.length if shown.length is None else shown.length,
        title=deposit.title or shown.title,
    )


def _opens(opening: Record, sealed: Record) -> bool:
    try:
        check_opening(opening, sealed)
    except ProvenanceError:
        return False
    return True


@dataclass
class _Check:
    """One pass over a dossier: what it reads, and what it has found."""

    files: Mapping[str, bytes]
    index: DossierIndex
    policy: Policy
    given: Given
    now_unix: int
    findings: list[DossierFinding]
    verdicts: dict[str, Verdict] = field(default_factory=dict)
    parts: dict[str, Parts] = field(default_factory=dict)
    """Of every receipt that can be read, by its name."""
    deposits: dict[bytes, Deposit] = field(default_factory=dict)
    matched: set[bytes] = field(default_factory=set)
    """Hashes of the given blocks that some receipt speaks of."""

    def _wrong(self, code: str, file: str, detail: object = "") -> None:
        self.findings.append(DossierFinding(code, file, str(detail)))

    def _given_of(self, parts: Parts) -> Given:
        """Return what the reader gave that is about one receipt, and note what was about one."""
        named = {one.block_hash for one in blocks_of(parts)}
        of_it = tuple(one for one in self.given.blocks if one.block_hash in named)
        self.matched |= {one.block_hash for one in of_it}
        return replace(self.given, blocks=of_it)

    def unmatched(self, beside: Collection[bytes]) -> None:
        """Refuse a given block that no receipt of the dossier, or beside it, rests on."""
        for one in self.given.blocks:
            if one.block_hash not in self.matched and one.block_hash not in beside:
                self._wrong("block-unmatched", INDEX_NAME, to_evm_hex(one.block_hash))

    def records(self) -> None:
        """(3) Verify each receipt, and compare with what is listed."""
        records: list[Record] = []
        for listed in self.index.records:
            try:
                octets = _file(self.files, listed.receipt)
                parts = Parts.parse(octets)
            except MalformedError as error:
                self._wrong("receipt-unreadable", listed.receipt, error)
                continue
            given = self._given_of(parts)
            verdict = check_parts(parts, self.policy, given, now_unix=self.now_unix)
            self.verdicts[listed.receipt] = verdict
            self.parts[listed.receipt] = parts
            records.append(parts.record)
            absent = not_in_log(verdict.checks)
            if absent is not None:
                self._wrong("not-in-log", listed.receipt, absent.text())
            for detail in _other_than_listed(listed, parts, verdict):
                self._wrong("listed-otherwise", INDEX_NAME, f"{listed.receipt}: {detail}")
        self._tell_opened()
        openings = [one for one in records if one.type == "opening"]
        self.deposits = {
            one.id: as_opened_by(deposit_of(one), one, openings)
            for one in records
            if one.type == "deposit"
        }

    def _tell_opened(self) -> None:
        """Verify sealed deposits once more, together with the opening that is in the dossier."""
        names = {parts.record.id: name for name, parts in self.parts.items()}
        for by_name, by in self.parts.items():
            if by.record.type != "opening":
                continue
            name = names.get(read_opening(by.record).record)
            if name is None or not _opens(by.record, self.parts[name].record):
                continue
            opening = verify_opening(self.files[by_name], self.policy, now_unix=self.now_unix)
            given = replace(self._given_of(self.parts[name]), opening=opening)
            self.verdicts[name] = check_parts(
                self.parts[name], self.policy, given, now_unix=self.now_unix
            )

    def manifest(self, listed: ListedRecord) -> int:
        """(4) Read a manifest to its end, and compare with the deposit; 1 when it is the one."""
        deposit = self.deposits.get(listed.id)
        if listed.manifest is None:
            return 0
        try:
            lines = _file(self.files, listed.manifest).splitlines(keepends=True)
            manifest = parse_manifest(lines)
            for _entry in manifest:
                pass
            if deposit is None or deposit.summary is None:
                raise MalformedError("no deposit signs a dataset digest for it")
            check_published(manifest.header, deposit.summary)
        except ProvenanceError as error:
            self._wrong("manifest-false", listed.manifest, error)
            return 0
        return 1

    def blocks(self) -> None:
        """(5) Hash each header."""
        for block in self.index.blocks:
            try:
                header = BlockHeader.parse(_file(self.files, block.header))
            except ProvenanceError as error:
                self._wrong("header-false", block.header, error)
                continue
            if (header.hash, header.number) != (block.block_hash, block.number):
                self._wrong("header-false", block.header, header.hash.hex())

    def overlap(self, listed: ListedOverlap) -> int:
        """(6) Check both proofs of each shared file; return how many hold."""
        return sum(
            self._shared(listed, first_name, second_name)
            for first_name, second_name in listed.proofs
        )

    def _shared(self, listed: ListedOverlap, first_name: str, second_name: str) -> int:
        first = self._proved(listed.first, first_name)
        second = self._proved(listed.second, second_name)
        if first is None or second is None:
            return 0
        if first.entry.sha256 != second.entry.sha256:
            self._wrong("overlap-false", second_name, "the two files have different content")
            return 0
        return 1

    def _proved(self, record_id: bytes, name: str) -> FileProof | None:
        deposit = self.deposits.get(record_id)
        try:
            proof = FileProof.parse(_file(self.files, name))
            if deposit is None or deposit.dataset_digest is None:
                raise MalformedError("no deposit signs a dataset digest for it")
            verify_file_proof(proof, digest=deposit.dataset_digest, files=deposit.files)
        except ProvenanceError as error:
            self._wrong("overlap-false", name, error)
            return None
        return proof

    def history(self) -> int:
        """(7) Check the consistency proofs; return how many states are one history."""
        roots: dict[int, bytes] = {}
        for size, root in shown_states(self.parts.values()):
            if roots.setdefault(size, root) != root:
                self._wrong("log-split", INDEX_NAME, f"two roots at tree size {size}")
                return 0
        stated = {(one.older, one.newer): one.path for one in self.index.consistency}
        try:
            for older, newer in pairwise(sorted(roots)):
                if (older, newer) not in stated:
                    raise MalformedError(f"expected a proof from {older} to {newer}")
                path = stated[older, newer]
                verify_consistency(older, newer, path, roots[older], roots[newer])
        except ProvenanceError as error:
            self._wrong("history-false", INDEX_NAME, error)
            return 0
        return len(roots)

    def tokens(self) -> dict[str, int]:
        """(8) Read the time-stamp tokens; return what each says, believed or not."""
        found = {}
        for name, parts in self.parts.items():
            if parts.record.type != "statement":
                continue
            statement = read_statement(parts.record)
            if statement.time_token is None:
                continue
            deposit = self.deposits.get(statement.record)
            over = {statement.record, None if deposit is None else deposit.dataset_digest}
            try:
                stamp = read_time_stamp(statement.time_token)
                if stamp.digest not in over:
                    raise MalformedError(f"the token is over {stamp.digest.hex()}")
            except ProvenanceError as error:
                self._wrong("token-false", name, error)
                continue
            found[name] = stamp.time_unix
        return found


def shown_states(receipts: Iterable[Parts]) -> Iterator[tuple[int, bytes]]:
    """Yield tree size and root of every signed state that receipts show, doubles included."""
    for parts in receipts:
        for state in parts.all_states:
            yield state.checkpoint.tree_size, bytes(state.checkpoint.root_hash)


def _other_than_listed(listed: ListedRecord, parts: Parts, verdict: Verdict) -> Iterator[str]:
    """Yield what ``dossier.json`` says otherwise.

    A time that it states and that nobody vouches for now is no contradiction.
    """
    record = parts.record
    pairs: tuple[tuple[str, object, object], ...] = (
        ("id", listed.id.hex(), record.id_hex),
        ("type", listed.type, record.type),
        ("leaf_index", listed.leaf_index, parts.receipt.record.leaf_index),
        ("key", listed.key, record.kid),
        ("level", listed.level, verdict.check("identity").facts.get("level", listed.level)),
    )
    for name, stated, found in pairs:
        if stated != found:
            yield f"{name} is {found}, not {stated}"
    bounds = {"not_before": verdict.not_before, "not_after": verdict.not_after}
    for name, bound in bounds.items():
        stated = getattr(listed, name)
        if bound is not None and stated != bound.time_unix:
            yield f"{name} is {bound.time_unix}, not {stated}"
