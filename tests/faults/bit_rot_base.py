"""The ledger whose bits are flipped: anchored, with a manifest, receipts and a backup."""

from __future__ import annotations

import json
import shutil
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING

from faults.bit_rot_service import FILES
from faults.chain_events import anchored_header_hash
from faults.http import Connection, get
from faults.power_loss_node import read_blocks
from faults.processes import ORIGIN, Server
from faults.second_opinion import second_opinion
from faults.storage_forks import Forks, copy_ledger
from faults.wire import (
    Person,
    Tree,
    Violation,
    demand,
    entry_of,
    header_of,
    leaf_hash,
    payload_of,
    record_id,
    sha256,
    to_b64url,
    to_json,
)
from provenance.given import GivenBlock
from provenance.policy import Policy
from provenance.verify import verify_receipt

if TYPE_CHECKING:
    from faults.wire import JSON

__all__ = ["Rotting", "deposit_and_finish", "make_rotting"]

RECORDS = 7
FINAL_SECONDS = 60.0
_PROGRAM = Path(sys.executable).with_name("provenance")


@dataclass
class Rotting:
    """Two copies of one ledger, stopped in order and killed, and what is known of it."""

    place: Path
    files: dict[str, bytes]
    questions: JSON
    vkeys: list[str]
    tree: Tree
    tree_size: int
    policy: Policy
    root_kid: str
    blocks: frozenset[str]

    def folder(self, kind: str) -> Path:
        return self.place / kind

    def is_true(self, octets: bytes) -> bool:
        """Let our own verifier judge a changed receipt, by the block that the good one needs."""
        good = json.loads(self.files["receipt"])["anchored"]
        given = [
            GivenBlock.from_hash(anchored_header_hash(anchor["evidence"]["header"]))
            for part in good
            for anchor in part["anchors"]
        ]
        verdict = verify_receipt(
            octets, self.policy, now_unix=int(time.time()), blocks=given, allow_dev_chain=True
        )
        return verdict.exit_code == 0

    def demand_true(self, octets: bytes) -> None:
        """I3: another receipt than before was served; it may say less, and nothing wrong."""
        second_opinion([octets], self.policy.octets, self.blocks)


def make_rotting(founded: Path, place: Path, seed: int) -> Rotting:
    """Make the ledger, or find the one that an interrupted campaign made."""
    if not (place / "done").exists():
        shutil.rmtree(place, ignore_errors=True)
        _make(founded, place, seed)
        (place / "done").touch()
    return _read(place)


# --- making ---------------------------------------------------------------------------------


def _make(founded: Path, place: Path, seed: int) -> None:
    ledger = place / "ledger"
    shutil.copytree(founded, ledger)
    with Forks() as forks:
        prepared = forks.do("prepare", ledger, seed=f"rot {seed}", now=1_760_000_000).said[0]
        records = prepared.pop("records")
        person, rng = Person(b"rotting %d" % seed, ORIGIN), Random(seed)
        iat = int(time.time())
        records.append(person.key_record(rng, iat).decode())
        records += [person.deposit(rng, iat).decode() for _ in range(RECORDS)]
        (place / "receipt").write_bytes(deposit_and_finish(ledger, records))
        copy_ledger(ledger, place / "killed")
        copy_ledger(ledger, place / "stopped")
        demand(forks.do("publish", place / "stopped", **prepared).code == 0, "I9", "no manifest")
    command = [str(part) for part in (_PROGRAM, "backup", place / "stopped", place / "backup")]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    (place / "next").write_bytes(person.deposit(rng, iat))


def deposit_and_finish(ledger: Path, records: list[str], *, may_halt: bool = False) -> bytes:
    """Serve, deposit, wait until all is final, and kill the service; return the last receipt.

    Args:
        may_halt: or until anchoring was stopped, or the start refused, because the chain knows
            more than this copy.
    """
    server = Server(ledger)
    receipt = b""
    try:
        server.start()
        try:
            url = server.wait_ready()
        except Violation:
            if may_halt and "an older copy of the ledger than others have seen" in server.words():
                return receipt
            raise
        connection = Connection()
        for record in records:
            sent = {"content-type": "application/sd-jwt"}
            status, _ = connection.ask(url, "POST", "/v1/records", record.encode(), sent)
            demand(status == 201, "I1", f"status {status} for a good record")
        connection.close()
        _wait_final(url, may_halt=may_halt)
        if records:
            path = f"/v1/records/{record_id(records[-1].encode()).hex()}/receipt"
            receipt = get(url, path)[1]
        server.kill()
    finally:
        server.end()
    return receipt


def _wait_final(url: str, *, may_halt: bool) -> None:
    deadline = time.monotonic() + FINAL_SECONDS
    while time.monotonic() < deadline:
        size = int(get(url, "/checkpoint")[1].split(b"\n")[1])
        anchors = json.loads(get(url, "/v1/anchors?limit=100")[1])["items"]
        if any(one["tree_size"] == size and one["state"] == "final" for one in anchors):
            return
        if may_halt and b'"halted"' in get(url, "/v1/ready")[1]:
            return
        time.sleep(0.2)
    demand(False, "I9", "the head is not final")  # noqa: FBT003 -- what is demanded


# --- reading --------------------------------------------------------------------------------


def _read(place: Path) -> Rotting:
    files = {
        name: (place / "stopped" / name).read_bytes()
        for name in ("ledger.sqlite", "keys.sqlite", "signer.memory")
    }
    for name in ("ledger.sqlite-wal", "keys.sqlite-wal"):
        path = place / "killed" / name
        files[name] = path.read_bytes() if path.exists() else b""
    files |= {name: (place / name).read_bytes() for name in ("receipt", "backup")}
    files |= {name: (place / "ledger" / name).read_bytes() for name in FILES}
    with closing(sqlite3.connect(place / "stopped" / "ledger.sqlite")) as db:
        entries = [row[0] for row in db.execute("SELECT entry FROM entries ORDER BY leaf_index")]
        digests = {row[0] for row in db.execute("SELECT digest FROM file_digests")}
    tree = Tree()
    new = (place / "next").read_bytes()
    tree.leaves = [leaf_hash(entry) for entry in [*entries, entry_of(new)]]
    claims = [payload_of(entry) for entry in entries]
    sets = [claim["dataset_digest"] for claim in claims if "dataset_digest" in claim]
    policy = (place / "stopped" / "policy.json").read_bytes()
    blocks = read_blocks((place / "ledger" / "anvil" / "state.json").read_bytes())
    return Rotting(
        place=place,
        files=files,
        questions={
            "tree_size": len(entries),
            "ids": [record_id(entry).hex() for entry in entries],
            "kids": sorted({header_of(entry)["kid"] for entry in entries}),
            "digests": [*sets, *sorted(digest.hex() for digest in digests)[:5]],
            "batches": [[new.decode()]],
        },
        vkeys=[key["vkey"] for key in json.loads(policy)["checkpoint_keys"]],
        tree=tree,
        tree_size=len(entries),
        policy=Policy.parse(policy),
        root_kid=_kid_of(json.loads(policy)["root_key"]),
        blocks=frozenset(blocks.values()),
    )


def _kid_of(jwk: JSON) -> str:
    """RFC 7638."""
    return to_b64url(sha256(to_json({name: jwk[name] for name in ("crv", "kty", "x")})))
