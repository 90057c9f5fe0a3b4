"""The worker against a real anvil: one anchor for each head, through crashes of both sides."""

from __future__ import annotations

import logging
import os
import signal
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from node import AnchoredLedger, close, make_anchored_ledger, open_database
from waiting import wait_until

from provenance.anchor import AnchorState, verify_anchored_root, verify_history
from provenance.anchor_evidence import StorageEvidence
from provenance.chain.sender import create_key_file
from provenance.errors import (
    AnchorLostError,
    AnchorRefusedError,
    ForeignTransactionError,
    WrongChainError,
)
from provenance.header import BlockHeader
from provenance.ledger.anchor_alerts import AlertCode
from provenance.ledger.anchor_checkpoint import AnchorRules
from provenance.ledger.chain_port import NamedBlock, UnsignedTransaction
from provenance.service.worker import AnchorLoop

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[AnchoredLedger]:
    made = make_anchored_ledger(tmp_path)
    yield made
    close(made)


def finals(ledger: AnchoredLedger) -> list[int]:
    return [a.tree_size for a in ledger.store.page() if a.state is AnchorState.FINAL]


def foreign(ledger: AnchoredLedger, nonce: int) -> UnsignedTransaction:
    """Return a transaction of our key that the ledger knows nothing of."""
    return UnsignedTransaction(
        chain_id=ledger.chain.pin.chain_id,
        nonce=nonce,
        to=bytes(20),
        data=b"",
        gas=21_000,
        max_fee_wei=3 * 10**9,
        priority_fee_wei=10**9,
    )


def check_evidence(ledger: AnchoredLedger) -> None:
    """Judge every stored anchor as a stranger would, and count them on the chain."""
    pin = ledger.chain.pin
    for anchor in ledger.store.page():
        assert anchor.inclusion is not None
        assert isinstance(anchor.inclusion.evidence, StorageEvidence)
        header = verify_anchored_root(
            anchor.inclusion.evidence,
            contract=pin.contract,
            code_hash=pin.code_hash,
            log_id=pin.log_id,
            tree_size=anchor.tree_size,
            root_hash=ledger.log.root_at(anchor.tree_size),
            roots_slot=pin.roots_slot,
        )
        assert ledger.chain.canonical_hash(header.number) == header.hash
    anchors = ledger.store.page()
    assert ledger.chain.nonce(ledger.sender.address) == anchors[-1].nonce + 1


def test_anchor_goes_from_marker_to_final(ledger: AnchoredLedger) -> None:
    size = ledger.log.grow(2)

    ledger.anchor_to_the_end()

    assert finals(ledger) == [size]
    assert ledger.chain.anchored_head() == ledger.log.newest_signed()
    check_evidence(ledger)


def test_only_the_newest_head_is_anchored(ledger: AnchoredLedger) -> None:
    for entries in (2, 3, 300):
        ledger.log.grow(entries)

    ledger.anchor_to_the_end()
    ledger.log.grow(1000)
    ledger.anchor_to_the_end()

    assert finals(ledger) == [305, 1305]
    check_evidence(ledger)


def test_beacons_of_the_stretch_are_proved_back_from_the_anchor(ledger: AnchoredLedger) -> None:
    named = []
    for _ in range(3):
        final = ledger.chain.finalized()
        named.append(NamedBlock(final.number, final.block_hash))
        ledger.log.grow(5, beacon=named[-1])
        ledger.node.settle(ledger.node.head_number())

    ledger.anchor_to_the_end()

    inclusion = ledger.store.page()[0].inclusion
    assert inclusion is not None
    assert isinstance(inclusion.evidence, StorageEvidence)
    state_root = BlockHeader.parse(inclusion.evidence.header).state_root
    assert [block for block, _ in inclusion.histories] == named
    for block, proof in inclusion.histories:
        verify_history(state_root, proof, block.number, block.block_hash)


def test_beacon_of_another_fork_is_left_out(ledger: AnchoredLedger) -> None:
    ledger.log.grow(5, beacon=NamedBlock(1, bytes(32)))

    ledger.anchor_to_the_end()

    inclusion = ledger.store.page()[0].inclusion
    assert inclusion is not None
    assert inclusion.histories == ()


def test_idle_worker_asks_the_node_nothing(ledger: AnchoredLedger) -> None:
    ledger.log.grow(2)
    ledger.anchor_to_the_end()
    head = ledger.node.head_number()
    ledger.node.stop()

    progress = ledger.worker.step()  # would raise, were the dead node asked

    assert progress.unfinished == 0
    ledger.node = type(ledger.node)(ledger.folder / "anvil")
    ledger.node.start()
    assert ledger.node.head_number() == head


def test_interval_holds_back_until_now_is_asked(ledger: AnchoredLedger) -> None:
    ledger.rules = AnchorRules(interval=3600, anchor_ceiling_wei=None, day_ceiling_wei=None)
    ledger.restart_worker()
    ledger.log.grow(2)
    ledger.anchor_to_the_end()
    ledger.log.grow(2)

    held_back = ledger.worker.step()
    ledger.store.ask_now(ledger.chain.pin.chain_id)
    ledger.anchor_to_the_end()

    assert held_back.waiting
    assert finals(ledger) == [2, 4]


def test_killed_node_loses_no_anchor_and_none_is_doubled(ledger: AnchoredLedger) -> None:
    for round_ in range(6):
        size = ledger.log.grow(round_ + 2)
        ledger.take_steps(round_)
        before = set(finals(ledger))
        process_id = ledger.node.process_id
        assert process_id is not None
        os.kill(process_id, signal.SIGKILL)
        if round_ % 2:
            ledger.restart_worker()
        ledger.anchor_to_the_end()
        assert before | {size} <= set(finals(ledger))

    assert ledger.node.starts >= 7  # more when another program took the port that was free
    check_evidence(ledger)


def test_transaction_the_node_forgot_is_sent_again(ledger: AnchoredLedger) -> None:
    ledger.log.grow(2)
    ledger.chain.is_held = True
    ledger.worker.step()
    anchor = ledger.store.page()[0]
    ledger.node.rpc.call("anvil_dropTransaction", "0x" + anchor.attempts[0].tx_hash.hex())
    ledger.chain.is_held = False

    ledger.restart_worker()  # sends what it did not send itself
    ledger.anchor_to_the_end()

    assert anchor.state is AnchorState.SENT
    assert finals(ledger) == [2]
    assert len(ledger.store.page()[0].attempts) == 1


def test_reorganised_anchor_is_sent_again(
    ledger: AnchoredLedger, caplog: pytest.LogCaptureFixture
) -> None:
    ledger.log.grow(2)
    snapshot = ledger.node.rpc.call("evm_snapshot")  # a pruned anvil has no anvil_reorg
    ledger.step_until(lambda: any(a.state is AnchorState.INCLUDED for a in ledger.store.page()))
    ledger.node.rpc.call("evm_revert", snapshot)

    ledger.anchor_to_the_end()

    assert finals(ledger) == [2]
    assert "was displaced" in caplog.text
    check_evidence(ledger)


def test_foreign_use_of_the_key_stops_the_worker(ledger: AnchoredLedger) -> None:
    ledger.log.grow(2)
    ledger.anchor_to_the_end()
    used = ledger.sender.sign(foreign(ledger, ledger.chain.nonce(ledger.sender.address)))
    ledger.chain.broadcast(used.raw)
    ledger.node.mine()
    ledger.log.grow(2)

    with pytest.raises(ForeignTransactionError):
        ledger.anchor_to_the_end()


def test_foreign_transaction_in_place_of_a_bound_one_stops_the_worker(
    ledger: AnchoredLedger,
) -> None:
    ledger.log.grow(2)
    ledger.chain.is_held = True
    ledger.worker.step()
    anchor = ledger.store.page()[0]
    ledger.node.rpc.call("anvil_dropTransaction", "0x" + anchor.attempts[0].tx_hash.hex())
    used = ledger.sender.sign(foreign(ledger, anchor.nonce))
    ledger.chain.broadcast(used.raw)
    ledger.chain.is_held = False
    ledger.node.mine()

    with pytest.raises(ForeignTransactionError):
        ledger.anchor_to_the_end()


def test_old_copy_of_the_database_is_refused(ledger: AnchoredLedger, tmp_path: Path) -> None:
    ledger.log.grow(2)
    ledger.anchor_to_the_end()
    old = tmp_path / "old"
    old.mkdir()
    fresh = replace(ledger, **open_database(old))
    fresh.log.grow(2)

    with pytest.raises(AnchorLostError):
        fresh.anchor_to_the_end()
    fresh.engine.dispose()


def test_log_that_forked_is_refused(ledger: AnchoredLedger) -> None:
    """The contract saw the true log; a worker with another one must not even send."""
    ledger.log.grow(2)
    ledger.anchor_to_the_end()
    ledger.log.rewrite()
    ledger.restart_worker()
    ledger.log.grow(2)

    with pytest.raises(AnchorLostError) as caught:
        ledger.anchor_to_the_end()

    # told apart from an old copy, since the anchors know what was bound
    assert "its log now has another" in str(caught.value)


def test_contract_refuses_a_wrong_consistency_proof_before_anything_is_spent(
    ledger: AnchoredLedger,
) -> None:
    ledger.log.grow(3)
    ledger.anchor_to_the_end()
    ledger.log.grow(4)
    ledger.log.is_broken = True

    with pytest.raises(AnchorRefusedError, match=r"ConsistencyProofLength\(3, 7, 1\)"):
        ledger.worker.step()

    assert len(ledger.store.page()) == 1


def test_wrong_key_is_refused(ledger: AnchoredLedger, tmp_path: Path) -> None:
    ledger.sender = create_key_file(tmp_path / "other.key")
    ledger.restart_worker()
    ledger.log.grow(2)

    with pytest.raises(WrongChainError):
        ledger.worker.step()


@pytest.mark.parametrize(
    "wrong",
    [{"chain_id": 1}, {"genesis_hash": bytes(32)}, {"code_hash": bytes(32)}],
    ids=lambda wrong: str(next(iter(wrong))),
)
def test_other_chain_is_refused(ledger: AnchoredLedger, wrong: dict[str, Any]) -> None:
    ledger.chain.pin = replace(ledger.deployed.pin, **wrong)
    ledger.log.grow(2)

    with pytest.raises(WrongChainError):
        ledger.worker.step()

    assert not ledger.store.page()


def test_fees_above_the_ceiling_are_not_spent(ledger: AnchoredLedger) -> None:
    ledger.rules = AnchorRules(interval=0, anchor_ceiling_wei=1000)
    ledger.restart_worker()
    ledger.log.grow(2)

    progress = ledger.worker.step()

    assert progress.has(AlertCode.FEE_CEILING)
    assert progress.alert is not None
    assert progress.waiting
    assert not ledger.store.page()


def test_second_worker_stands_by_until_the_first_gives_way(ledger: AnchoredLedger) -> None:
    ledger.log.grow(2)
    ledger.chain.is_held = True
    ledger.worker.step()
    second = ledger.another_worker("another")

    while_first_works = second.step()
    ledger.worker.release()
    ledger.chain.is_held = False
    ledger.worker = second
    ledger.anchor_to_the_end()

    assert while_first_works.has(AlertCode.STANDBY)
    assert while_first_works.alert is None
    assert finals(ledger) == [2]
    check_evidence(ledger)


def test_loop_anchors_by_itself_and_survives_an_outage(ledger: AnchoredLedger) -> None:
    loop = AnchorLoop(ledger.worker, busy_seconds=0.02, idle_seconds=0.02)
    loop.start()
    for _ in range(3):
        size = ledger.log.grow(2)
        loop.wake()
        os.kill(ledger.node.process_id or 0, signal.SIGKILL)
        wait_until(lambda: size in finals(ledger), tell=lambda: loop.status)  # noqa: B023 -- asked in its own turn
    loop.stop()

    assert not loop.status.running
    check_evidence(ledger)


def test_lines_of_loop_and_node_name_the_chain(
    ledger: AnchoredLedger, caplog: pytest.LogCaptureFixture
) -> None:
    chain_id = ledger.chain.pin.chain_id
    os.kill(ledger.node.process_id or 0, signal.SIGKILL)
    wait_until(lambda: "is started again" in caplog.text)
    ledger.node.stop()
    ledger.log.grow(2)
    loop = AnchorLoop(ledger.worker, busy_seconds=0.02, idle_seconds=0.02)
    loop.start()
    wait_until(lambda: loop.status.error)
    loop.stop()

    lines = [one for one in caplog.records if one.name.startswith("provenance.")]
    assert {one.name for one in lines} == {"provenance.chain.anvil", "provenance.service.worker"}
    for line in lines:
        assert vars(line)["chain_id"] == chain_id
        assert line.getMessage().startswith(f"chain {chain_id}: ")


def test_halt_outlives_the_process_until_a_person_resumes(ledger: AnchoredLedger) -> None:
    ledger.log.grow(2)
    ledger.anchor_to_the_end()
    ledger.log.rewrite()
    ledger.restart_worker()
    ledger.log.grow(2)
    with pytest.raises(AnchorLostError):
        ledger.anchor_to_the_end()

    ledger.restart_worker()
    halted = ledger.worker.step()
    stored = ledger.store.halted(ledger.chain.pin.chain_id)
    ledger.log.restore()
    assert ledger.store.resume(ledger.chain.pin.chain_id)
    ledger.anchor_to_the_end()

    assert halted.has(AlertCode.HALTED)
    assert stored is not None
    assert stored.code == "anchor-lost"
    assert finals(ledger) == [2, 4]
    check_evidence(ledger)


def test_loop_goes_on_after_a_halt_that_was_resumed(
    ledger: AnchoredLedger, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "provenance")
    ledger.log.grow(2)
    ledger.anchor_to_the_end()
    ledger.log.rewrite()
    ledger.restart_worker()
    ledger.log.grow(2)
    loop = AnchorLoop(ledger.worker, busy_seconds=0.02, idle_seconds=0.02)
    loop.start()
    chain_id = ledger.chain.pin.chain_id

    wait_until(
        lambda: AlertCode.HALTED in {one.code for one in loop.status.alerts},
        tell=lambda: loop.status,
    )
    ledger.log.restore()
    ledger.store.resume(chain_id)
    wait_until(lambda: finals(ledger) == [2, 4], tell=lambda: loop.status)
    loop.stop()

    said = [one.getMessage() for one in caplog.records]
    assert said.count(f"chain {chain_id}: halted is over") == 1
