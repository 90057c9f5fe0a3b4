"""One chain a ledger anchors on: a managed development node, or JSON-RPC endpoints of others."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final

from provenance.chain.anvil import AnvilChain, ManagedAnvil
from provenance.chain.client import ChainClient
from provenance.chain.node import Node
from provenance.chain.profiles import load_profile
from provenance.chain.rpc import CappedProvider, Rpc
from provenance.ledger.anchor_checkpoint import AnchorRules

if TYPE_CHECKING:
    from provenance.ledger.chain_port import Chain, ChainPin
    from provenance.service.chain_settings import ChainSettings
    from provenance.service.settings import LedgerFolder

__all__ = ["ChainNode"]

_LOCAL_POLL_SECONDS: Final = 0.2
_LOCAL_BLOCK_SECONDS: Final = 1.0
_USUAL_BLOCK_SECONDS: Final = 12.0
"""Of Ethereum, for a chain without a profile."""


class ChainNode:
    """The nodes of one chain, started and stopped with the service when they are managed."""

    def __init__(self, folder: LedgerFolder, settings: ChainSettings, sender: bytes) -> None:
        """Prepare; ``start`` begins. A managed node always funds ``sender`` (20 bytes)."""
        self._settings = settings
        self._block_seconds = _block_seconds(settings)
        self._managed = ManagedAnvil(folder.node, funded=[sender]) if settings.is_managed else None

    @property
    def is_managed(self) -> bool:
        """Tell whether the service runs the node itself."""
        return self._managed is not None

    @property
    def url(self) -> str:
        """The JSON-RPC address of the first node."""
        return self._settings.nodes[0] if self._managed is None else self._managed.url

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
        """Return the first node as it is before any contract is known."""
        rpc = self._managed.rpc if self._managed is not None else Rpc(CappedProvider(self.url))
        return Node(rpc)

    def chain(self, pin: ChainPin, *, confirmations: int | None) -> Chain:
        """Return the pinned contract and log on these nodes."""
        if self._managed is not None:
            return AnvilChain(self._managed, pin)
        return ChainClient.connect(self.url, pin, confirmations=confirmations)

    def wait_for_block(self) -> None:
        """Let a transaction be mined: make a block, or wait for one."""
        if self._managed is not None:
            self._managed.mine()
        else:
            time.sleep(min(_LOCAL_POLL_SECONDS, self._block_seconds))

    def wait_until_final(self, node: Node, number: int) -> None:
        """Return when block ``number`` is final."""
        if self._managed is not None:
            self._managed.settle(number)
            return
        while node.finalized().number < number:
            time.sleep(self.poll_seconds)

    def rules(self) -> AnchorRules:
        """Return the worker's rules: coins of a development chain have no ceiling."""
        settings, ceilings = self._settings, self._settings.ceilings
        if settings.is_managed:
            return AnchorRules(
                interval=settings.interval,
                resend_after=5,
                bump_after=15,
                anchor_ceiling_wei=None,
                day_ceiling_wei=None,
            )
        if ceilings is None:
            return AnchorRules(interval=settings.interval)
        return AnchorRules(
            interval=settings.interval,
            anchor_ceiling_wei=ceilings.anchor_wei,
            day_ceiling_wei=ceilings.day_wei,
        )

    @property
    def poll_seconds(self) -> float:
        """Seconds between two looks while an anchor is on its way."""
        return _LOCAL_POLL_SECONDS if self._managed is not None else self._block_seconds / 2

    @property
    def beacon_seconds(self) -> float:
        """Seconds between two looks for a newer finalized block while there is traffic."""
        return self._block_seconds


def _block_seconds(settings: ChainSettings) -> float:
    if settings.is_managed:
        return _LOCAL_BLOCK_SECONDS
    return (
        _USUAL_BLOCK_SECONDS
        if settings.profile is None
        else load_profile(settings.profile).block_seconds
    )
