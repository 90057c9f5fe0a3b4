"""``fingerprint``: manifest and digest of a dataset; ``file-proof``: one file of it, alone."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from provenance.cli.commands.options import AsJson
from provenance.cli.files import beside, check_outside, write_file
from provenance.cli.language import _
from provenance.cli.output import print_fields, print_json
from provenance.files.manifest_file import read_manifest, write_manifest_file
from provenance.files.walk import hash_dataset
from provenance.fingerprint import file_proof, to_sha256sum

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from provenance.cli.application import Application
    from provenance.fingerprint import Summary

__all__ = ["fingerprint_to", "hashing_progress", "register"]


@contextmanager
def hashing_progress() -> Iterator[Callable[[int, int], None] | None]:
    """Show files, bytes and rate while hashing, on a terminal only."""
    if not sys.stderr.isatty():
        yield None
        return
    # imported here: a terminal that shows no bar need not load what draws one
    from provenance.cli.progress import progress_bar  # noqa: PLC0415

    with progress_bar() as on_progress:
        yield on_progress


def fingerprint_to(path: Path, manifest: Path) -> Summary:
    """Hash a dataset and write its manifest; the file appears only when all is well."""
    with hashing_progress() as on_progress:
        return write_manifest_file(manifest, hash_dataset(path, on_progress=on_progress))


def register(app: Application) -> None:
    """Add the commands of this file."""
    app.add("fingerprint", fingerprint, help=_("Hash a folder or file and write its manifest."))
    app.add("file-proof", prove, help=_("Prove one file of a manifest, without the others."))


def fingerprint(
    path: Annotated[
        Path, typer.Argument(metavar="PATH", help=_("The dataset: a folder or one file."))
    ],
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", metavar="FILE", help=_("Where the manifest goes.")),
    ] = None,
    *,
    sha256sum: Annotated[
        bool, typer.Option("--sha256sum", help=_("Print the list that `sha256sum -c` reads."))
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Hash a dataset where it lies; nothing is sent anywhere."""
    target = output or beside(path, ".manifest.jsonl")
    check_outside(target, path)
    summary = fingerprint_to(path, target)
    if sha256sum:
        for line in to_sha256sum(read_manifest(target)):
            sys.stdout.buffer.write(line)
    elif as_json:
        print_json(
            {
                "dataset_digest": summary.digest.hex(),
                "files": summary.files,
                "bytes": summary.length,
                "manifest": str(target),
            }
        )
    else:
        print_fields(
            (
                (_("dataset digest"), summary.digest.hex()),
                (_("files"), summary.files),
                (_("bytes"), summary.length),
                (_("manifest"), target),
            )
        )


def prove(
    manifest: Annotated[
        Path, typer.Argument(metavar="MANIFEST", help=_("The dataset's manifest."))
    ],
    file: Annotated[
        str, typer.Argument(metavar="FILE", help=_("The file's path as the manifest has it."))
    ],
    output: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="FILE", help=_("Where the proof goes."))
    ] = None,
) -> None:
    """Make a proof that lets somebody check one file against a receipt without the manifest."""
    proof = file_proof(read_manifest(manifest), file)
    target = output or Path(f"{Path(file).name}.file-proof.json")
    write_file(target, proof.to_bytes())
    print_fields(((_("file proof"), target),))
