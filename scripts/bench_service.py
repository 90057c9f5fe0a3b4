"""A real ledger in a temporary folder, served by a child process as an operator would."""

from __future__ import annotations

import hashlib
import itertools
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import psutil

from provenance.keys import PrivateKey
from provenance.record import issue_record

if TYPE_CHECKING:
    from collections.abc import Iterator

    from provenance.record import Record

__all__ = ["KEYS", "ORIGIN", "Service", "deposits", "founded_ledger", "key_records", "served"]

ORIGIN = "bench.example/log"
PROVENANCE = Path(sys.executable).with_name("provenance")
START_SECONDS = 60

KEYS = [
    PrivateKey.from_seed("Ed25519", hashlib.sha256(b"bench %d" % number).digest())
    for number in range(16)
]

_PEOPLE = (
    ("Ada Example", "0000-0002-1825-0097", ["conceptualization", "data-curation"]),
    ("Bo Sample", "0000-0001-5109-3700", ["investigation", "software"]),
    ("Cy Placeholder", "0000-0002-1694-233X", ["writing-original-draft"]),
)
_ROR = "05dxps055"


@dataclass(frozen=True, slots=True)
class Service:
    """A running service."""

    folder: Path
    pid: int
    address: tuple[str, int]

    def cpu_seconds(self) -> float:
        """Return what the service's own process has used, its chain not counted."""
        times = psutil.Process(self.pid).cpu_times()
        return float(times.user + times.system)

    def peak_bytes(self) -> int:
        """Return the peak of its resident memory."""
        status = Path(f"/proc/{self.pid}/status").read_text()
        found = re.search(r"VmHWM:\s+(\d+) kB", status)
        if found is None:
            raise RuntimeError("the kernel does not tell the peak of memory")
        return int(found[1]) * 1024


@contextmanager
def founded_ledger() -> Iterator[Path]:
    """Found a ledger on a managed local chain in a folder that vanishes afterwards."""
    with tempfile.TemporaryDirectory(prefix="provenance-bench-") as parent:
        folder = Path(parent) / "ledger"
        environment = {**os.environ, "PROVENANCE_PASSPHRASE": "only for this benchmark"}
        command = [str(PROVENANCE), "init", str(folder), "--origin", ORIGIN]
        subprocess.run(command, check=True, env=environment, stdout=subprocess.DEVNULL)
        yield folder


@contextmanager
def served(folder: Path) -> Iterator[Service]:
    """Serve ``folder`` on a free port of the loopback until the block ends."""
    child = subprocess.Popen(
        [str(PROVENANCE), "serve", str(folder), "--port", "0"],
        stdout=subprocess.DEVNULL,
    )
    try:
        url = _wait_for(folder / "address", child)
        host, _, port = url.removeprefix("http://").partition(":")
        yield Service(folder, child.pid, (host, int(port)))
    finally:
        child.send_signal(signal.SIGTERM)
        child.wait(timeout=START_SECONDS)


def _wait_for(address: Path, child: subprocess.Popen[bytes]) -> str:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if child.poll() is not None:
            raise RuntimeError(f"the service ended with {child.returncode}")
        if address.exists():
            return address.read_text().strip()
        time.sleep(0.02)
    raise RuntimeError("the service did not come up")


def key_records() -> list[Record]:
    """Return the ``key`` records of ``KEYS``, self-asserted."""
    salts = _salts(b"keys")
    now = int(time.time())
    return [
        issue_record("key", {"name": "Bench"}, private_key=key, aud=ORIGIN, iat=now, salts=salts)
        for key in KEYS
    ]


def deposits(count: int, first: int = 0) -> Iterator[Record]:
    """Sign ``count`` deposits of three contributors each, all different, by ``KEYS`` in turn."""
    now = int(time.time())
    for number in range(first, first + count):
        claims = {
            "dataset_digest": hashlib.sha256(b"dataset %d" % number).hexdigest(),
            "files": 12,
            "bytes": 3_456_789,
            "title": f"Hourly means of station {number}",
            "contributors": [
                {"name": name, "orcid": orcid, "ror": [_ROR], "roles": roles}
                for name, orcid, roles in _PEOPLE
            ],
            "license": "CC-BY-4.0",
            "access": "open",
        }
        key = KEYS[number % len(KEYS)]
        salts = _salts(b"%d" % number)
        yield issue_record("deposit", claims, private_key=key, aud=ORIGIN, iat=now, salts=salts)


def _salts(seed: bytes) -> Iterator[bytes]:
    """Yield salts; theirs need not be secret, only different."""
    return (hashlib.sha256(b"%b/%d" % (seed, n)).digest()[:16] for n in itertools.count())
