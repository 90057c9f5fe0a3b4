"""The key that signs a checkpoint, chosen by its tree size.

The policy says which key signs which sizes; of the private keys only those at hand can sign, and
the keys of the past need not be. A signer that took "the" key could sign a head with a key that
was retired below it, which nobody could ever take back.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from provenance.errors import FatalError
from provenance.note import NoteSigner
from provenance.policy import CheckpointKey

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from provenance.keys import PrivateKey
    from provenance.note import NoteVerifier

__all__ = ["SigningKeys"]


class SigningKeys:
    """The policy's ranges of tree sizes, and the private keys at hand for them."""

    def __init__(
        self, origin: str, ranges: Iterable[CheckpointKey], keys: Iterable[PrivateKey]
    ) -> None:
        """Pair each range with its private key, where it is among ``keys``."""
        signers = {signer.verifier: signer for signer in (NoteSigner(origin, key) for key in keys)}
        self._rows = [(one, signers.get(one.verifier)) for one in ranges]

    @classmethod
    def of_one(cls, signer: NoteSigner) -> Self:
        """Return the keys of a log that has had one key from its beginning."""
        return cls(signer.name, [CheckpointKey(signer.verifier, 0, None)], [signer.key])

    def verifiers(self, tree_size: int) -> Sequence[NoteVerifier]:
        """Return the keys one of which has to have signed the checkpoint of ``tree_size``."""
        return [one.verifier for one, _ in self._rows if one.covers(tree_size)]

    def signer(self, tree_size: int) -> NoteSigner:
        """Return the key that may sign the checkpoint of ``tree_size``.

        Raises:
            FatalError: none at hand may; integrating more would leave heads nobody can sign.
        """
        for one, signer in self._rows:
            if signer is not None and one.covers(tree_size):
                return signer
        raise FatalError(f"no key at hand may sign the checkpoint of tree size {tree_size}")
