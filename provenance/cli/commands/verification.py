"""``verify``, ``show``: what is done with a receipt, without asking its ledger."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from provenance.cli.application import Application
from provenance.cli.commands.options import AsJson, Policy, Zone
from provenance.cli.commands.policies import read_policy
from provenance.cli.files import read_file
from provenance.cli.language import _
from provenance.cli.output import print_fields, print_json, say, zone_of
from provenance.cli.places import local
from provenance.cli.verdict_text import print_verdict
from provenance.digests import from_evm_hex, to_evm_hex
from provenance.errors import MalformedError
from provenance.given import REQUIRABLE, GivenBlock, GivenOpening
from provenance.receipt import Receipt
from provenance.record import parse_record
from provenance.salted import FileOpening
from provenance.text import nfc
from provenance.verify import (
    blocks_to_look_up,
    read_fixity,
    read_opened,
    roots_to_ask,
    verify_receipt,
)

if TYPE_CHECKING:
    from provenance.given import Data, KeyStatus, RpcAnswer
    from provenance.policy import Policy as TrustPolicy

__all__ = ["register"]

_MAX_HEADER_BYTES = 1 << 16
_MOST_DIGITS = 16

ReceiptFile = Annotated[Path, typer.Argument(metavar="RECEIPT", help=_("The receipt file."))]


def register(app: Application) -> None:
    """Add the commands of this file."""
    app.add("verify", verify, help=_("Check a receipt, and data against it, offline."))
    app.add("show", show, help=_("Show what a receipt claims, without checking it."))


# --- verify ---------------------------------------------------------------------------------


def verify(
    receipt_file: ReceiptFile,
    policy: Policy,
    path: Annotated[
        Path | None,
        typer.Argument(
            metavar="PATH", help=_("Data to check: the dataset, a folder of it, a file.")
        ),
    ] = None,
    manifest: Annotated[
        Path | None, typer.Option("--manifest", metavar="FILE", help=_("The dataset's manifest."))
    ] = None,
    inside: Annotated[
        str | None,
        typer.Option(
            "--as",
            metavar="PATH",
            help=_("Which part of the dataset the data are; a dot is the whole."),
        ),
    ] = None,
    file_proof: Annotated[
        Path | None, typer.Option("--file-proof", metavar="FILE", help=_("Proof of one file."))
    ] = None,
    chunks: Annotated[
        Path | None,
        typer.Option("--chunks", metavar="FILE", help=_("Hashes of the chunks of its files.")),
    ] = None,
    bytes_wanted: Annotated[
        str | None,
        typer.Option(
            "--range", metavar="A:B", help=_("Check bytes A to below B alone, with --chunks.")
        ),
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
    ca: Annotated[
        Path | None,
        typer.Option(
            "--ca",
            metavar="FILE",
            help=_("CA certificates (PEM) that an institution's certificate must be issued under."),
        ),
    ] = None,
    fixity: Annotated[
        list[Path] | None,
        typer.Option(
            "--fixity",
            metavar="RECEIPT",
            help=_("Receipt of somebody who read the files again; may repeat."),
        ),
    ] = None,
    opening: Annotated[
        Path | None,
        typer.Option(
            "--opening",
            metavar="FILE",
            help=_("Receipt of what opens a sealed deposit, or what opens one file of it."),
        ),
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
    zone_of(zone)
    path = None if path is None else local(path, "PATH")
    trusted = read_policy(policy)
    octets = read_file(receipt_file)
    required = {
        "key-status": require_key_status,
        "not-before": require_not_before,
        "identity": require_identity,
    }
    part = None if inside is None else nfc(inside, "--as")
    against = _Against(manifest, file_proof, chunks, bytes_wanted, part)
    now = int(time.time())
    opened = None if opening is None else read_opened(read_file(opening), trusted, now_unix=now)
    verdict = verify_receipt(
        octets,
        trusted,
        now_unix=now,
        blocks=_blocks(block_hash or [], header or []),
        rpc=None if rpc is None else _ask_node(rpc, octets),
        data=_data(path, against, octets, opened if isinstance(opened, FileOpening) else None),
        key_status=None if log is None else _key_status(log, octets, trusted),
        require=REQUIRABLE & {name for name, wanted in required.items() if wanted},
        allow_dev_chain=allow_dev_chain,
        fixity=[read_fixity(read_file(one), trusted, now_unix=now) for one in fixity or ()],
        opening=opened if isinstance(opened, GivenOpening) else None,
        authorities=None if ca is None else read_file(ca).decode("ascii", "replace"),
    )
    if as_json:
        print_json(verdict.to_json())
    else:
        print_verdict(verdict, zone=zone)
    raise typer.Exit(verdict.exit_code)


def _ask_node(url: str, octets: bytes) -> RpcAnswer | None:
    # imported here: without --rpc the network's libraries are never loaded
    from provenance.client.node import ask_node  # noqa: PLC0415

    try:
        blocks, roots = blocks_to_look_up(octets), roots_to_ask(octets)
    except MalformedError:
        return None  # the verdict will say why the receipt cannot be read
    return ask_node(url, blocks, roots)


def _blocks(hashes: list[str], headers: list[Path]) -> list[GivenBlock]:
    blocks = [GivenBlock.from_hash(text) for text in hashes]
    for path in headers:
        octets = read_file(path, limit=_MAX_HEADER_BYTES)
        if octets.startswith(b"0x"):  # as a node's debug_getRawHeader prints it
            text = octets.decode("ascii", "replace").strip().lower()
            octets = from_evm_hex(text, length=(len(text) - 2) // 2, field="--header")
        blocks.append(GivenBlock.from_header(octets))
    return blocks


@dataclass(frozen=True)
class _Against:
    """What was given to compare data with."""

    manifest: Path | None
    file_proof: Path | None
    chunks: Path | None
    range: str | None
    inside: str | None

    def check(self) -> None:
        """Refuse what goes ill together.

        Raises:
            MalformedError: an option that means nothing beside, or without, another one.
        """
        if self.chunks is not None and (self.manifest or self.file_proof):
            raise MalformedError("not together with --manifest or --file-proof", field="--chunks")
        if self.range is not None and self.chunks is None:
            raise MalformedError("is of the file whose --chunks are given", field="--range")
        if self.inside is not None and self.manifest is None and self.chunks is None:
            raise MalformedError(
                "says where the data lie in a --manifest: give that too", field="--as"
            )


def _data(
    path: Path | None, against: _Against, octets: bytes, opening: FileOpening | None
) -> Data | None:
    if path is None:
        if opening is not None or any(vars(against).values()):
            raise MalformedError("expected the data that this is about", field="PATH")
        return None
    against.check()
    if against.chunks is not None:
        # imported here: only who asks for a range needs it
        from provenance.files.range_at import range_at  # noqa: PLC0415

        wanted = None if against.range is None else _range_of(against.range)
        return range_at(path, against.chunks, inside=against.inside, wanted=wanted)
    alone = against.manifest is None and against.file_proof is None and opening is None
    if path.is_file() and alone and _has_several_files(octets):
        raise MalformedError(
            f"{path} is one file, and the record is of several: give --manifest or --file-proof",
            field="--manifest",
        )
    # imported here: a receipt checked without data needs nothing that hashes files
    from provenance.cli.commands.fingerprints import hashing_progress  # noqa: PLC0415
    from provenance.files.data_at import data_at  # noqa: PLC0415

    with hashing_progress() as on_progress:
        return data_at(
            path,
            manifest=against.manifest,
            file_proof=against.file_proof,
            file_opening=opening,
            inside=against.inside,
            on_progress=on_progress,
        )


def _range_of(text: str) -> tuple[int, int]:
    numbers = text.split(":")
    if len(numbers) != 2 or not all(
        one.isascii() and one.isdigit() and len(one) <= _MOST_DIGITS for one in numbers
    ):
        raise MalformedError(
            f"expected two numbers of bytes as 0:1048576, got {text!a:.60}", field="--range"
        )
    return int(numbers[0]), int(numbers[1])


def _has_several_files(octets: bytes) -> bool:
    """Tell a dataset of which one file can only be a part; False when the receipt is unreadable."""
    try:
        compact = Receipt.parse(octets).record.sd_jwt
        files = parse_record(compact.encode("ascii"), complete=False).payload.get("files")
    except MalformedError:
        return False  # the verdict will say why
    return isinstance(files, int) and files > 1


def _key_status(log: str, octets: bytes, policy: TrustPolicy) -> KeyStatus | None:
    # imported here: only --log reads a log
    from provenance.cli.logs import opened_log  # noqa: PLC0415
    from provenance.ledger.audit_log import key_status_from  # noqa: PLC0415

    try:
        parsed = Receipt.parse(octets)
        signer = parse_record(parsed.record.sd_jwt.encode("ascii"), complete=False).kid
        index = parsed.record.leaf_index
    except MalformedError:
        return None  # the verdict will say why the receipt cannot be read
    with opened_log(log) as public:
        _checkpoint, status = key_status_from(public, policy, signer, index)
    return status


# --- show -----------------------------------------------------------------------------------


def show(receipt_file: ReceiptFile, *, as_json: AsJson = False) -> None:
    """Show the record in a receipt and the blocks to look up; nothing is checked."""
    octets = read_file(receipt_file)
    parsed = Receipt.parse(octets)
    record = parse_record(parsed.record.sd_jwt.encode("ascii"), complete=False)
    blocks = blocks_to_look_up(octets)
    if as_json:
        as_members = [
            {"chain_id": one.chain_id, "number": one.number, "hash": to_evm_hex(one.block_hash)}
            for one in blocks
        ]
        shown = {"id": record.id_hex, "leaf_index": parsed.record.leaf_index, "type": record.type}
        print_json({**shown, "key": record.kid, "claims": record.payload, "blocks": as_members})
        return
    rows: list[tuple[str, object]] = [
        (_("record id"), record.id_hex),
        (_("entry"), parsed.record.leaf_index),
        (_("type"), record.type),
        (_("key"), record.kid),
    ]
    rows += [(name, _shown(value)) for name, value in record.payload.items()]
    for one in blocks:
        named = _("chain {chain_id}  block {number}  {hash}")
        found = {"chain_id": one.chain_id, "number": one.number}
        rows.append((_("block"), named.format(hash=to_evm_hex(one.block_hash), **found)))
    print_fields(rows)
    say(_("Claimed, not checked: use provenance verify."))


def _shown(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
