"""An HTTP server in front of a real node that passes on, or spoils, what is asked and answered.

One event loop in one thread. Which request is spoiled, and how, comes from the seed and from the
order of the requests. Whatever is spoiled, go-ethereum's rule for replacing a transaction holds:
both caps must rise by a tenth (``core/txpool/legacypool/list.go``), which anvil does not demand.
"""

from __future__ import annotations

import asyncio
import json
import threading
from collections import Counter
from dataclasses import dataclass, field
from random import Random
from typing import TYPE_CHECKING, Any

import rlp  # type: ignore[import-untyped]  # it publishes none

from faults.chain_events import keccak256

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from oracles.evm_state import State

    from faults.wire import JSON

__all__ = ["Exchange", "Mode", "Pool", "Proxy", "Raw", "Reply"]

_PRICE_BUMP_PERCENT = 10
_STATUS = {200: "OK", 429: "Too Many Requests", 500: "Internal Server Error", 502: "Bad Gateway"}


@dataclass(frozen=True)
class Reply:
    """An HTTP answer, good or bad."""

    body: bytes
    status: int = 200
    cut: int | None = None
    """Send only so many bytes of those announced, then hang up."""
    pause: float = 0.0
    """Seconds between two bytes of the body."""
    head_pause: float = 0.0
    """Seconds between two bytes of the headers."""
    headers: str = ""


@dataclass(frozen=True)
class Mode:
    """One way to spoil an exchange; it answers, or hangs up with None."""

    name: str
    spoil: Callable[[Exchange], Awaitable[Reply | None]]
    methods: frozenset[str]
    """Empty = all."""
    needs_quorum: bool
    """A lie that no worker with this endpoint alone could see through."""
    is_slow: bool
    """It costs the asker its time-out."""

    def fits(self, method: str) -> bool:
        return not self.methods or method in self.methods


@dataclass(frozen=True)
class Raw:
    """A signed transaction, read by the ``rlp`` package."""

    octets: bytes
    hash: str
    nonce: int
    tip: int
    cap: int
    gas: int
    to: str
    data: bytes

    @classmethod
    def parse(cls, octets: bytes) -> Raw:
        """Read a type-2 (EIP-1559) or a legacy transaction."""
        name = "0x" + keccak256(octets).hex()
        if octets[:1] == b"\2":
            members = rlp.decode(octets[1:])
            nonce, tip, cap, gas = (int.from_bytes(m, "big") for m in members[1:5])
            return cls(octets, name, nonce, tip, cap, gas, "0x" + members[5].hex(), members[7])
        members = rlp.decode(octets)
        nonce, cap, gas = (int.from_bytes(m, "big") for m in members[:3])
        return cls(octets, name, nonce, cap, cap, gas, "0x" + members[3].hex(), members[5])


@dataclass
class Pool:
    """What geth would hold for one sender: the newest transaction of each nonce."""

    held: dict[int, Raw] = field(default_factory=dict)
    seen: dict[str, Raw] = field(default_factory=dict)
    """Every transaction that any proxy in front of this node was ever given, by hash."""
    refused: int = 0

    def refuses(self, raw: Raw) -> bool:
        """Tell whether geth would not let ``raw`` take the place of what it holds."""
        held = self.held.get(raw.nonce)
        if held is None or held.hash == raw.hash:
            return False
        least = 100 + _PRICE_BUMP_PERCENT
        return raw.cap * 100 < held.cap * least or raw.tip * 100 < held.tip * least

    def forget(self, raw_hash: str) -> None:
        """The transaction was mined or dropped."""
        for nonce, raw in list(self.held.items()):
            if raw.hash == raw_hash:
                del self.held[nonce]


class Exchange:
    """One request on its way; what a mode gets to work with."""

    def __init__(self, proxy: Proxy, request: JSON, rng: Random) -> None:
        self.proxy = proxy
        self.request = request
        self.rng = rng

    @property
    def method(self) -> str:
        return str(self.request.get("method"))

    @property
    def params(self) -> list[Any]:
        found = self.request.get("params")
        return found if isinstance(found, list) else []

    async def ask(self, method: str, *params: object) -> Any:  # noqa: ANN401 -- whatever JSON
        """Ask the real node something of our own; None for an error."""
        return (await self.proxy.upstream(method, list(params))).get("result")

    async def honest(self) -> JSON:
        """Do what was asked and return the node's answer object."""
        if self.method == "eth_sendRawTransaction":
            return await self.proxy.send(bytes.fromhex(self.params[0][2:]))
        return await self.proxy.upstream(self.method, self.params)

    def wrap(self, answer: JSON) -> Reply:
        """Answer with the node's ``result`` or ``error``."""
        members: JSON = {name: answer[name] for name in ("result", "error") if name in answer}
        return Reply(self.encode({"jsonrpc": "2.0", "id": self.request.get("id"), **members}))

    def result(self, result: object) -> Reply:
        return self.wrap({"result": result})

    def error(self, message: str, code: int = -32000) -> Reply:
        return self.wrap({"error": {"code": code, "message": message}})

    @staticmethod
    def encode(value: object) -> bytes:
        return json.dumps(value).encode()


class Proxy:
    """One endpoint as a client sees it."""

    def __init__(self, node_port: int, seed: str, pool: Pool | None = None) -> None:
        """Stand before the node at a local port; proxies before one node share its ``pool``."""
        self.pool = pool or Pool()
        self.spoiled = Counter[str]()
        """How often each mode was used."""
        self.failure: Exception | None = None
        """A mistake in a mode, which would else pass for a dropped request."""
        self.requests = 0
        self.kept: dict[str, bytes] = {}
        """Answers kept by modes, to be given to somebody else."""
        self.forged: dict[str, tuple[JSON, State]] = {}
        """Blocks that never were, by hash, with the state after each."""
        self.later: list[bytes] = []
        """Signed bytes that a mode keeps back."""
        self._node_port = node_port
        self._rng = Random(seed)
        self._modes: Sequence[Mode] = ()
        self._chance = 0.0
        self._loop = asyncio.new_event_loop()
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._run, name="rpc proxy", daemon=True)
        self._server: asyncio.Server | None = None
        self._node: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None
        self._node_lock = asyncio.Lock()

    @property
    def url(self) -> str:
        assert self._server is not None
        return f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    def start(self) -> None:
        self._thread.start()
        self._ready.wait()

    def stop(self) -> None:
        if self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join()
        if self.failure is not None:
            raise RuntimeError("a mode of the proxy failed") from self.failure

    def spoil(self, modes: Sequence[Mode], chance: float) -> None:
        """Spoil that share of the requests that one of ``modes`` fits, from now on."""
        self._modes, self._chance = modes, chance

    def calm(self) -> None:
        """Be honest from now on."""
        self.forged.clear()
        self.spoil((), 0.0)

    # --- towards the node ----------------------------------------------------------------------

    async def upstream(self, method: str, params: Sequence[object]) -> JSON:
        """Ask the real node; the answer object, whatever it says."""
        body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": params}).encode()
        async with self._node_lock:
            try:
                answer = await self._post(body)
            except (OSError, asyncio.IncompleteReadError):
                self._node = None  # a kept connection that the node had closed
                answer = await self._post(body)
        found: JSON = json.loads(answer)
        return found

    async def _post(self, body: bytes) -> bytes:
        if self._node is None:
            self._node = await asyncio.open_connection("127.0.0.1", self._node_port, limit=2**20)
        reader, writer = self._node
        head = f"POST / HTTP/1.1\r\nhost: node\r\ncontent-length: {len(body)}\r\n"
        writer.write(head.encode() + b"content-type: application/json\r\n\r\n" + body)
        await writer.drain()
        _, headers = await _read_head(reader)
        return await reader.readexactly(int(headers["content-length"]))

    async def send(self, octets: bytes) -> JSON:
        """Hand signed bytes to the node by geth's rules."""
        raw = Raw.parse(octets)
        self.pool.seen[raw.hash] = raw
        await self._drop_mined(raw.nonce)
        if self.pool.refuses(raw):
            self.pool.refused += 1
            message = "replacement transaction underpriced"
            return {"error": {"code": -32000, "message": message}}
        answer = await self.upstream("eth_sendRawTransaction", ["0x" + octets.hex()])
        if "result" in answer:
            self.pool.held[raw.nonce] = raw
        return answer

    async def _drop_mined(self, nonce: int) -> None:
        held = self.pool.held.get(nonce)
        if held is not None:
            found = await self.upstream("eth_getTransactionByHash", [held.hash])
            if (found.get("result") or {"blockHash": "mined"}).get("blockHash") is not None:
                self.pool.forget(held.hash)

    # --- towards the client --------------------------------------------------------------------

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._server = self._loop.run_until_complete(
            asyncio.start_server(self._serve, "127.0.0.1", 0, limit=2**20)
        )
        self._ready.set()
        try:
            self._loop.run_forever()
        finally:
            self._server.close()
            for task in asyncio.all_tasks(self._loop):
                task.cancel()
            self._loop.run_until_complete(asyncio.sleep(0))
            if self._node is not None:
                self._node[1].close()
            self._loop.run_until_complete(self._loop.shutdown_asyncgens())
            self._loop.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                _, headers = await _read_head(reader)
                body = await reader.readexactly(int(headers.get("content-length", 0)))
                reply = await self._answer(json.loads(body))
                if reply is None or not await _write(writer, reply):
                    break
        except (OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass  # the client went away, or we do
        except Exception as error:
            self.failure = error
            raise
        finally:
            writer.close()

    async def _answer(self, request: JSON) -> Reply | None:
        self.requests += 1
        exchange = Exchange(self, request, self._rng)
        for mode in self._modes:
            if mode.fits(exchange.method) and self._rng.random() < self._chance:
                self.spoiled[mode.name] += 1
                return await mode.spoil(exchange)
        return exchange.wrap(await exchange.honest())


async def _read_head(reader: asyncio.StreamReader) -> tuple[str, dict[str, str]]:
    lines = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
    pairs = (line.split(":", 1) for line in lines[1:] if line)
    return lines[0], {name.strip().lower(): value.strip() for name, value in pairs}


async def _write(writer: asyncio.StreamWriter, reply: Reply) -> bool:
    """Send it; tell whether the connection may be used again."""
    head = f"HTTP/1.1 {reply.status} {_STATUS[reply.status]}\r\n{reply.headers}"
    head += f"content-type: application/json\r\ncontent-length: {len(reply.body)}\r\n\r\n"
    await _drip(writer, head.encode(), reply.head_pause)
    body = reply.body if reply.cut is None else reply.body[: reply.cut]
    await _drip(writer, body, reply.pause)
    return reply.cut is None


async def _drip(writer: asyncio.StreamWriter, octets: bytes, pause: float) -> None:
    """Write at once, or byte by byte with a pause after each."""
    width = 1 if pause else max(1, len(octets))
    for at in range(0, len(octets), width):
        writer.write(octets[at : at + width])
        await writer.drain()
        await asyncio.sleep(pause)
