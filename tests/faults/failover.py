"""Kill PostgreSQL's primary under load, promote its standby, and bring the old one back.

Half of the time the old primary dies, half of the time it is only cut off, and for a moment both
are there. When it comes back as it was, it must acknowledge nothing: its standby is gone, so its
commits wait, and one that is told to stop waiting is an error to whoever asked for it.
"""

from __future__ import annotations

import contextlib
import threading
import time
from random import Random
from typing import TYPE_CHECKING

import psycopg

from faults.cluster_campaign import ClusterCampaign
from faults.service_cluster import free_ports
from faults.wire import demand
from provenance.errors import FatalError
from provenance.store.engine import open_writer, storage_errors

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from faults.failover_servers import PgServer

__all__ = ["fail_over", "run"]

OUTAGE_SECONDS = 5.0
"""The target; on a busy machine the answer may come late, which is reported, not broken."""
_MOST_SECONDS = 60.0
_SERVICES = 2


def run(folder: Path, seed: int, count: int, say: Callable[[str], None]) -> dict[str, object]:
    """Fail over ``count`` times."""
    with ClusterCampaign(folder / "world", seed, _SERVICES) as campaign:
        for number in range(count):
            fail_over(campaign, Random(f"failover {seed}/{number}"), say, number)
        campaign.settle(say)
        return campaign.result("failover", seed)


def fail_over(
    campaign: ClusterCampaign, rng: Random, say: Callable[[str], None], number: int
) -> None:
    campaign.run_for(rng.uniform(0.3, 2.0))
    old, new = campaign.primary, campaign.standby
    is_dead = rng.random() < 0.5
    struck = time.monotonic()
    if is_dead:
        old.kill()
    else:
        old.freeze()
    new.promote()
    promoted = time.monotonic()
    campaign.took("worst seconds: promotion", promoted - struck)
    if not is_dead:
        # two primaries: what the old one was asked before must not be acknowledged
        old.thaw()
        campaign.run_for(rng.uniform(0.0, 0.5))
        old.kill()
    # answers that were under way when it was struck do not count
    outage = promoted - struck + campaign.await_ack(promoted, _MOST_SECONDS)
    campaign.took("worst seconds: outage", outage)
    campaign.counts["failovers"] += 1
    campaign.counts["of them: the old one only cut off"] += not is_dead
    campaign.counts["outages of 5 s or more"] += outage >= OUTAGE_SECONDS
    campaign.swap(new, old)
    campaign.glance()
    _check_fenced(old)
    campaign.counts["old primaries found fenced"] += 1
    old.follow(new)
    say(f"failover {number}: outage {outage:.2f} s, {campaign.journal.acknowledged()} records")


def _check_fenced(old: PgServer) -> None:
    """Start the old primary as it was, on a port that only we know, and try to write."""
    port = old.port
    old.start(port=free_ports(1)[0])
    try:
        said: list[str] = []
        writer = threading.Thread(target=_write, args=(old.address("ledger"), said), daemon=True)
        writer.start()
        writer.join(0.5)
        demand(not said, "I1", f"the old primary answers a commit: {said}")
        while writer.is_alive():
            old.execute(
                "SELECT pg_cancel_backend(pid) FROM pg_stat_activity"
                " WHERE wait_event = 'SyncRep' OR state = 'active' AND query = 'COMMIT'"
            )
            writer.join(0.05)
        demand(said == ["fatal"], "I1", f"a commit that is on one machine alone says {said}")
    finally:
        old.kill()
        old.port = port


def _write(address: str, said: list[str]) -> None:
    """Commit something by the ledger's own store, and note what it said."""
    engine = open_writer(address)
    try:
        with storage_errors(), engine.begin() as connection:
            connection.exec_driver_sql("UPDATE log_head SET tree_size = tree_size")
    except FatalError:
        said.append("fatal")
    except BaseException as error:  # noqa: BLE001 -- whatever it says is told to the campaign
        said.append(repr(error))
    else:
        said.append("committed")
    finally:
        with contextlib.suppress(psycopg.Error):
            engine.dispose()
