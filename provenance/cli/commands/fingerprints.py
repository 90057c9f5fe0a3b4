"""``fingerprint``: manifest and digest of a dataset; ``file-proof``: one file of it, alone.

``cache`` shows and prunes what is remembered of files that were hashed before.
"""

from __future__ import annotations

import os
import sys
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from provenance.chunks import ALGORITHM as CHUNKS
from provenance.cli.application import Application
from provenance.cli.commands.options import AsJson
from provenance.cli.files import write_file
from provenance.cli.language import _
from provenance.cli.output import print_fields, print_json
from provenance.cli.places import (
    Engine,
    Scheduler,
    Url,
    beside_place,
    check_outside_place,
    hash_remotely,
    place_of,
    scheduler_of,
)
from provenance.errors import MalformedError
from provenance.file_proof import file_proof
from provenance.files.digest_cache import DigestCache, cache_path, prune_cache, size_of_cache
from provenance.files.manifest_file import Written, additional_path, read_manifest, write_blocks
from provenance.files.spelling import spelled_on_disk
from provenance.files.walk import hash_blocks
from provenance.fingerprint import ADDITIONAL_ALGORITHMS, to_sha256sum
from provenance.text import nfc

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from provenance.fingerprint import Summary

__all__ = [
    "Also",
    "VerifyAll",
    "WithChunks",
    "algorithms_of",
    "fingerprint_to",
    "hashing_progress",
    "register",
    "write_fingerprint",
]

Also = Annotated[
    list[str] | None,
    typer.Option(
        "--also",
        metavar="NAME",
        help=_(
            "Also hash by blake3 or sm3, reading once; sm3 costs four times as much as SHA-256 "
            "(0.4 GB/s a core)."
        ),
    ),
]

WithChunks = Annotated[
    bool,
    typer.Option(
        "--chunks",
        help=_("Also hash chunks of 16 MiB, so that a part of a file can be checked alone."),
    ),
]

VerifyAll = Annotated[
    bool,
    typer.Option(
        "--verify-all",
        help=_("Read every file, also those that were hashed before and look alike."),
    ),
]

DAYS_KEPT = 90
"""Unless told otherwise, ``cache prune`` lets files be read again after a quarter of a year."""


@contextmanager
def hashing_progress(path: Path | None = None) -> Iterator[Callable[[int, int], None] | None]:
    """Show files, bytes, rate and, of the dataset at ``path``, time left; on a terminal only."""
    if not sys.stderr.isatty():
        yield None
        return
    # imported here: a terminal that shows no bar need not load what draws one
    from provenance.cli.progress import progress_bar  # noqa: PLC0415

    with progress_bar(path) as on_progress:
        yield on_progress


def write_fingerprint(
    path: Path | Url,
    manifest: Path,
    *,
    algorithms: Sequence[str] = (),
    verify_all: bool = False,
    scheduler: str | None = None,
) -> Written:
    """Hash a dataset, also by ``algorithms``, and write what came of it.

    The manifest appears only when all is well, and the digests by other algorithms beside it
    (``additional_path``). ``verify_all`` reads every file, also what is remembered; behind a URL
    and by a cluster, which ``scheduler`` names, every file is read anyway.
    """
    if scheduler is not None or isinstance(path, Url):
        with hashing_progress(None if isinstance(path, Url) else path) as on_progress:
            blocks = hash_remotely(path, scheduler, algorithms=algorithms, on_progress=on_progress)
            return write_blocks(manifest, blocks, algorithms)
    with hashing_progress(path) as on_progress, _cache(path, verify_all=verify_all) as cache:
        blocks = hash_blocks(path, algorithms=algorithms, on_progress=on_progress, cache=cache)
        return write_blocks(manifest, blocks, algorithms)


def _cache(path: Path, *, verify_all: bool) -> AbstractContextManager[DigestCache | None]:
    """Open the cache, unless it is part of the dataset and would change while that is read."""
    place = cache_path(os.environ)
    if place.resolve().is_relative_to(path.resolve()):
        return nullcontext()
    return DigestCache(place, verify_all=verify_all)


def fingerprint_to(path: Path | Url, manifest: Path, scheduler: str | None = None) -> Summary:
    """Hash a dataset and write its manifest; as ``write_fingerprint``."""
    return write_fingerprint(path, manifest, scheduler=scheduler).summary


def register(app: Application) -> None:
    """Add the commands of this file."""
    app.add("fingerprint", fingerprint, help=_("Hash a folder or file and write its manifest."))
    app.add("file-proof", prove, help=_("Prove one file of a manifest, without the others."))
    cache = Application(help=_("What is remembered of files that were hashed before."))
    cache.add("show", show_cache, help=_("Show where it is and how much it holds."))
    cache.add("prune", prune, help=_("Forget what was hashed long ago."))
    app.add_typer(cache, name="cache")


def fingerprint(
    path: Annotated[
        str,
        typer.Argument(metavar="PATH|URL", help=_("The dataset: a folder, one file, or a URL.")),
    ],
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", metavar="FILE", help=_("Where the manifest goes.")),
    ] = None,
    *,
    also: Also = None,
    chunks: WithChunks = False,
    verify_all: VerifyAll = False,
    sha256sum: Annotated[
        bool, typer.Option("--sha256sum", help=_("Print the list that `sha256sum -c` reads."))
    ] = False,
    engine: Engine = "local",
    scheduler: Scheduler = None,
    as_json: AsJson = False,
) -> None:
    """Hash a dataset where it lies; nothing is sent anywhere."""
    place = place_of(path)
    target = output or beside_place(place, ".manifest.jsonl")
    check_outside_place(target, place)
    written = write_fingerprint(
        place,
        target,
        algorithms=algorithms_of(also, with_chunks=chunks),
        verify_all=verify_all,
        scheduler=scheduler_of(engine, scheduler),
    )
    if sha256sum:
        entries = read_manifest(target)
        there = spelled_on_disk(entries, place) if isinstance(place, Path) else entries
        for line in to_sha256sum(there):
            sys.stdout.buffer.write(line)
    elif as_json:
        print_json(_as_members(written, target))
    else:
        summary = written.summary
        rows: list[tuple[str, object]] = [
            (_("dataset digest"), summary.digest.hex()),
            (_("files"), summary.files),
            (_("bytes"), summary.length),
            (_("manifest"), target),
        ]
        for algorithm, additional in written.additional.items():
            rows.append((algorithm, additional.digest.hex()))
            rows.append((_("its digests"), additional_path(target, algorithm)))
        print_fields(rows)


def algorithms_of(also: Sequence[str] | None, *, with_chunks: bool) -> tuple[str, ...]:
    """Return what to hash by beside SHA-256, each once, in the order that is signed.

    Raises:
        MalformedError: an algorithm that a deposit cannot sign.
    """
    wanted = {*(also or ()), *([CHUNKS] if with_chunks else ())}
    for name in sorted(wanted.difference(ADDITIONAL_ALGORITHMS)):
        raise MalformedError(
            f"expected one of {', '.join(ADDITIONAL_ALGORITHMS)}, got {name!a:.40}", field="--also"
        )
    return tuple(name for name in ADDITIONAL_ALGORITHMS if name in wanted)


def _as_members(written: Written, target: Path) -> dict[str, object]:
    members: dict[str, object] = {
        "dataset_digest": written.summary.digest.hex(),
        "files": written.summary.files,
        "bytes": written.summary.length,
        "manifest": str(target),
    }
    if written.additional:
        members["additional_digests"] = [
            {
                "algorithm": algorithm,
                "digest": summary.digest.hex(),
                "file": str(additional_path(target, algorithm)),
            }
            for algorithm, summary in written.additional.items()
        ]
    return members


def show_cache(*, as_json: AsJson = False) -> None:
    """Show where the cache is and how much it holds; PROVENANCE_CACHE names its folder."""
    path = cache_path(os.environ)
    size = size_of_cache(path)
    if as_json:
        print_json({"cache": str(path), "files": size.files, "bytes": size.length})
    else:
        print_fields(((_("cache"), path), (_("files"), size.files), (_("bytes"), size.length)))


def prune(
    days: Annotated[
        int,
        typer.Option(
            "--days", min=0, metavar="DAYS", help=_("Forget what was hashed so many days ago.")
        ),
    ] = DAYS_KEPT,
    *,
    as_json: AsJson = False,
) -> None:
    """Forget what was hashed long ago, so that it is read again; 0 days forget all."""
    gone = prune_cache(cache_path(os.environ), days=days)
    if as_json:
        print_json({"forgotten": gone})
    else:
        print_fields(((_("forgotten"), gone),))


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
    proof = file_proof(read_manifest(manifest), nfc(file, "FILE"))
    target = output or Path(f"{Path(file).name}.file-proof.json")
    write_file(target, proof.to_bytes())
    print_fields(((_("file proof"), target),))
