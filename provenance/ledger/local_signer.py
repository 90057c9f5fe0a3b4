"""The signer as it is where the checkpoint key lies: one rule, for a service and a signer process.

It signs a head only if that extends the one it remembers, which the request has to prove::

    remembered   asked for            what happens
    ----------   ------------------   ------------------------------------------------
    smaller      larger               check peaks and consistency proof, remember, sign
    equal        equal, same root     sign again, to the same bytes
    equal        equal, other root    FatalError: it would fork the log
    larger       smaller              SignerMovedError: another one was faster
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from provenance import checkpoint
from provenance.anchor_statement import sign_statement
from provenance.checkpoint import Checkpoint
from provenance.digests import RootHash
from provenance.errors import (
    FatalError,
    MalformedError,
    SignerMovedError,
    UnavailableError,
    VerificationError,
)
from provenance.merkle import RootAccumulator, verify_consistency

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from provenance.anchor_statement import AnchorStatement
    from provenance.ledger.ports import SignerMemory, SignerState
    from provenance.ledger.signing_keys import SigningKeys
    from provenance.note import NoteVerifier
    from provenance.signing_request import SigningRequest

__all__ = ["LocalSigner"]


class LocalSigner:
    """Checkpoint keys and memory of one log (``ports.Signer`` says what it promises)."""

    def __init__(self, memory: SignerMemory, keys: SigningKeys, origin: str) -> None:
        """Sign heads of the log ``origin``."""
        self.memory = memory
        self.keys = keys
        self.origin = origin

    def close(self) -> None:
        """End its use: there is nothing to give back, unlike with a signer in another process."""

    @contextmanager
    def turn(self) -> Iterator[LocalTurn]:
        """Hold the memory; nobody else signs until the block is left."""
        with self.memory.hold():
            yield LocalTurn(self, self.memory.read())

    def verifiers(self, tree_size: int) -> Sequence[NoteVerifier]:
        """Return the keys one of which has to have signed the checkpoint of ``tree_size``."""
        return self.keys.verifiers(tree_size)

    def check_key(self, tree_size: int) -> None:
        """Check that a key at hand may sign ``tree_size``; FatalError if none may."""
        self.keys.signer(tree_size)

    def attest(self, statement: AnchorStatement) -> str:
        """Sign what the log's nodes say of an anchor (``chain_port.Attestor``); proves nothing.

        Raises:
            MalformedError: a statement of another log, or of a tree size that it never signed.
            UnavailableError: the key of that tree size is not at hand any more.
        """
        if statement.origin != self.origin:
            raise MalformedError(f"expected {self.origin!a}", field="statement.origin")
        if statement.tree_size > (size := self.memory.read().tree_size):
            raise MalformedError(f"only {size} entries are signed", field="statement.size")
        try:
            key = self.keys.signer(statement.tree_size)
        except FatalError as error:
            raise UnavailableError(str(error)) from error  # the log is well: only this is not said
        return sign_statement(statement, key)


class LocalTurn:
    """The memory is held by whoever has this."""

    def __init__(self, signer: LocalSigner, remembered: SignerState) -> None:
        """Begin with what was just read."""
        self._signer = signer
        self.remembered = remembered

    def sign(self, request: SigningRequest) -> str:
        """Return the signed note of a head that extends the memory; it is remembered before."""
        signer = self._signer
        is_new = _check(self.remembered, request)
        key = signer.keys.signer(request.tree_size)
        if is_new:
            signer.memory.remember(request.tree_size, request.root_hash, request.peaks)
        # a crash here leaves a memory equal to an unsigned head: it may be signed again
        text = Checkpoint(signer.origin, request.tree_size, RootHash(request.root_hash))
        return checkpoint.sign(text, key)


def _check(remembered: SignerState, request: SigningRequest) -> bool:
    """Check that a head may be signed; False if it is the remembered one."""
    if request.tree_size < remembered.tree_size:
        raise SignerMovedError(
            f"tree size {request.tree_size} was overtaken: {remembered.tree_size} is remembered"
        )
    if request.tree_size == remembered.tree_size:
        if request.root_hash != remembered.root_hash:
            raise FatalError(f"another root is remembered at tree size {request.tree_size}")
        return False
    if request.old_size != remembered.tree_size:
        raise SignerMovedError(
            f"the proof begins at {request.old_size}: {remembered.tree_size} is remembered"
        )
    try:
        _check_extends(remembered, request)
    except VerificationError as error:
        raise FatalError(
            f"tree size {request.tree_size} does not extend the remembered "
            f"{remembered.tree_size}: {error}"
        ) from error
    return True


def _check_extends(remembered: SignerState, request: SigningRequest) -> None:
    if RootAccumulator(request.tree_size, request.peaks).root() != request.root_hash:
        raise VerificationError("the peaks do not make the root")
    if remembered.tree_size:  # anything extends the empty tree
        verify_consistency(
            remembered.tree_size,
            request.tree_size,
            request.proof,
            remembered.root_hash,
            request.root_hash,
        )
