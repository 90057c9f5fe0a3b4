"""Read the files of a deposit again as asked, sign what came out, and send it if wished."""

from __future__ import annotations

import hashlib
import itertools
import os
import time
from collections import deque
from contextlib import ExitStack
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import partial
from importlib.metadata import version as installed_version
from math import ceil
from pathlib import Path
from typing import TYPE_CHECKING

from provenance.assurance import chance_of_missing
from provenance.cli.commands.fingerprints import hashing_progress
from provenance.cli.commands.options import home_of
from provenance.cli.commands.policies import read_policy
from provenance.cli.files import read_file, write_file
from provenance.cli.sending import MANIFEST, Answer, Sending
from provenance.cli.signer import Signer, sign_record
from provenance.errors import (
    MalformedError,
    ManifestMismatchError,
    ProvenanceError,
    VerificationError,
)
from provenance.files.fixity_state import Begun, FixityState, Names
from provenance.files.manifest_file import read_manifest
from provenance.files.outbox import Outbox, read_submission, write_submission
from provenance.files.recheck import portions, recheck
from provenance.fingerprint import Tally, check_published
from provenance.fixity_report import SEED_BYTES, FixityReport, draw, tally_of
from provenance.receipt import Receipt
from provenance.record import deposit_of, parse_record
from provenance.verdict import not_in_log
from provenance.verify import verify_receipt

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from provenance.cli.places import Url
    from provenance.files.recheck import Rechecked
    from provenance.fingerprint import FileEntry, Summary

__all__ = [
    "CERTAINTY",
    "Deposited",
    "Outcome",
    "Reading",
    "Wish",
    "bad_files",
    "chance",
    "deposited_at",
    "sent",
]

CERTAINTY = Fraction(95, 100)
"""With which a share of bad files is to be found, where the sample is chosen by it."""


@dataclass(frozen=True, slots=True)
class Wish:
    """Which files to read: ``sample`` of them, enough to find ``share``, or else all."""

    sample: int | None = None
    share: Fraction | None = None
    """Of bad files, above 0 and at most 1."""
    seed: bytes | None = None
    """32 bytes that somebody asked for; None draws at random."""

    @property
    def asked(self) -> str:
        """The word for it in a report."""
        if self.share is not None:
            return "share"
        return "all" if self.sample is None else "sample"

    def count(self, files: int) -> int:
        """Return how many of so many files are due."""
        if self.share is not None:
            return _enough(files, bad_files(files, self.share))
        return files if self.sample is None else min(self.sample, files)


def bad_files(files: int, share: Fraction) -> int:
    """Return how many files a share of them is, at least one."""
    return ceil(files * share)


def chance(report: FixityReport, share: Fraction) -> Fraction:
    """Return the chance that the files that were read are all sound though a share is bad."""
    return chance_of_missing(report.files, report.checked, bad_files(report.files, share))


def _enough(files: int, bad: int) -> int:
    """Return the smallest sample that misses all of the bad files rarely enough."""
    low, high = 1, files
    while low < high:
        middle = (low + high) // 2
        if chance_of_missing(files, middle, bad) <= 1 - CERTAINTY:
            high = middle
        else:
            low = middle + 1
    return low


@dataclass(frozen=True, slots=True)
class Deposited:
    """A deposit whose files are to be read again: what its receipt signs, and where they lie."""

    record: bytes
    """Record id, 32 bytes."""
    origin: str
    """Name of the log that the deposit is in."""
    signed: Summary
    manifest: Path
    data: Path | Url

    def due(self, wish: Wish, seed: bytes) -> Iterable[FileEntry]:
        """Return the files to read, after reading the whole manifest: it is the signed one."""
        count = wish.count(self.signed.files)
        entries = read_manifest(self.manifest)
        if count < self.signed.files:
            return draw(entries, count, seed)
        deque(entries, maxlen=0)  # whether it is whole shows at its end
        return read_manifest(self.manifest)


def deposited_at(
    receipt: Path, data: Path | Url, manifest: Path | None, policy: Path | None
) -> Deposited:
    """Read a receipt and the header of the manifest.

    Raises:
        MalformedError: not the receipt of a deposit with a dataset digest, or no such manifest.
        VerificationError: by the policy, if one is given, the record is no entry of the log.
    """
    octets = read_file(receipt)
    record = parse_record(Receipt.parse(octets).record.sd_jwt.encode("ascii"), complete=False)
    deposit = deposit_of(record)
    signed = deposit.summary
    if signed is None and deposit.sealed:
        raise MalformedError(
            "the dataset digest is sealed, and a fixity record would name it", field="RECEIPT"
        )
    if signed is None:
        raise MalformedError("expected a dataset digest, got a declared one only", field="RECEIPT")
    if policy is not None:
        verdict = verify_receipt(octets, read_policy(policy), now_unix=int(time.time()))
        wrong = not_in_log(verdict.checks)
        if wrong is not None:
            raise VerificationError(f"check {wrong.number}, {wrong.text()}", field=str(receipt))
    lies = manifest if manifest is not None else receipt.parent / MANIFEST
    if manifest is None and not lies.exists():
        raise MalformedError("is needed: none lies beside the receipt", field="--manifest")
    header = read_manifest(lies).header
    try:
        # who hashed which file first is nothing that reading it again can say
        check_published(header, replace(signed, imported=header.imported))
    except ManifestMismatchError as error:
        raise MalformedError(
            f"{lies} is not the manifest that the receipt signs: {error}", field="--manifest"
        ) from error
    return Deposited(record.id, record.aud, signed, lies, data)


@dataclass(frozen=True, slots=True)
class Outcome:
    """A reading that is over, and where it is kept."""

    report: FixityReport
    names: Names
    went_on: bool
    """Whether it went on where another run had broken off."""
    answer: Answer | None = None
    """None when the record was not sent."""
    problem: ProvenanceError | None = None
    """Why it could not be sent."""


@dataclass(frozen=True, slots=True)
class Reading:
    """How files are read again, by whom, and where the report goes."""

    wish: Wish
    signer: Signer
    policy: Path | None
    ledger: str | None
    """Where the record is sent; None keeps it for later."""
    home: Path | None

    def read(self, deposited: Deposited, state: FixityState, report: Path | None = None) -> Outcome:
        """Read the files, write the report and sign it; ``send`` is for later.

        The caller holds the lock of ``state``.

        Args:
            state: where it is kept, and the report unless ``report`` names it.
        """
        found, went_on = self._read_files(deposited, state)
        names = state.names(found.ended_unix) if report is None else Names(report)
        write_file(names.report, found.to_bytes(), replace=False)
        compacts = sign_record(
            "fixity", found.claims(), signer=self.signer, origin=deposited.origin
        )
        write_submission(names.records, compacts)
        state.end()
        return Outcome(found, names, went_on)

    def send(self, names: Names) -> Answer:
        """Send a signed record that was kept; as often as it takes."""
        if self.ledger is None:
            raise RuntimeError("a record was to be sent, and nowhere to send it to")
        submission = Outbox(home_of(self.home)).save(read_submission(names.records).compacts)
        folder, name = names.receipt.parent, names.receipt.name
        return Sending(self.ledger, self.policy, folder, self.home, name).send(submission)

    def _read_files(self, deposited: Deposited, state: FixityState) -> tuple[FixityReport, bool]:
        begun, went_on = self._begin(deposited, state)
        tally = Tally()
        due = tally_of(deposited.due(self.wish, begun.seed or b""), tally)
        until = begun.so_far.until
        rest = itertools.dropwhile(lambda one: one.path <= until, due)
        data, is_one_file = deposited.data, deposited.signed.files == 1
        again = _again(data)
        with ExitStack() as stack:
            whole = data if self.wish.asked == "all" and isinstance(data, Path) else None
            on_progress = _onward(stack.enter_context(hashing_progress(whole)), begun.so_far)
            for portion in portions(rest):
                some = again(portion, only_file=is_one_file, on_progress=on_progress)
                begun = replace(begun, so_far=begun.so_far.then(some))
                state.keep(begun)
        return _report(deposited, begun, tally), went_on

    def _begin(self, deposited: Deposited, state: FixityState) -> tuple[Begun, bool]:
        count = self.wish.count(deposited.signed.files)
        is_whole = count == deposited.signed.files
        begun = Begun(
            data=hashlib.sha256(_place(deposited.data)).digest(),
            asked=self.wish.asked,
            count=count,
            seed=None if is_whole else self.wish.seed or os.urandom(SEED_BYTES),
            started_unix=int(time.time()),
        )
        earlier = state.begun()
        if earlier is None or not earlier.may_go_on(begun, has_own_seed=bool(self.wish.seed)):
            return begun, False
        return earlier, True


def _again(data: Path | Url) -> Callable[..., Rechecked]:
    """Return what reads files again at a place of this machine, or behind a URL."""
    if isinstance(data, Path):
        return partial(recheck, data)
    # imported here: what reads URLs takes a second, and a path needs none of it
    from provenance.remote.recheck_url import recheck_url  # noqa: PLC0415

    return partial(recheck_url, data)


def _place(data: Path | Url) -> bytes:
    """Return what names a place wherever the command is run."""
    return os.fsencode(data.resolve() if isinstance(data, Path) else str(data))


def _onward(
    on_progress: Callable[[int, int], None] | None, so_far: Rechecked
) -> Callable[[int, int], None] | None:
    """Let the counts of each portion go on from those of the portions before it."""
    if on_progress is None:
        return None
    done, last = (0, so_far.length), (0, 0)

    def tell(files: int, octets: int) -> None:
        nonlocal done, last
        if (files, octets) < last:  # another portion begins
            done = (done[0] + last[0], done[1] + last[1])
        last = (files, octets)
        on_progress(done[0] + files, done[1] + octets)

    return tell


def _report(deposited: Deposited, begun: Begun, tally: Tally) -> FixityReport:
    found, checked = begun.so_far, tally.summary()
    return FixityReport(
        record=deposited.record,
        dataset_digest=deposited.signed.digest,
        files=deposited.signed.files,
        asked=begun.asked,
        seed=begun.seed,
        checked=checked.files,
        failed=found.failed,
        missing=found.missing,
        length=found.length,
        checked_digest=checked.digest,
        bad=found.bad,
        started_unix=begun.started_unix,
        # a clock that was set back meanwhile must not keep a reading from being reported
        ended_unix=max(begun.started_unix, int(time.time())),
        tool=f"provenance-ledger {installed_version('provenance-ledger')}",
    )


def sent(reading: Reading, outcome: Outcome) -> Outcome:
    """Send the record if that was asked for; what came out is told in any case."""
    if reading.ledger is None:
        return outcome
    try:
        return replace(outcome, answer=reading.send(outcome.names))
    except ProvenanceError as error:
        return replace(outcome, problem=error)
