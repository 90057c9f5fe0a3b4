"""The checkpoint key stays while an anchor waits for a statement that only it can sign."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Literal

import pytest
from anchored_log import AnchoredLog
from small_ledger import policy

from provenance.digests import RootHash
from provenance.errors import ConflictError
from provenance.ledger.chain_port import Attempt
from provenance.service.configure import check_all_stated
from provenance.store.anchor_store import SqlAnchorStore
from provenance.store.engine import open_writer
from provenance.store.migrate import migrate

if TYPE_CHECKING:
    from collections.abc import Iterator

    from databases import Place

    from provenance.policy import Policy


@pytest.fixture
def anchors(place: Place) -> Iterator[SqlAnchorStore]:
    engine = open_writer(place.ledger)
    migrate(engine)
    AnchoredLog(engine).grow(2)
    yield SqlAnchorStore(engine)
    engine.dispose()


def on_a_chain_with(evidence: Literal["proof", "trusted-rpc"]) -> Policy:
    trust = policy()
    return replace(trust, chains=tuple(replace(one, evidence=evidence) for one in trust.chains))


def test_the_key_waits_for_an_anchor_that_only_it_can_state(anchors: SqlAnchorStore) -> None:
    stated, proved = on_a_chain_with("trusted-rpc"), on_a_chain_with("proof")
    check_all_stated(stated, anchors)

    lease = anchors.acquire(stated.chains[0].chain_id, "a worker", 60)
    assert lease is not None
    anchors.bind(
        lease,
        sender=bytes(20),
        nonce=0,
        base_size=0,
        tree_size=2,
        root_hash=RootHash(bytes(32)),
        call_data=b"call",
        attempt=Attempt(bytes(32), b"raw", 3 * 10**9, 10**9, 80_000, None),
        now_unix=1,
    )

    with pytest.raises(ConflictError, match="tree size 2 is on its way to development"):
        check_all_stated(stated, anchors)
    check_all_stated(proved, anchors)
