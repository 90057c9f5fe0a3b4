"""``dossier``: everything about a dispute, or about some records, as one file for a court."""

from __future__ import annotations

from importlib.metadata import version as installed_version
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from provenance.cli.application import Application
from provenance.cli.commands.options import AsJson, Home, Key, LedgerURL, Passphrase
from provenance.cli.commands.policies import read_policy
from provenance.cli.files import read_file, write_file
from provenance.cli.gathering import gather, record_id_of
from provenance.cli.language import _, current
from provenance.cli.output import print_fields, print_json, say
from provenance.cli.signing_about import OwnPolicy, Wish, submit_about
from provenance.client import LedgerClient
from provenance.document import SPEECHES
from provenance.dossier_receipt import sums_summary
from provenance.errors import MalformedError, RefusedByServiceError
from provenance.fingerprint import parse_manifest
from provenance.messages import translator
from provenance.policy import Policy
from provenance.record_standing import targets_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from provenance.case import Case

__all__ = ["register"]

_MAX_MANIFEST = 64 * 1024 * 1024


def register(app: Application) -> None:
    """Add the command of this file."""
    does = _("Put everything about a dispute, or about some records, into one file.")
    holds = _(
        "A report in Chinese, English or both, all receipts and proofs, and a program that checks "
        "them with Python alone. The file is deposited with your key; its receipt lies beside it."
    )
    app.add("dossier", dossier, help=f"{does}\n\n{holds}")


def dossier(
    records: Annotated[list[str], typer.Argument(metavar="DISPUTE|RECORDS...", help=_("The ids."))],
    ledger: LedgerURL,
    output: Annotated[
        Path, typer.Option("--output", "-o", metavar="OUT.zip", help=_("Where it goes."))
    ],
    language: Annotated[
        str, typer.Option("--language", help=_("Of the report: zh, en or both."))
    ] = "both",
    manifest: Annotated[
        list[Path] | None,
        typer.Option(
            "--manifest",
            metavar="FILE",
            help=_("Manifest of a dataset, if not public; may repeat."),
        ),
    ] = None,
    policy: OwnPolicy = None,
    key: Key = None,
    passphrase: Passphrase = None,
    home: Home = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Gather, verify, write down, and deposit what was written."""
    # imported here: nothing else typesets
    from provenance.dossier.compile import compile_dossier  # noqa: PLC0415

    if language not in SPEECHES:
        raise MalformedError(f"expected zh, en or both, got {language!a:.40}", field="--language")
    wanted = [record_id_of(one) for one in records]
    case = gather(wanted, ledger, policy, allow_dev_chain=True, lineage=True)
    with LedgerClient(ledger, language=current()) as client:
        trusted = Policy.parse(client.policy()) if policy is None else read_policy(policy)
        manifests = _published(client, case) | _given(manifest or (), case)
        made = compile_dossier(
            case,
            trusted,
            manifests,
            language=language,
            version=installed_version("provenance-ledger"),
            to_chinese=translator("zh_Hans"),
            prove=client.consistency,
        )
    write_file(output, made.to_bytes())
    receipt = output.with_name(f"{output.name.removesuffix('.zip')}.receipt.json")
    summary = sums_summary(made.sums)
    claims: dict[str, object] = {
        "dataset_digest": summary.digest.hex(),
        "files": summary.files,
        "bytes": summary.length,
        "title": f"SHA256SUMS: {output.name}",
    }
    answer = submit_about(
        "deposit", claims, Wish(ledger, policy, key, passphrase, home, receipt, as_json)
    )
    if as_json:
        shown = {"dossier": str(output), "receipt": str(receipt), "records": len(case.entries)}
        own = {"id": answer.submission.id, "entry": answer.leaf_index}
        print_json({**shown, "files": len(made.files), **own})
        return
    print_fields(
        (
            (_("dossier"), output),
            (_("records"), len(case.entries)),
            (_("files"), len(made.files)),
            (_("its own receipt"), receipt),
            (_("record id"), answer.submission.id),
        )
    )
    wait = _("When the chain has it: provenance receipt {id} --wait -o {path}")
    say(wait.format(id=answer.submission.id, path=receipt))
    say(_("To check it: unpack it into an empty folder, and run there: python3 -I -S verify.py"))


def _published(client: LedgerClient, case: Case) -> dict[bytes, bytes]:
    """Return the manifests that the ledger serves; one that is not public is no error."""
    found: dict[bytes, bytes] = {}
    for entry in case.entries:
        if entry.record.type != "deposit":
            continue
        try:
            found[entry.id] = client.manifest(entry.id.hex())
        except RefusedByServiceError as error:
            if error.status != 404:
                raise
    return found


def _given(paths: Sequence[Path], case: Case) -> dict[bytes, bytes]:
    """Return the reader's own manifests by the deposits that sign, or open, their digest.

    Raises:
        MalformedError: a manifest of none of these deposits.
    """
    found: dict[bytes, bytes] = {}
    for path in paths:
        octets = read_file(path, limit=_MAX_MANIFEST)
        digest = parse_manifest(octets.splitlines(keepends=True)).header.digest.hex()
        owners = list(_deposits_of(case, digest))
        if not owners:
            raise MalformedError(f"{path}: no deposit here is of this dataset", field="--manifest")
        found |= dict.fromkeys(owners, octets)
    return found


def _deposits_of(case: Case, digest: str) -> Iterable[bytes]:
    for entry in case.entries:
        shown = entry.record.payload.get("dataset_digest")
        value = shown.get("sha256") if isinstance(shown, dict) else shown
        if value != digest:
            continue
        if entry.record.type == "deposit":
            yield entry.id
        elif entry.record.type == "opening":
            yield from targets_of(entry.record)
