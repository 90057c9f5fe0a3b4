"""``witness``: choose who cosigns the log's checkpoints."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from provenance.cli.application import Application
from provenance.cli.commands.options import AsJson, Folder
from provenance.cli.commands.policies import grouped
from provenance.cli.language import _
from provenance.cli.output import print_fields, print_json, say
from provenance.service.choose_witnesses import add_witness, remove_witness
from provenance.service.settings import LedgerFolder

if TYPE_CHECKING:
    from provenance.policy import Policy

__all__ = ["register"]

Quorum = Annotated[
    int | None,
    typer.Option(
        "--quorum",
        min=0,
        metavar="N",
        help=_("How many witnesses must have cosigned, by the policy."),
    ),
]


def register(app: Application) -> None:
    """Add the commands of this file."""
    group = Application(help=_("Choose the witnesses that cosign the log's checkpoints."))
    group.add("add", add, help=_("Ask a witness; the policy changes."))
    group.add("remove", remove, help=_("Ask a witness no more; the policy changes."))
    app.add_typer(group, name="witness")


def add(
    folder: Folder,
    vkey: Annotated[str, typer.Argument(metavar="VKEY", help=_("The witness's verifier key."))],
    url: Annotated[str, typer.Argument(metavar="URL", help=_("Where it takes checkpoints."))],
    *,
    quorum: Quorum = None,
    as_json: AsJson = False,
) -> None:
    """Ask a C2SP witness for its cosignature of every checkpoint; the service must be stopped."""
    policy = add_witness(LedgerFolder(folder.absolute()), vkey, url, quorum=quorum)
    _print(policy, as_json=as_json)


def remove(
    folder: Folder,
    name: Annotated[str, typer.Argument(metavar="NAME", help=_("The witness's name."))],
    *,
    quorum: Quorum = None,
    as_json: AsJson = False,
) -> None:
    """Take a witness out of settings and policy; the service must be stopped."""
    policy = remove_witness(LedgerFolder(folder.absolute()), name, quorum=quorum)
    _print(policy, as_json=as_json)


def _print(policy: Policy, *, as_json: bool) -> None:
    names = [witness.name for witness in policy.witnesses]
    if as_json:
        print_json({"witnesses": names, "quorum": policy.quorum, "digest": policy.digest.hex()})
        return
    print_fields(
        (
            (_("witnesses"), ", ".join(names) or _("none")),
            (_("needed"), policy.quorum),
            (_("digest"), grouped(policy.digest)),
        )
    )
    say(_("Publish this digest as you published the first: the policy is a new one."))
