"""Which keys may sign checkpoints and beacons at a tree size, as the log itself says.

``genesis`` names the first keys; each ``configuration`` record, signed by the root key, adds and
retires some from its ``from_tree_size`` on: the smallest tree size whose checkpoint the new keys
sign, and whose last entry is the first that may be a beacon of theirs::

    entry       ... 6             7               8
    record          deposit       configuration   beacon         from_tree_size: 9
    tree size       7             8               9
    signed by       old key       old key         new key        checkpoint and beacon alike

The change so lies under a checkpoint of the key that it retires: whoever trusts the old key is
told by it of the new one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from provenance.errors import VerificationError
from provenance.note import NoteVerifier

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from provenance.keys import PublicKey
    from provenance.record import Configuration, Genesis

__all__ = ["InForce", "KeysInForce"]


@dataclass(frozen=True, slots=True)
class InForce:
    """The keys of one tree size."""

    checkpoint_keys: tuple[NoteVerifier, ...]
    beacon_keys: Mapping[str, PublicKey]
    """By RFC 7638 thumbprint."""


class KeysInForce:
    """The log's own keys; takes configurations in the order of their entries."""

    def __init__(self, genesis: Genesis) -> None:
        """Begin with the keys that ``genesis`` names."""
        beacon = genesis.beacon_key
        self._first = InForce(_verifiers(genesis.checkpoint_keys), {beacon.thumbprint: beacon})
        self._changes: list[Configuration] = []

    def take(self, leaf_index: int, configuration: Configuration) -> None:
        """Take the next configuration, which is entry ``leaf_index``.

        Raises:
            VerificationError: it would change who signed what is in the log already, its own
                checkpoint included.
        """
        if configuration.from_tree_size < leaf_index + 2:
            raise VerificationError(
                f"expected a tree size of {leaf_index + 2} or more, got "
                f"{configuration.from_tree_size}",
                field="from_tree_size",
            )
        self._changes.append(configuration)
        # stable: of two changes from one size on, the later entry has the last word
        self._changes.sort(key=lambda change: change.from_tree_size)

    def at(self, tree_size: int) -> InForce:
        """Return who may sign the checkpoint of ``tree_size``, and its last entry as a beacon."""
        verifiers = dict.fromkeys(self._first.checkpoint_keys)
        beacons = dict(self._first.beacon_keys)
        for change in self._changes:
            if change.from_tree_size > tree_size:
                break
            verifiers |= dict.fromkeys(_verifiers(change.add.checkpoint_keys))
            for verifier in _verifiers(change.retire.checkpoint_keys):
                verifiers.pop(verifier, None)
            beacons |= {key.thumbprint: key for key in change.add.beacon_keys}
            for key in change.retire.beacon_keys:
                beacons.pop(key.thumbprint, None)
        return InForce(tuple(verifiers), beacons)


def _verifiers(vkeys: Iterable[str]) -> tuple[NoteVerifier, ...]:
    return tuple(map(NoteVerifier.from_vkey, vkeys))
