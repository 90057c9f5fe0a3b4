"""Put the contract on a chosen chain and register the log there, or say what that would take.

Safe to repeat: what is there already is found again (``provenance.chain.deploy``). Nothing of the
ledger changes; what comes back goes into its genesis or a ``configuration`` record.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from provenance.chain.deploy import deploy
from provenance.chain.patience import USUAL_PATIENCE, Awaited, Patience
from provenance.chain.plan_deployment import Plan, plan_deployment
from provenance.digests import to_evm_hex
from provenance.errors import ChainStalledError, MalformedError, NoFundsError
from provenance.service.chain_node import ChainNode
from provenance.service.chain_settings import KeyFile

if TYPE_CHECKING:
    from collections.abc import Iterator

    from provenance.chain.node import Node
    from provenance.ledger.chain_port import Block, ChainPin, Sender
    from provenance.service.choose_chain import ChosenChain
    from provenance.service.operator_keys import OperatorKeys
    from provenance.service.settings import LedgerFolder

__all__ = ["Awaited", "Patience", "Plan", "PreparedChain", "plan_chain", "prepare_chain"]


@dataclass(frozen=True, slots=True)
class PreparedChain:
    """A chain on which the log is registered, finally."""

    chosen: ChosenChain
    pin: ChainPin
    block: Block
    """A final one, not older than the registration."""


def prepare_chain(
    folder: LedgerFolder,
    chosen: ChosenChain,
    keys: OperatorKeys,
    origin: str,
    *,
    patience: Patience = USUAL_PATIENCE,
) -> PreparedChain:
    """Deploy and register by the chain's sending key, and wait until nobody can take it back.

    Raises:
        ChainStalledError: the chain makes no blocks, or calls none final; names what is left.
        WrongChainError: a node is of another chain than the chosen one.
        NoFundsError: the sending key has no coins.
        UnavailableError: a node is away.
    """
    sender = _sender(chosen, keys)
    with _started(folder, chosen, sender.address) as nodes:
        node, settled = _compare(nodes, chosen)
        if node.balance(sender.address) == 0:
            raise NoFundsError(
                f"the sending key {to_evm_hex(sender.address)} has no coins on {settled.name}: "
                "send it some, then again"
            )
        try:
            deployed = deploy(node, sender, origin, wait=nodes.wait_for_block, patience=patience)
            nodes.wait_until_final(node, deployed.block_number, patience)
        except ChainStalledError as error:
            raise ChainStalledError(
                f"{error}. Left behind: the keys in {folder.keys}, and on {settled.name} what "
                f"{to_evm_hex(sender.address)} has sent. Mend the chain, then run the same "
                "command again: it goes on from there and pays for nothing twice"
            ) from error
        return PreparedChain(settled, deployed.pin, node.finalized())


def plan_chain(folder: LedgerFolder, chosen: ChosenChain, keys: OperatorKeys, origin: str) -> Plan:
    """Say what ``prepare_chain`` would send, and send nothing; a sending key is made if need be.

    Raises:
        MalformedError: of the managed chain, whose coins cost nothing.
        WrongChainError: a node is of another chain than the chosen one.
        UnavailableError: a node is away.
    """
    if chosen.settings.is_managed:
        raise MalformedError("there is nothing to plan on the managed chain", field="--dry-run")
    sender = _sender(chosen, keys)
    with _started(folder, chosen, sender.address) as nodes:
        node, _ = _compare(nodes, chosen)
        return plan_deployment(node, sender.address, origin)


def _sender(chosen: ChosenChain, keys: OperatorKeys) -> Sender:
    """Return the paying key, made if it is a file and there is none.

    Raises:
        MalformedError: the file is there in plain hex, although a passphrase was chosen: as where
            it was made for a chain of the operator's own, and is now to pay on one of others.
    """
    choice = chosen.settings.sender
    if isinstance(choice, KeyFile) and not choice.is_plain and keys.has_plain_sender:
        raise MalformedError(
            "keys/sender.key is there already, in plain hex, and no passphrase protects it: "
            "choose environment or signer",
            field="--sender",
        )
    return keys.sender(choice, make=True)


@contextmanager
def _started(folder: LedgerFolder, chosen: ChosenChain, sender: bytes) -> Iterator[ChainNode]:
    nodes = ChainNode(folder, chosen.settings, sender)
    nodes.start()
    try:
        yield nodes
    finally:
        nodes.stop()


def _compare(nodes: ChainNode, chosen: ChosenChain) -> tuple[Node, ChosenChain]:
    """Check that every node is of the chosen chain; returns the first of them."""
    first, *others = nodes.nodes(confirmations=chosen.depth, level=chosen.evidence)
    settled = chosen.on(first)
    for other in others:
        settled.on(other)
    return first, settled
