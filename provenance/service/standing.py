"""What an operator asks and tells a ledger's database while the service may be running or not."""

from __future__ import annotations

from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from provenance.chain.abi import ContractAbi
from provenance.ledger.audit_log import at_place
from provenance.ledger.read_log import SignedLog
from provenance.ledger.scrub_anchors import AnchorScrubber
from provenance.ledger.scrub_log import LogScrubber
from provenance.ledger.show_anchors import AnchorChecker
from provenance.ledger.tile_cache import TileCache
from provenance.service.scrub import ENTRIES_PER_SECOND, MARK_SECONDS
from provenance.store.anchor_store import SqlAnchorStore
from provenance.store.key_store import open_key_store
from provenance.store.log_store import open_log_store
from provenance.store.mode_store import SqlModeStore
from provenance.store.read_only import open_read_only

if TYPE_CHECKING:
    from collections.abc import Iterator

    from provenance.ledger.ports import Mode, ScrubState
    from provenance.service.settings import LedgerFolder

__all__ = ["Standing", "clear_damage", "read_standing", "set_read_only"]


@dataclass(frozen=True, slots=True)
class Standing:
    """Whether a ledger takes records, and how far its scrub has come."""

    mode: Mode
    scrub: ScrubState


def read_standing(folder: LedgerFolder) -> Standing:
    """Read both.

    Raises:
        MalformedError: not a ledger folder.
    """
    with _store(folder) as store:
        return Standing(store.mode(), store.scrub_state())


def set_read_only(folder: LedgerFolder, reason: str | None, now_unix: int) -> None:
    """Make a ledger read-only for ``reason``, or with None writable again, over restarts.

    A running service refuses the next record at the latest with the next batch.
    """
    with _store(folder) as store:
        store.set_read_only(reason, now_unix)


def clear_damage(folder: LedgerFolder) -> bool:
    """Forget what the scrub found, once its place was read again and is sound.

    Returns:
        Whether there was anything to forget.

    Raises:
        AuditError: something there is still damaged; nothing is forgotten.
        UnavailableError: a database is away.
    """
    with _store(folder) as store:
        found = store.scrub_state()
        if found.damage is None:
            return False
        _read_again(folder, found)
        return store.clear_damage()


def _read_again(folder: LedgerFolder, found: ScrubState) -> None:
    """Read the database's own structure, and the entries that the scrub stopped at.

    A mark that could not be written when the damage was found is as old as two marks are apart.
    """
    settings = folder.read_settings()
    policy = folder.read_policy()
    with (
        open_read_only(folder.founded_log(settings)) as stored,
        closing(open_key_store(folder.key_database(settings))) as key_store,
    ):
        with at_place("database"):
            stored.check_integrity()
        tiles = TileCache(stored.log.read_tile)
        checker = AnchorChecker(
            policy,
            SignedLog(stored.log, tiles),
            stored.log.read_tile,
            ContractAbi.bundled().anchor_data,
        )
        anchors = AnchorScrubber(SqlAnchorStore(stored.engine), checker)
        scrubber = LogScrubber(stored.log, key_store, policy, anchors=anchors)
        with at_place("what the scrub stopped at"):
            scrubber.read_again(found, int(MARK_SECONDS * ENTRIES_PER_SECOND))


@contextmanager
def _store(folder: LedgerFolder) -> Iterator[SqlModeStore]:
    settings = folder.read_settings()  # what is no ledger is not made one
    with closing(open_log_store(folder.founded_log(settings))) as log:
        yield SqlModeStore(log.writer, log.reader)
