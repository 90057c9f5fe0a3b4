"""Which key signs beacons now, as the log itself says: its file may be gone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from provenance.errors import DamagedReceiptError, FatalError, VerificationError
from provenance.ledger.check_policy import configurations, read_genesis
from provenance.ledger.configure_log import LEAD
from provenance.ledger.keys_in_force import KeysInForce

if TYPE_CHECKING:
    from provenance.keys import PublicKey
    from provenance.ledger.ports import LogReader
    from provenance.policy import Policy

__all__ = ["beacon_key_in_force"]


def beacon_key_in_force(policy: Policy, log: LogReader) -> PublicKey:
    """Return the key that the next entry of the log would retire; reads the log once through.

    Raises:
        DamagedReceiptError: an entry that would say so is damaged.
        FatalError: the log names no one such key.
    """
    keys = KeysInForce(read_genesis(policy, log))
    for index, change in configurations(policy, log):
        try:
            keys.take(index, change)
        except VerificationError as error:
            raise DamagedReceiptError(f"entry {index} changes what was signed before") from error
    found = list(keys.at(log.head().tree_size + LEAD).beacon_keys.values())
    if len(found) != 1:
        raise FatalError(f"expected one beacon key in force, the log names {len(found)}")
    return found[0]
