"""Judge a ledger by what it shows to everybody, against what it has ever said.

The invariants are numbered as in ``docs/reliability.md``. Everything is derived anew from entry
bundles, signed notes, blocks and a read-only look at the database; nothing of the code under test
is imported. The code's own verifier is a second opinion, apart (``second_opinion``).
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from faults import wire
from faults.evidence import check_evidence
from faults.fees import Ceilings, check_fees, read_attempts
from faults.http import get
from faults.tables import SqliteTables
from faults.wire import JSON, Note, Tree, Violation, demand

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from faults.chain_events import ChainView
    from faults.journal import Journal
    from faults.tables import Tables

__all__ = ["Audited", "Auditor", "Policy", "check_anchors", "list_anchors"]

_PAGE = 100


@dataclass(frozen=True)
class Policy:
    """What the served trust policy says, read as plain JSON."""

    octets: bytes
    origin: str
    vkeys: Sequence[str]
    chains: Mapping[int, JSON]

    @property
    def chain(self) -> JSON:
        """The first one, whose blocks the log's beacons name."""
        return next(iter(self.chains.values()))

    @classmethod
    def read(cls, octets: bytes) -> Policy:
        said = json.loads(octets)
        vkeys = [key["vkey"] for key in said["checkpoint_keys"]]
        chains = {chain["chain_id"]: chain for chain in said["chains"]}
        return cls(octets, said["origin"], vkeys, chains)


@dataclass
class Audited:
    """What a full audit counted."""

    entries: int = 0
    checkpoints: int = 0
    receipts: int = 0
    of_them_anchored: int = 0
    anchors: int = 0
    replacements: int = 0
    beacons: int = 0
    shown_whole: int = 0
    second_opinions: int = 0


class Auditor:
    """Remembers the leaves it has seen, so that a later look shows any change."""

    def __init__(self, folder: Path, journal: Journal, tables: Tables | None = None) -> None:
        """Judge the ledger of ``folder``; its database is the folder's, or at ``tables``."""
        self._folder = folder
        self._journal = journal
        self.tables = tables or SqliteTables(folder)
        self.policy = Policy.read((folder / "policy.json").read_bytes())
        self.tree = Tree()
        self._notes: dict[str, Note] = {}

    # --- after each restart ----------------------------------------------------------------

    def glance(self, url: str) -> None:
        """What can be seen in a blink: head, new entries, acknowledgements, finality."""
        note = self._checkpoint(url)
        self.read_entries(from_index=max(0, len(self.tree.leaves) - 600))
        self.check_acknowledged()
        self._check_note(note)
        self.see_anchors(list_anchors(url))

    def _checkpoint(self, url: str) -> str:
        status, body = get(url, "/checkpoint")
        demand(status == 200, "I4", f"status {status} for the checkpoint")
        note = body.decode()
        self._journal.saw_note(note)
        return note

    def read_entries(self, from_index: int) -> None:
        question = f"SELECT leaf_index, entry FROM entries WHERE leaf_index >= {from_index:d}"
        rows, head = self.tables.look(
            f"{question} ORDER BY leaf_index", "SELECT tree_size FROM log_head"
        )
        for expected, (index, entry) in enumerate(rows, from_index):
            demand(index == expected, "I2", f"index {expected} is missing, then {index}")
            self._add_leaf(index, wire.leaf_hash(entry))
        size = head[0][0]
        demand(size <= len(self.tree.leaves), "I2", f"head {size}, {len(self.tree.leaves)} entries")

    def _add_leaf(self, index: int, leaf: bytes) -> None:
        leaves = self.tree.leaves
        if index == len(leaves):
            leaves.append(leaf)
        demand(index < len(leaves) and leaves[index] == leaf, "I2", f"entry {index} has changed")

    def check_acknowledged(self) -> None:
        """I1: every acknowledged record is at its index, with the same leaf."""
        leaves = self.tree.leaves
        for index, leaf in self._journal.leaves().items():
            if index >= len(leaves):
                # acknowledged after the entries were read; the next look finds it
                self.read_entries(from_index=len(leaves))
            demand(index < len(leaves), "I1", f"acknowledged entry {index} is lost")
            demand(leaves[index] == leaf, "I1", f"acknowledged entry {index} is another")

    def _check_note(self, text: str) -> Note:
        """I4: signed by the policy's key, and the root of exactly our first entries."""
        note = self._notes.get(text)
        if note is None:
            note = wire.open_note(text, self.policy.vkeys)
            demand(note.origin == self.policy.origin, "I4", f"a checkpoint of {note.origin}")
            size = note.tree_size
            demand(size <= len(self.tree.leaves), "I4", f"checkpoint {size} has lost its entries")
            root = self.tree.root(size)
            demand(root == note.root_hash, "I4", f"checkpoint {size} is of another tree")
            self._notes[text] = note
        return note

    def see_anchors(self, anchors: Iterable[JSON]) -> None:
        """I6: what is reported final was not reported otherwise, and never disappears."""
        finals = set()
        for anchor in anchors:
            if anchor["state"] == "final":
                finals.add(anchor["anchor_id"])
                facts = {key: anchor[key] for key in ("tree_size", "root_hash", "block_hash")}
                self._journal.saw_final(anchor["anchor_id"], json.dumps(facts))
        lost = self._journal.finals().keys() - finals
        demand(not lost, "I6", f"anchors {sorted(lost)} were final and are no longer")

    # --- the whole -------------------------------------------------------------------------

    def audit(self, url: str, chain: ChainView) -> Audited:
        """Read everything and check I1 to I7; nobody writes meanwhile."""
        found = Audited()
        self._notes.clear()
        head = self._check_note(self._checkpoint(url))
        self.read_entries(from_index=0)
        self.check_bundles(url, head.tree_size)
        self.check_acknowledged()
        found.entries = len(self.tree.leaves)
        found.checkpoints = self.check_heads()
        anchors = list_anchors(url)
        self.see_anchors(anchors)
        found.anchors = check_anchors(anchors, chain, self.tree, self._sizes_seen())
        found.replacements = self.check_fees(chain)
        found.beacons = self.check_blocks(chain)
        found.receipts, found.of_them_anchored = self.check_receipts(chain)
        return found

    def check_fees(self, chain: ChainView) -> int:
        """I5: fees under the ceilings, each replacement dearer; return how many there were."""
        chain_id = self.policy.chain["chain_id"]
        attempts = read_attempts(self.tables, chain_id)
        return check_fees(attempts, chain, Ceilings.read(self._folder, chain_id))

    def _sizes_seen(self) -> Mapping[int, bytes]:
        return {note.tree_size: note.root_hash for note in self._notes.values()}

    def check_bundles(self, url: str, tree_size: int) -> None:
        """I1, I2: the entries as the world reads them, and the lowest level of tiles."""
        at = 0
        for path, width in wire.tile_paths("entries", tree_size):
            status, body = get(url, path)
            demand(status == 200, "I2", f"status {status} for {path}")
            entries = wire.parse_bundle(body)
            demand(len(entries) == width, "I2", f"{path} holds {len(entries)} entries")
            for index, entry in enumerate(entries, at):
                self._add_leaf(index, wire.leaf_hash(entry))
            status, body = get(url, path.replace("/entries/", "/0/"))
            hashes = b"".join(self.tree.leaves[at : at + width])
            demand((status, body) == (200, hashes), "I2", f"{path}: the tile says otherwise")
            at += width

    def check_heads(self) -> int:
        """I4: one root per size, and every checkpoint ever seen or stored is of this tree."""
        heads, notes = self.tables.look(
            "SELECT tree_size, root_hash FROM heads", "SELECT tree_size, note FROM checkpoints"
        )
        stored = dict(notes)
        for size, root in heads:
            demand(size <= len(self.tree.leaves), "I4", f"head {size} has lost its entries")
            demand(self.tree.root(size) == root, "I4", f"head {size} is of another tree")
        for text in self._journal.notes():
            note = self._check_note(text)
            demand(stored.get(note.tree_size) == text, "I4", f"checkpoint {note.tree_size} is gone")
        for size, text in stored.items():
            demand(self._check_note(text).tree_size == size, "I4", f"checkpoint {size} is misfiled")
        return len(stored)

    def check_blocks(self, chain: ChainView) -> int:
        """I6: the blocks of finals, and those that beacons call finalized, are in the chain."""
        for anchor_id, facts in self._journal.finals().items():
            block = json.loads(facts)["block_hash"]
            demand(chain.has(block), "I6", f"final anchor {anchor_id}: block {block} is gone")
        beacons = 0
        (entries,) = self.tables.look("SELECT entry FROM entries")
        for (entry,) in entries:
            if wire.header_of(entry)["typ"] == "beacon+sd-jwt":
                beacons += 1
                block = wire.payload_of(entry)["block_hash"]
                demand(chain.has(block), "I6", f"block {block} of a beacon is gone")
        return beacons

    # --- receipts --------------------------------------------------------------------------

    def check_receipts(self, chain: ChainView) -> tuple[int, int]:
        """I3: every receipt ever returned verifies against this tree and this chain."""
        count = anchored = 0
        for octets in self._journal.receipts():
            anchored += self.check_receipt(octets, chain)
            count += 1
        return count, anchored

    def check_receipt(self, octets: bytes, chain: ChainView) -> bool:
        """Check one receipt; tell whether it is an anchored one."""
        receipt = json.loads(octets)
        for part in (receipt["first"], *receipt["anchored"]):
            note = self._check_note(part["checkpoint"])
            cited = [(receipt["record"], part["record"])]
            cited += zip(receipt["keys"], part["keys"], strict=True)
            if receipt["beacon"] is not None and part["beacon"] is not None:
                cited.append((receipt["beacon"], part["beacon"]))
            for record, path in cited:
                self._check_included(record, path, note)
        record = receipt["record"]["sd_jwt"].encode()
        own = "jwk" in wire.header_of(record) or not receipt["keys"]
        key = record if own else receipt["keys"][0]["sd_jwt"].encode()
        jwk = wire.header_of(key)["jwk"]
        demand(wire.is_signed_by(record, jwk), "I3", "a receipt's record has a bad signature")
        demand(wire.is_signed_by(key, jwk), "I3", "a receipt's key record has a bad signature")
        self._check_revocations(receipt.get("revocations"))
        for part in receipt["anchored"]:
            demand(part["anchors"], "I3", "an anchored part of a receipt without an anchor")
            self._check_anchors_of(part, chain)
        return bool(receipt["anchored"])

    def _check_revocations(self, said: JSON | None) -> None:
        """What is said against a key is an entry as well, under a checkpoint of its own."""
        if said is None:
            return
        note = self._check_note(said["checkpoint"])
        for one in (*said["keys"], *said["records"]):
            self._check_included(one, one["path"], note)

    def _check_anchors_of(self, part: JSON, chain: ChainView) -> None:
        """The evidence shows this checkpoint's root, in a block of the chain, by other code."""
        note = self._check_note(part["checkpoint"])
        for anchor in part["anchors"]:
            named = self.policy.chains[anchor["chain_id"]]
            block = check_evidence(anchor["evidence"], named, note.tree_size, note.root_hash)
            demand(block and chain.has(block), "I6", f"a receipt's evidence block {block} is gone")

    def _check_included(self, cited: JSON, path: Sequence[str], note: Note) -> None:
        index = cited["leaf_index"]
        leaf = wire.leaf_hash(wire.entry_of(cited["sd_jwt"].encode()))
        demand(self.tree.leaves[index] == leaf, "I3", f"a receipt's entry {index} is another")
        root = wire.root_from_path(leaf, index, note.tree_size, wire.from_b64_all(path))
        demand(root == note.root_hash, "I3", f"a receipt's path from {index} is wrong")

    def check_shown(self, url: str, compacts: Iterable[bytes]) -> int:
        """I1: an acknowledged record is shown as it was sent, disclosures and all.

        Its receipt of today goes to the others: by now it is an anchored one.
        """
        count = 0
        for compact in compacts:
            path = f"/v1/records/{wire.record_id(compact).hex()}"
            status, body = get(url, path, "application/sd-jwt")
            demand((status, body) == (200, compact), "I1", f"{path}: {status}, {body[:200]!r}")
            status, body = get(url, f"{path}/receipt")
            demand(status == 200, "I1", f"{path}: status {status} for its receipt")
            self._journal.keep_receipt(body)
            count += 1
        return count

    def check_integrity(self) -> None:
        """I8: the database finds nothing wrong with itself."""
        self.tables.check_integrity()


def check_anchors(
    anchors: Sequence[JSON], chain: ChainView, tree: Tree, signed: Mapping[int, bytes]
) -> int:
    """I5: one anchor, one nonce, one successful transaction and one event for each checkpoint."""
    by_hash = {tx: anchor for anchor in anchors for tx in anchor["transactions"]}
    demand(
        len(by_hash) == sum(len(anchor["transactions"]) for anchor in anchors),
        "I5",
        "a transaction belongs to two anchors",
    )
    sizes = [anchor["tree_size"] for anchor in anchors]
    demand(len(set(sizes)) == len(sizes), "I5", "a checkpoint has two anchors")
    events: dict[int, str] = {}
    for event in chain.anchored:
        size = event.tree_size
        demand(size not in events, "I5", f"tree size {size} was anchored twice on chain")
        demand(signed.get(size) == event.root_hash, "I5", f"{size} on chain was never signed")
        demand(tree.root(size) == event.root_hash, "I4", f"{size} on chain is of another tree")
        owner = by_hash.get(event.transaction)
        demand(owner is not None and owner["tree_size"] == size, "I5", f"{size}: a foreign anchor")
        events[size] = event.transaction
    for anchor in anchors:
        size = anchor["tree_size"]
        demand(tree.root(size).hex() == anchor["root_hash"], "I5", f"anchor {size}: another root")
        if anchor["state"] == "final":
            demand(size in events, "I6", f"anchor {size} is final without an event")
            proved = anchor.get("block_time")
            at = chain.times.get(str(anchor.get("block_hash")))
            demand(proved == at, "I6", f"anchor {size}: its block is of {at}, it says {proved}")
    for transaction in chain.transactions:
        demand(transaction.succeeded, "I5", f"{transaction.hash} was reverted")
    nonces = [transaction.nonce for transaction in chain.transactions]
    demand(nonces == list(range(len(nonces))), "I5", f"nonces are not used in order: {nonces}")
    if len(events) != len(chain.transactions) - chain.set_up:
        raise Violation("I5", f"{len(chain.transactions)} transactions made {len(events)} events")
    return len(events)


def list_anchors(url: str) -> list[JSON]:
    """Return all anchors as the API tells them."""
    found: list[JSON] = []
    cursor = ""
    while True:
        status, body = get(url, f"/v1/anchors?limit={_PAGE}{cursor}")
        demand(status == 200, "I5", f"status {status} for the anchors")
        page = json.loads(body)
        found += page["items"]
        if page["next"] is None:
            return found
        cursor = f"&cursor={page['next']}"
