"""``receipt``, ``verify``, ``lookup``, ``export``: what reviewers do."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from provenance.cli.commands.fingerprints import hashing_progress
from provenance.cli.commands.options import AsJson, LedgerURL, Policy, Zone
from provenance.cli.commands.policies import read_policy
from provenance.cli.language import _, current
from provenance.cli.output import (
    EXIT_NOT_YET,
    print_fields,
    print_json,
    print_table,
    say,
    when,
)
from provenance.cli.verdict_text import print_verdict
from provenance.client import LedgerClient
from provenance.client.node import ask_node
from provenance.digests import from_hex, to_evm_hex
from provenance.errors import FileAccessError, MalformedError
from provenance.files.atomic import write_bytes
from provenance.files.data_at import data_at
from provenance.fingerprint import summarize
from provenance.given import REQUIRABLE, GivenBlock
from provenance.receipt import Receipt, to_tlog_proof
from provenance.record import parse_record
from provenance.verify import blocks_to_look_up, verify_receipt

if TYPE_CHECKING:
    from provenance.given import BlockName, Data, KeyStatus
    from provenance.policy import Policy as TrustPolicy

__all__ = ["register", "wait_for_receipt"]

_POLL_SECONDS = 1.0

Output = Annotated[
    Path | None, typer.Option("--output", "-o", metavar="FILE", help=_("Where the answer goes."))
]


def register(app: typer.Typer) -> None:
    """Add the commands of this file."""
    app.command(help=_("Fetch a record's receipt, and wait until the chain completes it."))(receipt)
    app.command(help=_("Check a receipt, and data against it, offline."))(verify)
    app.command(help=_("Show what a receipt claims, without checking it."))(show)
    app.command(help=_("Find deposits by digest, file or key, oldest first."))(lookup)
    app.command(help=_("Write a receipt as a C2SP tlog-proof."))(export)


# --- receipt --------------------------------------------------------------------------------


def receipt(
    record_id: Annotated[str, typer.Argument(metavar="ID", help=_("The record id."))],
    ledger: LedgerURL,
    output: Output = None,
    *,
    wait: Annotated[
        bool, typer.Option("--wait", help=_("Wait until the receipt is complete."))
    ] = False,
    timeout: Annotated[int, typer.Option("--timeout", help=_("Seconds to wait at most."))] = 3600,
    as_json: AsJson = False,
) -> None:
    """Fetch the newest receipt; exit 3 while no final anchor completes it."""
    from_hex(record_id, field="record_id")
    with LedgerClient(ledger, language=current()) as client:
        octets = wait_for_receipt(client, record_id, timeout if wait else 0)
    target = output or Path(f"{record_id[:16]}.receipt.json")
    write_bytes(target, octets)
    parsed = Receipt.parse(octets)
    if as_json:
        print_json({"receipt": str(target), "complete": parsed.anchored is not None})
    else:
        print_fields(((_("receipt"), target), (_("entry"), parsed.record.leaf_index)))
        if parsed.anchored is None:
            say(_("Not anchored yet: ask again later, or use --wait."))
        else:
            say(_("Complete. To check it, look these block hashes up in a place you trust:"))
            for block in blocks_to_look_up(octets):
                named = to_evm_hex(block.block_hash)
                say(f"  chain {block.chain_id}  block {block.number}  {named}")
    if parsed.anchored is None:
        raise typer.Exit(EXIT_NOT_YET)


def wait_for_receipt(client: LedgerClient, record_id: str, timeout: float) -> bytes:
    """Return the newest receipt, anchored if that happens within ``timeout`` seconds."""
    deadline = time.monotonic() + timeout
    while True:
        octets = client.receipt(record_id)
        if Receipt.parse(octets).anchored is not None or time.monotonic() >= deadline:
            return octets
        time.sleep(_POLL_SECONDS)


# --- verify ---------------------------------------------------------------------------------


def verify(
    receipt_file: Annotated[Path, typer.Argument(metavar="RECEIPT", help=_("The receipt file."))],
    policy: Policy,
    path: Annotated[
        Path | None, typer.Argument(help=_("Data to check: the dataset, a folder of it, a file."))
    ] = None,
    manifest: Annotated[
        Path | None, typer.Option("--manifest", metavar="FILE", help=_("The dataset's manifest."))
    ] = None,
    inside: Annotated[
        str | None,
        typer.Option("--as", metavar="PATH", help=_("Which part of the dataset the data are.")),
    ] = None,
    file_proof: Annotated[
        Path | None, typer.Option("--file-proof", metavar="FILE", help=_("Proof of one file."))
    ] = None,
    block_hash: Annotated[
        list[str] | None,
        typer.Option("--block-hash", metavar="HASH", help=_("A block hash you looked up.")),
    ] = None,
    header: Annotated[
        list[Path] | None,
        typer.Option("--header", metavar="FILE", help=_("A block header you trust, as RLP.")),
    ] = None,
    rpc: Annotated[
        str | None, typer.Option("--rpc", metavar="URL", help=_("A node that you trust."))
    ] = None,
    log: Annotated[
        str | None,
        typer.Option("--log", metavar="URL|DIR", help=_("Read the whole log for revocations.")),
    ] = None,
    zone: Zone = "UTC",
    *,
    allow_dev_chain: Annotated[
        bool,
        typer.Option(
            "--allow-dev-chain", help=_("Let a chain count that proves nothing to others.")
        ),
    ] = False,
    require_key_status: Annotated[
        bool, typer.Option("--require-key-status", help=_("Demand proof that the key was valid."))
    ] = False,
    require_not_before: Annotated[
        bool, typer.Option("--require-not-before", help=_("Demand the lower end of the interval."))
    ] = False,
    require_identity: Annotated[
        bool, typer.Option("--require-identity", help=_("Demand a key bound by an institution."))
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Make the numbered checks of docs/trust-model.md. Only --rpc and --log use the network."""
    trusted = read_policy(policy)
    octets = _read(receipt_file)
    required = {
        "key-status": require_key_status,
        "not-before": require_not_before,
        "identity": require_identity,
    }
    verdict = verify_receipt(
        octets,
        trusted,
        now_unix=int(time.time()),
        blocks=_blocks(block_hash or [], header or []),
        rpc=None if rpc is None else ask_node(rpc, _names(octets)),
        data=_data(path, manifest, file_proof, inside),
        key_status=None if log is None else _key_status(log, octets, trusted),
        require=REQUIRABLE & {name for name, wanted in required.items() if wanted},
        allow_dev_chain=allow_dev_chain,
    )
    if as_json:
        print_json(verdict.to_json())
    else:
        print_verdict(verdict, zone=zone)
    raise typer.Exit(verdict.exit_code)


def _names(octets: bytes) -> tuple[BlockName, ...]:
    try:
        return blocks_to_look_up(octets)
    except MalformedError:
        return ()  # the verdict will say why the receipt cannot be read


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise FileAccessError(f"{path}: {error.strerror}") from error


def _blocks(hashes: list[str], headers: list[Path]) -> list[GivenBlock]:
    blocks = [GivenBlock.from_hash(text) for text in hashes]
    for path in headers:
        octets = _read(path)
        if octets.startswith(b"0x"):  # as a node's debug_getRawHeader prints it
            octets = bytes.fromhex(octets.decode("ascii").strip()[2:])
        blocks.append(GivenBlock.from_header(octets))
    return blocks


def _data(
    path: Path | None, manifest: Path | None, file_proof: Path | None, inside: str | None
) -> Data | None:
    if path is None:
        if manifest or file_proof or inside:
            raise MalformedError("expected the data that this is about", field="PATH")
        return None
    with hashing_progress() as on_progress:
        return data_at(
            path, manifest=manifest, file_proof=file_proof, inside=inside, on_progress=on_progress
        )


def _key_status(log: str, octets: bytes, policy: TrustPolicy) -> KeyStatus:
    raise NotImplementedError


# --- show -----------------------------------------------------------------------------------


def show(
    receipt_file: Annotated[Path, typer.Argument(metavar="RECEIPT", help=_("The receipt file."))],
    *,
    as_json: AsJson = False,
) -> None:
    """Show the record in a receipt and the blocks to look up; nothing is checked."""
    octets = _read(receipt_file)
    parsed = Receipt.parse(octets)
    record = parse_record(parsed.record.sd_jwt.encode("ascii"), complete=False)
    blocks = blocks_to_look_up(octets)
    if as_json:
        named = [
            {"chain_id": one.chain_id, "number": one.number, "hash": to_evm_hex(one.block_hash)}
            for one in blocks
        ]
        shown = {"id": record.id_hex, "leaf_index": parsed.record.leaf_index, "type": record.type}
        print_json({**shown, "key": record.kid, "claims": record.payload, "blocks": named})
        return
    rows: list[tuple[str, object]] = [
        (_("record id"), record.id_hex),
        (_("entry"), parsed.record.leaf_index),
        (_("type"), record.type),
        (_("key"), record.kid),
    ]
    rows += [(name, _shown(value)) for name, value in record.payload.items()]
    rows += [
        (_("block"), f"{one.number} ({one.chain_id})  {to_evm_hex(one.block_hash)}")
        for one in blocks
    ]
    print_fields(rows)
    say(_("Claimed, not checked: use provenance verify."))


def _shown(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


# --- lookup, export -------------------------------------------------------------------------


def lookup(
    what: Annotated[
        str, typer.Argument(metavar="DIGEST|KEY|PATH", help=_("A digest, a key, or data to hash."))
    ],
    ledger: LedgerURL,
    *,
    as_json: AsJson = False,
) -> None:
    """List the records that answer, in the order in which they entered the log."""
    with LedgerClient(ledger, language=current()) as client:
        hits = list(client.lookup(**_question(what)))
    if as_json:
        print_json(hits)
        return
    if not hits:
        say(_("Nothing in this log. That proves nothing about other logs."))
        return
    heads = (_("entry"), _("record id"), _("type"), _("identity"), _("claimed time"))
    rows = [
        (
            hit["leaf_index"],
            hit["id"],
            hit["type"],
            hit["identity"],
            when(int(str(hit["claimed_at"])), "UTC"),
        )
        for hit in hits
    ]
    print_table(heads, rows)


def _question(what: str) -> dict[str, str]:
    if Path(what).exists():
        from provenance.files.walk import hash_dataset  # noqa: PLC0415 -- starts helpers

        path = Path(what)
        entries = list(hash_dataset(path))
        # a lone file is looked up by its own digest: that finds it inside other datasets too
        digest = entries[0].sha256 if path.is_file() else summarize(entries).digest
        return {"digest": digest.hex()}
    if len(what) == 64:
        return {"digest": from_hex(what, field="digest").hex()}
    return {"key": what}


def export(
    receipt_file: Annotated[Path, typer.Argument(metavar="RECEIPT", help=_("The receipt file."))],
    output: Output = None,
) -> None:
    """Write the receipt as a C2SP tlog-proof, for tools that know only that."""
    text = to_tlog_proof(Receipt.parse(_read(receipt_file)))
    if output is None:
        sys.stdout.write(text)
    else:
        write_bytes(output, text.encode())
