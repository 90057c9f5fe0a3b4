"""Records per second of several service processes that share one log on PostgreSQL."""

from __future__ import annotations

import json
import os
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

import bench_service
import psutil
from bench_figures import Figure, middle
from bench_load import request_of, run_load

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["measure_cluster"]

BATCH = 1_000
CONNECTIONS = 6
WAVES = 4
"""Batches that each connection sends in a round: of a single one, all are checked at the same
time and then wait for the same lock, which no service under a steady load does."""

_POSTGRES = Path("/usr/lib/postgresql/15/bin")
"""Debian's: it runs on the disk that is measured, as a user of its own."""


def measure_cluster(rounds: int, records: int, processes: int) -> list[Figure]:
    """Post batches of 1,000, and ``records`` single ones, to ``processes`` services in turn."""
    of_batches = WAVES * CONNECTIONS * BATCH
    with ExitStack() as opened:
        folder = opened.enter_context(_cluster())
        services = [opened.enter_context(_served(folder)) for _ in range(processes)]
        places = [("127.0.0.1", port) for _, port in services]
        keys = [json.dumps([r.compact.decode() for r in bench_service.key_records()]).encode()]
        _send(places[:1], keys, "/v1/records/batch", "application/json", 1)
        batches, singles, sent = [], [], 0
        for _ in range(rounds + 1):
            count = of_batches + records
            made = [one.compact for one in bench_service.deposits(count, sent)]
            sent += count
            bodies = [
                json.dumps([one.decode() for one in made[at : at + BATCH]]).encode()
                for at in range(0, of_batches, BATCH)
            ]
            batches.append(
                _send(places, bodies, "/v1/records/batch", "application/json", CONNECTIONS)
            )
            singles.append(
                _send(places, made[of_batches:], "/v1/records", "application/sd-jwt", 64)
            )
        return [
            middle(
                f"batches of 1,000 to {processes} processes on PostgreSQL",
                [of_batches / seconds for seconds, _ in batches[1:]],
                "records/s",
                target=">= 5,000",
            ),
            middle(
                f"one by one, 64 connections, to {processes} processes",
                [records / seconds for seconds, _ in singles[1:]],
                "records/s",
            ),
            middle("  to acknowledgement, p99", [1e3 * late for _, late in singles[1:]], "ms"),
        ]


def _send(
    places: list[tuple[str, int]], bodies: list[bytes], path: str, kind: str, connections: int
) -> tuple[float, float]:
    """Send, check that all was taken, and return the seconds and the 99th percentile."""
    load = run_load(places, [request_of("POST", path, kind, body) for body in bodies], connections)
    refused = [answer for answer in load.answers if answer[0] not in {200, 201}]
    if refused:
        raise RuntimeError(f"{len(refused)} were not accepted, the first: {refused[0]}")
    late = load.latencies
    return load.seconds, statistics.quantiles(late, n=100)[98] if len(late) > 1 else late[0]


@contextmanager
def _cluster() -> Iterator[Path]:
    """Start PostgreSQL and an anvil, and found a ledger on both."""
    root = Path(tempfile.mkdtemp(prefix="provenance-bench-"))
    root.chmod(0o755)
    with ExitStack() as opened:
        opened.callback(shutil.rmtree, root, ignore_errors=True)
        port = opened.enter_context(_postgres(root))
        node = opened.enter_context(_anvil())
        folder = root / "ledger"
        command = [str(bench_service.PROVENANCE), "init", str(folder)]
        command += ["--origin", bench_service.ORIGIN, "--rpc", node, "--chain-name", "bench"]
        command += ["--anchor-interval", "5", "--sender", f"environment:{_SENDER}"]
        for option, database in (("--database", "ledger"), ("--keys-database", "keys")):
            command += [option, f"postgresql://postgres@127.0.0.1:{port}/{database}"]
        environment = {**os.environ, "PROVENANCE_PASSPHRASE": "only for this benchmark"}
        os.environ[_SENDER] = environment[_SENDER] = _DEV_KEY
        subprocess.run(command, check=True, env=environment, stdout=subprocess.DEVNULL)
        yield folder


_SENDER = "PROVENANCE_BENCH_SENDER"
_DEV_KEY = "0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80"
"""The first account of every development node (mnemonic "test test ... junk"): public."""


@contextmanager
def _postgres(root: Path) -> Iterator[int]:
    data, port = root / "postgres", _free_port()
    data.mkdir()
    as_user = [] if os.getuid() else ["runuser", "-u", "postgres", "--"]
    if as_user:
        shutil.chown(data, "postgres")
    subprocess.run(
        [*as_user, str(_POSTGRES / "initdb"), "-D", str(data), "-A", "trust", "-U", "postgres"],
        check=True,
        stdout=subprocess.DEVNULL,
    )
    options = ["-c", f"port={port}", "-c", "listen_addresses=127.0.0.1"]
    options += ["-c", f"unix_socket_directories={data}", "-c", "shared_buffers=256MB"]
    server = subprocess.Popen(
        [*as_user, str(_POSTGRES / "postgres"), "-D", str(data), *options],
        stderr=subprocess.DEVNULL,
    )
    try:
        for database in ("ledger", "keys"):
            _createdb(port, database)
        yield port
    finally:
        for child in psutil.Process(server.pid).children(recursive=True):
            with suppress(psutil.NoSuchProcess):  # a connection's own process ends with it
                child.terminate()
        server.terminate()
        server.wait(30)


def _createdb(port: int, database: str) -> None:
    command = [str(_POSTGRES / "createdb"), "-h", "127.0.0.1", "-p", str(port), "-U", "postgres"]
    until = time.monotonic() + 30
    while subprocess.run([*command, database], stderr=subprocess.DEVNULL, check=False).returncode:
        if time.monotonic() > until:
            raise RuntimeError("PostgreSQL did not come up")
        time.sleep(0.2)


@contextmanager
def _anvil() -> Iterator[str]:
    from provenance.chain.find_node import find_anvil  # noqa: PLC0415 -- loads the chain's library

    port = _free_port()
    command = [str(find_anvil()), "--port", str(port), "--block-time", "1", "--silent"]
    node = subprocess.Popen([*command, "--slots-in-an-epoch", "1", "--prune-history"])
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        node.terminate()
        node.wait(10)


@contextmanager
def _served(folder: Path) -> Iterator[tuple[subprocess.Popen[bytes], int]]:
    port = _free_port()
    child = subprocess.Popen(
        [str(bench_service.PROVENANCE), "serve", str(folder), "--port", str(port)],
        stdout=subprocess.DEVNULL,
        stderr=sys.stderr if "-v" in sys.argv else subprocess.DEVNULL,
    )
    try:
        until = time.monotonic() + bench_service.START_SECONDS
        while True:
            try:
                socket.create_connection(("127.0.0.1", port), 1).close()
                break
            except OSError:
                if child.poll() is not None or time.monotonic() > until:
                    raise RuntimeError("a service did not come up") from None
                time.sleep(0.1)
        yield child, port
    finally:
        child.terminate()
        child.wait(timeout=bench_service.START_SECONDS)


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])
