"""The real processes: `provenance init`, `provenance serve` as a child, and the anvil below it."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from faults.http import GoneError, Rpc
from faults.wire import demand

if TYPE_CHECKING:
    from faults.zygote import Forked, Zygote

ORIGIN = "faults.example/log"

START_SECONDS = 180.0
"""A loaded machine takes its time; what it took is reported."""

_PROGRAM = Path(sys.executable).with_name("provenance")
_LAUNCHER = Path(__file__).parents[2] / "provenance" / "chain" / "die_with_parent.py"


def found_ledger(folder: Path) -> None:
    """Make a ledger folder as an operator does."""
    subprocess.run(
        [_PROGRAM, "init", folder, "--origin", ORIGIN],
        check=True,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        env={**os.environ, "PROVENANCE_PASSPHRASE": "not a secret"},
    )


class Server:
    """A `provenance serve` process that ends with us, however we end."""

    def __init__(self, folder: Path, zygote: Zygote | None = None) -> None:
        """Serve ``folder``; forked from ``zygote`` where there is one, else a new interpreter."""
        self._folder = folder
        self._zygote = zygote
        self._address = folder / "address"
        self._log = folder.parent / "serve.log"
        self._process: subprocess.Popen[bytes] | Forked | None = None
        self.starts = 0
        self.started_at = 0.0

    @property
    def process_id(self) -> int:
        assert self._process is not None
        return self._process.pid

    def start(self) -> None:
        self._address.unlink(missing_ok=True)  # a killed server cannot
        self.started_at = time.monotonic()
        with self._log.open("ab") as log:
            log.write(b"--- start %d\n" % self.starts)
        self._process = self._spawn(["serve", str(self._folder), "--port", "0"])
        self.starts += 1

    def _spawn(self, words: list[str]) -> subprocess.Popen[bytes] | Forked:
        if self._zygote is not None:
            return self._zygote.start(words, self._log)
        launcher = [sys.executable, "-I", "-S", str(_LAUNCHER), str(os.getpid())]
        with self._log.open("ab") as log:
            return subprocess.Popen(
                [*launcher, sys.executable, str(_PROGRAM), *words],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )

    def is_up(self) -> bool:
        self.check_alive()
        return self._address.exists()

    def wait_ready(self) -> str:
        """Return the address once it is announced."""
        while not self.is_up():
            waited = time.monotonic() - self.started_at
            demand(waited < START_SECONDS, "I9", f"the server is not up after {waited:.0f} s")
            time.sleep(0.005)
        return self._address.read_text("ascii").strip()

    def check_alive(self) -> None:
        assert self._process is not None
        code = self._process.poll()
        demand(code is None, "I9", f"the server ended by itself with code {code}: {self.words()}")

    def kill(self) -> None:
        """kill -9, and see that its node ends with it."""
        assert self._process is not None
        node = self.node_id()
        self.check_alive()
        self._process.kill()
        self._process.wait()
        deadline = time.monotonic() + 5
        while node is not None and is_running(node):
            demand(time.monotonic() < deadline, "I9", f"node {node} outlived its killed server")
            time.sleep(0.002)

    def stop(self) -> None:
        """SIGTERM, as an operator does; it must end well."""
        assert self._process is not None
        self.check_alive()
        self._process.send_signal(signal.SIGTERM)
        code = self._process.wait(START_SECONDS)
        demand(code == 0, "I9", f"an orderly stop ended with code {code}: {self.words()}")

    def end(self) -> None:
        """Make sure that it runs no more; safe at any time."""
        if self._process is not None and self._process.poll() is None:
            self._process.kill()
            self._process.wait()

    def words(self) -> str:
        """The end of what it printed."""
        return self._log.read_text("utf-8", "replace")[-800:]

    # --- its node --------------------------------------------------------------------------

    def node_id(self) -> int | None:
        """The anvil below the server, None between two (or before the launcher became it)."""
        assert self._process is not None
        for child in _children(self._process.pid):
            if _command(child)[:1] and Path(_command(child)[0]).name == "anvil":
                return child
        return None

    def node_port(self) -> int | None:
        node = self.node_id()
        words = [] if node is None else _command(node)
        return int(words[words.index("--port") + 1]) if "--port" in words else None

    def wait_node(self, *, besides: int | None = None) -> int:
        """Wait until a node, another one than ``besides``, answers; return its process id."""
        deadline = time.monotonic() + START_SECONDS
        while True:
            self.check_alive()
            demand(time.monotonic() < deadline, "I9", "the node did not come back")
            node = self.node_id()
            port = None if node in {None, besides} else self.node_port()
            if node is not None and port is not None:
                with contextlib.suppress(GoneError):
                    rpc = Rpc(port)
                    rpc.call("eth_blockNumber")
                    rpc.close()
                    return node
            time.sleep(0.005)

    def kill_node(self) -> int:
        """kill -9 of the node, whatever it is at, as soon as there is one; return which."""
        deadline = time.monotonic() + START_SECONDS
        while (node := self.node_id()) is None:
            self.check_alive()
            demand(time.monotonic() < deadline, "I9", "the node was not started again")
            time.sleep(0.001)
        with contextlib.suppress(ProcessLookupError):
            os.kill(node, signal.SIGKILL)
        return node


def is_running(process_id: int) -> bool:
    with contextlib.suppress(OSError):
        stat = Path(f"/proc/{process_id}/stat").read_text("ascii", "replace")
        return stat.rpartition(")")[2].split()[0] not in {"Z", "X"}
    return False


def _children(process_id: int) -> list[int]:
    found: list[int] = []
    for task in Path(f"/proc/{process_id}/task").glob("*/children"):
        with contextlib.suppress(OSError):
            found += [int(word) for word in task.read_text("ascii").split()]
    return found


def _command(process_id: int) -> list[str]:
    with contextlib.suppress(OSError):
        octets = Path(f"/proc/{process_id}/cmdline").read_bytes()
        return octets.decode("utf-8", "replace").split("\0")
    return []
