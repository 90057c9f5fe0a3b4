"""Signed records, saved before they are sent, so that a retry sends the very same bytes.

Signing again would make new salts and so another record: once signed, these bytes are the ones.

    <folder>/outbox/<record id>.records         one SD-JWT a line, with all its disclosures
    <folder>/outbox/<record id>.receipt.json    the receipt: then, and only then, acknowledged

The id is that of the last record; a ``key`` record may stand before the deposit it goes with.
A crash at any moment leaves a submission unsaved (nothing was sent), pending (it may have
arrived: sent again, it is answered with the same index) or acknowledged.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from provenance.errors import AlreadyExistsError, FileAccessError, MalformedError, TooLargeError
from provenance.files import atomic
from provenance.record import parse_record

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from provenance.record import Record

__all__ = ["MAX_SUBMISSION_BYTES", "Outbox", "Submission", "read_submission", "write_submission"]

MAX_SUBMISSION_BYTES = 16 << 20
"""What a service takes as one batch."""


@dataclass(frozen=True, slots=True)
class Submission:
    """Signed records that go out together, in this order."""

    path: Path
    records: tuple[Record, ...]
    receipt: Path | None
    """Where the receipt of the last record lies; None while the submission is pending."""

    @property
    def id(self) -> str:
        """Record id of the last record, lower-case hex."""
        return self.records[-1].id_hex

    @property
    def compacts(self) -> tuple[bytes, ...]:
        """The wire bytes, as they were signed."""
        return tuple(record.compact for record in self.records)


class Outbox:
    """The submissions of a person, in one folder."""

    def __init__(self, folder: Path) -> None:
        """Use ``folder``, which is made when the first submission is saved."""
        self._folder = folder / "outbox"

    def save(self, compacts: Sequence[bytes]) -> Submission:
        """Make signed records durable; only then may they be sent. Saving twice is once.

        Raises:
            MalformedError: a record that does not parse, or lacks a disclosure.
            AlreadyExistsError: the same record with other disclosures is here.
            FileAccessError: the outbox cannot be written.
        """
        records = _parse(compacts)
        path = self._folder / f"{records[-1].id_hex}.records"
        if path.exists():
            kept = self._read(path)
            # the ``key`` record before it was signed anew, with other salts: the kept one will do
            if kept.records[-1] != records[-1]:
                raise AlreadyExistsError(f"{path} holds the record with other bytes; send those")
            return kept
        try:
            atomic.make_folder(self._folder)
        except OSError as error:
            raise FileAccessError(f"{self._folder}: {error.strerror}") from error
        write_submission(path, compacts)
        return Submission(path, records, None)

    def acknowledge(self, submission: Submission, receipt: bytes) -> Submission:
        """Keep the receipt durably; the caller has verified it.

        A later, completed receipt of the same record takes the place of an earlier one.
        """
        path = self._receipt(submission.id)
        try:
            atomic.write_bytes(path, receipt, mode=atomic.PRIVATE)
        except OSError as error:
            raise FileAccessError(f"{path}: {error.strerror}") from error
        return Submission(submission.path, submission.records, path)

    def submissions(self) -> tuple[Submission, ...]:
        """Return all, by record id.

        Raises:
            FileAccessError: one that cannot be read.
            MalformedError: one that is damaged.
        """
        return tuple(self._read(path) for path in sorted(self._folder.glob("*.records")))

    def pending(self) -> tuple[Submission, ...]:
        """Return those without a receipt, by record id; raises as ``submissions``."""
        return tuple(found for found in self.submissions() if found.receipt is None)

    def _read(self, path: Path) -> Submission:
        submission = read_submission(path)
        receipt = self._receipt(submission.id)
        return Submission(path, submission.records, receipt if receipt.exists() else None)

    def _receipt(self, record_id: str) -> Path:
        return self._folder / f"{record_id}.receipt.json"


def write_submission(path: Path, compacts: Sequence[bytes]) -> None:
    """Write signed records, with all their disclosures, to a file that is durable or not there.

    Raises:
        FileAccessError: it cannot be written.
        AlreadyExistsError: there is a file already.
    """
    octets = b"".join(compact + b"\n" for compact in compacts)
    try:
        atomic.write_bytes(path, octets, mode=atomic.PRIVATE, replace=False)
    except OSError as error:
        raise FileAccessError(f"{path}: {error.strerror}") from error


def read_submission(path: Path) -> Submission:
    """Read a file that ``write_submission`` wrote, perhaps on another machine.

    Raises:
        FileAccessError: it cannot be read.
        MalformedError: a record that does not parse, or lacks a disclosure.
    """
    try:
        with path.open("rb") as file:
            octets = file.read(MAX_SUBMISSION_BYTES + 1)
    except OSError as error:
        raise FileAccessError(f"{path}: {error.strerror}") from error
    if len(octets) > MAX_SUBMISSION_BYTES:
        raise TooLargeError(limit=MAX_SUBMISSION_BYTES, length=len(octets), unit="bytes")
    return Submission(path, _parse(octets.splitlines()), None)


def _parse(compacts: Sequence[bytes]) -> tuple[Record, ...]:
    if not compacts:
        raise MalformedError("expected at least one record, got none")
    records = []
    for number, compact in enumerate(compacts, start=1):
        try:
            records.append(parse_record(compact, complete=True))
        except MalformedError as error:
            raise MalformedError(f"record {number}: {error}", field=error.field) from error
    return tuple(records)
