"""What a start compares before it signs anything, and which key it pays with."""

from __future__ import annotations

import json
import shutil
import time
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from mining_anvil import mining_anvil
from running_service import copy, found, running
from small_ledger import ORIGIN, deposit
from waiting import wait_until

from provenance.chain.external_signer import ExternalSender
from provenance.errors import (
    LockedError,
    MalformedError,
    ProvenanceError,
    RestoredCopyError,
    VerificationError,
)
from provenance.files.lock import FolderLock
from provenance.ledger.anchor_alerts import AlertCode
from provenance.service.anchor_orders import anchoring_status
from provenance.service.chain_settings import (
    Ceilings,
    ChainSettings,
    EnvironmentKey,
    ExternalSigner,
    KeyFile,
    managed_chain,
)
from provenance.service.choose_chain import Wish, choose_chain
from provenance.service.found_ledger import found_ledger
from provenance.service.ledger import Ledger
from provenance.service.operator_keys import OperatorKeys
from provenance.service.settings import LedgerFolder

if TYPE_CHECKING:
    from pathlib import Path

    from running_service import Service

SOURCES = ("ledger.sqlite", "keys.sqlite", "signer.memory")


def await_final(service: Service, folder: LedgerFolder) -> int:
    """Wait until the newest checkpoint is anchored, finally."""

    def is_final() -> bool:
        final = anchoring_status(folder).chains[0].newest_final
        return final is not None and final.tree_size == service.size()

    wait_until(is_final, tell=service.ledger.readiness)
    return service.size()


def test_an_older_copy_with_its_own_memory_is_known_by_the_chain(
    folder: LedgerFolder, tmp_path: Path
) -> None:
    with running(folder) as service:
        service.deposited("before the backup")
        await_final(service, folder)
    older = copy(folder, tmp_path / "older")
    with running(folder) as service:
        service.deposited("after the backup")
        anchored = await_final(service, folder)
    for name in SOURCES:
        shutil.copy(older.root / name, folder.root / name)
    before = [(folder.root / name).read_bytes() for name in SOURCES[2:]]

    ledger = Ledger(folder)
    with pytest.raises(RestoredCopyError, match=f"tree size {anchored}"):
        ledger.start()

    assert [(folder.root / name).read_bytes() for name in SOURCES[2:]] == before
    with FolderLock(folder.writer_lock, purpose="prove that everything was let go"):
        pass


def test_a_chain_that_is_away_keeps_nobody_from_starting(folder: LedgerFolder) -> None:
    settings = folder.read_settings()
    nobody = replace(settings.chains[0], nodes=("http://127.0.0.1:9",))
    folder.write_settings(replace(settings, chains=(nobody,)))

    with running(folder) as service:
        service.deposited("while the chain is away")
        wait_until(lambda: service.ledger.readiness()["chain"] != (True, "following"))
        said = service.ledger.readiness()["chain"]

    assert said == (False, "unavailable")


def test_a_folder_with_settings_of_the_first_version_goes_on(folder: LedgerFolder) -> None:
    first = {"chain": {"node": "managed"}, "anchor_interval": 1, "write_policy": None}
    whole = {"format": "provenance-settings", "v": 1, **first}
    folder.settings.write_text(json.dumps(whole))

    with running(folder) as service:
        service.deposited("under old settings")
        await_final(service, folder)

    assert json.loads(folder.settings.read_text()) == whole, "nobody rewrites what need not be"


def test_what_the_worker_finds_fatal_stops_only_its_chain(
    folder: LedgerFolder, tmp_path: Path
) -> None:
    with running(folder) as service:
        service.deposited("before")
        await_final(service, folder)
    # another ledger's chain in the place of ours: same id, same contract, other history
    other = found(tmp_path / "other")
    shutil.rmtree(folder.node)
    shutil.copytree(other.node, folder.node)

    with running(folder) as service:
        answer = service.post(deposit(service.alice, "records go on being taken"))
        wait_until(lambda: not service.ledger.readiness()["chain"][0])
        ready = service.client.get("/v1/ready")
        (chain,) = service.ledger.parts.chains

    assert answer.status_code == 201
    assert ready.json()["ready"] is True
    assert ready.json()["parts"]["chain"] == {"ready": False, "detail": "wrong-chain"}
    assert not chain.loop.status.has(AlertCode.HALTED)


def test_processes_of_one_database_share_its_lock_and_a_change_excludes_them(
    tmp_path: Path,
) -> None:
    path = tmp_path / "lock"

    first, second = (FolderLock(path, purpose="serve", shared=True) for _ in range(2))
    with first, second, pytest.raises(LockedError):
        FolderLock(path, purpose="change")
    with FolderLock(path, purpose="change"), pytest.raises(LockedError):
        FolderLock(path, purpose="serve", shared=True)


# --- the key that pays ------------------------------------------------------------------------


def test_each_kind_of_sending_key_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    keys = OperatorKeys(tmp_path / "plain")
    plain = keys.sender(make=True)
    text = (tmp_path / "plain" / "sender.key").read_text()
    monkeypatch.setenv("SENDING_KEY", text.strip())
    passphrase = tmp_path / "passphrase"
    passphrase.write_text("correct horse\n")
    locked = OperatorKeys(tmp_path / "locked")
    made = locked.sender(KeyFile(str(passphrase)), make=True)

    assert keys.sender().address == plain.address
    assert keys.sender(EnvironmentKey("SENDING_KEY")).address == plain.address
    assert locked.sender(KeyFile(str(passphrase))).address == made.address
    assert "crypto" in json.loads((tmp_path / "locked" / "sender.key").read_text())
    external = keys.sender(ExternalSigner("http://127.0.0.1:9", plain.address))
    assert isinstance(external, ExternalSender)
    assert external.address == plain.address


def test_a_sending_key_that_cannot_be_had_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SENDING_KEY", raising=False)
    keys, passphrase, wrong = (OperatorKeys(tmp_path), tmp_path / "right", tmp_path / "wrong")
    passphrase.write_text("right")
    wrong.write_text("wrong")
    (tmp_path / "empty").write_text("\n")
    keys.sender(KeyFile(str(passphrase)), make=True)

    with pytest.raises(VerificationError):
        keys.sender(KeyFile(str(wrong)))
    with pytest.raises(VerificationError):
        keys.sender()
    for choice in (
        KeyFile(str(tmp_path / "empty")),
        KeyFile(str(tmp_path / "missing")),
        EnvironmentKey("SENDING_KEY"),
    ):
        with pytest.raises(ProvenanceError):
            keys.sender(choice)


def test_a_ledger_is_founded_and_anchored_by_a_key_of_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    paying = OperatorKeys(tmp_path / "elsewhere")
    address = paying.sender(make=True).address
    text = (tmp_path / "elsewhere" / "sender.key").read_text().strip()
    monkeypatch.setenv("SENDING_KEY", text)
    folder = LedgerFolder(tmp_path / "ledger")
    with mining_anvil(tmp_path / "node", chain_id=31_340) as node:
        node.fund(address)
        wish = Wish(profile="local", nodes=(node.url,), sender=EnvironmentKey("SENDING_KEY"))
        found_ledger(
            folder,
            choose_chain(wish),
            origin=ORIGIN,
            passphrase="passphrase",
            now_unix=int(time.time()),
        )
        with running(folder) as service:
            service.ledger.anchor_now()
            await_final(service, folder)

    assert not (folder.keys / "sender.key").exists()
    assert text.removeprefix("0x") not in folder.settings.read_text()


# --- rules ------------------------------------------------------------------------------------


def test_ceilings_of_the_settings_are_the_workers(tmp_path: Path) -> None:
    from provenance.service.chain_node import ChainNode  # noqa: PLC0415 -- beside what it is about

    folder = LedgerFolder(tmp_path)
    public = ChainSettings("mainnet", 1, ("http://127.0.0.1:9",), ceilings=Ceilings(10, 20))

    rules = ChainNode(folder, public, bytes(20)).rules()
    usual = ChainNode(folder, replace(public, ceilings=None), bytes(20)).rules()
    managed = ChainNode(folder, managed_chain(), bytes(20)).rules()

    assert (rules.anchor_ceiling_wei, rules.day_ceiling_wei) == (10, 20)
    assert usual.anchor_ceiling_wei is not None
    assert managed.anchor_ceiling_wei is None
    assert (rules.lease_seconds, managed.lease_seconds) == (60, 60)
    # finality of Ethereum and 15 minutes; no bound where blocks come only when we send
    by_others = ChainNode(folder, public, bytes(20)).rules(independent=True)
    assert (by_others.stale_after, rules.stale_after) == (960 + 900, None)


def test_a_policy_that_does_not_know_a_chain_is_refused(folder: LedgerFolder) -> None:
    settings = folder.read_settings()
    stranger = ChainSettings("mainnet", 1, ("http://127.0.0.1:9",))
    for chains in ((*settings.chains, stranger), (stranger,)):
        folder.write_settings(replace(settings, chains=chains))
        with pytest.raises(MalformedError, match="policy knows no chain 1"):
            Ledger(folder).start()
