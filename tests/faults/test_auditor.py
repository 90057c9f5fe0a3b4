"""The control: an auditor that finds nothing in a broken ledger proves nothing about a good one."""

from __future__ import annotations

import base64
import copy
import json
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from random import Random
from typing import TYPE_CHECKING, Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from oracles.evm_state import State, header, mapping_slot

from faults import wire
from faults.auditor import Auditor, check_anchors
from faults.chain_events import AnchorEvent, ChainView, Transaction, keccak256
from faults.journal import Journal
from faults.wire import Person, Tree, Violation

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

ORIGIN = "made.example/log"
SIZE = 11
SIGNED = (3, 8, SIZE)
CONTRACT, LOG_ID, CODE = b"\xc0" * 20, wire.sha256(b"log"), b"code"

_KEY = Ed25519PrivateKey.from_private_bytes(wire.sha256(b"checkpoint key"))
_PUBLIC = b"\1" + _KEY.public_key().public_bytes_raw()
_KEY_ID = wire.sha256(ORIGIN.encode() + b"\n" + _PUBLIC)[:4]
VKEY = f"{ORIGIN}+{_KEY_ID.hex()}+{base64.b64encode(_PUBLIC).decode()}"


def signed_note(size: int, root: bytes) -> str:
    body = f"{ORIGIN}\n{size}\n{base64.b64encode(root).decode()}\n"
    blob = base64.b64encode(_KEY_ID + _KEY.sign(body.encode())).decode()
    return f"{body}\n\N{EM DASH} {ORIGIN} {blob}\n"


def path_of(tree: Tree, index: int, size: int, start: int = 0) -> list[bytes]:
    """RFC 9162 section 2.1.3.1, as it stands there."""
    if size == 1:
        return []
    split = 1 << ((size - 1).bit_length() - 1)
    left, right = Tree(), Tree()
    left.leaves = tree.leaves[start : start + split]
    right.leaves = tree.leaves[start + split : start + size]
    if index < split:
        return [*path_of(tree, index, split, start), right.root(size - split)]
    return [*path_of(tree, index - split, size - split, start + split), left.root(split)]


PERSON = Person(b"somebody", ORIGIN)


def compacts_of(rng: Random) -> list[bytes]:
    return [PERSON.key_record(rng, 1)] + [PERSON.deposit(rng, 1) for _ in range(SIZE - 1)]


COMPACTS = compacts_of(Random(1))
TREE = Tree()
TREE.leaves = [wire.leaf_hash(wire.entry_of(compact)) for compact in COMPACTS]


def slot_of(size: int) -> bytes:
    return mapping_slot(size.to_bytes(8, "big"), mapping_slot(LOG_ID, b""))


def anchored_state() -> State:
    """A chain's state in which all the signed heads are anchored."""
    state = State()
    state.add(CONTRACT, CODE, {slot_of(size): TREE.root(size) for size in SIGNED})
    return state


STATE = anchored_state()
HEADER = header(7, 1_800_000_000, STATE.root, bytes(32))
BLOCK = "0x" + keccak256(HEADER).hex()
OTHER_HEADER = "0x" + header(8, 1_800_000_000, STATE.root, bytes(32)).hex()
CHAIN = {
    "chain_id": 7,
    "contract": "0x" + CONTRACT.hex(),
    "log_id": "0x" + LOG_ID.hex(),
    "code_hash": "0x" + keccak256(CODE).hex(),
    "roots_slot": 0,
}


def evidence_of(size: int) -> dict[str, Any]:
    account, storage = STATE.prove(CONTRACT, slot_of(size))
    return {
        "kind": "storage",
        "header": "0x" + HEADER.hex(),
        "account_proof": ["0x" + node.hex() for node in account],
        "storage_proof": ["0x" + node.hex() for node in storage],
    }


@dataclass
class World:
    """A small ledger folder, made by hand, and what it has said."""

    folder: Path
    journal: Journal
    auditor: Auditor
    compacts: list[bytes]
    receipts: list[bytes]

    def execute(self, statement: str, *values: object) -> None:
        with closing(sqlite3.connect(self.folder / "ledger.sqlite")) as db, db:
            assert db.execute(statement, values).rowcount == 1

    def judge(self) -> None:
        self.auditor.read_entries(from_index=0)
        self.auditor.check_acknowledged()
        self.auditor.check_heads()
        self.auditor.check_receipts(ChainView(blocks={BLOCK}))


def receipt_of(tree: Tree, compacts: Sequence[bytes], index: int, size: int) -> dict[str, Any]:
    def encode(at: int) -> list[str]:
        return [base64.b64encode(node).decode() for node in path_of(tree, at, size)]

    checkpoint = signed_note(size, tree.root(size))
    part = {"checkpoint": checkpoint, "record": encode(index), "keys": [encode(0)], "beacon": None}
    evidence = {"chain_id": 7, "evidence": evidence_of(size)}
    return {
        "record": {"sd_jwt": compacts[index].decode(), "leaf_index": index},
        "keys": [{"sd_jwt": compacts[0].decode(), "leaf_index": 0}],
        "beacon": None,
        "first": part,
        "anchored": [{**part, "anchors": [evidence]}],
    }


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    compacts, tree = COMPACTS, TREE
    policy = {"origin": ORIGIN, "checkpoint_keys": [{"vkey": VKEY}], "chains": [CHAIN]}
    (tmp_path / "policy.json").write_text(json.dumps(policy))
    with closing(sqlite3.connect(tmp_path / "ledger.sqlite")) as db, db:
        db.execute("CREATE TABLE entries (leaf_index INTEGER PRIMARY KEY, entry BLOB)")
        db.execute("CREATE TABLE log_head (tree_size INTEGER)")
        db.execute("CREATE TABLE heads (tree_size INTEGER PRIMARY KEY, root_hash BLOB)")
        db.execute("CREATE TABLE checkpoints (tree_size INTEGER PRIMARY KEY, note TEXT)")
        rows = [(index, wire.entry_of(compact)) for index, compact in enumerate(compacts)]
        db.executemany("INSERT INTO entries VALUES (?, ?)", rows)
        db.execute("INSERT INTO log_head VALUES (?)", (SIZE,))
        for size in SIGNED:
            root = tree.root(size)
            db.execute("INSERT INTO heads VALUES (?, ?)", (size, root))
            db.execute("INSERT INTO checkpoints VALUES (?, ?)", (size, signed_note(size, root)))
    journal = Journal(tmp_path / "journal.sqlite")
    receipts = []
    for index, compact in enumerate(compacts):
        size = next(size for size in SIGNED if size > index)
        octets = wire.to_json(receipt_of(tree, compacts, index, size))
        journal.ack(compact, index, octets, is_new=True, retried=False, at=1.0)
        receipts.append(octets)
    for size in SIGNED:
        journal.saw_note(signed_note(size, tree.root(size)))
    yield World(tmp_path, journal, Auditor(tmp_path, journal), compacts, receipts)
    journal.close()


def violated(world: World) -> str:
    with pytest.raises(Violation) as raised:
        world.judge()
    return raised.value.invariant


# --- entries and heads ----------------------------------------------------------------------


def test_good_ledger_passes(world: World) -> None:
    world.judge()
    world.judge()


def test_lost_newest_entry_is_found(world: World) -> None:
    world.execute("DELETE FROM entries WHERE leaf_index = ?", SIZE - 1)
    world.execute("UPDATE log_head SET tree_size = ?", SIZE - 1)

    assert violated(world) == "I1"


def test_lost_entry_in_the_middle_is_found(world: World) -> None:
    world.execute("DELETE FROM entries WHERE leaf_index = 4")

    assert violated(world) == "I2"


def test_moved_entry_is_found(world: World) -> None:
    for at, other in ((4, 5), (5, 4)):
        entry = wire.entry_of(world.compacts[other])
        world.execute("UPDATE entries SET entry = ? WHERE leaf_index = ?", entry, at)

    assert violated(world) == "I1"


def test_entry_that_changes_later_is_found_though_nobody_deposited_it(world: World) -> None:
    world.execute("INSERT INTO entries VALUES (?, ?)", SIZE, b"of the operator")
    world.judge()
    world.execute("UPDATE entries SET entry = ? WHERE leaf_index = ?", b"another", SIZE)

    assert violated(world) == "I2"


def test_head_without_its_entries_is_found(world: World) -> None:
    world.execute("UPDATE log_head SET tree_size = ?", SIZE + 1)

    assert violated(world) == "I2"


def test_head_of_another_tree_is_found(world: World) -> None:
    world.execute("UPDATE heads SET root_hash = ? WHERE tree_size = 8", bytes(32))

    assert violated(world) == "I4"


def test_checkpoint_that_vanished_is_found(world: World) -> None:
    world.execute("DELETE FROM checkpoints WHERE tree_size = 8")

    assert violated(world) == "I4"


def test_second_root_at_a_size_is_found(world: World) -> None:
    world.journal.saw_note(signed_note(8, wire.sha256(b"fork")))

    assert violated(world) == "I4"


def test_checkpoint_by_another_key_is_found(world: World) -> None:
    note = signed_note(8, world.auditor.tree.root(0))
    world.journal.saw_note(note.replace(f" {ORIGIN} ", f" {ORIGIN}x "))

    assert violated(world) == "I4"


# --- what clients were told -----------------------------------------------------------------


def test_another_index_for_the_same_record_is_found(world: World) -> None:
    with pytest.raises(Violation, match="I7"):
        world.journal.ack(
            world.compacts[4], 5, world.receipts[4], is_new=False, retried=False, at=2.0
        )


def test_another_record_at_the_same_index_is_found(world: World) -> None:
    other = Person(b"other", ORIGIN).key_record(Random(2), 1)

    with pytest.raises(Violation, match="I1"):
        world.journal.ack(other, 4, b"", is_new=True, retried=False, at=2.0)


def test_record_that_is_new_twice_is_found(world: World) -> None:
    with pytest.raises(Violation, match="I7"):
        world.journal.ack(
            world.compacts[4], 4, world.receipts[4], is_new=True, retried=True, at=2.0
        )


def test_final_anchor_that_becomes_another_is_found(world: World) -> None:
    world.journal.saw_final(1, "block a")
    world.journal.saw_final(1, "block a")

    with pytest.raises(Violation, match="I6"):
        world.journal.saw_final(1, "block b")


def test_final_anchor_that_vanishes_is_found(world: World) -> None:
    facts = {"anchor_id": 1, "state": "final", "tree_size": 8, "root_hash": "", "block_hash": ""}
    world.auditor.see_anchors([facts])

    with pytest.raises(Violation, match="I6"):
        world.auditor.see_anchors([{**facts, "state": "included"}])


# --- receipts -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("place", "value", "invariant"),
    [
        (("first", "record", 0), base64.b64encode(bytes(32)).decode(), "I3"),
        (("anchored", 0, "keys", 0), [], "I3"),
        (("record", "leaf_index"), 6, "I3"),
        (("first", "checkpoint"), signed_note(8, bytes(32)), "I4"),
        (("anchored", 0, "anchors", 0, "evidence", "header"), OTHER_HEADER, "I6"),
        (("anchored", 0, "anchors", 0, "evidence", "storage_proof"), [], "I3"),
        (("anchored", 0, "anchors", 0, "evidence", "account_proof"), ["0xc0"], "I3"),
        (("anchored", 0, "anchors", 0, "evidence"), evidence_of(SIZE), "I3"),
    ],
)
def test_receipt_that_does_not_verify_is_found(
    world: World, place: tuple[str | int, ...], value: object, invariant: str
) -> None:
    broken = copy.deepcopy(json.loads(world.receipts[5]))
    target = broken
    for step in place[:-1]:
        target = target[step]
    target[place[-1]] = value
    world.journal.keep_receipt(wire.to_json(broken))

    assert violated(world) == invariant


def test_receipt_of_an_unsigned_record_is_found(world: World) -> None:
    forged = json.loads(world.receipts[5])
    forged["keys"][0]["sd_jwt"] = Person(b"other", ORIGIN).key_record(Random(2), 1).decode()
    forged["keys"][0]["leaf_index"] = 0
    world.auditor.read_entries(from_index=0)
    world.auditor.tree.leaves[0] = wire.leaf_hash(
        wire.entry_of(forged["keys"][0]["sd_jwt"].encode())
    )

    with pytest.raises(Violation):
        world.auditor.check_receipt(wire.to_json(forged), ChainView(blocks={BLOCK}))


# --- anchors --------------------------------------------------------------------------------


def chain_of(tree: Tree, sizes: Sequence[int]) -> ChainView:
    set_up = [Transaction("0xa", 0, succeeded=True), Transaction("0xb", 1, succeeded=True)]
    anchoring = [Transaction(f"0x{size}", 2 + at, succeeded=True) for at, size in enumerate(sizes)]
    events = [AnchorEvent(size, tree.root(size), f"0x{size}") for size in sizes]
    return ChainView({BLOCK}, set_up + anchoring, events)


def rows_of(tree: Tree, sizes: Sequence[int]) -> list[dict[str, Any]]:
    return [
        {
            "anchor_id": at,
            "state": "final",
            "tree_size": size,
            "root_hash": tree.root(size).hex(),
            "transactions": [f"0x{size}"],
        }
        for at, size in enumerate(sizes)
    ]


@pytest.fixture
def tree(world: World) -> Tree:
    world.judge()
    return world.auditor.tree


def roots(tree: Tree) -> dict[int, bytes]:
    return {size: tree.root(size) for size in SIGNED}


def test_good_anchors_pass(tree: Tree) -> None:
    assert check_anchors(rows_of(tree, SIGNED), chain_of(tree, SIGNED), tree, roots(tree)) == 3


def test_second_event_for_a_head_is_found(tree: Tree) -> None:
    chain = chain_of(tree, SIGNED)
    chain.anchored.append(chain.anchored[0])

    with pytest.raises(Violation, match="I5"):
        check_anchors(rows_of(tree, SIGNED), chain, tree, roots(tree))


def test_reverted_transaction_is_found(tree: Tree) -> None:
    chain = chain_of(tree, SIGNED)
    chain.transactions.append(Transaction("0xbad", 5, succeeded=False))

    with pytest.raises(Violation, match="I5"):
        check_anchors(rows_of(tree, SIGNED), chain, tree, roots(tree))


def test_transaction_without_an_event_is_found(tree: Tree) -> None:
    chain = chain_of(tree, SIGNED)
    chain.transactions.append(Transaction("0xidle", 5, succeeded=True))

    with pytest.raises(Violation, match="I5"):
        check_anchors(rows_of(tree, SIGNED), chain, tree, roots(tree))


def test_final_anchor_without_an_event_is_found(tree: Tree) -> None:
    with pytest.raises(Violation, match="I6"):
        check_anchors(rows_of(tree, SIGNED), chain_of(tree, SIGNED[:2]), tree, roots(tree))


def test_anchor_of_a_head_that_was_never_signed_is_found(tree: Tree) -> None:
    with pytest.raises(Violation, match="I5"):
        check_anchors(rows_of(tree, [4]), chain_of(tree, [4]), tree, roots(tree))


def test_two_anchors_of_one_checkpoint_are_found(tree: Tree) -> None:
    rows = rows_of(tree, [*SIGNED, SIZE])
    rows[-1]["transactions"] = ["0xother"]

    with pytest.raises(Violation, match="I5"):
        check_anchors(rows, chain_of(tree, SIGNED), tree, roots(tree))
