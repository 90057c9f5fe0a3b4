"""A managed anvil: a development chain in the ledger's folder that never takes back what was final.

anvil keeps its chain in memory and makes a block when asked. Three rules make it behave like a
chain that can be relied on:

1. Blocks are made on demand (``AnvilChain.advance``): at most one a second, only while somebody
   waits, and never before the evidence of the last block is taken, for a pruned anvil proves
   only its newest state. An idle ledger makes no block and writes no byte.
2. The state is dumped by RPC into a file that is written whole, fsynced and renamed, only when
   somebody waits for finality. anvil's own interval dump is not atomic.
3. ``finalized`` is the smaller of anvil's and the newest block in such a file. A crash of anvil
   or of us loses newer blocks only, and what was sent in them is sent again from stored bytes.

anvil makes a genesis block anew at every start, loads the old chain beside it, and after the next
load serves whichever of the two comes first. So every start is given the first one's time: then
the two are one block. That stops its clock, and each block is told the time instead.

A chain that the operator runs proves nothing to others; verdicts say so for its chain id.
"""

from __future__ import annotations

import gzip
import io
import logging
import os
import shutil
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final, Self

from provenance.chain.client import ChainClient
from provenance.chain.find_node import find_anvil
from provenance.chain.rpc import CappedProvider, Rpc, quantity
from provenance.errors import NodeMissingError, UnavailableError
from provenance.files.atomic import make_folder, write_bytes, writing
from provenance.files.lock import FolderLock
from provenance.ledger.chain_log import ChainLog

if TYPE_CHECKING:
    from collections.abc import Sequence

    from provenance.ledger.chain_port import Block, ChainPin

__all__ = ["DEV_CHAIN_ID", "AnvilChain", "ManagedAnvil"]

DEV_CHAIN_ID = 31337

_log = ChainLog(logging.getLogger(__name__), DEV_CHAIN_ID)

START_SECONDS = 30.0
"""An empty node answers after 0.05 s; one with 20,000 blocks to load after about a second."""

BLOCKS_TO_FINALITY: Final = 2
"""With one slot in an epoch anvil calls the block two below its head finalized."""

MAX_DUMP_BYTES = 2**30
"""A dump is gzip in hex, a third of a kilobyte for each block."""

_PLENTY_WEI = 10**24
_LAUNCHER = Path(__file__).with_name("die_with_parent.py")
_RESTART_SECONDS = (0.05, 0.2, 1.0, 5.0)
_NOWHERE = "http://127.0.0.1:9"
"""Where nothing listens (the discard port): asked while no node of ours is up."""


class ManagedAnvil:
    """An anvil process with its state in a folder; started again whenever it dies."""

    def __init__(self, folder: Path, *, funded: Sequence[bytes] = ()) -> None:
        """Prepare a node; nothing runs yet.

        Args:
            folder: where the state is kept, and the node's HOME; made when missing.
            funded: accounts that always have coins (20 bytes each).
        """
        self._folder = folder
        self._binary: Path | None = None
        self._funded = list(funded)
        self._provider = CappedProvider(_NOWHERE, max_bytes=MAX_DUMP_BYTES)
        self.rpc = Rpc(self._provider)
        self.lock = threading.RLock()
        """Held while blocks are made or dumped, so that a dump is of one known head."""
        self._dumped = 0
        self._genesis_unix = 0
        self._ready = threading.Event()
        self._stopping = threading.Event()
        self._process: subprocess.Popen[bytes] | None = None
        self._supervisor: threading.Thread | None = None
        self._folder_lock: FolderLock | None = None
        self.starts = 0
        """How often the process was started; more than one means that it died."""

    @property
    def url(self) -> str:
        """The node's JSON-RPC address; it may change when the node is started again."""
        return self._provider.url

    @property
    def process_id(self) -> int | None:
        """The running process, None between two."""
        process = self._process
        return None if process is None else process.pid

    @property
    def dumped(self) -> int:
        """The newest block inside a state file that is durable."""
        return self._dumped

    # --- life ------------------------------------------------------------------------------

    def start(self) -> None:
        """Start the node and wait until it answers.

        Raises:
            NodeMissingError: no anvil program, or it does not come up; the message says why.
            LockedError: another process manages this folder's node.
        """
        make_folder(self._folder)
        self._binary = find_anvil()
        self._folder_lock = FolderLock(self._folder / "node.lock", purpose="run its node")
        for left in self._folder.glob(".writing-*.tmp"):
            left.unlink(missing_ok=True)  # a dump that a crash cut short
        self._genesis_unix = self._read_genesis()
        # the kernel ties the child to the *thread* that starts it, so that one must stay
        self._supervisor = threading.Thread(target=self._supervise, name="anvil", daemon=True)
        self._supervisor.start()
        if not self._ready.wait(START_SECONDS):
            said = self._last_words()
            self.stop()
            raise NodeMissingError(f"anvil did not come up: {said}")

    def stop(self) -> None:
        """Dump what is not durable yet, then end the node. Safe to call again."""
        if self._ready.is_set():
            try:
                self.dump()
            except UnavailableError:
                _log.warning("the node was gone before its last dump")
        self._stopping.set()
        self._address.unlink(missing_ok=True)
        process = self._process
        if process is not None and process.poll() is None:
            process.kill()  # nothing it would write at its end is wanted
        if self._supervisor is not None:
            self._supervisor.join(START_SECONDS)
        if self._folder_lock is not None:
            self._folder_lock.release()
            self._folder_lock = None

    def __enter__(self) -> Self:
        """Start for a block."""
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop after a block."""
        self.stop()

    def _supervise(self) -> None:
        failures = 0
        while not self._stopping.is_set():
            port = _free_port()
            process = self._process = self._spawn(port)
            self.starts += 1
            if self._wait_until_up(process, port):
                failures = 0
                process.wait()
            self._ready.clear()
            self._provider.move_to(_NOWHERE)
            if process.poll() is None:
                process.kill()
            process.wait()
            if not self._stopping.is_set():
                _log.warning("anvil ended (%s) and is started again", process.returncode)
                self._stopping.wait(_RESTART_SECONDS[min(failures, len(_RESTART_SECONDS) - 1)])
                failures += 1

    def _spawn(self, port: int) -> subprocess.Popen[bytes]:
        program = [str(self._binary), "--host", "127.0.0.1", "--port", str(port)]
        program += ["--chain-id", str(DEV_CHAIN_ID), "--hardfork", "osaka", "--no-mining"]
        program += ["--slots-in-an-epoch", "1", "--prune-history", "--silent"]
        program += ["--timestamp", str(self._genesis_unix)]
        if self._state.exists():
            program += ["--load-state", str(self._state)]
        launcher = [sys.executable, "-I", "-S", str(_LAUNCHER), str(os.getpid())]
        with (self._folder / "node.log").open("wb") as log:
            return subprocess.Popen(  # noqa: S603 -- no shell; our own launcher and arguments
                launcher + program,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=self._folder,
                env={"HOME": str(self._folder), "PATH": os.defpath},
                # a Ctrl-C in the terminal is for us, who stop the node when we are done
                start_new_session=True,
            )

    def _wait_until_up(self, process: subprocess.Popen[bytes], port: int) -> bool:
        """Wait until this very process answers and its state is durable; then let others ask it."""
        deadline = time.monotonic() + START_SECONDS
        url = f"http://127.0.0.1:{port}"
        rpc = Rpc(CappedProvider(url))
        while process.poll() is None and not self._stopping.is_set():
            try:
                _check_owner(process.pid, port)
                head = rpc.quantity("eth_blockNumber")
                for account in self._funded:
                    _fund(rpc, account)
                self._dumped = head
                write_bytes(self._address, f"{url}\n".encode())
            except (UnavailableError, OSError):
                if time.monotonic() > deadline:
                    return False
                time.sleep(0.005)
            else:
                self._provider.move_to(url)
                self._ready.set()
                return True
        return False

    def _last_words(self) -> str:
        try:
            text = (self._folder / "node.log").read_text("utf-8", "replace").strip()
        except OSError:
            text = ""
        return text[-500:] or "it said nothing"

    # --- blocks and state ------------------------------------------------------------------

    @property
    def _address(self) -> Path:
        """Where a person on this machine finds the node's address while it runs."""
        return self._folder / "address"

    @property
    def _state(self) -> Path:
        return self._folder / "state.json"

    def head_number(self) -> int:
        """Return the number of the newest block."""
        return self.rpc.quantity("eth_blockNumber")

    def mine(self) -> None:
        """Make one block of whatever waits in the pool, stamped with the time of this machine."""
        with self.lock:
            # a clock set back must not stop the chain: time in it never decreases
            now = max(int(time.time()), self._timestamp("latest"))
            self.rpc.call("evm_mine", hex(now))

    def dump(self) -> None:
        """Write the state to disk, durably, unless the newest block is in it already."""
        with self.lock:
            head = self.head_number()
            if head > self._dumped:
                self._write_dump(head)

    def settle(self, number: int) -> None:
        """Make blocks until block ``number`` is final, at once; for setting up, not for service."""
        with self.lock:
            while self.head_number() < number + BLOCKS_TO_FINALITY:
                self.mine()
            self.dump()

    def _write_dump(self, head: int) -> None:
        """Write the state, of which block ``head`` is the newest; a crash leaves the old file.

        Raises:
            UnavailableError: the node is away, or the disk refused: nothing more becomes final.
        """
        started = self.starts
        packed = self.rpc.octets("anvil_dumpState")
        try:
            with writing(self._state) as file, gzip.open(io.BytesIO(packed)) as plain:
                shutil.copyfileobj(plain, file, 2**20)
        except OSError as error:
            raise UnavailableError(f"the node's state cannot be written: {error}") from error
        if self.starts == started:
            # else the node died meanwhile and was started from the older file
            self._dumped = head

    def _timestamp(self, tag: str) -> int:
        block = self.rpc.mapping("eth_getBlockByNumber", tag, False) or {}  # noqa: FBT003 -- JSON-RPC
        return quantity(block.get("timestamp"), "timestamp")

    def _read_genesis(self) -> int:
        """Return the time of the genesis block, chosen when the folder is used first."""
        path = self._folder / "genesis.unix"
        if not path.exists():
            if self._state.exists():
                raise NodeMissingError(f"{path} is missing: it belongs to {self._state.name}")
            write_bytes(path, b"%d\n" % int(time.time()))
        return int(path.read_text("ascii"))


class AnvilChain(ChainClient):
    """The port ``Chain`` on a managed anvil, which makes its blocks when they are wanted."""

    def __init__(self, node: ManagedAnvil, pin: ChainPin, *, block_seconds: float = 1.0) -> None:
        """Talk to ``node``; at most one block is made in ``block_seconds``."""
        super().__init__(node.rpc, pin)
        self._node = node
        self._block_seconds = block_seconds
        self._mined_at: float | None = None
        self._asked = threading.Event()
        self._asked_target: int | None = None

    def finalized(self) -> Block:
        """Return the smaller of anvil's finalized block and the newest durable one."""
        tagged = super().finalized()
        durable = self._node.dumped
        return tagged if tagged.number <= durable else self._numbered(durable)

    def ask_for_block(self) -> None:
        """Say, from any thread, that a fresh finalized block is wanted; never blocks."""
        self._asked.set()

    def advance(self, target: int | None, *, inclusion: bool) -> None:
        """Make a block if somebody waits for one and a second has passed; dump for finality.

        Args:
            target: a block number that somebody waits to see final, None when nobody does.
            inclusion: a broadcast transaction waits to be mined.
        """
        with self._node.lock:
            if not inclusion and target is None and not self._asked.is_set():
                return
            head = self._node.head_number()
            if self._asked.is_set() and self._asked_target is None:
                self._asked_target = head + 1
            wanted = max(-1 if n is None else n for n in (target, self._asked_target))
            if (inclusion or head < wanted + BLOCKS_TO_FINALITY) and self._may_mine():
                self._node.mine()
                head += 1
            if self._node.dumped < wanted and head >= wanted + BLOCKS_TO_FINALITY:
                self._node.dump()
            if self._asked_target is not None and self._node.dumped >= self._asked_target:
                self._asked_target = None
                self._asked.clear()

    def _may_mine(self) -> bool:
        now = time.monotonic()
        if self._mined_at is not None and now - self._mined_at < self._block_seconds:
            return False
        self._mined_at = now
        return True


def _fund(rpc: Rpc, account: bytes) -> None:
    address = "0x" + account.hex()
    if rpc.quantity("eth_getBalance", address, "latest") < _PLENTY_WEI // 2:
        rpc.call("anvil_setBalance", address, hex(_PLENTY_WEI))


def _check_owner(process_id: int, port: int) -> None:
    """Check that the process itself holds the port: another program may have been faster.

    Source: proc(5), /proc/net/tcp and /proc/PID/fd. Other systems have no such files, and the
    log's pinned genesis block has to tell.

    Raises:
        UnavailableError: it does not hold it (yet).
    """
    if sys.platform != "linux":
        return
    local = f"0100007F:{port:04X}"  # 127.0.0.1, least octet first
    rows = [line.split() for line in Path("/proc/net/tcp").read_text("ascii").splitlines()[1:]]
    sockets = {f"socket:[{row[9]}]" for row in rows if row[1] == local and row[3] == "0A"}
    held = (str(each.readlink()) for each in Path(f"/proc/{process_id}/fd").iterdir())
    if sockets.isdisjoint(held):
        raise UnavailableError("the node does not listen yet")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port
