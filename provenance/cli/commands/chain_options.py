"""Options that say which chain is anchored on, for ``init`` and ``configure``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from provenance.cli.language import N_, _
from provenance.cli.output import print_fields, print_json, say, warn
from provenance.digests import from_evm_hex, to_evm_hex
from provenance.errors import MalformedError
from provenance.service.chain_settings import (
    KEY_FILE,
    EnvironmentKey,
    ExternalSigner,
    KeyFile,
    SenderChoice,
    has_few_nodes,
    read_account,
)

if TYPE_CHECKING:
    from provenance.service.choose_chain import ChosenChain
    from provenance.service.prepare_chain import Awaited, Plan

__all__ = [
    "FEW_NODES",
    "AnchorInterval",
    "ChainId",
    "ChainName",
    "Confirmations",
    "DryRun",
    "GenesisHash",
    "Independent",
    "Quorum",
    "Rpc",
    "SenderKey",
    "genesis_hash",
    "print_plan",
    "sender_choice",
    "tell_waiting",
    "warn_of_few_nodes",
]

Rpc = Annotated[
    list[str] | None,
    typer.Option(
        "--rpc",
        metavar="URL",
        help=_("A JSON-RPC node; may repeat. Default: a local chain of its own."),
    ),
]

Quorum = Annotated[
    int | None,
    typer.Option("--quorum", help=_("How many nodes must agree; default: more than half.")),
]

ChainId = Annotated[
    int | None, typer.Option("--chain-id", help=_("The chain's id, where no profile says it."))
]

GenesisHash = Annotated[
    str | None,
    typer.Option(
        "--genesis-hash", metavar="HASH", help=_("Hash of block 0, where no profile says it.")
    ),
]

ChainName = Annotated[
    str | None, typer.Option("--chain-name", help=_("What verdicts call the chain."))
]

Confirmations = Annotated[
    int | None,
    typer.Option("--confirmations", help=_("Depth that is final, without a finality tag.")),
]

AnchorInterval = Annotated[
    int | None, typer.Option("--anchor-interval", help=_("Least seconds between two anchors."))
]

Independent = Annotated[
    bool, typer.Option("--independent", help=_("Others than you run the chain."))
]

SenderKey = Annotated[
    str | None,
    typer.Option(
        "--sender",
        metavar="KEY",
        help=_(
            "The key that pays: file (plain, for a chain of your own), passphrase-file:FILE or "
            "passphrase-environment:NAME (encrypted), environment:NAME or signer:ADDRESS@URL."
        ),
    ),
]

DryRun = Annotated[
    bool,
    typer.Option(
        "--dry-run", help=_("Say what would be sent to the chain, and what it costs; send nothing.")
    ),
]

FEW_NODES = N_(
    "Only one node is asked: it can call final what is not. Name nodes of two operators or more "
    "with --rpc."
)

_STEPS = {
    "contract": N_("create the contract"),
    "registration": N_("register the log"),
}


def genesis_hash(text: str | None) -> bytes | None:
    """Return the 32 bytes of ``--genesis-hash``."""
    return None if text is None else from_evm_hex(text, length=32, field="--genesis-hash")


def sender_choice(text: str | None) -> SenderChoice | None:
    """Read ``--sender``; None leaves it to the kind of chain.

    Raises:
        MalformedError: none of the five forms.
    """
    if text is None:
        return None
    kind, _colon, rest = text.partition(":")
    if text == "file":
        return KEY_FILE
    if kind == "passphrase-file" and rest:
        return KeyFile(rest)
    if kind == "passphrase-environment" and rest:
        return KeyFile(passphrase_environment=rest)
    if kind == "environment" and rest:
        return EnvironmentKey(rest)
    if kind == "signer" and "@" in rest:
        address, _at, url = rest.partition("@")
        return ExternalSigner(url, read_account(address, "--sender"))
    raise MalformedError(
        "expected file, passphrase-file:FILE, passphrase-environment:NAME, environment:NAME or "
        "signer:ADDRESS@URL",
        field="--sender",
    )


def warn_of_few_nodes(chosen: ChosenChain) -> None:
    """Say on standard error that one host alone is asked of a chain that others run."""
    if chosen.is_public and has_few_nodes(chosen.settings):
        warn(_(FEW_NODES))


def tell_waiting(awaited: Awaited) -> None:
    """Say on standard error what a command waits for on a chain."""
    if awaited.tx_hash is not None:
        words = _("Waiting until transaction {transaction} is in a block;")
        told = words.format(transaction=to_evm_hex(awaited.tx_hash))
    else:
        words = _("Waiting until block {number} is final;")
        told = words.format(number=awaited.block_number)
    words = _("the newest block is {number}, and no newer one has come for {seconds} s.")
    warn(told + " " + words.format(number=awaited.head_number, seconds=awaited.still_seconds))


def print_plan(plan: Plan, *, as_json: bool) -> None:
    """Print what setting up a chain would take."""
    if as_json:
        print_json(
            {
                "chain_id": plan.chain_id,
                "genesis_hash": to_evm_hex(plan.genesis_hash),
                "sender": to_evm_hex(plan.sender),
                "balance_wei": str(plan.balance_wei),
                "contract": to_evm_hex(plan.contract),
                "log_id": to_evm_hex(plan.log_id),
                "transactions": [{"step": step, "gas": gas} for step, gas in plan.gas],
                "fee_wei": str(plan.fee_wei),
                "data_fee_wei": None if plan.data_fee_wei is None else str(plan.data_fee_wei),
                "cost_wei": str(plan.cost_wei),
            }
        )
        return
    rows: list[tuple[str, object]] = [
        (_("chain id"), plan.chain_id),
        (_("genesis block"), to_evm_hex(plan.genesis_hash)),
        (_("sending key"), to_evm_hex(plan.sender)),
        (_("balance"), f"{plan.balance_wei} wei"),
        (_("contract"), to_evm_hex(plan.contract)),
        (_("log id"), to_evm_hex(plan.log_id)),
    ]
    rows += [(_(_STEPS[step]), f"{gas} gas") for step, gas in plan.gas]
    if plan.data_fee_wei is not None:
        told = _("{wei} wei for data, on top of gas; no ceiling bounds it")
        rows.append((_("data fee"), told.format(wei=plan.data_fee_wei)))
    rows.append((_("cost now"), f"{plan.cost_wei} wei ({plan.fee_wei} wei/gas)"))
    print_fields(rows)
    say(_("Nothing was sent."))
