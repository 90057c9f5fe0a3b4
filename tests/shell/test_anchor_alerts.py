"""The states of a chain: what is over is said, and only by whoever has looked."""

from __future__ import annotations

import pytest

from provenance.ledger.anchor_alerts import Alert, AlertCode, codes_over

POOR = Alert(AlertCode.NO_FUNDS, "0 wei, 1 needed")
DEAR = Alert(AlertCode.FEE_CEILING, "2 wei needed now; `anchor_wei` is 1")
STANDBY = Alert(AlertCode.STANDBY, "another process anchors on this chain")
HALTED = Alert(AlertCode.HALTED, "anchor-lost")


@pytest.mark.parametrize(
    ("before", "now", "expected"),
    [
        ([], [POOR], []),
        ([POOR, POOR], [], [AlertCode.NO_FUNDS]),
        ([POOR, DEAR], [DEAR], [AlertCode.NO_FUNDS]),
        ([POOR], [Alert(AlertCode.NO_FUNDS, "another sum")], []),
        ([POOR], [STANDBY], []),
        ([POOR], [HALTED], []),
        ([STANDBY], [], [AlertCode.STANDBY]),
        ([STANDBY], [HALTED], [AlertCode.STANDBY]),
        ([HALTED], [POOR], [AlertCode.HALTED]),
    ],
)
def test_a_state_is_over_when_whoever_looked_does_not_find_it(
    before: list[Alert], now: list[Alert], expected: list[AlertCode]
) -> None:
    assert codes_over(before, now) == expected
