"""One chain a ledger anchors on: a managed development node, or JSON-RPC endpoints of others."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from provenance.chain.anvil import AnvilChain, ManagedAnvil
from provenance.chain.node import Node
from provenance.chain.patience import Wait
from provenance.chain.profiles import load_profile
from provenance.chain.quorum import QuorumChain, connect_chain
from provenance.chain.rpc import CappedProvider, Rpc
from provenance.ledger.anchor_rules import AnchorRules
from provenance.ledger.chain_port import ChainPin
from provenance.ledger.watch_chain import MAX_SKEW_SECONDS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from provenance.anchor_evidence import Level
    from provenance.chain.endpoint import EndpointStatus
    from provenance.chain.patience import Patience
    from provenance.ledger.chain_port import Chain
    from provenance.policy import Chain as PolicyChain
    from provenance.service.chain_settings import ChainSettings
    from provenance.service.settings import LedgerFolder

__all__ = ["ChainNode", "pin_of"]

_LOCAL_POLL_SECONDS: Final = 0.2
_LOCAL_BLOCK_SECONDS: Final = 1.0
_USUAL_BLOCK_SECONDS: Final = 12.0
_USUAL_FINALITY: Final = 3_600
"""For a chain without a profile: blocks of Ethereum, the finality of a slow rollup."""


class ChainNode:
    """The nodes of one chain, started and stopped with the service when they are managed."""

    def __init__(self, folder: LedgerFolder, settings: ChainSettings, sender: bytes) -> None:
        """Prepare; ``start`` begins. A managed node always funds ``sender`` (20 bytes)."""
        self._settings = settings
        self._profile = None if settings.profile is None else load_profile(settings.profile)
        usual = _USUAL_BLOCK_SECONDS if self._profile is None else self._profile.block_seconds
        self._block_seconds = _LOCAL_BLOCK_SECONDS if settings.is_managed else usual
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

    def nodes(self, *, confirmations: int | None = None, level: Level = "proof") -> list[Node]:
        """Return each node as it is before any contract is known, with its chain's rules."""
        if self._managed is not None:
            return [Node(self._managed.rpc)]
        return [
            Node(
                Rpc(CappedProvider(url)),
                confirmations=confirmations,
                level=level,
                legacy_fees=self._is_legacy,
            )
            for url in self._settings.nodes
        ]

    def chain(self, trust: PolicyChain, *, timeout: float = 10.0) -> Chain:
        """Return the contract and log that the policy names, as a quorum of the nodes sees it.

        Args:
            timeout: seconds for one exchange with a node of others.
        """
        pin = pin_of(trust)
        if self._managed is not None:
            return AnvilChain(self._managed, pin)
        return connect_chain(
            self._settings.nodes,
            pin,
            quorum=self._settings.quorum,
            confirmations=trust.depth,
            level=trust.evidence,
            legacy_fees=self._is_legacy,
            timeout=timeout,
        )

    def endpoints(self, chain: Chain) -> Sequence[EndpointStatus]:
        """Return how each node of ``chain`` does; none for the managed one."""
        return chain.endpoints() if isinstance(chain, QuorumChain) else ()

    @property
    def _is_legacy(self) -> bool | None:
        """Tell whether the chain takes one gas price; None without a profile: its blocks say."""
        return None if self._profile is None else self._profile.is_legacy

    def wait_for_block(self) -> None:
        """Let a transaction be mined: make a block, or wait for one."""
        if self._managed is not None:
            self._managed.mine()
        else:
            time.sleep(min(_LOCAL_POLL_SECONDS, self._block_seconds))

    def wait_until_final(self, node: Node, number: int, patience: Patience) -> None:
        """Return when block ``number`` is final.

        Raises:
            ChainStalledError: it takes too long.
        """
        if self._managed is not None:
            self._managed.settle(number)
            return
        waiting = Wait(node, patience, block_number=number)
        while node.finalized().number < number:
            waiting.go_on()
            time.sleep(min(self.poll_seconds, patience.tell_after))

    def rules(self, *, independent: bool = False) -> AnchorRules:
        """Return the worker's rules: coins of a development chain have no ceiling.

        Args:
            independent: others run the chain, so that blocks come whether we send or not.
        """
        settings, ceilings = self._settings, self._settings.ceilings
        finality = _USUAL_FINALITY if self._profile is None else self._profile.finality_seconds
        rules = AnchorRules(
            interval=settings.interval,
            stale_after=finality + MAX_SKEW_SECONDS if independent else None,
        )
        if settings.is_managed:
            return replace(
                rules,
                resend_after=5,
                bump_after=15,
                anchor_ceiling_wei=None,
                day_ceiling_wei=None,
            )
        if ceilings is None:
            return rules
        return replace(
            rules, anchor_ceiling_wei=ceilings.anchor_wei, day_ceiling_wei=ceilings.day_wei
        )

    @property
    def poll_seconds(self) -> float:
        """Seconds between two looks while an anchor is on its way."""
        return _LOCAL_POLL_SECONDS if self._managed is not None else self._block_seconds / 2

    @property
    def beacon_seconds(self) -> float:
        """Seconds between two looks for a newer finalized block while there is traffic."""
        return self._block_seconds


def pin_of(chain: PolicyChain) -> ChainPin:
    """Return the place that a policy names, as anchoring pins it."""
    return ChainPin(
        chain_id=chain.chain_id,
        genesis_hash=chain.genesis_hash,
        contract=chain.contract,
        log_id=chain.log_id,
        code_hash=chain.code_hash,
        roots_slot=chain.roots_slot,
    )
