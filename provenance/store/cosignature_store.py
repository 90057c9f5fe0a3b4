"""The witnesses' lines under the log's checkpoints, durably; every line was verified."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import bindparam, exc, func, insert, select

from provenance.ledger.ports import SignedHead
from provenance.store.engine import storage_errors
from provenance.store.tables import checkpoints, cosignatures

if TYPE_CHECKING:
    from sqlalchemy import Engine

__all__ = ["SqlCosignatureStore"]

_NEWEST = select(func.max(cosignatures.c.tree_size)).where(
    cosignatures.c.witness == bindparam("witness")
)
_LINES = (
    select(cosignatures.c.line)
    .where(cosignatures.c.tree_size == bindparam("tree_size"))
    .order_by(cosignatures.c.witness)
)
_FOUND = select(cosignatures.c.line).where(
    cosignatures.c.tree_size == bindparam("tree_size"),
    cosignatures.c.witness == bindparam("witness"),
)
_HEADS = (
    select(checkpoints)
    .where(checkpoints.c.tree_size > bindparam("after"))
    .order_by(checkpoints.c.tree_size.desc())
    .limit(bindparam("limit"))
)
_HEAD = select(checkpoints).where(checkpoints.c.tree_size == bindparam("tree_size"))


class SqlCosignatureStore:
    """The port ``CosignatureStore`` on the ledger's database; for any thread."""

    def __init__(self, writer: Engine, reader: Engine) -> None:
        """Write through ``writer``, read through ``reader``."""
        self._writer = writer
        self._reader = reader

    def newest_cosigned(self, witness: str) -> int:
        """Return the largest tree size this witness cosigned, 0 when none."""
        with storage_errors(), self._reader.connect() as connection:
            return connection.execute(_NEWEST, {"witness": witness}).scalar() or 0

    def store_cosignature(self, tree_size: int, witness: str, line: str) -> None:
        """Keep a line; the first one of a witness at a size stays.

        A crash before the commit loses a line that the witness gives again when it is asked.
        """
        row = {"tree_size": tree_size, "witness": witness, "line": line}
        with storage_errors(), self._writer.begin() as connection:
            if connection.execute(_FOUND, row).scalar() is not None:
                return
            try:
                with connection.begin_nested():
                    connection.execute(insert(cosignatures), row)
            except exc.IntegrityError:
                return  # another process of this ledger has just stored it

    def lines(self, tree_size: int) -> list[str]:
        """Return the cosignatures of one checkpoint, in the order of the witnesses' names."""
        with storage_errors(), self._reader.connect() as connection:
            return list(connection.execute(_LINES, {"tree_size": tree_size}).scalars())

    def signed_heads(self, after: int, limit: int) -> list[SignedHead]:
        """Return the ``limit`` newest signed heads of a size above ``after``, smallest first."""
        with storage_errors(), self._reader.connect() as connection:
            rows = connection.execute(_HEADS, {"after": after, "limit": limit}).all()
        return [SignedHead(row.tree_size, row.note) for row in reversed(rows)]

    def signed_head(self, tree_size: int) -> SignedHead | None:
        """Return the signed head of exactly this size."""
        with storage_errors(), self._reader.connect() as connection:
            row = connection.execute(_HEAD, {"tree_size": tree_size}).one_or_none()
        return None if row is None else SignedHead(row.tree_size, row.note)
