"""Several service processes on one PostgreSQL ledger, and the chain that they anchor on.

All serve the same folder, each on a port of its own, forked from one zygote; a supervisor starts
again what ended, as systemd would, and counts it.
"""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING

from faults.anvil_process import Anvil
from faults.http import GoneError, Rpc, get
from faults.processes import ORIGIN, START_SECONDS
from faults.wire import Violation, demand
from faults.zygote import Zygote

if TYPE_CHECKING:
    from collections.abc import Sequence

    from faults.namespaces import Network
    from faults.zygote import Forked

__all__ = ["ChainOfItsOwn", "Service", "ServiceCluster", "free_ports"]

_PROGRAM = Path(sys.executable).with_name("provenance")
_BLOCK_SECONDS = 0.5


class ChainOfItsOwn:
    """An anvil that makes a block every half second, like a public chain that is quick."""

    def __init__(self, folder: Path) -> None:
        self.node = Anvil(folder, genesis_unix=int(time.time()))
        self._mining = Rpc(self.node.port)
        self._stopping = threading.Event()
        self._miner = threading.Thread(target=self._mine, name="miner", daemon=True)
        self._miner.start()

    def _mine(self) -> None:
        newest = 0
        while not self._stopping.wait(_BLOCK_SECONDS):
            newest = max(int(time.time()), newest)
            try:
                self._mining.call("evm_mine", hex(newest))
            except GoneError:
                newest += 1  # two blocks in one second

    def stop(self) -> None:
        self._stopping.set()
        self._miner.join()
        self._mining.close()
        self.node.stop()


class Service:
    """One ``provenance serve`` of a shared folder."""

    def __init__(self, zygote: Zygote, folder: Path, port: int, log: Path) -> None:
        self.port = port
        self.url = f"http://127.0.0.1:{port}"
        self._zygote = zygote
        self._words = ["serve", str(folder), "--port", str(port)]
        self._log = log
        self.process: Forked | None = None
        self.started_at = 0.0

    def start(self) -> None:
        self.started_at = time.monotonic()
        self.process = self._zygote.start(self._words, self._log)

    def is_alive(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def is_up(self) -> bool:
        """Tell whether it answers."""
        try:
            return get(self.url, "/v1/health")[0] == 200
        except GoneError:
            return False

    def kill(self) -> None:
        assert self.process is not None
        self.process.kill()
        self.process.wait(10)

    def stop(self) -> int:
        """SIGTERM, as an operator does; return its exit code."""
        assert self.process is not None
        self.process.send_signal(15)
        return self.process.wait(START_SECONDS)


class ServiceCluster:
    """The processes of one ledger; ``watch`` is their supervisor."""

    def __init__(
        self,
        folder: Path,
        databases: Sequence[str],
        count: int,
        *,
        network: Network | None = None,
    ) -> None:
        """Found the ledger; nothing serves it yet.

        Args:
            databases: the addresses of the ledger's and of the keys' database.
            network: where the services live, if not on this machine's own.
        """
        self.folder = folder / "ledger"
        self.log = folder / "serve.log"
        self.chain = ChainOfItsOwn(folder / "anvil")
        node = self.chain.node
        place = (
            f"127.0.0.1:{node.port}" if network is None else network.reach_out("node", node.port)
        )
        found_on_postgresql(self.folder, node, f"http://{place}", databases)
        self.zygote = Zygote(() if network is None else network.inside)
        self.services = [
            Service(self.zygote, self.folder, port, self.log) for port in free_ports(count)
        ]
        if network is not None:
            for service in self.services:
                service.url = f"http://{network.reach_in(service.port)}"
        self.restarts = 0
        """Of processes that ended by themselves, which a fail-over may make them do."""

    def start(self) -> None:
        for service in self.services:
            service.start()
        for service in self.services:
            self.wait_up(service)

    def wait_up(self, service: Service) -> None:
        deadline = time.monotonic() + START_SECONDS
        while not service.is_up():
            self.watch()
            if time.monotonic() > deadline:
                raise Violation("I9", f"{service.url} is not up: {self.words()}")
            time.sleep(0.02)

    def watch(self) -> None:
        """Start again what has ended by itself."""
        for service in self.services:
            if not service.is_alive() and time.monotonic() - service.started_at > 0.5:
                self.restarts += 1
                service.start()

    def words(self) -> str:
        """The end of what they printed."""
        if not self.log.exists():
            return "nothing was printed"
        return self.log.read_text("utf-8", "replace")[-800:]

    def stop(self) -> None:
        """End everything, in order; each service must end well."""
        for service in self.services:
            if service.is_alive():
                code = service.stop()
                demand(code == 0, "I9", f"an orderly stop ended with {code}: {self.words()}")

    def end(self) -> None:
        """Make sure that nothing runs any more; safe at any time."""
        for service in self.services:
            if service.is_alive():
                service.kill()
        self.zygote.stop()
        self.chain.stop()


def found_on_postgresql(folder: Path, node: Anvil, url: str, databases: Sequence[str]) -> None:
    """Found a ledger as an operator does: the first try names the key that needs coins.

    Args:
        url: where the service reaches ``node``.
        databases: as ``ServiceCluster`` wants them.
    """
    ledger, keys = databases
    words: list[str | Path] = [_PROGRAM, "init", folder, "--origin", ORIGIN, "--rpc", url]
    words += ["--chain", "local", "--anchor-interval", "1"]
    words += ["--database", ledger, "--keys-database", keys]
    poor = _init(words)
    named = re.search("key (0x[0-9a-fA-F]{40}) has no coins", poor.stderr)
    demand(named, "I9", f"init: {poor.stdout[-300:]} {poor.stderr[-600:]}")
    assert named is not None
    node.fund(bytes.fromhex(named[1][2:]))
    rich = _init(words)
    demand(rich.returncode == 0, "I9", f"init: {rich.stdout[-300:]} {rich.stderr[-600:]}")


def _init(words: Sequence[str | Path]) -> subprocess.CompletedProcess[str]:
    env = {**os.environ, "PROVENANCE_PASSPHRASE": "not a secret"}
    return subprocess.run(
        words, capture_output=True, text=True, check=False, env=env, stdin=subprocess.DEVNULL
    )


def free_ports(count: int) -> list[int]:
    """Return so many ports that nobody listens on now."""
    probes = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [probe.getsockname()[1] for probe in probes]
    for probe in probes:
        probe.close()
    return ports
