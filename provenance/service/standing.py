"""What an operator asks and tells a ledger's database while the service may be running or not."""

from __future__ import annotations

from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from provenance.store.log_store import open_log_store
from provenance.store.mode_store import SqlModeStore

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
    """Forget what the scrub found; a person has looked. Say whether there was anything."""
    with _store(folder) as store:
        return store.clear_damage()


@contextmanager
def _store(folder: LedgerFolder) -> Iterator[SqlModeStore]:
    settings = folder.read_settings()  # what is no ledger is not made one
    with closing(open_log_store(folder.log_database(settings))) as log:
        yield SqlModeStore(log.writer, log.reader)
