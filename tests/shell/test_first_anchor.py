"""A founded ledger, run as it is served, anchors its first checkpoint by itself."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from node import need_anvil

from provenance.service.choose_chain import Wish, choose_chain
from provenance.service.found_ledger import found_ledger
from provenance.service.ledger import Ledger
from provenance.service.settings import LedgerFolder

if TYPE_CHECKING:
    from pathlib import Path


def test_new_ledger_anchors_its_first_checkpoint(tmp_path: Path) -> None:
    need_anvil()
    folder = LedgerFolder(tmp_path / "ledger")
    found_ledger(
        folder,
        choose_chain(Wish()),
        origin="first.example/log",
        passphrase="not a secret",
        now_unix=int(time.time()),
    )
    ledger = Ledger(folder)
    ledger.start()
    try:
        deadline = time.monotonic() + 30
        while not (anchors := ledger.anchors(-1, 1)) or anchors[0]["state"] != "final":
            assert time.monotonic() < deadline, (anchors, ledger.readiness())
            time.sleep(0.1)
    finally:
        ledger.stop()

    assert [anchor["tree_size"] for anchor in anchors] == [2]
