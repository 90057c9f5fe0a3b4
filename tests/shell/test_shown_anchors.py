"""An anchor is proved before it is shown, and a policy compared with the log before it is served.

All on copies of one folder that was founded, anchored, and stopped.
"""

from __future__ import annotations

import json
import sqlite3
from contextlib import ExitStack, closing, contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest
from running_service import copy, found, running
from waiting import wait_until

from provenance.chain.abi import ContractAbi
from provenance.errors import AuditError, DamagedReceiptError, OtherPolicyError, ProvenanceError
from provenance.ledger.check_policy import check_policy
from provenance.ledger.ports import ScrubState
from provenance.ledger.read_log import SignedLog
from provenance.ledger.scrub_anchors import AnchorScrubber
from provenance.ledger.scrub_log import LogScrubber
from provenance.ledger.show_anchors import AnchorChecker
from provenance.ledger.tile_cache import TileCache
from provenance.policy import Policy
from provenance.service.anchor_orders import anchoring_status
from provenance.service.audit import audit_folder
from provenance.service.ledger import Ledger
from provenance.service.standing import clear_damage
from provenance.store.anchor_store import SqlAnchorStore
from provenance.store.key_store import open_key_store
from provenance.store.log_store import open_log_store
from provenance.store.mode_store import SqlModeStore

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from provenance.ledger.anchor_port import Anchor
    from provenance.service.settings import LedgerFolder


@pytest.fixture(scope="module")
def anchored(tmp_path_factory: pytest.TempPathFactory) -> LedgerFolder:
    folder = found(tmp_path_factory.mktemp("shown") / "ledger")
    with running(folder) as service:
        service.deposited("one")

        def is_final() -> bool:
            final = anchoring_status(folder).chains[0].newest_final
            return final is not None and final.tree_size == service.size()

        wait_until(is_final, tell=service.ledger.readiness)
        items = service.client.get("/v1/anchors").json()["items"]
        assert [one["state"] for one in items] == ["final"] * len(items)
        assert all(one["evidence"] for one in items)
        checkpoint = service.client.get("/checkpoint").text
        spoil(folder, "UPDATE checkpoints SET note = note || ' '")
        answer = service.client.get("/checkpoint")
        assert (answer.status_code, answer.json()["code"]) == (500, "damaged-receipt")
        spoil(folder, "UPDATE checkpoints SET note = substr(note, 1, length(note) - 1)")
        assert service.client.get("/checkpoint").text == checkpoint
        spoil(folder, "UPDATE anchors SET block_number = block_number + 1")
        answer = service.client.get("/v1/anchors")
        assert (answer.status_code, answer.json()["code"]) == (500, "damaged-receipt")
        spoil(folder, "UPDATE anchors SET block_number = block_number - 1")
    return folder


@pytest.fixture
def folder(anchored: LedgerFolder, tmp_path: Path) -> LedgerFolder:
    return copy(anchored, tmp_path / "ledger")


def spoil(folder: LedgerFolder, statement: str) -> None:
    with closing(sqlite3.connect(folder.database)) as connection, connection:
        assert connection.execute(statement).rowcount > 0


@contextmanager
def opened(folder: LedgerFolder) -> Iterator[tuple[SqlAnchorStore, AnchorChecker]]:
    policy = Policy.parse(folder.policy.read_bytes())
    with closing(open_log_store(folder.database)) as store:
        log = SignedLog(store, TileCache(store.read_tile))
        encode = ContractAbi.bundled().anchor_data
        checker = AnchorChecker(policy, log, store.read_tile, encode)
        yield SqlAnchorStore(store.writer, store.reader), checker


def shown(folder: LedgerFolder) -> list[Anchor]:
    with opened(folder) as (store, checker):
        page = list(store.page())
        for anchor in page:
            checker.check(anchor)
        return page


# --- anchors ----------------------------------------------------------------------------------


def test_whole_anchors_are_shown(folder: LedgerFolder) -> None:
    assert shown(folder)


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE anchors SET root_hash = zeroblob(32)",
        "UPDATE anchors SET chain_id = chain_id + 1",
        "UPDATE anchors SET block_hash = zeroblob(32)",
        "UPDATE anchors SET block_number = block_number + 2",
        "UPDATE anchors SET mined_number = mined_number + 2",
        "UPDATE anchors SET tx_hash = zeroblob(32)",
        "UPDATE anchors SET call_data = zeroblob(100)",
        "UPDATE anchors SET base_size = base_size + 1",
        "UPDATE anchors SET evidence = replace(evidence, 'f', 'e')",
        "UPDATE anchors SET evidence = replace(evidence, 'header', 'headex')",
        "UPDATE anchors SET evidence = CAST(evidence AS BLOB)",
        "UPDATE anchors SET root_hash = CAST(root_hash AS TEXT)",
        "UPDATE anchor_attempts SET tx_hash = randomblob(32)",
        "UPDATE anchor_attempts SET raw = zeroblob(200)",
        "UPDATE anchor_attempts SET anchor_id = anchor_id + 100",
    ],
)
def test_a_changed_anchor_is_an_error(folder: LedgerFolder, sql: str) -> None:
    spoil(folder, sql)

    with pytest.raises(ProvenanceError):
        shown(folder)


def test_an_anchor_that_was_sound_is_proved_again_when_it_changes(folder: LedgerFolder) -> None:
    with opened(folder) as (store, checker):
        for anchor in store.page():
            checker.check(anchor)
        spoil(folder, "UPDATE anchors SET evidence = replace(evidence, '0xf8', '0xf9')")
        changed = store.page()
        with pytest.raises(DamagedReceiptError):
            checker.check(changed[-1])


def scrubbed(folder: LedgerFolder) -> ScrubState:
    """Read everything below the signed head again, anchors included."""
    policy, state = Policy.parse(folder.policy.read_bytes()), ScrubState()
    with opened(folder) as (anchors, checker), ExitStack() as closing_all:
        log = closing_all.enter_context(closing(open_log_store(folder.database)))
        keys = closing_all.enter_context(closing(open_key_store(folder.disclosure_keys)))
        scrubber = LogScrubber(log, keys, policy, anchors=AnchorScrubber(anchors, checker))
        while state.rounds == 0:
            state = scrubber.step(state, 1)
    return state


def test_the_scrub_proves_final_anchors_again(folder: LedgerFolder) -> None:
    assert scrubbed(folder).rounds == 1

    spoil(folder, "UPDATE anchors SET evidence = replace(evidence, '0xf8', '0xf9')")

    with pytest.raises(AuditError, match="anchor of tree size 2 on chain"):
        scrubbed(folder)


def test_damage_to_an_anchor_is_not_cleared_before_it_is_mended(folder: LedgerFolder) -> None:
    with closing(open_log_store(folder.database)) as store:
        mode = SqlModeStore(store.writer, store.reader)
        mode.mark_damage("anchor of tree size 2 on chain 31337")
    spoil(folder, "UPDATE anchors SET block_number = block_number + 1")

    with pytest.raises(AuditError, match="anchor of tree size 2 on chain"):
        clear_damage(folder)

    spoil(folder, "UPDATE anchors SET block_number = block_number - 1")
    assert clear_damage(folder)


# --- the policy -------------------------------------------------------------------------------


def change(folder: LedgerFolder, edit: Callable[[dict[str, Any]], object]) -> None:
    said = json.loads(folder.policy.read_bytes())
    edit(said)
    folder.policy.write_text(json.dumps(said), "utf-8")


def other(text: str) -> str:
    """Return a hexadecimal value with its last bit flipped."""
    return text[:-1] + f"{int(text[-1], 16) ^ 1:x}"


def spell(said: dict[str, Any], *, name: str) -> None:
    said["chains"][0][name] = other(said["chains"][0][name])


HASHES = ("genesis_hash", "contract", "log_id", "code_hash")
EDITS: dict[str, Callable[[dict[str, Any]], object]] = {
    "origin": lambda said: said.update(
        origin=said["origin"] + "x",
        checkpoint_keys=said["checkpoint_keys"],
    ),
    "root_key": lambda said: said["root_key"].update(
        x="11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"
    ),
    "chains[0].chain_id": lambda said: said["chains"][0].update(chain_id=31_339),
    "chains[0].roots_slot": lambda said: said["chains"][0].update(roots_slot=1),
    "checkpoint_keys[0].from": lambda said: said["checkpoint_keys"][0].update({"from": 3}),
    "checkpoint_keys[0].to": lambda said: said["checkpoint_keys"][0].update({"to": 90}),
    "another chain": lambda said: said["chains"].append(
        dict(said["chains"][0], chain_id=5, name="added by nobody")
    ),
    **{f"chains[0].{name}": partial(spell, name=name) for name in HASHES},
}


@pytest.mark.parametrize("what", EDITS)
def test_another_policy_than_the_logs_is_neither_served_nor_audited(
    folder: LedgerFolder, what: str
) -> None:
    change(folder, EDITS[what])

    with pytest.raises(OtherPolicyError) as audited:
        audit_folder(folder, ask_chain=False)
    with pytest.raises(OtherPolicyError) as served:
        Ledger(folder).start()

    assert audited.value.field == served.value.field
    assert str(served.value.field) in what or what == "another chain"


def test_a_chains_label_is_the_operators_own_word(folder: LedgerFolder) -> None:
    change(folder, lambda said: said["chains"][0].update(name="named anew"))

    report, _ = audit_folder(folder, ask_chain=False)

    assert report.tree_size == 4


def test_a_damaged_genesis_says_nothing_about_the_policy(folder: LedgerFolder) -> None:
    spoil(folder, "UPDATE entries SET entry = zeroblob(9) WHERE leaf_index = 0")

    with pytest.raises(AuditError) as audited:
        audit_folder(folder, ask_chain=False)
    with pytest.raises(DamagedReceiptError):
        Ledger(folder).start()

    assert audited.value.place == "entry 0"


def test_keys_that_no_index_leads_to_are_found_by_the_audit(folder: LedgerFolder) -> None:
    place = folder.disclosure_keys
    octets = place.read_bytes()
    with closing(sqlite3.connect(place)) as connection:
        (page_size,) = connection.execute("PRAGMA page_size").fetchone()
        (root,) = connection.execute(
            "SELECT rootpage FROM sqlite_schema WHERE name LIKE 'sqlite_autoindex_disc%'"
        ).fetchone()
        (record_id,) = connection.execute("SELECT record_id FROM disclosure_keys").fetchone()
    at = octets.index(record_id, (root - 1) * page_size)
    changed = octets[:at] + bytes([octets[at] ^ 1]) + octets[at + 1 :]
    place.write_bytes(changed)

    with pytest.raises(AuditError) as caught:
        audit_folder(folder, ask_chain=False)

    assert caught.value.place == "keys.sqlite"


def test_the_policy_of_a_log_is_checked_without_reading_it_whole(folder: LedgerFolder) -> None:
    policy = Policy.parse(folder.policy.read_bytes())
    with closing(open_log_store(folder.database)) as store:
        spoil(folder, "DELETE FROM entries WHERE leaf_index > 0")
        check_policy(policy, store)
