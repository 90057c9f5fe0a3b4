"""Every combination of missing parts has the exit code that the trust model states.

``expected`` says the rules of ``docs/trust-model.md`` again, in the other direction: it never
looks at a receipt, only at which parts the case has.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass, replace
from functools import cache
from typing import TYPE_CHECKING

import pytest
import receipts
from receipts import DEVNET, MAINNET, OTHERNET, Built, Shape

from provenance.fingerprint import Summary
from provenance.given import RPC_AWAY, Given, GivenBlock, RpcView, WholeData
from provenance.note import NoteSigner
from provenance.verdict import Outcome
from provenance.verify import Parts, check_parts

if TYPE_CHECKING:
    from provenance.given import RpcAnswer
    from provenance.verdict import Verdict

FOREIGN = bytes([9]) * 32
NEXT_SIGNER = NoteSigner(receipts.ORIGIN, receipts.key_of(9))
"""The key that the log took after the policy was made."""
QUORUM = {"none": (0, 0), "met": (2, 2), "unmet": (2, 1)}
"""Quorum asked for, and witnesses that cosigned."""


@dataclass(frozen=True)
class Case:
    """One combination."""

    anchors: tuple[int, ...]
    in_policy: bool
    independent: bool
    beacon: bool
    given: str
    rpc: str
    allow_dev: bool
    need_start: bool
    quorum: str
    data: str
    known_key: bool
    """Whether the policy names the key that signed the checkpoints."""
    kind: str = "storage"
    """Of the evidence on every chain."""

    @property
    def beacon_chain(self) -> int:
        return DEVNET if self.anchors == (DEVNET,) else MAINNET

    @property
    def policy_chains(self) -> tuple[int, ...]:
        if not self.in_policy:
            return (OTHERNET,)
        return self.anchors or (MAINNET,)


@cache
def built(case: Case) -> tuple[Built, Parts]:
    quorum, cosigned = QUORUM[case.quorum]
    signer = receipts.LOG_SIGNER if case.known_key else NEXT_SIGNER
    made = receipts.build(
        Shape(
            anchors=case.anchors,
            policy_chains=case.policy_chains,
            not_independent=frozenset() if case.independent else frozenset({MAINNET}),
            log_signer=signer,
            statement_signer=signer,
            kinds=dict.fromkeys(case.anchors, case.kind),
            beacon=case.beacon,
            beacon_chain=case.beacon_chain,
            witnesses=2 if quorum else 0,
            quorum=quorum,
            cosigned=cosigned,
            crowd=0,
        )
    )
    return made, Parts.parse(made.octets)


def given_of(case: Case, made: Built) -> Given:
    evidence = [GivenBlock(block_hash) for block_hash in made.evidence_hashes.values()]
    blocks = {
        "nothing": [],
        "evidence": evidence,
        "beacon": [GivenBlock(made.beacon_hash)] if case.beacon else [],
        "foreign": [*evidence, GivenBlock(FOREIGN)],
    }[case.given]
    data = None
    if case.data != "none":
        deposit = receipts.dataset_summary()
        digest = deposit.digest if case.data == "same" else FOREIGN
        data = WholeData(Summary(digest, deposit.files, deposit.length))
    return Given(
        blocks=tuple(blocks),
        rpc=rpc_of(case, made),
        data=data,
        require=frozenset({"not-before"}) if case.need_start else frozenset(),
        allow_dev_chain=case.allow_dev,
    )


def rpc_of(case: Case, made: Built) -> RpcAnswer | None:
    if case.rpc == "none":
        return None
    if case.rpc == "away":
        return RPC_AWAY
    evidence = made.evidence_hashes.get(case.beacon_chain, FOREIGN)
    if case.rpc == "differs":
        evidence = FOREIGN
    finalized = receipts.EVIDENCE_NUMBER - (case.rpc == "not-final")
    return RpcView(
        chain_id=case.beacon_chain,
        head=receipts.EVIDENCE_NUMBER + 70,
        finalized=finalized,
        hashes={receipts.EVIDENCE_NUMBER: evidence, receipts.BEACON_NUMBER: made.beacon_hash},
    )


def independent(case: Case, chain_id: int) -> bool:
    return chain_id != DEVNET and (case.independent or chain_id != MAINNET)


def vouched(case: Case, chain_id: int) -> bool:
    """Whether anybody vouches for the evidence block on that chain."""
    by_node = case.rpc == "final" and chain_id == case.beacon_chain
    return case.given in {"evidence", "foreign"} or by_node


def start_is_proved(case: Case) -> bool:
    if not (case.beacon and case.in_policy):
        return False
    by_node = case.rpc in {"final", "not-final", "differs"}
    by_history = (
        case.beacon_chain in case.anchors
        and vouched(case, case.beacon_chain)
        and case.kind != "trusted-rpc"
    )
    is_known = case.given == "beacon" or by_node or by_history
    return is_known and (independent(case, case.beacon_chain) or case.allow_dev)


def expected(case: Case) -> int:
    """The rules of the trust model, in their order of precedence."""
    asks_this_chain = case.rpc in {"final", "not-final", "differs"}
    if asks_this_chain and not case.in_policy:
        return 2
    evidence_on_chain = case.in_policy and case.beacon_chain in case.anchors
    # a statement by whoever signed an unknown checkpoint is not looked at
    is_read = case.known_key or case.kind != "trusted-rpc"
    if (
        case.given == "foreign"
        or case.data == "other"
        or (case.rpc == "differs" and evidence_on_chain and is_read)
    ):
        return 1
    if case.rpc == "away":
        return 4
    if not case.known_key:
        return 3
    counted = [
        chain_id
        for chain_id in case.anchors
        if case.in_policy
        and case.kind != "trusted-rpc"
        and vouched(case, chain_id)
        and (independent(case, chain_id) or case.allow_dev)
    ]
    waiting = case.rpc == "not-final" and evidence_on_chain
    start_lacks = case.need_start and not start_is_proved(case)
    return 3 if not counted or waiting or start_lacks or case.quorum == "unmet" else 0


def cases(anchors: tuple[int, ...], kind: str) -> list[Case]:
    booleans = (False, True)
    return [
        Case(anchors, *values, known_key=known_key, kind=kind)
        for known_key in (True, False)
        for values in itertools.product(
            booleans,
            booleans,
            booleans,
            ("nothing", "evidence", "beacon", "foreign"),
            ("none", "away", "final", "not-final", "differs"),
            booleans,
            booleans,
            tuple(QUORUM),
            ("none", "same", "other"),
        )
    ]


@pytest.mark.parametrize(
    ("anchors", "kind"),
    [
        ((), "storage"),
        *itertools.product(
            ((MAINNET,), (DEVNET,), (MAINNET, DEVNET)), ("storage", "receipt", "trusted-rpc")
        ),
    ],
)
def test_every_combination_has_the_stated_exit_code(anchors: tuple[int, ...], kind: str) -> None:
    seen: dict[int, int] = {}

    # a seventeenth of them: this step meets all values of any three members with one another
    for case in cases(anchors, kind)[::17]:
        made, parts = built(receipt_part(case))
        verdict = check_parts(parts, made.policy, given_of(case, made), now_unix=receipts.NOW)
        assert verdict.exit_code == expected(case), case
        assert case.known_key or claims_nothing(verdict), case
        seen[verdict.exit_code] = seen.get(verdict.exit_code, 0) + 1

    assert set(seen) >= {1, 2, 3, 4}
    assert (0 in seen) == (bool(anchors) and kind != "trusted-rpc")
    assert sum(seen.values()) == len(range(0, 11_520, 17))


def claims_nothing(verdict: Verdict) -> bool:
    """Whether nothing is shown as true that rests on the log, and no time."""
    logged = [check.outcome for check in verdict.checks if 7 <= check.number <= 13]
    bounds = (verdict.not_before, verdict.not_after, verdict.signed_not_before)
    return not {Outcome.PROVED, Outcome.VOUCHED} & set(logged) and bounds == (None, None, None)


def receipt_part(case: Case) -> Case:
    """Return the case with one value for everything that is not in the receipt or policy."""
    return replace(
        case, given="nothing", rpc="none", allow_dev=False, need_start=False, data="none"
    )
