"""Audit a ledger folder, or a public log, each with the chain that it is anchored on.

The folder is read and never written, and its service may run or not. When it does not, and the
node is a managed one, the node runs for as long as the audit takes, under the lock that keeps a
service from starting meanwhile.

The log is proved first, from what is stored, and then the chains are asked (``audit_chain``).
"""

from __future__ import annotations

import logging
import time
from contextlib import ExitStack, closing, contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from provenance import tlog
from provenance.anchor import AnchorState
from provenance.anchor_evidence import block_of
from provenance.chain.abi import ContractAbi
from provenance.client.signer import SignerClient
from provenance.digests import from_evm_hex
from provenance.errors import (
    MalformedError,
    NotFoundError,
    OtherPolicyError,
    ProvenanceError,
    VerificationError,
)
from provenance.ledger.audit_anchors import claims_from_json, claims_of
from provenance.ledger.audit_log import PublicLog, at_place, audit_public_log
from provenance.ledger.audit_store import audit_store
from provenance.ledger.audit_stored_anchors import check_stored_anchors, check_stored_beacons
from provenance.ledger.check_policy import check_policy
from provenance.ledger.read_log import SignedLog
from provenance.ledger.rebuild_lookups import rebuild_lookups
from provenance.ledger.tile_cache import TileCache
from provenance.policy import Policy
from provenance.service.audit_chain import ask_chains, connect, own_chains
from provenance.service.signer_process import open_memory
from provenance.store.key_store import check_key_files, open_key_store
from provenance.store.read_only import open_read_only

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from contextlib import AbstractContextManager

    from provenance.ledger.anchor_port import Anchor
    from provenance.ledger.audit_log import AuditReport
    from provenance.ledger.audit_store import HeadMemory
    from provenance.ledger.chain_port import Chain
    from provenance.ledger.ports import KeyStore
    from provenance.service.audit_chain import ChainFinding
    from provenance.service.settings import LedgerFolder, Settings
    from provenance.store.log_store import SqlLogStore
    from provenance.store.read_only import ReadOnlyLedger
    from provenance.tlog import ReadTile

__all__ = [
    "audit_folder",
    "audit_if_due",
    "audit_public",
    "open_stored_log",
    "rebuild_if_due",
]


_logger = logging.getLogger(__name__)


# --- a ledger folder --------------------------------------------------------------------------


def audit_folder(
    folder: LedgerFolder,
    *,
    nodes: Sequence[str] = (),
    ask_chain: bool = True,
    with_memory: bool = True,
) -> tuple[AuditReport, list[ChainFinding]]:
    """Audit all that a ledger folder holds.

    Args:
        nodes: JSON-RPC addresses to ask instead of the ledger's own nodes.
        ask_chain: False proves the anchors' evidence but asks no node about its blocks.
        with_memory: False for a copy that has not met its signer's memory yet.

    Returns:
        What the audit found, and what each chain that was asked holds.

    Raises:
        AuditError: the first wrong place; ``AnchorTroubleError`` when only a chain contradicts.
        OtherPolicyError: ``policy.json`` is not the one of this log.
        MalformedError: not a ledger folder.
        UnavailableError: the chain's node is away.
    """
    settings = folder.read_settings()
    policy = _policy_of(folder)
    with ExitStack() as open_ones:
        stored = open_ones.enter_context(_database(folder, settings))
        with at_place(folder.database.name):
            stored.check_integrity()
        _check_policy(policy, stored)
        chains: list[Chain] = []
        if nodes:
            chains = [connect(node, policy) for node in nodes]
        elif ask_chain:
            chains = open_ones.enter_context(own_chains(folder, settings, policy))
        key_store = open_ones.enter_context(_disclosure_keys(folder, settings))
        with at_place("anchors"):
            anchors = list(stored.anchors())
        final = {
            one.inclusion.block.block_hash
            for one in anchors
            if one.inclusion is not None and one.state is AnchorState.FINAL
        }
        with _memory(folder, settings, policy, wanted=with_memory) as (memory, away):
            report = _audit_stored(stored, key_store, policy, memory, anchors)
        report.memory_away = report.memory_away or away
        claims, read_tile = claims_of(anchors), stored.log.read_tile
        return report, ask_chains(chains, report, claims, final, read_tile)


def _check_policy(policy: Policy, stored: ReadOnlyLedger) -> None:
    """Compare the policy with the log, as far as the log's own words are whole."""
    try:
        check_policy(policy, stored.log)
    except OtherPolicyError:
        raise
    except ProvenanceError:
        return  # what is damaged of them, the audit is about to find, and names its place


def audit_if_due(folder: LedgerFolder, store: SqlLogStore) -> None:
    """Audit every entry of a log that was migrated, before anything of it is served.

    A crash here leaves the audit due: the next start begins it again.

    Raises:
        AuditError: the first wrong place; the log is not served.
    """
    if store.audit_due() is None:
        return
    began = time.monotonic()
    _logger.warning(
        "the database is of an earlier release: the look-ups of its %d entries are made anew and "
        "every entry is audited before anything is served; let it run",
        store.head().tree_size,
    )
    rebuild_if_due(folder, store)
    _logger.info("the look-ups are made, the audit begins")
    audit_folder(folder, ask_chain=False)
    store.note_audited()
    _logger.info("the migrated log holds together, after %.0f s", time.monotonic() - began)


def rebuild_if_due(folder: LedgerFolder, store: SqlLogStore) -> None:
    """Make the look-ups of a log that was migrated anew; earlier releases wrote fewer of them.

    Raises:
        AuditError: an entry or a disclosure is damaged.
    """
    if store.audit_due() is None:
        return
    with _disclosure_keys(folder, folder.read_settings()) as key_store, at_place("look-ups"):
        rebuild_lookups(store, key_store)


def _audit_stored(
    stored: ReadOnlyLedger,
    key_store: KeyStore,
    policy: Policy,
    memory: HeadMemory | None,
    anchors: Sequence[Anchor],
) -> AuditReport:
    """Audit what is on the disk: the log first, then what lies beside it and leans on it."""
    report = audit_store(stored.log, key_store, policy, memory=memory, claims=claims_of(anchors))
    with at_place("beacons"):
        beacons = stored.log.beacons(0, report.tree_size)
    check_stored_beacons(beacons)
    covered = [one for one in anchors if one.tree_size <= report.tree_size]
    for trust in policy.chains:
        check_stored_anchors(
            [one for one in covered if one.chain_id == trust.chain_id],
            stored.log.read_tile,
            partial(ContractAbi.bundled().anchor_data, trust.log_id),
        )
    return report


@contextmanager
def _memory(
    folder: LedgerFolder, settings: Settings, policy: Policy, *, wanted: bool
) -> Iterator[tuple[HeadMemory | None, str | None]]:
    """Open the signer's memory, wherever it is; or say why it cannot even be asked for."""
    if not wanted:
        yield None, None
        return
    with ExitStack() as open_ones:
        try:
            memory = open_memory(folder, policy, settings.signer)
        except MalformedError as error:
            # it is with a signer whose token is not here: the log is audited all the same
            yield None, str(error)
            return
        if isinstance(memory, SignerClient):
            open_ones.callback(memory.close)
        yield memory, None


@contextmanager
def _disclosure_keys(folder: LedgerFolder, settings: Settings) -> Iterator[KeyStore]:
    database = folder.key_database(settings)
    if isinstance(database, Path) and not database.exists():
        raise MalformedError(f"{database} is missing")
    with at_place(folder.disclosure_keys.name):
        check_key_files(database)
        key_store = open_key_store(database)
    with closing(key_store):
        yield key_store


def _policy_of(folder: LedgerFolder) -> Policy:
    try:
        return Policy.parse(folder.policy.read_bytes())
    except OSError as error:
        raise MalformedError(f"{folder.policy}: {error.strerror}") from error


def _database(folder: LedgerFolder, settings: Settings) -> AbstractContextManager[ReadOnlyLedger]:
    database = folder.log_database(settings)
    if isinstance(database, Path) and not database.exists():
        raise MalformedError(f"{folder.root} is not a ledger folder (made by `provenance init`)")
    return open_read_only(database)


# --- a public log -----------------------------------------------------------------------------


def audit_public(
    log: PublicLog,
    policy: Policy,
    *,
    anchors: Sequence[dict[str, object]] = (),
    nodes: Sequence[str] = (),
) -> tuple[AuditReport, list[ChainFinding]]:
    """Audit a log from outside, with what anybody can read of it.

    Args:
        anchors: the items of ``/v1/anchors``; none for a mirror that has only tiles.
        nodes: JSON-RPC addresses of the reader's own choice, none to ask no chain.

    Raises:
        AuditError: the first wrong place; ``AnchorTroubleError`` when only a chain contradicts.
        UnavailableError: the log or the node did not answer.
    """
    with at_place("anchors"):
        claims = claims_from_json(anchors)
        final = set()
        for one, claim in zip(anchors, claims, strict=True):
            if claim.evidence is not None and _hash_of(one) != block_of(claim.evidence).block_hash:
                raise VerificationError(f"tree size {claim.tree_size}: evidence of another block")
            if one.get("state") == AnchorState.FINAL.value:
                final.add(_hash_of(one))
    kept = _KeptTiles(log)
    chains = [connect(node, policy) for node in nodes]
    report = audit_public_log(PublicLog(kept.read, claims), policy)
    read_tile = kept.tile_reader(report.tree_size)
    return report, ask_chains(chains, report, claims, final, read_tile)


def _hash_of(anchor: dict[str, object]) -> bytes:
    return from_evm_hex(str(anchor.get("block_hash")), length=32, field="block_hash")


class _KeptTiles:
    """Keeps the tiles that the audit has proved, so that what follows is about no others."""

    def __init__(self, log: PublicLog) -> None:
        self._log = log
        self._kept: dict[str, bytes] = {}

    def read(self, path: str) -> bytes:
        octets = self._log.read(path)
        if path.startswith("tile/") and not path.startswith("tile/entries/"):
            self._kept[path] = octets
        return octets

    def tile_reader(self, tree_size: int) -> ReadTile:
        kept = PublicLog(self._find)

        def read_tile(level: int, index: int) -> bytes:
            return tlog.expand_tile(kept.tile(tlog.tile_at(level, index, tree_size)))

        return read_tile

    def _find(self, path: str) -> bytes:
        octets = self._kept.get(path)
        if octets is None:
            raise NotFoundError(f"no tile at {path}")
        return octets


@contextmanager
def open_stored_log(folder: LedgerFolder) -> Iterator[PublicLog]:
    """Open the log of a ledger folder as anybody would see it; its anchors are left out."""
    with _database(folder, folder.read_settings()) as stored:
        log = SignedLog(stored.log, TileCache(stored.log.read_tile))

        def read(path: str) -> bytes:
            if path == "checkpoint":
                return log.checkpoint().encode()
            return log.tile(tlog.parse_tile_path(path))

        yield PublicLog(read)
