"""Show every checkpoint to the witnesses and keep what they cosign.

    newest signed head --> one witness at a time --> its line, verified --> stored

Each witness has a loop of its own, so a slow or absent one delays nobody: neither the callers,
who were answered before a witness heard of the checkpoint, nor the other witnesses, nor the
anchor, which only prefers a cosigned checkpoint to a bare one.
"""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Protocol

from provenance.errors import WitnessAheadError, WitnessRefusedError
from provenance.witness import add_checkpoint_body, read_cosignature, witness_name

if TYPE_CHECKING:
    from collections.abc import Sequence

    from provenance.ledger.ports import SignedHead
    from provenance.note import NoteVerifier

__all__ = [
    "BACKLOG",
    "ConsistencyProver",
    "CosignatureStore",
    "Cosigner",
    "CosigningProgress",
    "Witness",
]

BACKLOG: Final = 64
"""Checkpoints that a witness may be behind before the older ones are left out: the next one it
cosigns covers them all."""


class Witness(Protocol):
    """A witness, reached somehow."""

    def add_checkpoint(self, body: bytes) -> bytes:
        """Submit a checkpoint; returns signature lines (see ``client.witness``)."""


class CosignatureStore(Protocol):
    """The cosignatures, durably; every line in it was verified."""

    def newest_cosigned(self, witness: str) -> int:
        """Return the largest tree size this witness cosigned, 0 when none."""

    def store_cosignature(self, tree_size: int, witness: str, line: str) -> None:
        """Keep a line; the first one of a witness at a size stays."""

    def signed_heads(self, after: int, limit: int) -> Sequence[SignedHead]:
        """Return the ``limit`` newest signed heads of a size above ``after``, smallest first."""

    def signed_head(self, tree_size: int) -> SignedHead | None:
        """Return the signed head of exactly this size."""


class ConsistencyProver(Protocol):
    """What proves to a witness that nothing was dropped."""

    def consistency_path(self, old_size: int, new_size: int) -> Sequence[bytes]:
        """Return the RFC 9162 consistency proof between two sizes, ``1 <= old <= new``."""


@dataclass(frozen=True, slots=True)
class CosigningProgress:
    """How far one witness has come."""

    cosigned_size: int
    """Largest tree size it cosigned."""
    behind: int
    """Signed checkpoints above it, counted up to ``BACKLOG``."""


class Cosigner:
    """One witness and one log; for one thread."""

    def __init__(
        self,
        key: NoteVerifier,
        witness: Witness,
        *,
        log: ConsistencyProver,
        store: CosignatureStore,
    ) -> None:
        """Join the ports.

        Raises:
            MalformedError: ``key`` is not a witness's.
        """
        self._key = key
        self._name = witness_name(key)
        self._witness = witness
        self._log = log
        self._store = store
        self._size: int | None = None  # what it cosigned last, as far as we know
        self.progress: CosigningProgress | None = None
        """How far it has come, whether it answers or not; None before the first step."""

    @property
    def name(self) -> str:
        """The witness's name and key id."""
        return self._name

    def step(self) -> CosigningProgress:
        """Submit the oldest checkpoint that this witness has not seen; one exchange.

        A crash between its answer and our store, or another process of ours, leaves the witness
        ahead of what we know: it then names its size, and from there it goes on.

        Raises:
            WitnessRefusedError: it will not cosign our log: its key, its memory, or our log is
                not what one of us thinks. Nothing else stops for that.
            UnavailableError: it is away; ask again later.
            VerificationError, MalformedError: what it answered is no cosignature of its own.
        """
        if self._size is None:
            self._size = self._store.newest_cosigned(self._name)
        waiting = self._store.signed_heads(self._size, BACKLOG)
        self.progress = CosigningProgress(self._size, len(waiting))
        if waiting:
            self._submit(waiting[0])
            self.progress = CosigningProgress(self._size, len(waiting) - 1)
        return self.progress

    def _submit(self, signed: SignedHead) -> None:
        size = self._size or 0
        try:
            self._ask(size, signed)
        except WitnessAheadError as error:
            self._follow(error.size, signed)

    def _ask(self, old_size: int, signed: SignedHead) -> None:
        grows = 0 < old_size < signed.tree_size
        proof = self._log.consistency_path(old_size, signed.tree_size) if grows else ()
        body = add_checkpoint_body(old_size, proof, signed.note)
        line = read_cosignature(self._witness.add_checkpoint(body), signed.note, self._key)
        self._store.store_cosignature(signed.tree_size, self._name, line)
        self._size = signed.tree_size

    def _follow(self, said: int, signed: SignedHead) -> None:
        """Go on from the tree size that the witness names, if it is one that we signed.

        A smaller one than it cosigned before means that it lost its memory; it will have to see
        all of the log again. One that we never signed means that we lost ours.
        """
        if said == self._size:
            raise WitnessRefusedError(f"it refuses {signed.tree_size} from its own size {said}")
        head = self._store.signed_head(said)
        if said and head is None:
            raise WitnessRefusedError(
                f"it cosigned tree size {said}, which this ledger never signed: is this an older "
                "copy of the log, or does somebody else sign with its key?"
            )
        self._size = said
        if head is not None:
            # another process of ours that is faster still stores what it gets by itself
            with contextlib.suppress(WitnessAheadError):
                self._ask(said, head)  # its answer was lost: it cosigns an equal size again
