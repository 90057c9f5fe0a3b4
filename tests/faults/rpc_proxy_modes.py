"""The ways in which an RPC node fails, or lies: each a function over one exchange.

Lies are as good as their liar can make them: a forged block hashes to what it claims, a forged
receipt has the exact event. What only a second endpoint can unmask is marked ``needs_quorum``.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from oracles.evm_state import State, mapping_slot

from faults.chain_events import ANCHORED_TOPIC
from faults.headers import hash_header, octets_of
from faults.rpc_proxy import Mode, Raw, Reply

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from faults.rpc_proxy import Exchange
    from faults.wire import JSON

    Spoil = Callable[[Exchange], Awaitable[Reply | None]]

__all__ = ["MODES", "forge_block", "modes_for"]

MODES: dict[str, Mode] = {}

BLOCKS = ("eth_getBlockByNumber", "eth_getBlockByHash")
SEND = ("eth_sendRawTransaction",)
RECEIPT = ("eth_getTransactionReceipt",)

HANG_SECONDS = 30.0
"""Longer than any client of ours waits."""
DRIP_SECONDS = 0.3
"""Less than the rig's worker waits for one byte: no single read is ever too late."""
HUGE_BYTES = 9 * 2**20
"""A client of ours reads at most 8 MiB of an answer."""


def modes_for(*, quorum: bool) -> list[Mode]:
    """Return the modes that a worker must withstand, in a fixed order."""
    return [mode for mode in MODES.values() if quorum or not mode.needs_quorum]


def mode(
    name: str, *methods: str, needs_quorum: bool = False, is_slow: bool = False
) -> Callable[[Spoil], Spoil]:
    def add(spoil: Spoil) -> Spoil:
        MODES[name] = Mode(name, spoil, frozenset(methods), needs_quorum, is_slow)
        return spoil

    return add


# --- the wire ---------------------------------------------------------------------------------


@mode("request dropped")
async def drop_request(_: Exchange) -> Reply | None:
    return None


@mode("reply dropped")
async def drop_reply(x: Exchange) -> Reply | None:
    await x.honest()
    return None


@mode("never answers", is_slow=True)
async def hang(x: Exchange) -> Reply | None:
    await x.honest()
    await asyncio.sleep(HANG_SECONDS)
    return None


@mode("late")
async def delay(x: Exchange) -> Reply | None:
    await asyncio.sleep(x.rng.uniform(0.0, 0.05))
    return x.wrap(await x.honest())


@mode("acts after the time-out", *SEND, is_slow=True)
async def act_late(x: Exchange) -> Reply | None:
    await asyncio.sleep(1.0)
    return x.wrap(await x.honest())


@mode("delivered twice")
async def duplicate(x: Exchange) -> Reply | None:
    await x.honest()
    return x.wrap(await x.honest())


@mode("truncated")
async def truncate(x: Exchange) -> Reply | None:
    body = x.wrap(await x.honest()).body
    return Reply(body, cut=x.rng.randrange(len(body)))


@mode("cut JSON")
async def cut_json(x: Exchange) -> Reply | None:
    body = x.wrap(await x.honest()).body
    return Reply(body[: x.rng.randrange(len(body))])


@mode("garbage")
async def garbage(x: Exchange) -> Reply | None:
    return Reply(x.rng.randbytes(x.rng.randrange(1, 400)))


@mode("flipped byte")
async def flip(x: Exchange) -> Reply | None:
    body = bytearray(x.wrap(await x.honest()).body)
    body[x.rng.randrange(len(body))] ^= 1 << x.rng.randrange(7)
    return Reply(bytes(body))


@mode("a page instead of JSON")
async def page(_: Exchange) -> Reply | None:
    return Reply(b"<html><body>Checking your browser</body></html>")


@mode("deeply nested")
async def nested(_: Exchange) -> Reply | None:
    return Reply(b"[" * 200_000)


@mode("429")
async def too_many(x: Exchange) -> Reply | None:
    message = {"code": -32005, "message": "rate limit exceeded"}
    return Reply(x.wrap({"error": message}).body, status=429, headers="retry-after: 1\r\n")


@mode("500")
async def internal(x: Exchange) -> Reply | None:
    await x.honest()
    return Reply(b"oops", status=500)


@mode("502, not forwarded")
async def bad_gateway(_: Exchange) -> Reply | None:
    return Reply(b"<html>502 Bad Gateway</html>", status=502)


@mode("wrong id")
async def wrong_id(x: Exchange) -> Reply | None:
    answer = await x.honest()
    return Reply(x.encode({**answer, "id": int(x.request["id"]) + 1}))


@mode("id as a text")
async def text_id(x: Exchange) -> Reply | None:
    return Reply(x.encode({**await x.honest(), "id": str(x.request["id"])}))


@mode("error instead of result")
async def error(x: Exchange) -> Reply | None:
    await x.honest()
    return x.error(x.rng.choice(["header not found", "internal error", "missing trie node"]))


@mode("result and error")
async def both(x: Exchange) -> Reply | None:
    answer = {"result": None, "error": {"code": -1, "message": "x"}, "id": x.request["id"]}
    return Reply(x.encode(answer))


@mode("null")
async def null(x: Exchange) -> Reply | None:
    await x.honest()
    return x.result(None)


@mode("another kind of value")
async def other_kind(x: Exchange) -> Reply | None:
    return x.result(x.rng.choice([True, 7, "0x", "0xzz", [], {}, [None], "latest", {"hash": 1}]))


@mode("another answer")
async def other_answer(x: Exchange) -> Reply | None:
    """Give what was last answered to the same method, whatever its parameters were."""
    answer = x.wrap(await x.honest())
    if x.params[:1] == ["finalized"]:
        return answer  # "finalized is the head" is a mode of its own
    before = x.proxy.kept.get(x.method)
    x.proxy.kept[x.method] = answer.body
    if before is None:
        return answer
    # under the right id, so that only the content is wrong
    return Reply(before[: before.index(b'"id": ')] + _id(answer.body) + _after_id(before))


def _id(body: bytes) -> bytes:
    start = body.index(b'"id": ')
    return body[start : body.index(b",", start)]


def _after_id(body: bytes) -> bytes:
    return body[body.index(b",", body.index(b'"id": ')) :]


@mode("huge answer")
async def huge(x: Exchange) -> Reply | None:
    return Reply(b'{"jsonrpc":"2.0","id":%d,"result":"0x' % x.request["id"] + b"0" * HUGE_BYTES)


@mode("slow drip", is_slow=True)
async def drip(x: Exchange) -> Reply | None:
    return Reply(x.wrap(await x.honest()).body, pause=0.05)


@mode("drip just within the time-out, body", is_slow=True)
async def drip_body(x: Exchange) -> Reply | None:
    return Reply(x.wrap(await x.honest()).body, pause=DRIP_SECONDS)


@mode("drip just within the time-out, headers", is_slow=True)
async def drip_headers(x: Exchange) -> Reply | None:
    return Reply(x.wrap(await x.honest()).body, head_pause=DRIP_SECONDS)


# --- an old or another chain ------------------------------------------------------------------


@mode("stale head", *BLOCKS, "eth_call", "eth_getTransactionCount", "eth_getBalance")
async def stale_head(x: Exchange) -> Reply | None:
    """Answer for some blocks ago where the newest is asked for."""
    behind = x.rng.randrange(1, 6)
    params = list(x.params)
    for at, param in enumerate(params):
        if isinstance(param, str) and param in {"latest", "finalized"}:
            params[at] = await _older(x, param, behind)
    return x.wrap(await x.proxy.upstream(x.method, params))


async def _older(x: Exchange, tag: str, behind: int) -> str:
    block = await x.ask("eth_getBlockByNumber", tag, False)  # noqa: FBT003 -- JSON-RPC
    return hex(max(0, int(block["number"], 16) - behind))


@mode("stale nonce", "eth_getTransactionCount")
async def stale_nonce(x: Exchange) -> Reply | None:
    nonce = int((await x.honest())["result"], 16)
    return x.result(hex(max(0, nonce - x.rng.randrange(1, 3))))


@mode("nonce ahead", "eth_getTransactionCount")
async def nonce_ahead(x: Exchange) -> Reply | None:
    nonce = int((await x.honest())["result"], 16)
    return x.result(hex(nonce + x.rng.randrange(1, 3)))


@mode("wrong chain id", "eth_chainId")
async def wrong_chain_id(x: Exchange) -> Reply | None:
    return x.result(hex(x.rng.choice([1, 1337, 31338, 2**64])))


@mode("wrong genesis", "eth_getBlockByNumber")
async def wrong_genesis(x: Exchange) -> Reply | None:
    answer = await x.honest()
    if x.params[0] != "0x0":
        return x.wrap(answer)
    return x.result(forge_block(answer["result"], timestamp=hex(1_600_000_000)))


@mode("other code", "eth_getCode")
async def other_code(x: Exchange) -> Reply | None:
    code = (await x.honest())["result"]
    return x.result(x.rng.choice(["0x", code[:-2] + "00"]))


@mode("other contract state", "eth_call")
async def other_state(x: Exchange) -> Reply | None:
    """Views answer another head, or another anchorer."""
    answer = await x.honest()
    words = answer.get("result")
    if not isinstance(words, str) or len(words) != 2 + 128:
        return x.wrap(answer)
    first = int(words[2:66], 16)
    forged = x.rng.choice([0, max(0, first - 1), first + 1, first + 1000])
    root = x.rng.choice([words[66:], x.rng.randbytes(32).hex()])
    return x.result(f"0x{forged:064x}{root}")


# --- forged blocks and proofs -----------------------------------------------------------------


@mode("forged header", *BLOCKS)
async def forged_header(x: Exchange) -> Reply | None:
    """Claim the right hash over other members."""
    answer = await x.honest()
    block = answer.get("result")
    if block is None:
        return x.wrap(answer)
    later = hex(int(block["timestamp"], 16) + x.rng.choice([-86_400, 3600]))
    name, value = x.rng.choice([("timestamp", later), ("stateRoot", "0x" + "11" * 32)])
    return x.result({**block, name: value})


@mode("forged block", *BLOCKS)
async def forged_block(x: Exchange) -> Reply | None:
    """Answer a block that was never made, whose header hashes to what it claims."""
    answer = await x.honest()
    block = answer.get("result")
    if block is None or x.params[0] in {"0x0", "finalized"}:
        return x.wrap(answer)
    return x.result(forge_block(block, stateRoot="0x" + x.rng.randbytes(32).hex()))


@mode("block from the future", "eth_getBlockByNumber")
async def future_block(x: Exchange) -> Reply | None:
    """The head's time is a year ahead, or a year old."""
    answer = await x.honest()
    if x.params[0] != "latest":
        return x.wrap(answer)
    seconds = int(answer["result"]["timestamp"], 16) + x.rng.choice([-31_536_000, 31_536_000])
    return x.result(forge_block(answer["result"], timestamp=hex(seconds)))


@mode("wrong canonical hash", "eth_getBlockByNumber")
async def wrong_canonical(x: Exchange) -> Reply | None:
    """Another block, whole and self-consistent, at the asked number."""
    answer = await x.honest()
    if answer.get("result") is None or not str(x.params[0]).startswith("0x"):
        return x.wrap(answer)
    return x.result(forge_block(answer["result"], extraData="0x" + x.rng.randbytes(8).hex()))


@mode("forged proof", "eth_getProof")
async def forged_proof(x: Exchange) -> Reply | None:
    """Flip a byte of a node, leave one out, or double one."""
    answer = await x.honest()
    proof = answer.get("result")
    if proof is None:
        return x.wrap(answer)
    storage = proof.get("storageProof") or []
    nodes = x.rng.choice([proof["accountProof"], *(item["proof"] for item in storage)])
    if nodes:
        at = x.rng.randrange(len(nodes))
        nodes[at : at + 1] = x.rng.choice([[], [nodes[at]] * 2, [_flip(nodes[at], x)]])
    return x.wrap(answer)


@mode("proof of another block", "eth_getProof")
async def old_proof(x: Exchange) -> Reply | None:
    head = int(await x.ask("eth_blockNumber"), 16)
    old = hex(max(0, head - x.rng.randrange(1, 4)))
    return x.wrap(await x.proxy.upstream(x.method, [*x.params[:2], old]))


@mode("proof of another account", "eth_getProof")
async def other_account(x: Exchange) -> Reply | None:
    return x.wrap(await x.proxy.upstream(x.method, ["0x" + "33" * 20, *x.params[1:]]))


@mode("state gone", "eth_getProof")
async def state_gone(x: Exchange) -> Reply | None:
    return x.error("missing trie node: historical state is not available")


def forge_block(block: JSON, **members: str) -> JSON:
    """Return the block with other members, and the hash that its header now has."""
    forged = {**block, **members}
    return {**forged, "hash": hash_header(forged)}


def _flip(node: str, x: Exchange) -> str:
    octets = bytearray(octets_of(node))
    octets[x.rng.randrange(len(octets))] ^= 1 << x.rng.randrange(8)
    return "0x" + octets.hex()


# --- forged transactions' fates -----------------------------------------------------------------


@mode("receipt of a success that never was", *RECEIPT)
async def forged_success(x: Exchange) -> Reply | None:
    """The exact event, in a real block, for a transaction that no block holds."""
    answer = await x.honest()
    raw = x.proxy.pool.seen.get(x.params[0])
    if answer.get("result") is not None or raw is None:
        return x.wrap(answer)
    block = await x.ask("eth_getBlockByNumber", "latest", False)  # noqa: FBT003 -- JSON-RPC
    return x.result(_receipt(raw, block))


def _receipt(raw: Raw, block: JSON) -> dict[str, Any]:
    place = {"blockHash": block["hash"], "blockNumber": block["number"], "transactionIndex": "0x0"}
    event = {
        **place,
        "address": raw.to,
        "topics": [
            ANCHORED_TOPIC,
            "0x" + raw.data[4:36].hex(),
            "0x" + raw.data[36:68].hex(),
        ],
        "data": "0x" + raw.data[68:100].hex(),
        "logIndex": "0x0",
        "transactionHash": raw.hash,
        "removed": False,
    }
    return {
        **place,
        "transactionHash": raw.hash,
        "status": "0x1",
        "type": "0x2",
        "cumulativeGasUsed": "0x10000",
        "gasUsed": "0x10000",
        "logsBloom": "0x" + "00" * 256,
        "logs": [event],
    }


@mode("receipt of a failure that was none", *RECEIPT)
async def forged_failure(x: Exchange) -> Reply | None:
    answer = await x.honest()
    if answer.get("result") is not None:
        answer["result"] |= {"status": "0x0", "logs": []}
    return x.wrap(answer)


@mode("receipt with another event", *RECEIPT)
async def other_event(x: Exchange) -> Reply | None:
    answer = await x.honest()
    for event in (answer.get("result") or {}).get("logs", []):
        event["data"] = "0x" + x.rng.randbytes(32).hex()
    return x.wrap(answer)


@mode("receipt at another block", *RECEIPT)
async def misplaced(x: Exchange) -> Reply | None:
    answer = await x.honest()
    if answer.get("result") is not None:
        number = hex(max(0, int(answer["result"]["blockNumber"], 16) - x.rng.randrange(1, 4)))
        block = await x.ask("eth_getBlockByNumber", number, False)  # noqa: FBT003 -- JSON-RPC
        answer["result"] |= {"blockHash": block["hash"], "blockNumber": number}
    return x.wrap(answer)


@mode("receipt hidden", *RECEIPT)
async def hidden(x: Exchange) -> Reply | None:
    return x.result(None)


@mode("broadcast: nonce too low, not forwarded", *SEND)
async def nonce_too_low(x: Exchange) -> Reply | None:
    return x.error("nonce too low")


@mode("broadcast: nonce too low, forwarded", *SEND)
async def nonce_too_low_sent(x: Exchange) -> Reply | None:
    await x.honest()
    return x.error("nonce too low: next nonce 99, tx nonce 1")


@mode("broadcast: already known, not forwarded", *SEND)
async def already_known(x: Exchange) -> Reply | None:
    return x.error("already known")


@mode("broadcast: underpriced, not forwarded", *SEND)
async def underpriced(x: Exchange) -> Reply | None:
    return x.error("replacement transaction underpriced")


@mode("broadcast: underpriced, forwarded", *SEND)
async def underpriced_sent(x: Exchange) -> Reply | None:
    await x.honest()
    return x.error("replacement transaction underpriced")


@mode("broadcast: no funds, not forwarded", *SEND)
async def no_funds(x: Exchange) -> Reply | None:
    return x.error("insufficient funds for gas * price + value")


@mode("broadcast: accepted and swallowed", *SEND)
async def swallowed(x: Exchange) -> Reply | None:
    raw = Raw.parse(bytes.fromhex(x.params[0][2:]))
    x.proxy.pool.seen[raw.hash] = raw
    return x.result(raw.hash)


@mode("broadcast: accepted under another hash", *SEND)
async def other_hash(x: Exchange) -> Reply | None:
    await x.honest()
    return x.result("0x" + x.rng.randbytes(32).hex())


@mode("broadcast: kept back and replayed", *SEND)
async def replayed(x: Exchange) -> Reply | None:
    """Accept, forward nothing now; send everything ever kept back at some later broadcast."""
    octets = bytes.fromhex(x.params[0][2:])
    raw = Raw.parse(octets)
    x.proxy.pool.seen[raw.hash] = raw
    x.proxy.later.append(octets)
    if x.rng.random() < 0.5:
        for kept in x.proxy.later:
            await x.proxy.send(kept)
    return x.result(raw.hash)


# --- prices -------------------------------------------------------------------------------------


@mode("gas estimate absurdly high", "eth_estimateGas")
async def gas_high(x: Exchange) -> Reply | None:
    return x.result(hex(x.rng.choice([2**24, 2**40, 2**255])))


@mode("gas estimate too low", "eth_estimateGas")
async def gas_low(x: Exchange) -> Reply | None:
    return x.result(hex(x.rng.choice([0, 1, 21_000, 30_000, 40_000, 50_000])))


@mode("would revert", "eth_call", "eth_estimateGas")
async def reverts(x: Exchange) -> Reply | None:
    data = x.rng.choice(["0x", "0x08c379a0", "0x" + x.rng.randbytes(36).hex()])
    return x.wrap({"error": {"code": 3, "message": "execution reverted", "data": data}})


@mode("fees absurdly high", "eth_getBlockByNumber", "eth_maxPriorityFeePerGas", "eth_gasPrice")
async def fees_high(x: Exchange) -> Reply | None:
    return await _fees(x, x.rng.choice([10**14, 10**18, 2**200]))


@mode("fees absurdly low", "eth_getBlockByNumber", "eth_maxPriorityFeePerGas", "eth_gasPrice")
async def fees_low(x: Exchange) -> Reply | None:
    return await _fees(x, x.rng.choice([0, 1, 7]))


async def _fees(x: Exchange, wei: int) -> Reply:
    answer = await x.honest()
    if x.method != "eth_getBlockByNumber":
        return x.result(hex(wei))
    if x.params[0] != "latest":
        return x.wrap(answer)
    return x.result(forge_block(answer["result"], baseFeePerGas=hex(wei)))


# --- finality: only another endpoint can tell ----------------------------------------------------


@mode("finalized is the head", "eth_getBlockByNumber", needs_quorum=True)
async def finalized_ahead(x: Exchange) -> Reply | None:
    params = ["latest", *x.params[1:]] if x.params[0] == "finalized" else x.params
    return x.wrap(await x.proxy.upstream(x.method, params))


@mode("finalized is forged", "eth_getBlockByNumber", needs_quorum=True)
async def finalized_forged(x: Exchange) -> Reply | None:
    answer = await x.honest()
    if x.params[0] != "finalized":
        return x.wrap(answer)
    number = hex(int(answer["result"]["number"], 16) + x.rng.randrange(1, 1000))
    return x.result(forge_block(answer["result"], number=number))


@mode("a world of its own", *RECEIPT, *BLOCKS, "eth_getProof", needs_quorum=True)
async def own_world(x: Exchange) -> Reply | None:
    """Everything fits together: receipt, block, finality, account and storage proof."""
    answer = await x.honest()
    if x.method in RECEIPT:
        raw = x.proxy.pool.seen.get(x.params[0])
        if raw is None or answer.get("result") is not None:
            return x.wrap(answer)
        block, state = await _make_world(x, raw)
        x.proxy.forged[block["hash"]] = (block, state)
        return x.result(_receipt(raw, block))
    if not x.proxy.forged:
        return x.wrap(answer)
    if x.method == "eth_getProof":
        return _prove_world(x, answer)
    newest, _ = list(x.proxy.forged.values())[-1]
    if x.params[0] in {"latest", "finalized", newest["number"]}:
        return x.result(newest)
    found = x.proxy.forged.get(x.params[0])
    return x.wrap(answer) if found is None else x.result(found[0])


async def _make_world(x: Exchange, raw: Raw) -> tuple[JSON, State]:
    """Return a block on the head in whose state the contract holds what ``raw`` would store."""
    head = await x.ask("eth_getBlockByNumber", "latest", False)  # noqa: FBT003 -- JSON-RPC
    code = await x.ask("eth_getCode", raw.to, "latest")
    log_id, size, root = (raw.data[at : at + 32] for at in (4, 36, 68))
    slot = mapping_slot(size, mapping_slot(log_id, b""))
    state = State()
    state.add(octets_of(raw.to), octets_of(code), {slot: root})
    number = hex(int(head["number"], 16) + 1)
    block = {"parentHash": head["hash"], "number": number, "stateRoot": "0x" + state.root.hex()}
    return forge_block(head, **block), state


def _prove_world(x: Exchange, answer: JSON) -> Reply:
    place = x.params[2]
    wanted = place.get("blockHash") if isinstance(place, dict) else place
    found = x.proxy.forged.get(str(wanted))
    account = octets_of(x.params[0])
    if found is None or account not in found[1].storage or not x.params[1]:
        return x.wrap(answer)
    slot, state = x.params[1][0], found[1]
    nodes, held = state.prove(account, octets_of(slot).rjust(32, b"\0"))
    storage = {"key": slot, "value": "0x1", "proof": ["0x" + node.hex() for node in held]}
    return x.result(
        {"accountProof": ["0x" + node.hex() for node in nodes], "storageProof": [storage]}
    )


@mode("finalized never moves", "eth_getBlockByNumber")
async def finalized_old(x: Exchange) -> Reply | None:
    params = ["0x0", *x.params[1:]] if x.params[0] == "finalized" else x.params
    return x.wrap(await x.proxy.upstream(x.method, params))
