"""An anvil that makes blocks by itself, as a chain of others does: no part of the ledger."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from node import need_anvil

from provenance.chain.find_node import find_anvil
from provenance.chain.rpc import CappedProvider, Rpc
from provenance.errors import UnavailableError

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["MiningAnvil", "mining_anvil"]

_LAUNCHER = Path(__file__).parents[1] / "provenance" / "chain" / "die_with_parent.py"
_PLENTY_WEI = 10**24


@dataclass(frozen=True)
class MiningAnvil:
    """A node that runs."""

    url: str
    rpc: Rpc

    def fund(self, account: bytes) -> None:
        """Give an account coins."""
        self.rpc.call("anvil_setBalance", "0x" + account.hex(), hex(_PLENTY_WEI))


@contextmanager
def mining_anvil(
    folder: Path, *, chain_id: int, block_seconds: float | None = 0.3
) -> Iterator[MiningAnvil]:
    """Run a node until the block ends; two blocks below its head count as final.

    Args:
        block_seconds: between two blocks; None makes one for each transaction and no other.
    """
    need_anvil()
    folder.mkdir(parents=True)
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    program = [str(find_anvil()), "--host", "127.0.0.1", "--port", str(port), "--silent"]
    program += ["--chain-id", str(chain_id), "--hardfork", "osaka", "--accounts", "1"]
    program += ["--slots-in-an-epoch", "1"]
    if block_seconds is not None:
        program += ["--block-time", str(block_seconds)]
    launcher = [sys.executable, "-I", "-S", str(_LAUNCHER), str(os.getpid())]
    with subprocess.Popen(
        launcher + program,
        stdin=subprocess.DEVNULL,
        cwd=folder,
        env={"HOME": str(folder), "PATH": os.defpath},
        start_new_session=True,
    ) as process:
        try:
            yield _answering(process, f"http://127.0.0.1:{port}")
        finally:
            process.kill()


def _answering(process: subprocess.Popen[bytes], url: str) -> MiningAnvil:
    rpc = Rpc(CappedProvider(url))
    deadline = time.monotonic() + 30
    while True:
        assert process.poll() is None, "anvil has ended"
        try:
            rpc.quantity("eth_blockNumber")
        except UnavailableError:
            assert time.monotonic() < deadline, "anvil does not answer"
            time.sleep(0.02)
        else:
            return MiningAnvil(url, rpc)
