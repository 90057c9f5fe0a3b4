"""Our own verifier's opinion of every receipt, after the auditor's: the only import of the code."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING

from faults.chain_events import anchored_header_hash
from faults.wire import demand
from provenance.given import GivenBlock
from provenance.policy import Policy
from provenance.verdict import not_in_log
from provenance.verify import verify_receipt

if TYPE_CHECKING:
    from collections.abc import Container, Iterable

__all__ = ["second_opinion"]


def second_opinion(receipts: Iterable[bytes], policy: bytes, blocks: Container[str]) -> int:
    """Verify receipts offline; anchored ones must be wholly true, others true so far."""
    trust, count = Policy.parse(policy), 0
    for octets in receipts:
        anchored = json.loads(octets)["anchored"]
        hashes = [
            anchored_header_hash(anchor["evidence"]["header"])
            for part in anchored
            for anchor in part["anchors"]
        ]
        given = [GivenBlock.from_hash(block) for block in hashes if block in blocks]
        verdict = verify_receipt(
            octets, trust, now_unix=int(time.time()), blocks=given, allow_dev_chain=True
        )
        expected = 0 if anchored else 3
        demand(verdict.exit_code == expected, "I3", f"the verifier says {verdict}")
        # 3 alone would also be said of a state that no key of the policy signed
        demand(not_in_log(verdict.checks) is None, "I3", f"not in the log: {verdict}")
        count += 1
    return count
