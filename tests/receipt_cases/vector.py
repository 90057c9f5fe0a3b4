"""A vector: a receipt, a policy, what the reader gives, and what must come of it."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, TypeAlias

import receipts
from eth_hash.auto import keccak

from provenance.chunks import find_chunked, parse_chunks
from provenance.comparison import Comparison
from provenance.digests import from_evm_hex, to_evm_hex
from provenance.file_proof import FileProof
from provenance.fingerprint import Summary
from provenance.given import (
    RPC_AWAY,
    GivenBlock,
    KeyStatus,
    OneFile,
    PartOfData,
    RangeOfFile,
    RootName,
    RpcView,
    WholeData,
)
from provenance.policy import Policy
from provenance.verify import read_fixity, verify_receipt

if TYPE_CHECKING:
    from receipts import Built

    from provenance.given import Data, RpcAnswer
    from provenance.receipt import ProofSet
    from provenance.verdict import Verdict

__all__ = [
    "FOREIGN_HASH",
    "Case",
    "Json",
    "case",
    "data_of",
    "hashes_of",
    "node",
    "other_record_path",
    "rpc_of",
    "to_text",
    "to_vector",
    "verdict_json",
    "verify_case",
]

Json: TypeAlias = Any
"""What a JSON file gives."""

SOURCE = "scripts/make_receipt_vectors.py"
FOREIGN_HASH = "0x" + "09" * 32


@dataclass
class Case:
    """One vector before it is written."""

    name: str
    description: str
    expect: str
    receipt: bytes
    policy: bytes
    given: dict[str, Json] = field(default_factory=dict)


# --- running a vector ---------------------------------------------------------------------


def verify_case(vector: dict[str, Json]) -> Verdict:
    """Verify a vector as read from its file."""
    given = vector["given"]
    blocks = [GivenBlock.from_hash(text) for text in given.get("block_hashes", [])]
    blocks += [GivenBlock.from_header(from_evm_hex(text)) for text in given.get("headers", [])]
    status = given.get("key_status")
    policy, now_unix = Policy.parse(vector["policy"].encode()), vector["now_unix"]
    fixity = (text.encode() for text in given.get("fixity", []))
    return verify_receipt(
        vector["receipt"].encode(),
        policy,
        now_unix=now_unix,
        blocks=blocks,
        rpc=rpc_of(given.get("rpc")),
        data=data_of(given.get("data")),
        key_status=None if status is None else KeyStatus(**status),
        require=frozenset(given.get("require", [])),
        allow_dev_chain=given.get("allow_dev_chain", False),
        fixity=[read_fixity(octets, policy, now_unix=now_unix) for octets in fixity],
    )


def rpc_of(value: Json) -> RpcAnswer | None:
    """Return what a vector says that a node answered."""
    if value is None:
        return None
    if value == RPC_AWAY:
        return RPC_AWAY
    genesis = value.get("genesis_hash")
    return RpcView(
        chain_id=value["chain_id"],
        head=value["head"],
        finalized=value["finalized"],
        hashes={int(number): from_evm_hex(text) for number, text in value["hashes"].items()},
        genesis_hash=None if genesis is None else from_evm_hex(genesis),
        roots={_root_name(one): from_evm_hex(one["root"]) for one in value.get("roots", [])},
    )


def _root_name(value: Json) -> RootName:
    contract, log_id = from_evm_hex(value["contract"]), from_evm_hex(value["log_id"])
    return RootName(value["chain_id"], contract, log_id, value["tree_size"])


def data_of(value: Json) -> Data | None:
    """Return what a vector says that lies on the disk."""
    if value is None:
        return None
    if value["kind"] == "file":
        proof = FileProof.parse(value["proof"].encode())
        return OneFile(proof, bytes.fromhex(value["sha256"]))
    if value["kind"] == "range":
        chunks = parse_chunks(value["chunks"].encode().splitlines(keepends=True))
        file = find_chunked(chunks, value["path"])
        found = tuple(map(bytes.fromhex, value["found"]))
        return RangeOfFile(chunks.header, file, value["first"], found)
    summary = Summary(bytes.fromhex(value["digest"]), value["files"], value["bytes"])
    if value["kind"] == "whole":
        return WholeData(summary)
    changed = tuple(value["changed"])
    return PartOfData(summary, Comparison(value["matched"], changed, (), (), (), ()))


def verdict_json(verdict: Verdict) -> dict[str, Json]:
    """Return what an implementation in any language must find."""
    bounds = {
        "not_before": verdict.not_before,
        "not_after": verdict.not_after,
        "signed_not_before": verdict.signed_not_before,
    }
    return {
        "exit_code": verdict.exit_code,
        "independent": verdict.independent,
        **{name: bound and bound.time_unix for name, bound in bounds.items()},
        "checks": [
            [check.number, check.subject, check.outcome.value, check.code]
            for check in verdict.checks
        ],
    }


def to_vector(case: Case) -> dict[str, Json]:
    """Return the file's content; what the verdict is, the verifier says, and git remembers."""
    vector: dict[str, Json] = {
        "description": case.description,
        "source": SOURCE,
        "receipt": case.receipt.decode(),
        "policy": case.policy.decode(),
        "given": case.given,
        "now_unix": receipts.NOW,
        "expect": case.expect,
    }
    return {**vector, "verdict": verdict_json(verify_case(vector))}


def to_text(vector: dict[str, Json]) -> str:
    """Write a vector as it lies in its file."""
    return json.dumps(vector, ensure_ascii=False, indent=1) + "\n"


# --- making one -------------------------------------------------------------------------


def case(
    name: str,
    description: str,
    expect: str,
    made: Built,
    *,
    octets: bytes | None = None,
    **given: Json,
) -> Case:
    receipt = made.octets if octets is None else octets
    return Case(name, description, expect, receipt, made.policy.octets, given)


def hashes_of(made: Built) -> list[str]:
    return [to_evm_hex(block_hash) for block_hash in made.evidence_hashes.values()]


def node(made: Built, *, finalized: int | None = receipts.EVIDENCE_NUMBER, **members: Json) -> Json:
    """Return a node of the beacon's chain that has both blocks."""
    chain_id = made.shape.beacon_chain
    evidence = made.evidence_hashes.get(chain_id, bytes(32))
    return {
        "chain_id": chain_id,
        "head": receipts.EVIDENCE_NUMBER + 70,
        "finalized": finalized,
        "hashes": {
            str(receipts.EVIDENCE_NUMBER): to_evm_hex(evidence),
            str(receipts.BEACON_NUMBER): to_evm_hex(made.beacon_hash),
        },
        "genesis_hash": to_evm_hex(keccak(b"genesis %d" % chain_id)),
        **members,
    }


def other_record_path(proofs: ProofSet) -> ProofSet:
    """Return the proofs with another first hash on the record's path."""
    return replace(proofs, record=(bytes(32), *proofs.record[1:]))
