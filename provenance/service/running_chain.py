"""One chain of a running ledger: its nodes, the view of our contract there, its anchoring loop."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from provenance.digests import to_evm_hex
from provenance.errors import FatalError, ProvenanceError, UnavailableError
from provenance.ledger.anchor_alerts import AlertCode
from provenance.ledger.anchor_checkpoint import AnchorWorker
from provenance.ledger.chain_log import ChainLog
from provenance.ledger.check_restored import check_restored
from provenance.service.chain_node import ChainNode
from provenance.service.chain_settings import KeyFile
from provenance.service.measures import Measure
from provenance.service.operator_keys import OperatorKeys
from provenance.service.restored import forget_restored, is_restored
from provenance.service.worker import AnchorLoop

if TYPE_CHECKING:
    from collections.abc import Iterator

    from provenance.ledger.anchor_port import LogView
    from provenance.ledger.chain_port import Attestor, Chain, Clock, Sender
    from provenance.policy import Chain as PolicyChain
    from provenance.service.chain_settings import ChainSettings
    from provenance.service.settings import LedgerFolder
    from provenance.store.anchor_store import SqlAnchorStore

__all__ = ["RunningChain"]

_logger = logging.getLogger(__name__)


class RunningChain:
    """Make it, ``start_node``, ``start``, ``stop``."""

    def __init__(  # noqa: PLR0913 -- service.running passes each by name
        self,
        *,
        folder: LedgerFolder,
        settings: ChainSettings,
        trust: PolicyChain,
        sender: Sender,
        store: SqlAnchorStore,
        log: LogView,
        clock: Clock,
        attestor: Attestor,
        holder: str,
    ) -> None:
        """Join the parts; nothing runs yet.

        Args:
            trust: what the policy says of this chain.
            holder: this process's name in the chain's lease.
        """
        self.trust = trust
        self.settings = settings
        self._folder = folder
        self.sender_address = sender.address
        self.node = ChainNode(folder, settings, sender.address)
        self.chain: Chain = self.node.chain(trust)
        self._store = store
        self._log = log
        self._holder = holder
        self._said = ChainLog(_logger, trust.chain_id)
        self._warn_of_plain_key()
        worker = AnchorWorker(
            chain=self.chain,
            sender=sender,
            store=store,
            log=log,
            clock=clock,
            rules=self.node.rules(independent=trust.independent),
            holder=holder,
            attestor=attestor,
        )
        self.loop = AnchorLoop(worker, busy_seconds=self.node.poll_seconds)

    def _warn_of_plain_key(self) -> None:
        choice = self.settings.sender
        keys = OperatorKeys(self._folder.keys)
        if self.trust.independent and isinstance(choice, KeyFile) and keys.has_plain_sender:
            self._said.warning(
                "THE SENDING KEY LIES IN PLAIN HEX in %s, and pays on a chain that others run: "
                "whoever reads the file has its coins. Keep little on it (docs/operating.md, Keys)",
                self._folder.keys / "sender.key",
            )

    # --- life ------------------------------------------------------------------------------

    def start_node(self) -> None:
        """Start the managed node, and compare the contract with the log.

        A chain that cannot be asked now is asked by the worker later, and stops nothing, unless
        the folder was restored from a backup.

        Raises:
            RestoredCopyError: the chain holds a head of this log that this copy never signed.
            UnavailableError: the chain cannot be asked whether a restored copy is the newest.
        """
        self.node.start()
        try:
            check_restored(self.chain, self._log)
        except FatalError:
            raise
        except ProvenanceError as error:
            if is_restored(self._folder):
                raise UnavailableError(
                    f"chain {self.trust.chain_id} has to say first whether this restored copy is "
                    f"the newest: {error}"
                ) from error
            self._said.warning("could not be asked yet: %s", error)

    def start(self) -> None:
        """Begin to anchor; every chain has been asked by now."""
        forget_restored(self._folder)
        self.loop.start()

    def stop(self, timeout: float = 30.0) -> None:
        """Let the turn in hand end, and end the node; safe to call again."""
        self.loop.stop(timeout)
        self.node.stop()

    # --- how it goes -----------------------------------------------------------------------

    def standing(self) -> tuple[bool, str]:
        """Say whether anchoring goes on, and what is the matter if not."""
        status = self.loop.status
        trouble = status.detail
        fine = "standby" if status.has(AlertCode.STANDBY) else "following"
        return trouble is None, trouble or fine

    def measures(self) -> Iterator[Measure]:
        """Return this chain's gauges."""
        status = self.loop.status
        labels = {"chain": str(self.trust.chain_id)}
        final = self._store.newest_final(self.trust.chain_id)
        for name, value, documentation in (
            (
                "chain_anchored_tree_size",
                0 if final is None else final.tree_size,
                "Entries below the newest final anchor on a chain",
            ),
            ("chain_anchors_unfinished", status.unfinished, "Anchors that are not final yet"),
            (
                "chain_anchoring_failing",
                status.error is not None,
                "1 while the worker's turns on a chain fail",
            ),
            (
                "chain_leading",
                # asked of whom `anchor status` asks, so that the two never differ
                self._store.holder(self.trust.chain_id) == self._holder,
                "1 while this process has the lease; nobody needs it while nothing is due",
            ),
        ):
            yield Measure(name, float(value), documentation, labels)
        for code in AlertCode:
            yield Measure(
                "chain_state",
                float(status.has(code)),
                "1 while the worker reports a state (docs/operating.md)",
                {**labels, "state": code.value},
            )
        yield from self._funds_measures(labels)
        yield from self._endpoint_measures(labels)

    def _funds_measures(self, labels: dict[str, str]) -> Iterator[Measure]:
        funds = self.loop.status.funds
        if funds is None:
            return
        labels = {**labels, "sender": to_evm_hex(funds.sender)}
        if funds.balance_wei is not None:
            yield Measure(
                "chain_sender_balance_wei",
                float(funds.balance_wei),
                "What the sending key had at the last broadcast",
                labels,
            )
        yield Measure(
            "chain_anchor_cost_wei",
            float(funds.cost_wei),
            "What one anchor may cost at most, by the last broadcast",
            labels,
        )

    def _endpoint_measures(self, labels: dict[str, str]) -> Iterator[Measure]:
        for one in self.node.endpoints(self.chain):
            yield Measure(
                "chain_node_usable",
                float(one.is_usable),
                "1 while a node answers and is of the pinned chain",
                {**labels, "node": one.place},
            )
            yield Measure(
                "chain_node_outvoted",
                float(one.outvoted),
                "How often the other nodes agreed on another answer than this one's",
                {**labels, "node": one.place},
            )
