"""The real server in a process of its own, on loopback."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from provenance.service.settings import LedgerFolder

__all__ = ["Served", "serving"]

_PROGRAM = Path(__file__).with_name("serve_for_tests.py")


@dataclass(frozen=True)
class Served:
    """Where the server is, and where its log goes."""

    url: str
    log: Path

    @property
    def port(self) -> int:
        return int(self.url.rpartition(":")[2])


@contextmanager
def serving(folder: LedgerFolder, *, body_seconds: float = 30) -> Iterator[Served]:
    """Serve a founded ledger; ends with SIGTERM, and fails if that is no clean end."""
    log = folder.root.with_suffix(".log")
    command = [sys.executable, str(_PROGRAM), str(folder.root), str(body_seconds)]
    with log.open("wb") as stderr, subprocess.Popen(command, stderr=stderr) as process:
        try:
            deadline = time.monotonic() + 30
            while not folder.address.exists():
                assert process.poll() is None, log.read_text()
                assert time.monotonic() < deadline, log.read_text()
                time.sleep(0.02)
            yield Served(folder.address.read_text(), log)
        finally:
            process.send_signal(signal.SIGTERM)
            code = process.wait(30)
    assert code == 0, log.read_text()
