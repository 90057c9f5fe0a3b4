"""``statement``, ``dispute``, ``ruling``, ``correct``, ``withdraw``, ``transfer``.

What is said about records that are in the log already. Nothing is ever removed there: a record
that is withdrawn, wrong or disputed is shown together with what says so.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, cast

import typer

from provenance.attribution_types import DISPUTED, EVENTS, OUTCOMES, SIDES
from provenance.cli.application import Application
from provenance.cli.claims import contributor_of, relation_of
from provenance.cli.commands.fingerprints import hashing_progress
from provenance.cli.commands.options import AsJson, Home, Key, LedgerURL, Passphrase
from provenance.cli.files import read_file
from provenance.cli.gathering import RecordId, record_id_of
from provenance.cli.language import _, current
from provenance.cli.output import warn, when
from provenance.cli.signing_about import (
    OwnPolicy,
    Prose,
    ReceiptFile,
    Wish,
    prose_of,
    sign_about,
)
from provenance.client import LedgerClient
from provenance.digests import from_hex, to_b64
from provenance.errors import MalformedError
from provenance.text import nfc

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["register"]

_EVIDENCE = re.compile("(?:(.+)=)?([0-9a-f]{64})")


def register(app: Application) -> None:
    """Add the commands of this file."""
    app.add("statement", statement, help=_("State an event of a dataset, or bring evidence."))
    app.add("dispute", dispute, help=_("Open a dispute, with a key that an institution bound."))
    app.add("ruling", ruling, help=_("Decide a dispute, with a key of the institution."))
    app.add("correct", correct, help=_("Say that a record is wrong, and what holds instead."))
    app.add("withdraw", withdraw, help=_("No longer stand by a record of yours."))
    app.add("transfer", transfer, help=_("Hand a deposit of yours to another key."))


def statement(
    record_id: RecordId,
    ledger: LedgerURL,
    text: Annotated[
        str | None,
        typer.Option("--text", metavar="TEXT", help=_("In your words; @FILE reads a file.")),
    ] = None,
    event: Annotated[
        str | None,
        typer.Option(
            "--event",
            metavar="EVENT",
            help=_("collect, process, submit, preserve, share, use, ..."),
        ),
    ] = None,
    occurred: Annotated[
        str | None,
        typer.Option("--occurred", metavar="TIME", help=_("When, as 2026-05-01T09:30Z; claimed.")),
    ] = None,
    evidence: Annotated[
        list[str] | None,
        typer.Option(
            "--evidence",
            metavar="FILE|NAME=DIGEST",
            help=_("A file to be hashed here, or its name and SHA-256; may repeat."),
        ),
    ] = None,
    relation: Annotated[
        list[str] | None,
        typer.Option(
            "--relation",
            metavar="WORD=ID",
            help=_("Other data; with --event use, what was made with this: may repeat."),
        ),
    ] = None,
    time_token: Annotated[
        Path | None,
        typer.Option(
            "--time-token", metavar="FILE", help=_("An RFC 3161 token over the record's id.")
        ),
    ] = None,
    tsa_root: Annotated[
        Path | None,
        typer.Option(
            "--tsa-root", metavar="FILE", help=_("Root certificates (PEM) to check the token by.")
        ),
    ] = None,
    key: Key = None,
    policy: OwnPolicy = None,
    output: ReceiptFile = None,
    passphrase: Passphrase = None,
    home: Home = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Sign a statement about a deposit or in a dispute."""
    record_id_of(record_id)
    pieces = [_piece(one) for one in evidence or ()]
    claims: dict[str, object] = {
        "record": record_id,
        "event": None if event is None else _event(event),
        "occurred": None if occurred is None else _moment(occurred),
        "evidence": [digest for _name, digest in pieces],
        "evidence_names": [name for name, _digest in pieces],
        "relations": [relation_of(one) for one in relation or ()],
        "text": prose_of(text, "--text"),
        "time_token": None
        if time_token is None
        else _token(time_token, tsa_root, record_id, ledger),
    }
    sign_about("statement", claims, Wish(ledger, policy, key, passphrase, home, output, as_json))


def _event(text: str) -> str:
    """Read an event in English or Chinese."""
    by_name = {chinese: word for word, chinese in EVENTS.items()}
    found = by_name.get(nfc(text), text)
    if found not in EVENTS:
        known = ", ".join(f"{word} {chinese}" for word, chinese in EVENTS.items())
        raise MalformedError(f"expected one of {known}; got {text!a:.40}", field="--event")
    return found


def _moment(text: str) -> int:
    """Read a time with its zone as POSIX seconds."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise MalformedError(f"expected 2026-05-01T09:30Z: {error}", field="--occurred") from error
    if moment.tzinfo is None:
        raise MalformedError("expected a zone, as Z or +08:00", field="--occurred")
    seconds = int(moment.astimezone(UTC).timestamp())
    if seconds < 0:
        raise MalformedError("expected a time since 1970", field="--occurred")
    return seconds


def _piece(text: str) -> tuple[str, str]:
    """Return name and SHA-256 of a piece of evidence; its bytes stay where they are."""
    match = _EVIDENCE.fullmatch(text)
    if match is not None and not Path(text).exists():
        return nfc(match[1] or match[2]), match[2]
    from provenance.files.walk import hash_dataset  # noqa: PLC0415 -- brings processes along

    path = Path(text)
    if not path.is_file():
        raise MalformedError(f"{text!a:.100}: neither a file nor NAME=DIGEST", field="--evidence")
    with hashing_progress() as on_progress:
        (entry,) = hash_dataset(path, on_progress=on_progress)
    return nfc(path.name), entry.sha256.hex()


def _token(path: Path, root: Path | None, record_id: str, ledger: str) -> str:
    """Return a token in base64, once it is over the record or its dataset.

    A whole answer of an authority is reduced to its token.

    Raises:
        VerificationError: it is over something else, or not of an authority under ``root``.
        MalformedError: it is no token.
    """
    # imported here: no other command needs the package
    from provenance.files import time_token  # noqa: PLC0415 -- see above

    token = time_token.token_of(read_file(path))
    with LedgerClient(ledger, language=current()) as client:
        claims = cast("dict[str, object]", client.record(record_id).get("claims", {}))
    digests = [record_id_of(record_id)]
    if isinstance(dataset := claims.get("dataset_digest"), str):
        digests.append(from_hex(dataset, field="dataset_digest"))
    if root is not None:
        said = time_token.verify_token(token, digests, time_token.read_roots(read_file(root)))
    else:
        said = time_token.read_token(token)
        time_token.check_digest(said, digests)
        warn(_("The token's signature is not checked: give --tsa-root FILE."))
    line = _("The token says {time}, by {authority}.")
    warn(line.format(time=when(said.time_unix), authority=said.authority))
    return to_b64(token)


def dispute(
    record_ids: Annotated[
        list[str], typer.Argument(metavar="ID...", help=_("The records in dispute."))
    ],
    ledger: LedgerURL,
    about: Annotated[
        list[str],
        typer.Option(
            "--about",
            metavar="WORD",
            help=_("priority, authorship, roles, content, rights or other; may repeat."),
        ),
    ],
    party: Annotated[
        list[str],
        typer.Option(
            "--party",
            metavar="TEXT",
            help=_("As 'claimant: Name; orcid=...' or 'respondent: Name; ror=...'; may repeat."),
        ),
    ],
    question: Annotated[
        str | None,
        typer.Option("--question", metavar="TEXT", help=_("What is to be decided.")),
    ] = None,
    key: Key = None,
    policy: OwnPolicy = None,
    output: ReceiptFile = None,
    passphrase: Passphrase = None,
    home: Home = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Open a dispute: every view of these records says so from now on."""
    claims: dict[str, object] = {
        "records": _ids(record_ids, "ID"),
        "claims": _words(about, DISPUTED, "--about"),
        "parties": [_party(one) for one in party],
        "question": prose_of(question, "--question"),
    }
    sign_about("dispute", claims, Wish(ledger, policy, key, passphrase, home, output, as_json))


def _party(text: str) -> dict[str, object]:
    side, _colon, person = text.partition(":")
    if side.strip() not in SIDES:
        raise MalformedError(
            f"expected claimant: or respondent:, got {text!a:.40}", field="--party"
        )
    return contributor_of(person.strip()) | {"side": side.strip()}


def _ids(texts: Sequence[str], field: str) -> list[str]:
    return [from_hex(one, field=field).hex() for one in texts]


def _words(texts: Sequence[str], known: Sequence[str], field: str) -> list[str]:
    for one in texts:
        if one not in known:
            message = f"expected one of {', '.join(known)}; got {one!a:.40}"
            raise MalformedError(message, field=field)
    return list(dict.fromkeys(texts))


def ruling(
    dispute_id: Annotated[str, typer.Argument(metavar="DISPUTE", help=_("The dispute's id."))],
    outcome: Annotated[
        str,
        typer.Argument(metavar="OUTCOME", help=_("upheld, partly-upheld, dismissed or settled.")),
    ],
    ledger: LedgerURL,
    corrects: Annotated[
        list[str] | None,
        typer.Option("--corrects", metavar="ID", help=_("A record found wrong; may repeat.")),
    ] = None,
    reason: Prose = None,
    key: Key = None,
    policy: OwnPolicy = None,
    output: ReceiptFile = None,
    passphrase: Passphrase = None,
    home: Home = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Sign the institution's decision."""
    claims: dict[str, object] = {
        "record": record_id_of(dispute_id).hex(),
        "outcome": _words([outcome], OUTCOMES, "OUTCOME")[0],
        "corrects": _ids(corrects or [], "--corrects"),
        "reasons": prose_of(reason, "--reason"),
    }
    sign_about("ruling", claims, Wish(ledger, policy, key, passphrase, home, output, as_json))


def correct(
    record_id: RecordId,
    ledger: LedgerURL,
    by: Annotated[
        str | None,
        typer.Option("--by", metavar="ID", help=_("The record that holds instead.")),
    ] = None,
    ruling_id: Annotated[
        str | None,
        typer.Option("--ruling", metavar="ID", help=_("The ruling that asks for it.")),
    ] = None,
    reason: Prose = None,
    key: Key = None,
    policy: OwnPolicy = None,
    output: ReceiptFile = None,
    passphrase: Passphrase = None,
    home: Home = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Sign a correction: the wrong record stays, and is shown with it."""
    claims: dict[str, object] = {
        "record": record_id_of(record_id).hex(),
        "ruling": None if ruling_id is None else from_hex(ruling_id, field="--ruling").hex(),
        "superseded_by": None if by is None else from_hex(by, field="--by").hex(),
        "reason": prose_of(reason, "--reason"),
    }
    sign_about("correction", claims, Wish(ledger, policy, key, passphrase, home, output, as_json))


def withdraw(
    record_id: RecordId,
    ledger: LedgerURL,
    reason: Prose = None,
    key: Key = None,
    policy: OwnPolicy = None,
    output: ReceiptFile = None,
    passphrase: Passphrase = None,
    home: Home = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Sign a withdrawal; the record and its proofs stay."""
    claims: dict[str, object] = {
        "record": record_id_of(record_id).hex(),
        "reason": prose_of(reason, "--reason"),
    }
    sign_about("withdrawal", claims, Wish(ledger, policy, key, passphrase, home, output, as_json))


def transfer(
    record_id: RecordId,
    to: Annotated[str, typer.Argument(metavar="KEY", help=_("Thumbprint of the other's key."))],
    ledger: LedgerURL,
    key: Key = None,
    policy: OwnPolicy = None,
    output: ReceiptFile = None,
    passphrase: Passphrase = None,
    home: Home = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Sign a transfer: the other key speaks for the deposit from then on."""
    claims: dict[str, object] = {"record": record_id_of(record_id).hex(), "to": to}
    sign_about("transfer", claims, Wish(ledger, policy, key, passphrase, home, output, as_json))
