"""Whether the ledger may be written, and how far its scrub has come: two tables of one row each.

Both hold for every process that works on the database, and over every restart.
"""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING, Final

from sqlalchemy import bindparam, select, update

from provenance.ledger.ports import Mode, ScrubState
from provenance.store.engine import storage_errors
from provenance.store.tables import ledger_mode, scrub_state
from provenance.store.upsert import insert_if_absent

if TYPE_CHECKING:
    from sqlalchemy import Engine

__all__ = ["SqlModeStore"]

_FIRST_MODE: Final[dict[str, object]] = {"id": 1, "read_only": False, "since_unix": 0}
_FIRST_SCRUB: Final[dict[str, object]] = {"id": 1, "next_index": 0, "rounds": 0}

_MODE: Final = select(
    *(
        select(column).scalar_subquery().label(column.name)
        for column in (
            ledger_mode.c.read_only,
            ledger_mode.c.reason,
            ledger_mode.c.since_unix,
            scrub_state.c.damage,
        )
    )
)
_SCRUB: Final = select(
    scrub_state.c.next_index,
    scrub_state.c.rounds,
    scrub_state.c.completed_unix,
    scrub_state.c.damage,
)
_SET_MODE: Final = update(ledger_mode).values(
    read_only=bindparam("read_only"), reason=bindparam("reason"), since_unix=bindparam("since")
)
_ADVANCE: Final = (
    update(scrub_state)
    .where(
        scrub_state.c.next_index == bindparam("old_index"),
        scrub_state.c.rounds == bindparam("old_rounds"),
    )
    .values(
        next_index=bindparam("next_index"),
        rounds=bindparam("rounds"),
        completed_unix=bindparam("completed_unix"),
    )
)
_MARK: Final = (
    update(scrub_state).where(scrub_state.c.damage.is_(None)).values(damage=bindparam("found"))
)
_CLEAR: Final = update(scrub_state).where(scrub_state.c.damage.is_not(None)).values(damage=None)


class SqlModeStore:
    """Mode and scrub over SQL (``ledger.ports.ModeStore`` says what it promises)."""

    def __init__(self, writer: Engine, reader: Engine) -> None:
        """Write through ``writer``, read through ``reader``: those of the ledger's log store."""
        self._writer = writer
        self._reader = reader
        self._mode_statement = str(_MODE.compile(dialect=reader.dialect))

    def mode(self) -> Mode:
        """Return whether the ledger may be written.

        Handed straight to the driver: it is asked for every batch, and the layers above would take
        a tenth of the time that a commit takes.
        """
        with storage_errors(), closing(self._reader.raw_connection()) as connection:
            cursor = connection.cursor()
            cursor.execute(self._mode_statement)
            read_only, reason, since_unix, damage = cursor.fetchone() or (None,) * 4
            cursor.close()
        return Mode(bool(read_only), reason, since_unix or 0, damage)

    def set_read_only(self, reason: str | None, now_unix: int) -> None:
        """Make the ledger read-only for ``reason``, or with None writable again; durable."""
        row = {"read_only": reason is not None, "reason": reason, "since": now_unix}
        with storage_errors(), self._writer.begin() as connection:
            insert_if_absent(connection, ledger_mode, _FIRST_MODE)
            connection.execute(_SET_MODE, row)

    def scrub_state(self) -> ScrubState:
        """Return how far the scrub has come."""
        with storage_errors(), self._reader.connect() as connection:
            row = connection.execute(_SCRUB).one_or_none()
        if row is None:
            return ScrubState()
        return ScrubState(row.next_index, row.rounds, row.completed_unix, row.damage)

    def advance_scrub(self, old: ScrubState, new: ScrubState) -> bool:
        """Move the scrub on; False, and nothing changed, if another process has moved it."""
        row = {
            "old_index": old.next_index,
            "old_rounds": old.rounds,
            "next_index": new.next_index,
            "rounds": new.rounds,
            "completed_unix": new.completed_unix,
        }
        with storage_errors(), self._writer.begin() as connection:
            insert_if_absent(connection, scrub_state, _FIRST_SCRUB)
            return connection.execute(_ADVANCE, row).rowcount == 1

    def mark_damage(self, damage: str) -> None:
        """Write down what the scrub found, durably; what was found first stays."""
        with storage_errors(), self._writer.begin() as connection:
            insert_if_absent(connection, scrub_state, _FIRST_SCRUB)
            connection.execute(_MARK, {"found": damage})

    def clear_damage(self) -> bool:
        """Forget the damage, on a person's word; say whether there was any."""
        with storage_errors(), self._writer.begin() as connection:
            return connection.execute(_CLEAR).rowcount > 0
