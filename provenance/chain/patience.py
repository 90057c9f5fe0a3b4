"""Waiting for a chain where a person waits too: say what for, and come to an end.

A node that makes blocks only when somebody sends something (anvil without an interval, a quiet
Besu) leaves the last transaction's block without the ones that would make it final.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from provenance.digests import to_evm_hex
from provenance.errors import ChainStalledError

if TYPE_CHECKING:
    from collections.abc import Callable

    from provenance.chain.node import Node

__all__ = ["USUAL_PATIENCE", "Awaited", "Patience", "Wait"]


@dataclass(frozen=True, slots=True)
class Awaited:
    """What is waited for, a transaction's block or a block's finality, and how the chain stands."""

    tx_hash: bytes | None
    """Of the transaction that is in no block yet; None where finality is waited for."""
    block_number: int | None
    """Of the block that is not final yet; None where a transaction is waited for."""
    head_number: int = 0
    """The newest block."""
    still_seconds: int = 0
    """For how long no newer one has come."""

    def __str__(self) -> str:
        """Return it in words."""
        newest = f"block {self.head_number} is the newest, for {self.still_seconds} s"
        if self.tx_hash is not None:
            return f"transaction {to_evm_hex(self.tx_hash)} is in no block; {newest}"
        return f"block {self.block_number} is not final; {newest}"


def _tell_nobody(_: Awaited) -> None:
    """Say nothing."""


@dataclass(frozen=True, slots=True)
class Patience:
    """Whom to tell, and when to give up; all times in seconds."""

    tell: Callable[[Awaited], None] = _tell_nobody
    """Called when a wait has lasted for a while, and every so often after that."""
    tell_after: float = 5.0
    tell_every: float = 60.0
    stalled_after: float = 240.0
    """Without a newer block for so long: twenty slots of the slowest chain that has a profile."""
    unmined_after: float = 600.0
    """A transaction in no block for so long, although blocks come: its fee is too low by now."""
    unfinal_after: float = 7_200.0
    """A block not final for so long: rollups take up to half an hour, some an hour."""


USUAL_PATIENCE = Patience()


class Wait:
    """One wait on one node: call ``go_on`` after every look that found nothing."""

    def __init__(
        self,
        node: Node,
        patience: Patience,
        *,
        tx_hash: bytes | None = None,
        block_number: int | None = None,
    ) -> None:
        """Begin; one of the two is waited for, the transaction's block or the block's finality."""
        self._node = node
        self._patience = patience
        self._tx_hash = tx_hash
        self._block_number = block_number
        longest = patience.unmined_after if block_number is None else patience.unfinal_after
        self._began = self._moved = time.monotonic()
        self._ends = self._began + longest
        self._tell_at = self._began + patience.tell_after
        self._head = -1

    def go_on(self) -> None:
        """Look whether blocks come, and tell when it is time to.

        Raises:
            ChainStalledError: none came for long, or all of it took too long.
            UnavailableError: the node is away.
        """
        head, now = self._node.head().number, time.monotonic()
        if head != self._head:
            self._head, self._moved = head, now
        still = now - self._moved
        awaited = Awaited(self._tx_hash, self._block_number, head, int(still))
        if still >= self._patience.stalled_after:
            raise ChainStalledError(f"{awaited}: does this node make blocks only on demand?")
        if now >= self._ends:
            raise ChainStalledError(f"{awaited}, after {now - self._began:.0f} s")
        if now >= self._tell_at:
            self._tell_at = now + self._patience.tell_every
            self._patience.tell(awaited)
