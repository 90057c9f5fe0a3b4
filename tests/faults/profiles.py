"""Every campaign by name, how much of it makes a short and a full profile, and its target.

A campaign is a function ``run(folder, seed, count, say)`` that returns what it found as a JSON
object, takes up again what it finds of its own in ``folder``, and raises ``wire.Violation`` when
a promise was broken. The full profile cuts each into slices with a seed and a folder of their
own, so that whatever was interrupted costs one slice at most.
"""

from __future__ import annotations

import importlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol, cast

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

__all__ = ["CAMPAIGNS", "Campaign", "Run", "Slice", "find_campaign"]


class Run(Protocol):
    """What every campaign is."""

    def __call__(
        self, folder: Path, seed: int, count: int, say: Callable[[str], None]
    ) -> dict[str, object]: ...


@dataclass(frozen=True)
class Slice:
    """One piece of a profile: what one line of the results tells."""

    campaign: Campaign
    seed: int
    count: int


@dataclass(frozen=True)
class Campaign:
    """One kind of fault."""

    name: str
    function: str
    """Module below ``faults`` and function, as ``kills:run_server``."""
    fault: str
    target: str
    unit: str
    """The count that the target names, one of the result's ``counts``."""
    short: int
    full: int
    """How many of ``unit`` the two profiles ask for; 0 = part of another campaign's share."""
    each: int
    """How many of them make a slice of the full profile."""
    minutes: float
    """The full profile begins no other slice after this time."""
    stated: Mapping[str, float] = field(default_factory=dict)
    """I9: figures and what they stay below on a quiet machine, seconds unless the name says ms."""

    def load(self) -> Run:
        """Return the function; imported late, for some need root, PostgreSQL or a node."""
        module, _, name = self.function.partition(":")
        return cast("Run", getattr(importlib.import_module(f"faults.{module}"), name or "run"))

    def slices(self, seed: int) -> Iterator[Slice]:
        """Yield the full profile's slices; always the same for a seed."""
        for number, start in enumerate(range(0, self.full, self.each)):
            yield Slice(self, seed * 1000 + number, min(self.each, self.full - start))


def find_campaign(name: str) -> Campaign | None:
    """Return the campaign with this name."""
    return next((campaign for campaign in CAMPAIGNS if campaign.name == name), None)


CAMPAIGNS = (
    Campaign(
        "kills-server",
        "kills:run_server",
        "kill -9 of the service under load (SQLite)",
        "2,000 kills, >= 100,000 acknowledgements, 0 lost",
        unit="kills",
        short=0,
        full=1000,
        each=250,
        minutes=40,
        stated={
            "worst seconds: server, kill to next answer": 15,
            "worst seconds: after the last kill, final": 20,
        },
    ),
    Campaign(
        "kills-node",
        "kills:run_node",
        "kill -9 of the node below it",
        "no anchor lost, none doubled",
        unit="kills",
        short=0,
        full=100,
        each=100,
        minutes=8,
        stated={
            "worst seconds: node, answers again": 5,
            "worst seconds: after the last kill, final": 20,
        },
    ),
    Campaign(
        "kills-both",
        "kills:run_both",
        "kill -9 of either, in recovery too",
        "no anchor lost, none doubled",
        unit="kills",
        short=3,
        full=200,
        each=100,
        minutes=12,
        stated={
            "worst seconds: server, kill to next answer": 15,
            "worst seconds: node, answers again": 5,
            "worst seconds: after the last kill, final": 20,
        },
    ),
    Campaign(
        "kills-cluster",
        "kills_cluster",
        "kill -9 of one of three API processes on PostgreSQL",
        "2,000 kills together with the above, 0 lost",
        unit="kills",
        short=0,
        full=800,
        each=200,
        minutes=45,
        stated={
            "worst seconds: until another one answers": 5,
            "worst seconds: up again": 15,
            "worst seconds: after the last fault, final": 90,
        },
    ),
    Campaign(
        "syscalls",
        "strace_sweep",
        "KILL, EIO, ENOSPC at file syscalls of six jobs, in random order, pairs included",
        ">= 3,000 points, 0 bad",
        unit="points",
        short=6,
        full=3000,
        each=3000,
        minutes=35,
        stated={"worst seconds: opened and asked again": 5},
    ),
    Campaign(
        "power-loss",
        "power_loss",
        "power loss: crash states rebuilt from writes and fsyncs",
        ">= 20,000 states, 0 lost; the NORMAL control must fail",
        unit="states",
        short=120,
        full=20000,
        each=5000,
        minutes=25,
        stated={"longest recovery in ms": 2000},
    ),
    Campaign(
        "power-loss-control",
        "power_loss:run_control",
        "the same with `synchronous=NORMAL`, which must lose",
        "states that lose",
        unit="states",
        short=0,
        full=1000,
        each=1000,
        minutes=5,
    ),
    Campaign(
        "disk-full",
        "disk_full",
        "disk full (small tmpfs)",
        "200 offsets; read-only with 507; resumes",
        unit="offsets",
        short=2,
        full=200,
        each=50,
        minutes=15,
        stated={"longest ms until records are taken again": 5000},
    ),
    Campaign(
        "bit-rot",
        "bit_rot",
        "one bit flipped in database or receipt",
        "10,000 flips, none silent",
        unit="flips",
        short=50,
        full=10000,
        each=2500,
        minutes=25,
    ),
    Campaign(
        "failover",
        "failover",
        "PostgreSQL: kill -9 of the primary, standby promoted",
        "50 failovers, 0 lost, outage < 5 s each, old primary fenced",
        unit="failovers",
        short=0,
        full=50,
        each=10,
        minutes=20,
        stated={"worst seconds: outage": 5, "worst seconds: after the last fault, final": 90},
    ),
    Campaign(
        "lying-rpc",
        "lying_rpc",
        "a lying RPC node, over 20 ways, by turns",
        "2,000 anchors, exactly one each, 0 reverted, 0 forged accepted",
        unit="anchors",
        short=15,
        full=2000,
        each=250,
        minutes=30,
    ),
    Campaign(
        "reorgs",
        "reorgs",
        "reorganisation, eviction, base-fee jump",
        "500; deeper than finality raises the alarm",
        unit="events",
        short=8,
        full=500,
        each=125,
        minutes=15,
    ),
    Campaign(
        "engine-reorgs",
        "reorgs_engine",
        "true reorganisations and finality on a second client, over the Engine API",
        "part of the 500",
        unit="events",
        short=2,
        full=50,
        each=25,
        minutes=10,
    ),
    Campaign(
        "histories",
        "worker_histories",
        "simulated lives of the real worker",
        "20,000 histories, >= 500,000 crashes",
        unit="histories",
        short=20,
        full=20000,
        each=2500,
        minutes=45,
    ),
    Campaign(
        "network-cuts",
        "namespaces",
        "the network cut between service and node, service and PostgreSQL",
        "nothing lost, back by itself",
        unit="cuts",
        short=0,
        full=40,
        each=20,
        minutes=12,
        stated={
            "worst seconds: until answered, node": 5,
            "worst seconds: until answered, database": 10,
            "worst seconds: until answered, both": 10,
            "worst seconds: after the last fault, final": 90,
        },
    ),
    Campaign(
        "cluster-short",
        "cluster_short",
        "a kill, a cut and a fail-over of one ledger on PostgreSQL",
        "the short share of the three campaigns",
        unit="faults",
        short=3,
        full=0,
        each=1,
        minutes=0,
    ),
    Campaign(
        "clocks",
        "clocks",
        "clock: three days back, a year ahead, jumps",
        "proved times unchanged; none decreases",
        unit="jumps",
        short=2,
        full=30,
        each=15,
        minutes=8,
        stated={"worst seconds: the clock right again, final": 30},
    ),
    Campaign(
        "overload",
        "overload",
        "10x the rate that it sustains",
        "sheds with 429/503, no ack lost, p99 of accepted < 1 s, memory flat",
        unit="requests",
        short=300,
        full=20000,
        each=10000,
        minutes=10,
        stated={
            "worst seconds: after the load, taken again": 2,
            "worst seconds: after the load, final": 30,
        },
    ),
)
"""In the order in which the full profile takes them; together below six hours."""
