"""The chain a ledger anchors on: a managed development node, or somebody's JSON-RPC endpoint."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from provenance.chain.anvil import AnvilChain, ManagedAnvil
from provenance.chain.client import ChainClient
from provenance.chain.node import Node
from provenance.chain.rpc import CappedProvider, Rpc
from provenance.ledger.anchor_checkpoint import AnchorRules
from provenance.service.settings import MANAGED

if TYPE_CHECKING:
    from provenance.ledger.chain_port import Chain, ChainPin
    from provenance.service.settings import LedgerFolder, Settings

__all__ = ["ChainNode"]

_POLL_SECONDS = 0.2
_PUBLIC_POLL_SECONDS = 6.0
_PUBLIC_BEACON_SECONDS = 12.0


class ChainNode:
    """One node, started and stopped with the service when it is managed."""

    def __init__(self, folder: LedgerFolder, settings: Settings, sender_address: bytes) -> None:
        """Prepare; ``start`` begins. The managed node always funds the sender."""
        self._settings = settings
        self._managed = (
            ManagedAnvil(folder.node, funded=[sender_address]) if settings.node == MANAGED else None
        )

    @property
    def is_managed(self) -> bool:
        """Tell whether the service runs the node itself."""
        return self._managed is not None

    @property
    def url(self) -> str:
        """The node's JSON-RPC address."""
        return self._settings.node if self._managed is None else self._managed.url

    @property
    def process_id(self) -> int | None:
        """The managed node's process, None when there is none."""
        return None if self._managed is None else self._managed.process_id

    @property
    def starts(self) -> int:
        """How often the managed node was started; 0 when there is none."""
        return 0 if self._managed is None else self._managed.starts

    def start(self) -> None:
        """Start the managed node and wait until it answers.

        Raises:
            NodeMissingError: there is no anvil program, or it does not come up.
        """
        if self._managed is not None:
            self._managed.start()

    def stop(self) -> None:
        """Stop the managed node, its state durable."""
        if self._managed is not None:
            self._managed.stop()

    def node(self) -> Node:
        """Return the node as it is before any contract is known."""
        rpc = self._managed.rpc if self._managed is not None else Rpc(CappedProvider(self.url))
        return Node(rpc)

    def chain(self, pin: ChainPin, *, confirmations: int | None) -> Chain:
        """Return the pinned contract and log on this node."""
        if self._managed is not None:
            return AnvilChain(self._managed, pin)
        return ChainClient.connect(self.url, pin, confirmations=confirmations)

    def wait_for_block(self) -> None:
        """Let a transaction be mined: make a block, or wait for one."""
        if self._managed is not None:
            self._managed.mine()
        else:
            time.sleep(_POLL_SECONDS)

    def wait_until_final(self, node: Node, number: int) -> None:
        """Return when block ``number`` is final."""
        if self._managed is not None:
            self._managed.settle(number)
            return
        while node.finalized().number < number:
            time.sleep(_PUBLIC_POLL_SECONDS)

    def rules(self) -> AnchorRules:
        """Return the worker's rules: coins of a development chain have no ceiling."""
        if self._managed is None:
            return AnchorRules(interval=self._settings.anchor_interval)
        return AnchorRules(
            interval=self._settings.anchor_interval,
            resend_after=5,
            bump_after=15,
            anchor_ceiling_wei=None,
            day_ceiling_wei=None,
        )

    @property
    def poll_seconds(self) -> float:
        """Seconds between two looks while an anchor is on its way."""
        return _POLL_SECONDS if self._managed is not None else _PUBLIC_POLL_SECONDS

    @property
    def beacon_seconds(self) -> float:
        """Seconds between two looks for a newer finalized block while there is traffic."""
        return 1.0 if self._managed is not None else _PUBLIC_BEACON_SECONDS
