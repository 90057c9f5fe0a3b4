"""Cut the network between a service and its node, and between a service and its database.

The service lives in a network namespace of its own and has three cables: to the node, to the
database, and to its clients. A cut is a cable pulled: packets vanish, and nobody says so.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import time
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Self

from faults.cluster_campaign import ClusterCampaign
from faults.needs import MissingError, need_postgresql, need_root
from faults.service_cluster import free_ports
from faults.wire import demand

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["Network", "cut_cables", "run"]

_RELAY = Path(__file__).with_name("namespaces_relay.py")
_LAUNCHER = Path(__file__).parents[2] / "provenance" / "chain" / "die_with_parent.py"
_CABLES = {"node": 0, "database": 1, "clients": 2}
_BACK_SECONDS = 60.0
_KINDS = ("node", "database", "both")


def run(folder: Path, seed: int, count: int, say: Callable[[str], None]) -> dict[str, object]:
    """Pull cables ``count`` times."""
    need_root()
    need_postgresql()
    with (
        Network() as network,
        ClusterCampaign(folder / "world", seed, 1, network=network) as campaign,
    ):
        for number in range(count):
            cut_cables(campaign, network, Random(f"cuts {seed}/{number}"), number, say)
        campaign.settle(say)
        return campaign.result("network-cuts", seed)


def cut_cables(
    campaign: ClusterCampaign,
    network: Network,
    rng: Random,
    number: int,
    say: Callable[[str], None],
) -> None:
    kind = _KINDS[number % len(_KINDS)]
    cables = ["node", "database"] if kind == "both" else [kind]
    campaign.run_for(rng.uniform(0.5, 2.0))
    seconds = rng.uniform(2.0, 6.0)
    before = campaign.journal.acknowledged()
    with network.cut(*cables):
        campaign.run_for(seconds)
    mended = time.monotonic()
    if kind == "node":
        # a chain that is away stops no record
        demand(campaign.journal.acknowledged() > before, "I9", "no record taken without the node")
    back = campaign.await_ack(mended, _BACK_SECONDS)
    campaign.took(f"worst seconds: until answered, {kind}", back)
    campaign.counts["cuts"] += 1
    campaign.counts[f"of them: {kind}"] += 1
    campaign.glance()
    say(f"cut {number}, {kind} for {seconds:.1f} s: answered {back:.2f} s after")


class Network:
    """A namespace, its three cables, and the relays at their ends."""

    def __init__(self) -> None:
        """Name it after this process, so that several can be on one machine."""
        self._name = f"provenance-{os.getpid()}"
        # 10.x.y.0/30 each; two campaigns at once have different x and y
        self._net = f"10.{200 + os.getpid() // 64 % 50}.{os.getpid() % 64 * 4}"
        self._relays: list[subprocess.Popen[str]] = []
        self._opened = contextlib.ExitStack()

    @property
    def inside(self) -> list[str]:
        """What to put before a command so that it runs in the namespace."""
        return [_which("ip"), "netns", "exec", self._name]

    def __enter__(self) -> Self:
        with contextlib.ExitStack() as opened:
            _ip("netns", "add", self._name)
            opened.callback(_ip, "netns", "del", self._name)
            _ip("-n", self._name, "link", "set", "lo", "up")
            for cable in _CABLES:
                outer, inner = self._ends(cable)
                _ip("link", "add", outer, "type", "veth", "peer", "name", inner)
                opened.callback(_ip, "link", "del", outer)
                _ip("link", "set", inner, "netns", self._name)
                _ip("addr", "add", f"{self._address(cable, 1)}/30", "dev", outer)
                _ip("-n", self._name, "addr", "add", f"{self._address(cable, 2)}/30", "dev", inner)
                _ip("link", "set", outer, "up")
                _ip("-n", self._name, "link", "set", inner, "up")
            opened.callback(self._end_relays)
            self._opened = opened.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._opened.close()

    @contextlib.contextmanager
    def cut(self, *cables: str) -> Iterator[None]:
        """Pull some cables for a while."""
        for cable in cables:
            _ip("link", "set", self._ends(cable)[0], "down")
        try:
            yield
        finally:
            for cable in cables:
                _ip("link", "set", self._ends(cable)[0], "up")

    def reach_out(self, cable: str, port: int) -> str:
        """Return ``host:port`` at which those inside reach a local port of this machine."""
        host = self._address(cable, 1)
        (near,) = free_ports(1)
        self._relay([], host, near, port)
        return f"{host}:{near}"

    def reach_in(self, port: int) -> str:
        """Return ``host:port`` at which we reach a port that somebody inside listens on."""
        host = self._address("clients", 2)
        self._relay(self.inside, host, port, port)
        return f"{host}:{port}"

    def _relay(self, inside: list[str], host: str, port: int, target: int) -> None:
        launcher = [sys.executable, "-I", "-S", str(_LAUNCHER), str(os.getpid())]
        program = [
            *inside,
            sys.executable,
            "-P",
            str(_RELAY),
            host,
            str(port),
            "127.0.0.1",
            str(target),
        ]
        relay = subprocess.Popen([*launcher, *program], stdout=subprocess.PIPE, text=True)
        self._relays.append(relay)
        assert relay.stdout is not None
        if relay.stdout.readline() != "ready\n":
            raise MissingError(f"no relay at {host}:{port}")

    def _end_relays(self) -> None:
        for relay in self._relays:
            relay.kill()
            relay.wait()
            assert relay.stdout is not None
            relay.stdout.close()

    def _ends(self, cable: str) -> tuple[str, str]:
        number = f"{os.getpid() % 100_000}{_CABLES[cable]}"
        return f"pvo{number}", f"pvi{number}"

    def _address(self, cable: str, end: int) -> str:
        net, _, last = self._net.rpartition(".")
        return f"{net}.{int(last) + _CABLES[cable]}.{end}"


def _which(name: str) -> str:
    found = [place / name for place in (Path("/usr/sbin"), Path("/sbin"), Path("/usr/bin"))]
    return str(next((path for path in found if path.exists()), Path("/bin") / name))


def _ip(*words: str) -> None:
    done = subprocess.run([_which("ip"), *words], capture_output=True, text=True, check=False)
    if done.returncode:
        raise MissingError(f"ip {' '.join(words)}: {done.stderr.strip()}")
