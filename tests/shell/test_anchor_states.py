"""Each state that an operator can meet has its code, and each kind of evidence its way."""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from history_audit import HistoryAudit
from simulated_blocks import write_call
from simulated_ledger import SimulatedLedger
from simulator import SENDER, SimulatedSender, Transaction, fast_keccak
from worker_history import RULES

from provenance.anchor import AnchorState
from provenance.anchor_evidence import ReceiptEvidence, StatedEvidence, StorageEvidence
from provenance.cli.log_format import JSONLines
from provenance.errors import (
    ClockSkewError,
    ForeignTransactionError,
    NodeBehindError,
    UnavailableError,
)
from provenance.ledger.anchor_alerts import AlertCode
from provenance.ledger.chain_port import AnchorCall, Broadcast
from provenance.ledger.sending_funds import Funds, most_wei

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from provenance.ledger.anchor_alerts import Progress
    from provenance.ledger.chain_port import Block

SENT, INCLUDED, FINAL = AnchorState.SENT, AnchorState.INCLUDED, AnchorState.FINAL


@pytest.fixture(autouse=True)
def _fast() -> Iterator[None]:
    with fast_keccak():
        yield


def judge(ledger: SimulatedLedger) -> None:
    for anchor in ledger.anchors():
        assert anchor.inclusion is not None
        HistoryAudit.judge_proof(anchor, anchor.inclusion, ledger.log.root_at(anchor.tree_size))


def transaction(nonce: int, call: AnchorCall) -> Transaction:
    """Make one that the worker knows nothing of."""
    return Transaction(
        tx_hash=b"f" * 32,
        chain_id=31337,
        nonce=nonce,
        data=write_call(call),
        gas=10**5,
        max_fee_wei=10**10,
        priority_fee_wei=10**9,
        legacy=False,
    )


def codes(progress: Progress) -> list[str]:
    return [alert.code.value for alert in progress.alerts]


# --- evidence (W12, the missed window) -------------------------------------------------------


def test_storage_proof_at_the_mined_block_is_what_is_wanted() -> None:
    ledger = SimulatedLedger()

    ledger.finish()

    assert isinstance(ledger.inclusion().evidence, StorageEvidence)
    assert ledger.inclusion().widened_by == 0
    judge(ledger)


@pytest.mark.parametrize("is_legacy", [False, True])
def test_where_the_state_is_gone_the_receipts_prove_the_event(is_legacy: bool) -> None:  # noqa: FBT001 -- a case
    ledger = SimulatedLedger(is_legacy=is_legacy)
    ledger.chain.knobs.state_window = 128
    ledger.step()
    ledger.mine(3)
    ledger.chain.knobs.state_window = 1

    progress = ledger.step()

    evidence = ledger.inclusion().evidence
    assert isinstance(evidence, ReceiptEvidence)
    assert ledger.inclusion().widened_by == 0
    assert ledger.inclusion().histories == ()
    assert not progress.has(AlertCode.LATE_PROOF)
    ledger.finish()
    judge(ledger)


def test_where_the_receipts_are_gone_too_a_later_block_proves_the_root() -> None:
    ledger = SimulatedLedger()
    ledger.step()
    ledger.mine(4)
    ledger.chain.knobs = replace(ledger.chain.knobs, state_window=1, receipts_window=0)

    progress = ledger.step()

    assert isinstance(ledger.inclusion().evidence, StorageEvidence)
    assert ledger.inclusion().widened_by == 3
    assert progress.has(AlertCode.LATE_PROOF)
    ledger.finish()
    assert ledger.inclusion().widened_by == 3
    judge(ledger)


def test_receipts_that_do_not_make_the_blocks_root_are_not_believed() -> None:
    ledger = SimulatedLedger()
    ledger.step()
    ledger.mine(3)
    ledger.chain.knobs.state_window = 1
    block = ledger.chain.history[-3]
    ledger.chain.known[block.block.block_hash] = replace(block, encoded=(b"\x02other",))

    ledger.step()

    assert isinstance(ledger.inclusion().evidence, StorageEvidence)
    assert ledger.inclusion().widened_by == 2
    judge(ledger)


def test_without_any_proof_nothing_is_called_included() -> None:
    ledger = SimulatedLedger()
    ledger.step()
    ledger.mine()
    ledger.chain.knobs = replace(ledger.chain.knobs, state_window=0, receipts_window=0)

    with pytest.raises(UnavailableError):
        ledger.step()

    assert ledger.states() == [SENT]


def test_chain_without_proofs_is_stated_when_final_and_not_before() -> None:
    ledger = SimulatedLedger(evidence_level="trusted-rpc")
    ledger.go_on_until(lambda: ledger.states() == [INCLUDED])
    assert ledger.inclusion().evidence is None
    assert ledger.attestor.stated == []

    ledger.finish()

    evidence = ledger.inclusion().evidence
    assert isinstance(evidence, StatedEvidence)
    (stated,) = ledger.attestor.stated
    assert evidence.read() == stated
    block = ledger.chain.history[stated.block_number].block
    assert (stated.block_hash, stated.timestamp) == (block.block_hash, block.timestamp)
    assert (stated.tree_size, stated.root_hash) == ledger.log.newest_signed()


def test_chain_without_proofs_needs_contract_and_block_to_agree() -> None:
    ledger = SimulatedLedger(evidence_level="trusted-rpc")
    ledger.step()
    ledger.mine()
    mined = ledger.chain.history[-1]
    ledger.chain.history[-1] = replace(mined, roots=())

    with pytest.raises(UnavailableError):
        ledger.step()

    assert ledger.states() == [SENT]


# --- several on their way (W15) ---------------------------------------------------------------


def test_up_to_four_are_open_and_only_one_is_not_included() -> None:
    ledger = SimulatedLedger()
    ledger.chain.knobs.is_stalled = True
    seen = []
    for _ in range(12):
        ledger.step()
        ledger.mine()
        ledger.log.grow(1)
        seen.append(ledger.states())

    assert max(map(len, seen)) == 4
    assert all(sum(state is not INCLUDED for state in states) <= 1 for states in seen)
    assert ledger.step().waiting

    ledger.chain.knobs.is_stalled = False
    ledger.finish()
    judge(ledger)


def test_displaced_ones_are_sent_again_in_their_order() -> None:
    ledger = SimulatedLedger()
    ledger.chain.knobs.is_stalled = True
    for _ in range(8):
        ledger.step()
        ledger.mine()
        ledger.log.grow(1)
    count = len(ledger.anchors())
    ledger.chain.reorganise(100, back_to_pool=False)

    progress = ledger.step()
    assert progress.has(AlertCode.DISPLACED)
    assert set(ledger.states()) == {SENT}
    ledger.chain.knobs.is_stalled = False
    ledger.finish()

    assert count > 1
    assert not ledger.chain.reverted
    assert all(len(anchor.attempts) == 1 for anchor in ledger.anchors()[:count])
    judge(ledger)


# --- fees (W7) ----------------------------------------------------------------------------------


def stuck(ledger: SimulatedLedger, base_fee_wei: int) -> list[Progress]:
    """Let the base fee jump after the first broadcast, and wait for two patiences."""
    ledger.step()
    ledger.chain.base_fee_wei = base_fee_wei
    said = []
    for _ in range(8):
        ledger.mine()
        said.append(ledger.step())
    return said


@pytest.mark.parametrize("is_legacy", [False, True])
def test_dearer_attempt_is_sent_when_fees_have_jumped(is_legacy: bool) -> None:  # noqa: FBT001 -- a case
    ledger = SimulatedLedger(is_legacy=is_legacy)

    stuck(ledger, 30 * 10**9)
    ledger.finish()

    (anchor,) = ledger.anchors()
    assert len(anchor.attempts) == 2
    assert ledger.inclusion().tx_hash == anchor.attempts[1].tx_hash


def test_at_the_ceiling_the_old_bytes_are_sent_again_and_the_operator_is_told() -> None:
    ledger = SimulatedLedger()
    handed_out: list[bytes] = []
    ledger.chain.on_broadcast = handed_out.append

    said = stuck(ledger, 10**12)

    (anchor,) = ledger.anchors()
    assert len(anchor.attempts) == 1
    assert len(handed_out) > 2
    assert set(handed_out) == {anchor.attempts[0].raw}
    assert any(progress.has(AlertCode.FEE_CEILING) for progress in said)
    ledger.chain.base_fee_wei = 10**9
    ledger.finish()


def test_ceiling_of_a_day_stops_binding_until_it_is_over() -> None:
    ledger = SimulatedLedger()
    ledger.finish()
    (first,) = ledger.anchors()
    ledger.rules = replace(RULES, day_ceiling_wei=first.attempts[0].gas * 3 * 10**9)
    ledger.worker = ledger.new_worker()
    ledger.log.grow(2)
    ledger.clock.pass_time(60)

    progress = ledger.step()
    assert progress.has(AlertCode.FEE_CEILING)
    assert len(ledger.anchors()) == 1
    ledger.clock.pass_time(86_400)
    ledger.mine()
    ledger.finish()

    assert len(ledger.anchors()) == 2


def test_what_was_spent_today_counts_although_it_was_bound_yesterday() -> None:
    """Found by an operator: final at last, a day-old anchor fell out of the day's sum at once."""
    ledger = SimulatedLedger()
    ledger.chain.knobs.slow = 1.0
    ledger.step()
    ledger.clock.pass_time(90_000)
    ledger.chain.knobs.slow = 0.0
    ledger.finish()
    (old,) = ledger.anchors()
    ledger.rules = replace(RULES, day_ceiling_wei=most_wei(old))
    ledger.worker = ledger.new_worker()
    ledger.log.grow(2)
    ledger.clock.pass_time(60)

    progress = ledger.step()

    assert old.final_unix is not None
    assert old.final_unix - old.prepared_unix > 86_400
    assert progress.has(AlertCode.FEE_CEILING)
    assert len(ledger.anchors()) == 1


def test_pool_that_wants_more_than_it_says_gets_it() -> None:
    ledger = SimulatedLedger()
    accept = ledger.chain.accept

    def fussy(transaction: Transaction) -> Broadcast:
        if transaction.priority_fee_wei < 2 * 10**9:
            return Broadcast.UNDERPRICED
        return accept(transaction)

    ledger.chain.accept = fussy  # type: ignore[method-assign]  # the node is not ours
    first = ledger.step()
    ledger.finish()

    assert first.has(AlertCode.UNDERPRICED)
    assert ledger.anchors()[0].attempts[-1].priority_fee_wei >= 2 * 10**9


# --- what else an operator can meet -------------------------------------------------------------


@pytest.mark.parametrize(
    ("outcome", "code"),
    [
        (Broadcast.NO_FUNDS, AlertCode.NO_FUNDS),
        (Broadcast.UNKNOWN, AlertCode.MAYBE_SENT),
        (Broadcast.NONCE_TOO_LOW, AlertCode.NONCE_TOO_LOW),
        (Broadcast.UNDERPRICED, AlertCode.UNDERPRICED),
    ],
)
def test_answer_to_a_broadcast_has_its_code_and_loses_nothing(
    outcome: Broadcast, code: AlertCode
) -> None:
    ledger = SimulatedLedger()
    accept = ledger.chain.accept
    ledger.chain.accept = lambda _: outcome  # type: ignore[method-assign, assignment]  # a node

    progress = ledger.step()
    ledger.chain.accept = accept  # type: ignore[method-assign]  # as above
    ledger.finish()

    assert codes(progress) == [code.value]
    assert (progress.alert is None) == code.is_information
    assert len(ledger.anchors()) == 1
    assert ledger.anchors()[0].nonce == 0


def test_long_unmined_transaction_is_told() -> None:
    ledger = SimulatedLedger(rules=replace(RULES, late_after=100))
    ledger.chain.knobs.slow = 1.0

    said = []
    for _ in range(12):
        said.append(ledger.step())
        ledger.mine()

    assert any(progress.has(AlertCode.NOT_MINED) for progress in said)
    assert not said[0].has(AlertCode.NOT_MINED)


def test_stalled_finality_is_information_and_no_error() -> None:
    ledger = SimulatedLedger(rules=replace(RULES, late_after=100))
    ledger.chain.knobs.is_stalled = True
    ledger.go_on_until(lambda: ledger.states() == [INCLUDED])
    ledger.mine(20)

    progress = ledger.step()

    assert progress.has(AlertCode.FINALITY_STALLED)
    assert progress.alert is None
    ledger.chain.knobs.is_stalled = False
    ledger.finish()


def test_a_chain_that_made_no_block_while_nobody_asked_has_not_stalled() -> None:
    ledger = SimulatedLedger(rules=replace(RULES, late_after=100))
    ledger.chain.knobs.is_stalled = True
    ledger.clock.pass_time(1_000)
    ledger.go_on_until(lambda: ledger.states() == [INCLUDED])

    soon = ledger.step()
    age = ledger.clock.now_unix() - ledger.chain.finalized().timestamp
    ledger.mine(20)
    late = ledger.step()

    assert age > 100
    assert not soon.has(AlertCode.FINALITY_STALLED)
    assert late.has(AlertCode.FINALITY_STALLED)


def test_node_that_is_behind_is_waited_for() -> None:
    ledger = SimulatedLedger()
    ledger.finish()
    ledger.log.grow(2)
    ledger.clock.pass_time(60)
    history = ledger.chain.history
    ledger.chain.history = history[:2]
    ledger.worker = ledger.new_worker()

    with pytest.raises(NodeBehindError):
        ledger.step()
    ledger.chain.history = history
    ledger.finish()

    assert len(ledger.anchors()) == 2


def test_absurd_clock_stops_nothing_but_the_present_turn() -> None:
    ledger = SimulatedLedger()
    ledger.mine(5)
    ledger.clock.unix -= 86_400

    with pytest.raises(ClockSkewError):
        ledger.step()
    assert ledger.anchors() == []
    ledger.clock.unix += 86_400
    ledger.finish()


@pytest.mark.parametrize("kind", [{}, {"chain_id": 1030, "evidence_level": "trusted-rpc"}])
def test_a_clock_a_year_ahead_binds_nothing_and_says_both_causes(kind: dict[str, Any]) -> None:
    ledger = SimulatedLedger(rules=replace(RULES, stale_after=1_860), **kind)
    ledger.mine(5)
    ledger.finish()
    ledger.log.grow(2)
    ledger.clock.unix += 365 * 86_400

    told = ledger.step()

    assert codes(told) == ["stale-chain"]
    assert told.alert is not None
    assert "clock is ahead" in told.alert
    assert "stands still" in told.alert
    assert len(ledger.anchors()) == 1
    ledger.clock.unix -= 365 * 86_400
    ledger.finish()
    assert len(ledger.anchors()) == 2


def test_a_chain_that_stood_still_is_anchored_on_when_it_goes_on() -> None:
    ledger = SimulatedLedger(rules=replace(RULES, stale_after=1_860))
    ledger.mine(5)
    ledger.finish()
    ledger.log.grow(2)
    ledger.clock.pass_time(1_900)

    assert codes(ledger.step()) == ["stale-chain"]
    ledger.mine()
    ledger.finish()
    assert len(ledger.anchors()) == 2


def test_an_old_block_of_a_chain_that_waits_for_us_is_none_of_it() -> None:
    """A development chain makes its blocks when somebody sends: its newest one may be old."""
    ledger = SimulatedLedger()
    ledger.mine(5)
    ledger.clock.pass_time(365 * 86_400)

    ledger.finish()

    assert len(ledger.anchors()) == 1


def test_final_blocks_whose_time_runs_backwards_are_refused() -> None:
    ledger = SimulatedLedger()
    ledger.finish()
    ledger.log.grow(2)
    ledger.mine(5)
    at = ledger.chain.finality
    true = ledger.chain.history[at]
    ledger.chain.history[at] = replace(true, block=replace(true.block, timestamp=1))

    with pytest.raises(UnavailableError, match="time runs backwards"):
        ledger.step()


def test_foreign_transaction_is_a_doubt_until_it_is_final() -> None:
    ledger = SimulatedLedger()
    ledger.chain.finality = 1
    ledger.finish()
    ledger.log.grow(2)
    foreign = AnchorCall(4, ledger.log.root_at(4), tuple(ledger.log.consistency_path(2, 4)))
    ledger.chain.pool[1] = transaction(1, foreign)
    ledger.mine(2)
    finality = ledger.chain.finality
    ledger.chain.knobs.is_stalled = True

    doubtful = ledger.step()

    assert doubtful.has(AlertCode.DOUBTFUL)
    assert len(ledger.anchors()) == 1
    assert ledger.chain.finality == finality
    assert ledger.store.halted(ledger.chain.chain_id) is None
    ledger.chain.knobs.is_stalled = False
    ledger.mine(4)
    with pytest.raises(Exception, match="did not anchor") as caught:
        ledger.step()
    halt = ledger.store.halted(ledger.chain.chain_id)
    assert halt is not None
    assert halt.code == caught.value.code  # type: ignore[attr-defined]  # of ours


def test_reverted_use_of_the_nonce_is_an_alarm_once_final() -> None:
    ledger = SimulatedLedger()
    ledger.chain.accept = lambda _: Broadcast.ACCEPTED  # type: ignore[method-assign, assignment]  # it is lost
    ledger.step()
    bad = AnchorCall(9, ledger.log.root_at(2), (bytes(32),))
    ledger.chain.pool[0] = transaction(0, bad)

    with pytest.raises(ForeignTransactionError):
        ledger.go_on_until(lambda: False)

    assert ledger.states() == [SENT]
    assert ledger.step().has(AlertCode.HALTED)


def test_worker_without_the_lease_asks_the_node_nothing() -> None:
    ledger = SimulatedLedger()
    ledger.step()
    ledger.worker = ledger.new_worker("another")
    ledger.chain.knobs.away = 1.0

    progress = ledger.step()

    assert codes(progress) == ["standby"]
    assert progress.waiting is False


class CountingLedger(SimulatedLedger):
    """Counts what the worker asks of the chain about its final blocks."""

    def __init__(self) -> None:
        self.asked: list[int] = []
        super().__init__()
        canonical_hash = self.chain.canonical_hash

        def counted(number: int) -> bytes | None:
            self.asked.append(number)
            return canonical_hash(number)

        self.chain.canonical_hash = counted  # type: ignore[method-assign]  # the node is not ours


def test_final_block_is_looked_at_again_at_intervals_without_any_work() -> None:
    ledger = CountingLedger()
    ledger.finish()
    ledger.asked.clear()
    named = ledger.inclusion().block.number

    def ask_for(seconds: float) -> Sequence[int]:
        ledger.asked.clear()
        ledger.clock.pass_time(seconds)
        ledger.step()
        return list(ledger.asked)

    assert ask_for(RULES.recheck_after) == [named]
    assert ask_for(1) == []
    assert ask_for(RULES.recheck_after - 2) == []
    assert ask_for(2) == [named]


def test_head_of_another_fork_alone_never_accuses() -> None:
    ledger = SimulatedLedger()
    ledger.finish()
    ledger.log.grow(2)
    ledger.clock.pass_time(60)
    true_head = ledger.chain.head

    def other_head() -> Block:
        return ledger.chain.history[1].block

    ledger.chain.head = other_head  # type: ignore[method-assign]  # the node is not ours
    for _ in range(3):
        progress = ledger.step()
        assert progress.has(AlertCode.NONCE_GAP)
    ledger.chain.head = true_head  # type: ignore[method-assign]  # as above
    ledger.finish()

    assert ledger.chain.nonce(SENDER) == 2


def test_anchor_of_an_earlier_sending_key_is_followed_and_never_signed_anew() -> None:
    ledger = SimulatedLedger()
    ledger.step()
    ledger.chain.base_fee_wei = 30 * 10**9
    other = SimulatedSender()
    other.address = b"\x0f" * 20
    ledger.chain.anchorer = lambda: other.address  # type: ignore[method-assign]  # handed over
    ledger.worker = ledger.new_worker(sender=other)
    for _ in range(8):
        ledger.mine()
        ledger.step()
    attempts = len(ledger.anchors()[0].attempts)

    ledger.chain.base_fee_wei = 10**9
    ledger.finish()

    assert attempts == 1
    assert ledger.states() == [FINAL]


def test_estimate_that_is_too_low_runs_nothing_out_of_gas() -> None:
    ledger = SimulatedLedger()
    ledger.chain.dry_run = lambda *_: 1  # type: ignore[method-assign]  # the node is not ours

    ledger.finish()

    assert not ledger.chain.reverted


# --- what is told, and for how long -------------------------------------------------------------


def test_key_without_coins_is_told_with_the_facts_until_it_has_some() -> None:
    """Found by an operator: said once in the log, and gone with the next turn."""
    ledger = SimulatedLedger()
    ledger.chain.balance_wei = 7
    accept = ledger.chain.accept
    ledger.chain.accept = lambda _: Broadcast.NO_FUNDS  # type: ignore[method-assign, assignment]  # a node

    for _ in range(6):
        progress = ledger.step()
        ledger.clock.pass_time(RULES.resend_after / 4)
        (anchor,) = ledger.anchors()
        cost = most_wei(anchor)
        assert codes(progress) == [AlertCode.NO_FUNDS.value]
        assert progress.funds == Funds(SENDER, 7, cost)
        assert progress.alert is not None
        assert all(fact in progress.alert for fact in (SENDER.hex(), " 7 wei", f" {cost} wei"))

    ledger.chain.accept = accept  # type: ignore[method-assign]  # as above
    ledger.chain.balance_wei = 10**18
    ledger.finish()
    progress = ledger.step()
    assert not progress.has(AlertCode.NO_FUNDS)
    assert progress.funds is not None
    assert not progress.funds.is_short


def test_balance_that_nobody_says_stops_nothing() -> None:
    ledger = SimulatedLedger()

    def away(account: bytes) -> int:
        assert account == SENDER
        raise UnavailableError("simulated: no answer")

    ledger.chain.balance = away  # type: ignore[method-assign]  # the node is not ours
    ledger.finish()

    (anchor,) = ledger.anchors()
    assert ledger.step().funds == Funds(SENDER, None, most_wei(anchor))


def test_every_line_of_the_log_names_the_chain(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO", logger="provenance")
    ledger = SimulatedLedger()
    ledger.chain.accept = lambda _: Broadcast.NO_FUNDS  # type: ignore[method-assign, assignment]  # a node
    ledger.step()
    ledger.new_worker("another").step()
    ledger.chain.pool.clear()
    ledger.chain.history[-1] = replace(ledger.chain.history[-1], nonce=1)
    with suppress(ForeignTransactionError, UnavailableError):
        ledger.step()

    lines = [json.loads(JSONLines().format(record)) for record in caplog.records]
    assert {"no-funds", "standby"} <= {line.get("code") for line in lines}
    for line in lines:
        assert line["chain_id"] == ledger.chain.chain_id
        assert line["message"].startswith(f"chain {ledger.chain.chain_id}: ")


def test_halt_names_the_chain_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    ledger = SimulatedLedger()
    ledger.finish()
    call = AnchorCall(9, ledger.log.newest_signed()[1], ())
    ledger.chain.pool[1] = transaction(1, call)
    ledger.mine(10)
    ledger.log.grow(2)
    ledger.clock.pass_time(60)

    with pytest.raises(ForeignTransactionError):
        ledger.step()

    (line,) = [record for record in caplog.records if record.levelname == "CRITICAL"]
    told = json.loads(JSONLines().format(line))
    assert (told["chain_id"], told["code"]) == (ledger.chain.chain_id, "foreign-transaction")


def test_worker_remembers_only_what_is_not_final() -> None:
    """Found in a year of anchors: each left two entries for ever."""
    ledger = SimulatedLedger()
    refused: set[int] = set()
    accept = ledger.chain.accept

    def fussy(transaction: Transaction) -> Broadcast:
        """Refuse the first attempt under each nonce as too cheap."""
        if transaction.nonce in refused:
            return accept(transaction)
        refused.add(transaction.nonce)
        return Broadcast.UNDERPRICED

    ledger.chain.accept = fussy  # type: ignore[method-assign]  # the node is not ours
    for _ in range(5):
        ledger.log.grow(1)
        ledger.finish()
        ledger.clock.pass_time(60)
    ledger.log.grow(1)
    ledger.step()

    open_ones = [one for one in ledger.anchors() if one.state is not FINAL]
    known = {attempt.tx_hash for one in open_ones for attempt in one.attempts}
    follower = ledger.worker._follower  # noqa: SLF001 -- its size is not seen from outside
    assert len(ledger.anchors()) == 6
    assert set(follower._handed) <= known  # noqa: SLF001 -- likewise
    assert follower._refused <= known  # noqa: SLF001 -- likewise
