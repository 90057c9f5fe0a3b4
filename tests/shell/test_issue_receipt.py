"""A receipt is completed by the first final anchor, and none leaves that does not verify."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import pytest
from eth_hash.auto import keccak
from oracles import evm_state
from receipt_anchor import HISTORY_CODE
from small_ledger import (
    ORIGIN,
    PIN,
    SIGNER,
    START,
    SmallLedger,
    accepted,
    block,
    deposit,
    key_of,
    key_record,
    policy,
)

from provenance import tlog
from provenance.anchor import (
    HISTORY_CONTRACT,
    AnchorStatement,
    HistoryProof,
    StatedEvidence,
    StorageEvidence,
)
from provenance.anchor_statement import sign_statement
from provenance.anchored_event import EVENT_TOPIC, prove_event
from provenance.digests import RootHash
from provenance.errors import (
    AuditError,
    DamagedReceiptError,
    MalformedError,
    NotFoundError,
    VerificationError,
)
from provenance.given import GivenBlock
from provenance.ledger.anchor_port import Inclusion
from provenance.ledger.audit_anchors import claims_from_json, claims_of
from provenance.ledger.audit_log import AnchorClaim
from provenance.ledger.audit_store import audit_store
from provenance.ledger.chain_port import Attempt, NamedBlock
from provenance.note import NoteSigner
from provenance.policy import Policy, render_policy
from provenance.service.views import anchor_view
from provenance.store.anchor_store import SqlAnchorStore
from provenance.verify import verify_receipt

if TYPE_CHECKING:
    from collections.abc import Callable

    from provenance.ledger.anchor_port import Anchor
    from provenance.ledger.chain_port import ChainPin

ALICE = key_of("alice")
EVIDENCE_NUMBER = 900


@dataclass
class Anchored:
    """A ledger whose heads get anchored on a made-up chain with a real state."""

    ledger: SmallLedger
    anchors: SqlAnchorStore

    def integrate(self, *names: str) -> list[int]:
        writer = self.ledger.writer()
        writer.start()
        compacts = [key_record(ALICE).compact, *(deposit(ALICE, name).compact for name in names)]
        answers = [accepted(one) for one in writer.accept(compacts).result(timeout=20)]
        writer.close()
        return [one.leaf_index for one in answers]

    def anchor(
        self,
        tree_size: int,
        *,
        root: bytes | None = None,
        pin: ChainPin = PIN,
        inclusion: Inclusion | None = None,
    ) -> Anchor:
        """Take an anchor of a signed head to finality; ``root`` is what the contract holds."""
        real = tlog.root_hash(tree_size, self.ledger.store.read_tile)
        inclusion = inclusion or self.inclusion(tree_size, root or real)
        attempt = Attempt(inclusion.tx_hash, b"raw", 1, 1, 100_000, None)
        lease = self.anchors.acquire(pin.chain_id, "test", 60)
        assert lease is not None
        anchor = self.anchors.bind(
            lease,
            sender=bytes(20),
            nonce=tree_size,
            base_size=0,
            tree_size=tree_size,
            root_hash=real,
            call_data=b"call",
            attempt=attempt,
            now_unix=START,
        )
        self.anchors.note_broadcast(lease, anchor.anchor_id, attempt.tx_hash, START)
        self.anchors.include(lease, anchor.anchor_id, inclusion)
        self.anchors.finalize(lease, anchor.anchor_id, START)
        return self.anchors.anchor(anchor.anchor_id)

    def inclusion(self, tree_size: int, root: bytes) -> Inclusion:
        state = evm_state.State()
        of_log = evm_state.mapping_slot(PIN.log_id, PIN.roots_slot.to_bytes(32, "big"))
        slot = evm_state.mapping_slot(tree_size.to_bytes(32, "big"), of_log)
        state.add(PIN.contract, b"code", {slot: root})
        history = (block(1).number % 8191).to_bytes(32, "big")
        state.add(HISTORY_CONTRACT, HISTORY_CODE, {history: block(1).block_hash})
        number = EVIDENCE_NUMBER + tree_size
        header = evm_state.header(number, START + 60 + tree_size, state.root, bytes(32))
        proof = HistoryProof(*state.prove(HISTORY_CONTRACT, history))
        return Inclusion(
            tx_hash=keccak(b"tx %d" % tree_size),
            mined_number=number,
            block=NamedBlock(number, keccak(header)),
            evidence=StorageEvidence(header, *state.prove(PIN.contract, slot)),
            histories=((NamedBlock(1, block(1).block_hash), proof),),
        )


@pytest.fixture
def anchored(ledger: SmallLedger) -> Anchored:
    anchors = SqlAnchorStore(ledger.store.writer, ledger.store.reader)
    ledger.anchors = anchors
    ledger.receipts._anchors = anchors  # noqa: SLF001 -- the fixture made the ledger without
    return Anchored(ledger, anchors)


def test_a_final_anchor_completes_the_receipt_to_a_proved_interval(anchored: Anchored) -> None:
    *_, index = anchored.integrate("penguins")
    before = anchored.ledger.receipts.issue(index)
    anchor = anchored.anchor(index + 1)

    receipt = anchored.ledger.receipts.issue(index)

    assert anchor.inclusion is not None
    verdict = verify_receipt(
        receipt.to_bytes(),
        policy(),
        now_unix=0,
        blocks=[GivenBlock(anchor.inclusion.block.block_hash)],
        allow_dev_chain=True,
    )
    assert verdict.exit_code == 0
    assert verdict.not_before is not None
    assert verdict.not_after is not None
    assert verdict.not_before.block_number == 1
    assert verdict.not_after.block_number == EVIDENCE_NUMBER + index + 1
    assert (before.anchored, receipt.first) == ((), before.first)


def test_the_first_anchor_that_covers_the_record_counts(anchored: Anchored) -> None:
    _, first = anchored.integrate("first")
    _, second = anchored.integrate("second")
    assert (first, second) == (3, 4)
    for size in (4, 5):
        anchored.anchor(size)

    checkpoints = [
        anchored.ledger.receipts.issue(index).anchored[0].proofs.checkpoint.split("\n")[1]
        for index in (2, first, second)
    ]

    assert checkpoints == ["4", "4", "5"]


EVENT_PIN = replace(PIN, chain_id=100, genesis_hash=keccak(b"another first block"))
STATED_PIN = replace(PIN, chain_id=1030, genesis_hash=keccak(b"a third first block"))


def by_event(tree_size: int, root: RootHash) -> Inclusion:
    """Return the evidence where the state was gone: the receipts of a block of three."""
    topics = [EVENT_TOPIC, EVENT_PIN.log_id, tree_size.to_bytes(32, "big")]
    ours = evm_state.transaction_receipt([(EVENT_PIN.contract, topics, root)])
    receipts = [evm_state.transaction_receipt([], kind=0), ours, evm_state.transaction_receipt([])]
    receipts_root, _ = evm_state.prove_receipt(receipts, 1)
    header = evm_state.header(77, START + 70, bytes(32), bytes(32), receipts_root)
    place = NamedBlock(77, keccak(header))
    evidence = prove_event(header, receipts, 1)
    return Inclusion(keccak(b"event %d" % tree_size), 77, place, evidence, ())


def by_word(tree_size: int, root: RootHash) -> Inclusion:
    """Return the evidence where a chain has none: what the operator says, signed."""
    place, tx_hash = NamedBlock(55, keccak(b"block 55")), keccak(b"word %d" % tree_size)
    statement = AnchorStatement(
        origin=ORIGIN,
        chain_id=STATED_PIN.chain_id,
        contract=STATED_PIN.contract,
        log_id=STATED_PIN.log_id,
        tree_size=tree_size,
        root_hash=root,
        block_number=place.number,
        block_hash=place.block_hash,
        timestamp=START + 80,
        tx_hash=tx_hash,
    )
    return Inclusion(tx_hash, 55, place, StatedEvidence(sign_statement(statement, SIGNER)), ())


@pytest.fixture
def on_three_chains(anchored: Anchored) -> Anchored:
    chains = [
        policy().chains[0],
        replace(
            policy().chains[0],
            chain_id=EVENT_PIN.chain_id,
            genesis_hash=EVENT_PIN.genesis_hash,
            claims_independence=True,
        ),
        replace(
            policy().chains[0],
            chain_id=STATED_PIN.chain_id,
            genesis_hash=STATED_PIN.genesis_hash,
            claims_independence=True,
            evidence="trusted-rpc",
        ),
    ]
    receipts = anchored.ledger.receipts
    # the fixture made the ledger with one chain
    receipts._policy = Policy.parse(  # noqa: SLF001
        render_policy(
            origin=ORIGIN,
            root_key=policy().root_key,
            checkpoint_keys=policy().checkpoint_keys,
            chains=chains,
        )
    )
    receipts._pins = (PIN, EVENT_PIN, STATED_PIN)  # noqa: SLF001
    return anchored


def test_chains_anchored_at_other_sizes_have_their_own_proofs(on_three_chains: Anchored) -> None:
    _, first = on_three_chains.integrate("first")
    on_three_chains.integrate("second")
    root = tlog.root_hash(5, on_three_chains.ledger.store.read_tile)
    on_three_chains.anchor(5, pin=STATED_PIN, inclusion=by_word(5, root))
    on_three_chains.anchor(5, pin=EVENT_PIN, inclusion=by_event(5, root))
    on_three_chains.anchor(4)

    receipt = on_three_chains.ledger.receipts.issue(first)

    shown = [
        (one.proofs.checkpoint.split("\n")[1], [(a.chain_id, a.level) for a in one.anchors])
        for one in receipt.anchored
    ]
    assert shown == [("4", [(31337, "proof")]), ("5", [(100, "proof"), (1030, "trusted-rpc")])]
    verdict = verify_receipt(
        receipt.to_bytes(),
        on_three_chains.ledger.receipts._policy,  # noqa: SLF001 -- as above
        now_unix=0,
        blocks=[GivenBlock(by_event(5, root).block.block_hash)],
    )
    # the development chain and the statement count for nothing, the event of an open chain does
    assert verdict.exit_code == 0
    assert verdict.not_after is not None
    assert (verdict.not_after.chain_id, verdict.not_after.time_unix) == (100, START + 70)
    codes = [check.code for check in verdict.checks if check.name == "anchor"]
    assert codes == ["root-on-dev-chain", "event-on-chain", "root-stated"]


@pytest.mark.parametrize(("pin", "make"), [(EVENT_PIN, by_event), (STATED_PIN, by_word)])
def test_evidence_of_another_kind_and_root_never_leaves_the_house(
    on_three_chains: Anchored, pin: ChainPin, make: Callable[[int, RootHash], Inclusion]
) -> None:
    *_, index = on_three_chains.integrate("penguins")
    other = RootHash(bytes(31) + b"\1")
    on_three_chains.anchor(index + 1, pin=pin, inclusion=make(index + 1, other))

    with pytest.raises(DamagedReceiptError):
        on_three_chains.ledger.receipts.issue(index)


def test_the_audit_tells_proofs_from_statements(on_three_chains: Anchored) -> None:
    on_three_chains.integrate("first")
    root = tlog.root_hash(4, on_three_chains.ledger.store.read_tile)
    late = replace(by_event(4, root), mined_number=70)
    on_three_chains.anchor(4, pin=EVENT_PIN, inclusion=late)
    on_three_chains.anchor(4, pin=STATED_PIN, inclusion=by_word(4, root))
    ledger = on_three_chains.ledger
    trusted = ledger.receipts._policy  # noqa: SLF001 -- as above
    claims = claims_of(on_three_chains.anchors.page())

    report = audit_store(ledger.store, ledger.key_store, trusted, claims=claims)

    assert (report.anchors, report.anchors_stated) == (1, 1)
    assert (report.anchors_widened, report.widest) == (1, 7)
    wire = [anchor_view(one) for one in on_three_chains.anchors.page()]
    assert claims_from_json(wire) == claims
    assert [one["level"] for one in wire] == ["proof", "trusted-rpc"]
    assert [one["widened_by"] for one in wire] == [7, 0]
    assert [one["block_time"] for one in wire] == [START + 70, START + 80]


def test_the_audit_names_a_statement_that_the_log_did_not_sign(on_three_chains: Anchored) -> None:
    on_three_chains.integrate("first")
    root = tlog.root_hash(4, on_three_chains.ledger.store.read_tile)
    inclusion = by_word(4, root)
    assert isinstance(inclusion.evidence, StatedEvidence)
    stranger = NoteSigner(ORIGIN, key_of("stranger"))
    forged = StatedEvidence(sign_statement(inclusion.evidence.read(), stranger))
    on_three_chains.anchor(4, pin=STATED_PIN, inclusion=replace(inclusion, evidence=forged))
    ledger = on_three_chains.ledger
    trusted = ledger.receipts._policy  # noqa: SLF001 -- as above
    claims = claims_of(on_three_chains.anchors.page())

    with pytest.raises(AuditError) as caught:
        audit_store(ledger.store, ledger.key_store, trusted, claims=claims)

    assert caught.value.place == "anchor of tree size 4 on chain 1030"


def test_an_anchor_of_an_older_head_does_not_cover_the_record(anchored: Anchored) -> None:
    anchored.integrate("first")
    anchored.anchor(4)
    _, second = anchored.integrate("second")

    assert anchored.ledger.receipts.issue(second).anchored == ()


def test_evidence_of_another_root_never_leaves_the_house(anchored: Anchored) -> None:
    *_, index = anchored.integrate("penguins")
    anchored.anchor(index + 1, root=bytes(31) + b"\1")

    with pytest.raises(DamagedReceiptError):
        anchored.ledger.receipts.issue(index)


def test_evidence_with_a_flipped_bit_of_time_never_leaves_the_house(anchored: Anchored) -> None:
    """No proof leads there: such a receipt was once issued, with another not-after."""
    *_, index = anchored.integrate("penguins")
    size = index + 1
    good = anchored.inclusion(size, tlog.root_hash(size, anchored.ledger.store.read_tile))
    assert isinstance(good.evidence, StorageEvidence)
    time = START + 60 + size
    told, flipped = (one.to_bytes(4, "big") for one in (time, time ^ 1))
    header = good.evidence.header.replace(told, flipped)

    anchored.anchor(size, inclusion=replace(good, evidence=replace(good.evidence, header=header)))

    with pytest.raises(DamagedReceiptError):
        anchored.ledger.receipts.issue(index)


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE entries SET entry = CAST(replace(entry, 'e', 'f') AS BLOB) WHERE leaf_index = 3",
        "UPDATE entries SET entry = CAST(replace(entry, 'e', 'f') AS BLOB) WHERE leaf_index = 2",
        "UPDATE tiles SET hashes = zeroblob(length(hashes))",
        "UPDATE checkpoints SET note = replace(note, '4', '5') WHERE tree_size = 4",
        "UPDATE disclosures SET ciphertext = zeroblob(60) WHERE leaf_index = 3",
        "UPDATE beacons SET header = zeroblob(60)",
    ],
)
def test_no_receipt_of_anything_damaged_leaves_the_house(ledger: SmallLedger, sql: str) -> None:
    *_, index = Anchored(ledger, SqlAnchorStore(ledger.store.writer)).integrate("penguins")
    with ledger.store.writer.begin() as connection:
        connection.exec_driver_sql(sql)
    ledger.reopen()

    with pytest.raises((VerificationError, MalformedError)):
        ledger.receipts.issue(index)


def test_an_acknowledgement_after_a_good_one_is_judged_all_the_same(ledger: SmallLedger) -> None:
    *_, index = Anchored(ledger, SqlAnchorStore(ledger.store.writer)).integrate("a", "b")
    signed = ledger.store.newest_signed()
    assert signed is not None
    good, stranger = deposit(ALICE, "b"), deposit(key_of("bob"), "b")

    assert ledger.receipts.acknowledge(good, index, signed).record.leaf_index == index
    with pytest.raises(DamagedReceiptError):
        ledger.receipts.acknowledge(good, index - 1, signed)
    with pytest.raises(DamagedReceiptError):
        ledger.receipts.acknowledge(stranger, index, signed)


def test_no_receipt_leaves_whose_checkpoint_no_key_of_the_policy_signed(
    ledger: SmallLedger,
) -> None:
    *_, index = Anchored(ledger, SqlAnchorStore(ledger.store.writer)).integrate("penguins")
    served = json.loads(policy().octets)
    other = NoteSigner(ORIGIN, key_of("another checkpoint key")).verifier
    served["checkpoint_keys"][0]["vkey"] = other.to_vkey()
    ledger.trust = Policy.parse(json.dumps(served).encode())
    ledger.reopen()
    signed = ledger.store.newest_signed()
    assert signed is not None

    with pytest.raises(DamagedReceiptError, match="checkpoint-no-policy-key"):
        ledger.receipts.issue(index)
    with pytest.raises(DamagedReceiptError, match="checkpoint-no-policy-key"):
        ledger.receipts.acknowledge(deposit(ALICE, "penguins"), index, signed)


def test_genesis_and_keys_have_receipts_and_beacons_do_not(ledger: SmallLedger) -> None:
    _, _ = Anchored(ledger, SqlAnchorStore(ledger.store.writer)).integrate("penguins")

    assert ledger.receipts.issue(0).keys == ()
    assert ledger.receipts.issue(2).keys == ()
    assert [key.leaf_index for key in ledger.receipts.issue(3).keys] == [2]
    for index in (1, 4, -1):
        with pytest.raises(NotFoundError):
            ledger.receipts.issue(index)


# --- anchors in the audit ---------------------------------------------------------------------


def test_the_audit_proves_every_anchor(anchored: Anchored) -> None:
    anchored.integrate("first")
    anchored.anchor(2)
    anchored.anchor(4)
    claims = claims_of(anchored.anchors.page())

    report = audit_store(anchored.ledger.store, anchored.ledger.key_store, policy(), claims=claims)

    assert (report.anchors, report.anchors_without_evidence) == (2, 0)
    wire = [
        {
            "chain_id": one.chain_id,
            "tree_size": one.tree_size,
            "evidence": one.evidence.to_json(),
            "widened_by": 0,
        }
        for one in claims
        if one.evidence is not None
    ]
    assert claims_from_json(wire) == claims


def test_the_audit_names_an_anchor_of_another_root(anchored: Anchored) -> None:
    anchored.integrate("first")
    anchored.anchor(4, root=bytes(31) + b"\1")
    claims = claims_of(anchored.anchors.page())

    with pytest.raises(AuditError) as caught:
        audit_store(anchored.ledger.store, anchored.ledger.key_store, policy(), claims=claims)

    assert caught.value.place == "anchor of tree size 4 on chain 31337"


def test_the_audit_names_an_anchor_of_no_head(anchored: Anchored) -> None:
    anchored.integrate("first")
    evidence = anchored.inclusion(3, bytes(32)).evidence
    claims = [AnchorClaim(PIN.chain_id, 99, evidence)]

    with pytest.raises(AuditError) as caught:
        audit_store(anchored.ledger.store, anchored.ledger.key_store, policy(), claims=claims)

    assert caught.value.place == "anchor of tree size 99 on chain 31337"


def test_without_a_chain_to_ask_no_block_is_confirmed(anchored: Anchored) -> None:
    anchored.anchor(2)
    claims = claims_of(anchored.anchors.page())

    report = audit_store(anchored.ledger.store, anchored.ledger.key_store, policy(), claims=claims)

    assert (report.anchors, report.blocks_confirmed) == (1, 0)
