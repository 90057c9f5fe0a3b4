"""``anchor``: how anchoring stands, anchor now, and go on after a halt."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from provenance.cli.application import Application
from provenance.cli.commands.chain_options import FEW_NODES
from provenance.cli.commands.options import AsJson, Folder
from provenance.cli.language import N_, _
from provenance.cli.output import print_fields, print_json, say, when
from provenance.digests import to_evm_hex
from provenance.service.settings import LedgerFolder

if TYPE_CHECKING:
    from provenance.ledger.anchor_port import Anchor, Halt
    from provenance.ledger.sending_funds import Funds
    from provenance.service.anchor_orders import ChainStatus

__all__ = ["register"]

_STATES = {
    "prepared": N_("prepared"),
    "sent": N_("sent"),
    "included": N_("in a block, not final yet"),
    "final": N_("final"),
}

_ONLY_PROCESS = N_("the one process of this folder")
"""How a ledger with a database of its own names whoever has the lease."""

_LEVELS = {
    "proof": N_("proved by headers and storage"),
    "trusted-rpc": N_("trusted RPC: nothing can be proved from this chain"),
}


def register(app: Application) -> None:
    """Add the commands of this file."""
    group = Application(help=_("Ask about anchoring, or for an anchor."))
    group.add("status", anchor_status, help=_("Say how far anchoring has come."))
    group.add("now", anchor_soon, help=_("Anchor the newest checkpoint without waiting."))
    resuming = _("Go on anchoring where it was halted, once you know why it was.")
    group.add("resume", anchor_resume, help=resuming)
    app.add_typer(group, name="anchor")


# --- status -----------------------------------------------------------------------------------


def anchor_status(folder: Folder, *, as_json: AsJson = False) -> None:
    """Say how far anchoring has come; works while the service runs and while it does not."""
    from provenance.service.anchor_orders import anchoring_status  # noqa: PLC0415 -- loads SQL

    anchoring = anchoring_status(LedgerFolder(folder.absolute()))
    if as_json:
        print_json(
            {
                "signed_size": anchoring.signed_size,
                "chains": [_chain_json(one) for one in anchoring.chains],
            }
        )
        return
    print_fields([(_("signed tree size"), anchoring.signed_size)])
    for one in anchoring.chains:
        say("")
        print_fields(_chain_rows(one))


def _chain_json(status: ChainStatus) -> dict[str, object]:
    final, halt = status.newest_final, status.halt
    return {
        "chain_id": status.chain.chain_id,
        "name": status.chain.name,
        "evidence": status.chain.evidence,
        "wanted_size": status.wanted_size,
        "final_size": None if final is None else final.tree_size,
        "newest": None if status.newest is None else _anchor_json(status.newest),
        "unfinished": [_anchor_json(anchor) for anchor in status.unfinished],
        "retired": status.is_retired,
        "sender": None if status.newest is None else to_evm_hex(status.newest.sender),
        **_funds_json(status.funds),
        "anchoring_process": status.holder,
        "few_nodes": status.has_few_nodes,
        "fee_ceiling": status.ceiling,
        "nodes": None
        if status.trouble is None
        else {"code": status.trouble.code, "message": str(status.trouble)},
        "halt": None
        if halt is None
        else {"code": halt.code, "message": halt.message, "since_unix": halt.since_unix},
    }


def _funds_json(funds: Funds | None) -> dict[str, object]:
    known = funds is not None and funds.balance_wei is not None
    return {
        "sender_balance_wei": str(funds.balance_wei) if funds is not None and known else None,
        "anchor_cost_wei": None if funds is None else str(funds.cost_wei),
        "no_funds": funds.is_short if funds is not None and known else None,
    }


def _anchor_json(anchor: Anchor) -> dict[str, object]:
    found = anchor.inclusion
    return {
        "tree_size": anchor.tree_size,
        "state": anchor.state.value,
        "nonce": anchor.nonce,
        "transactions": ["0x" + one.tx_hash.hex() for one in anchor.attempts],
        "block_number": None if found is None else found.block.number,
        "widened_by": None if found is None else found.widened_by,
        "violated_unix": anchor.violated_unix,
    }


def _chain_rows(status: ChainStatus) -> list[tuple[str, object]]:
    chain, final = status.chain, status.newest_final
    rows: list[tuple[str, object]] = [
        (_("chain"), f"{chain.name} ({chain.chain_id})"),
        (_("evidence"), _(_LEVELS[chain.evidence])),
        (_("final tree size"), _("none yet") if final is None else _place(final)),
    ]
    if status.is_retired:
        rows += [(_("left unfinished"), _place(anchor)) for anchor in status.unfinished]
        rows.append((_("retired"), _("nothing is sent or looked at there any more")))
        return rows
    rows += [(_("on its way"), _place(anchor)) for anchor in status.unfinished]
    rows.append((_("waiting"), _("nothing") if status.wanted_size is None else status.wanted_size))
    if status.newest is not None:
        rows.append((_("sending key"), to_evm_hex(status.newest.sender)))
    if status.funds is not None:
        rows += _funds_rows(status.funds)
    rows.append((_("anchoring process"), _holder(status.holder)))
    if status.ceiling is not None:
        rows.append((_("FEE CEILING"), status.ceiling))
    if status.trouble is not None:
        rows.append((_("NODES"), f"{status.trouble.code}: {status.trouble}"))
    if status.has_few_nodes:
        rows.append((_("FEW NODES"), _(FEW_NODES)))
    if status.halt is not None:
        rows += _halt_rows(status.halt)
    return rows


def _holder(holder: str | None) -> str:
    """Say who has the lease, as the gauge ``chain_leading`` does."""
    if holder is None:
        return _("nobody has the lease: nothing is due, or no service runs")
    return _(holder) if holder == _ONLY_PROCESS else holder


def _funds_rows(funds: Funds) -> list[tuple[str, object]]:
    unknown = funds.balance_wei is None
    rows: list[tuple[str, object]] = [
        (_("balance"), _("the nodes do not say") if unknown else f"{funds.balance_wei} wei"),
        (_("one anchor costs at most"), f"{funds.cost_wei} wei"),
    ]
    if funds.is_short:
        rows.append((_("NO FUNDS"), _("send coins to the sending key; what waits is then sent")))
    return rows


def _place(anchor: Anchor) -> str:
    """Say of one anchor which size it is of, its state, its block and how wide its proof is."""
    said = f"{anchor.tree_size} ({_(_STATES[anchor.state.value])})"
    found = anchor.inclusion
    if found is None:
        return said
    said += ", " + _("block {number}").format(number=found.block.number)
    if found.widened_by:
        said += ", " + _("widened by {blocks} blocks").format(blocks=found.widened_by)
    if anchor.violated_unix is not None:
        said += ", " + _("its final block was replaced")
    return said


def _halt_rows(halt: Halt) -> list[tuple[str, object]]:
    return [
        (_("HALTED"), halt.code),
        (_("since"), when(halt.since_unix)),
        (_("because"), halt.message),
        (_("what to do"), _("look it up in docs/operating.md; then provenance anchor resume")),
    ]


# --- orders -----------------------------------------------------------------------------------


def anchor_soon(folder: Folder, *, as_json: AsJson = False) -> None:
    """Make the newest checkpoint's anchor urgent; the running service does it within a second."""
    from provenance.service.anchor_orders import anchor_now  # noqa: PLC0415 -- loads SQL

    size = anchor_now(LedgerFolder(folder.absolute()))
    if as_json:
        print_json({"tree_size": size})
    elif size is None:
        say(_("Everything is anchored already."))
    else:
        say(_("Tree size {size} is anchored next.").format(size=size))


def anchor_resume(
    folder: Folder,
    *,
    chain: Annotated[
        int | None,
        typer.Option("--chain", metavar="ID", help=_("On this chain only; default: on every one.")),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Take halts away; the worker looks again first, and stops again if nothing has changed."""
    from provenance.service.anchor_orders import resume_anchoring  # noqa: PLC0415 -- loads SQL

    halts = resume_anchoring(LedgerFolder(folder.absolute()), chain)
    if as_json:
        print_json({"resumed": [{"chain_id": one.chain_id, "code": one.code} for one in halts]})
    elif not halts:
        say(_("Anchoring was not halted."))
    for one in halts if not as_json else ():
        words = _("Anchoring on chain {chain} goes on; it was halted by {code}.")
        say(words.format(chain=one.chain_id, code=one.code))
