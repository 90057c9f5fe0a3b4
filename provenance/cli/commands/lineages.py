"""``lineage``: what a dataset came from, and what came from it, as a tree and as a picture."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from provenance.cli.application import Application
from provenance.cli.commands.options import AsJson, LedgerURL
from provenance.cli.files import write_file
from provenance.cli.gathering import (
    AllowDevChain,
    BlockHash,
    RecordId,
    entry_json,
    gather,
    record_id_of,
    signer_words,
    time_words,
)
from provenance.cli.language import N_, _
from provenance.cli.output import print_json, say
from provenance.cli.signing_about import OwnPolicy
from provenance.lineage import lineage_of, text_tree
from provenance.lineage_svg import Caption, draw_lineage

if TYPE_CHECKING:
    from provenance.lineage import Lineage, Node

__all__ = ["register"]

MARK_WORDS = {
    "withdrawn": N_("withdrawn"),
    "superseded": N_("superseded"),
    "corrected": N_("found wrong"),
    "disputed": N_("disputed"),
}


def register(app: Application) -> None:
    """Add the command of this file."""
    app.add("lineage", lineage, help=_("Show what a dataset came from, and what came from it."))


def lineage(
    record_id: RecordId,
    ledger: LedgerURL,
    policy: OwnPolicy = None,
    svg: Annotated[
        Path | None,
        typer.Option("--svg", metavar="FILE", help=_("Draw it as a picture into this file.")),
    ] = None,
    block_hash: BlockHash = None,
    *,
    allow_dev_chain: AllowDevChain = False,
    as_json: AsJson = False,
) -> None:
    """Show the datasets of this log that are related, each by a receipt that was verified."""
    case = gather(
        [record_id_of(record_id)],
        ledger,
        policy,
        block_hash=block_hash or (),
        allow_dev_chain=allow_dev_chain,
        lineage=True,
    )
    found = lineage_of(case, record_id_of(record_id))
    if svg is not None:
        words = {mark: _(word) for mark, word in MARK_WORDS.items()}
        title = _("Lineage of {title}").format(title=_title(found.nodes[found.asked]))
        title += " · " + _("an arrow leads from a source to what came from it")
        picture = draw_lineage(found, _caption, title=title, words=words)
        write_file(svg, picture.encode("utf-8"))
    if as_json:
        print_json(_as_json(found))
        return
    for line in text_tree(found, _label, again=_("(written out above)")):
        say(line)
    if any(node.is_outside for node in found.nodes.values()):
        say(_("Without an entry number: named by a record, and not proved by this log."))


def _title(node: Node) -> str:
    if node.title is not None:
        return node.title
    return node.key if node.is_outside else _("dataset without a title")


def _label(node: Node) -> str:
    """Return a node on one line: title, entry, time, signer, marks."""
    if node.entry is None:
        return _title(node)
    said = [
        _title(node),
        _("entry {index}").format(index=node.entry.leaf_index),
        time_words(node.entry),
        signer_words(node.entry.signer),
    ]
    marks = ", ".join(_(MARK_WORDS[mark]) for mark in node.marks)
    return ", ".join(said) + (f"  [{marks}]" if marks else "")


def _caption(node: Node) -> Caption:
    if node.entry is None:
        is_record = len(node.key) == 64 and node.title is None
        outside = _("not in this log") if is_record else _("named by its identifier")
        title = _("another record") if is_record else node.key
        return Caption(title, (outside,), node.key[:24] if is_record else "")
    entry = node.entry
    index = _("entry {index}").format(index=entry.leaf_index)
    lines = (f"{index}, {time_words(entry)}", signer_words(entry.signer))
    return Caption(_title(node), lines, node.key[:24])


def _as_json(found: Lineage) -> dict[str, object]:
    return {
        "asked": found.asked,
        "nodes": [
            {
                "key": node.key,
                "title": node.title,
                "marks": list(node.marks),
                "entry": None if node.entry is None else entry_json(node.entry),
            }
            for node in found.nodes.values()
        ],
        "edges": [
            {"newer": edge.newer, "relation": edge.relation, "older": edge.older, "by": edge.by}
            for edge in found.edges
        ],
    }
