"""True reorganisations: sibling branches on a client that is not anvil, over the Engine API.

The fork choice is moved to another branch, as a consensus layer does it; what was in the old one
is gone until somebody sends it again. A branch below what was called final raises the alarm.
"""

from __future__ import annotations

import shutil
from collections import Counter
from random import Random
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from eth_account import Account
from second_client import SecondClient, need_second_client

from faults.http import Rpc
from faults.wire import Violation, demand, sha256
from faults.worker_rig import WorkerRig
from provenance.errors import FatalError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from faults.wire import JSON

__all__ = ["EngineNode", "run"]

_FINAL_BELOW = 4
_MOST_STEPS = 60


class EngineNode:
    """The second client as ``WorkerRig`` wants a node; four blocks below the head are final."""

    def __init__(self, folder: Path, funded: bytes) -> None:
        need_second_client()
        self.client = SecondClient(folder, funded=[funded])
        self.client.start()
        self.url = self.client.url
        self.rpc = Rpc(urlsplit(self.url).port or 0)
        self._later = 0
        self._newest = self._timestamp()

    @property
    def now_unix(self) -> int:
        """The newest block's time, and the leaps of the clock so far."""
        return self._newest + self._later

    def fund(self, account: bytes) -> None:
        """Do nothing: it has coins from the first block on."""

    def mine(self, blocks: int = 1, *, later: int = 0) -> None:
        self._later += later
        self.client.mine(blocks)
        self.client.finalize(max(0, self.head() - _FINAL_BELOW))
        self._newest = max(self._newest, self._timestamp())

    def reorganise(self, depth: int) -> None:
        self.client.reorganise(depth)
        self._newest = max(self._newest, self._timestamp())

    def head(self) -> int:
        return self.client.head_number()

    def finalized(self) -> int:
        return int(self.block("finalized")["number"], 16)

    def block(self, number: int | str) -> JSON:
        tag = hex(number) if isinstance(number, int) else number
        found: JSON = self.rpc.call("eth_getBlockByNumber", tag, False)  # noqa: FBT003 -- JSON-RPC
        return found

    def _timestamp(self) -> int:
        return int(self.block("latest")["timestamp"], 16)

    def stop(self) -> None:
        self.rpc.close()
        self.client.stop()


def run(folder: Path, seed: int, count: int, say: Callable[[str], None]) -> dict[str, object]:
    """Reorganise ``count`` times, the last time below what was final."""
    place = folder / "world"
    shutil.rmtree(place, ignore_errors=True)
    name = f"engine {seed}"
    sender = bytes.fromhex(Account.from_key(sha256(name.encode())).address[2:])
    rig = WorkerRig(place, name, node=EngineNode(place / "client", sender))
    totals = Counter[str]()
    try:
        for number in range(count - 1):
            _happen(rig, Random(f"engine {seed}/{number}"), number)
            totals["events"] += 1
            if number % 10 == 9:
                say(f"{number + 1} events")
        totals["anchors"] += len(rig.finish().anchored)
        _violate(rig)
        totals["events"] += 1
        totals["below finality, alarm raised"] += 1
    finally:
        rig.close()
    counts = {**totals, "reverted": 0, "doubled": 0}
    return {"campaign": "engine-reorgs", "seed": seed, "counts": counts, "codes": dict(rig.codes)}


def _happen(rig: WorkerRig[EngineNode], rng: Random, number: int) -> None:
    """Bring anchors on their way, and take their blocks back."""
    try:
        for _ in range(rng.randint(1, 3)):
            rig.log.grow(rng.randint(1, 5))
            rig.step()
            rig.mine(rng.randint(1, 2))
            rig.step()
        if rng.random() < 0.3:
            rig.restart()
        depth = rng.randint(1, min(_FINAL_BELOW, rig.node.head() - 1))
        rig.node.reorganise(depth)
        rig.remember(depth + 1)
        _settle(rig)
    except FatalError as error:
        raise Violation("I9", f"event {number}: stopped by {error!r}") from error
    except Violation as violation:
        raise Violation(violation.invariant, f"event {number}: {violation}") from violation


def _settle(rig: WorkerRig[EngineNode]) -> None:
    for turn in range(_MOST_STEPS):
        rig.step()
        if not rig.is_busy():
            return
        if turn % 3 == 2:
            rig.clock.ahead += 65
        rig.mine()
    demand(truth=False, invariant="I9", text=f"not final after {_MOST_STEPS} steps")


def _violate(rig: WorkerRig[EngineNode]) -> None:
    rig.log.grow(3)
    _settle(rig)
    before = rig.evidence()
    rig.node.reorganise(2 * _FINAL_BELOW + 2)
    raised = None
    for _ in range(12):
        rig.clock.ahead += 300
        rig.mine()
        try:
            rig.step(blindly=True)
        except FatalError as error:
            raised = error.code
            break
    demand(raised == "finality-violated", "W11", f"alarm is {raised!r}")
    demand(rig.evidence() == before, "W11", "evidence of what was final is gone")
