"""Everything that a ledger answers, asked of the code under test in a forked child."""

from __future__ import annotations

import json
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from provenance import tlog
from provenance.chain.abi import ContractAbi
from provenance.digests import sha256
from provenance.errors import ProvenanceError
from provenance.ledger.issue_receipt import ReceiptIssuer
from provenance.ledger.ports import ScrubState
from provenance.ledger.scrub_log import LogScrubber
from provenance.ledger.show_anchors import AnchorChecker
from provenance.policy import Policy
from provenance.receipt import to_tlog_proof
from provenance.service.audit import audit_folder
from provenance.service.backup import restore_backup
from provenance.service.chain_node import pin_of
from provenance.service.settings import LedgerFolder
from provenance.service.views import anchor_view, record_view
from provenance.store.anchor_store import SqlAnchorStore
from provenance.store.key_store import open_key_store
from provenance.store.log_store import open_log_store

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from faults.storage_child import OpenLedger

__all__ = ["answers", "audit", "restore", "scrub"]

JSON = dict[str, Any]
Question = tuple[str, "Callable[[], bytes]"]


def answers(ledger: OpenLedger, asked: JSON, say: Callable[[JSON], None]) -> None:
    """Answer every question once: the digest of what is said, or the code of why nothing is."""
    for name, ask in _questions(ledger, asked):
        try:
            octets = ask()
        except ProvenanceError as error:
            say({"answer": name, "without": error.code})
            continue
        line: JSON = {"answer": name, "sha256": sha256(octets).hex()}
        if name.startswith(("receipt", "record", "key ", "digest ")):
            line["as"] = octets.decode()
        say(line)


def _questions(ledger: OpenLedger, asked: JSON) -> Iterator[Question]:
    anchors = SqlAnchorStore(ledger.store.writer, ledger.store.reader)
    receipts = ReceiptIssuer(
        log=ledger.store,
        key_store=ledger.key_store,
        known_keys=ledger.known_keys,
        tiles=ledger.tiles,
        policy=ledger.policy,
        anchors=anchors,
        pins=[pin_of(chain) for chain in ledger.policy.chains],
    )
    yield from _about_log(ledger, asked["tree_size"])
    for record_id in asked["ids"]:
        about = _Record(ledger, receipts, bytes.fromhex(record_id), asked["tree_size"])
        for ask in (about.record, about.receipt, about.proof, about.path, about.manifest):
            yield f"{ask.__name__} {record_id}", ask
    for kid in asked["kids"]:
        yield f"key {kid}", partial(_dumped, ledger.log.records_of_key, kid)
    for digest in asked["digests"]:
        octets = bytes.fromhex(digest)
        yield f"digest {digest}", partial(_dumped, ledger.log.deposits_of_digest, octets)
    encode = ContractAbi.bundled().anchor_data
    checker = AnchorChecker(ledger.policy, ledger.log, ledger.store.read_tile, encode)
    yield "anchors", partial(_anchors, anchors, checker)


def _about_log(ledger: OpenLedger, size: int) -> Iterator[Question]:
    yield "checkpoint", lambda: ledger.log.checkpoint().encode()
    for tile in (tlog.TileId(tlog.ENTRIES, 0, size), tlog.TileId(0, 0, size)):
        yield tile.path(), partial(ledger.log.tile, tile)
    for old in range(2, size):
        yield f"consistency {old}", partial(_joined, ledger.log.consistency_path, old, size)


def _anchors(anchors: SqlAnchorStore, checker: AnchorChecker) -> bytes:
    """Show them as ``service.ledger`` does, which needs a chain to run."""
    page = anchors.page()
    for anchor in page:
        checker.check(anchor)
    return _dump([anchor_view(anchor) for anchor in page])


@dataclass(frozen=True)
class _Record:
    """What can be asked about one record; it is looked up by its id each time."""

    ledger: OpenLedger
    receipts: ReceiptIssuer
    record_id: bytes
    tree_size: int

    def _index(self) -> int:
        return self.ledger.log.index_of(self.record_id)

    def record(self) -> bytes:
        ledger = self.ledger
        return _dump(record_view(self._index(), log=ledger.store, key_store=ledger.key_store))

    def receipt(self) -> bytes:
        return self.receipts.issue(self._index()).to_bytes()

    def proof(self) -> bytes:
        return to_tlog_proof(self.receipts.issue(self._index())).encode()

    def path(self) -> bytes:
        return _joined(self.ledger.log.inclusion_path, self._index(), self.tree_size)

    def manifest(self) -> bytes:
        return self.ledger.store.manifest(self._index()) or b""


def _joined(ask: Callable[..., Sequence[bytes]], *asked: int) -> bytes:
    return b"".join(ask(*asked))


def _dumped(ask: Callable[..., object], asked: object) -> bytes:
    return _dump(ask(asked))


def _dump(value: object) -> bytes:
    return json.dumps(value, sort_keys=True).encode()


def audit(folder: Path, say: Callable[[JSON], None]) -> None:
    """Audit as ``provenance audit FOLDER`` does, without asking the chain."""
    report, _ = audit_folder(LedgerFolder(folder), ask_chain=False)
    say({"audited": report.tree_size})


def scrub(folder: Path, say: Callable[[JSON], None]) -> None:
    """Let the continuous scrub take one round."""
    place = LedgerFolder(folder)
    policy = Policy.parse(place.policy.read_bytes())
    with (
        closing(open_log_store(place.database)) as store,
        closing(open_key_store(place.disclosure_keys)) as key_store,
    ):
        scrubber, state = LogScrubber(store, key_store, policy), ScrubState()
        while state.rounds == 0:
            state = scrubber.step(state, 0)
    say({"scrubbed": True})


def restore(archive: Path, folder: Path, say: Callable[[JSON], None]) -> None:
    """Make a folder of an archive, and say what every file of it is.

    But its key store: that one is new, and begins with a random key for its index of people.
    """
    restore_backup(archive, LedgerFolder(folder))
    for path in sorted(folder.rglob("*")):
        if path.is_file() and path.name != "keys.sqlite":
            name = path.relative_to(folder).as_posix()
            say({"restored": name, "sha256": sha256(path.read_bytes()).hex()})
