"""Parts of a ledger that die at a chosen outside effect: before it, or just after it was done."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from provenance.files.signer_memory import FileSignerMemory
from provenance.store.key_store import SqlKeyStore
from provenance.store.log_store import SqlLogStore, SqlLogTransaction

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from provenance.ledger.ports import SignedHead

__all__ = ["Crash", "Trap", "TrappedKeys", "TrappedMemory", "TrappedStore"]


class Crash(BaseException):
    """The process dies here; no ``except Exception`` sees it."""


class Trap:
    """Lets the process die at the nth outside effect, before it or just after it."""

    def __init__(self, at: int, *, done: bool) -> None:
        self.at, self.done, self.effects = at, done, 0

    @contextmanager
    def effect(self) -> Iterator[None]:
        mine = self.effects
        self.effects += 1
        if mine == self.at and not self.done:
            raise Crash
        yield
        if mine == self.at:
            raise Crash


class TrappedStore(SqlLogStore):
    trap: Trap

    @contextmanager
    def integrate(self) -> Iterator[SqlLogTransaction]:
        with self.trap.effect(), super().integrate() as transaction:
            yield transaction

    def store_signature(self, signed: SignedHead) -> None:
        with self.trap.effect():
            super().store_signature(signed)


class TrappedKeys(SqlKeyStore):
    trap: Trap

    def seal(
        self, records: Sequence[tuple[bytes, Sequence[tuple[bytes, str]]]]
    ) -> list[list[bytes]]:
        with self.trap.effect():
            return super().seal(records)


class TrappedMemory(FileSignerMemory):
    trap: Trap

    def remember(self, tree_size: int, root_hash: bytes, peaks: Sequence[bytes]) -> None:
        with self.trap.effect():
            super().remember(tree_size, root_hash, peaks)
