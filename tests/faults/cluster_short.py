"""One world on PostgreSQL in which services are killed, cables pulled, and the primary lost."""

from __future__ import annotations

import contextlib
from random import Random
from typing import TYPE_CHECKING

from faults.cluster_campaign import ClusterCampaign
from faults.failover import fail_over
from faults.kills_cluster import kill_services
from faults.namespaces import Network, cut_cables
from faults.needs import MissingError, need_postgresql, need_root

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

__all__ = ["run"]

_SERVICES = 2


def run(folder: Path, seed: int, count: int, say: Callable[[str], None]) -> dict[str, object]:
    """Do ``count`` faults by turns; without root no cable can be pulled, and the others remain."""
    need_postgresql()
    with contextlib.ExitStack() as opened:
        network = _network(opened, say)
        place = folder / "world"
        campaign = opened.enter_context(ClusterCampaign(place, seed, _SERVICES, network=network))
        for number in range(count):
            rng = Random(f"cluster-short {seed}/{number}")
            if number % 3 == 0:
                campaign.counts["kills"] += kill_services(campaign, rng, 1)
            elif number % 3 == 1 and network is not None:
                cut_cables(campaign, network, rng, number=2, say=say)
            else:
                fail_over(campaign, rng, say, number)
            campaign.counts["faults"] += 1
        # the long campaigns wait out the minute for which a dead service's worker holds its lease
        campaign.primary.execute("UPDATE worker_leases SET expires_ms = 0", "ledger")
        campaign.settle(say)
        return campaign.result("cluster-short", seed)


def _network(opened: contextlib.ExitStack, say: Callable[[str], None]) -> Network | None:
    try:
        need_root()
        return opened.enter_context(Network())
    except MissingError as reason:
        say(f"no cable is pulled: {reason}")
        return None
