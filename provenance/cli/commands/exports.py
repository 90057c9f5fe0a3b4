"""``export``: a receipt, and what it proves, in formats that other tools read."""

from __future__ import annotations

import shutil
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from provenance.cli.application import Application
from provenance.cli.commands.policies import read_policy
from provenance.cli.files import check_outside, read_file
from provenance.cli.language import _
from provenance.cli.output import warn
from provenance.errors import FileAccessError, MalformedError, UntrueReceiptError
from provenance.exports import FORMATS, Subject, is_folder, make_folder, remarks, write_text
from provenance.files.atomic import writing
from provenance.given import GivenBlock
from provenance.verify import verify_receipt

if TYPE_CHECKING:
    from collections.abc import Iterable

    from provenance.verdict import Verdict

__all__ = ["register"]


def register(app: Application) -> None:
    """Add the command of this file."""
    does = _("Write a receipt and its deposit in another format.")
    formats = _("Formats: {names}. What the receipt does not show is left out.")
    app.add("export", export, help=f"{does}\n\n{formats.format(names=', '.join(FORMATS))}")


def export(
    receipt_file: Annotated[Path, typer.Argument(metavar="RECEIPT", help=_("The receipt file."))],
    to: Annotated[
        str, typer.Option("--to", metavar="FORMAT", help=_("Which format to write."))
    ] = "tlog-proof",
    output: Annotated[
        Path | None,
        typer.Option(
            "--output", "-o", metavar="PATH", help=_("Where the answer goes; a bag needs a folder.")
        ),
    ] = None,
    manifest: Annotated[
        Path | None, typer.Option("--manifest", metavar="FILE", help=_("The dataset's manifest."))
    ] = None,
    data: Annotated[
        Path | None,
        typer.Option("--data", metavar="PATH", help=_("The data, to be copied into the export.")),
    ] = None,
    policy: Annotated[
        Path | None,
        typer.Option("--policy", metavar="FILE", help=_("Your trust policy: whom you believe.")),
    ] = None,
    block_hash: Annotated[
        list[str] | None,
        typer.Option("--block-hash", metavar="HASH", help=_("A block hash you looked up.")),
    ] = None,
    ledger: Annotated[
        str | None,
        typer.Option("--ledger", metavar="URL", help=_("Name this service's address in it.")),
    ] = None,
) -> None:
    """Export a receipt; with a policy, only one that holds, and saying what is proved."""
    octets = read_file(receipt_file)
    subject = replace(
        Subject.parse(octets, now_unix=int(time.time())),
        manifest=manifest,
        data=data,
        ledger=None if ledger is None else _checked_address(ledger),
        translate=_,
    )
    if policy is not None:
        verdict = _verified(octets, policy, block_hash or [], subject.now_unix)
        subject = replace(subject, policy=read_file(policy), verdict=verdict)
    elif block_hash:
        raise MalformedError("is needed to check a block hash against", field="--policy")
    if is_folder(to):
        _to_folder(to, subject, output)
    else:
        _to_file(write_text(to, subject), output)
    for one in remarks(to, subject):
        warn(_("Note: {text}").format(text=_(one.key).format(**one.facts)))


def _verified(octets: bytes, policy: Path, hashes: list[str], now_unix: int) -> Verdict:
    blocks = [GivenBlock.from_hash(text) for text in hashes]
    verdict = verify_receipt(octets, read_policy(policy), now_unix=now_unix, blocks=blocks)
    decided = verdict.deciding
    if decided is not None and verdict.exit_code == 2:
        raise MalformedError(decided.text(_), field="RECEIPT")
    if decided is not None and verdict.exit_code == 1:
        raise UntrueReceiptError(decided.text(_))
    return verdict


def _checked_address(url: str) -> str:
    if not url.startswith(("http://", "https://")) or not url.isprintable() or " " in url:
        raise MalformedError(f"expected http:// or https://, got {url!a:.100}", field="--ledger")
    return url.rstrip("/")


def _to_folder(name: str, subject: Subject, output: Path | None) -> None:
    if output is None:
        raise MalformedError("is needed: this format is a folder", field="--output")
    if subject.data is not None:
        check_outside(output, subject.data)
    make_folder(name, subject, output)


def _to_file(pieces: Iterable[bytes], output: Path | None) -> None:
    """Write a text whole or not at all, to standard output too."""
    try:
        if output is not None:
            with writing(output) as file:
                file.writelines(pieces)
            return
        with tempfile.TemporaryFile() as spool:
            spool.writelines(pieces)
            spool.seek(0)
            sys.stdout.flush()
            if hasattr(sys.stdout, "buffer"):
                shutil.copyfileobj(spool, sys.stdout.buffer)
            else:
                sys.stdout.write(spool.read().decode())
    except OSError as error:
        raise FileAccessError(f"{output or '-'}: {error.strerror}") from error
