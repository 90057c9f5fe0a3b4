"""Record headers and proofs of a real anvil as vectors, in tests/vectors/{header,anchor,event}.

    python scripts/record_chain_vectors.py [header] [anchor] [event]

Needs ``npm ci``. The vectors are recordings, not golden files: a block holds random bytes, so
each run writes others. Tests read what is committed; run this again only when the contract or
its layout changes.
"""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.error import URLError
from urllib.request import Request, urlopen

REPO = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(REPO), str(REPO / "tests")]  # run as a file, it sees only its own folder

# ruff: noqa: E402 -- the lines above have to come first
import rlp  # type: ignore[import-untyped]  # it publishes none
from eth_account import Account
from oracles import evm_state

from provenance import anchor, merkle
from provenance.chain.blocks import assemble_header
from provenance.keccak import keccak256

if TYPE_CHECKING:
    from collections.abc import Iterator

VECTORS = REPO / "tests" / "vectors"
CONTRACT = json.loads((REPO / "provenance/chain/contracts/CheckpointAnchor.json").read_text())
FORKS = ("istanbul", "london", "shanghai", "cancun", "prague", "osaka")
ORIGIN = "vectors.example/log"
SOURCE = "recorded from anvil 1.7.1 by scripts/record_chain_vectors.py"
GAS = hex(3_000_000)
GAS_PRICE = hex(3_000_000_000)  # so that forks before London take it too

# what an answer of a node may hold; the script fails where it is something else
Json = Any


class Node:
    """A fresh anvil, spoken to in JSON-RPC."""

    def __init__(self, port: int) -> None:
        """Speak to the anvil that listens at ``port``."""
        self._url = f"http://127.0.0.1:{port}"

    def call(self, method: str, *params: object) -> Json:
        """Return the result of one call; end the script on an error."""
        body = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
        request = Request(  # noqa: S310 -- always our own http address
            self._url, json.dumps(body).encode(), {"content-type": "application/json"}
        )
        with urlopen(request, timeout=30) as answer:  # noqa: S310 -- as above
            message = json.load(answer)
        if "error" in message:
            raise SystemExit(f"{method}: {message['error']}")
        return message["result"]

    def transact(self, data: bytes, to: str | None = None) -> Json:
        """Send from the first account, mine one block, return the transaction's receipt."""
        sender = self.call("eth_accounts")[0]
        transaction = {"from": sender, "data": _hex(data), "gas": GAS, "gasPrice": GAS_PRICE}
        if to is not None:
            transaction["to"] = to
        sent = self.call("eth_sendTransaction", transaction)
        self.call("evm_mine")
        receipt = self.call("eth_getTransactionReceipt", sent)
        if receipt["status"] != "0x1":
            raise SystemExit(f"the transaction was reverted: {receipt}")
        return receipt

    def proof(self, address: str, slot: bytes, block_hash: str) -> Json:
        """Return the EIP-1186 proof of one slot in the state of that block."""
        return self.call("eth_getProof", address, [_hex(slot)], {"blockHash": block_hash})


@contextmanager
def fresh_node(fork: str) -> Iterator[Node]:
    """Start anvil at ``fork`` and end it afterwards."""
    binary = next((REPO / "node_modules/@foundry-rs").glob("anvil-*/bin/anvil"))
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with tempfile.TemporaryDirectory() as home:
        command = [str(binary), "--port", str(port), "--hardfork", fork, "--no-mining", "--quiet"]
        process = subprocess.Popen([*command, "--timestamp", "1767225600"], env={"HOME": home})
        try:
            yield _ready(Node(port))
        finally:
            process.terminate()
            process.wait()


def _ready(node: Node) -> Node:
    for _ in range(100):
        try:
            node.call("eth_chainId")
        except URLError:
            time.sleep(0.05)
        else:
            return node
    raise SystemExit("anvil did not answer within 5 s")


def main() -> None:
    """Record the folders that are named, or all; each fork and kind on a chain of its own."""
    wanted = sys.argv[1:] or ["header", "anchor", "event"]
    for fork in FORKS if "header" in wanted else ():
        with fresh_node(fork) as node:
            record_header(node, fork)
    if "anchor" in wanted:
        with fresh_node("osaka") as node:
            record_anchors(node)
    if "event" in wanted:
        with fresh_node("osaka") as node:
            record_events(node)


def record_header(node: Node, fork: str) -> None:
    """Record the header of a block with one transaction."""
    node.transact(b"")
    block = node.call("eth_getBlockByNumber", "latest", False)  # noqa: FBT003 -- JSON-RPC
    _write(
        f"header/{fork}",
        {
            "description": f"a block of one transaction, with the rules of {fork}",
            "source": SOURCE,
            "header": _hex(assemble_header(block)),
            "block": {name: value for name, value in block.items() if name != "transactions"},
            "expect": "ok",
        },
    )


def record_anchors(node: Node) -> None:
    """Deploy, register, anchor tree sizes 2 and 5, and record what each block proves."""
    registrar, contract, log_id = _registered(node)
    leaves = [merkle.leaf_hash(b"entry %d" % index) for index in range(5)]
    roots = {size: merkle.root_of(leaves[:size]) for size in (2, 5)}
    path = [merkle.root_of(leaves[2:4]), leaves[4]]
    first = node.transact(_anchor_call(log_id, 2, roots[2], []), contract)["blockHash"]
    for _ in range(3):
        node.call("evm_mine")
    second = node.transact(_anchor_call(log_id, 5, roots[5], path), contract)["blockHash"]

    common = {
        "source": SOURCE,
        "chain_id": 31337,
        "registrar": _hex(registrar),
        "origin": ORIGIN,
        "contract": contract,
        "code_hash": CONTRACT["code_hash"],
        "log_id": _hex(log_id),
        "roots_slot": CONTRACT["roots_slot"],
    }
    cases = (
        ("first-anchor", "the block of the first anchor", first, 2, 2, "ok"),
        ("grown-anchor", "the block of a second anchor", second, 5, 5, "ok"),
        ("older-size-later-block", "an older tree size in a later block", second, 2, 2, "ok"),
        (
            "size-never-anchored",
            "a tree size that was never anchored",
            second,
            3,
            2,
            "not-anchored",
        ),
        ("size-not-yet-anchored", "before the second anchor", first, 5, 5, "not-anchored"),
        ("another-root", "the root of another size", second, 5, 2, "root-mismatch"),
    )
    for case, description, block_hash, size, root_size, expect in cases:
        slot = anchor.root_storage_slot(log_id, size, CONTRACT["roots_slot"])
        _write(
            f"anchor/{case}",
            {
                "description": description,
                **common,
                "tree_size": size,
                "root_hash": roots[root_size].hex(),
                "block_hash": block_hash,
                "evidence": _evidence(node, contract, slot, block_hash),
                "expect": expect,
            },
        )
    record_history(node, first, second)


def _registered(node: Node) -> tuple[bytes, str, bytes]:
    """Deploy the contract and register the log; return registrar, contract and log id."""
    registrar = bytes.fromhex(node.call("eth_accounts")[0][2:])
    contract = node.transact(bytes.fromhex(CONTRACT["bytecode"][2:]))["contractAddress"]
    name = ORIGIN.encode()
    words = _word(32), _word(len(name)), name.ljust(32, b"\0")
    node.transact(_selector("register(string)") + b"".join(words), contract)
    return registrar, contract, anchor.log_id(registrar, ORIGIN)


def record_history(node: Node, earlier_hash: str, evidence_hash: str) -> None:
    """Record EIP-2935 proofs of an ancestor, and of a block that is none."""
    earlier = node.call("eth_getBlockByHash", earlier_hash, False)  # noqa: FBT003 -- JSON-RPC
    evidence = node.call("eth_getBlockByHash", evidence_hash, False)  # noqa: FBT003 -- JSON-RPC
    number = int(earlier["number"], 16)
    cases = (
        ("history", "an ancestor of the evidence block", number, "ok"),
        (
            "history-another-number",
            "an ancestor at a number not its own",
            number + 1,
            "history-mismatch",
        ),
        (
            "history-itself",
            "no block knows its own hash",
            int(evidence["number"], 16),
            "not-anchored",
        ),
    )
    for case, description, at, expect in cases:
        slot = anchor.history_storage_slot(at)
        found = _evidence(node, _hex(anchor.HISTORY_CONTRACT), slot, evidence_hash)
        _write(
            f"history/{case}",
            {
                "description": description,
                "source": SOURCE,
                "state_root": evidence["stateRoot"],
                "number": at,
                "block_hash": evidence_hash if at == int(evidence["number"], 16) else earlier_hash,
                "header": _hex(assemble_header(earlier)),
                "history": {name: found[name] for name in ("account_proof", "storage_proof")},
                "expect": expect,
            },
        )


def record_events(node: Node) -> None:
    """Anchor in blocks of several transactions, of every type, and record their receipts."""
    registrar, contract, log_id = _registered(node)
    leaves = [merkle.leaf_hash(b"entry %d" % index) for index in range(5)]
    roots = {size: merkle.root_of(leaves[:size]) for size in (2, 5)}
    path = [merkle.root_of(leaves[2:4]), leaves[4]]
    accounts = node.call("eth_accounts")
    first = _anchor_call(log_id, 2, roots[2], [])
    typed: tuple[dict[str, object], ...] = (
        {"gasPrice": GAS_PRICE},
        {"gasPrice": GAS_PRICE, "accessList": []},
        {"maxFeePerGas": GAS_PRICE, "maxPriorityFeePerGas": hex(10**9)},
    )
    for sender, members in zip(accounts[1:], typed, strict=False):
        node.call("eth_sendTransaction", {"from": sender, "to": accounts[9], **members})
    node.call("eth_sendRawTransaction", _set_code(node))
    call = {"to": contract, "gas": GAS, "data": _hex(first)}
    fees = {"maxFeePerGas": GAS_PRICE, "maxPriorityFeePerGas": hex(10**9)}
    stranger = node.call("eth_sendTransaction", {**call, **fees, "from": accounts[5]})
    ours = node.call("eth_sendTransaction", {**call, **fees, "from": _hex(registrar)})
    node.call("evm_mine")
    common = {"contract": contract, "log_id": _hex(log_id)}
    facts = {**common, "tree_size": 2, "root_hash": roots[2].hex()}
    at = {name: _index(node, tx) for name, tx in (("stranger", stranger), ("ours", ours))}
    refused = {**facts, "expect": "not-anchored"}
    other = {**refused, "root_hash": roots[5].hex()}
    _write_event(node, "typed-receipts: beside types 0, 1, 2 and 4", at["ours"], facts)
    _write_event(node, "reverted: the same call by a stranger", at["stranger"], refused)
    _write_event(node, "beyond: no such transaction", 6, refused)
    _write_event(node, "another-root: the root of another size", at["ours"], other)

    for number in range(20):
        transfer = {"from": accounts[1 + number % 8], "to": accounts[9], "gasPrice": GAS_PRICE}
        node.call("eth_sendTransaction", transfer)
    second = _hex(_anchor_call(log_id, 5, roots[5], path))
    legacy = {"from": _hex(registrar), "gasPrice": GAS_PRICE}
    sent = node.call("eth_sendTransaction", {**call, **legacy, "data": second})
    node.call("evm_mine")
    facts = {**common, "tree_size": 5, "root_hash": roots[5].hex()}
    index = _index(node, sent)
    _write_event(node, "crowded-block: one of 21, without a type", index, facts)
    refused = {**facts, "expect": "not-anchored"}
    _write_event(node, "transfer: a mere transfer", (index + 1) % 21, refused)


def _set_code(node: Node) -> str:
    """Sign a transaction of type 4 with a key of its own (EIP-7702)."""
    account = Account.from_key(b"\7" * 32)
    node.call("anvil_setBalance", account.address, hex(10**20))
    chain_id = int(node.call("eth_chainId"), 16)
    delegation = {"chainId": chain_id, "address": "0x" + "12" * 20, "nonce": 1}
    transaction = {
        "type": 4,
        "chainId": chain_id,
        "nonce": 0,
        "to": "0x" + "34" * 20,
        "value": 0,
        "gas": 200_000,
        "maxFeePerGas": int(GAS_PRICE, 16),
        "maxPriorityFeePerGas": 10**9,
        "data": "0x",
        "authorizationList": [account.sign_authorization(delegation)],
    }
    return _hex(account.sign_transaction(transaction).raw_transaction)


def _index(node: Node, tx_hash: str) -> int:
    return int(node.call("eth_getTransactionReceipt", tx_hash)["transactionIndex"], 16)


def _write_event(node: Node, title: str, index: int, facts: dict[str, object]) -> None:
    """Write what the newest block's receipts prove of one of them, by py-trie's proof."""
    name, _, description = title.partition(": ")
    block = node.call("eth_getBlockByNumber", "latest", False)  # noqa: FBT003 -- JSON-RPC
    receipts = [_encoded(one) for one in node.call("eth_getBlockReceipts", "latest")]
    root, nodes = evm_state.prove_receipt(receipts, index)
    if _hex(root) != block["receiptsRoot"]:
        raise SystemExit(f"{name}: the receipts make another root than the block's")
    _write(
        f"event/{name}",
        {
            "description": description,
            "source": SOURCE,
            "expect": "ok",
            **facts,
            "block_hash": block["hash"],
            "receipts": [_hex(one) for one in receipts],
            "evidence": {
                "kind": "receipt",
                "header": _hex(assemble_header(block)),
                "transaction_index": index,
                "receipt_proof": [_hex(one) for one in nodes],
            },
        },
    )


def _encoded(receipt: Json) -> bytes:
    """Return the consensus encoding of a receipt in JSON (EIP-2718)."""
    events = [
        [_bytes(one["address"]), [_bytes(topic) for topic in one["topics"]], _bytes(one["data"])]
        for one in receipt["logs"]
    ]
    gas, bloom = int(receipt["cumulativeGasUsed"], 16), _bytes(receipt["logsBloom"])
    kind = int(receipt["type"], 16)
    body = rlp.encode([int(receipt["status"], 16), gas, bloom, events])
    return (bytes([kind]) if kind else b"") + bytes(body)


def _bytes(text: str) -> bytes:
    return bytes.fromhex(text[2:])


def _evidence(node: Node, address: str, slot: bytes, block_hash: str) -> dict[str, object]:
    block = node.call("eth_getBlockByHash", block_hash, False)  # noqa: FBT003 -- JSON-RPC
    proof = node.proof(address, slot, block_hash)
    return {
        "kind": "storage",
        "header": _hex(assemble_header(block)),
        "account_proof": proof["accountProof"],
        "storage_proof": proof["storageProof"][0]["proof"],
    }


def _anchor_call(log_id: bytes, tree_size: int, root_hash: bytes, path: list[bytes]) -> bytes:
    words = [log_id, _word(tree_size), root_hash, _word(128), _word(len(path)), *path]
    return _selector("anchor(bytes32,uint64,bytes32,bytes32[])") + b"".join(words)


def _selector(signature: str) -> bytes:
    return keccak256(signature.encode())[:4]


def _word(number: int) -> bytes:
    return number.to_bytes(32, "big")


def _hex(octets: bytes) -> str:
    return "0x" + octets.hex()


def _write(name: str, case: dict[str, object]) -> None:
    path = VECTORS / f"{name}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(case, indent=1) + "\n")
    print(path.relative_to(REPO))


if __name__ == "__main__":
    main()
