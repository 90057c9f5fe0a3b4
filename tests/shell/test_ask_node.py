"""A reader's own node is asked what a statement only says; a real node answers."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from node import AnchoredLedger, close, make_anchored_ledger

from provenance.anchored_event import prove_event, verify_anchored_event
from provenance.client.node import ask_node
from provenance.given import BlockName, RootName, RpcView

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="module")
def ledger(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AnchoredLedger]:
    made = make_anchored_ledger(tmp_path_factory.mktemp("ledger"))
    made.log.grow(3)
    made.anchor_to_the_end()
    yield made
    close(made)


def ask(ledger: AnchoredLedger, *roots: RootName) -> RpcView:
    url = ledger.node.url
    assert url is not None
    [anchor] = ledger.store.page()
    assert anchor.inclusion is not None
    block = anchor.inclusion.block
    name = BlockName(anchor.chain_id, block.number, block.block_hash)
    view = ask_node(url, [name], roots)
    assert isinstance(view, RpcView)
    assert view.hashes == {block.number: block.block_hash}
    return view


def test_the_node_tells_which_roots_the_contract_holds(ledger: AnchoredLedger) -> None:
    pin, (size, root) = ledger.chain.pin, ledger.log.newest_signed()
    held = RootName(pin.chain_id, pin.contract, pin.log_id, size)
    smaller = replace(held, tree_size=size - 1)
    another_log = replace(held, log_id=bytes(32))
    no_contract = replace(held, contract=bytes(19) + b"\1")
    nobody = replace(held, contract=b"\xee" * 20)
    another_chain = replace(held, chain_id=pin.chain_id + 1)

    view = ask(ledger, held, smaller, another_log, no_contract, nobody, another_chain)

    assert view.roots[held] == root
    assert {view.roots[one] for one in (smaller, another_log, nobody)} == {bytes(32)}
    assert another_chain not in view.roots
    # a precompiled contract answers with bytes of its own, which are no root of ours
    assert view.roots[no_contract] != root


def test_the_receipts_of_the_block_prove_the_same_anchor(ledger: AnchoredLedger) -> None:
    [anchor] = ledger.store.page()
    assert anchor.inclusion is not None
    block = ledger.chain.block_by_hash(anchor.inclusion.block.block_hash)
    assert block is not None
    receipts = ledger.chain.block_receipts(block.block_hash)
    assert receipts is not None

    evidence = prove_event(block.header, receipts, 0)

    header = verify_anchored_event(
        evidence,
        contract=ledger.chain.pin.contract,
        log_id=ledger.chain.pin.log_id,
        tree_size=anchor.tree_size,
        root_hash=anchor.root_hash,
    )
    assert header.hash == block.block_hash
