"""A ledger folder whose keys are changed, without its chain: real files, keys and database."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from small_ledger import (
    BEACON,
    ORIGIN,
    ROOT,
    SIGNER,
    START,
    SmallLedger,
    accepted,
    deposit,
    key_of,
    key_record,
    policy,
)

from provenance import strict_json, tlog
from provenance.files import key_file
from provenance.ledger.audit_log import PublicLog, audit_public_log
from provenance.ledger.audit_store import audit_store
from provenance.ledger.configure_log import (
    KeyKind,
)
from provenance.ledger.read_log import SignedLog
from provenance.ledger.signing_keys import SigningKeys
from provenance.note import Note
from provenance.policy import Policy
from provenance.record import Record, issue_record, parse_entry
from provenance.service.change_intent import check_settled
from provenance.service.configure import change_key
from provenance.service.operator_keys import OperatorKeys
from provenance.service.settings import ChainSettings, LedgerFolder, Settings
from provenance.verdict import not_in_log
from provenance.verify import verify_receipt

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from provenance.keys import PrivateKey, PublicKey
    from provenance.ledger.audit_log import AuditReport
    from provenance.receipt import Receipt
    from provenance.service.configure import ChangedKey
    from provenance.service.writer import Accepted
    from provenance.verdict import Verdict

__all__ = [
    "ALICE",
    "OLD",
    "Place",
    "configuration",
    "is_good",
    "make_place",
    "nobody_asks",
    "public",
    "unlock",
    "verdict",
]

ALICE = key_of("alice")
OLD = SIGNER.verifier
NAMES = itertools.count()


def unlock(keys: OperatorKeys) -> PrivateKey:
    return keys.open_root("passphrase")


def nobody_asks(_: OperatorKeys) -> PrivateKey:
    raise AssertionError("the root key is not needed any more")


@dataclass
class Place:
    """A ledger folder as an operator has it, without its chain."""

    folder: LedgerFolder
    now: int = START
    number: int = 1
    """Of the newest finalized block."""
    opened: list[SmallLedger] = field(default_factory=list)

    @property
    def policy(self) -> Policy:
        return Policy.parse(self.folder.policy.read_bytes())

    def close(self) -> None:
        """Close what a test left open."""
        for one in self.opened:
            one.close()

    def open(self) -> SmallLedger:
        """Open the folder with the keys and the policy that lie in it, as the service does."""
        trust, keys = self.policy, OperatorKeys(self.folder.keys)
        ledger = SmallLedger(
            self.folder.root,
            now=self.now,
            keys=SigningKeys(ORIGIN, trust.checkpoint_keys, [keys.checkpoint()]),
            beacon_key=keys.beacon(),
            trust=trust,
        )
        self.opened.append(ledger)
        return ledger

    def serve(self, *records: Record, beacon: bool = False) -> list[Accepted]:
        """Start, take records in one batch and stop; a beacon comes before them when asked."""
        self.now += 61 * beacon
        self.number += beacon
        ledger = self.open()
        try:
            check_settled(self.folder, ledger.store)
            if beacon:
                ledger.hold_block(self.number)
            writer = ledger.writer()
            writer.start()
            compacts = [record.compact for record in records]
            answers = [accepted(one) for one in writer.accept(compacts).result(20)]
            writer.close()
        finally:
            ledger.close()
        return answers

    def deposit(self, *, beacon: bool = False) -> Accepted:
        return self.serve(deposit(ALICE, f"dataset {next(NAMES)}"), beacon=beacon)[0]

    def change(
        self,
        kind: KeyKind = KeyKind.CHECKPOINT,
        unlock_root: Callable[[OperatorKeys], PrivateKey] = unlock,
    ) -> ChangedKey:
        return change_key(self.folder, kind, unlock_root=unlock_root, now_unix=self.now)

    def audit(self, trust: Policy | None = None) -> AuditReport:
        """Audit from inside and from outside; both see the same log."""
        trust, ledger = trust or self.policy, self.open()
        try:
            outside = audit_public_log(public(ledger), trust)
            inside = audit_store(ledger.store, ledger.key_store, trust, memory=ledger.memory)
            assert (inside.tree_size, inside.by_type) == (outside.tree_size, outside.by_type)
            return inside
        finally:
            ledger.close()

    def signer_of(self, tree_size: int) -> PublicKey:
        """Return the one key that signed the checkpoint of a size."""
        ledger = self.open()
        signed = ledger.store.signed_head(tree_size)
        ledger.close()
        assert signed is not None
        (line,) = Note.parse(signed.note).signatures
        keys = [OLD, *(one.verifier for one in self.policy.checkpoint_keys)]
        return next(one.key for one in keys if one.made(line))

    def entry(self, index: int) -> Record:
        ledger = self.open()
        (octets,) = ledger.store.entries(index, index + 1)
        ledger.close()
        return parse_entry(octets)


def public(ledger: SmallLedger) -> PublicLog:
    log = SignedLog(ledger.store, ledger.tiles)

    def read(path: str) -> bytes:
        if path == "checkpoint":
            return log.checkpoint().encode()
        return log.tile(tlog.parse_tile_path(path))

    return PublicLog(read)


def verdict(receipt: Receipt, trust: Policy) -> Verdict:
    return verify_receipt(receipt.to_bytes(), trust, now_unix=START)


def is_good(receipt: Receipt, trust: Policy) -> bool:
    return not_in_log(verdict(receipt, trust).checks) is None


def make_place(tmp_path: Path) -> Place:
    """Make a ledger folder of three entries: genesis, a beacon, Alice's key."""
    ledger = SmallLedger(tmp_path)
    ledger.begin()
    ledger.close()
    folder = LedgerFolder(tmp_path)
    nobody = ChainSettings(None, 31337, ("http://127.0.0.1:1",))
    folder.write_settings(Settings((nobody,)))
    folder.policy.write_bytes(policy().octets)
    folder.keys.mkdir()
    for name, key in (("checkpoint", SIGNER.key), ("beacon", BEACON)):
        (folder.keys / f"{name}.jwk").write_bytes(strict_json.dump(key.jwk()))
    root = key_file.encrypt(ROOT, "passphrase", rounds=key_file.MIN_ROUNDS)
    (folder.keys / "root.jwe").write_bytes(root)
    place = Place(folder)
    place.serve(key_record(ALICE))
    return place


def configuration(
    claims: dict[str, object], *, root: PrivateKey = ROOT, iat: int = START
) -> Record:
    return issue_record(
        "configuration", claims, private_key=root, aud=ORIGIN, iat=iat, salts=iter(())
    )
