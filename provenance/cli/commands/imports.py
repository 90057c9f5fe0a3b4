"""``import``: a manifest from what somebody else has written about a dataset."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from provenance import strict_json
from provenance.cli.commands.options import AsJson
from provenance.cli.files import write_file
from provenance.cli.importing import read_wish, take_in
from provenance.cli.language import _
from provenance.cli.output import print_fields, print_json
from provenance.cli.places import beside_place, place_of, read_place

if TYPE_CHECKING:
    from provenance.cli.application import Application
    from provenance.cli.importing import Taken
    from provenance.fingerprint import Summary

__all__ = ["DataFolder", "Kind", "Rehash", "register"]

Kind = Annotated[
    str | None,
    typer.Option("--as", metavar="FORMAT", help=_("The source's format, if it is not recognized.")),
]

DataFolder = Annotated[
    Path | None,
    typer.Option("--data", metavar="FOLDER", help=_("Where the files of the source lie.")),
]

Rehash = Annotated[
    str,
    typer.Option(
        "--rehash",
        metavar="none|all|K",
        help=_("How many files to hash here: none, all, or a random sample of K."),
    ),
]


def register(app: Application) -> None:
    """Add the command of this file."""
    does = _("Make a manifest from checksums or metadata that exist already.")
    reads = _(
        "Reads checksum lists, BagIt, OCFL, DVC, git-annex, RO-Crate, DataCite, Zenodo, "
        "Dataverse, Frictionless, Croissant and CITATION.cff. Each file keeps its level: declared, "
        "imported, or hashed here."
    )
    app.add("import", import_, help=f"{does}\n\n{reads}")


def import_(
    source: Annotated[
        str,
        typer.Argument(
            metavar="SOURCE", help=_("A file, folder or archive to import, or s3://BUCKET/PREFIX.")
        ),
    ],
    kind: Kind = None,
    data: DataFolder = None,
    rehash: Rehash = "none",
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", metavar="FILE", help=_("Where the manifest goes.")),
    ] = None,
    metadata_out: Annotated[
        Path | None,
        typer.Option(
            "--metadata-out",
            metavar="FILE",
            help=_("Where the metadata go, for `deposit --metadata`."),
        ),
    ] = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Import a source; nothing is sent anywhere, and nothing in it is changed."""
    wish = read_wish(rehash)
    place = place_of(source)
    taken = take_in(read_place(place, kind), place, data, wish)
    summary, target = None, None
    if taken.imported.entries or data is not None:
        target = output or beside_place(place, ".manifest.jsonl")
        summary = taken.write_manifest(target)
    if metadata_out is not None:
        write_file(metadata_out, strict_json.dump(taken.imported.metadata) + b"\n")
    if as_json:
        print_json(_as_json(taken, summary, target))
        return
    print_fields(_rows(taken, summary, target, metadata_out))
    taken.tell()


def _as_json(taken: Taken, summary: Summary | None, target: Path | None) -> dict[str, object]:
    answer: dict[str, object] = {"source": taken.imported.source}
    if summary is not None:
        answer |= taken.claims(summary) | {"manifest": str(target)}
    if taken.drawn:
        answer["sample"] = {"files": taken.drawn, "seed": taken.seed.hex()}
    answer["metadata"] = taken.imported.metadata
    return answer | {"warnings": [str(one) for one in taken.imported.warnings]}


def _rows(
    taken: Taken, summary: Summary | None, target: Path | None, metadata_out: Path | None
) -> list[tuple[str, object]]:
    rows: list[tuple[str, object]] = [(_("source"), taken.imported.source)]
    if summary is not None:
        name = _("declared digest") if taken.imported.is_declared else _("dataset digest")
        algorithm = f" ({taken.imported.algorithm})" if taken.imported.is_declared else ""
        rows += [(name, f"{summary.digest.hex()}{algorithm}"), (_("files"), summary.files)]
        length = _("not known") if summary.length is None else summary.length
        rows += [(_("bytes"), length), *_levels(taken, summary), (_("manifest"), target)]
    rows += [(_("metadata"), _shown(name, value)) for name, value in _metadata(taken)]
    return rows if metadata_out is None else [*rows, (_("metadata file"), metadata_out)]


def _levels(taken: Taken, summary: Summary) -> list[tuple[str, object]]:
    claim = taken.claims(summary)["assurance"]
    counts = claim if isinstance(claim, dict) else {}
    words = {
        "declared": _("declared by the source, no identity"),
        "imported": _("imported, not hashed here"),
        "rehashed": _("hashed here"),
    }
    return [(words[level], counts[level]) for level in words if level in counts]


def _metadata(taken: Taken) -> list[tuple[str, object]]:
    return list(taken.imported.metadata.items())


def _shown(name: str, value: object) -> str:
    """Return one claim on one line, as ``title: Penguins``."""
    if not isinstance(value, list):
        return f"{name}: {value}"
    parts = [
        " ".join(str(part) for part in one.values() if not isinstance(part, list))
        for one in value
        if isinstance(one, dict)
    ]
    return f"{name}: {'; '.join(parts[:10])}" + (" ..." if len(parts) > 10 else "")
