"""The page hears from a node what the command line hears, whatever the node answers."""

from __future__ import annotations

import json
from contextlib import ExitStack
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import receipts
from in_node import ask
from lying_node import lying
from mutations import MANY
from receipts import THIRDNET

from provenance.client.node import ask_node
from provenance.given import RpcView
from provenance.verify import blocks_to_look_up, roots_to_ask

if TYPE_CHECKING:
    from collections.abc import Callable

JUDGE = "../../tests/web/judge.js"
STATED = receipts.build(replace(MANY, policy_chains=(THIRDNET, 1, 100)))
OCTETS = STATED.octets
HASHES = {one.number: f"0x{one.block_hash.hex()}" for one in blocks_to_look_up(OCTETS)}

Json = Any


def block(number: int, block_hash: str = "0x" + "0a" * 32) -> Json:
    return {"number": hex(number), "hash": block_hash, "transactions": []}


def good(request: Json) -> Json:
    """Answer as an honest node of the chain of the statement does."""
    method, parameters = request["method"], request["params"]
    if method == "eth_chainId":
        return {"result": hex(THIRDNET)}
    if method == "eth_call":
        return {"result": "0x" + "0b" * 32}
    which = {"latest": max(HASHES) + 9, "finalized": max(HASHES)}.get(parameters[0])
    number = int(parameters[0], 16) if which is None else which
    return {"result": block(number, HASHES.get(number, "0x" + "0a" * 32))}


def refusing(*tags: str) -> Any:  # noqa: ANN401 -- a function of JSON
    """Answer as ``good``, but refuse what has one of these parameters."""

    def answer(request: Json) -> Json:
        refused = any(tag in request["params"] for tag in tags)
        return {"error": {"code": -32000, "message": "no"}} if refused else good(request)

    return answer


ANSWERS = {
    "honest": good,
    "without finality": refusing("finalized"),
    "without its first block": refusing("0x0"),
    "without any block": refusing("latest"),
    "which no longer has the block": refusing(*map(hex, HASHES)),
    "of another chain": lambda r: {"result": "0x1"} if r["method"] == "eth_chainId" else good(r),
    "without a contract": lambda r: {"result": "0x"} if r["method"] == "eth_call" else good(r),
    "with null": lambda r: {"result": None} if r["method"] == "eth_getBlockByNumber" else good(r),
    "with a short hash": lambda r: (
        {"result": {"number": "0x1", "hash": "0x12"}} if "0x0" in r["params"] else good(r)
    ),
    "with another form": lambda _: [],
    "with no result": lambda _: {},
    "with a text": lambda _: {"result": "no"},
}

AWAY = {"without any block", "with another form", "with no result", "with a text"}
AWAY |= {"with null", "with a short hash"}


def python_view(url: str) -> Json:
    """Return what the command line hears, in the form of ``judge.js``."""
    view = ask_node(url, blocks_to_look_up(OCTETS), roots_to_ask(OCTETS))
    if not isinstance(view, RpcView):
        return view
    roots = [
        [f"{one.chain_id} {one.contract.hex()} {one.log_id.hex()} {one.tree_size}", root]
        for one, root in view.roots.items()
    ]
    return {
        "chainId": view.chain_id,
        "head": view.head,
        "finalized": view.finalized,
        "hashes": [[str(number), found] for number, found in view.hashes.items()],
        "genesisHash": view.genesis_hash,
        "roots": roots,
    }


def honest_or_not(name: str) -> Callable[[Json], bytes]:
    """Return the function that answers a request, as JSON-RPC."""

    def answer(request: Json) -> bytes:
        found = ANSWERS[name](request)
        body = found if isinstance(found, dict) else {"result": found}
        return json.dumps({"jsonrpc": "2.0", "id": 1, **body}).encode()

    return answer


def no_answer(octets: bytes) -> Callable[[Json], bytes]:
    return lambda _: octets


def test_every_answer_is_heard_alike() -> None:
    nodes = {name: honest_or_not(name) for name in ANSWERS}
    for octets in (b"", b"no JSON", b"[1]", b'"x"', b"x" * (1 << 21)):
        nodes[f"which says {octets[:8]!r}"] = no_answer(octets)
    with ExitStack() as stack:
        urls = [stack.enter_context(lying(answer)).url for answer in nodes.values()]
        urls.append("http://127.0.0.1:9")  # where nobody listens

        heard = ask([(JUDGE, "askView", [url, OCTETS.hex()]) for url in urls])

        for name, url, found in zip([*nodes, "away"], urls, heard, strict=True):
            assert found == python_view(url), name
            assert (found != "unreachable") == (name in ANSWERS.keys() - AWAY)
