"""The parts of a ledger that exist only while it runs, started and stopped in their order."""

from __future__ import annotations

import os
import secrets
import shutil
import time
from typing import TYPE_CHECKING, Final

from provenance.files.lock import FolderLock
from provenance.files.signer_memory import FileSignerMemory
from provenance.ledger.anchor_checkpoint import AnchorWorker
from provenance.ledger.chain_port import ChainPin
from provenance.ledger.issue_beacon import BeaconIssuer
from provenance.ledger.issue_receipt import ReceiptIssuer
from provenance.ledger.known_keys import KnownKeys
from provenance.ledger.local_signer import LocalSigner
from provenance.ledger.observe_beacon import BeaconObserver
from provenance.ledger.read_log import SignedLog
from provenance.ledger.signing_keys import SigningKeys
from provenance.ledger.tile_cache import TileCache
from provenance.service.change_intent import check_settled
from provenance.service.worker import AnchorLoop, BeaconLoop, SystemClock
from provenance.service.writer import Writer
from provenance.store.anchor_store import SqlAnchorStore
from provenance.store.key_store import open_key_store
from provenance.store.log_store import open_log_store

if TYPE_CHECKING:
    from collections.abc import Callable

    from provenance.chain.sender import TransactionSender
    from provenance.errors import FatalError
    from provenance.policy import Chain, Policy
    from provenance.service.chain_node import ChainNode
    from provenance.service.operator_keys import OperatorKeys
    from provenance.service.rate_limits import Admission
    from provenance.service.settings import LedgerFolder, Settings

__all__ = ["RunningParts"]

LEAST_FREE_BYTES: Final = 64 << 20
"""Below this the disk counts as full: what was promised must still find room."""


class RunningParts:
    """Locks, stores, node, writer and loops of one ledger folder."""

    def __init__(  # noqa: PLR0913 -- service.ledger passes each by name
        self,
        *,
        folder: LedgerFolder,
        settings: Settings,
        policy: Policy,
        keys: OperatorKeys,
        sender: TransactionSender,
        node: ChainNode,
        admission: Admission | None,
        on_fatal: Callable[[FatalError], None] | None,
    ) -> None:
        """Take the writer's lock, open the stores, start the node; nothing is written yet.

        Raises:
            LockedError: another process writes this ledger.
            UnfinishedChangeError: a change of its keys has to be finished first.
        """
        self._folder = folder
        self._policy = policy
        self._node = node
        self._on_fatal = on_fatal
        self._clock = SystemClock()
        self._writer_lock = FolderLock(folder.writer_lock, purpose="write this ledger")
        self.store = open_log_store(folder.log_database(settings))
        self._check_settled()
        self.key_store = open_key_store(folder.key_database(settings))
        self.tiles = TileCache(self.store.read_tile)
        self.log = SignedLog(self.store, self.tiles)
        self.known_keys = KnownKeys(self.store)
        self.anchor_store = SqlAnchorStore(self.store.writer, self.store.reader)
        self.pin = _pin(policy.chains[0])
        self.receipts = self._receipt_issuer()
        node.start()
        self.chain = node.chain(self.pin, confirmations=policy.chains[0].depth)
        self.observer = self._beacon_observer()
        self.beacons = BeaconLoop(
            self.observer, poll_seconds=node.beacon_seconds, on_fatal=on_fatal
        )
        self.anchors = self._anchor_loop(sender)
        self.writer = self._log_writer(keys, admission)

    def _check_settled(self) -> None:
        try:
            check_settled(self._folder, self.store)
        except BaseException:
            self.store.close()
            self._writer_lock.release()
            raise

    # --- making ----------------------------------------------------------------------------

    def _receipt_issuer(self) -> ReceiptIssuer:
        return ReceiptIssuer(
            log=self.store,
            key_store=self.key_store,
            known_keys=self.known_keys,
            tiles=self.tiles,
            policy=self._policy,
            anchors=self.anchor_store,
            pins=[self.pin],
        )

    def _beacon_observer(self) -> BeaconObserver:
        newest = self.store.beacon_below(self.store.head().tree_size)
        floor = 0 if newest is None else newest.number
        return BeaconObserver(self.chain, self._clock, floor_number=floor)

    def _anchor_loop(self, sender: TransactionSender) -> AnchorLoop:
        worker = AnchorWorker(
            chain=self.chain,
            sender=sender,
            store=self.anchor_store,
            log=self.log,
            clock=self._clock,
            rules=self._node.rules(),
            holder=f"{os.getpid()}-{secrets.token_hex(8)}",
        )
        return AnchorLoop(
            worker,
            self._folder.worker_lock,
            busy_seconds=self._node.poll_seconds,
            on_fatal=self._on_fatal,
        )

    def _log_writer(self, keys: OperatorKeys, admission: Admission | None) -> Writer:
        origin = self._policy.origin
        return Writer(
            store=self.store,
            key_store=self.key_store,
            signer=LocalSigner(
                FileSignerMemory(self._folder.signer_memory, origin=origin),
                SigningKeys(origin, self._policy.checkpoint_keys, [keys.checkpoint()]),
                origin,
            ),
            origin=origin,
            known_keys=self.known_keys,
            tiles=self.tiles,
            receipts=self.receipts,
            now_unix=lambda: int(time.time()),
            beacons=BeaconIssuer(
                newest_block=self.observer.newest, key=keys.beacon(), origin=origin
            ),
            admit=None if admission is None else admission.admit,
            on_fatal=self._on_fatal,
        )

    # --- life ------------------------------------------------------------------------------

    def start(self) -> None:
        """Recover the log, then take records and anchor them."""
        self.writer.start()
        self.beacons.start()
        self.anchors.start()

    def stop(self) -> None:
        """Answer all that was taken on, then end everything; safe after a failed start."""
        self.writer.close()
        self.anchors.stop()
        self.beacons.stop()
        self._node.stop()
        self.key_store.close()
        self.store.close()
        self._writer_lock.release()

    # --- how it goes -----------------------------------------------------------------------

    def disk_is_full(self) -> bool:
        """Tell whether there is too little room for another promise."""
        return self._free_bytes() < LEAST_FREE_BYTES

    def _free_bytes(self) -> int:
        return shutil.disk_usage(self._folder.root).free

    def readiness(self) -> dict[str, tuple[bool, str]]:
        """Say of each part whether it can do its work, and why not."""
        failure = self.writer.failure
        status = self.anchors.status
        trouble = status.alert or (None if status.error is None else status.error.code)
        full = self.disk_is_full()
        return {
            "writer": (failure is None, "running" if failure is None else failure.code),
            "disk": (not full, "full" if full else "free"),
            "chain": (status.running and trouble is None, trouble or "following"),
        }

    def measures(self) -> dict[str, tuple[float, str]]:
        """Return gauges for the metrics: value and documentation by name."""
        newest = self.anchor_store.newest_final(self.pin.chain_id)
        status = self.anchors.status
        return {
            "tree_size": (self.log.size(), "Entries below the newest signed checkpoint"),
            "anchored_tree_size": (
                0 if newest is None else newest.tree_size,
                "Entries below the newest final anchor",
            ),
            "records_waiting": (self.writer.waiting, "Records taken on, not yet answered"),
            "anchors_unfinished": (status.unfinished, "Anchors that are not final yet"),
            "anchoring_failing": (status.error is not None, "1 while the worker's turns fail"),
            "disk_free_bytes": (self._free_bytes(), "Free space where the ledger lies"),
            "node_starts": (self._node.starts, "How often the managed node was started"),
        }


def _pin(chain: Chain) -> ChainPin:
    return ChainPin(
        chain_id=chain.chain_id,
        genesis_hash=chain.genesis_hash,
        contract=chain.contract,
        log_id=chain.log_id,
        code_hash=chain.code_hash,
        roots_slot=chain.roots_slot,
    )
