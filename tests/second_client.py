"""A true Ethereum client that is not anvil: ``@ethereumjs/client``, driven as a consensus layer.

It runs the Prague rules from its first block, keeps its chain on disk, and is told over the
Engine API what to build and which branch is canonical. So its reorganisations are real ones: a
sibling branch is built beside the old one and the fork choice moved to it; what was in the old
branch is gone from the chain, and comes back only if somebody sends it again. ``safe`` and
``finalized`` are what was said here, and a block that was finalized can be left behind too,
which no honest network does.

    client = SecondClient(folder, funded=[address])
    client.start()
    client.mine(); client.finalize(3); client.reorganise(2); client.kill(); client.restart()
    client.stop()

Against what other nodes have it lacks ``eth_maxPriorityFeePerGas``, ``eth_getProof`` takes a
block's number only (no EIP-1898), and its pool takes no set-code transactions (type 4). It keeps
every block's state, and to geth's rule that a replacement pays a tenth more. Its pool is in
memory. The first reorganisation after a start takes it eight seconds, later ones a half.
"""

from __future__ import annotations

import base64
import contextlib
import hashlib
import hmac
import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self, cast

import pytest
import requests

from provenance.anchor import HISTORY_CONTRACT
from provenance.chain.rpc import CappedProvider, Rpc
from provenance.errors import UnavailableError

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["CHAIN_ID", "SecondClient", "need_second_client"]

CHAIN_ID = 39_393

BLOCK_SECONDS = 12

START_SECONDS = 60.0
"""It is up after two or three on an idle machine."""

_AGE_SECONDS = 7 * 86_400
"""The first block is so old, so that 50,000 blocks come before time has to be stretched."""

_PROGRAM = Path("node_modules/@ethereumjs/client/dist/esm/bin/cli.js")

# the client listens for peers on all addresses and has no option against it
_LOOPBACK_ONLY = """
import net from 'node:net';
const listen = net.Server.prototype.listen;
net.Server.prototype.listen = function (port, host, ...rest) {
  return listen.call(this, port, host === '0.0.0.0' ? '127.0.0.1' : host, ...rest);
};
"""

_HISTORY_CODE = (
    "0x3373fffffffffffffffffffffffffffffffffffffffe14604657602036036042575f"
    "35600143038111604257611fff81430311604257611fff9006545f5260205ff35b5f5ffd5b"
    "5f35611fff60014303065500"
)
"""EIP-2935; the client calls it by itself before each block."""

# system contracts that Prague's blocks call: one that answers with nothing serves for both
_REQUEST_CONTRACTS = (
    "0x00000961Ef480Eb55e80D19ad83579A64c007002",  # EIP-7002
    "0x0000BBdDc7CE488642fb579F8B00f3a590007251",  # EIP-7251
)

_ZERO = "0x" + "00" * 32


def need_second_client() -> None:
    """Skip, saying how to get it, where it is not installed."""
    if shutil.which("node") is None or _find_program() is None:
        pytest.skip("`npm install` gets @ethereumjs/client, the second chain client")


def _find_program() -> Path | None:
    for folder in Path(__file__).resolve().parents:
        if (folder / _PROGRAM).exists():
            return folder / _PROGRAM
    return None


class SecondClient:
    """One process of the client, its chain in a folder, and the consensus layer that drives it."""

    def __init__(self, folder: Path, *, funded: Sequence[bytes] = ()) -> None:
        """Prepare; nothing runs yet.

        Args:
            folder: where its chain is kept; made when missing.
            funded: accounts that have coins in the first block (20 bytes each).
        """
        self._folder = folder
        self._rpc_port, self._engine_port, self._peer_port = (_free_port() for _ in range(3))
        self._secret = secrets.token_bytes(32)
        self._process: subprocess.Popen[bytes] | None = None
        self._safe = self._finalized = _ZERO
        self._built = 0
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "second.json").write_text(json.dumps(_genesis(funded)))
        (folder / "loopback.mjs").write_text(_LOOPBACK_ONLY)
        (folder / "jwt.hex").write_text("0x" + self._secret.hex())
        self.rpc = Rpc(CappedProvider(self.url))

    @property
    def url(self) -> str:
        """Its JSON-RPC address, the same after a restart."""
        return f"http://127.0.0.1:{self._rpc_port}"

    @property
    def process_id(self) -> int | None:
        return None if self._process is None else self._process.pid

    # --- life ------------------------------------------------------------------------------

    def start(self) -> None:
        """Start it and wait until it answers."""
        with (self._folder / "client.log").open("ab") as log:
            self._process = subprocess.Popen(
                self._command(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=self._folder,
                env={"HOME": str(self._folder), "PATH": os.environ["PATH"]},
                start_new_session=True,
            )
        deadline = time.monotonic() + START_SECONDS
        while True:
            try:
                self.head_number()
                break
            except UnavailableError:
                ended = self._process.poll() is not None
                if ended or time.monotonic() > deadline:
                    self.stop()
                    raise AssertionError(f"it did not start: {self.last_words()}") from None
                time.sleep(0.05)
        self.choose(self._block("latest")["hash"])

    def kill(self) -> None:
        """End it as a crash would (kill -9); what it had told the disk is there at ``restart``."""
        process = self._process
        if process is not None:
            # the whole group: the wheel's ``node`` is a program that waits for the real one
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            self._process = None
            while self._listens():
                time.sleep(0.01)

    def _listens(self) -> bool:
        with contextlib.suppress(ConnectionError):
            socket.create_connection(("127.0.0.1", self._rpc_port), timeout=5).close()
            return True
        return False

    def restart(self) -> None:
        """Start it again on its own data."""
        self.kill()
        self.start()

    def stop(self) -> None:
        """End it; safe to call again."""
        self.kill()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def last_words(self) -> str:
        return (self._folder / "client.log").read_text("utf-8", "replace")[-2_000:]

    def _command(self) -> list[str]:
        program = _find_program()
        assert program is not None
        options = {
            "gethGenesis": "second.json",
            "dataDir": str(self._folder / "data"),
            "rpcAddr": "127.0.0.1",
            "rpcPort": self._rpc_port,
            "rpcEngineAddr": "127.0.0.1",
            "rpcEnginePort": self._engine_port,
            "jwtSecret": "jwt.hex",
            "port": self._peer_port,
            "extIP": "127.0.0.1",
            "logLevel": "warn",
            "logFile": "false",
        }
        flags = ["--rpc", "--rpcEngine", "--isSingleNode", "--discDns=false", "--discV4=false"]
        for name, value in options.items():
            flags += [f"--{name}", str(value)]
        return ["node", "--import", "./loopback.mjs", str(program), *flags]

    # --- the chain -------------------------------------------------------------------------

    def head_number(self) -> int:
        """Return the number of the canonical head."""
        return self.rpc.quantity("eth_blockNumber")

    def mine(self, blocks: int = 1) -> str:
        """Build blocks of what waits in the pool on the canonical head; return the new head."""
        head = self._block("latest")
        for _ in range(blocks):
            head = self._build_on(head)
        self.choose(head["hash"])
        return str(head["hash"])

    def finalize(self, number: int) -> None:
        """Call the canonical block ``number`` safe and final."""
        block_hash = self._block(hex(number))["hash"]
        self._safe = self._finalized = block_hash
        self.choose(self._block("latest")["hash"])

    def reorganise(self, depth: int, *, length: int | None = None) -> str:
        """Replace the newest ``depth`` blocks by a branch of ``length`` others (depth + 1).

        Return the hash of the new head. What was in the old blocks is not sent again by itself.
        Deeper than what was called final, the branch's base is what is called final now.
        """
        base = self._block(hex(self.head_number() - depth))
        final = self._block("finalized") if self._finalized != _ZERO else base
        head = base
        if int(final["number"], 16) > int(base["number"], 16):
            self._safe = self._finalized = base["hash"]
        for _ in range(depth + 1 if length is None else length):
            head = self._build_on(head)
        self.choose(head["hash"])
        return str(head["hash"])

    def choose(self, head_hash: str) -> None:
        """Make a known block the canonical head, with what was called safe and final so far."""
        self._forkchoice(head_hash, None)

    def _block(self, tag: str) -> dict[str, Any]:
        block = self.rpc.mapping("eth_getBlockByNumber", tag, False)  # noqa: FBT003 -- JSON-RPC
        assert block is not None, f"no block {tag}"
        return cast("dict[str, Any]", block)

    def _build_on(self, parent: dict[str, Any]) -> dict[str, Any]:
        self._built += 1
        attributes = {
            "timestamp": hex(_next_time(int(parent["timestamp"], 16))),
            # so that no two blocks are alike, siblings included
            "prevRandao": "0x" + self._built.to_bytes(32, "big").hex(),
            "suggestedFeeRecipient": "0x" + "00" * 20,
            "withdrawals": [],
            "parentBeaconBlockRoot": _ZERO,
        }
        payload_id = self._forkchoice(parent["hash"], attributes)
        built = self._engine("engine_getPayloadV4", payload_id)
        payload = built["executionPayload"]
        answer = self._engine(
            "engine_newPayloadV4", payload, [], _ZERO, built.get("executionRequests") or []
        )
        assert answer["status"] == "VALID", answer
        return {"hash": payload["blockHash"], "timestamp": payload["timestamp"]}

    def _forkchoice(self, head_hash: str, attributes: dict[str, Any] | None) -> str | None:
        state = {
            "headBlockHash": head_hash,
            "safeBlockHash": self._safe,
            "finalizedBlockHash": self._finalized,
        }
        deadline = time.monotonic() + START_SECONDS
        while True:
            answer = self._engine("engine_forkchoiceUpdatedV3", state, attributes)
            status = answer["payloadStatus"]["status"]
            if status == "VALID":
                return cast("str | None", answer["payloadId"])
            assert status == "SYNCING", answer
            assert time.monotonic() < deadline, answer
            time.sleep(0.05)

    def _engine(self, method: str, *params: Any) -> Any:  # noqa: ANN401 -- JSON
        answer = requests.post(
            f"http://127.0.0.1:{self._engine_port}",
            json={"jsonrpc": "2.0", "id": 1, "method": method, "params": list(params)},
            headers={"Authorization": f"Bearer {_token(self._secret)}"},
            timeout=60,
        ).json()
        assert "error" not in answer, (method, answer)
        return answer["result"]


def _token(secret: bytes) -> str:
    """Return a JWT of the Engine API: HS256 over the time it was made."""

    def part(octets: bytes) -> str:
        return base64.urlsafe_b64encode(octets).rstrip(b"=").decode()

    claims = json.dumps({"iat": int(time.time())}).encode()
    signed = part(b'{"alg":"HS256","typ":"JWT"}') + "." + part(claims)
    return signed + "." + part(hmac.new(secret, signed.encode(), hashlib.sha256).digest())


def _genesis(funded: Sequence[bytes]) -> dict[str, Any]:
    """Return a first block under Prague's rules, in geth's format."""
    before_prague = (
        *("homestead", "eip150", "eip155", "eip158", "byzantium", "constantinople"),
        *("petersburg", "istanbul", "berlin", "london", "mergeFork", "mergeNetsplit"),
    )
    blobs = {"target": 3, "max": 6, "baseFeeUpdateFraction": 3_338_477}
    rich = {"0x" + account.hex(): {"balance": hex(10**24)} for account in funded}
    system = {
        "0x" + HISTORY_CONTRACT.hex(): {"balance": "0x0", "nonce": "0x1", "code": _HISTORY_CODE}
    }
    requests_ = {
        address: {"balance": "0x0", "nonce": "0x1", "code": "0x00"}
        for address in _REQUEST_CONTRACTS
    }
    return {
        "config": {
            "chainId": CHAIN_ID,
            **{f"{name}Block": 0 for name in before_prague},
            "terminalTotalDifficulty": 0,
            "terminalTotalDifficultyPassed": True,
            "shanghaiTime": 0,
            "cancunTime": 0,
            "pragueTime": 0,
            "blobSchedule": {"cancun": blobs, "prague": blobs},
        },
        "nonce": "0x0",
        "timestamp": hex(int(time.time()) - _AGE_SECONDS),
        "extraData": "0x",
        "gasLimit": hex(36_000_000),
        "difficulty": "0x0",
        "mixHash": _ZERO,
        "coinbase": "0x" + "00" * 20,
        "alloc": {**rich, **system, **requests_},
    }


def _next_time(parent: int) -> int:
    """Return the time of the block after one of time ``parent``, never far in the future."""
    return max(parent + 1, min(parent + BLOCK_SECONDS, int(time.time())))


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port
