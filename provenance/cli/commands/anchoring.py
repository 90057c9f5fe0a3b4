"""``anchor``: how anchoring stands, and anchor now."""

from __future__ import annotations

from provenance.cli.application import Application
from provenance.cli.commands.options import AsJson, Folder
from provenance.cli.language import N_, _
from provenance.cli.output import print_fields, print_json, say
from provenance.service.anchor_orders import anchor_now, anchoring_status
from provenance.service.settings import LedgerFolder

__all__ = ["register"]

_STATES = {
    "prepared": N_("prepared"),
    "sent": N_("sent"),
    "included": N_("in a block, not final yet"),
    "final": N_("final"),
}


def register(app: Application) -> None:
    """Add the commands of this file."""
    group = Application(help=_("Ask about anchoring, or for an anchor."))
    group.add("status", anchor_status, help=_("Say how far anchoring has come."))
    group.add("now", anchor_soon, help=_("Anchor the newest checkpoint without waiting."))
    app.add_typer(group, name="anchor")


def anchor_status(folder: Folder, *, as_json: AsJson = False) -> None:
    """Say how far anchoring has come; works while the service runs and while it does not."""
    anchoring = anchoring_status(LedgerFolder(folder.absolute()))
    status = anchoring.chains[0]
    final, newest = status.newest_final, status.newest
    if as_json:
        print_json(
            {
                "signed_size": anchoring.signed_size,
                "wanted_size": status.wanted_size,
                "final_size": None if final is None else final.tree_size,
                "newest": None
                if newest is None
                else {
                    "tree_size": newest.tree_size,
                    "state": newest.state.value,
                    "nonce": newest.nonce,
                    "transactions": ["0x" + one.tx_hash.hex() for one in newest.attempts],
                },
            }
        )
        return
    rows: list[tuple[str, object]] = [(_("signed tree size"), anchoring.signed_size)]
    rows.append((_("final tree size"), 0 if final is None else final.tree_size))
    if newest is not None and newest != final:
        rows.append((_("on its way"), f"{newest.tree_size} ({_(_STATES[newest.state.value])})"))
    rows.append((_("waiting"), _("nothing") if status.wanted_size is None else status.wanted_size))
    print_fields(rows)


def anchor_soon(folder: Folder, *, as_json: AsJson = False) -> None:
    """Make the newest checkpoint's anchor urgent; the running service does it within a second."""
    size = anchor_now(LedgerFolder(folder.absolute()))
    if as_json:
        print_json({"tree_size": size})
    elif size is None:
        say(_("Everything is anchored already."))
    else:
        say(_("Tree size {size} is anchored next.").format(size=size))
