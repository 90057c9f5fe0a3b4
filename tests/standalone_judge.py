"""Runs vectors inside the single file, in a process of its own: ``python -I -S`` and no library.

    python -I -S standalone_judge.py VERIFY.PY < requests.jsonl > answers.jsonl

Each line is one request; the answer is one line of JSON. It imports nothing but what VERIFY.PY
holds, so what it finds is what the file finds.
"""

from __future__ import annotations

import importlib
import json
import runpy
import sys
from types import SimpleNamespace
from typing import Any, TypeAlias

Json: TypeAlias = Any
"""What a JSON file gives, and what a file without types makes of it."""


def _modules() -> SimpleNamespace:
    runpy.run_path(sys.argv[1])["load"]()
    names = (
        "chunks",
        "comparison",
        "errors",
        "file_proof",
        "fingerprint",
        "given",
        "keccak",
        "keys",
        "policy",
    )
    found = {name: importlib.import_module(f"provenance.{name}") for name in names}
    return SimpleNamespace(verify=importlib.import_module("provenance.verify"), **found)


def _rpc(m: SimpleNamespace, value: Json) -> object:
    if value is None or value == m.given.RPC_AWAY:
        return value
    roots = {
        m.given.RootName(
            one["chain_id"], _evm(one["contract"]), _evm(one["log_id"]), one["tree_size"]
        ): _evm(one["root"])
        for one in value.get("roots", [])
    }
    return m.given.RpcView(
        chain_id=value["chain_id"],
        head=value["head"],
        finalized=value["finalized"],
        hashes={int(number): _evm(text) for number, text in value["hashes"].items()},
        genesis_hash=None if value.get("genesis_hash") is None else _evm(value["genesis_hash"]),
        roots=roots,
    )


def _evm(text: str) -> bytes:
    return bytes.fromhex(text.removeprefix("0x"))


def _data(m: SimpleNamespace, value: Json) -> object:
    if value is None:
        return None
    if value["kind"] == "file":
        proof = m.file_proof.FileProof.parse(value["proof"].encode())
        return m.given.OneFile(proof, bytes.fromhex(value["sha256"]))
    if value["kind"] == "range":
        chunks = m.chunks.parse_chunks(value["chunks"].encode().splitlines(keepends=True))
        file = m.chunks.find_chunked(chunks, value["path"])
        found = tuple(map(bytes.fromhex, value["found"]))
        return m.given.RangeOfFile(chunks.header, file, value["first"], found)
    digest = bytes.fromhex(value["digest"])
    summary = m.fingerprint.Summary(digest, value["files"], value["bytes"])
    if value["kind"] == "whole":
        return m.given.WholeData(summary)
    changed = tuple(value["changed"])
    comparison = m.comparison.Comparison(value["matched"], changed, (), (), (), ())
    return m.given.PartOfData(summary, comparison)


def _verdict(m: SimpleNamespace, vector: Json, receipt: bytes) -> Json:
    given = vector["given"]
    blocks = [m.given.GivenBlock.from_hash(text) for text in given.get("block_hashes", [])]
    blocks += [m.given.GivenBlock.from_header(_evm(text)) for text in given.get("headers", [])]
    policy, now = m.policy.Policy.parse(vector["policy"].encode()), vector["now_unix"]
    status = given.get("key_status")
    fixity = (text.encode() for text in given.get("fixity", []))
    return m.verify.verify_receipt(
        receipt,
        policy,
        now_unix=now,
        blocks=blocks,
        rpc=_rpc(m, given.get("rpc")),
        data=_data(m, given.get("data")),
        key_status=None if status is None else m.given.KeyStatus(**status),
        require=frozenset(given.get("require", [])),
        allow_dev_chain=given.get("allow_dev_chain", False),
        fixity=[m.verify.read_fixity(octets, policy, now_unix=now) for octets in fixity],
    )


def _receipt(m: SimpleNamespace, vector: Json) -> object:
    verdict = _verdict(m, vector, vector["receipt"].encode())
    names = ("not_before", "not_after", "signed_not_before")
    bounds = {name: getattr(verdict, name) for name in names}
    return {
        "exit_code": verdict.exit_code,
        "independent": verdict.independent,
        **{name: bound and bound.time_unix for name, bound in bounds.items()},
        "checks": [
            [check.number, check.subject, check.outcome.value, check.code]
            for check in verdict.checks
        ],
    }


def _mutants(m: SimpleNamespace, vector: Json) -> object:
    """Return the positions whose altered byte leaves an exit code of 0, 3 or 4."""
    octets, left = vector["receipt"].encode(), []
    for position in range(vector["start"], len(octets), vector["step"]):
        altered = bytes([octets[position] ^ 1])
        mutant = octets[:position] + altered + octets[position + 1 :]
        code = _verdict(m, vector, mutant).exit_code
        left += [[position, code]] if code not in {1, 2} else []
    return left


def _signature(m: SimpleNamespace, case: Json) -> object:
    try:
        key = m.keys.PublicKey(case["alg"], bytes.fromhex(case["key"]))
    except m.errors.MalformedError:
        return "key"
    try:
        key.verify(bytes.fromhex(case["sig"]), bytes.fromhex(case["msg"]))
    except m.errors.BadSignatureError:
        return "signature"
    return "ok"


def _keccak(m: SimpleNamespace, case: Json) -> object:
    return m.keccak.keccak256(bytes.fromhex(case["msg"])).hex()


def main() -> None:
    """Answer every request on standard input."""
    modules = _modules()
    kinds = {
        "receipt": _receipt,
        "mutants": _mutants,
        "signature": _signature,
        "keccak": _keccak,
    }
    for line in sys.stdin:
        request = json.loads(line)
        print(json.dumps(kinds[request["kind"]](modules, request)))  # noqa: T201 -- the answer


if __name__ == "__main__":
    main()
