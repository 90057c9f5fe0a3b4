"""``overlap``: how much of one dataset is in another, exactly and nearly, as a report."""

from __future__ import annotations

import json
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from provenance.cli.application import Application
from provenance.cli.commands.diffs import DatasetA, DatasetB, source_json, source_line
from provenance.cli.commands.fingerprints import hashing_progress
from provenance.cli.commands.options import AsJson
from provenance.cli.files import read_file, write_file
from provenance.cli.language import N_, _
from provenance.cli.output import print_json, print_table, say
from provenance.cli.places import local
from provenance.errors import MalformedError
from provenance.files.data_codes import MOST_PAIRS
from provenance.files.dataset_source import DatasetSource, source_at
from provenance.files.overlap_search import OverlapSearch
from provenance.overlap import CODE_BITS, LEAST_SALT_BYTES, METHOD

if TYPE_CHECKING:
    from provenance.overlap import Exact, NearFiles, NearTables

__all__ = ["register"]

_FORMAT = "provenance-overlap"
_FRESH_SALT_BYTES = 32
_MOST_LISTED = 10_000
"""Shared files that a report names; how many there are it says anyway."""

_MOST_SHOWN = 20
"""Shared files that are shown to people."""

_FINDINGS = {
    "line-ends": N_("other line ends"),
    "shuffled": N_("rows in another order"),
    "rows-changed": N_("rows changed in their places"),
    "rows-differ": N_("rows that only one of them has, on both sides"),
    "rows-dropped": N_("B lacks rows"),
    "rows-added": N_("B has more rows"),
    "rows-repeated": N_("rows repeated more often"),
    "white-space": N_("the same rows: only white space or empty rows differ"),
}
_METHOD = (
    N_("Exact: SHA-256 of whole files; empty files are left out."),
    N_("Near by bytes: ISCC Data-Code; unrelated files differ in about 128 of its 256 bits."),
    N_(
        "Near by rows: sets of rows as HMAC-SHA256 under the salt, in any order, without line ends."
    ),
    N_(
        "Not seen: compressed, encrypted or re-encoded copies, other columns, other number formats."
    ),
    N_("What is alike has a cause, which this report does not know: copying, or a common source."),
)


def register(app: Application) -> None:
    """Add the command of this file."""
    app.add("overlap", overlap, help=_("Report how much of one dataset is in another."))


def overlap(
    first: DatasetA,
    second: DatasetB,
    salt: Annotated[
        Path | None,
        typer.Option(
            "--salt",
            metavar="FILE",
            help=_("Secret key for the hashes of rows; else a fresh one that is not kept."),
        ),
    ] = None,
    report: Annotated[
        Path | None,
        typer.Option("--report", metavar="FILE", help=_("Also write the report, as JSON.")),
    ] = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Compare two datasets exactly, and where both are data, also nearly.

    No content and no hash of a row is in the report.
    """
    key = _salt(salt)
    one, other = source_at(local(first, "A")), source_at(local(second, "B"))
    with OverlapSearch(key) as search:
        found = _search(search, one, other)
        made = _report(found, one, other, is_kept=salt is not None)
    if report is not None:
        write_file(report, json.dumps(made, ensure_ascii=False, indent=1).encode() + b"\n")
    if as_json:
        print_json(made)
    else:
        _print(found, one, other, is_kept=salt is not None)


@dataclass(frozen=True)
class _Found:
    """Everything that a search found; ``files`` and ``tables`` are None where no data were read."""

    exact: Exact
    shared: list[tuple[str, str]]
    files: list[NearFiles] | None
    tables: list[NearTables] | None
    row_sets: list[tuple[bytes, bytes]]
    """For each of ``tables``, what stands for the rows of A and of B."""
    is_cut: bool


def _search(search: OverlapSearch, one: DatasetSource, other: DatasetSource) -> _Found:
    sources = (one, other)
    with hashing_progress() as on_progress:
        for side, source in enumerate(sources):
            search.load(side, source.entries(on_progress))
    exact, shared = search.exact(), list(search.shared(_MOST_LISTED))
    if any(source.kind != "data" for source in sources):
        return _Found(exact, shared, None, None, [], is_cut=False)
    for side, source in enumerate(sources):
        search.look_at(side, source.path)
    files, tables = search.near()
    row_sets = [search.tables.commitments(near.a, near.b) for near in tables]
    return _Found(exact, shared, files, tables, row_sets, is_cut=search.codes.is_cut)


def _salt(file: Path | None) -> bytes:
    """Return the key of the rows' hashes.

    Raises:
        MalformedError: it is so short that it could be guessed.
    """
    if file is None:
        return secrets.token_bytes(_FRESH_SALT_BYTES)
    key = read_file(file, limit=1 << 16)
    if len(key) < LEAST_SALT_BYTES:
        raise MalformedError(
            f"expected {LEAST_SALT_BYTES} random bytes or more, got {len(key)}", field="--salt"
        )
    return key


# --- as JSON ----------------------------------------------------------------------------------


def _report(
    found: _Found, one: DatasetSource, other: DatasetSource, *, is_kept: bool
) -> dict[str, object]:
    """Return the whole report."""
    exact = found.exact
    return {
        "format": _FORMAT,
        "v": 1,
        "a": source_json(one),
        "b": source_json(other),
        "exact": {
            "contents": exact.contents,
            "a": _side_json(exact, 0),
            "b": _side_json(exact, 1),
            "files": [{"a": a, "b": b} for a, b in found.shared],
        },
        "near_bytes": None
        if found.files is None
        else [
            {"a": near.a, "b": near.b, "distance": near.distance, "bits": CODE_BITS}
            for near in found.files
        ],
        "near_rows": None
        if found.tables is None
        else [_table_json(*pair) for pair in zip(found.tables, found.row_sets, strict=True)],
        "method": {**METHOD, "salt": "given" if is_kept else "fresh, not kept"},
        "complete": found.files is not None and not found.is_cut,
    }


def _side_json(exact: Exact, side: int) -> dict[str, object]:
    return {
        "files": exact.files[side],
        "bytes": exact.length[side],
        "shared_files": exact.shared_files[side],
        "shared_bytes": exact.shared_length[side],
    }


def _table_json(near: NearTables, row_sets: tuple[bytes, bytes]) -> dict[str, object]:
    return {
        "a": near.a,
        "b": near.b,
        "findings": list(near.findings),
        "rows": list(near.rows),
        "distinct": list(near.distinct),
        "common": near.common,
        "jaccard": round(near.jaccard, 6),
        "containment": [round(near.containment(side), 6) for side in (0, 1)],
        "in_order": near.in_order,
        "changed_in_place": near.changed_in_place,
        "line_ends": list(near.line_ends),
        "row_sets": [one.hex() for one in row_sets],
    }


# --- for people -------------------------------------------------------------------------------


def _print(found: _Found, one: DatasetSource, other: DatasetSource, *, is_kept: bool) -> None:
    say(_("A  {source}").format(source=source_line(one)))
    say(_("B  {source}").format(source=source_line(other)))
    say("")
    _print_exact(found)
    if found.files is None or found.tables is None:
        say(_("Near copies were not looked for: that needs the data of both."))
    else:
        _print_near(found.files, found.tables)
    if found.is_cut:
        said = _("NOT ALL WAS COMPARED: more than {count} pairs of files of similar length.")
        say(said.format(count=MOST_PAIRS))
    say("")
    for line in _METHOD:
        say(_(line))
    if not is_kept:
        say(_("The salt was fresh and is not kept: give --salt to let others compute it again."))


def _print_exact(found: _Found) -> None:
    exact = found.exact
    heads = ("", _("files"), _("in both"), _("share"), _("bytes"), _("bytes in both"))
    rows = [
        (
            name,
            exact.files[side],
            exact.shared_files[side],
            f"{exact.share(side):.2%}",
            _bytes(exact.length[side]),
            _bytes(exact.shared_length[side]),
        )
        for side, name in enumerate("AB")
    ]
    print_table(heads, rows)
    say("")
    for a, b in found.shared[:_MOST_SHOWN]:
        say(f"= {a}" if a == b else f"= {a} -> {b}")
    if exact.shared_files[0] > _MOST_SHOWN:
        more = exact.shared_files[0] - _MOST_SHOWN
        say(_("= and {count} more: see --json").format(count=more))


def _bytes(length: int | None) -> str:
    return _("not known") if length is None else str(length)


def _print_near(files: list[NearFiles], tables: list[NearTables]) -> None:
    for near in files:
        line = _("~ {paths}: {distance} of {bits} bits differ")
        paths = _paths(near.a, near.b)
        say(line.format(paths=paths, distance=near.distance, bits=CODE_BITS))
    for table in tables:
        _print_table_pair(table)
    if not files and not tables:
        say(_("No near copies were found by this method."))


def _paths(a: str, b: str) -> str:
    return a if a == b else f"{a} -> {b}"


def _print_table_pair(near: NearTables) -> None:
    findings = ", ".join(_(_FINDINGS[code]) for code in near.findings)
    say(_("# {paths}: {findings}").format(paths=_paths(near.a, near.b), findings=findings))
    counts = _("    {common} of {a} and of {b} rows; Jaccard {jaccard}; A in B {ab}, B in A {ba}")
    say(
        counts.format(
            common=near.common,
            a=near.distinct[0],
            b=near.distinct[1],
            jaccard=f"{near.jaccard:.4f}",
            ab=f"{near.containment(0):.2%}",
            ba=f"{near.containment(1):.2%}",
        )
    )
    if near.changed_in_place:
        say(_("    rows changed in their places: {count}").format(count=near.changed_in_place))
    if near.line_ends[0] != near.line_ends[1]:
        a, b = near.line_ends
        say(_("    line ends: {a} in A, {b} in B").format(a=a, b=b))
