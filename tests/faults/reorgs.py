"""Take blocks back, evict transactions and let base fees jump under the real worker.

Event number *n* of a seed is always the same one. Blocks of anvil are final eight below the head
here. What happens above that must mend itself; a reorganisation below it must raise the alarm,
stop anchoring over restarts, and keep the evidence.
"""

from __future__ import annotations

import json
import shutil
from collections import Counter
from random import Random
from typing import TYPE_CHECKING

from faults.anvil_process import Anvil
from faults.rpc_proxy import Proxy
from faults.wire import Violation, demand
from faults.worker_rig import WorkerRig
from provenance.errors import FatalError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

__all__ = ["run"]

WORLD = 25
"""Events on one chain; the last one of each goes below what was final."""

_EPOCH = 4
_FINAL_BELOW = 2 * _EPOCH
_MOST_STEPS = 120
_GWEI = 10**9


def run(folder: Path, seed: int, count: int, say: Callable[[str], None]) -> dict[str, object]:
    """Let ``count`` events happen."""
    place = folder / "progress.json"
    done, totals, codes = 0, Counter[str](), Counter[str]()
    if place.exists():
        kept = json.loads(place.read_text())
        done, totals, codes = kept["done"], Counter(kept["totals"]), Counter(kept["codes"])
    while done < count:
        world = _World(folder / "world", seed, done)
        try:
            last = min(count, done + WORLD)
            for number in range(done, last - 1):
                world.happen(number)
            world.totals["anchors"] += len(world.rig.finish().anchored)
            world.totals["replacements, each dearer"] += world.rig.replacements
            world.violate_finality(last - 1)
        finally:
            world.close()
        totals += world.totals
        codes += world.rig.codes
        done = last
        place.write_text(json.dumps({"done": done, "totals": totals, "codes": codes}))
        shutil.rmtree(folder / "world")
        say(f"{done} events, {totals['anchors']} anchors")
    counts = {"events": done, **totals, "reverted": 0, "doubled": 0}
    return {"campaign": "reorgs", "seed": seed, "counts": counts, "codes": dict(codes)}


class _World:
    """One chain, until something happens to it that it must not survive."""

    def __init__(self, folder: Path, seed: int, first: int) -> None:
        if folder.exists():
            shutil.rmtree(folder)
        self._seed = seed
        self.totals = Counter[str]()
        node = Anvil(folder / "anvil", slots_in_an_epoch=_EPOCH)
        self.rig = WorkerRig(folder, f"reorgs {seed}/{first}", node=node)
        self._proxy = Proxy(self.rig.node.port, f"reorgs {seed}/{first}")
        self._proxy.start()
        self.rig.look_through([self._proxy.url], quorum=1)

    def happen(self, number: int) -> None:
        """Have something happen while anchors are on their way; then all comes to rest."""
        rng = Random(f"reorgs {self._seed}/{number}")
        name = rng.choices(list(_EVENTS), [weight for weight, _ in _EVENTS.values()])[0]
        try:
            self._begin(rng)
            _EVENTS[name][1](self, rng)
            self.totals[name] += 1
            self._settle()
        except FatalError as error:
            raise Violation("I9", f"event {number}, {name}: stopped by {error!r}") from error
        except Violation as violation:
            text = f"event {number}, {name}: {violation}"
            raise Violation(violation.invariant, text) from violation

    def _begin(self, rng: Random) -> None:
        """Bring one to four anchors to different points of their way."""
        for _ in range(rng.randint(1, 4)):
            self.rig.log.grow(rng.randint(1, 5))
            for _ in range(rng.randint(1, 3)):
                self._turn()
            if rng.random() < 0.7:
                self.rig.mine(rng.randint(1, 2))
        if rng.random() < 0.5:
            self._turn()

    def _turn(self) -> None:
        self.rig.step()
        self.totals["steps"] += 1

    def _settle(self) -> None:
        for turn in range(_MOST_STEPS):
            self._turn()
            if not self.rig.is_busy():
                return
            if turn % 3 == 2:
                self.rig.clock.ahead += 65
            self.rig.mine()
        demand(truth=False, invariant="I9", text=f"not final after {_MOST_STEPS} steps")

    # --- what happens --------------------------------------------------------------------------

    def reorganise(self, rng: Random) -> None:
        """Other blocks take the place of the newest ones; their transactions are gone."""
        self.replace(rng.randint(1, _FINAL_BELOW - 1))

    def replace(self, depth: int) -> None:
        head = self.rig.node.head()
        self.rig.node.reorganise(min(depth, head - 1))
        self.rig.remember(depth)

    def reorganise_often(self, rng: Random) -> None:
        """Again before the worker has mended the first."""
        for _ in range(rng.randint(2, 4)):
            self.reorganise(rng)
            self._turn()

    def reorganise_and_die(self, rng: Random) -> None:
        """The worker dies before and after."""
        self.rig.restart()
        self.reorganise(rng)
        self.rig.restart()

    def put_back(self, rng: Random) -> None:
        """The transactions come back in other blocks, at other heights."""
        raws = self.rig.node.raw_transactions(rng.randint(1, _FINAL_BELOW - 1))
        self.replace(_FINAL_BELOW - 1)
        for raw in raws:
            self.rig.node.send(raw)
        self.rig.mine(rng.randint(1, 3))

    def evict(self, _: Random) -> None:
        """The pool forgets everything."""
        self.rig.node.rpc.call("anvil_dropAllTransactions")

    def evict_one(self, _: Random) -> None:
        """The pool forgets the transaction that waits."""
        for name in self.rig.node.pending():
            self.rig.node.rpc.call("anvil_dropTransaction", name)

    def jump(self, rng: Random) -> None:
        """The base fee jumps, perhaps above every ceiling, and falls by itself."""
        wei = rng.choice([3, 20, 80, 400]) * _GWEI
        self.rig.node.rpc.call("anvil_setNextBlockBaseFeePerGas", hex(wei))
        self.rig.mine()
        for _ in range(rng.randint(1, 4)):
            self.rig.clock.ahead += 65
            self._turn()
            self.rig.mine()

    def jump_and_reorganise(self, rng: Random) -> None:
        """Both at once: what was mined cheaply must be paid for again."""
        self.jump(rng)
        self.reorganise(rng)

    def hang(self, rng: Random) -> None:
        """The node stops answering for some steps."""
        self.rig.node.suspend()
        try:
            for _ in range(rng.randint(1, 2)):
                self.rig.step(blindly=True)
        finally:
            self.rig.node.resume()

    # --- below what was final --------------------------------------------------------------------

    def violate_finality(self, number: int) -> None:
        """Replace a block that was final: the worker stops, says so, and stays stopped."""
        rng = Random(f"reorgs {self._seed}/{number}")
        self.rig.log.grow(3)
        self._settle()
        before = self.rig.evidence()
        self.replace(2 * _FINAL_BELOW + rng.randint(0, 4))
        self.rig.mine(_FINAL_BELOW + 1)
        raised = None
        for _ in range(12):
            self.rig.clock.ahead += 300
            self.rig.mine()
            try:
                self.rig.step(blindly=True)
            except FatalError as error:
                raised = error.code
                break
        demand(raised == "finality-violated", "W11", f"event {number}: alarm is {raised!r}")
        demand(self.rig.evidence() == before, "W11", "evidence of what was final is gone")
        self.rig.restart()
        sent = self.rig.node.transactions(self.rig.sender.address)
        self.rig.log.grow(2)
        for _ in range(4):
            self.rig.clock.ahead += 300
            self.rig.mine()
            self.rig.step(blindly=True)
        now = self.rig.node.transactions(self.rig.sender.address)
        demand(now == sent, "W11", "a halted worker sent a transaction")
        demand(self.rig.codes["halted"], "W11", "a restarted worker does not say that it is halted")
        self.totals["below finality, alarm raised"] += 1

    def close(self) -> None:
        self._proxy.stop()
        self.rig.close()


_EVENTS: dict[str, tuple[float, Callable[[_World, Random], None]]] = {
    "reorganisations": (6, _World.reorganise),
    "several reorganisations": (2, _World.reorganise_often),
    "reorganisations and deaths": (2, _World.reorganise_and_die),
    "transactions put back": (2, _World.put_back),
    "pools emptied": (2, _World.evict),
    "transactions evicted": (2, _World.evict_one),
    "base fee jumps": (3, _World.jump),
    "jumps and reorganisations": (2, _World.jump_and_reorganise),
    "hung nodes": (0.5, _World.hang),
}
