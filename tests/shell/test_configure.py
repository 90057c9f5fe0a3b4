"""The log's own keys are changed by its root key, and a crash at any step is mended."""

from __future__ import annotations

import asyncio
import json
import shutil
import time
from typing import TYPE_CHECKING

import pytest
from key_changes import (
    ALICE,
    OLD,
    Place,
    configuration,
    is_good,
    make_place,
    nobody_asks,
    unlock,
    verdict,
)
from node import need_anvil
from small_ledger import (
    BEACON,
    ORIGIN,
    ROOT,
    START,
    accepted,
    deposit,
    key_of,
    key_record,
    policy,
)
from traps import Crash, Trap, TrappedMemory, TrappedStore

from provenance import strict_json
from provenance.cli.main import main
from provenance.errors import (
    BadSignatureError,
    ConflictError,
    FatalError,
    LockedError,
    MalformedError,
    ProvenanceError,
    UnfinishedChangeError,
    VerificationError,
    WrongPassphraseError,
)
from provenance.files.lock import FolderLock
from provenance.files.signer_memory import FileSignerMemory
from provenance.ledger.configure_log import (
    KeyKind,
    configure_log,
    issue_configuration,
    read_configuration,
)
from provenance.ledger.local_signer import LocalSigner
from provenance.ledger.recover_log import recover_log
from provenance.ledger.signing_keys import SigningKeys
from provenance.note import NoteVerifier
from provenance.policy import Policy
from provenance.receipt import Receipt
from provenance.record import Record, beacon_of, parse_record
from provenance.service.audit import audit_folder
from provenance.service.choose_chain import Wish, choose_chain
from provenance.service.configure import KeyChange
from provenance.service.found_ledger import found_ledger
from provenance.service.ledger import Ledger
from provenance.service.operator_keys import OperatorKeys
from provenance.service.settings import LedgerFolder
from provenance.store.log_store import open_log_store
from provenance.verdict import Outcome

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from provenance.keys import PrivateKey
    from provenance.ledger.configure_log import Replacement


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    place = make_place(tmp_path)
    yield place
    place.close()


# --- a new checkpoint key ---------------------------------------------------------------------


def test_the_old_key_signs_the_change_and_the_new_one_all_that_follows(place: Place) -> None:
    before = place.policy

    done = place.change()
    after = place.deposit()

    assert (done.change.leaf_index, done.change.from_tree_size) == (3, 5)
    assert place.entry(3).type == "configuration"
    assert after.leaf_index == 4
    assert place.signer_of(4) == OLD.key == done.change.old
    assert place.signer_of(5) == done.change.new != OLD.key
    assert done.policy_changed
    assert place.policy == done.policy
    assert place.policy.digest != before.digest
    ranges = [(one.verifier.key, one.first, one.last) for one in place.policy.checkpoint_keys]
    assert ranges == [(OLD.key, 0, 4), (done.change.new, 5, None)]
    assert place.audit().by_type == {
        "genesis": 1,
        "beacon": 1,
        "key": 1,
        "configuration": 1,
        "deposit": 1,
    }


def test_everything_else_in_the_policy_stays(place: Place) -> None:
    written = json.loads(place.policy.octets)
    witness = NoteVerifier("witness.example", key_of("witness").public, type=4).to_vkey()
    university = {"name": "大学", "ror": "05dxps055", "key": key_of("university").public.jwk()}
    written |= {"witnesses": [witness], "institution_keys": [university]}
    place.folder.policy.write_text(json.dumps(written))

    place.change()

    changed = json.loads(place.policy.octets)
    assert {**changed, "checkpoint_keys": None} == {**written, "checkpoint_keys": None}


def test_receipts_from_before_verify_under_both_policies(place: Place) -> None:
    old_policy, before = place.policy, place.deposit().receipt

    place.change()

    assert is_good(before, old_policy)
    assert is_good(before, place.policy)


def test_a_receipt_of_the_new_key_is_not_called_false_under_the_old_policy(
    place: Place,
) -> None:
    old_policy = place.policy
    place.change()

    receipt = place.deposit().receipt

    assert is_good(receipt, place.policy)
    left = verdict(receipt, old_policy)
    check = left.check("checkpoint")
    assert (left.exit_code, left.deciding, check.outcome) == (3, check, Outcome.NOT_CHECKED)
    assert "no key that your policy names for tree size 5 signed this state" in check.text()
    assert "fetch the newer policy and compare its digest" in check.text()
    assert not is_good(receipt, old_policy)


def test_the_change_itself_has_a_receipt_that_both_policies_verify(place: Place) -> None:
    old_policy = place.policy
    done = place.change()

    ledger = place.open()
    receipt = ledger.receipts.issue(done.change.leaf_index)

    assert is_good(receipt, old_policy)
    assert is_good(receipt, place.policy)


def test_the_old_key_stays_under_another_name(place: Place) -> None:
    done = place.change()

    names = {path.name for path in place.folder.keys.iterdir()}
    retired = f"checkpoint.retired-{OLD.key.thumbprint}.jwk"
    assert names == {"root.jwe", "beacon.jwk", "checkpoint.jwk", retired}
    assert OperatorKeys(place.folder.keys).checkpoint().public == done.change.new
    assert (place.folder.keys / "checkpoint.jwk").stat().st_mode & 0o777 == 0o600
    assert not (place.folder.root / "change.json").exists()


def test_a_start_with_another_key_than_the_policys_is_refused(place: Place) -> None:
    place.change()
    retired = f"checkpoint.retired-{OLD.key.thumbprint}.jwk"
    shutil.copy(place.folder.keys / retired, place.folder.keys / "checkpoint.jwk")

    with pytest.raises(FatalError):
        place.deposit()

    ledger = place.open()
    assert ledger.store.head().tree_size == 4


def test_what_a_crash_of_the_service_left_unsigned_comes_first(place: Place) -> None:
    place.deposit()
    ledger = place.open()
    with ledger.store.writer.begin() as connection:
        connection.exec_driver_sql("DELETE FROM anchor_markers WHERE tree_size = 4")
        connection.exec_driver_sql("DELETE FROM checkpoints WHERE tree_size = 4")
    ledger.close()

    done = place.change()

    assert done.change.leaf_index == 4
    assert place.signer_of(4) == place.signer_of(5) == OLD.key
    assert place.audit().checkpoints == 4


# --- a new beacon key -------------------------------------------------------------------------


def test_beacons_of_the_new_key_are_cited_and_audited(place: Place) -> None:
    before = place.policy
    done = place.change(KeyKind.BEACON)

    receipt = place.deposit(beacon=True).receipt

    assert not done.policy_changed
    assert place.policy.octets == before.octets
    assert receipt.beacon is not None
    beacon = parse_record(receipt.beacon.sd_jwt.encode(), complete=True)
    assert (receipt.beacon.leaf_index, beacon.kid) == (4, done.change.new.thumbprint)
    assert beacon_of(beacon).block.number == 2
    assert is_good(receipt, before)
    assert place.audit().by_type["beacon"] == 2


def test_a_beacon_key_whose_file_is_gone_is_replaced_by_what_the_log_says(place: Place) -> None:
    place.change(KeyKind.BEACON)
    place.deposit(beacon=True)
    second = OperatorKeys(place.folder.keys).current("beacon").public
    for file in place.folder.keys.glob("beacon*"):
        file.unlink()

    done = place.change(KeyKind.BEACON)
    receipt = place.deposit(beacon=True).receipt

    assert done.change.old == second
    assert receipt.beacon is not None
    beacon = parse_record(receipt.beacon.sd_jwt.encode(), complete=True)
    assert beacon.kid == done.change.new.thumbprint
    assert is_good(receipt, place.policy)
    assert place.audit().by_type["configuration"] == 2


def test_a_damaged_beacon_key_is_not_thrown_away(place: Place) -> None:
    file = place.folder.keys / "beacon.jwk"
    file.write_bytes(b"{")

    with pytest.raises(MalformedError, match="the beacon key is damaged"):
        place.change(KeyKind.BEACON)

    assert file.read_bytes() == b"{"


def test_keys_change_again_and_again(place: Place) -> None:
    receipts: list[Receipt] = []
    for kind in [KeyKind.CHECKPOINT, KeyKind.BEACON, KeyKind.CHECKPOINT, KeyKind.BEACON] * 2:
        receipts.append(place.deposit(beacon=True).receipt)
        place.change(kind)
    receipts.append(place.deposit(beacon=True).receipt)

    report = place.audit()

    assert (report.by_type["configuration"], report.by_type["beacon"]) == (8, 10)
    assert len(place.policy.checkpoint_keys) == 5
    assert all(is_good(one, place.policy) for one in receipts)
    covered = [
        size
        for size in range(report.tree_size + 5)
        for one in place.policy.checkpoint_keys
        if one.covers(size)
    ]
    assert covered == list(range(report.tree_size + 5))


# --- what is refused --------------------------------------------------------------------------


def snapshot(place: Place) -> dict[str, bytes]:
    """Return every file but locks and those that SQLite may write on opening."""
    files = [one for one in place.folder.root.rglob("*") if one.is_file()]
    passing = (".lock", ".sqlite", ".sqlite-shm", ".sqlite-wal")
    return {one.name: one.read_bytes() for one in files if one.suffix not in passing}


def other_root(_: OperatorKeys) -> PrivateKey:
    return key_of("another root")


def wrong_passphrase(keys: OperatorKeys) -> PrivateKey:
    return keys.open_root("password")


def no_root(keys: OperatorKeys) -> PrivateKey:
    return keys.open_root("passphrase", keys._folder / "elsewhere.jwe")  # noqa: SLF001 -- a place


@pytest.mark.parametrize(
    ("unlock_root", "expected"),
    [
        (other_root, VerificationError),
        (wrong_passphrase, WrongPassphraseError),
        (no_root, MalformedError),
    ],
)
def test_without_the_root_key_nothing_changes(
    place: Place,
    unlock_root: Callable[[OperatorKeys], PrivateKey],
    expected: type[ProvenanceError],
) -> None:
    before = snapshot(place)

    with pytest.raises(expected):
        place.change(unlock_root=unlock_root)

    assert snapshot(place) == before
    assert place.deposit().leaf_index == 3


def test_nothing_changes_while_the_service_runs(place: Place) -> None:
    before = snapshot(place)

    with (
        FolderLock(place.folder.writer_lock, purpose="write this ledger"),
        pytest.raises(LockedError),
    ):
        place.change()

    assert snapshot(place) == before


def test_a_key_the_policy_does_not_know_is_not_retired(place: Place) -> None:
    stranger = strict_json.dump(key_of("stranger").jwk())
    (place.folder.keys / "checkpoint.jwk").write_bytes(stranger)

    with pytest.raises(FatalError):
        place.change()

    assert not (place.folder.root / "change.json").exists()


def test_an_intent_that_was_tampered_with_stops_everything(place: Place) -> None:
    forged = issue_configuration(
        KeyKind.CHECKPOINT,
        old=OLD.key,
        new=key_of("thief").public,
        root=key_of("thief"),
        origin=ORIGIN,
        tree_size=3,
        now_unix=START,
    )
    intent = {"format": "provenance-change", "v": 1, "record": forged.compact.decode()}
    (place.folder.root / "change.json").write_text(json.dumps(intent))

    for attempt in (place.change, place.deposit):
        with pytest.raises(BadSignatureError):
            attempt()


@pytest.mark.parametrize(
    "claims",
    [
        {"from_tree_size": 5, "add": {"beacon_keys": [ALICE.public.jwk()]}},
        {"from_tree_size": 5, "retire": {"checkpoint_keys": [OLD.to_vkey()]}},
        {
            "from_tree_size": 5,
            "add": {"checkpoint_keys": [OLD.to_vkey()], "beacon_keys": [ALICE.public.jwk()]},
            "retire": {"checkpoint_keys": [OLD.to_vkey()]},
        },
    ],
    ids=["only added", "only retired", "two kinds"],
)
def test_only_one_key_in_the_place_of_another_is_a_change_of_ours(
    claims: dict[str, object],
) -> None:
    with pytest.raises(MalformedError):
        read_configuration(configuration(claims).compact, policy())


def test_a_record_that_missed_its_place_can_never_come_in(place: Place) -> None:
    record = issue_configuration(
        KeyKind.BEACON,
        old=BEACON.public,
        new=ALICE.public,
        root=ROOT,
        origin=ORIGIN,
        tree_size=3,
        now_unix=START,
    )
    _, change = read_configuration(record.compact, place.policy)
    place.deposit()
    ledger = place.open()

    with pytest.raises(ConflictError):
        configure_log(
            record,
            change,
            store=ledger.store,
            signer=LocalSigner(ledger.memory, ledger.keys, ORIGIN),
            origin=ORIGIN,
        )

    assert ledger.store.head().tree_size == 4


# --- crashes ----------------------------------------------------------------------------------


class TrappedChange(KeyChange):
    """The change whose steps outside the log go through the trap as well."""

    trap: Trap

    def make_key(self, kind: KeyKind) -> PrivateKey:
        with self.trap.effect():
            return super().make_key(kind)

    def write_intent(self, record: Record) -> None:
        with self.trap.effect():
            super().write_intent(record)

    def write_policy(self, octets: bytes) -> None:
        with self.trap.effect():
            super().write_policy(octets)

    def keep_retired(self, change: Replacement) -> None:
        with self.trap.effect():
            super().keep_retired(change)

    def promote(self, change: Replacement) -> None:
        with self.trap.effect():
            super().promote(change)

    def forget_intent(self) -> None:
        with self.trap.effect():
            super().forget_intent()


EFFECTS = {
    # the key, the intent, integrate, remember, store the signature, the policy, the second
    # name, the key in use, the end; a beacon key leaves the policy alone
    KeyKind.CHECKPOINT: 9,
    KeyKind.BEACON: 8,
}
ENTRY = 2
"""Which of them makes the change: before it the old key stays, after it the new one comes."""


def crash(place: Place, kind: KeyKind, trap: Trap) -> None:
    """Change a key and die at a step."""
    store = open_log_store(place.folder.database)
    memory = FileSignerMemory(place.folder.signer_memory, origin=ORIGIN)
    store.__class__, memory.__class__ = TrappedStore, TrappedMemory
    keys = OperatorKeys(place.folder.keys)
    steps = TrappedChange(place.folder, place.policy, keys, store, memory)
    for part in (store, memory, steps):
        assert isinstance(part, TrappedStore | TrappedMemory | TrappedChange)
        part.trap = trap
    try:
        with pytest.raises(Crash):
            steps.run(kind, unlock_root=unlock, now_unix=place.now)
    finally:
        store.close()


TABLE = [
    pytest.param(kind, at, done, id=f"{kind.value}-{at}-{'done anyway' if done else 'undone'}")
    for kind, effects in EFFECTS.items()
    for at in range(effects)
    for done in (False, True)
]


@pytest.mark.parametrize("served_between", [False, True], ids=["at once", "service first"])
@pytest.mark.parametrize(("kind", "at", "done"), TABLE)
def test_a_crash_at_any_step_is_mended_by_changing_again(
    place: Place,
    kind: KeyKind,
    at: int,
    done: bool,  # noqa: FBT001 -- a column of the table
    served_between: bool,  # noqa: FBT001 -- a column of the table
) -> None:
    before = place.deposit(beacon=True).receipt
    size = 5
    crash(place, kind, Trap(at, done=done))
    is_entry, is_over = (at, done) >= (ENTRY, True), at == EFFECTS[kind] - 1 and done

    if served_between and is_entry and not is_over:
        with pytest.raises(UnfinishedChangeError):
            place.deposit()
    elif served_between:
        place.deposit()  # under the old key, or after the end under the new one
        size += 1 + is_over
    if not is_over:
        change = place.change(kind, nobody_asks if is_entry else unlock)
        assert change.change.leaf_index == size
    after = place.deposit(beacon=True).receipt

    report = place.audit()
    assert report.by_type["configuration"] == 1
    assert report.lost_keys == []
    assert is_good(before, place.policy)
    assert is_good(after, place.policy)
    assert len(place.policy.checkpoint_keys) == 1 + (kind is KeyKind.CHECKPOINT)
    assert len(list(place.folder.keys.glob("*.retired-*"))) == 1
    assert not list(place.folder.keys.glob("*.next.jwk"))


def test_a_change_that_was_begun_comes_before_another(place: Place) -> None:
    crash(place, KeyKind.CHECKPOINT, Trap(ENTRY, done=True))

    with pytest.raises(ConflictError):
        place.change(KeyKind.BEACON)

    place.change(KeyKind.CHECKPOINT, nobody_asks)
    place.change(KeyKind.BEACON)
    assert place.audit().by_type["configuration"] == 2


def test_recovery_never_signs_the_changes_head_by_the_new_key(place: Place) -> None:
    crash(place, KeyKind.CHECKPOINT, Trap(ENTRY, done=True))
    ledger = place.open()
    new = OperatorKeys(place.folder.keys).next("checkpoint")
    keys = SigningKeys(ORIGIN, place.policy.checkpoint_keys, [new])

    with pytest.raises(FatalError):
        recover_log(
            store=ledger.store,
            key_store=ledger.key_store,
            signer=LocalSigner(ledger.memory, keys, ORIGIN),
            origin=ORIGIN,
        )

    assert ledger.store.signed_head(4) is None
    assert ledger.memory.read().tree_size == 3


# --- the whole of it --------------------------------------------------------------------------


def submit(folder: LedgerFolder, *records: Record) -> list[Receipt]:
    """Run the real service, and wait until what it took is anchored for good."""
    ledger = Ledger(folder)
    ledger.start()
    try:
        answers = asyncio.run(ledger.submit([record.compact for record in records]))
        ids = [accepted(one).record_id for one in answers]
        deadline = time.monotonic() + 60
        while True:
            receipts = [Receipt.parse(ledger.receipt(one)) for one in ids]
            if all(one.anchored for one in receipts):
                return receipts
            assert time.monotonic() < deadline, ledger.readiness()
            time.sleep(0.2)
    finally:
        ledger.stop()


def test_the_command_changes_the_keys_of_a_real_ledger(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    need_anvil()
    folder = LedgerFolder(tmp_path / "ledger")
    old_policy = found_ledger(
        folder,
        choose_chain(Wish()),
        origin=ORIGIN,
        passphrase="passphrase",
        now_unix=int(time.time()),
    )
    now = int(time.time())
    monkeypatch.setenv("PROVENANCE_PASSPHRASE", "passphrase")
    offline = tmp_path / "usb" / "root.jwe"
    offline.parent.mkdir()
    (folder.keys / "root.jwe").rename(offline)
    command = ["configure", str(folder.root), "--root-key", str(offline), "--json"]

    receipts = submit(folder, key_record(ALICE, iat=now), deposit(ALICE, "before", iat=now))
    assert main([*command, "--new-checkpoint-key"]) == 0
    first = json.loads(capsys.readouterr().out)
    receipts += submit(folder, deposit(ALICE, "between", iat=now))
    assert main([*command, "--new-beacon-key"]) == 0
    second = json.loads(capsys.readouterr().out)
    receipts += submit(folder, deposit(ALICE, "after", iat=now))

    new_policy = Policy.parse(folder.policy.read_bytes())
    assert first["policy_changed"]
    assert not second["policy_changed"]
    assert first["policy_digest"] == second["policy_digest"] == new_policy.digest.hex()
    assert all(is_good(one, new_policy) for one in receipts)
    assert [is_good(one, old_policy) for one in receipts] == [True, True, False, False]
    assert not (folder.keys / "root.jwe").exists()
    report, chains = audit_folder(folder)
    assert report.by_type["configuration"] == 2
    assert [chain.is_of_log for chain in chains] == [True]
    assert report.anchors > 0
