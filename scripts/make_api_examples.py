"""Make the examples of the OpenAPI document, ``api/examples.json``.

    .venv/bin/python scripts/make_api_examples.py [--check]

They are what a ledger of four entries would answer (``tests/example_ledger.py``), with fixed keys,
salts and clock, so each run writes the same bytes; ``--check`` writes nothing and exits 1 where
something would differ. A test compares their members with those of a running service.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

REPO = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(REPO), str(REPO / "tests")]  # run as a file, it sees only its own folder

# ruff: noqa: E402 -- the lines above have to come first
from example_ledger import ALICE, ORIGIN, T0, World, make_world
from provenance_api.problems import problem_body

from provenance import merkle
from provenance.digests import to_b64, to_evm_hex
from provenance.errors import CheckDigitError, OperatorTypeError
from provenance.exports.signposts import links_of, linkset_of
from provenance.fingerprint import write_manifest
from provenance.holder_statement import DISCLOSURE, PUBLICATION, issue_statement
from provenance.receipt import to_tlog_proof
from provenance.record import Record, deposit_of, parse_record

__all__ = ["examples", "main", "octets"]

TARGET = REPO / "api" / "examples.json"
DEPOSIT, KEY = 3, 2
JTI = "9f5c1d0e6b7a48c2"


def examples(world: World) -> dict[str, Any]:
    """Return every example by name."""
    deposit, key = world.records[DEPOSIT], world.records[KEY]
    first, anchored = world.receipts["unanchored"], world.receipts["anchored"]
    return {
        "record": deposit.compact.decode(),
        "receipt_of_a_new_record": json.loads(first.to_bytes()),
        "receipt": json.loads(anchored.to_bytes()),
        "tlog_proof": to_tlog_proof(anchored),
        "batch": [
            key.compact.decode(),
            deposit.compact.decode(),
            world.records[0].compact.decode(),
        ],
        "batch_results": _batch_results(world),
        "record_view": _record_view(world),
        "linkset": _linkset(deposit),
        "public_record": deposit.public().decode(),
        "manifest": write_manifest(world.entries).decode(),
        "authorization": f"JWS {_statement(PUBLICATION, deposit.id_hex)}",
        "disclosure_request": _statement(DISCLOSURE, deposit.id_hex),
        "record_id": deposit.id_hex,
        "dataset_digest": deposit.claims["dataset_digest"],
        "lookup": {"items": [_hit(world)], "next": None},
        "anchors": {"items": [_anchor(world)], "next": None},
        "checkpoint": world.notes[4],
        "inclusion": {
            "leaf_index": DEPOSIT,
            "tree_size": 4,
            "path": [to_b64(node) for node in merkle.inclusion_path(world.leaves, DEPOSIT)],
        },
        "consistency": {
            "from_tree_size": 2,
            "to_tree_size": 4,
            # RFC 9162 §2.1.4.1: from 2 to 4, the right half is all that is new
            "path": [to_b64(merkle.root_of(world.leaves[2:]))],
        },
        "policy": json.loads(world.policy.octets),
        "ledger": _ledger(world),
        "receipt_for_people": '<!doctype html>\n<html lang="zh">...</html>\n',
        "health": {"status": "alive", "origin": ORIGIN, "version": "0.1.0"},
        "ready": _readiness(None),
        "not_ready": _readiness("full"),
        "problem": problem_body(
            CheckDigitError("expected check digit 7, got 8", field="contributors[2].orcid"), "en"
        ),
    }


def octets() -> bytes:
    """Return the whole file."""
    return json.dumps(examples(make_world()), indent=1, ensure_ascii=False).encode() + b"\n"


def _batch_results(world: World) -> dict[str, Any]:
    key = world.records[KEY]
    first = json.loads(world.receipts["unanchored"].to_bytes())
    # a key record carries its own key
    of_key = {**first, "record": {"sd_jwt": key.compact.decode(), "leaf_index": KEY}, "keys": []}
    path = [to_b64(node) for node in merkle.inclusion_path(world.leaves, KEY)]
    of_key["first"] = {**first["first"], "record": path, "keys": []}
    refused = OperatorTypeError("a genesis record is the operator's", field="header.typ")
    return {
        "results": [
            {"status": "integrated", "id": key.id_hex, "leaf_index": KEY, "receipt": of_key},
            {
                "status": "integrated",
                "id": world.records[DEPOSIT].id_hex,
                "leaf_index": DEPOSIT,
                "receipt": first,
            },
            {"status": "refused", "problem": problem_body(refused, "en")},
        ]
    }


def _ledger(world: World) -> dict[str, Any]:
    anchor = _anchor(world)
    shown = ("anchor_id", "tree_size", "state", "block_number", "block_hash", "block_time", "level")
    last = {name: anchor[name] for name in shown} | {"cost_at_most_wei": "2100000000000000"}
    chain = world.policy.chains[0]
    return {
        "origin": ORIGIN,
        "size": 4,
        "began_at": world.records[1].iat,
        "newest_at": world.records[DEPOSIT].iat,
        "last_hour": 3,
        "last_day": 3,
        "chains": [
            {
                "chain_id": chain.chain_id,
                "name": chain.name,
                "independent": chain.independent,
                "retired": False,
                "newest": last,
                "final": last,
            }
        ],
        "parts": {name: part["ready"] for name, part in _readiness(None)["parts"].items()},
    }


def _linkset(deposit: Record) -> dict[str, Any]:
    page = f"/records/{deposit.id_hex}"
    shown = parse_record(deposit.public(), complete=False)
    return linkset_of(links_of(shown, page=page, has_manifest=True), page=page)


def _record_view(world: World) -> dict[str, Any]:
    shown = parse_record(world.records[DEPOSIT].public(), complete=False)
    return {
        "id": shown.id_hex,
        "leaf_index": DEPOSIT,
        "type": shown.type,
        "key": shown.kid,
        "claimed_at": shown.iat,
        "sd_jwt": shown.compact.decode(),
        "claims": shown.payload,
        "manifest": True,
        "standing": _standing(shown.kid),
    }


def _standing(owner: str) -> dict[str, Any]:
    return {
        "owner": owner,
        "withdrawn": None,
        "disputed": False,
        "corrected": None,
        "superseded_by": None,
        "disputes": [],
        "complete": True,
    }


def _statement(typ: str, record_id: str) -> str:
    return issue_statement(typ, record_id=record_id, private_key=ALICE, aud=ORIGIN, iat=T0, jti=JTI)


def _hit(world: World) -> dict[str, Any]:
    record = parse_record(world.records[DEPOSIT].public(), complete=False)
    shown = deposit_of(record)
    return {
        "id": record.id_hex,
        "leaf_index": DEPOSIT,
        "type": record.type,
        "key": record.kid,
        "identity": "self-asserted",
        "claimed_at": record.iat,
        "assurance": None,
        "title": shown.title,
        "people": [
            {"name": one.name, "orcid": one.orcid, "roles": list(one.roles)}
            for one in shown.contributors
            if one is not None
        ],
        "contributors": len(shown.contributors),
        "fixity": [],
        "more_fixity": False,
        "standing": _standing(record.kid),
        "sealed": None,
        "signer_bound": None,
        "digest": None,
        "of": None,
    }


def _anchor(world: World) -> dict[str, Any]:
    receipt = json.loads(world.receipts["anchored"].to_bytes())
    proved, beacon = receipt["anchored"][0]["anchors"][0], world.records[1]
    return {
        "anchor_id": 1,
        "chain_id": proved["chain_id"],
        "tree_size": 4,
        "root_hash": world.roots[4].hex(),
        "state": "final",
        "block_number": world.evidence.number,
        "block_hash": to_evm_hex(world.evidence.hash),
        "block_time": world.evidence.timestamp,
        "transactions": ["0x" + "5e" * 32],
        "evidence": proved["evidence"],
        "level": "proof",
        "widened_by": 0,
        "histories": [
            {
                "block_number": beacon.claims["number"],
                "block_hash": beacon.claims["block_hash"],
                "proof": proved["history"],
            }
        ],
    }


def _readiness(disk: str | None) -> dict[str, Any]:
    return {
        "ready": disk is None,
        "parts": {
            "writer": {"ready": True, "detail": "running"},
            "records": {
                "ready": disk is None,
                "detail": "taking records" if disk is None else "storage-full",
            },
            "database": {"ready": True, "detail": "answers"},
            "disk": {"ready": disk is None, "detail": disk or "free"},
            "scrub": {"ready": True, "detail": "sound so far"},
            "chain": {"ready": True, "detail": "following"},
        },
    }


def main() -> int:
    """Write the file, or compare with ``--check``."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 if it differs")
    made = octets()
    if not parser.parse_args().check:
        TARGET.write_bytes(made)
        return 0
    return 0 if TARGET.read_bytes() == made else 1


if __name__ == "__main__":
    sys.exit(main())
