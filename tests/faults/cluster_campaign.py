"""What campaigns on PostgreSQL share: servers, services, clients, and the audit at the end."""

from __future__ import annotations

import contextlib
import json
import shutil
import time
from collections import Counter
from random import Random
from typing import TYPE_CHECKING, Self

from faults.auditor import Auditor
from faults.failover_servers import DATABASES, make_pair
from faults.http import GoneError, get
from faults.journal import Journal
from faults.load import Load
from faults.log_codes import count_codes
from faults.processes import ORIGIN
from faults.service_cluster import ServiceCluster, free_ports
from faults.tables import PostgresTables
from faults.whole_audit import audit_whole, count_audited
from faults.wire import demand

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from faults.auditor import Audited
    from faults.failover_servers import PgServer
    from faults.namespaces import Network
    from faults.service_cluster import Service

__all__ = ["ClusterCampaign"]

SETTLE_SECONDS = 180.0
_CLIENTS = 3


class ClusterCampaign:
    """A ledger on PostgreSQL under load, in a folder that is made anew."""

    def __init__(
        self,
        folder: Path,
        seed: int,
        services: int,
        *,
        pause: float = 0.02,
        network: Network | None = None,
    ) -> None:
        """Start everything, the services in ``network`` if given; clients send at once."""
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        self.rng = Random(f"cluster {seed}")
        self.counts = Counter[str]()
        self.worst: dict[str, float] = {}
        self._opened = contextlib.ExitStack()
        with contextlib.ExitStack() as opened:
            first, second = free_ports(2)
            place, self.primary, self.standby = make_pair((first, second))
            opened.callback(shutil.rmtree, place, ignore_errors=True)
            opened.callback(self.end_servers)
            hosts = f"127.0.0.1:{first},127.0.0.1:{second}"
            self.addresses = [f"postgresql://postgres@{hosts}/{name}" for name in DATABASES]
            shown = self.addresses
            if network is not None:
                inside = ",".join(network.reach_out("database", port) for port in (first, second))
                shown = [f"postgresql://postgres@{inside}/{name}" for name in DATABASES]
            self.cluster = ServiceCluster(folder, shown, services, network=network)
            opened.callback(self.cluster.end)
            self.cluster.start()
            self.journal = Journal(folder / "journal.sqlite")
            opened.callback(self.journal.close)
            tables = PostgresTables(self.addresses[0])
            self.auditor = Auditor(self.cluster.folder, self.journal, tables)
            self.load = Load(
                self.journal,
                origin=ORIGIN,
                seed=seed,
                clients=_CLIENTS,
                pause=pause,
                servers=services,
            )
            opened.callback(self.load.abandon)
            self._opened = opened.pop_all()
        for address, service in zip(self.load.addresses, self.cluster.services, strict=True):
            address.set(service.url)
        self.load.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._opened.close()

    def end_servers(self) -> None:
        for server in (self.primary, self.standby):
            server.end()

    def swap(self, primary: PgServer, standby: PgServer) -> None:
        """Note which of the two is which from now on."""
        self.primary, self.standby = primary, standby

    def run_for(self, seconds: float) -> None:
        """Let the load go on; start again what ended by itself."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            self.cluster.watch()
            self.load.check()
            time.sleep(0.02)

    def await_ack(self, since: float, seconds: float) -> float:
        """Return how long after ``since`` (monotonic) anybody was answered again."""
        while self.journal.last_ack_at <= since:
            demand(
                time.monotonic() - since < seconds,
                "I9",
                f"no answer for {seconds:.0f} s: {self.cluster.words()}",
            )
            self.run_for(0.02)
        return self.journal.last_ack_at - since

    def took(self, name: str, seconds: float) -> None:
        self.worst[name] = max(self.worst.get(name, 0.0), round(seconds, 2))

    def glance(self) -> None:
        """Look at head, new entries, acknowledgements and finality, through any service."""
        with contextlib.suppress(GoneError):
            self.auditor.glance(self.rng.choice(self.cluster.services).url)
            self.counts["glances"] += 1

    def audit_midway(self, say: Callable[[str], None]) -> None:
        """The full audit while the clients wait; then they go on."""
        for service, address in zip(self.cluster.services, self.load.addresses, strict=True):
            self.cluster.wait_up(service)
            address.rest(SETTLE_SECONDS)
        self.load.check()
        service = self.cluster.services[0]
        self._await_finality(service, time.monotonic() + SETTLE_SECONDS)
        audited = self._audit(service)
        say(f"full audit: {audited.entries} entries, {audited.receipts} receipts")
        for each, address in zip(self.cluster.services, self.load.addresses, strict=True):
            address.set(each.url)

    def _audit(self, service: Service) -> Audited:
        for each in self.cluster.services:
            self.auditor.check_shown(each.url, self.journal.at_risk(10)[:100])
        self.counts["full audits"] += 1
        port = self.cluster.chain.node.port
        return audit_whole(service.url, self.auditor, self.journal, node_port=port, at_risk=0)

    # --- the end ---------------------------------------------------------------------------

    def settle(self, say: Callable[[str], None]) -> None:
        """No more faults: all must come to rest by itself, and then be as promised."""
        began = time.monotonic()
        self.load.stopping.set()
        for service in self.cluster.services:
            self.cluster.wait_up(service)
        self.load.finish(SETTLE_SECONDS)
        service = self.cluster.services[0]
        self._await_finality(service, began + SETTLE_SECONDS)
        self.took("worst seconds: after the last fault, final", time.monotonic() - began)
        say(f"all final {time.monotonic() - began:.1f} s after the last fault; auditing")
        audited = self._audit(service)
        self.cluster.stop()
        self.auditor.check_integrity()
        self.counts["acknowledgements"] += self.journal.counts.get("acknowledgements", 0)
        self.counts["records"] += self.journal.acknowledged()
        self.counts["records lost"] += 0
        self.counts["answers lost"] += self.journal.counts.get("answers lost", 0)
        self.counts.update(count_audited(audited))
        self.counts["restarts by themselves"] += self.cluster.restarts

    def _await_finality(self, service: Service, deadline: float) -> None:
        while True:
            with contextlib.suppress(GoneError):
                self.auditor.glance(service.url)
                size = int(get(service.url, "/checkpoint")[1].split(b"\n")[1])
                finals = [json.loads(text)["tree_size"] for text in self.journal.finals().values()]
                if size == max(finals, default=0):
                    return
            self.cluster.watch()
            demand(time.monotonic() < deadline, "I9", f"not final: {self.cluster.words()}")
            time.sleep(0.25)

    def result(self, name: str, seed: int) -> dict[str, object]:
        """Return the campaign's line."""
        counts = {**self.counts, **self.worst}
        codes = count_codes(self.cluster.log)
        return {"campaign": name, "seed": seed, "counts": counts, "codes": codes}
