"""Record headers and proofs of a real anvil as test vectors, in tests/vectors/{header,anchor}.

    python scripts/record_chain_vectors.py

Needs ``npm ci``. The vectors are recordings, not golden files: a block holds random bytes, so
each run writes others. Tests read what is committed; run this again only when the contract or
its layout changes.
"""

from __future__ import annotations

import json
import socket
import subprocess
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.error import URLError
from urllib.request import Request, urlopen

from provenance import anchor, merkle
from provenance.chain.blocks import assemble_header
from provenance.keccak import keccak256

if TYPE_CHECKING:
    from collections.abc import Iterator

REPO = Path(__file__).resolve().parent.parent
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
    """Record all vectors, each fork and the anchors on a chain of its own."""
    for fork in FORKS:
        with fresh_node(fork) as node:
            record_header(node, fork)
    with fresh_node("osaka") as node:
        record_anchors(node)


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
    registrar = bytes.fromhex(node.call("eth_accounts")[0][2:])
    contract = node.transact(bytes.fromhex(CONTRACT["bytecode"][2:]))["contractAddress"]
    name = ORIGIN.encode()
    words = _word(32), _word(len(name)), name.ljust(32, b"\0")
    node.transact(_selector("register(string)") + b"".join(words), contract)
    log_id = anchor.log_id(registrar, ORIGIN)

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
