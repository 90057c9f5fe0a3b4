"""``audit``: re-prove a whole log, from its ledger folder or from outside."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from provenance.cli.application import Application
from provenance.cli.commands.options import AsJson
from provenance.cli.commands.policies import read_policy
from provenance.cli.language import _, current
from provenance.cli.output import print_fields, print_json, say, warn
from provenance.errors import AuditError, MalformedError, NotFoundError
from provenance.service.settings import LedgerFolder

if TYPE_CHECKING:
    from collections.abc import Sequence

    from provenance.ledger.audit_log import AuditReport
    from provenance.policy import Policy
    from provenance.service.audit_chain import ChainFinding

__all__ = ["register"]


def register(app: Application) -> None:
    """Add the command of this file."""
    app.add("audit", audit, help=_("Prove a whole log anew: every entry, tile and anchor."))


def audit(
    folder: Annotated[
        Path | None,
        typer.Argument(metavar="FOLDER", help=_("A ledger folder, or a mirror's folder of tiles.")),
    ] = None,
    url: Annotated[
        str | None,
        typer.Option("--url", metavar="URL", help=_("Audit from outside, at this address.")),
    ] = None,
    policy: Annotated[
        Path | None,
        typer.Option(
            "--policy", metavar="FILE", help=_("Your trust policy; needed to audit from outside.")
        ),
    ] = None,
    rpc: Annotated[
        list[str] | None,
        typer.Option(
            "--rpc",
            metavar="URL",
            help=_("A node that you trust, for the anchors on its chain; may repeat."),
        ),
    ] = None,
    *,
    offline: Annotated[
        bool, typer.Option("--offline", help=_("Prove the anchors, but ask no node about them."))
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Stop at the first wrong place and name it; exit 1 then."""
    if (folder is None) == (url is None):
        raise MalformedError("expected either a folder or --url", field="FOLDER")
    nodes = tuple(rpc or ())
    if offline and nodes:
        raise MalformedError("expected either --rpc or --offline", field="--rpc")
    try:
        if folder is not None:
            report, findings = _audit_folder(folder, policy, nodes, ask_chain=not offline)
        else:
            report, findings = _audit_url(str(url), _outsiders(policy), nodes)
    except AuditError as error:
        if not as_json:
            warn(_("First wrong place: {place}").format(place=error.place))
        raise
    if as_json:
        print_json(_to_json(report, findings))
    else:
        _print(report, findings)


def _outsiders(policy: Path | None) -> Policy:
    if policy is None:
        raise MalformedError("is needed to audit from outside", field="--policy")
    return read_policy(policy)


def _audit_url(
    url: str, policy: Policy, nodes: Sequence[str]
) -> tuple[AuditReport, list[ChainFinding]]:
    # imported here: each way of auditing loads only what it needs
    from provenance.client import LedgerClient  # noqa: PLC0415
    from provenance.ledger.audit_log import PublicLog  # noqa: PLC0415
    from provenance.service.audit import audit_public  # noqa: PLC0415

    with LedgerClient(url, language=current()) as client:
        return audit_public(
            PublicLog(client.get), policy, anchors=list(client.anchors()), nodes=nodes
        )


def _audit_folder(
    root: Path, policy: Path | None, nodes: Sequence[str], *, ask_chain: bool
) -> tuple[AuditReport, list[ChainFinding]]:
    from provenance.cli.logs import opened_log  # noqa: PLC0415 -- as in _audit_url
    from provenance.service.audit import audit_folder, audit_public  # noqa: PLC0415

    place = LedgerFolder(root.absolute())
    if not place.root.is_dir():
        raise NotFoundError(f"{root}: no such folder", field="FOLDER")
    if not place.settings.exists() and (place.root / "checkpoint").exists():
        with opened_log(str(root)) as log:
            return audit_public(log, _outsiders(policy), nodes=nodes)
    if policy is not None:
        raise MalformedError("a ledger folder is audited by its own policy", field="--policy")
    return audit_folder(place, nodes=nodes, ask_chain=ask_chain)


def _to_json(report: AuditReport, findings: Sequence[ChainFinding]) -> dict[str, object]:
    return {
        "tree_size": report.tree_size,
        "root_hash": report.root_hash.hex(),
        "entries_by_type": dict(sorted(report.by_type.items())),
        "tiles": report.tiles,
        "heads": report.heads,
        "checkpoints": report.checkpoints,
        "anchors_proved": report.anchors,
        "anchors_stated": report.anchors_stated,
        "anchors_widened": report.anchors_widened,
        "widened_by_at_most": report.widest,
        "anchors_without_evidence": report.anchors_without_evidence,
        "blocks_confirmed": report.blocks_confirmed,
        "disclosures": report.disclosures,
        "lost_keys": report.lost_keys,
        "erased": report.erased,
        "manifests": report.manifests,
        "signer_memory_checked": report.memory_is_checked,
        "signer_memory_away": report.memory_away,
        "chains": [
            {"chain_id": one.chain_id, "tree_size": one.tree_size, "is_of_log": one.is_of_log}
            for one in findings
        ],
    }


def _print(report: AuditReport, findings: Sequence[ChainFinding]) -> None:
    say(_("Proved anew: the log holds together."))
    types = ", ".join(f"{count} {name}" for name, count in sorted(report.by_type.items()))
    rows: list[tuple[str, object]] = [
        (_("tree size"), report.tree_size),
        (_("root hash"), report.root_hash.hex()),
        (_("entries"), types),
        (_("tiles"), report.tiles),
        (_("checkpoints"), report.checkpoints),
        (_("anchors proved"), report.anchors),
        (_("blocks confirmed by the chain"), report.blocks_confirmed),
    ]
    if report.disclosures or report.lost_keys:
        rows.append((_("disclosures opened"), report.disclosures))
    if report.erased:
        rows.append((_("erased in records"), len(report.erased)))
    if report.manifests:
        rows.append((_("manifests"), report.manifests))
    print_fields(rows)
    _print_losses(report)
    if report.anchors_stated:
        said = _("Anchors only stated by the operator (trusted RPC), not proved: {count}.")
        say(said.format(count=report.anchors_stated))
    if report.anchors_widened:
        said = _("Anchors proved from a later block than their own: {count}, by up to {blocks}.")
        say(said.format(count=report.anchors_widened, blocks=report.widest))
    if report.anchors_without_evidence:
        say(_("Anchors on their way: {count}.").format(count=report.anchors_without_evidence))
    if not findings:
        say(_("No node was asked: whether the chain still has these blocks is not checked."))
    for one in findings:
        say(_finding(one))


def _print_losses(report: AuditReport) -> None:
    """Say what is no error of the log, and has to be known all the same."""
    if report.lost_keys:
        said = _(
            "Entries whose disclosures cannot be read, their keys are missing: {count}, the first "
            "is {index}. Nobody ordered that: put the disclosures' keys back if you have a copy."
        )
        say(said.format(count=len(report.lost_keys), index=report.lost_keys[0]))
    if report.memory_away is not None:
        said = _("The signer's memory is kept elsewhere and was not checked: {why}")
        say(said.format(why=report.memory_away))


def _finding(one: ChainFinding) -> str:
    if one.is_of_log:
        said = _("Chain {chain}: the newest root, at tree size {size}, is that of these entries.")
    elif one.tree_size:
        said = _("Chain {chain} is ahead, at tree size {size}: audit again to compare it.")
    else:
        said = _("Chain {chain} holds no root of this log yet.")
    return said.format(chain=one.chain_id, size=one.tree_size)
