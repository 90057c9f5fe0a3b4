"""``deposit``: fingerprint, sign, save, send, keep the receipt; or sign now and send later."""

from __future__ import annotations

import os
import re
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, cast

import typer

from provenance import strict_json
from provenance.cli.application import Application
from provenance.cli.commands.fingerprints import fingerprint_to
from provenance.cli.commands.options import (
    AsJson,
    Home,
    Passphrase,
    home_of,
    key_store,
    read_passphrase,
)
from provenance.cli.commands.policies import read_policy
from provenance.cli.language import _, current
from provenance.cli.output import print_fields, print_json, say, when
from provenance.client import LedgerClient
from provenance.errors import (
    FileAccessError,
    MalformedError,
    RefusedByServiceError,
    VerificationError,
)
from provenance.files.atomic import make_folder, write_bytes
from provenance.files.outbox import Outbox, read_submission, write_submission
from provenance.fingerprint import Summary
from provenance.holder_statement import PUBLICATION, issue_statement
from provenance.identifiers import bare_orcid, bare_ror
from provenance.policy import Policy
from provenance.receipt import Receipt
from provenance.record import issue_record, parse_record
from provenance.text import nfc
from provenance.verify import verify_receipt

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from provenance.files.keystore import StoredKey
    from provenance.files.outbox import Submission
    from provenance.keys import PrivateKey

__all__ = ["register"]

_METADATA_BYTES = 1 << 20
_TRUE_OR_PENDING = (0, 3)


def register(app: Application) -> None:
    """Add the command of this file."""
    app.add("deposit", deposit, help=_("Deposit a dataset's fingerprint and get a receipt."))


@dataclass(frozen=True, slots=True)
class _Signer:
    stored: StoredKey
    private: PrivateKey


def deposit(
    path: Annotated[
        Path | None, typer.Argument(help=_("The dataset: a folder or one file."))
    ] = None,
    ledger: Annotated[
        str | None,
        typer.Option("--ledger", envvar="PROVENANCE_LEDGER", metavar="URL", help=_("The ledger.")),
    ] = None,
    title: Annotated[str | None, typer.Option("--title", help=_("The dataset's title."))] = None,
    contributor: Annotated[
        list[str] | None,
        typer.Option(
            "--contributor",
            metavar="TEXT",
            help=_("'Name; orcid=...; ror=...; roles=investigation,software'; may repeat."),
        ),
    ] = None,
    license_: Annotated[
        str | None, typer.Option("--license", metavar="SPDX", help=_("As CC-BY-4.0."))
    ] = None,
    access: Annotated[
        str | None, typer.Option("--access", help=_("open, embargoed, restricted or closed."))
    ] = None,
    identifier: Annotated[
        list[str] | None,
        typer.Option("--identifier", metavar="TYPE:VALUE", help=_("As doi:10.1234/abc.")),
    ] = None,
    relation: Annotated[
        list[str] | None,
        typer.Option("--relation", metavar="WORD=ID", help=_("As wasRevisionOf=<record id>.")),
    ] = None,
    block: Annotated[
        str | None,
        typer.Option(
            "--block", metavar="CHAIN:NUMBER:HASH", help=_("A block you saw before you signed.")
        ),
    ] = None,
    metadata: Annotated[
        Path | None,
        typer.Option("--metadata", metavar="FILE", help=_("JSON with title, contributors, ...")),
    ] = None,
    hold: Annotated[
        list[str] | None,
        typer.Option("--hold", metavar="NAME", help=_("Keep title or contributors for yourself.")),
    ] = None,
    key: Annotated[str | None, typer.Option("--key", help=_("Label or thumbprint."))] = None,
    policy: Annotated[
        Path | None,
        typer.Option("--policy", metavar="FILE", help=_("Check the receipt against this policy.")),
    ] = None,
    origin: Annotated[
        str | None, typer.Option("--origin", help=_("The log's name, to sign without a ledger."))
    ] = None,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="FOLDER", help=_("Where files go."))
    ] = None,
    resume: Annotated[
        Path | None, typer.Option("--resume", metavar="FILE", help=_("Send a saved record."))
    ] = None,
    passphrase: Passphrase = None,
    home: Home = None,
    *,
    sign_only: Annotated[
        bool, typer.Option("--sign-only", help=_("Sign and save; send later with --resume."))
    ] = False,
    publish_manifest: Annotated[
        bool, typer.Option("--publish-manifest", help=_("Let everybody see paths and digests."))
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Deposit a dataset; only its fingerprint and the record leave this machine."""
    if resume is not None:
        # saved again among one's own, so that the receipt has its place
        submission = Outbox(home_of(home)).save(read_submission(resume).compacts)
        with LedgerClient(_needed(ledger, "--ledger"), language=current()) as to:
            _send(to, submission, policy, output or resume.parent, home, as_json=as_json)
        return
    source = Path(_needed(path, "PATH"))
    folder = output or Path(f"{source.resolve().name}.provenance")
    make_folder(folder, mode=0o755)
    claims = _metadata(metadata)
    claims |= _flags(title, contributor, license_, access, identifier, relation, block)
    signer = _signer(key, passphrase, home)
    client = None if ledger is None else LedgerClient(ledger, language=current())
    name = origin or _origin(client, policy)
    summary = fingerprint_to(source, folder / "manifest.jsonl")
    compacts = _sign(signer, _with_dataset(claims, summary), name, hold or [])
    if sign_only or client is None:
        saved = folder / "deposit.records"
        write_submission(saved, compacts)
        _tell_saved(saved, compacts, as_json=as_json)
        return
    with client:
        submission = Outbox(home_of(home)).save(compacts)
        record_id = _send(client, submission, policy, folder, home, as_json=as_json)
        if publish_manifest:
            _publish(client, folder / "manifest.jsonl", record_id, signer, name)


def _needed(value: str | Path | None, name: str) -> str:
    if value is None:
        raise MalformedError("is needed here", field=name)
    return str(value)


# --- what the record says -------------------------------------------------------------------


def _metadata(path: Path | None) -> dict[str, object]:
    """Read the claims of a JSON file; record.py judges them."""
    if path is None:
        return {}
    try:
        octets = path.read_bytes()
    except OSError as error:
        raise FileAccessError(f"{path}: {error.strerror}") from error
    value = strict_json.parse(octets, max_bytes=_METADATA_BYTES)
    if not isinstance(value, dict):
        raise MalformedError("expected a JSON object", field=str(path))
    return dict(value)


def _flags(
    title: str | None,
    contributors: list[str] | None,
    license_: str | None,
    access: str | None,
    identifiers: list[str] | None,
    relations: list[str] | None,
    block: str | None,
) -> dict[str, object]:
    """Return the claims that flags state; they win over the metadata file."""
    claims: dict[str, object] = {
        "title": None if title is None else nfc(title),
        "contributors": [_contributor(text) for text in contributors or ()],
        "license": license_,
        "access": access,
        "identifiers": [_identifier(text) for text in identifiers or ()],
        "relations": [_relation(text) for text in relations or ()],
        "block": None if block is None else _block(block),
    }
    return {name: value for name, value in claims.items() if value}


def _contributor(text: str) -> dict[str, object]:
    name, *rest = [part.strip() for part in text.split(";")]
    person: dict[str, object] = {"name": nfc(name)}
    for part in rest:
        what, _separator, value = part.partition("=")
        match what.strip():
            case "orcid":
                person["orcid"] = bare_orcid(value.strip())
            case "ror":
                person["ror"] = [bare_ror(one.strip()) for one in value.split(",")]
            case "roles":
                person["roles"] = [one.strip() for one in value.split(",")]
            case _:
                raise MalformedError(
                    f"expected orcid=, ror= or roles=, got {part!r}", field="--contributor"
                )
    return person


def _identifier(text: str) -> dict[str, object]:
    kind, _separator, value = text.partition(":")
    return {"type": kind.lower(), "value": value}


def _relation(text: str) -> dict[str, object]:
    word, _separator, target = text.partition("=")
    member = "record" if re.fullmatch("[0-9a-f]{64}", target) else "identifier"
    return {"relation": word, member: target}


def _block(text: str) -> dict[str, object]:
    match = re.fullmatch(r"(\d{1,15}):(\d{1,15}):(0x[0-9a-f]{64})", text)
    if match is None:
        raise MalformedError("expected CHAIN:NUMBER:HASH, as 1:23500000:0x...", field="--block")
    chain_id, number, block_hash = match.groups()
    return {"chain_id": int(chain_id), "number": int(number), "block_hash": block_hash}


def _with_dataset(claims: dict[str, object], summary: Summary) -> dict[str, object]:
    dataset: dict[str, object] = {
        "dataset_digest": summary.digest.hex(),
        "files": summary.files,
    }
    if summary.length is not None:
        dataset["bytes"] = summary.length
    return dataset | claims


# --- signing --------------------------------------------------------------------------------


def _signer(key: str | None, passphrase: Path | None, home: Path | None) -> _Signer:
    store = key_store(home)
    stored = store.find(key)
    return _Signer(stored, store.unlock(stored, read_passphrase(passphrase)))


def _origin(client: LedgerClient | None, policy: Path | None) -> str:
    if policy is not None:
        return read_policy(policy).origin
    if client is None:
        raise MalformedError("is needed to sign without a ledger", field="--origin")
    return Policy.parse(client.policy()).origin


def _salts() -> Iterator[bytes]:
    while True:
        yield os.urandom(16)


def _sign(
    signer: _Signer, claims: dict[str, object], origin: str, hold: Sequence[str]
) -> list[bytes]:
    """Return the ``key`` record and the deposit; the log answers a known key as a repeat."""
    profile = signer.stored.profile
    identity: dict[str, object] = {"name": profile.name, "orcid": profile.orcid}
    identity["ror"] = list(profile.ror)
    said = {name: value for name, value in identity.items() if value}
    now = int(time.time())
    key_record = issue_record(
        "key", said, private_key=signer.private, aud=origin, iat=now, salts=_salts()
    )
    record = issue_record(
        "deposit",
        claims,
        private_key=signer.private,
        aud=origin,
        iat=now,
        salts=_salts(),
        hold=hold,
    )
    return [key_record.compact, record.compact]


def _tell_saved(path: Path, compacts: Sequence[bytes], *, as_json: bool) -> None:
    record_id = parse_record(compacts[-1], complete=True).id_hex
    if as_json:
        print_json({"id": record_id, "saved": str(path)})
        return
    print_fields(((_("record id"), record_id), (_("signed and saved"), path)))
    say(_("Send it with: provenance deposit --resume {path} --ledger URL").format(path=path))


# --- sending --------------------------------------------------------------------------------


def _send(
    client: LedgerClient,
    submission: Submission,
    policy: Path | None,
    folder: Path,
    home: Path | None,
    *,
    as_json: bool,
) -> str:
    """Send exactly the saved bytes, check the receipt, keep it; return the record id."""
    results = client.submit_batch([compact.decode("ascii") for compact in submission.compacts])
    receipt = _receipt_of(results)
    trusted = Policy.parse(client.policy()) if policy is None else read_policy(policy)
    _check(receipt, submission, trusted)
    Outbox(home_of(home)).acknowledge(submission, receipt)
    target = folder / "receipt.json"
    write_bytes(target, receipt)
    parsed = Receipt.parse(receipt)
    if as_json:
        print_json(
            {
                "id": submission.id,
                "leaf_index": parsed.record.leaf_index,
                "status": results[-1].get("status"),
                "receipt": str(target),
            }
        )
    else:
        claimed = parse_record(parsed.record.sd_jwt.encode("ascii"), complete=False)
        print_fields(
            (
                (_("record id"), submission.id),
                (_("entry"), parsed.record.leaf_index),
                (_("claimed time"), when(claimed.iat, "UTC")),
                (_("receipt"), target),
            )
        )
    return submission.id


def _receipt_of(results: Sequence[dict[str, object]]) -> bytes:
    """Return the last record's receipt, or raise what the service said of the first refusal."""
    for result in results:
        problem = cast("dict[str, object] | None", result.get("problem"))
        if problem is not None:
            raise RefusedByServiceError(
                status=int(str(problem.get("status", 400))),
                code=str(problem.get("code")),
                detail=str(problem.get("detail")),
                field=cast("str | None", problem.get("field")),
            )
    receipt = results[-1].get("receipt") if results else None
    return strict_json.dump(receipt) + b"\n"


def _check(octets: bytes, submission: Submission, policy: Policy) -> None:
    """Believe no service: the receipt must be for what was sent, and verify."""
    sent = submission.records[-1].entry
    receipt = Receipt.parse(octets)
    if receipt.record.sd_jwt.partition("~")[0].encode("ascii") != sent:
        raise VerificationError("the service answered with the receipt of another record")
    verdict = verify_receipt(octets, policy, now_unix=int(time.time()))
    if verdict.exit_code not in _TRUE_OR_PENDING:
        wrong = next(check for check in verdict.checks if check.outcome in {"false", "unusable"})
        raise VerificationError(
            f"the receipt does not verify: check {wrong.number}, {wrong.text()}"
        )


def _publish(
    client: LedgerClient, manifest: Path, record_id: str, signer: _Signer, origin: str
) -> None:
    statement = issue_statement(
        PUBLICATION,
        record_id=record_id,
        private_key=signer.private,
        aud=origin,
        iat=int(time.time()),
        jti=os.urandom(16).hex(),
    )
    with manifest.open("rb") as file:
        client.put_manifest(record_id, iter(lambda: file.read(1 << 20), b""), statement)
