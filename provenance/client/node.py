"""Asks an Ethereum node of the reader's own choice for the blocks a receipt names."""

from __future__ import annotations

import json
from contextlib import closing, suppress
from typing import TYPE_CHECKING

from provenance.digests import from_evm_hex, to_evm_hex
from provenance.errors import MalformedError, UnavailableError
from provenance.given import RPC_AWAY, RpcView
from provenance.keccak import keccak256
from provenance.net.post import HttpPost

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from provenance.given import BlockName, RootName, RpcAnswer

__all__ = ["ask_node"]

_SECONDS = 20.0
"""For one whole exchange."""
_MAX_BYTES = 1 << 20  # a block without transactions' bodies
_ROOTS = keccak256(b"roots(bytes32,uint64)")[:4]


def ask_node(url: str, blocks: Iterable[BlockName], roots: Iterable[RootName] = ()) -> RpcAnswer:
    """Ask for the hash at each block's height, for roots, and how far the chain is final.

    Returns:
        What the node says, or ``RPC_AWAY`` when it does not answer as a node does.
    """
    try:
        http = HttpPost(
            url,
            timeout=_SECONDS,
            max_bytes=_MAX_BYTES,
            content_type="application/json",
            use_proxy=True,
        )
        with closing(http):
            return _ask(http, blocks, roots)
    except (UnavailableError, MalformedError, ValueError, KeyError, TypeError):
        return RPC_AWAY


def _ask(http: HttpPost, blocks: Iterable[BlockName], roots: Iterable[RootName]) -> RpcView:
    chain_id = int(str(_call(http, "eth_chainId")), 16)
    head = _block(http, "latest")
    finalized = _block(http, "finalized")
    genesis = _block(http, "0x0")
    if head is None:
        raise MalformedError("the node has no newest block")
    hashes = {}
    for name in blocks:
        found = _block(http, hex(name.number)) if name.chain_id == chain_id else None
        if found is not None:
            hashes[name.number] = found[1]
    return RpcView(
        chain_id=chain_id,
        head=head[0],
        finalized=None if finalized is None else finalized[0],
        hashes=hashes,
        genesis_hash=None if genesis is None else genesis[1],
        roots=dict(_roots(http, roots, chain_id)),
    )


def _roots(
    http: HttpPost, names: Iterable[RootName], chain_id: int
) -> Iterator[tuple[RootName, bytes]]:
    """Call ``roots(log id, tree size)`` of each contract; what the node refuses is left out.

    A root never changes once it is there. The newest state is asked for where the node knows no
    ``finalized`` one, or has it no more.
    """
    for name in names:
        if name.chain_id != chain_id:
            continue
        data = _ROOTS + name.log_id + name.tree_size.to_bytes(32, "big")
        call = {"to": to_evm_hex(name.contract), "data": to_evm_hex(data)}
        answer = _call_at(http, call)
        if answer is not None:
            # an account without code answers with no bytes at all
            yield name, answer if len(answer) == 32 else bytes(32)


def _call_at(http: HttpPost, call: dict[str, str]) -> bytes | None:
    for state in ("finalized", "latest"):
        with suppress(_RefusedError):
            return from_evm_hex(str(_call(http, "eth_call", call, state)))
    return None


def _block(http: HttpPost, which: str) -> tuple[int, bytes] | None:
    try:
        block = _call(http, "eth_getBlockByNumber", which, False)  # noqa: FBT003 -- JSON-RPC
    except _RefusedError:
        return None  # a chain without that tag
    if not isinstance(block, dict):
        return None
    return int(block["number"], 16), from_evm_hex(block["hash"], length=32)


class _RefusedError(Exception):
    """The node answered with a JSON-RPC error."""


def _call(http: HttpPost, method: str, *parameters: object) -> object:
    request = {"jsonrpc": "2.0", "id": 1, "method": method, "params": parameters}
    _status, octets = http.post(json.dumps(request).encode())
    body = json.loads(octets)
    if "error" in body:
        raise _RefusedError
    result: object = body["result"]
    return result
