"""kill -9 of one of three services on one PostgreSQL ledger, while the others go on."""

from __future__ import annotations

import time
from random import Random
from typing import TYPE_CHECKING

from faults.cluster_campaign import ClusterCampaign

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

__all__ = ["kill_services", "run"]

_SERVICES = 3
_MOST_SECONDS = 60.0
_GLANCE_EVERY = 5
_AUDIT_EVERY = 100
"""Kills between two full audits."""
_SAY_EVERY = 20
_STARTING_SHARE = 0.2
_BOTH_SHARE = 0.15


def run(folder: Path, seed: int, count: int, say: Callable[[str], None]) -> dict[str, object]:
    """Kill ``count`` times."""
    with ClusterCampaign(folder / "world", seed, _SERVICES) as campaign:
        number = 0
        while number < count:
            before = number
            number += kill_services(
                campaign, Random(f"kills-cluster {seed}/{number}"), count - number
            )
            if before // _AUDIT_EVERY < number // _AUDIT_EVERY and number < count:
                campaign.audit_midway(say)
            if number % _GLANCE_EVERY == 0:
                campaign.glance()
            if number % _SAY_EVERY == 0:
                say(f"{number} kills, {campaign.journal.acknowledged()} acknowledged")
        campaign.counts["kills"] = number
        campaign.settle(say)
        return campaign.result("kills-cluster", seed)


def kill_services(campaign: ClusterCampaign, rng: Random, left: int) -> int:
    """Kill one service, or two at once; return how many."""
    services = campaign.cluster.services
    victims = rng.sample(services, 2 if rng.random() < _BOTH_SHARE and left > 1 else 1)
    campaign.run_for(rng.uniform(0.0, 0.8))
    for victim in victims:
        address = campaign.load.addresses[services.index(victim)]
        address.set(None)
        victim.kill()
        campaign.journal.killed("service", "busy")
    struck = time.monotonic()
    for victim in victims:
        victim.start()
    # the others answer meanwhile: their clients must not wait for the dead
    others = campaign.await_ack(struck, _MOST_SECONDS)
    campaign.took("worst seconds: until another one answers", others)
    if rng.random() < _STARTING_SHARE:
        campaign.run_for(rng.uniform(0.05, 0.6))  # the next kill finds it starting
    for victim in victims:
        campaign.cluster.wait_up(victim)
        campaign.took("worst seconds: up again", time.monotonic() - struck)
        campaign.load.addresses[services.index(victim)].set(victim.url)
    campaign.journal.life += 1
    return len(victims)
