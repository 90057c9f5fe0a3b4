"""One ledger on two chains at once: added, anchored on, proved by both, halted alone, retired."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

import pytest
from mining_anvil import MiningAnvil, mining_anvil
from running_service import Service, copy, found, running
from small_ledger import deposit
from waiting import wait_until

from provenance.anchor_evidence import StatedEvidence, StorageEvidence
from provenance.chain.node import Node
from provenance.cli.main import main
from provenance.errors import (
    ConflictError,
    LockedError,
    MalformedError,
    NotFoundError,
    UnavailableError,
    UnconfirmedChainError,
    UnfinishedChangeError,
    WrongChainError,
)
from provenance.files.lock import FolderLock
from provenance.given import GivenBlock
from provenance.keccak import keccak256
from provenance.policy import Policy
from provenance.receipt import Receipt
from provenance.record import configuration_of, parse_entry
from provenance.service.anchor_orders import anchoring_status, resume_anchoring
from provenance.service.audit import audit_folder
from provenance.service.chain_settings import ExternalSigner
from provenance.service.change_intent import Intent, check_settled
from provenance.service.choose_chain import Wish, choose_chain
from provenance.service.configure_chains import ChainsChange, add_chain, retire_chain
from provenance.service.operator_keys import OperatorKeys
from provenance.service.prepare_chain import plan_chain, prepare_chain
from provenance.store.anchor_store import SqlAnchorStore
from provenance.store.log_store import open_log_store
from provenance.verify import verify_receipt

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from provenance.keys import PrivateKey
    from provenance.service.configure_chains import ChangedChains
    from provenance.service.settings import LedgerFolder

SECOND = 31_338


@pytest.fixture(scope="module")
def second(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MiningAnvil]:
    """A chain that somebody else runs."""
    with mining_anvil(tmp_path_factory.mktemp("second") / "node", chain_id=SECOND) as node:
        yield node


def with_coins(place: LedgerFolder, second: MiningAnvil) -> LedgerFolder:
    """Give a ledger's sending key coins on the other chain too."""
    second.fund(OperatorKeys(place.keys).sender().address)
    return place


@pytest.fixture(scope="module")
def founded(tmp_path_factory: pytest.TempPathFactory, second: MiningAnvil) -> LedgerFolder:
    """A ledger on its managed chain; nobody runs it."""
    return with_coins(found(tmp_path_factory.mktemp("founded") / "ledger"), second)


@pytest.fixture
def folder(tmp_path: Path, founded: LedgerFolder) -> LedgerFolder:
    """A copy to be changed, which never anchors: the other chain would know all its sisters."""
    return copy(founded, tmp_path / "ledger")


def unlock(keys: OperatorKeys) -> PrivateKey:
    return keys.open_root("passphrase")


def nobody_asks(_: OperatorKeys) -> PrivateKey:
    raise AssertionError("the root key is not needed any more")


def wish(second: MiningAnvil, **others: Any) -> Wish:  # noqa: ANN401 -- members of a wish
    """Two names of one node, both of which have to agree."""
    nodes = (second.url, second.url.replace("127.0.0.1", "localhost"))
    return Wish(**{"profile": "local", "nodes": nodes, "quorum": 2, "interval": 1, **others})


def add(folder: LedgerFolder, second: MiningAnvil) -> ChangedChains:
    chosen = choose_chain(wish(second, name="second"))
    return add_chain(folder, chosen, unlock_root=unlock, now_unix=int(time.time()))


def wait_for_both(service: Service, record_id: str) -> Receipt:
    """Wait until a receipt is proved by both chains."""

    def proved_by_both() -> Receipt | None:
        octets = service.client.get(f"/v1/records/{record_id}/receipt").content
        receipt = Receipt.parse(octets)
        chains = {anchor.chain_id for one in receipt.anchored for anchor in one.anchors}
        return receipt if chains == {31_337, SECOND} else None

    receipt = wait_until(proved_by_both, tell=service.ledger.readiness)
    assert receipt is not None
    return receipt


def test_a_receipt_is_proved_by_each_of_two_chains(
    tmp_path: Path, second: MiningAnvil, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = with_coins(found(tmp_path / "ledger"), second)
    done = add(folder, second)

    with running(folder) as service:
        record = service.deposited("on two chains")
        receipt = wait_for_both(service, record.id_hex)
        page = service.client.get("/v1/anchors").json()["items"]
        ready = service.client.get("/v1/ready").json()
        metrics = service.client.get("/metrics").text
    assert main(["anchor", "status", str(folder.root), "--json"]) == 0
    status = json.loads(capsys.readouterr().out)

    report, findings = audit_folder(folder)

    trust = Policy.parse(folder.policy.read_bytes())
    assert trust == done.policy
    assert [(one.chain_id, one.is_of_log) for one in findings] == [(31_337, True), (SECOND, True)]
    assert report.anchors >= 2
    assert report.blocks_confirmed >= 2
    for chain_id in (31_337, SECOND):
        blocks = [
            GivenBlock(keccak256(anchor.evidence.header))
            for one in receipt.anchored
            for anchor in one.anchors
            if anchor.chain_id == chain_id and isinstance(anchor.evidence, StorageEvidence)
        ]
        verdict = verify_receipt(
            receipt.to_bytes(),
            trust,
            now_unix=int(time.time()),
            blocks=blocks,
            allow_dev_chain=True,
        )
        assert verdict.exit_code == 0, verdict
    assert {item["chain_id"] for item in page} == {31_337, SECOND}
    assert ready["parts"]["chain"] == {"ready": True, "detail": "following"}
    assert f'provenance_chain_anchoring_failing{{chain="{SECOND}"}} 0.0' in metrics
    assert 'provenance_chain_node_usable{chain="31338",node="http://localhost' in metrics
    assert [one["chain_id"] for one in status["chains"]] == [31_337, SECOND]
    assert [one["name"] for one in status["chains"]] == ["local", "second"]
    for one in status["chains"]:
        assert one["final_size"] > receipt.record.leaf_index
        assert (one["halt"], one["evidence"]) == (None, "proof")


def test_a_halt_stops_one_chain_and_nothing_else(tmp_path: Path, second: MiningAnvil) -> None:
    folder = with_coins(found(tmp_path / "ledger"), second)
    add(folder, second)
    store = open_log_store(folder.database)
    anchors = SqlAnchorStore(store.writer, store.reader)
    lease = anchors.acquire(SECOND, "the one process of this folder", 60)
    assert lease is not None
    anchors.halt(lease, "anchor-lost", "somebody looked strangely", int(time.time()))
    store.close()

    with running(folder) as service:
        record = service.deposited("while one chain is halted")
        wait_until(lambda: anchoring_status(folder).chains[0].newest_final)
        ready = service.client.get("/v1/ready").json()
        halted = anchoring_status(folder).chains[1]
        resumed = resume_anchoring(folder, SECOND)
        wait_for_both(service, record.id_hex)

    assert ready["ready"] is True
    assert ready["parts"]["chain"] == {"ready": False, "detail": f"{SECOND}: halted"}
    assert halted.halt is not None
    assert halted.newest is None
    assert [one.code for one in resumed] == ["anchor-lost"]
    assert anchoring_status(folder).chains[1].halt is None


# --- adding and retiring ----------------------------------------------------------------------


def test_a_chain_is_added_and_retired_by_records_of_the_root_key(
    folder: LedgerFolder, second: MiningAnvil
) -> None:
    before = Policy.parse(folder.policy.read_bytes())
    added = add(folder, second)
    with pytest.raises(ConflictError):
        add(folder, second)
    now = int(time.time())
    retired = retire_chain(folder, SECOND, unlock_root=unlock, now_unix=now)
    with pytest.raises(NotFoundError):
        retire_chain(folder, SECOND, unlock_root=unlock, now_unix=now)
    with pytest.raises(ConflictError):
        retire_chain(folder, 31_337, unlock_root=unlock, now_unix=now)

    store = open_log_store(folder.database)
    entries = [parse_entry(one) for one in store.entries(2, 4)]
    store.close()
    assert [entry.type for entry in entries] == ["configuration"] * 2
    first, last = map(configuration_of, entries)
    assert [chain.chain_id for chain in first.add.chains] == [SECOND]
    assert [chain.chain_id for chain in last.retire.chains] == [SECOND]
    assert (added.change.from_tree_size, retired.change.from_tree_size) == (4, 5)
    assert added.policy.chains == (*before.chains, added.policy.chains[1])
    assert added.policy.digest != before.digest
    # what was anchored there goes on being proved by the policy
    assert retired.policy == added.policy
    assert [chain.chain_id for chain in folder.read_settings().chains] == [31_337]
    report, _ = audit_folder(folder)
    assert report.by_type["configuration"] == 2


def test_a_running_service_keeps_its_chains(folder: LedgerFolder, second: MiningAnvil) -> None:
    before = folder.settings.read_bytes(), folder.policy.read_bytes()

    with FolderLock(folder.writer_lock, purpose="serve"), pytest.raises(LockedError):
        add(folder, second)

    assert (folder.settings.read_bytes(), folder.policy.read_bytes()) == before
    assert add(folder, second).change.chain_id == SECOND, "what is on the chain is found again"


class Stopped(ChainsChange):
    """A change that a crash cuts short before one of its steps."""

    at = ""

    def _crash(self, step: str) -> None:
        if self.at == step:
            raise InterruptedError(step)

    def write_intent(self, intent: Intent) -> None:
        self._crash("intent")
        super().write_intent(intent)

    def integrate_and_sign(self, *arguments: Any) -> None:  # noqa: ANN401 -- passed on
        self._crash("entry")
        super().integrate_and_sign(*arguments)

    def write_policy(self, octets: bytes) -> None:
        self._crash("policy")
        super().write_policy(octets)

    def write_settings(self, *arguments: Any) -> None:  # noqa: ANN401 -- passed on
        self._crash("settings")
        super().write_settings(*arguments)

    def forget_intent(self) -> None:
        self._crash("end")
        super().forget_intent()


@pytest.mark.parametrize("step", ["intent", "entry", "policy", "settings", "end"])
def test_a_change_that_was_cut_short_is_finished_or_was_never_begun(
    step: str, folder: LedgerFolder, second: MiningAnvil, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Stopped, "at", step)
    monkeypatch.setattr("provenance.service.configure_chains.ChainsChange", Stopped)
    with pytest.raises(InterruptedError):
        add(folder, second)
    monkeypatch.undo()
    is_in_log = step in {"policy", "settings", "end"}
    store = open_log_store(folder.database)
    if is_in_log:
        with pytest.raises(UnfinishedChangeError, match="--add-chain local"):
            check_settled(folder, store)
    else:
        check_settled(folder, store)
    store.close()

    chosen = choose_chain(wish(second, name="second"))
    ask = nobody_asks if is_in_log else unlock
    done = add_chain(folder, chosen, unlock_root=ask, now_unix=int(time.time()))

    assert (done.change.chain_id, done.change.leaf_index) == (SECOND, 2)
    assert [chain.chain_id for chain in folder.read_settings().chains] == [31_337, SECOND]
    assert Policy.parse(folder.policy.read_bytes()) == done.policy
    assert not (folder.root / "change.json").exists()
    report, _ = audit_folder(folder)
    assert report.by_type["configuration"] == 1


# --- choosing ---------------------------------------------------------------------------------


def test_a_dry_run_says_what_setting_up_would_cost_and_sends_nothing(
    folder: LedgerFolder, second: MiningAnvil, tmp_path: Path
) -> None:
    keys, chosen = OperatorKeys(tmp_path / "keys"), choose_chain(wish(second))
    origin = Policy.parse(folder.policy.read_bytes()).origin

    plan = plan_chain(folder, chosen, keys, origin)
    second.fund(plan.sender)
    again = plan_chain(folder, chosen, keys, origin)
    pin = prepare_chain(folder, chosen, keys, origin).pin
    after = plan_chain(folder, chosen, keys, origin)

    assert (plan.balance_wei, again.gas) == (0, plan.gas)
    assert [step for step, _ in plan.gas] == ["contract", "registration"]
    assert plan.cost_wei == plan.fee_wei * sum(gas for _, gas in plan.gas)
    assert (plan.contract, plan.log_id) == (pin.contract, pin.log_id)
    assert 0 < again.balance_wei - after.balance_wei < 2 * plan.cost_wei
    assert (after.gas, after.contract) == ((), pin.contract)


@pytest.mark.parametrize(
    ("others", "error", "field"),
    [
        ({"profile": "base"}, UnconfirmedChainError, "genesis_hash"),
        ({"profile": "besu-qbft"}, UnconfirmedChainError, "chain_id"),
        ({"profile": "bitcoin"}, MalformedError, "profile"),
        ({"profile": "sepolia", "nodes": ()}, MalformedError, "--rpc"),
        ({"profile": "sepolia", "chain_id": 1}, MalformedError, "chain_id"),
        ({"quorum": 3}, MalformedError, "--quorum"),
        ({"nodes": ("http://x",) * 2, "quorum": 1}, MalformedError, "--rpc"),
        ({"nodes": ("ipc:///x",), "quorum": 1}, MalformedError, "--rpc"),
    ],
)
def test_a_wish_that_cannot_be_is_refused(
    others: dict[str, Any], error: type[MalformedError], field: str, second: MiningAnvil
) -> None:
    with pytest.raises(error) as caught:
        choose_chain(wish(second, **others))

    assert caught.value.field == field


def test_a_node_of_another_chain_is_refused(folder: LedgerFolder, second: MiningAnvil) -> None:
    before = folder.settings.read_bytes()
    signer = ExternalSigner("http://127.0.0.1:9", b"\1" * 20)  # a plain key may not pay there
    others: list[dict[str, Any]] = [
        {"profile": "sepolia", "sender": signer},
        {"chain_id": SECOND + 1},
        {"profile": "base", "genesis_hash": bytes(32), "sender": signer},
        {"chain_id": SECOND, "genesis_hash": bytes(32)},
    ]
    for wrong in others:
        with pytest.raises(WrongChainError):
            add_chain(folder, choose_chain(wish(second, **wrong)), unlock_root=unlock, now_unix=1)

    assert folder.settings.read_bytes() == before


def test_without_coins_nothing_is_changed(tmp_path: Path, second: MiningAnvil) -> None:
    place = found(tmp_path / "poor")
    before = place.settings.read_bytes()

    with pytest.raises(UnavailableError, match="no coins"):
        add(place, second)

    assert place.settings.read_bytes() == before
    with running(place) as service:
        service.post(deposit(service.alice, "goes on as before"))


# --- a chain that proves nothing --------------------------------------------------------------


def test_a_chain_without_proofs_gives_the_operators_word_and_says_so(
    tmp_path: Path, second: MiningAnvil
) -> None:
    folder = with_coins(found(tmp_path / "ledger"), second)
    genesis = Node(second.rpc).genesis_hash()
    chosen = choose_chain(
        wish(second, profile="besu-qbft", chain_id=SECOND, genesis_hash=genesis, quorum=1)
    )

    done = add_chain(folder, chosen, unlock_root=unlock, now_unix=int(time.time()))
    with running(folder) as service:
        record = service.deposited("on a chain that has to be believed")
        receipt = wait_for_both(service, record.id_hex)
    audit_folder(folder)

    chain = done.policy.chains[1]
    assert (chain.name, chain.evidence, chain.depth) == ("Besu QBFT", "trusted-rpc", 1)
    (stated,) = [
        anchor.evidence
        for one in receipt.anchored
        for anchor in one.anchors
        if anchor.chain_id == SECOND
    ]
    assert isinstance(stated, StatedEvidence)
    assert stated.read().tree_size > receipt.record.leaf_index
    block = GivenBlock(stated.read().block_hash)
    verdict = verify_receipt(
        receipt.to_bytes(),
        done.policy,
        now_unix=int(time.time()),
        blocks=[block],
        allow_dev_chain=True,
    )
    assert verdict.exit_code == 3, "the operator's word proves nothing, whoever vouches for it"
