"""What a verification was given, written so that the page's verifier can be asked the same."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

from in_node import ask

from provenance.given import (
    RPC_AWAY,
    OneFile,
    OneSealedFile,
    PartOfData,
    RangeOfFile,
    RpcView,
    WholeData,
)
from provenance.policy import Policy
from provenance.verify import read_fixity, read_opening, verify_receipt

if TYPE_CHECKING:
    from collections.abc import Sequence

    from provenance.comparison import Comparison
    from provenance.fingerprint import Summary
    from provenance.given import Data, GivenBlock, KeyStatus, RpcAnswer

__all__ = ["Edit", "Question", "ask_page", "ask_page_of_mutants", "edited"]

JUDGE = "../../tests/web/judge.js"

Json = Any
Edit = tuple[int, int, bytes]
"""Position, how many bytes are taken out there, and what takes their place."""


@dataclass(frozen=True)
class Question:
    """A receipt, a policy and what a reader gives: the arguments of ``verify_receipt``."""

    receipt: bytes
    policy: bytes
    now_unix: int
    blocks: Sequence[GivenBlock] = ()
    headers: Sequence[bytes] = ()
    """RLP of blocks given by their header, which are in ``blocks`` too."""
    rpc: RpcAnswer | None = None
    data: Data | None = None
    key_status: KeyStatus | None = None
    require: frozenset[str] = frozenset()
    allow_dev_chain: bool = False
    fixity: Sequence[bytes] = field(default_factory=tuple)
    """Receipts of ``fixity`` records."""
    opening: bytes | None = None
    """Receipt of an ``opening`` record."""
    authorities: str | None = None

    def verdict(self, receipt: bytes | None = None) -> Json:
        """Return the verdict of Python's verifier, on another receipt if one is named."""
        policy, now = Policy.parse(self.policy), self.now_unix
        verdict = verify_receipt(
            self.receipt if receipt is None else receipt,
            policy,
            now_unix=now,
            blocks=self.blocks,
            rpc=self.rpc,
            data=self.data,
            key_status=self.key_status,
            require=self.require,
            allow_dev_chain=self.allow_dev_chain,
            fixity=[read_fixity(one, policy, now_unix=now) for one in self.fixity],
            opening=None
            if self.opening is None
            else read_opening(self.opening, policy, now_unix=now),
            authorities=self.authorities,
        )
        return verdict.to_json()

    def request(self) -> Json:
        """Return what ``judge.js`` takes."""
        return {
            "receipt": self.receipt.hex(),
            "policy": self.policy.decode(),
            "now_unix": self.now_unix,
            "block_hashes": [
                f"0x{one.block_hash.hex()}" for one in self.blocks if one.header is None
            ],
            "headers": [one.hex() for one in self.headers],
            "rpc": _rpc(self.rpc),
            "data": None if self.data is None else _data(self.data),
            "key_status": None if self.key_status is None else _key_status(self.key_status),
            "require": sorted(self.require),
            "allow_dev_chain": self.allow_dev_chain,
            "fixity": [one.hex() for one in self.fixity],
            "opening": None if self.opening is None else self.opening.hex(),
            "authorities": self.authorities,
        }


def ask_page(questions: Sequence[Question]) -> list[Json]:
    """Return the page's verdicts."""
    answers = ask([(JUDGE, "judge", [one.request()]) for one in questions])
    return [json.loads(answer) for answer in answers]


def ask_page_of_mutants(question: Question, edits: Sequence[Edit]) -> list[Json]:
    """Return the page's verdicts on altered copies of a receipt."""
    listed = [[position, count, octets.hex()] for position, count, octets in edits]
    (answers,) = ask([(JUDGE, "judgeMutants", [question.request(), listed])])
    return [json.loads(answer) for answer in answers]


def edited(octets: bytes, edit: Edit) -> bytes:
    """Return the altered copy."""
    position, count, others = edit
    return octets[:position] + others + octets[position + count :]


def _rpc(rpc: RpcAnswer | None) -> Json:
    if rpc is None or rpc == RPC_AWAY or not isinstance(rpc, RpcView):
        return rpc
    roots = [
        {
            "chain_id": name.chain_id,
            "contract": name.contract.hex(),
            "log_id": name.log_id.hex(),
            "tree_size": name.tree_size,
            "root": root.hex(),
        }
        for name, root in rpc.roots.items()
    ]
    return {
        "chain_id": rpc.chain_id,
        "head": rpc.head,
        "finalized": rpc.finalized,
        "hashes": {str(number): one.hex() for number, one in rpc.hashes.items()},
        "genesis_hash": None if rpc.genesis_hash is None else rpc.genesis_hash.hex(),
        "roots": roots,
    }


def _data(data: Data) -> Json:
    if isinstance(data, WholeData):
        compared = None if data.comparison is None else _comparison(data.comparison)
        return {"kind": "whole", "found": _summary(data.found), "comparison": compared}
    if isinstance(data, PartOfData):
        return {
            "kind": "part",
            "manifest": _summary(data.manifest),
            "comparison": _comparison(data.comparison),
            "part": data.part,
        }
    if isinstance(data, OneFile):
        proof = data.proof.to_bytes().hex()
        return {"kind": "file", "proof": proof, "sha256": data.sha256.hex()}
    if isinstance(data, OneSealedFile):
        opening = data.opening.to_bytes().hex()
        return {"kind": "sealed-file", "opening": opening, "sha256": data.sha256.hex()}
    assert isinstance(data, RangeOfFile)
    file = {"path": data.file.path, "length": data.file.length}
    return {
        "kind": "range",
        "chunks": _summary(data.chunks),
        "file": {**file, "hashes": [one.hex() for one in data.file.hashes]},
        "first": data.first,
        "found": [one.hex() for one in data.found],
    }


def _summary(summary: Summary) -> Json:
    return {**asdict(summary), "digest": summary.digest.hex()}


def _comparison(comparison: Comparison) -> Json:
    return asdict(comparison)


def _key_status(status: KeyStatus) -> Json:
    return {
        "tree_size": status.tree_size,
        "revoked_at": status.revoked_at,
        "words": [{**asdict(word), "right": word.right.value} for word in status.words],
        "bound_later": status.bound_later,
    }
