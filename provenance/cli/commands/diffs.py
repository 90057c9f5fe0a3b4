"""``diff``: what differs between two datasets, each data, a manifest, or a deposit."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from provenance.cli.application import Application
from provenance.cli.commands.fingerprints import hashing_progress
from provenance.cli.commands.options import AsJson
from provenance.cli.language import N_, _
from provenance.cli.output import EXIT_FALSE, print_table, say
from provenance.cli.places import local
from provenance.files.dataset_source import DatasetSource, source_at
from provenance.files.difference_spool import KINDS, Difference, DifferenceSpool, Total

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["DatasetA", "DatasetB", "register", "source_json", "source_line"]

_SAID_OF = N_("a dataset: a folder, a file, a manifest, or a receipt beside its manifest.")

DatasetA = Annotated[Path, typer.Argument(metavar="A", help=_(_SAID_OF))]
DatasetB = Annotated[Path, typer.Argument(metavar="B", help=_(_SAID_OF))]

_MARKS = {"changed": "~", "renamed": ">", "removed": "-", "added": "+"}
_KINDS = {
    "same": N_("the same"),
    "changed": N_("changed"),
    "renamed": N_("renamed"),
    "removed": N_("only in A"),
    "added": N_("only in B"),
}
_SOURCES = {
    "data": N_("data, hashed now"),
    "manifest": N_("a manifest, as it states"),
    "deposit": N_("a deposit's manifest; its receipt was not verified here"),
}


def register(app: Application) -> None:
    """Add the command of this file."""
    app.add("diff", diff, help=_("Say what differs between two datasets or deposits."))


def diff(first: DatasetA, second: DatasetB, *, as_json: AsJson = False) -> None:
    """Compare two lists of files by path and content; exit 1 where they differ."""
    one, other = source_at(local(first, "A")), source_at(local(second, "B"))
    with DifferenceSpool() as spool:
        with hashing_progress() as on_progress:
            spool.compare(one.entries(on_progress), other.entries(on_progress))
        totals = {"same": spool.same()} | {kind: spool.total(kind) for kind in KINDS}
        if as_json:
            _print_json(one, other, totals, spool)
        else:
            _print_text(one, other, totals, spool)
    if any(totals[kind].files for kind in KINDS):
        raise typer.Exit(EXIT_FALSE)


def _all(spool: DifferenceSpool) -> Iterator[Difference]:
    for kind in KINDS:
        yield from spool.differences(kind)


def _print_text(
    one: DatasetSource, other: DatasetSource, totals: dict[str, Total], spool: DifferenceSpool
) -> None:
    say(_("A  {source}").format(source=source_line(one)))
    say(_("B  {source}").format(source=source_line(other)))
    say("")
    for found in _all(spool):
        paths = [path for path in (found.before, found.after) if path is not None]
        shown = paths[:1] if found.kind == "changed" else paths
        say(f"{_MARKS[found.kind]} {' -> '.join(shown)}")
    if any(totals[kind].files for kind in KINDS):
        say("")
    heads = ("", _("files"), _("bytes in A"), _("bytes in B"))
    rows = [
        (_(_KINDS[kind]), total.files, _bytes(total.bytes_before), _bytes(total.bytes_after))
        for kind, total in totals.items()
    ]
    print_table(heads, rows)


def _bytes(length: int | None) -> str:
    return _("not known") if length is None else str(length)


def _print_json(
    one: DatasetSource, other: DatasetSource, totals: dict[str, Total], spool: DifferenceSpool
) -> None:
    """Print one JSON document, difference by difference: there may be millions."""
    head = {
        "a": source_json(one),
        "b": source_json(other),
        "counts": {kind: total._asdict() for kind, total in totals.items()},
    }
    sys.stdout.write(json.dumps(head, ensure_ascii=False, indent=2)[:-2] + ',\n  "differences": [')
    comma = "\n    "
    for found in _all(spool):
        sys.stdout.write(comma + json.dumps(found._asdict(), ensure_ascii=False))
        comma = ",\n    "
    sys.stdout.write("\n  ]\n}\n")


def source_line(source: DatasetSource) -> str:
    """Say in a line what is compared."""
    line = f"{source.path}: {_(_SOURCES[source.kind])}"
    if source.record_id is not None:
        line += "; " + _("record {id}").format(id=source.record_id)
    if source.summary is not None:
        line += "; " + _("digest {digest}").format(digest=source.summary.digest.hex())
    return line


def source_json(source: DatasetSource) -> dict[str, object]:
    """Return the same for scripts."""
    found = source.summary
    return {
        "path": str(source.path),
        "kind": source.kind,
        "record": source.record_id,
        "dataset_digest": None if found is None else found.digest.hex(),
        "files": None if found is None else found.files,
        "bytes": None if found is None else found.length,
    }
