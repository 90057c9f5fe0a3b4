"""The parts of a ledger that exist only while it runs, started and stopped in their order."""

from __future__ import annotations

import os
import secrets
import socket
import time
from contextlib import ExitStack, suppress
from typing import TYPE_CHECKING, Final

from provenance.chain.abi import ContractAbi
from provenance.client.signer import SignerClient
from provenance.client.witness import HttpWitness
from provenance.errors import OverloadedError, UnavailableError
from provenance.files.lock import FolderLock
from provenance.ledger.check_policy import check_policy
from provenance.ledger.collect_cosignatures import Cosigner
from provenance.ledger.erase_disclosures import apply_erasures
from provenance.ledger.issue_beacon import BeaconIssuer
from provenance.ledger.issue_receipt import ReceiptIssuer
from provenance.ledger.known_keys import KnownKeys
from provenance.ledger.load_record import load_record
from provenance.ledger.observe_beacon import BeaconObserver
from provenance.ledger.read_log import SignedLog
from provenance.ledger.scrub_anchors import AnchorScrubber
from provenance.ledger.show_anchors import AnchorChecker
from provenance.ledger.tile_cache import TileCache
from provenance.note import NoteVerifier
from provenance.record import beacon_of
from provenance.service.audit import audit_if_due
from provenance.service.chain_node import pin_of
from provenance.service.chain_settings import match_chains
from provenance.service.change_intent import check_settled
from provenance.service.high_water import DiskMark, LedgerMode
from provenance.service.lost_keys import find_lost_keys
from provenance.service.measures import Measure, taking_measures
from provenance.service.policy_change import note_policy_change
from provenance.service.running_chain import RunningChain
from provenance.service.scrub import ScrubLoop
from provenance.service.signer_process import open_signer
from provenance.service.watch_signer import SignerWatch
from provenance.service.watch_writer import WriterWatch, saying_when_slow
from provenance.service.worker import BeaconLoop, SystemClock, WitnessLoop
from provenance.service.writer import STOP_SECONDS, Writer
from provenance.store.anchor_store import SqlAnchorStore
from provenance.store.cosignature_store import SqlCosignatureStore
from provenance.store.engine import place_error
from provenance.store.key_store import open_key_store
from provenance.store.log_store import open_log_store
from provenance.store.mode_store import SqlModeStore

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from provenance.errors import FatalError
    from provenance.policy import Policy
    from provenance.service.operator_keys import OperatorKeys
    from provenance.service.rate_limits import Admission
    from provenance.service.settings import LedgerFolder, Settings, WitnessSettings

__all__ = ["RunningParts"]

_ONLY_PROCESS: Final = "the one process of this folder"
"""Holder of a lease on SQLite: the folder's lock says that whoever had it before is gone."""


class RunningParts:
    """Locks, stores, chains, writer and loops of one ledger folder."""

    def __init__(  # noqa: PLR0913 -- service.ledger passes each by name
        self,
        *,
        folder: LedgerFolder,
        settings: Settings,
        policy: Policy,
        keys: OperatorKeys,
        admission: Admission | None,
        on_fatal: Callable[[FatalError], None] | None,
        read_only: bool = False,
    ) -> None:
        """Take the folder's lock and open the stores; nothing is written yet.

        Args:
            read_only: take no records for as long as this process lives.

        Raises:
            LockedError: another process writes this ledger, or changes its keys or chains.
            UnfinishedChangeError: a change of its keys or chains has to be finished first.
            OtherPolicyError: ``policy.json`` is not the one of this log.
            DamagedReceiptError: the entry that would say so is damaged.
            UnavailableError: the database is away.
            StorageFullError: there is no room to open it; or ``StorageUnusableError``, for a
                read-only disk and whatever else keeps files from being opened.
        """
        self._folder = folder
        self._settings = settings
        self._policy = policy
        self._on_fatal = on_fatal
        self._clock = SystemClock()
        with ExitStack() as opened:
            self._database = folder.log_database(settings)
            with saying_when_slow(self._database):
                self._open_stores(opened)
            self._signer = open_signer(folder, policy, settings.signer)
            opened.callback(self._signer.close)
            self._signer_watch: SignerWatch | None = None
            if isinstance(self._signer, SignerClient):
                self._signer_watch = SignerWatch(self._signer)
            self.mode = LedgerMode(
                DiskMark(folder.root, settings.high_water.disk_bytes),
                self.mode_store,
                forced=read_only,
            )
            self.scrub = ScrubLoop(
                log=self.store,
                key_store=self.key_store,
                policy=policy,
                store=self.mode_store,
                mode=self.mode,
                anchors=AnchorScrubber(self.anchor_store, self.anchor_checker),
            )
            self.chains = self._running_chains(keys)
            self.receipts = self._receipt_issuer()
            self.observer = self._beacon_observer()
            self.beacons = BeaconLoop(
                self.observer, poll_seconds=self.chains[0].node.beacon_seconds
            )
            self._cosigners: dict[str, Cosigner] = {}
            self.witnesses = [self._witness_loop(one, opened) for one in settings.witnesses]
            self.writer = self._log_writer(keys, admission)
            self._writer_watch = WriterWatch(self.writer, self._database)
            self._opened = opened.pop_all()

    def _open_stores(self, opened: ExitStack) -> None:
        """Open the databases; several processes may share those of PostgreSQL, none a file."""
        folder, settings = self._folder, self._settings
        try:
            lock = FolderLock(
                folder.writer_lock,
                purpose="write this ledger or change it",
                shared=settings.database is not None,
            )
        except OSError as error:
            raise place_error(folder.writer_lock, str(error.strerror)) from error
        opened.callback(lock.release)
        self.store = open_log_store(folder.founded_log(settings))
        opened.callback(self.store.close)
        check_settled(folder, self.store)
        check_policy(self._policy, self.store)
        note_policy_change(folder, self._policy)
        keys_database = folder.key_database(settings)
        self.key_store = open_key_store(keys_database)
        opened.callback(self.key_store.close)
        self._lost_keys = find_lost_keys(self.store, self.key_store, keys_database)
        writer, reader = self.store.writer, self.store.reader
        self.anchor_store = SqlAnchorStore(writer, reader, quorum=self._policy.quorum)
        self.mode_store = SqlModeStore(writer, reader)
        self.cosignatures = SqlCosignatureStore(writer, reader)
        self.tiles = TileCache(self.store.read_tile)
        self.log = SignedLog(self.store, self.tiles, self.cosignatures)
        self.anchor_checker = AnchorChecker(
            self._policy, self.log, self.store.read_tile, ContractAbi.bundled().anchor_data
        )
        self.known_keys = KnownKeys(self.store)

    # --- making ----------------------------------------------------------------------------

    def _running_chains(self, keys: OperatorKeys) -> list[RunningChain]:
        holder = _ONLY_PROCESS
        if self._settings.database is not None:
            holder = f"{socket.gethostname()} {os.getpid()} {secrets.token_hex(4)}"
        return [
            RunningChain(
                folder=self._folder,
                settings=settings,
                trust=trust,
                sender=keys.sender(settings.sender),
                store=self.anchor_store,
                log=self.log,
                clock=self._clock,
                attestor=self._signer,
                holder=holder,
            )
            for settings, trust in match_chains(self._settings.chains, self._policy)
        ]

    def _receipt_issuer(self) -> ReceiptIssuer:
        return ReceiptIssuer(
            log=self.store,
            key_store=self.key_store,
            known_keys=self.known_keys,
            tiles=self.tiles,
            policy=self._policy,
            anchors=self.anchor_store,
            # retired chains too: what was anchored there stays proved
            pins=[pin_of(chain) for chain in self._policy.chains],
            cosignatures=self.cosignatures,
        )

    def _beacon_observer(self) -> BeaconObserver:
        newest = self.store.beacon_below(self.store.head().tree_size)
        chain = self.chains[0].chain
        if newest is None:
            return BeaconObserver(chain, self._clock)
        record = load_record(newest.leaf_index, log=self.store, key_store=self.key_store)
        return BeaconObserver(
            chain,
            self._clock,
            floor_number=newest.number,
            floor_unix=beacon_of(record).timestamp,
        )

    def _witness_loop(self, settings: WitnessSettings, opened: ExitStack) -> WitnessLoop:
        key = NoteVerifier.from_vkey(settings.vkey)
        witness = HttpWitness(settings.url)
        opened.callback(witness.close)
        cosigner = Cosigner(key, witness, log=self.log, store=self.cosignatures)
        self._cosigners[cosigner.name] = cosigner
        return WitnessLoop(cosigner)

    def _log_writer(self, keys: OperatorKeys, admission: Admission | None) -> Writer:
        return Writer(
            store=self.store,
            key_store=self.key_store,
            signer=self._signer,
            origin=self._policy.origin,
            known_keys=self.known_keys,
            tiles=self.tiles,
            receipts=self.receipts,
            now_unix=lambda: int(time.time()),
            beacons=BeaconIssuer(
                newest_block=self.observer.newest, key=keys.beacon(), origin=self._policy.origin
            ),
            admit=None if admission is None else admission.admit,
            gate=self.mode,
            on_fatal=self._on_fatal,
            max_waiting=self._settings.high_water.waiting_records,
            institutions=self._policy.institutions,
        )

    # --- life ------------------------------------------------------------------------------

    def start(self) -> None:
        """Ask the chains whether this copy is the newest, recover the log, then take records.

        Raises:
            AuditError: the log was migrated, and not every entry of it is whole.
            RestoredCopyError: a chain knows more of this log than this copy does.
            FatalError: the log may not be continued.
        """
        audit_if_due(self._folder, self.store)
        apply_erasures(self.store, self.key_store)
        for chain in self.chains:
            chain.start_node()
        with saying_when_slow(self._database):
            self.writer.start()
        self._writer_watch.start()
        self.beacons.start()
        for chain in self.chains:
            chain.start()
        for witness in self.witnesses:
            witness.start()
        if self._signer_watch is not None:
            self._signer_watch.start()
        self.scrub.start()

    def stop(self) -> None:
        """Answer all that was taken on, then end everything; safe after a failed start.

        Bounded: whoever hangs with somebody who does not answer is left behind, and the databases
        and the folder's lock with a writer that does, until the process ends.
        """
        has_ended = self.writer.close()
        # all at once: each may be in the middle of asking somebody who takes his time
        for loop in (*(chain.loop for chain in self.chains), *self.witnesses, self.beacons):
            loop.end_soon()
        self._writer_watch.end_soon()
        if self._signer_watch is not None:
            self._signer_watch.end_soon()
        until = time.monotonic() + STOP_SECONDS
        self.scrub.stop(STOP_SECONDS)
        parts: list[WitnessLoop | RunningChain | BeaconLoop | SignerWatch | WriterWatch]
        parts = [*self.witnesses, *self.chains, self.beacons, self._writer_watch]
        if self._signer_watch is not None:
            parts.append(self._signer_watch)
        for part in parts:
            part.stop(max(0.0, until - time.monotonic()))
        if has_ended:
            self._opened.close()

    # --- how it goes -----------------------------------------------------------------------

    def readiness(self) -> dict[str, tuple[bool, str]]:
        """Say of each part whether it can do its work, and why not."""
        parts = {
            "writer": self.writer.standing(),
            "records": self._taking(),
            "database": self._database_standing(),
            "disk": self.mode.disk(),
            "scrub": self.scrub.standing(),
            "chain": self._chain_standing(),
        }
        if self._signer_watch is not None:
            parts["signer"] = self._signer_watch.standing()
        if self._lost_keys is not None:
            parts["disclosures"] = False, self._lost_keys
        elif lost := self.scrub.lost_keys:
            parts["disclosures"] = False, f"disclosures of {lost} records have no key"
        if self.witnesses:
            parts["witnesses"] = _all_of((one.name, _standing_of(one)) for one in self.witnesses)
        return parts

    def _chain_standing(self) -> tuple[bool, str]:
        """Join the chains; beacons are asked for also while there is nothing to anchor."""
        found = _all_of((str(chain.trust.chain_id), chain.standing()) for chain in self.chains)
        error = self.beacons.status.error
        if error is None or not found[0]:
            return found
        first = self.chains[0].trust.chain_id
        return False, error.code if len(self.chains) == 1 else f"{first}: {error.code}"

    def _database_standing(self) -> tuple[bool, str]:
        """Say whether the database answers; one may do so to readers alone."""
        found = self.mode.database()
        return found if not found[0] else self._writer_watch.standing()

    def _taking(self) -> tuple[bool, str]:
        """Say whether a record that came now would be taken, and if not for which reason."""
        needed = [self.mode.standing(), self.writer.standing(), self.mode.database()]
        if self._signer_watch is not None:
            needed.append(self._signer_watch.standing())
        if not self._writer_watch.standing()[0]:
            needed.append((False, UnavailableError.code))
        if self.writer.waiting >= self._settings.high_water.waiting_records:
            needed.append((False, OverloadedError.code))
        refusal = next((code for fine, code in needed if not fine), None)
        return refusal is None, refusal or "taking records"

    def _part_measures(self) -> Iterator[Measure]:
        parts = self.readiness()
        for name, (fine, _) in parts.items():
            documentation = "1 while a part of /v1/ready can do its work"
            yield Measure("part_ready", float(fine), documentation, {"part": name})
        fine, reason = parts["records"]
        yield from taking_measures(None if fine else reason)

    def measures(self) -> Iterator[Measure]:
        """Return all gauges; without those that a database which is away would have to tell."""
        for part in (
            self._part_measures(),
            self._log_measures(),
            self._loop_measures(),
            self.mode.measures(),
            self.scrub.measures(),
            *(chain.measures() for chain in self.chains),
            *(_witness_measures(one, self._cosigners[one.name]) for one in self.witnesses),
        ):
            with suppress(UnavailableError):
                yield from part

    def _log_measures(self) -> Iterator[Measure]:
        size = self.log.size()
        yield Measure("tree_size", size, "Entries below the newest signed checkpoint")
        final = self.anchor_store.newest_final(self.chains[0].trust.chain_id)
        anchored = 0 if final is None else final.tree_size
        documentation = "Entries below the newest final anchor on the first chain"
        yield Measure("anchored_tree_size", anchored, documentation)

    def _loop_measures(self) -> Iterator[Measure]:
        anchoring = [chain.loop.status for chain in self.chains]
        for name, value, documentation in (
            ("records_waiting", self.writer.waiting, "Records taken on, not yet answered"),
            ("signing_away", self.writer.away is not None, "1 while a durable head is unsigned"),
            (
                "anchors_unfinished",
                sum(status.unfinished for status in anchoring),
                "Anchors that are not final yet, on all chains",
            ),
            (
                "anchoring_failing",
                any(status.error is not None for status in anchoring),
                "1 while the worker's turns fail on some chain",
            ),
            (
                "node_starts",
                sum(chain.node.starts for chain in self.chains),
                "How often the managed node was started",
            ),
        ):
            yield Measure(name, float(value), documentation)


def _all_of(parts: Iterator[tuple[str, tuple[bool, str]]]) -> tuple[bool, str]:
    """Join the standings of several parts of a kind: the first that has trouble speaks."""
    found = list(parts)
    for name, (fine, said) in found:
        if not fine:
            return False, said if len(found) == 1 else f"{name}: {said}"
    return True, found[0][1][1]


def _standing_of(witness: WitnessLoop) -> tuple[bool, str]:
    trouble = witness.status.trouble
    return trouble is None, trouble or "cosigning"


def _witness_measures(witness: WitnessLoop, cosigner: Cosigner) -> Iterator[Measure]:
    progress, labels = cosigner.progress, {"witness": witness.name}
    for name, value, documentation in (
        (
            "witness_cosigned_tree_size",
            0 if progress is None else progress.cosigned_size,
            "Largest tree size that a witness cosigned",
        ),
        (
            "witness_behind",
            0 if progress is None else progress.behind,
            "Signed checkpoints that a witness has not seen",
        ),
        (
            "witness_failing",
            witness.status.error is not None,
            "1 while a witness is away or refuses",
        ),
    ):
        yield Measure(name, float(value), documentation, labels)
