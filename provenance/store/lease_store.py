"""Who may write a chain's anchors, and whether anybody may: leases and halts, durably.

A lease is fenced (W3): its epoch grows with every change of holder, and every write of the
worker names the epoch it was begun under, in the write's own transaction. So a worker that was
paused for longer than its lease writes nothing any more, whatever it believes. The lease's end is
measured by the database's clock, the only one that all workers share; a clock that jumps moves
work from one worker to another, and harms nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sqlalchemy import bindparam, delete, insert, select, text, update

from provenance.errors import LeaseLostError
from provenance.ledger.anchor_port import Halt, Lease
from provenance.ledger.anchor_rules import LONGEST_LEASE_SECONDS
from provenance.store.engine import storage_errors
from provenance.store.tables import worker_halts, worker_leases

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine

__all__ = ["SqlLeaseStore", "fence"]

_LONGEST_MS: Final = int(LONGEST_LEASE_SECONDS * 1000)

_BELIEVED_MS: Final = 2 * _LONGEST_MS
"""A lease that ends later than this was made before the database's clock was set back. Twice the
longest: a clock that is only slewed by some seconds must take nobody's lease away."""

_NOW_MS: Final = {
    "sqlite": "CAST((julianday('now') - 2440587.5) * 86400000 AS INTEGER)",
    "postgresql": "CAST(extract(epoch FROM clock_timestamp()) * 1000 AS BIGINT)",
}

_ACQUIRE: Final = """
    INSERT INTO worker_leases AS held (chain_id, holder, epoch, expires_ms)
    VALUES (:chain_id, :holder, 1, {now} + :milliseconds)
    ON CONFLICT (chain_id) DO UPDATE SET
        epoch = held.epoch + CASE WHEN held.holder = excluded.holder THEN 0 ELSE 1 END,
        holder = excluded.holder,
        expires_ms = excluded.expires_ms
    WHERE held.holder = excluded.holder
        OR held.expires_ms <= {now}
        OR held.expires_ms > {now} + :longest
    RETURNING epoch
"""

_PROLONG: Final = """
    UPDATE worker_leases SET expires_ms = {now} + :milliseconds
    WHERE chain_id = :chain_id AND epoch = :epoch
"""

_HOLDER: Final = """
    SELECT holder FROM worker_leases WHERE chain_id = :chain_id AND expires_ms > {now}
"""

_HOLDER_BY: Final = {name: text(_HOLDER.format(now=now)) for name, now in _NOW_MS.items()}

_PROLONG_BY: Final = {name: text(_PROLONG.format(now=now)) for name, now in _NOW_MS.items()}

_ACQUIRE_BY: Final = {name: text(_ACQUIRE.format(now=now)) for name, now in _NOW_MS.items()}

_FENCE: Final = (
    select(worker_leases.c.epoch)
    .where(
        worker_leases.c.chain_id == bindparam("chain_id"),
        worker_leases.c.epoch == bindparam("epoch"),
    )
    .with_for_update()
)

_HALTED: Final = select(worker_halts).where(worker_halts.c.chain_id == bindparam("chain_id"))


def fence(connection: Connection, lease: Lease) -> None:
    """Check, and hold until this transaction ends, that ``lease`` still is the chain's.

    Raises:
        LeaseLostError: somebody else has taken it; the transaction must be given up.
    """
    held = {"chain_id": lease.chain_id, "epoch": lease.epoch}
    found = connection.execute(_FENCE, held).one_or_none()
    if found is None:
        raise _lost(lease)


def _lost(lease: Lease) -> LeaseLostError:
    return LeaseLostError(
        f"epoch {lease.epoch} of chain {lease.chain_id} is over: another process took over"
    )


class SqlLeaseStore:
    """The part of the port ``AnchorStore`` that says who may write."""

    def __init__(self, engine: Engine, reader: Engine | None = None) -> None:
        """Write through ``engine``, read through ``reader`` (the same when None)."""
        self._engine = engine
        self._reader = reader or engine

    def acquire(self, chain_id: int, holder: str, seconds: float) -> Lease | None:
        """Take or prolong a chain's lease, by the database's clock; None while another has it.

        It lasts ``seconds``, and never longer than LONGEST_LEASE_SECONDS.
        """
        values = {
            "chain_id": chain_id,
            "holder": holder,
            "milliseconds": _milliseconds(seconds),
            "longest": _BELIEVED_MS,
        }
        statement = _ACQUIRE_BY[self._engine.dialect.name]
        with storage_errors(), self._engine.begin() as connection:
            epoch = connection.execute(statement, values).scalar_one_or_none()
        return None if epoch is None else Lease(chain_id, holder, int(epoch))

    def prolong(self, lease: Lease, seconds: float) -> None:
        """Let a lease last for ``seconds`` from now on, as ``acquire`` does.

        Raises:
            LeaseLostError: somebody else has taken it; nothing is changed.
        """
        values = {
            "chain_id": lease.chain_id,
            "epoch": lease.epoch,
            "milliseconds": _milliseconds(seconds),
        }
        statement = _PROLONG_BY[self._engine.dialect.name]
        with storage_errors(), self._engine.begin() as connection:
            if connection.execute(statement, values).rowcount != 1:
                raise _lost(lease)

    def holder(self, chain_id: int) -> str | None:
        """Return who anchors on a chain now; None when nobody has the lease."""
        statement = _HOLDER_BY[self._reader.dialect.name]
        with storage_errors(), self._reader.connect() as connection:
            found = connection.execute(statement, {"chain_id": chain_id}).scalar_one_or_none()
        return None if found is None else str(found)

    def release(self, lease: Lease) -> None:
        """End a lease so that another holder need not wait for its expiry; late is no error."""
        with storage_errors(), self._engine.begin() as connection:
            connection.execute(
                update(worker_leases)
                .where(
                    worker_leases.c.chain_id == lease.chain_id,
                    worker_leases.c.epoch == lease.epoch,
                )
                .values(expires_ms=0)
            )

    def halt(self, lease: Lease, code: str, message: str, now_unix: int) -> None:
        """Store why anchoring stops on the lease's chain; the first reason stays.

        Raises:
            LeaseLostError: another worker has taken over, and will find the same.
        """
        row = {
            "chain_id": lease.chain_id,
            "code": code,
            "message": message,
            "since_unix": now_unix,
        }
        with storage_errors(), self._engine.begin() as connection:
            fence(connection, lease)
            there = select(worker_halts.c.code).where(worker_halts.c.chain_id == lease.chain_id)
            if connection.execute(there).one_or_none() is None:
                connection.execute(insert(worker_halts).values(row))

    def halted(self, chain_id: int) -> Halt | None:
        """Return why anchoring is stopped on a chain, None when it is not."""
        with storage_errors(), self._reader.connect() as connection:
            row = connection.execute(_HALTED, {"chain_id": chain_id}).one_or_none()
        return None if row is None else Halt(row.chain_id, row.code, row.message, row.since_unix)

    def resume(self, chain_id: int) -> bool:
        """Take the halt away, as a person orders; False when there was none."""
        with storage_errors(), self._engine.begin() as connection:
            found = connection.execute(
                delete(worker_halts).where(worker_halts.c.chain_id == chain_id)
            )
        return found.rowcount > 0


def _milliseconds(seconds: float) -> int:
    return min(int(seconds * 1000), _LONGEST_MS)
