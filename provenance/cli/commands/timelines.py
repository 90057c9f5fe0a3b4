"""``timeline``: everything that was said about some records, in the order of the log."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from provenance.attribution_types import EVENTS
from provenance.attribution_values import (
    read_contribution,
    read_correction,
    read_dispute,
    read_response,
    read_ruling,
    read_statement,
    read_transfer,
    read_withdrawal,
)
from provenance.cli.application import Application
from provenance.cli.commands.credits import ANSWERED
from provenance.cli.commands.options import AsJson, LedgerURL
from provenance.cli.files import read_file
from provenance.cli.gathering import (
    AllowDevChain,
    BlockHash,
    entry_json,
    gather,
    record_id_of,
    signer_words,
    standing_words,
    time_words,
)
from provenance.cli.language import N_, _, current
from provenance.cli.output import print_json, say, when
from provenance.cli.signing_about import OwnPolicy
from provenance.dispute_case import dispute_of
from provenance.errors import DriverMissingError, MalformedError, VerificationError
from provenance.record import deposit_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from cryptography.x509 import Certificate

    from provenance.case import Case, Entry
    from provenance.record import Record

__all__ = ["register"]

STATES = {
    "open": N_("open: nobody has decided it"),
    "ruled": N_("decided"),
    "corrected": N_("decided, and corrected as decided"),
    "withdrawn": N_("withdrawn by who opened it"),
}
SIDES = {"claimant": N_("claimant"), "respondent": N_("respondent")}
OUTCOMES = {
    "upheld": N_("upheld"),
    "partly-upheld": N_("partly upheld"),
    "dismissed": N_("dismissed"),
    "settled": N_("settled"),
}


def register(app: Application) -> None:
    """Add the command of this file."""
    app.add("timeline", timeline, help=_("Show all that was said about records, oldest first."))


def timeline(
    record_ids: Annotated[
        list[str], typer.Argument(metavar="ID...", help=_("Deposits or disputes."))
    ],
    ledger: LedgerURL,
    policy: OwnPolicy = None,
    tsa_root: Annotated[
        Path | None,
        typer.Option(
            "--tsa-root", metavar="FILE", help=_("Root certificates (PEM) to check tokens by.")
        ),
    ] = None,
    block_hash: BlockHash = None,
    *,
    allow_dev_chain: AllowDevChain = False,
    as_json: AsJson = False,
) -> None:
    """Show each entry with its time and signer, by receipts that were verified one by one."""
    case = gather(
        [record_id_of(one) for one in record_ids],
        ledger,
        policy,
        block_hash=block_hash or (),
        allow_dev_chain=allow_dev_chain,
    )
    roots = _roots(tsa_root)
    if as_json:
        print_json(_as_json(case, roots))
        return
    for entry in case.entries:
        _tell(case, entry, roots)
    for entry in case.entries:
        if entry.record.type == "dispute":
            _tell_dispute(case, entry)


def _roots(path: Path | None) -> list[Certificate]:
    if path is None:
        return []
    from provenance.files.time_token import read_roots  # noqa: PLC0415 -- only with tokens

    return read_roots(read_file(path))


# --- telling ------------------------------------------------------------------------------


def _tell(case: Case, entry: Entry, roots: list[Certificate]) -> None:
    head = _("entry {index}, {time}: {type} by {who}")
    say(
        head.format(
            index=entry.leaf_index,
            time=time_words(entry),
            type=entry.record.type,
            who=signer_words(entry.signer),
        )
    )
    say(f"  {entry.id.hex()}")
    for line in _lines(case, entry, roots):
        say("  " + line.replace("\n", "\n  "))
    standing = standing_words(case.standing(entry.id))
    if standing:
        say("  " + standing)
    if entry.key_note is not None:
        say("  " + entry.key_note.text(_))
    if not entry.is_effective:
        say("  " + _("DOES NOT COUNT: by this policy the key could not sign it."))


def _lines(case: Case, entry: Entry, roots: list[Certificate]) -> Iterator[str]:
    words = _WORDS.get(entry.record.type)
    if words is not None:
        yield from (line for line in words(entry.record) if line)
    token = _token_words(case, entry, roots)
    if token:
        yield token


def _of_deposit(record: Record) -> Iterator[str]:
    yield deposit_of(record).title or ""


def _of_contribution(record: Record) -> Iterator[str]:
    people = [one.contributor for one in read_contribution(record).people]
    yield "; ".join(_("somebody who is not shown") if one is None else one.name for one in people)


def _of_response(record: Record) -> Iterator[str]:
    response = read_response(record)
    yield _(ANSWERED[response.answer])
    yield response.reason or ""


def _of_transfer(record: Record) -> Iterator[str]:
    yield _("to {key}").format(key=read_transfer(record).to)


def _of_withdrawal(record: Record) -> Iterator[str]:
    yield read_withdrawal(record).reason or ""


def _of_correction(record: Record) -> Iterator[str]:
    correction = read_correction(record)
    yield _("of {id}").format(id=correction.record.hex())
    if correction.superseded_by is not None:
        yield _("instead holds {id}").format(id=correction.superseded_by.hex())
    yield correction.reason or ""


def _of_dispute(record: Record) -> Iterator[str]:
    dispute = read_dispute(record)
    for party in dispute.parties:
        if party is not None:
            yield f"{_(SIDES[party.side])}: {party.name}"
    yield dispute.question or ""


def _of_ruling(record: Record) -> Iterator[str]:
    ruling = read_ruling(record)
    yield _(OUTCOMES[ruling.outcome])
    yield ruling.reasons or ""


def _of_statement(record: Record) -> Iterator[str]:
    statement = read_statement(record)
    if statement.event is not None:
        chinese = current().startswith("zh")
        yield EVENTS[statement.event] if chinese else statement.event
    if statement.occurred_unix is not None:
        yield _("occurred {time}, as claimed").format(time=when(statement.occurred_unix))
    yield statement.text or ""
    names = statement.evidence_names or ("",) * len(statement.evidence)
    for name, digest in zip(names, statement.evidence, strict=False):
        yield f"{name} SHA-256 {digest.hex()}".strip()


_WORDS: dict[str, Callable[[Record], Iterator[str]]] = {
    "deposit": _of_deposit,
    "contribution": _of_contribution,
    "response": _of_response,
    "transfer": _of_transfer,
    "withdrawal": _of_withdrawal,
    "correction": _of_correction,
    "dispute": _of_dispute,
    "ruling": _of_ruling,
    "statement": _of_statement,
}


def _tell_dispute(case: Case, entry: Entry) -> None:
    """Say how a dispute stands, and on which side each statement is."""
    found = dispute_of(case, entry.id)
    state = _("Dispute {id}: {state}")
    say(state.format(id=entry.id.hex(), state=_(STATES[found.state.state])))
    for disputed in found.records:
        line = _("in dispute, entry {index}: {who}")
        say("  " + line.format(index=disputed.leaf_index, who=signer_words(disputed.signer)))
    for one in found.evidence:
        side = _("no party's") if one.side is None else _(SIDES[one.side])
        line = _("statement at entry {index}: {side}")
        say("  " + line.format(index=one.entry.leaf_index, side=side))


# --- tokens -------------------------------------------------------------------------------


def _token(case: Case, entry: Entry, roots: list[Certificate]) -> dict[str, object] | None:
    """Judge the token of a statement; None where there is none.

    Over the statement's own subject, never over the statement: it is older than that.
    """
    statement = read_statement(entry.record) if entry.record.type == "statement" else None
    if statement is None or statement.time_token is None:
        return None
    # imported here: the package is only needed where there is a token
    from provenance.files import time_token  # noqa: PLC0415 -- see above

    token, subject = statement.time_token, case.get(statement.record)
    digests = [statement.record]
    if subject is not None and subject.record.type == "deposit":
        dataset = deposit_of(subject.record).dataset_digest
        digests += [] if dataset is None else [dataset]
    try:
        said = time_token.read_token(token)
        time_token.check_digest(said, digests)
        checked = "not-checked"
        if roots:
            time_token.verify_token(token, digests, roots)
            checked = "proved"
    except (MalformedError, VerificationError) as error:
        return {"checked": "false", "detail": str(error)}
    except DriverMissingError as error:
        return {"checked": "not-checked", "detail": str(error)}
    return {
        "checked": checked,
        "digest": said.digest.hex(),
        "time": said.time_unix,
        "authority": said.authority,
    }


def _token_words(case: Case, entry: Entry, roots: list[Certificate]) -> str:
    found = _token(case, entry, roots)
    if found is None:
        return ""
    if "digest" not in found:
        return _("time token NOT VALID: {detail}").format(detail=found["detail"])
    proved = found["checked"] == "proved"
    said = _("time token: {digest} not after {time}, by {authority}{note}")
    return said.format(
        digest=found["digest"],
        time=when(int(str(found["time"]))),
        authority=found["authority"],
        note="" if proved else " " + _("(signature not checked: --tsa-root FILE)"),
    )


def _as_json(case: Case, roots: list[Certificate]) -> dict[str, object]:
    return {
        "subjects": [one.hex() for one in case.subjects],
        "missing": [one.hex() for one in case.missing],
        "entries": [
            {
                **entry_json(entry),
                "effective": entry.is_effective,
                "claims": entry.record.payload,
                "standing": case.standing(entry.id).to_json(),
                "time_token": _token(case, entry, roots),
            }
            for entry in case.entries
        ],
    }
