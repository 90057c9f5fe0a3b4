"""A bare anvil as a public chain: it makes blocks when told, and reorganises when told."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from node import need_anvil

from faults.http import GoneError, Rpc
from provenance.chain.find_node import find_anvil

if TYPE_CHECKING:
    from faults.wire import JSON

__all__ = ["GENESIS_UNIX", "SLOT_SECONDS", "Anvil"]

GENESIS_UNIX = 1_800_000_000
SLOT_SECONDS = 12
CHAIN_ID = 31_337

_LAUNCHER = Path(__file__).parents[2] / "provenance" / "chain" / "die_with_parent.py"
_PLENTY_WEI = 10**24
_START_SECONDS = 30.0


class Anvil:
    """One node; block times follow from the number, so that a run is the same each time."""

    def __init__(
        self, folder: Path, *, slots_in_an_epoch: int = 1, genesis_unix: int = GENESIS_UNIX
    ) -> None:
        """Start one; ``finalized`` is twice ``slots_in_an_epoch`` blocks below the head."""
        need_anvil()
        folder.mkdir(parents=True, exist_ok=True)
        self.port = _free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        program = [str(find_anvil()), "--host", "127.0.0.1", "--port", str(self.port), "--silent"]
        program += ["--chain-id", str(CHAIN_ID), "--hardfork", "osaka", "--no-mining"]
        program += ["--slots-in-an-epoch", str(slots_in_an_epoch)]
        program += ["--timestamp", str(genesis_unix), "--accounts", "1"]
        launcher = [sys.executable, "-I", "-S", str(_LAUNCHER), str(os.getpid())]
        with (folder / "anvil.log").open("wb") as log:
            self._process = subprocess.Popen(
                launcher + program,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=folder,
                env={"HOME": str(folder), "PATH": os.defpath},
                start_new_session=True,
            )
        self.rpc = Rpc(self.port)
        self._await_answer()
        self._now = genesis_unix

    @property
    def now_unix(self) -> int:
        """The newest block's time."""
        return self._now

    def _await_answer(self) -> None:
        deadline = time.monotonic() + _START_SECONDS
        while True:
            try:
                self.rpc.call("eth_chainId")
            except GoneError:
                if time.monotonic() > deadline or self._process.poll() is not None:
                    raise
                time.sleep(0.005)
            else:
                return

    def fund(self, account: bytes) -> None:
        self.rpc.call("anvil_setBalance", "0x" + account.hex(), hex(_PLENTY_WEI))

    def mine(self, blocks: int = 1, *, later: int = 0) -> None:
        """Make blocks a slot apart, the first one so many seconds ``later``."""
        self._now += later
        for _ in range(blocks):
            self._now += SLOT_SECONDS
            self.rpc.call("evm_mine", hex(self._now))

    def head(self) -> int:
        return int(self.rpc.call("eth_blockNumber"), 16)

    def finalized(self) -> int:
        return int(self.block("finalized")["number"], 16)

    def block(self, number: int | str) -> JSON:
        tag = hex(number) if isinstance(number, int) else number
        found: JSON = self.rpc.call("eth_getBlockByNumber", tag, False)  # noqa: FBT003 -- JSON-RPC
        return found

    def reorganise(self, depth: int) -> None:
        """Put empty blocks in the place of the newest ``depth``; nothing returns to the pool."""
        self.rpc.call("anvil_reorg", depth, [])
        self._now = int(self.block("latest")["timestamp"], 16)

    def raw_transactions(self, depth: int) -> list[str]:
        """Return the signed transactions of the newest ``depth`` blocks, oldest first."""
        head, found = self.head(), list[str]()
        for number in range(max(0, head - depth + 1), head + 1):
            for name in self.block(number)["transactions"]:
                found.append(self.rpc.call("eth_getRawTransactionByHash", name))
        return found

    def send(self, raw: str) -> None:
        """Hand signed bytes to the pool; what it refuses is refused."""
        with contextlib.suppress(GoneError):
            self.rpc.call("eth_sendRawTransaction", raw)

    def pending(self) -> list[str]:
        """Return the hashes of what waits in the pool."""
        pool = self.rpc.call("txpool_content")
        return [sent["hash"] for nonces in pool["pending"].values() for sent in nonces.values()]

    def transactions(self, account: bytes) -> int:
        """Return how many transactions of ``account`` are mined or wait."""
        return int(self.rpc.call("eth_getTransactionCount", "0x" + account.hex(), "pending"), 16)

    def suspend(self) -> None:
        """The node hangs: it takes connections and answers nothing."""
        self._process.send_signal(signal.SIGSTOP)

    def resume(self) -> None:
        self._process.send_signal(signal.SIGCONT)

    def stop(self) -> None:
        self.rpc.close()
        self._process.kill()
        self._process.wait()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port
