"""Send signed records to a ledger, check what comes back, and keep it."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from provenance import strict_json
from provenance.cli.commands.options import home_of
from provenance.cli.commands.policies import read_policy
from provenance.cli.files import write_file
from provenance.cli.language import _, current
from provenance.cli.output import warn
from provenance.client import LedgerClient, is_temporary
from provenance.errors import (
    FileAccessError,
    RefusedByServiceError,
    UnavailableError,
    VerificationError,
)
from provenance.files.outbox import Outbox
from provenance.holder_statement import PUBLICATION, issue_statement
from provenance.policy import Policy
from provenance.receipt import Receipt
from provenance.verdict import not_in_log
from provenance.verify import verify_receipt

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from provenance.files.outbox import Submission
    from provenance.signing_key import SigningKey

__all__ = ["MANIFEST", "RECEIPT", "Answer", "Sending", "receipt_name"]

MANIFEST = "manifest.jsonl"
RECEIPT = "receipt.json"


def receipt_name(submission: Submission) -> str:
    """Return what to call the receipt of saved records, beside them.

    That of a deposit has the name of its own; another one must not take its place.
    """
    if submission.records[-1].type == "deposit":
        return RECEIPT
    return f"{submission.path.name.removesuffix('.records')}.{RECEIPT}"


@dataclass(frozen=True, slots=True)
class Answer:
    """A record that is in the log, and where its receipt was put."""

    submission: Submission
    leaf_index: int
    is_new: bool
    receipt: Path


@dataclass(frozen=True, slots=True)
class Sending:
    """Where records go, and where what comes back is kept."""

    ledger: str
    policy: Path | None
    folder: Path
    home: Path | None
    receipt: str = RECEIPT
    """Name of the receipt in the folder."""

    def send(self, submission: Submission) -> Answer:
        """Send exactly the saved bytes, check the receipt, keep it."""
        compacts = [compact.decode("ascii") for compact in submission.compacts]
        try:
            with LedgerClient(self.ledger, language=current()) as client:
                results = client.submit_batch(compacts)
                octets = _receipt_of(results)
                fetched = b"" if self.policy is not None else client.policy()
        except UnavailableError:
            warn(_("Signed and saved: {path}").format(path=submission.path))
            warn(_("Send it later with: provenance deposit --resume FILE --ledger URL"))
            raise
        trusted = (
            read_policy(self.policy) if self.policy is not None else Policy.parse(fetched or b"")
        )
        receipt = _check(octets, submission, trusted)
        Outbox(home_of(self.home)).acknowledge(submission, octets)
        target = self.folder / self.receipt
        write_file(target, octets)
        is_new = results[-1].get("status") == "integrated"
        return Answer(submission, receipt.record.leaf_index, is_new, target)

    def publish(self, answer: Answer, private_key: SigningKey) -> None:
        """Publish the manifest beside the receipt, on the signer's order."""
        statement = issue_statement(
            PUBLICATION,
            record_id=answer.submission.id,
            private_key=private_key,
            aud=answer.submission.records[-1].aud,
            iat=int(time.time()),
            jti=os.urandom(16).hex(),
        )
        manifest = self.folder / MANIFEST
        try:
            with (
                manifest.open("rb") as file,
                LedgerClient(self.ledger, language=current()) as client,
            ):
                chunks = iter(lambda: file.read(1 << 20), b"")
                client.put_manifest(answer.submission.id, chunks, statement)
        except OSError as error:
            raise FileAccessError(f"{manifest}: {error.strerror}") from error


def _receipt_of(results: Sequence[dict[str, object]]) -> bytes:
    """Return the last record's receipt, or raise what the service said of the first refusal."""
    for result in results:
        problem = cast("dict[str, object] | None", result.get("problem"))
        if problem is not None:
            status, detail = int(str(problem.get("status", 400))), str(problem.get("detail"))
            if is_temporary(status):
                raise UnavailableError(f"{detail} (status {status}: try again later)")
            raise RefusedByServiceError(
                status=status,
                code=str(problem.get("code")),
                detail=detail,
                field=cast("str | None", problem.get("field")),
            )
    receipt = results[-1].get("receipt") if results else None
    return strict_json.dump(receipt) + b"\n"


def _check(octets: bytes, submission: Submission, policy: Policy) -> Receipt:
    """Believe no service: the receipt must be for what was sent, and verify."""
    receipt = Receipt.parse(octets)
    if receipt.record.sd_jwt.partition("~")[0].encode("ascii") != submission.records[-1].entry:
        raise VerificationError("the service answered with the receipt of another record")
    verdict = verify_receipt(octets, policy, now_unix=int(time.time()))
    wrong = not_in_log(verdict.checks)
    if wrong is not None:
        raise VerificationError(
            f"the receipt does not verify: check {wrong.number}, {wrong.text()}"
        )
    return receipt
