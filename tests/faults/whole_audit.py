"""The full audit, I1 to I9, of a service that runs while nobody writes to it.

Everything comes to rest first: the head is final. Then the auditor reads all that is shown and
stored, every receipt that was ever returned is verified by the auditor and by the code's own
verifier, and the chain is read from genesis on.
"""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING

from faults.chain_events import read_chain
from faults.http import Rpc, get
from faults.second_opinion import second_opinion
from faults.wire import demand

if TYPE_CHECKING:
    from collections.abc import Callable

    from faults.auditor import Audited, Auditor
    from faults.journal import Journal

__all__ = ["audit_whole", "await_final", "count_audited"]

_POLL_SECONDS = 0.25


def await_final(
    url: str, auditor: Auditor, journal: Journal, *, seconds: float, watch: Callable[[], str]
) -> float:
    """Look until the newest head is final; return how long that took.

    Args:
        watch: raises when the service has ended; returns what it printed last.
    """
    began = time.monotonic()
    while True:
        auditor.glance(url)
        size = int(get(url, "/checkpoint")[1].split(b"\n")[1])
        finals = [json.loads(facts)["tree_size"] for facts in journal.finals().values()]
        if size == max(finals, default=0):
            return time.monotonic() - began
        words = watch()
        waited = time.monotonic() - began
        demand(waited < seconds, "I9", f"head {size} is not final after {waited:.0f} s: {words}")
        time.sleep(_POLL_SECONDS)


def audit_whole(
    url: str, auditor: Auditor, journal: Journal, *, node_port: int, at_risk: int = 20
) -> Audited:
    """Audit everything but the database's own check, for which the service has to rest (I8).

    Args:
        node_port: of the chain itself, past whatever stands before it.
        at_risk: how many of the records acknowledged last in each life are read back whole.
    """
    rpc = Rpc(node_port)
    try:
        chain = read_chain(rpc, auditor.policy.chain)
    finally:
        rpc.close()
    shown = auditor.check_shown(url, journal.at_risk(at_risk))
    audited = auditor.audit(url, chain)
    audited.shown_whole = shown
    octets = auditor.policy.octets
    audited.second_opinions = second_opinion(journal.receipts(), octets, chain.blocks)
    return audited


def count_audited(audited: Audited) -> dict[str, int]:
    """Return what a line of the results tells of a full audit at a campaign's end."""
    return {
        "anchors": audited.anchors,
        "checkpoints": audited.checkpoints,
        "receipts verified": audited.second_opinions,
        "replacements, each dearer": audited.replacements,
    }
