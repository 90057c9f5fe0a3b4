"""What a loop says in the log of a failure: its beginning, every new cause, and its end."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from provenance.errors import NodeRefusedError, ProvenanceError, UnavailableError
from provenance.ledger.anchor_alerts import Alert, AlertCode, Progress
from provenance.service.worker import AnchorLoop, BeaconLoop

if TYPE_CHECKING:
    from collections.abc import Iterable

    import pytest

HUNG = UnavailableError("http://node did not answer eth_call: TimeoutError")
HUNG_ELSEWHERE = UnavailableError("http://node did not answer eth_getBlockByNumber: TimeoutError")
GARBAGE = UnavailableError("http://node answered eth_chainId with something not JSON")
REFUSED = NodeRefusedError("eth_chainId", -32000, "we are on holiday")


class _Turns:
    """Stands for a worker or an observer whose turns are known beforehand."""

    chain_id = 7

    def __init__(self, turns: Iterable[ProvenanceError | tuple[Alert, ...]]) -> None:
        self._turns = iter(turns)
        self._next = next(self._turns, None)
        self.loop: AnchorLoop | BeaconLoop | None = None
        self.is_wanted = True

    def step(self) -> Progress:
        assert self.loop is not None
        turn, self._next = self._next, next(self._turns, None)
        assert turn is not None
        if self._next is None:
            self.loop.end_soon()
        self.loop.wake()  # without the pause that a failure brings
        if isinstance(turn, ProvenanceError):
            raise turn
        return Progress(0, waiting=False, alerts=turn)

    def release(self) -> None:
        """Nothing was taken."""

    def is_due(self) -> bool:
        """Only before the first turn does anybody ask for a block."""
        was, self.is_wanted = self.is_wanted, False
        return was

    def poll(self) -> None:
        self.step()


def _said(
    caplog: pytest.LogCaptureFixture, *turns: ProvenanceError | tuple[Alert, ...]
) -> list[str]:
    caplog.set_level(logging.INFO, "provenance")
    worker = _Turns(turns)
    worker.loop = loop = AnchorLoop(worker, busy_seconds=0.0, idle_seconds=0.0)  # type: ignore[arg-type] # the methods a loop calls, with turns that no chain gives twice
    loop.start()
    loop._thread.join(10)  # noqa: SLF001 -- its last turn ends it
    return [one.getMessage().removeprefix("chain 7: anchoring: ") for one in caplog.records]


def test_a_failure_is_said_once_while_its_cause_is_the_same(
    caplog: pytest.LogCaptureFixture,
) -> None:
    assert _said(caplog, HUNG, HUNG_ELSEWHERE, HUNG, ()) == [str(HUNG), "unavailable is over"]


def test_numbers_and_hashes_make_no_new_cause(caplog: pytest.LogCaptureFixture) -> None:
    blocks = [UnavailableError(f"no proof of block {n}, 0x{n:064x}") for n in (9, 10, 11)]

    assert _said(caplog, *blocks, ()) == [str(blocks[0]), "unavailable is over"]


def test_another_cause_is_said_though_its_code_is_the_same(
    caplog: pytest.LogCaptureFixture,
) -> None:
    assert _said(caplog, HUNG, GARBAGE, REFUSED, ()) == [
        str(HUNG),
        str(GARBAGE),
        str(REFUSED),
        "node-refused is over",
    ]


def test_a_failure_is_not_called_over_by_a_turn_that_did_not_look(
    caplog: pytest.LogCaptureFixture,
) -> None:
    standby = (Alert(AlertCode.STANDBY, "another process anchors on this chain"),)

    said = _said(caplog, HUNG, standby, HUNG, standby, ())

    assert [one for one in said if "standby" not in one] == [str(HUNG), "unavailable is over"]


def test_a_beacons_failure_lasts_until_the_node_was_asked_again(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO, "provenance")
    observer = _Turns([HUNG, GARBAGE, ()])
    observer.loop = loop = BeaconLoop(observer, poll_seconds=0.0)  # type: ignore[arg-type] # as above
    loop.start()
    loop._thread.join(10)  # noqa: SLF001 -- its last turn ends it

    said = [one.getMessage().removeprefix("chain 7: beacon: ") for one in caplog.records]
    assert said == [str(HUNG), str(GARBAGE), "unavailable is over"]
